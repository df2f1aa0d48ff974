"""Which teacher labels which partition, and in which order learners see them."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Groups", "check_count", "deal", "orders", "shares"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of partitions.

    Attributes
    ----------
    of : ndarray of shape (n_partitions,), int
        Group of each partition; -1 for one without rows.
    n_groups : int
    """

    of: Array
    n_groups: int

    def own(self, group: int) -> Array:
        """Partitions that the teacher of `group` labels."""
        return np.flatnonzero(self.of == group)

    def others(self, group: int) -> Array:
        """Partitions that it is fitted on."""
        return np.flatnonzero((self.of >= 0) & (self.of != group))


def check_count(name: str, value: Any, least: int) -> int:
    """Return `value` as an int, refusing what is none or below `least`.

    Raises
    ------
    TypeError, ValueError
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, got {value!r}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}.")
    return int(value)


def deal(lengths: Array, cv: int, rng: np.random.RandomState) -> Groups:
    """Deal the partitions that hold rows to `cv` groups, at random.

    Raises
    ------
    ValueError
        If there are fewer of them than groups.
    """
    filled = np.flatnonzero(lengths)
    if len(filled) < cv:
        raise ValueError(
            f"cv must be at most the number of partitions with rows, {len(filled)}, "
            f"got {cv}. Cut X and y finer (rechunk, repartition), or lower cv."
        )
    of = np.full(len(lengths), -1)
    of[rng.permutation(filled)] = np.arange(len(filled)) % cv
    return Groups(of, cv)


def orders(filled: Array, epochs: int, rng: np.random.RandomState) -> list[int]:
    """Partitions in the order in which a learner is fed, all of them once an epoch."""
    return [int(place) for _ in range(epochs) for place in rng.permutation(filled)]


def shares(lengths: Array, groups: Groups, n_rows: int) -> Array:
    """Rows to draw from each partition, so that no teacher gets more than `n_rows`.

    In proportion to the rows of a partition; rounded within a group, so that small
    partitions are heard too.
    """
    most = max(
        int(lengths[groups.others(group)].sum()) for group in range(groups.n_groups)
    )
    share = min(n_rows / most, 1.0)
    drawn = np.zeros(len(lengths), dtype=np.int64)
    for group in range(groups.n_groups):
        own = groups.own(group)
        reached = np.floor(share * np.cumsum(lengths[own])).astype(np.int64)
        drawn[own] = np.diff(reached, prepend=0)
    return drawn
