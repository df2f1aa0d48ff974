"""The k largest scores of each row, and nothing of the others."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill._validation import SUM_TOLERANCE
from skdistill.extreme._csr import assemble, canonical, rows_of

__all__ = [
    "BLOCK",
    "check_k",
    "check_relevances",
    "check_teacher_proba",
    "largest",
    "row_blocks",
    "stack",
]

Array = npt.NDArray[Any]

#: Scores that are dense at a time: 32 MiB of float64.
BLOCK = 1 << 22

#: How far above 1 a relevance may lie by rounding: means of float32 are off by 1e-7.
ROUNDING = 1e-6


def check_k(k: Any) -> int:
    """Return `k` as an int, refusing all but positive ones.

    Raises
    ------
    TypeError, ValueError
        If it is no int, or below 1.
    """
    if not isinstance(k, int | np.integer) or isinstance(k, bool):
        raise TypeError(f"k must be a positive int, got {k!r}.")
    if k < 1:
        raise ValueError(f"k must be a positive int, got {k!r}.")
    return int(k)


def row_blocks(n: int, width: int, limit: int = BLOCK) -> Iterator[slice]:
    """Yield slices of `n` rows, each of `limit` entries of rows so wide, or one row."""
    step = max(1, limit // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def largest(scores: Any, k: int, *, keep_zeros: bool = False) -> sparse.csr_array:
    """Keep the k largest scores of each row.

    Parameters
    ----------
    scores : {ndarray, sparse matrix} of shape (n_rows, n_classes)
        Without NaN (not checked). Of a sparse matrix the stored entries are scores.
    k : int
        At least 1; more than `n_classes` keeps all.
    keep_zeros : bool, default=False
        Whether 0 is a score as any other (of a raw scale), or none.

    Returns
    -------
    csr_array of shape (n_rows, n_classes), float32
        At most k entries a row, columns ascending. Of equal scores the first columns
        are kept; -inf never is.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.extreme import largest
    >>> largest(np.array([[0.1, 0.5, 0.5, 0.0], [0.2, 0.0, 0.0, 0.0]]), 2).toarray()
    array([[0. , 0.5, 0.5, 0. ],
           [0.2, 0. , 0. , 0. ]], dtype=float32)
    """
    if sparse.issparse(scores):
        kept = _largest_stored(scores.tocsr(), k, keep_zeros)
    else:
        kept = _largest_dense(np.asarray(scores), k, keep_zeros)
    if not keep_zeros:
        kept.eliminate_zeros()  # what float32 rounds to 0
    return kept


def _largest_dense(dense: Array, k: int, keep_zeros: bool) -> sparse.csr_array:
    if dense.dtype.kind != "f":
        dense = dense.astype(np.float64)
    # Of the negatives: NumPy finds the k-th largest 20 times slower than the k-th
    # smallest where most entries are the same (never scored).
    falling = -dense if keep_zeros else np.where(dense == 0, np.inf, -dense)
    width = dense.shape[1]
    most = np.full((len(dense), 1), np.finfo(dense.dtype).max, dtype=dense.dtype)
    if k < width:
        kth = np.partition(falling, k - 1, axis=1)[:, k - 1, None]
        most = np.minimum(most, kth)
    # All as large as the k-th, and then an exact choice among these few.
    place = np.flatnonzero(falling <= most)
    row, column = np.divmod(place, width)
    return _cut(row, column, -falling.ravel()[place], k, dense.shape)


def _largest_stored(rows: Any, k: int, keep_zeros: bool) -> sparse.csr_array:
    kept = rows.data > -np.inf
    if not keep_zeros:
        kept &= rows.data != 0
    row = rows_of(rows)[kept]
    return _cut(row, rows.indices[kept], rows.data[kept], k, rows.shape)


def _cut(
    row: Array, column: Array, values: Array, k: int, shape: tuple[int, int]
) -> sparse.csr_array:
    """Keep the k largest entries of each row; `row` ascends."""
    order = np.lexsort((column, -values.astype(np.float64), row))
    # Sorted so, the entries of a row stay where its entries were.
    rank = np.arange(len(order)) - np.searchsorted(row, row)
    chosen = order[rank < k]
    chosen = chosen[np.lexsort((column[chosen], row[chosen]))]
    indptr = np.searchsorted(row[chosen], np.arange(shape[0] + 1))
    return assemble(_single(values[chosen]), column[chosen], indptr, shape)


def _single(values: Array) -> Array:
    with np.errstate(over="ignore"):  # infinite scores are refused by who asks
        return values.astype(np.float32)


def stack(blocks: list[sparse.csr_array], n_classes: int) -> sparse.csr_array:
    """Put blocks of rows below each other."""
    if not blocks:
        none = np.zeros(0, dtype=np.int32)
        empty = none.astype(np.float32)
        return assemble(empty, none, np.zeros(1, dtype=np.int32), (0, n_classes))
    lengths = [np.diff(block.indptr) for block in blocks]
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return assemble(
        np.concatenate([block.data for block in blocks]),
        np.concatenate([block.indices for block in blocks]),
        indptr,
        (len(indptr) - 1, n_classes),
    )


def check_teacher_proba(
    T: Any,
    n_samples: int,
    n_classes: int,
    k: int | None = None,
    *,
    multilabel: bool = True,
) -> sparse.csr_array:
    """Check the relevances that a user brings, and keep the k largest of each row.

    Parameters
    ----------
    T : {array-like, sparse matrix} of shape (n_samples, n_classes)
        Relevances in [0, 1]; what is not stored is 0.
    n_samples, n_classes : int
    k : int, default=None
        None keeps all but zeros.
    multilabel : bool, default=True
        Whether a row may have several labels. If not, its relevances must sum to 1 or
        less.

    Returns
    -------
    csr_array of shape (n_samples, n_classes), float32
        Canonical; at most k entries a row.

    Raises
    ------
    TypeError
        If `T` does not hold real numbers.
    ValueError
        If its shape is wrong, or an entry is NaN, negative or above 1, or a row of one
        label sums to more than 1; the message names the row.

    Examples
    --------
    >>> from skdistill.extreme import check_teacher_proba
    >>> check_teacher_proba([[0.9, 0.3, 0.1], [0.0, 0.0, 0.0]], 2, 3, k=2).nnz
    2
    """
    name = "teacher_proba"
    is_sparse = sparse.issparse(T)
    found = T if is_sparse else np.asarray(T)
    if found.shape != (n_samples, n_classes):
        raise ValueError(
            f"{name} must have shape {(n_samples, n_classes)}, one column a class, got "
            f"{found.shape}."
        )
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {found.dtype}.")
    if is_sparse:
        rows = canonical(found)
        check_relevances(name, rows, multilabel=multilabel)
        return _at_most_one(largest(rows, n_classes if k is None else k))
    blocks = []
    for part in row_blocks(n_samples, n_classes):
        check_relevances(name, found[part], multilabel=multilabel, first=part.start)
        blocks.append(largest(found[part], n_classes if k is None else k))
    return _at_most_one(stack(blocks, n_classes))


def check_relevances(
    name: str, scores: Any, *, multilabel: bool, first: int = 0
) -> None:
    """Refuse what are no relevances, naming the entry; rows count from `first`.

    Raises
    ------
    ValueError
        If an entry is NaN, infinite, negative or above 1, or a row of one label sums
        to more than 1.
    """
    values = scores.data if sparse.issparse(scores) else scores
    bad = ~((values >= 0) & (values <= 1 + ROUNDING))
    if bad.any():
        row, column, value = _first_bad(scores, bad)
        where = f"got {value:.6g} in row {first + row}, column {column}."
        if not np.isfinite(value):
            raise ValueError(f"{name} must be finite, {where}")
        if value < 0:
            raise ValueError(
                f"{name} must be non-negative, {where} Pass probabilities, not logits "
                "or margins (scipy.special.expit makes relevances of these)."
            )
        raise ValueError(
            f"{name} must be at most 1, {where} Scale by scipy.special.expit (several "
            "labels a row) or softmax (one)."
        )
    if multilabel:
        return
    sums = np.asarray(scores.sum(axis=1, dtype=np.float64)).ravel()
    if (sums > 1 + SUM_TOLERANCE).any():
        row = int(sums.argmax())
        raise ValueError(
            f"{name} must have rows that sum to at most 1 where a row has one label, "
            f"got {sums[row]:.6g} in row {first + row}. Divide each row by its sum."
        )


def _first_bad(scores: Any, bad: Array) -> tuple[int, int, float]:
    place = int(bad.argmax())
    if not sparse.issparse(scores):
        row, column = divmod(place, bad.shape[1])
        return row, column, float(scores[row, column])
    return (
        int(rows_of(scores)[place]),
        int(scores.indices[place]),
        float(scores.data[place]),
    )


def _at_most_one(rows: sparse.csr_array) -> sparse.csr_array:
    np.minimum(rows.data, 1, out=rows.data)  # rounding only: see ROUNDING
    return rows
