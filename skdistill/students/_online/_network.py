"""``MLPClassifier`` on soft targets: exact cross-entropy, at any temperature.

scikit-learn's own ``fit`` takes labels only. The hook is kept in ``_sklearn_compat``;
what comes out is a plain ``MLPClassifier``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier

from skdistill._sklearn_compat import SoftTargetsNetwork
from skdistill.crossfit import epochs
from skdistill.losses import CrossEntropy
from skdistill.students._boosters._shared import adopt
from skdistill.students._data import StudentData
from skdistill.students._online._course import Course, stops_early

__all__ = ["Network"]

Array = npt.NDArray[Any]


class Network:
    """``MLPClassifier`` with a stochastic solver, one epoch after the other."""

    name = "network"
    any_temperature = True

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return type(student) is MLPClassifier and student.solver != "lbfgs"

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it descends on."""
        return ("cross_entropy",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return bool(student.alpha > 0)

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        return stops_early(student)

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it; all its ``max_iter`` epochs are run."""
        network = epochs(SoftTargetsNetwork(**student.get_params(deep=False)))
        for stage, n_epochs in course.plan(student.max_iter):
            data = course.data(stage)
            network.soft_gradient = _gradient(data)
            # Not looked at, but checked: any label of the problem will do.
            labels = data.classes[np.zeros(len(data.targets.values), dtype=np.intp)]
            for _ in range(n_epochs):
                network.partial_fit(
                    data.X, labels, classes=data.classes, **data.fit_params
                )
        for name in ("soft_gradient", "_rows", "_matched"):
            delattr(network, name)
        network.n_iter_ = student.max_iter
        return adopt(student, network)


def _gradient(data: StudentData) -> Any:
    """Gradient of each row's loss with respect to the logits of a network."""
    targets = data.targets
    loss = CrossEntropy(targets.temperature, targets.alpha)
    values = targets.values
    if data.sample_weight is not None:
        weight = data.sample_weight / data.sample_weight.mean()
        values = values * weight[:, None]

    def gradient(rows: Array, out: Array) -> Array:
        tiny = np.finfo(out.dtype).tiny
        if out.shape[1] == 1:  # the logistic function of a margin
            margin = np.log(np.maximum(out, tiny)) - np.log(np.maximum(1 - out, tiny))
            logits = np.hstack([np.zeros_like(margin), margin])
        else:
            logits = np.log(np.maximum(out, tiny))
        found: Array = len(rows) * loss.gradient(values[rows], logits)
        return found[:, -out.shape[1] :]

    return gradient
