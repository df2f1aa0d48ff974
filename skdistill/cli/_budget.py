"""The best student that is small and fast enough."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Budget", "Scored", "best_within"]

_BYTES_PER_KB = 1000


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a student may cost.

    Attributes
    ----------
    microseconds : float or None
        Of a row, when up to 1000 are predicted at once; None is no limit.
    kilobytes : float or None
        Of its pickle, 1 kB being 1000 bytes; None is no limit.
    """

    microseconds: float | None = None
    kilobytes: float | None = None

    def __bool__(self) -> bool:
        """Whether there is a limit at all."""
        return self.microseconds is not None or self.kilobytes is not None

    def excess(self, student: Any) -> float:
        """Return the largest of measure over limit; at most 1 is within."""
        ratios = [0.0]
        if self.microseconds is not None:
            ratios.append(student.microseconds_per_row / self.microseconds)
        if self.kilobytes is not None:
            ratios.append(student.n_bytes / _BYTES_PER_KB / self.kilobytes)
        return max(ratios)

    def __str__(self) -> str:
        """Say the limits."""
        limits = []
        if self.microseconds is not None:
            limits.append(f"{self.microseconds:g} us per row")
        if self.kilobytes is not None:
            limits.append(f"{self.kilobytes:g} kB")
        return " and ".join(limits)


@dataclass(frozen=True, slots=True)
class Scored:
    """A student as it was asked for, and what was measured.

    Attributes
    ----------
    name : str
        As typed.
    measured : FittedStudent
    within : bool
        Whether it meets the budget; True where there is none.
    """

    name: str
    measured: Any
    within: bool = True

    @property
    def expected(self) -> float:
        """Log-loss by which students are ranked, in nats; infinite if unknown."""
        value = self.measured.log_loss + self.measured.penalty
        return math.inf if math.isnan(value) else value

    def cost(self) -> str:
        """Say size and latency."""
        one = self.measured
        return (
            f"{one.n_bytes / _BYTES_PER_KB:,.1f} kB and "
            f"{one.microseconds_per_row:.2f} us per row"
        )


def best_within(students: Sequence[Scored]) -> Scored | None:
    """Return the student of least log-loss within the budget, or None.

    Parameters
    ----------
    students : sequence of Scored

    Returns
    -------
    Scored or None
    """
    within = [one for one in students if one.within]
    return min(within, key=lambda one: one.expected) if within else None
