"""Targets at the door: one label a row, or any number, as one sparse indicator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils import indexable

from skdistill._sklearn_compat import n_rows
from skdistill.crossfit import check_labels
from skdistill.extreme._csr import assemble, canonical, rows_of

__all__ = ["Labels", "check_targets"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What was observed of each row.

    Attributes
    ----------
    indicator : csr_array of shape (n_samples, n_classes), float32
        1 where the label was observed. Canonical: columns ascending, no stored zeros.
    classes : ndarray of shape (n_classes,)
        Sorted labels; the numbers of the columns where rows may have several.
    multilabel : bool
    original : container with n_samples rows
        What a teacher is fitted on: `y` as an array, `Y` in the container it came in
        (sparse of any format as csr, without stored zeros; int32 in place of integers
        that are unsigned or too narrow to number the columns).
    """

    indicator: sparse.csr_array
    classes: Array
    multilabel: bool
    original: Any

    @property
    def n_empty(self) -> int:
        """Rows without any label, which say that all labels are negative."""
        return int((np.diff(self.indicator.indptr) == 0).sum())

    @property
    def n_unseen(self) -> int:
        """Labels that no row has."""
        return int(len(self.classes) - len(np.unique(self.indicator.indices)))

    @property
    def codes(self) -> Array:
        """Column of each row's only label, (n_samples,); of single-label rows."""
        places: Array = self.indicator.indices
        return places


def check_targets(
    Y: Any, n_samples: int | None = None, owner: str = "cross_fit_top_k"
) -> Labels:
    """Read one label a row, or an indicator of any number of labels a row.

    Parameters
    ----------
    Y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
(n_samples, n_classes)
        Labels of any type, or 0 and 1. Rows without any label, and labels without any
        row, are allowed in two dimensions, and counted.
    n_samples : int, default=None
        Number of rows of X; None does not check it.
    owner : str, default="cross_fit_top_k"
        Who asks, for the message.

    Returns
    -------
    Labels

    Raises
    ------
    ValueError
        If `Y` is of another length, holds NaN or, in two dimensions, anything but 0
        and 1; if it is continuous; if there are fewer than 2 classes, or no label.

    Examples
    --------
    >>> from skdistill.extreme import check_targets
    >>> labels = check_targets([[1, 0, 0], [1, 0, 1], [0, 0, 0]])
    >>> labels.multilabel, labels.n_empty, labels.n_unseen
    (True, 1, 1)
    >>> check_targets(["b", "a", "b"]).classes
    array(['a', 'b'], dtype='<U1')
    """
    if sparse.issparse(Y):
        return _sparse_indicator(Y, n_samples)
    if _n_dimensions(Y) == 2 and np.asarray(Y).shape[1] != 1:
        return _dense_indicator(Y, n_samples)
    length = n_rows(Y) if n_samples is None and Y is not None else n_samples
    y = check_labels(Y, length or 0, owner)
    classes, codes = np.unique(y, return_inverse=True)
    n = len(y)
    ones = np.ones(n, dtype=np.float32)
    indicator = assemble(ones, codes, np.arange(n + 1), (n, len(classes)))
    return Labels(indicator, classes, False, y)


def _n_dimensions(Y: Any) -> int:
    try:
        # Not np.ndim, which asks objects that are arrays only when converted.
        found = np.asarray(Y).ndim
    except ValueError as error:
        raise ValueError(
            "Y must hold one label a row, or have shape (n_samples, n_classes), got "
            f"rows of unequal length ({error!s:.80}). Use MultiLabelBinarizer."
        ) from error
    if found > 2:
        raise ValueError(
            "Y must hold one label a row, or have shape (n_samples, n_classes), got "
            f"shape {np.shape(Y)}."
        )
    return found


def _sparse_indicator(Y: Any, n_samples: int | None) -> Labels:
    _check_shape(Y.shape, n_samples)
    if Y.dtype.kind not in "biuf":
        raise TypeError(f"Y must hold 0 and 1 only, got dtype {Y.dtype}.")
    rows = canonical(Y)
    bad = np.flatnonzero(rows.data != 1)  # NaN too
    if bad.size:
        first = bad[0]
        raise _not_binary(rows.data[first], rows_of(rows)[first], rows.indices[first])
    ones = np.ones(rows.nnz, dtype=np.float32)
    indicator = assemble(ones, rows.indices, rows.indptr, rows.shape)
    # A copy of the caller's kind: scikit-learn tells matrices from arrays, which scipy
    # 1.10 does by their names alone.
    is_array = type(Y).__name__.endswith("_array")
    kind = sparse.csr_array if is_array else sparse.csr_matrix
    return _multilabel(
        indicator, kind(rows.astype(np.int32) if _must_widen(rows) else rows)
    )


def _dense_indicator(Y: Any, n_samples: int | None) -> Labels:
    dense = np.asarray(Y)
    _check_shape(dense.shape, n_samples)
    if dense.dtype.kind == "O":
        dense = _as_numbers(dense)
        # Most teachers refuse arrays of objects, whatever these are.
        Y = dense if isinstance(Y, np.ndarray) else Y
    if _must_widen(dense):
        Y = (Y if hasattr(Y, "astype") else dense).astype(np.int32)
    if dense.dtype.kind not in "biuf":
        raise TypeError(
            f"Y must hold 0 and 1 only in two dimensions, got dtype {dense.dtype}. For "
            "one label a row pass shape (n_samples,), for several MultiLabelBinarizer."
        )
    bad = (dense != 0) & (dense != 1)
    if bad.any():
        row, column = np.unravel_index(int(bad.argmax()), bad.shape)
        raise _not_binary(dense[row, column], row, column)
    places = np.nonzero(dense)
    ones = np.ones(len(places[0]), dtype=np.float32)
    indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(dense, axis=1))])
    indicator = assemble(ones, places[1], indptr, dense.shape)
    return _multilabel(indicator, indexable(Y)[0])


def _must_widen(Y: Any) -> bool:
    """Whether `Y` holds integers that are unsigned, or cannot number its columns.

    LabelBinarizer of scikit-learn 1.9.1, and so one-versus-rest, casts the numbers of
    the columns to the type of Y: of 736 columns of uint8 it moved 721, without a word.
    Ridge writes -1 for 0, which unsigned integers cannot hold.
    """
    if Y.dtype.kind == "i":
        return bool(np.iinfo(Y.dtype).max < Y.shape[1])
    return bool(Y.dtype.kind == "u")


def _as_numbers(dense: Array) -> Array:
    try:
        return dense.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Y must hold 0 and 1 only in two dimensions, got {dense.flat[0]!r:.60}. "
            "Use MultiLabelBinarizer."
        ) from error


def _check_shape(shape: tuple[int, ...], n_samples: int | None) -> None:
    if n_samples is not None and shape[0] != n_samples:
        raise ValueError(
            f"Y must have one row per row of X, got {shape[0]} rows for {n_samples}."
        )
    if shape[1] < 2:
        raise ValueError(
            f"Y must have at least 2 columns, one a label, got shape {shape}."
        )


def _multilabel(indicator: sparse.csr_array, original: Any) -> Labels:
    if not indicator.nnz:
        raise ValueError(
            "Y must hold at least one label, got zeros only. There is nothing to learn."
        )
    return Labels(indicator, np.arange(indicator.shape[1]), True, original)


def _not_binary(value: Any, row: Any, column: Any) -> ValueError:
    if np.isnan(value):
        return ValueError(
            f"Y must be finite, got {value!s} in row {row}, column {column}."
        )
    return ValueError(
        f"Y must hold 0 and 1 only in two dimensions, got {value!s} in row {row}, "
        f"column {column}. Several outputs of several classes each are not supported; "
        "for an indicator pass (Y > 0)."
    )
