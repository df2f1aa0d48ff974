"""A ranking as boosters want it: derivatives of their margins, row by row."""

from typing import Any

import numpy as np

from skdistill.losses import BipartiteRanking
from skdistill.students._boosters._objective import Array, SoftObjective
from skdistill.students._ranking import intercept

__all__ = ["RankingObjective"]


class RankingObjective(SoftObjective):
    """Pairs of soft positives and negatives as a function of a booster's margins.

    The derivatives are those of the mean over pairs times the sum of the targets, so
    that a row counts about as much as in the cross-entropy, and the library's limits
    (``min_child_weight``, ``reg_lambda``) mean about the same.

    Parameters are those of :class:`SoftObjective`, with a BipartiteRanking for `loss`
    and two columns of targets.
    """

    loss: BipartiteRanking  # type: ignore[assignment]

    def value(self, margins: Array) -> float:
        """Mean of the loss over the pairs."""
        return float(self._pairs(margins).value)

    def write(self, margins: Array, grad: Array, hess: Array) -> None:
        """Write gradient and Hessian diagonal."""
        found = self._pairs(margins)
        total = self.targets.sum(dtype=np.float64)
        grad[...] = (total * found.gradient).reshape(grad.shape)
        floored = np.maximum(total * found.hessian, self.options["smallest_hessian"])
        hess[...] = floored.reshape(hess.shape)

    def shift(self, margins: Array) -> float:
        """Return what to add to the margins for them to be log-odds."""
        return intercept(np.ravel(margins), self.targets.astype(np.float64))

    def _pairs(self, margins: Array) -> Any:
        negative, positive = self.targets.T.astype(np.float64)
        return self.loss.of_masses(
            positive, negative, np.ravel(margins).astype(np.float64)
        )
