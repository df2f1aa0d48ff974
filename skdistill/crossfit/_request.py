"""A cross-fit in three steps: drawn up here, run by the engine, put together here.

Several teachers, and the teachers of several parts of the rows, are drawn up first, run
as one list, and put together each by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from skdistill._sklearn_compat import n_rows
from skdistill.crossfit._bag_votes import has_bag_votes
from skdistill.crossfit._combine import Answer, Splits, calibrated, combine
from skdistill.crossfit._door import refuse_groups, refuse_missing
from skdistill.crossfit._jobs import Batch, Failure, FoldResult, Job, draw_seeds
from skdistill.crossfit._plan import make_splits
from skdistill.crossfit._record import CrossFit
from skdistill.crossfit._synthetic import Synthetic

__all__ = ["Request", "Rows", "draw_up", "votes_are_honest"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows that a cross-fit is about: all, or some, of the engine's.

    Attributes
    ----------
    X : container with n_samples rows
        Looked at by splitters only.
    codes : ndarray of shape (n_samples,), int
    classes : ndarray of shape (n_classes,)
    weight : ndarray of shape (n_samples,) or None
    synthetic : Synthetic or None
        Made from these rows.
    places : ndarray of shape (n_samples,), int, or None
        Which of the engine's rows these are; None is all.
    """

    X: Any
    codes: Array
    classes: Array
    weight: Array | None = None
    synthetic: Synthetic | None = None
    places: Array | None = None

    def absolute(self, rows: Array) -> Array:
        """Return the engine's numbers of some rows."""
        return rows if self.places is None else self.places[rows]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One teacher's cross-fit, drawn up.

    Attributes
    ----------
    batch : Batch
        What the engine is to run.
    splits : tuple of (train, test)
        Of the rows asked about; empty for out-of-bag votes.
    """

    batch: Batch
    splits: Splits
    _rows: Rows
    _jobs: list[Job]
    _calibration: str | None
    _seed: int

    def record(self, results: Sequence[FoldResult | Failure]) -> CrossFit:
        """Put the answers together.

        Raises
        ------
        RuntimeError
            With the reason, if an optional teacher failed.
        """
        answers: list[Answer] = []
        for job, result in zip(self._jobs, results, strict=True):
            if isinstance(result, Failure):
                raise RuntimeError(result.reason)
            answers.append((_answered(job, result), result))
        rows = self._rows
        record = combine(answers, rows.codes, rows.classes, rows.weight, self.splits)
        if self._calibration is None:
            return record
        teacher = self.batch.teacher
        return calibrated(
            record, rows.codes, rows.weight, self._calibration, teacher, self._seed
        )

    def records(self, results: Sequence[FoldResult]) -> tuple[CrossFit, ...]:
        """Put the answers of each stage together, each calibrated by itself."""
        stages = range(len(self.batch.stages or ()))
        return tuple(self.record([one.at(i) for one in results]) for i in stages)


def draw_up(
    teacher: Any,
    rows: Rows,
    *,
    cv: Any,
    n_repeats: int = 1,
    groups: Any = None,
    calibration: str | None = None,
    bag_votes: bool = False,
    missing_class: str = "prior",
    keep_teachers: bool = False,
    random_state: Any = None,
    fit_params: dict[str, Any] | None = None,
    split_params: dict[str, Any] | None = None,
    optional: bool = False,
    stages: tuple[float, ...] | None = None,
) -> Request:
    """Draw the folds and seeds of one teacher's cross-fit.

    `bag_votes` are trusted to be honest. `fit_params` are those of the engine's rows.
    A synthetic row is labelled by the first teacher that held out the row it was made
    from (out of bag, by the whole forest). `optional` teachers may fail. With `stages`
    they are asked at each, and there is one record a stage.

    Raises
    ------
    ValueError, TypeError
        If the rows cannot be split so, or a class is missing that must not.
    """
    rng = check_random_state(random_state)
    votes = False
    if isinstance(cv, str):
        refuse_groups(groups, split_params)
        none = np.arange(0)
        refuse_missing(missing_class, ((none, none),), rows.classes, rows.codes)
        splits: Splits = ()
        jobs = _bag_jobs(rows, draw_seeds(rng, n_repeats))
    else:
        splits = make_splits(
            cv,
            rows.X,
            rows.codes,
            groups=groups,
            n_repeats=n_repeats,
            random_state=rng,
            split_params=split_params,
        )
        refuse_missing(missing_class, splits, rows.classes, rows.codes)
        votes = bag_votes and has_bag_votes(teacher)
        jobs = _fold_jobs(rows, splits, draw_seeds(rng, len(splits)))
    batch = Batch(
        teacher=teacher,
        jobs=[_of_engine(job, rows) for job in jobs],
        classes=rows.classes,
        fit_params=fit_params or {},
        X_synthetic=None if rows.synthetic is None else rows.synthetic.X,
        keep_teachers=keep_teachers,
        keep_votes=votes,
        optional=optional,
        stages=stages,
    )
    # One for all stages: alike ones are to stay alike.
    seed = 0 if calibration is None else int(draw_seeds(rng, 1)[0])
    return Request(batch, splits, rows, jobs, calibration, seed)


def votes_are_honest(cv: Any, groups: Any, split_params: dict[str, Any] | None) -> bool:
    """Whether trees that left a row out may label it.

    A user's splitter or groups keep rows apart (time, patients) that bootstrap samples
    put together.
    """
    return isinstance(cv, Integral) and groups is None and not split_params


def _fold_jobs(rows: Rows, splits: Splits, seeds: Array) -> list[Job]:
    made = _labellers(rows.synthetic, splits, len(rows.codes))
    return [
        Job(train, test, int(seed), np.flatnonzero(made == place))
        for place, ((train, test), seed) in enumerate(zip(splits, seeds, strict=True))
    ]


def _bag_jobs(rows: Rows, seeds: Array) -> list[Job]:
    everything = np.arange(len(rows.codes))
    made = None if rows.synthetic is None else np.arange(n_rows(rows.synthetic.X))
    return [Job(everything, None, int(seed), made) for seed in seeds]


def _labellers(synthetic: Synthetic | None, splits: Splits, n_samples: int) -> Array:
    """Which teacher labels each synthetic row: the first that held out its base.

    A base that was never held out (the first rows of a time series) has no such
    teacher; its synthetic rows are dealt to all.
    """
    if synthetic is None:
        return np.empty(0, dtype=np.intp)
    holder = np.arange(n_samples) % len(splits)
    for place in reversed(range(len(splits))):
        holder[splits[place][1]] = place
    dealt: Array = holder[synthetic.base]
    return dealt


def _of_engine(job: Job, rows: Rows) -> Job:
    test = None if job.test is None else rows.absolute(job.test)
    return replace(job, train=rows.absolute(job.train), test=test)


def _answered(job: Job, result: FoldResult) -> Job:
    """Return the job with the rows it labelled, where the bags decided which."""
    if job.test is not None or result.covered is None:
        return job
    return replace(job, test=job.train[result.covered])
