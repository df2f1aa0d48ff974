"""From the answers of single teachers to one row of probabilities per sample."""

from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit._jobs import FoldResult, Job

__all__ = ["Aggregate", "held_out_log_loss", "label_losses"]

Array = npt.NDArray[Any]


class Aggregate:
    """Sums over teachers, added in the order of the jobs so that nothing depends on
    which finished first.

    Parameters
    ----------
    n_samples, n_classes : int
    """  # noqa: D205

    def __init__(self, n_samples: int, n_classes: int) -> None:
        self._total = np.zeros((n_samples, n_classes))
        self._folds: tuple[Array, Array] | None = None
        self._squares = np.zeros((n_samples, n_classes))
        self._filled = np.zeros((n_samples, n_classes), dtype=bool)
        self.coverage = np.zeros(n_samples, dtype=np.intp)
        self.worst_sum = 0.0

    def add(self, job: Job, result: FoldResult) -> None:
        """Add the rows that one teacher labelled, and those its trees left out."""
        if result.votes is not None:
            if self._folds is None:
                self._folds = self._total.copy(), self.coverage.copy()
            places, votes, filled = result.votes
            self._add(job.train[places], votes, filled)
        rows = np.asarray(job.test)
        if self._folds is not None:
            self._folds[0][rows] += result.proba
            self._folds[1][rows] += 1
        self._add(rows, result.proba, result.filled)
        self.worst_sum = max(self.worst_sum, result.worst_sum)

    def _add(self, rows: Array, proba: Array, filled: Array) -> None:
        self._total[rows] += proba
        self._squares[rows] += proba**2
        self._filled[rows] |= filled
        self.coverage[rows] += 1

    @property
    def proba(self) -> Array:
        """Mean over the teachers of a row, (n, K); NaN where there was none."""
        return _mean(self._total, self.coverage)

    @property
    def fold_proba(self) -> Array:
        """The same without out-of-bag votes."""
        return self.proba if self._folds is None else _mean(*self._folds)

    @property
    def spread(self) -> Array | None:
        """Root mean square over classes of the deviation between teachers, (n,)."""
        if self.coverage.max(initial=0) < 2:
            return None
        count = np.maximum(self.coverage, 1)[:, None]
        variance = self._squares / count - (self._total / count) ** 2
        deviation: Array = np.sqrt(np.maximum(variance, 0).mean(axis=1))
        return deviation

    def filled(self, classes: Array) -> tuple[tuple[Any, int], ...]:
        """Label and number of rows for each class some teacher had not seen."""
        counts = self._filled.sum(axis=0)
        labels = classes.tolist()
        return tuple((labels[j], int(counts[j])) for j in np.flatnonzero(counts))


def _mean(total: Array, coverage: Array) -> Array:
    count = coverage[:, None]
    mean: Array = np.full_like(total, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def label_losses(proba: Array, codes: Array) -> Array:
    """Log-loss of each row in nats, (n,); probabilities are raised to eps first.

    As scikit-learn does: a certain error costs 36, not infinity.
    """
    label_proba = proba[np.arange(len(codes)), codes].astype(np.float64)
    losses: Array = -np.log(np.maximum(label_proba, np.finfo(np.float64).eps))
    return losses


def held_out_log_loss(proba: Array, codes: Array, sample_weight: Array | None) -> float:
    """Weighted mean of :func:`label_losses`; NaN if no row has weight."""
    if sample_weight is not None and not sample_weight.any():
        return float("nan")
    return float(np.average(label_losses(proba, codes), weights=sample_weight))
