"""How often a model is right where it says how sure it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["N_BINS", "Reliability", "expected_calibration_error", "reliability"]

Array = npt.NDArray[Any]

#: Bins of equal width over [0, 1], as in most of the literature on calibration.
N_BINS = 15


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Rows grouped by the probability of their most probable class.

    Bins without rows are left out.

    Attributes
    ----------
    confidence : ndarray of shape (n_bins,)
        Mean largest probability of the rows of a bin.
    accuracy : ndarray of shape (n_bins,)
        Share of these rows whose label is the most probable class.
    n_rows : ndarray of shape (n_bins,), int
    ece : float
        Mean over rows of the distance of the two, in [0, 1].
    """

    confidence: Array
    accuracy: Array
    n_rows: Array
    ece: float

    @property
    def standard_error(self) -> Array:
        """Of `accuracy`, (n_bins,); with a row more of each kind, so never 0."""
        n = self.n_rows + 2
        share = (self.accuracy * self.n_rows + 1) / n
        error: Array = np.sqrt(share * (1 - share) / n)
        return error


def reliability(proba: Array, codes: Array, n_bins: int = N_BINS) -> Reliability:
    """Group rows by confidence; `codes` are labels encoded 0..K-1, trusted."""
    confidence = proba.max(axis=1)
    correct = proba.argmax(axis=1) == codes
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    n_rows = np.bincount(bins, minlength=n_bins)
    gaps = np.bincount(bins, weights=confidence - correct, minlength=n_bins)
    some = n_rows > 0
    sure = np.bincount(bins, weights=confidence, minlength=n_bins)[some] / n_rows[some]
    right = np.bincount(bins, weights=correct, minlength=n_bins)[some] / n_rows[some]
    return Reliability(
        sure, right, n_rows[some], float(np.abs(gaps).sum() / len(codes))
    )


def expected_calibration_error(proba: Array, codes: Array) -> float:
    """Mean distance of confidence and accuracy over rows, 15 bins of equal width."""
    return reliability(proba, codes).ece
