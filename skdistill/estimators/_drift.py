"""Teachers that get worse with more rows: students are judged with better ones.

Gradient boosting can be such: on 2800 rows of 18 classes its out-of-fold log-loss was
1.1, on 5600 rows 2.5. Logistic regressions judged with the former and fitted with the
latter lost .4 nats, which is `alpha` times the difference (benchmarks/README.md).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit import label_losses
from skdistill.estimators._candidates import Candidate
from skdistill.estimators._problem import Problem
from skdistill.estimators._trials import Trial
from skdistill.targets import make_targets

__all__ = ["Drifts", "mean_and_error", "student_weight"]

Array = npt.NDArray[Any]


class Drifts:
    """By how much the teachers of all rows are worse than those of the trials.

    Parameters
    ----------
    problem : Problem
    trials : list of Trial
    rules : sequence of target rules
        What of the teacher reaches the student is compared, not the teacher.

    Attributes
    ----------
    rows : ndarray of int
        Training rows of all trials; a row may be in several.
    values : ndarray of float
        Log-loss on the label of what the teachers of all rows say, minus that of what
        those of the trial say; NaN where one of them says nothing.
    """

    def __init__(
        self, problem: Problem, trials: list[Trial], rules: Sequence[Any]
    ) -> None:
        self.rows = np.concatenate([trial.train for trial in trials])
        self._weight = student_weight(problem)

        def losses(said: list[Array]) -> Array:
            ruled = np.concatenate(
                [
                    _ruled(proba, problem.codes[trial.train], rules)
                    for proba, trial in zip(said, trials, strict=True)
                ]
            )
            return label_losses(ruled, problem.codes[self.rows])

        self.values = losses([trial.whole for trial in trials])
        self.values -= losses([trial.crossfit.proba for trial in trials])

    def penalty(self, candidate: Candidate, bias: float) -> float:
        """Nats to charge a candidate: 0 unless beyond `bias` standard errors.

        Corrected ones pay in full, though a share gamma of the teacher's error is out
        of their targets: charged 1 - gamma, logistic regressions on 7000 rows of
        covertype lost 7 and 14 % of their log-loss, which they do not when charged 1.
        """
        if candidate.alpha == 0:
            return 0.0
        known = ~np.isnan(self.values)
        size = len(self._weight)
        # A row that trains in two trials is one row.
        counts = np.bincount(self.rows[known], minlength=size)
        sums = np.bincount(self.rows[known], weights=self.values[known], minlength=size)
        seen = counts > 0
        mean, error = mean_and_error(sums[seen] / counts[seen], self._weight[seen])
        return candidate.alpha * mean if mean > bias * error else 0.0


def student_weight(problem: Problem) -> Array:
    """Weights of the rows in the student's objective, ones where there are none."""
    weight = problem.routed.student_weight
    return np.ones(len(problem.codes)) if weight is None else weight


def mean_and_error(values: Array, weights: Array) -> tuple[float, float]:
    """Weighted mean of what is known, and its standard error; NaN without weight."""
    counts = ~np.isnan(values) & (weights > 0)
    values, weights = values[counts], weights[counts]
    if not len(values):
        return float("nan"), float("nan")
    weights = weights / weights.sum()
    mean = float(weights @ values)
    if len(values) < 2:
        return mean, float("nan")
    variance = weights**2 @ (values - mean) ** 2 * len(values) / (len(values) - 1)
    return mean, float(np.sqrt(variance))


def _ruled(proba: Array, codes: Array, rules: Sequence[Any]) -> Array:
    """Apply the rules; rows that no teacher labelled stay NaN."""
    values: Array = np.array(
        make_targets(proba, codes, rules=rules).values, dtype=np.float64
    )
    values[np.isnan(proba[:, 0])] = np.nan
    return values
