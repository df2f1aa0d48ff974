"""Intervals by resampling rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

__all__ = ["interval", "resampled_means"]

Array = npt.NDArray[Any]

#: Counts held at once, in entries: 64 MiB.
_BLOCK = 8_388_608


def resampled_means(columns: Array, n_bootstrap: int, random_state: Any) -> Array:
    """Column means of rows drawn with replacement, (n_bootstrap, n_columns).

    All columns see the same draws, so that functions of several of them are paired.
    """
    rng = check_random_state(random_state)
    n = len(columns)
    means = np.empty((n_bootstrap, columns.shape[1]))
    step = max(1, _BLOCK // n)
    for start in range(0, n_bootstrap, step):
        size = min(step, n_bootstrap - start)
        # Row r of the draws counts in bins r n .. r n + n - 1.
        draws = rng.randint(n, size=(size, n)) + n * np.arange(size)[:, None]
        counts = np.bincount(draws.ravel(), minlength=size * n).reshape(size, n)
        means[start : start + size] = counts @ columns / n
    return means


def interval(values: Array, confidence: float) -> tuple[float, float]:
    """Percentile interval of what the resamples gave; NaN where one was undefined."""
    if np.isnan(values).any():
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
