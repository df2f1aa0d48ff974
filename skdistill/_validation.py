"""Checks at the public door: they return clean arrays or say what is wrong, and where.

The floors below trust their arrays, so every public function goes through here first.
"""

import math
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._torch_rows import is_dataset, is_tensor

__all__ = [
    "SUM_TOLERANCE",
    "check_matrix",
    "check_positive",
    "check_probabilities",
    "check_unit",
    "check_weights",
    "count_missing",
    "missing_rows",
    "refuse_missing_values",
]


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


def check_vector(
    name: str, array: npt.ArrayLike, n: int | None = None
) -> npt.NDArray[np.float64]:
    """Return `array` as finite float64 numbers of shape (n,).

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    array : array-like of shape (n,)
        Finite real numbers.
    n : int, default=None
        The only length accepted; None accepts every length.

    Returns
    -------
    ndarray of shape (n,), float64

    Raises
    ------
    TypeError
        If `array` does not consist of real numbers.
    ValueError
        If it has another shape, or a NaN or infinity.

    Examples
    --------
    >>> from skdistill._validation import check_vector
    >>> check_vector("F", [1, 2], 2)
    array([1., 2.])
    """
    checked: npt.NDArray[np.float64] = _as_float(name, array).astype(
        np.float64, copy=False
    )
    if checked.ndim != 1 or n not in (None, len(checked)):
        wanted = "(n_samples,)" if n is None else f"({n},)"
        raise ValueError(f"{name} must have shape {wanted}, got {checked.shape}.")
    _refuse_nonfinite(name, checked)
    return checked


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


def check_unit(name: str, value: Any) -> float:
    """Return `value` as a float, refusing all but numbers in [0, 1].

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : float
        Must lie in [0, 1].

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it lies outside [0, 1] or is NaN.

    Examples
    --------
    >>> from skdistill._validation import check_unit
    >>> check_unit("alpha", 1)
    1.0
    """
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a number in [0, 1], got {value!r}.")
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be a number in [0, 1], got {value!r}.")
    return number


#: How far a row of probabilities may sum from 1 before it is refused. float32 rows of
#: 1000 classes are off by 1e-5; unnormalised one-versus-rest scores by far more.
SUM_TOLERANCE = 1e-3


def check_probabilities(
    name: str, proba: npt.ArrayLike, *, shape: tuple[int, int] | None = None
) -> npt.NDArray[Any]:
    """Return `proba` as float64 rows that are probabilities, renormalised to sum to 1.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    proba : array-like of shape (n_samples, n_classes)
        Entries in [0, 1]; each row must sum to 1 within `SUM_TOLERANCE`.
    shape : tuple of two int, default=None
        The only shape accepted; None accepts every two-dimensional shape.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64

    Raises
    ------
    TypeError
        If `proba` does not consist of real numbers.
    ValueError
        If the shape is wrong, or an entry is NaN, infinite or negative, or a row does
        not sum to 1; the message names the row.

    Examples
    --------
    >>> from skdistill._validation import check_probabilities
    >>> check_probabilities("teacher_proba", [[0.25, 0.75]])
    array([[0.25, 0.75]])
    """
    checked = check_matrix(name, proba, shape=shape).astype(np.float64)
    if (checked < 0).any():
        row, column = np.argwhere(checked < 0)[0]
        raise ValueError(
            f"{name} must be non-negative, got {checked[row, column]:.6g} in row "
            f"{row}, column {column}. Pass probabilities, not logits."
        )
    sums = checked.sum(axis=1)
    off = np.abs(sums - 1)
    if (off > SUM_TOLERANCE).any():
        row = int(off.argmax())
        raise ValueError(
            f"{name} must have rows that sum to 1, got {sums[row]:.6g} in row {row}. "
            "Divide each row by its sum."
        )
    return np.asarray(checked / sums[:, None])


def refuse_missing_values(X: Any) -> None:
    """Refuse NaN and infinity in rows that are numbers; text and categories pass.

    Parameters
    ----------
    X : object
        Rows to predict: array, sparse matrix, data frame, list or tensor. Of a torch
        data set nothing is read.

    Raises
    ------
    ValueError
        If there is a missing value or an infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._validation import refuse_missing_values
    >>> refuse_missing_values(np.ones((2, 2)))
    """
    n_bad = count_missing(X)
    if n_bad:
        raise ValueError(
            f"X must not contain NaN or infinity, got {n_bad} such values: the rows of "
            "fit held none, and the teacher does not say that it takes them. Fill "
            "them, or ask student_ itself."
        )


def missing_rows(X: Any, most: int) -> npt.NDArray[np.intp]:
    """Return the first rows, `most` at most, of an array or frame that lack an entry.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._validation import missing_rows
    >>> missing_rows(np.array([[1.0], [np.nan], [2.0], [np.inf]]), 10)
    array([1, 3])
    """
    if hasattr(X, "isna"):
        bad = np.asarray(X.isna())
    elif isinstance(X, np.ndarray) and X.ndim > 1 and count_missing(X):
        bad = ~np.isfinite(X)
    else:
        return np.zeros(0, dtype=np.intp)
    found = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    return found[:most]


def count_missing(X: Any) -> int:
    """Count NaN and infinity in numbers, missing entries of any kind in data frames."""
    if is_dataset(X):
        return 0  # it is read once, by whoever predicts
    if is_tensor(X):
        return int((~X.isfinite()).sum())
    if hasattr(X, "isna"):
        return int(np.asarray(X.isna()).sum())
    if getattr(X, "format", None) in ("dok", "lil"):  # no flat array of values
        X = X.tocsr()
    values = np.asarray(X.data if hasattr(X, "nnz") else X)
    if values.dtype.kind != "f":
        return 0
    flat = values.ravel(order="K")
    # One product reads the rows at the speed of memory; it is finite unless an entry
    # is not, or it overflows, which the exact count below sorts out.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(flat @ flat):
            return 0
    return int((~np.isfinite(flat)).sum())
