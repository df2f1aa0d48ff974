"""Stages of training as fractions of it, matched between learners by fraction."""

import math
from collections.abc import Iterable
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["check_stages", "units_at", "units_within"]

#: Of a product of a fraction and a count, for 0.1 * 30 is 3 and a bit.
_ROUNDING = 1e-9

_NEEDED = "stages must be a positive int or increasing fractions in (0, 1]"


def check_stages(stages: Any) -> tuple[float, ...]:
    """Return a schedule as fractions of training.

    Parameters
    ----------
    stages : int or iterable of float
        An int m stands for 1/m, 2/m, ..., 1.

    Returns
    -------
    tuple of float, increasing, in (0, 1]

    Raises
    ------
    TypeError
        If `stages` is neither.
    ValueError
        If the int is not positive, or the fractions are none, not increasing or outside
        (0, 1].

    Examples
    --------
    >>> from skdistill.crossfit import check_stages
    >>> check_stages(4)
    (0.25, 0.5, 0.75, 1.0)
    """
    if isinstance(stages, Integral) and not isinstance(stages, bool):
        if stages < 1:
            raise ValueError(f"{_NEEDED}, got {stages!r}.")
        return tuple((i + 1) / int(stages) for i in range(int(stages)))
    if isinstance(stages, bool | str | bytes) or not isinstance(stages, Iterable):
        raise TypeError(f"{_NEEDED}, got {stages!r}.")
    fractions = tuple(_fraction(one) for one in stages)
    if not fractions:
        raise ValueError(f"{_NEEDED}, got none.")
    for before, after in pairwise(fractions):
        if not before < after:
            raise ValueError(f"{_NEEDED}, got {after!r} after {before!r}.")
    return fractions


def _fraction(one: Any) -> float:
    if not isinstance(one, Real) or isinstance(one, bool | np.bool_):
        raise TypeError(f"{_NEEDED}, got {one!r} among them.")
    if not 0 < float(one) <= 1:
        raise ValueError(
            f"{_NEEDED}, got {one!r} among them. They are shares of training: 0.5 is "
            "half of its rounds or epochs."
        )
    return float(one)


def units_at(stages: tuple[float, ...], total: int) -> list[int]:
    """Count the rounds or epochs a teacher of `total` has behind it, by stage."""
    return [max(1, math.ceil(one * total - _ROUNDING)) for one in stages]


def units_within(stages: tuple[float, ...], total: int) -> list[int]:
    """Count the rounds or epochs that a student of `total` spends on each stage.

    Round r follows the first stage whose fraction is at least ``r / total``: the next
    checkpoint, not the previous one. Rounds after the last stage stay with it. For m
    even stages that is stage ``ceil(r * m / total)``.

    Examples
    --------
    >>> from skdistill.crossfit import units_within
    >>> units_within((0.25, 0.5, 0.75, 1.0), 10)
    [2, 3, 2, 3]
    """
    ends = [math.floor(one * total + _ROUNDING) for one in stages]
    ends[-1] = total
    return [end - start for start, end in pairwise([0, *ends])]
