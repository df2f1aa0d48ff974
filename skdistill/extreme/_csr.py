"""Sparse rows in one form: csr, each entry once, columns ascending, no stored zeros."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["assemble", "canonical", "rows_of"]

Array = npt.NDArray[Any]


def canonical(matrix: Any) -> sparse.csr_array:
    """Return a copy in canonical form, of the dtype it has.

    Parameters
    ----------
    matrix : sparse matrix or array of shape (n, m), of any format

    Returns
    -------
    csr_array of shape (n, m)
    """
    rows = sparse.csr_array(matrix.tocsr(), copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return assemble(rows.data, rows.indices, rows.indptr, rows.shape)


def assemble(
    data: Array, indices: Array, indptr: Array, shape: tuple[int, int]
) -> sparse.csr_array:
    """Build a csr_array of rows that are canonical, with the smallest index type."""
    largest = max(len(data), *shape)
    kind = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    rows = sparse.csr_array(
        (data, indices.astype(kind, copy=False), indptr.astype(kind, copy=False)),
        shape=shape,
    )
    rows.has_canonical_format = True
    return rows


def rows_of(matrix: sparse.csr_array) -> Array:
    """Row number of each stored entry, (nnz,)."""
    counts = np.diff(matrix.indptr)
    return np.repeat(np.arange(len(counts)), counts)
