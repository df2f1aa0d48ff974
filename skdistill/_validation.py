"""Checks at the public door: they return clean arrays or say what is wrong, and where.

The floors below trust their arrays, so every public function goes through here first.
"""

import math
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_matrix", "check_positive", "check_weights"]


def check_matrix(
    name: str, array: npt.ArrayLike, *, shape: tuple[int, int] | None = None
) -> npt.NDArray[Any]:
    """Return `array` as a finite, C-contiguous, two-dimensional array of floats.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    array : array-like of shape (n_rows, n_columns)
        Real numbers. float32 and float64 are kept, all other types become float64;
        nothing is copied when nothing has to change.
    shape : tuple of two int, default=None
        The only shape accepted; None accepts every two-dimensional shape.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float32 or float64, C-contiguous

    Raises
    ------
    TypeError
        If `array` does not consist of real numbers.
    ValueError
        If it has another number of dimensions, another shape, or a NaN or infinity.

    Examples
    --------
    >>> from skdistill._validation import check_matrix
    >>> check_matrix("T", [[1, 2]])
    array([[1., 2.]])
    """
    array = _as_float(name, array)
    if array.ndim != 2:
        raise ValueError(
            f"{name} must have shape (n_samples, n_classes), "
            f"got an array of shape {array.shape}."
        )
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}.")
    _refuse_nonfinite(name, array)
    return array


def check_weights(
    name: str, weights: npt.ArrayLike | None, n: int
) -> npt.NDArray[np.float64] | None:
    """Return `weights` as float64 of shape (n,), or None when there are none.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    weights : array-like of shape (n,) or None
        Non-negative finite weights, at least one of them positive.
    n : int
        Number of rows the weights belong to.

    Returns
    -------
    ndarray of shape (n,), float64, or None

    Raises
    ------
    TypeError
        If `weights` does not consist of real numbers.
    ValueError
        If the shape is wrong, a weight is negative, NaN or infinite, or all are zero.

    Examples
    --------
    >>> from skdistill._validation import check_weights
    >>> check_weights("sample_weight", [1, 2], 2)
    array([1., 2.])
    """
    if weights is None:
        return None
    checked: npt.NDArray[np.float64] = _as_float(name, weights).astype(
        np.float64, copy=False
    )
    if checked.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), got {checked.shape}.")
    _refuse_nonfinite(name, checked)
    if (checked < 0).any():
        row = int(np.argmax(checked < 0))
        raise ValueError(
            f"{name} must be non-negative, got {checked[row]!s} in row {row}."
        )
    if n and not checked.any():
        raise ValueError(f"{name} must have a positive sum, got {n} zeros.")
    return checked


def check_positive(name: str, value: Any) -> float:
    """Return `value` as a float, refusing all but positive finite numbers.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : float
        Must lie in (0, inf).

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it is not positive or not finite.

    Examples
    --------
    >>> from skdistill._validation import check_positive
    >>> check_positive("temperature", 2)
    2.0
    """
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a positive finite number, got {value!r}.")
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError(f"{name} must be a positive finite number, got {value!r}.")
    return number


def _as_float(name: str, array: npt.ArrayLike) -> npt.NDArray[Any]:
    found = np.asarray(array)
    if found.dtype.kind == "O":  # numbers in a mixed data frame, decimals, None
        try:
            found = found.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{name} must hold real numbers, got {array!r:.60}."
            ) from error
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {found.dtype}.")
    if found.dtype not in (np.float32, np.float64):
        found = found.astype(np.float64)
    # asarray with an order, not ascontiguousarray: the latter makes scalars 1-D.
    return np.asarray(found, order="C")


def _refuse_nonfinite(name: str, array: npt.NDArray[Any]) -> None:
    # The sum needs no temporary; it is finite unless an entry is not, or it overflows.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):
            return
    bad = ~np.isfinite(array)
    if bad.any():
        place = np.unravel_index(int(np.argmax(bad)), array.shape)
        raise ValueError(
            f"{name} must be finite, got {array[place]!s} in row {place[0]}"
            + (f", column {place[1]}." if array.ndim > 1 else ".")
        )
