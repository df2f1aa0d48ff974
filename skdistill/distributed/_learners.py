"""Learners that are fed one partition after the other, in the order of the seed."""

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.distributed._dask import compute_each, delayed, keep, windows
from skdistill.distributed._partitions import labels_of

__all__ = ["chain", "learn", "learn_soft", "rehearse", "takes_weight"]

Array = npt.NDArray[Any]

#: Rows of one partition that a learner is tried on before any teacher is fitted.
REHEARSAL_ROWS = 20


def chain(
    states: Sequence[Any],
    order: Sequence[int],
    step: Callable[[int, Any, int], Any],
) -> list[Any]:
    """Lead each state through the partitions in the order given.

    Parameters
    ----------
    states : sequence of delayed
        One a learner.
    order : sequence of int
        Partitions; all learners go through them together, so that each is read once.
    step : callable
        ``step(i, state, place)`` returns the state of learner `i` after a partition.

    Returns
    -------
    list of delayed, computed
    """
    states = list(states)
    for window in windows(order):
        for place in window:
            states = [step(i, state, place) for i, state in enumerate(states)]
        states = keep(states)
    return states


def learn(learner: Any, X: Any, y: Any, known: Array) -> Any:
    """Return the learner after one partition of labels."""
    # A task must not change its input: it may be run again if a worker is lost.
    learner = copy.deepcopy(learner)
    learner.partial_fit(X, labels_of(X, y), classes=known)
    return learner


def learn_soft(learner: Any, X: Any, targets: Array, classes: Array) -> Any:
    """Return the learner after one partition of targets.

    Each row comes once per class, weighted by its target: the weighted log-loss of
    the copies is the cross-entropy with the targets.
    """
    learner = copy.deepcopy(learner)
    rows, columns = np.nonzero(targets)
    learner.partial_fit(
        take_rows(X, rows),
        classes[columns],
        classes=classes,
        sample_weight=targets[rows, columns],
    )
    return learner


def takes_weight(learner: Any) -> bool:
    """Whether ``partial_fit`` takes ``sample_weight``."""
    return "sample_weight" in inspect.signature(learner.partial_fit).parameters


def rehearse(learner: Any, X: Any, classes: Array, *, soft: bool) -> None:
    """Feed a few rows of one partition, so that a refusal comes before the work."""
    task = delayed(_try)
    compute_each(lambda rows: task(learner, rows, classes, soft), [X])


def _try(learner: Any, X: Any, classes: Array, soft: bool) -> None:
    X = take_rows(X, np.arange(min(n_rows(X), REHEARSAL_ROWS)))
    if soft:
        targets = np.full((n_rows(X), len(classes)), 1 / len(classes))
        learner = learn_soft(learner, X, targets, classes)
    else:
        labels = classes[np.arange(n_rows(X)) % len(classes)]
        learner = learn(learner, X, labels, classes)
    learner.predict_proba(X)
