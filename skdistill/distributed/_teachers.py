"""A teacher for each group of partitions, fitted on the partitions of the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import (
    align,
    check_refittable,
    check_teacher,
    constant_proba,
    raw_proba,
    seeded,
)
from skdistill.distributed import _xgboost
from skdistill.distributed._dask import delayed, import_dask, keep, keep_each
from skdistill.distributed._groups import Groups, orders, shares
from skdistill.distributed._learners import chain, learn
from skdistill.distributed._partitions import Partitions, labels_of

__all__ = ["Opinion", "Schedule", "check", "fit", "kind_of"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What the teacher of one group says.

    Attributes
    ----------
    model : fitted classifier, or None
        None if its training rows held one class.
    known : ndarray
        Labels of the columns of its probabilities.
    classes : ndarray of shape (n_classes,)
    n_train : int
        Rows it was fitted on.
    """

    model: Any
    known: Array
    classes: Array
    n_train: int

    @property
    def absent(self) -> Array:
        """Columns of the classes it was not shown, which hold the smoothed prior."""
        return np.flatnonzero(~np.isin(self.classes, self.known))

    def proba(self, X: Any) -> Array:
        """Probabilities of rows, one column a class, (n_rows, n_classes) float64."""
        if not n_rows(X):
            return np.empty((0, len(self.classes)))
        if self.model is None:
            label = self.known[0]
            return constant_proba(label, n_rows(X), self.classes, self.n_train).proba
        proba, _ = raw_proba(self.model, X)
        return align(proba, self.known, self.classes, self.n_train).proba


@dataclass(frozen=True, slots=True)
class Schedule:
    """How teachers are fitted: passes over the rows, rows drawn, where seeds come from.

    Attributes
    ----------
    epochs : int
        Passes of a teacher with ``partial_fit``.
    rows : int
        Most rows of a teacher without.
    seed : int
    """

    epochs: int
    rows: int
    seed: int


def kind_of(teacher: Any) -> str:
    """Return how the teacher is fitted: "xgboost", "partial_fit" or "sample"."""
    if _xgboost.is_dask(teacher):
        return "xgboost"
    return "partial_fit" if hasattr(teacher, "partial_fit") else "sample"


def check(teacher: Any) -> None:
    """Refuse a teacher that cannot serve, before any is fitted.

    Raises
    ------
    TypeError, ValueError
    """
    check_teacher(teacher)
    check_refittable(teacher)
    if _xgboost.is_dask(teacher):
        _xgboost.check("teacher", teacher)


def fit(
    teacher: Any, data: Partitions, groups: Groups, schedule: Schedule
) -> list[Opinion]:
    """Fit the teacher of every group and bring it here; models, never rows."""
    rng = np.random.RandomState(schedule.seed)
    most = np.iinfo(np.int32).max
    fresh = [seeded(teacher, int(rng.randint(most))) for _ in range(groups.n_groups)]
    kind = kind_of(teacher)
    if kind == "sample":
        return _fit_sample(fresh, data, groups, schedule.rows, rng)
    seen = [data.counts[groups.others(g)].sum(axis=0) for g in range(groups.n_groups)]
    known = [data.classes[counts > 0] for counts in seen]
    if kind == "xgboost":
        models = [
            _xgboost.fit_labels(one, data, groups.others(g), known[g])
            if len(known[g]) > 1
            else None
            for g, one in enumerate(fresh)
        ]
    else:
        models = _feed(
            fresh, data, groups, known, orders(data.filled, schedule.epochs, rng)
        )
    return [
        Opinion(model, labels, data.classes, int(counts.sum()))
        for model, labels, counts in zip(models, known, seen, strict=True)
    ]


def _feed(
    fresh: list[Any],
    data: Partitions,
    groups: Groups,
    known: list[Array],
    order: list[int],
) -> list[Any]:
    dask, task = import_dask("dask"), delayed(learn)

    def step(group: int, state: Any, place: int) -> Any:
        if groups.of[place] == group or len(known[group]) < 2:
            return state
        return task(state, data.rows[place], data.labels[place], known[group])

    fitted = dask.compute(*chain([delayed(_itself)(one) for one in fresh], order, step))
    return [
        model if len(labels) > 1 else None
        for model, labels in zip(fitted, known, strict=True)
    ]


def _itself(learner: Any) -> Any:
    return learner


def _fit_sample(
    fresh: list[Any],
    data: Partitions,
    groups: Groups,
    most: int,
    rng: np.random.RandomState,
) -> list[Opinion]:
    """Fit on rows drawn from each partition, which one worker can hold."""
    drawn = shares(data.lengths, groups, most)
    places = [int(place) for place in np.flatnonzero(drawn)]
    seeds = {place: int(rng.randint(np.iinfo(np.int32).max)) for place in places}
    draw = delayed(_draw)
    samples = dict(
        zip(
            places,
            keep_each(
                lambda i: draw(data.rows[i], data.labels[i], int(drawn[i]), seeds[i]),
                places,
            ),
            strict=True,
        )
    )
    task = delayed(_fit_together)
    jobs = [
        task(
            one,
            data.classes,
            *(samples[i] for i in places if groups.of[i] != group),
        )
        for group, one in enumerate(fresh)
    ]
    return list(import_dask("dask").compute(*keep(jobs)))


def _draw(X: Any, y: Any, size: int, seed: int) -> tuple[Any, Array]:
    rng = np.random.RandomState(seed)
    labels = labels_of(X, y)
    rows = np.sort(rng.choice(len(labels), size, replace=False))
    return take_rows(X, rows), labels[rows]


def _fit_together(teacher: Any, classes: Array, *samples: tuple[Any, Array]) -> Opinion:
    parts = [X for X, _ in samples]
    y = np.concatenate([labels for _, labels in samples])
    known = np.unique(y)
    if len(known) < 2:
        return Opinion(None, known, classes, len(y))
    if hasattr(parts[0], "columns"):
        X = import_dask("pandas").concat(parts)
    else:
        X = np.concatenate(parts)
    return Opinion(teacher.fit(X, y), known, classes, len(y))
