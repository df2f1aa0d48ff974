"""Soft targets that move as boosting goes on: each round fits those of its stage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.losses import CrossEntropy
from skdistill.students._boosters._objective import SoftObjective
from skdistill.students._data import StudentData

__all__ = ["MovingData", "MovingObjective"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class MovingData(StudentData):
    """Training data whose targets are those of the first stage.

    Attributes
    ----------
    plan : tuple of (stage, n_rounds)
        Stages in order, with the rounds spent on each.
    later : callable
        ``later(stage)`` returns the targets of a stage, (n_samples, n_classes).
    """

    plan: tuple[tuple[int, int], ...]
    later: Callable[[int], Array]


class MovingObjective(SoftObjective):
    """A :class:`SoftObjective` that counts the rounds: one call of `write` is one.

    The temperature and the weights of rows and classes are the same at all stages.
    """

    def __init__(
        self, data: MovingData, class_weight: Any, loss: CrossEntropy, **options: Any
    ) -> None:
        self._fixed = SoftObjective(
            data.targets.values * class_weight, data.sample_weight, loss, **options
        )
        vars(self).update(vars(self._fixed))
        self._data, self._class_weight = data, class_weight
        self._round = self._place = 0
        self._ends = np.cumsum([rounds for _, rounds in data.plan])

    def write(self, margins: Array, grad: Array, hess: Array) -> None:
        """Write the derivatives of the present round, and go on to the next."""
        place = min(
            int(np.searchsorted(self._ends, self._round, side="right")),
            len(self._ends) - 1,
        )
        if place != self._place:
            stage, self._place = self._data.plan[place][0], place
            values = self._data.later(stage) * self._class_weight
            weight = self._data.sample_weight
            self.targets = SoftObjective(
                values, weight, self.loss, **self.options
            ).targets
        self._round += 1
        super().write(margins, grad, hess)
