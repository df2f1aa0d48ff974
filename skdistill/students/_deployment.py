"""What shipping a fitted student costs: bytes and microseconds."""

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdistill._sklearn_compat import n_rows, take_rows

__all__ = ["Latency", "deployment_cost", "latency", "timed"]

#: Rows of a batch whose throughput is measured.
_BATCH = 1000


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
    return len(pickle.dumps(_shipped(student))), microseconds


def _shipped(student: Any) -> Any:
    """Return what is shipped: of a network its weights, not its optimiser's state."""
    return student.as_module() if hasattr(student, "as_module") else student


@dataclass(frozen=True, slots=True)
class Latency:
    """Time of predictions as a service makes them.

    Attributes
    ----------
    p50, p99 : float
        Median and 99th percentile of a call with a single row, microseconds.
    n_calls : int
        Calls these are taken over; of fewer than 100 the 99th percentile is little
        more than the slowest.
    rows_per_second : float
        In a batch; median of up to 5 calls.
    n_batch : int
        Rows of the batch, at most 1000.
    """

    p50: float
    p99: float
    n_calls: int
    rows_per_second: float
    n_batch: int


def latency(
    predict: Callable[[Any], Any], X: Any, *, n_calls: int = 200, seconds: float = 0.5
) -> Latency:
    """Time single rows and a batch.

    Parameters
    ----------
    predict : callable
        Of rows.
    X : container with n_samples rows
        The single rows are its first ones, over and over.
    n_calls : int, default=200
        Single rows to predict.
    seconds : float, default=0.5
        Time after which no further single row, and no further batch, is begun; at
        least one of each is.

    Returns
    -------
    Latency
    """
    n_samples = n_rows(X)
    singles = [take_rows(X, [i]) for i in range(min(n_samples, n_calls))]
    predict(singles[0])  # caches and thread pools are built by the first call
    calls: list[float] = []
    while len(calls) < n_calls and (not calls or sum(calls) < seconds):
        calls.append(_seconds(predict, singles[len(calls) % len(singles)]))
    batch = take_rows(X, np.arange(min(n_samples, _BATCH)))
    _, microseconds = timed(predict, batch, 5, seconds=seconds)
    p50, p99 = 1e6 * np.percentile(calls, [50, 99])
    return Latency(
        p50=float(p50),
        p99=float(p99),
        n_calls=len(calls),
        rows_per_second=1e6 / microseconds,
        n_batch=n_rows(batch),
    )


def timed(
    predict: Callable[[Any], Any],
    X: Any,
    n_timings: int,
    *,
    seconds: float = float("inf"),
) -> tuple[Any, float]:
    """Predictions of `X`, and the median time of a row in microseconds.

    After so many `seconds` no further timing is begun.
    """
    timings: list[float] = []
    while len(timings) < max(n_timings, 1) and (not timings or sum(timings) < seconds):
        started = time.perf_counter()
        said = predict(X)
        timings.append(time.perf_counter() - started)
    return said, 1e6 * float(np.median(timings)) / n_rows(X)


def _seconds(predict: Callable[[Any], Any], X: Any) -> float:
    started = time.perf_counter()
    predict(X)
    return time.perf_counter() - started
