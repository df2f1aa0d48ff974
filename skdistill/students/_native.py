"""Route ``native``: the student takes soft targets itself, through ``fit_targets``."""

from inspect import signature
from typing import Any

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students._data import StudentData

__all__ = ["NativeRoute"]


class NativeRoute:
    """Anything with ``fit_targets(X, T, *, loss, sample_weight)``."""

    name = "native"
    losses = ("cross_entropy", "squared_error")
    any_temperature = True
    any_sign = True

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return hasattr(student, "fit_targets")

    def takes_weights(self, student: Any) -> bool:
        """Whether rows can be weighted; the protocol says so."""
        return True

    def fit(self, student: Any, data: StudentData, loss: str) -> Any:
        """Fit `student` in place and return it."""
        targets = data.targets
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
