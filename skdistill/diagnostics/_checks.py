"""What the diagnostics ask of labels and of the resampling."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_codes", "check_confidence", "check_count", "two_classes"]

Array = npt.NDArray[Any]


def check_codes(y: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return labels that are integers in 0..K-1, one for each row of `shape`."""
    codes = np.asarray(y)
    if codes.shape != shape[:1]:
        raise ValueError(f"y must have shape {shape[:1]}, got {codes.shape}.")
    remedy = "Encode labels with np.unique(y, return_inverse=True)[1]."
    if codes.dtype.kind not in "iu":
        raise ValueError(
            f"y must be integers in 0..{shape[1] - 1}, got {codes.dtype}. {remedy}"
        )
    if len(codes) and (codes.min() < 0 or codes.max() >= shape[1]):
        raise ValueError(
            f"y must be integers in 0..{shape[1] - 1}, got {codes.dtype} from "
            f"{codes.min()} to {codes.max()}. {remedy}"
        )
    return codes


def two_classes(codes: Array) -> None:
    """Refuse labels of one class: nothing about the others can be learned from them."""
    found = np.unique(codes)
    if len(found) < 2:
        raise ValueError(
            f"y must have at least 2 classes, got {len(found)}: {found.tolist()}. Hold "
            "out rows of every class."
        )


def check_count(name: str, value: Any, least: int) -> int:
    """Return an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer, got {value!r}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}.")
    return int(value)


def check_confidence(value: Any) -> float:
    """Return the level of an interval, in (0, 1)."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 < value < 1:
        raise ValueError(f"confidence must be in (0, 1), got {value!r}.")
    return float(value)
