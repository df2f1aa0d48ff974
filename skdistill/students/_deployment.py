"""What shipping a fitted student costs: bytes and microseconds."""

import pickle
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from skdistill._sklearn_compat import n_rows

__all__ = ["deployment_cost", "timed"]


def deployment_cost(student: Any, X: Any, *, n_timings: int = 5) -> tuple[int, float]:
    """Size of a fitted learner and the time of its predictions.

    Parameters
    ----------
    student : estimator
        With ``predict_proba`` or ``predict``.
    X : container with n_samples rows
    n_timings : int, default=5
        Times all rows are predicted; the median counts.

    Returns
    -------
    n_bytes : int
        Length of its pickle.
    microseconds : float
        Of one row when all rows of `X` are predicted at once.
    """
    predict = getattr(student, "predict_proba", student.predict)
    _, microseconds = timed(predict, X, n_timings)
    return len(pickle.dumps(student)), microseconds


def timed(predict: Callable[[Any], Any], X: Any, n_timings: int) -> tuple[Any, float]:
    """Predictions of `X`, and the median time of a row in microseconds."""
    timings = []
    for _ in range(n_timings):
        started = time.perf_counter()
        said = predict(X)
        timings.append(time.perf_counter() - started)
    return said, 1e6 * float(np.median(timings)) / n_rows(X)
