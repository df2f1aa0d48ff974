"""Route ``native``: the student takes soft targets itself, through ``fit_targets``."""

import math
from inspect import signature
from typing import Any

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students._data import StudentData
from skdistill.students._ranking import as_ranking

__all__ = ["NativeRoute"]


class NativeRoute:
    """Anything with ``fit_targets(X, T, *, loss, sample_weight)``.

    An attribute ``target_losses`` names the losses it minimises, the preferred one
    first; ``target_scales`` the scales of the targets by loss, "prob" where it says
    nothing: ``{"squared_error": ("log",)}`` of a network whose outputs are fitted to
    log-probabilities, since its softmax reads them so.
    """

    name = "native"
    any_temperature = True

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return hasattr(student, "fit_targets")

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives the learner names in ``target_losses``; both if it names none."""
        named = getattr(student, "target_losses", ("cross_entropy", "squared_error"))
        return tuple(named)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return getattr(student, "C", 1.0) != math.inf

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if getattr(student, "class_weight", None) is not None:
            return (
                "class_weight of the student must be None, because soft targets have "
                f"no class, got {student.class_weight!r}. Use sample_weight."
            )
        return ""

    def fit(self, student: Any, data: StudentData, loss: Any) -> Any:
        """Fit `student` in place and return it."""
        targets = data.targets
        objective: Any = as_ranking(loss)
        if objective is None:
            objective = (
                CrossEntropy(targets.temperature, targets.alpha)
                if loss == "cross_entropy"
                else SquaredError()
            )
        extra = dict(data.fit_params)
        if "classes" in signature(student.fit_targets).parameters:
            extra["classes"] = data.classes
        return student.fit_targets(
            data.X,
            targets.values,
            loss=objective,
            sample_weight=data.sample_weight,
            **extra,
        )
