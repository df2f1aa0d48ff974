"""Targets around zero: what a kernel without an intercept can be asked to match."""

from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import SUM_TOLERANCE

__all__ = ["center_targets", "check_targets"]

Array = npt.NDArray[Any]


def center_targets(
    targets: npt.ArrayLike, *, one_column: bool = True, name: str = "targets"
) -> Array:
    """Code labels or probabilities so that "no idea" is zero.

    The complexity of a constant is not zero, and a constant is not what a teacher
    teaches. Two classes become one column ``2 p - 1``, which for labels is -1 and +1;
    more classes become ``P - 1 / K``. Labels and probabilities of one problem come out
    on one scale, so that they can be ranked together.

    Parameters
    ----------
    targets : array-like of shape (n_samples,) or (n_samples, n_classes)
        Labels of any kind but float; or the probability of the second of two classes,
        float in [0, 1]; or a matrix whose rows sum to 1 (corrected targets may lie
        outside [0, 1]).
    one_column : bool, default=True
        Whether two classes become one column; otherwise ``P - 1/2`` in two columns, as
        a matrix-valued kernel with two outputs needs.
    name : str, default="targets"
        What messages call them.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_classes), float64

    Raises
    ------
    ValueError
        If there is a single class, or rows are no probabilities.

    Examples
    --------
    >>> from skdistill.diagnostics import center_targets
    >>> center_targets(["no", "yes", "yes"])
    array([-1.,  1.,  1.])
    >>> center_targets([[0.2, 0.8], [1.0, 0.0]])
    array([ 0.6, -1. ])
    """
    proba = _as_proba(name, np.asarray(targets))
    if proba.shape[1] == 2 and one_column:
        return proba[:, 1] - proba[:, 0]
    centered: Array = proba - 1 / proba.shape[1]
    return centered


def _as_proba(name: str, found: Array) -> Array:
    if found.ndim == 1 and found.dtype.kind != "f":
        classes, codes = np.unique(found, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"{name} must have at least two classes, got {classes}.")
        return np.eye(len(classes))[codes]
    if found.ndim == 1:
        if not ((found >= 0) & (found <= 1)).all():
            raise ValueError(
                f"{name} must be labels or probabilities to be centred, got numbers "
                f"from {found.min():.3g} to {found.max():.3g}. Pass center=False for "
                "values that are centred already."
            )
        found = np.column_stack([1 - found, found]).astype(np.float64)
    if found.ndim != 2 or found.shape[1] < 2:
        raise ValueError(
            f"{name} must have shape (n_samples,) or (n_samples, n_classes) to be "
            f"centred, got {found.shape}."
        )
    off = np.abs(found.sum(axis=1) - 1)
    if not (off <= SUM_TOLERANCE).all():
        row = int(np.nanargmax(np.where(np.isnan(off), np.inf, off)))
        raise ValueError(
            f"{name} must have rows that sum to 1 to be centred, got "
            f"{found[row].sum():.6g} in row {row}. Pass center=False for logits."
        )
    return found.astype(np.float64)


def check_targets(name: str, targets: npt.ArrayLike) -> Array:
    """Return targets as finite float64 of shape (n_samples, n_columns) that vary.

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If the shape is another, an entry is NaN or infinite, or all rows are equal.
    """
    found = np.asarray(targets)
    if found.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold real numbers, got dtype {found.dtype}. Pass center=True "
            "to code labels."
        )
    if found.ndim not in (1, 2) or not found.size:
        raise ValueError(
            f"{name} must have shape (n_samples,) or (n_samples, n_columns), got "
            f"{found.shape}."
        )
    columns: Array = found.reshape(len(found), -1).astype(np.float64)
    bad = ~np.isfinite(columns)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"{name} must be finite, got {columns[row, column]} in row {row}."
        )
    if (columns == columns[0]).all():
        raise ValueError(
            f"{name} must vary over the rows, got {len(columns)} times "
            f"{np.array2string(columns[0], precision=3, threshold=6)}: a single class "
            "needs no teacher."
        )
    return columns
