"""What a student is to match, stage after stage."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from skdistill.crossfit import stopping_callback, units_within
from skdistill.students._data import StudentData

__all__ = ["Course", "stops_early"]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Stages of training and the targets of each.

    Attributes
    ----------
    stages : tuple of float
        Fractions of training, increasing, in (0, 1].
    data : callable
        ``data(stage)`` returns the :class:`StudentData` of the stage at a place; all
        have the same rows. Made when asked for, so that one stage at a time is held.
    """

    stages: tuple[float, ...]
    data: Callable[[int], StudentData]

    def plan(self, total: int) -> tuple[tuple[int, int], ...]:
        """Stages with the rounds or epochs, of `total`, spent on each; none is 0."""
        return tuple(
            (stage, units)
            for stage, units in enumerate(units_within(self.stages, total))
            if units
        )

    def on_rows(self, X: Any) -> "Course":
        """Return the course with other features of the same rows."""
        return Course(self.stages, lambda stage: replace(self.data(stage), X=X))


def stops_early(student: Any) -> str:
    """Objection to a student that may stop before it has seen all stages."""
    stopping = stopping_callback(student)
    if stopping is not None:
        return (
            "callbacks of the student must hold no EarlyStopping when it follows "
            f"stages, got {stopping!r:.80}: the targets move, and it would stop at the "
            "first. Limit max_epochs, or use mode='best_stage'."
        )
    names = student.get_params(deep=False)
    name, value = "early_stopping", names.get("early_stopping", False)
    if "early_stopping" not in names and hasattr(student, "validation_fraction"):
        name, value = "n_iter_no_change", names.get("n_iter_no_change")
    if value is None or value is False or value == "auto":
        return ""
    off = "None" if name == "n_iter_no_change" else "False"
    return (
        f"{name} of the student must be {off} when it follows stages, got {value!r}: "
        "the targets move, and it would stop at the first. Use mode='best_stage'."
    )
