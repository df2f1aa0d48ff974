"""What was observed of rows to be scored, held against what was there in ``fit``."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["observed_codes", "observed_indicator"]

Array = npt.NDArray[Any]


def observed_codes(y: Any, classes: Array, n_samples: int) -> Array:
    """Return the place in `classes` of each row's label.

    Raises
    ------
    ValueError
        If `y` is not one label a row, or one was not there in ``fit``.
    """
    shape = y.shape if sparse.issparse(y) else np.shape(np.asarray(y))
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(
            f"y must hold one label a row, as in fit, got shape {shape}. Pass "
            "classes_[Y.argmax(axis=1)] of an indicator."
        )
    found = (y.toarray() if sparse.issparse(y) else np.asarray(y)).ravel()
    _check_rows(len(found), n_samples)
    unseen = np.ones(len(found), dtype=bool)
    # NumPy 1.24 compares text with numbers as a whole, and warns.
    if not (_is_text(found) and _is_number(classes)) and not (
        _is_number(found) and _is_text(classes)
    ):
        unseen = ~np.isin(found, classes)
    if unseen.any():
        raise ValueError(
            f"y must hold labels seen in fit, got {found[unseen].tolist()[0]!r} and "
            f"{int(unseen.sum())} such rows in all. Leave them away, or pass 0 and "
            "1 of shape (n_samples, n_classes), where a column may be empty, to fit."
        )
    codes: Array = np.searchsorted(classes, found)
    return codes


def _is_text(labels: Array) -> bool:
    return labels.dtype.kind in "US"


def _is_number(labels: Array) -> bool:
    return labels.dtype.kind in "biuf"


def observed_indicator(Y: Any, n_classes: int, n_samples: int) -> Any:
    """Return `Y` if it has a column a class.

    Raises
    ------
    ValueError
        If it is of another shape.
    """
    shape = Y.shape if hasattr(Y, "shape") else np.shape(Y)
    if len(shape) != 2 or shape[1] != n_classes:
        raise ValueError(
            f"y must have shape (n_samples, {n_classes}), a column a label as in fit, "
            f"got shape {tuple(shape)}."
        )
    _check_rows(shape[0], n_samples)
    return Y


def _check_rows(n_rows: int, n_samples: int) -> None:
    if n_rows != n_samples:
        raise ValueError(
            f"y must have one row per row of X, got {n_rows} rows for {n_samples}."
        )
