"""What travels between the engine and its workers: jobs out, results back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state, indexable

from skdistill._sklearn_compat import n_rows, take_rows

__all__ = [
    "Batch",
    "Failure",
    "FoldResult",
    "Job",
    "Result",
    "draw_seeds",
    "slice_params",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One teacher to fit: the rows it learns from, the rows it labels, its seed.

    `test` is None where its own out-of-bag rows are asked for. `synthetic` are the
    places of the synthetic rows it labels besides.
    """

    train: Array
    test: Array | None
    seed: int
    synthetic: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Jobs of one kind of teacher.

    Attributes
    ----------
    teacher : estimator
    jobs : list of Job
        Their rows are those of the whole data.
    classes : ndarray of shape (n_classes,)
    fit_params : dict
        What has one entry a row of the whole data is cut to those of a job.
    X_synthetic : container of rows, or None
    keep_teachers, keep_votes : bool
    optional : bool
        Whether a teacher that fails becomes a `Failure` instead of an error.
    stages : tuple of float, or None
        Fractions of its training at which each teacher is asked; None is at the end.
    ask : callable or None
        What a worker does in place of asking for probabilities:
        ``ask(teacher, X, y, job, params, classes=classes)`` returns a frozen dataclass
        with a field ``read``. It is pickled, and is part of the key in the store.
    """

    teacher: Any
    jobs: list[Job]
    classes: Array
    fit_params: dict[str, Any]
    X_synthetic: Any = None
    keep_teachers: bool = False
    keep_votes: bool = False
    optional: bool = False
    stages: tuple[float, ...] | None = None
    ask: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """What one teacher said; at several stages with one array a stage, in order.

    Attributes
    ----------
    proba : ndarray of shape (n_held_out, n_classes), float64
    unlabeled_proba : ndarray of shape (n_unlabeled, n_classes) or None
    filled : ndarray of bool, shape (1, n_classes) or (n_held_out, n_classes)
        Which entries are the prior of a class that the teacher was not trained on.
    worst_sum : float
    teacher : estimator or None
    seconds : float
    synthetic_proba : ndarray of shape (n_labelled, n_classes) or None
        Of the job's synthetic rows.
    covered : ndarray of int, or None
        Places among the training rows that `proba` speaks of, where the job left that
        to the bags.
    votes : tuple of arrays, or None
        Places among the training rows with out-of-bag votes, (n_voted,); the votes as
        probabilities, (n_voted, n_classes); which are a prior, of that shape.
    read : bool
        Whether it comes from the store.
    """

    proba: Array
    unlabeled_proba: Array | None
    filled: Array
    worst_sum: float
    teacher: Any
    seconds: float
    synthetic_proba: Array | None = None
    covered: Array | None = None
    votes: tuple[Array, Array, Array] | None = None
    read: bool = False

    def at(self, stage: int) -> "FoldResult":
        """Return what the teacher said at one of several stages."""
        extra = self.unlabeled_proba
        return replace(
            self,
            proba=self.proba[stage],
            unlabeled_proba=None if extra is None else extra[stage],
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an optional teacher could not be fitted or asked."""

    reason: str


Result = FoldResult | Failure


def draw_seeds(random_state: Any, n: int) -> Array:
    """One int a job, drawn up front, so that no result depends on `n_jobs`."""
    seeds: Array = check_random_state(random_state).randint(
        np.iinfo(np.int32).max, size=n
    )
    return seeds


def slice_params(params: dict[str, Any], rows: Array, n_samples: int) -> dict[str, Any]:
    """Fit parameters of some rows: what has one entry a row is cut, the rest kept."""
    return {
        name: take_rows(indexable(value)[0], rows)
        if _is_per_row(value, n_samples)
        else value
        for name, value in params.items()
    }


def _is_per_row(value: Any, n_samples: int) -> bool:
    sized = hasattr(value, "__len__") or hasattr(value, "shape")
    return sized and not isinstance(value, str | dict) and n_rows(value) == n_samples
