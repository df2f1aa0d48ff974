"""Step 1 of five: all teachers of a fit as one flat list of jobs, for any backend."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from joblib import effective_n_jobs
from scipy import sparse
from sklearn.utils.parallel import delayed

from skdistill._torch_rows import is_dataset, parts
from skdistill.crossfit._digest import digest
from skdistill.crossfit._jobs import Batch, Failure, Job
from skdistill.crossfit._parallel import check_n_jobs, run_parallel
from skdistill.crossfit._progress import Listener, Progress
from skdistill.crossfit._provenance import provenance
from skdistill.crossfit._store import FoldStore, Keys
from skdistill.crossfit._teacher import seeded
from skdistill.crossfit._worker import answer

__all__ = ["Engine", "run"]

Array = npt.NDArray[Any]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """How jobs are run.

    Attributes
    ----------
    memory : str, Path, joblib.Memory or None
    n_jobs : int or None
    verbose : int
    steps : object with ``stage`` and ``step``, or None
        Told of each job that has ended, in the process that called ``fit``.
    """

    memory: Any = None
    n_jobs: int | None = None
    verbose: int = 0
    steps: Listener | None = None

    def __post_init__(self) -> None:
        check_n_jobs(self.n_jobs)


def run(
    batches: list[Batch],
    X: Any,
    y: Any,
    *,
    X_unlabeled: Any = None,
    engine: Engine,
) -> list[list[Any]]:
    """Fit the teachers of all batches, in parallel; results in the order of the jobs.

    With a memory, a job already done with the same teacher, data, rows and seed is
    read from the store. The data are hashed once, not once a job.

    Parameters
    ----------
    batches : list of Batch
    X : container with n_samples rows
    y : ndarray of shape (n_samples,), or what the batches' ``ask`` takes
    X_unlabeled : container of rows, or None
    engine : Engine

    Returns
    -------
    list of list of FoldResult (or what ``ask`` returned) or Failure
        One list a batch.
    """
    tasks = [
        _Task((i, j), batch, job, seeded(batch.teacher, job.seed))
        for i, batch in enumerate(batches)
        for j, job in enumerate(batch.jobs)
    ]
    progress = Progress(len(tasks), engine.steps, verbose=engine.verbose)
    if not tasks:
        return [[] for _ in batches]
    data = (X, y, X_unlabeled)
    store = None if engine.memory is None else FoldStore(engine.memory)
    keys = {} if store is None else _keys(tasks, batches, data)
    results: dict[Place, Any] = {}
    missing = []
    for task in tasks:
        found = None if store is None else store.find(keys[task.place])
        if found is None:
            missing.append(task)
        else:
            results[task.place] = found
            progress.step(found)
    for place, result in _answers(missing, data, engine.n_jobs):
        results[place] = result
        if store is not None and not isinstance(result, Failure):
            store.keep(keys[place], result)
        progress.step(result)
    if store is not None:
        store.warn()
    return [
        [results[i, j] for j in range(len(batch.jobs))]
        for i, batch in enumerate(batches)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A job with its place among the batches and its own teacher, seeded."""

    place: Place
    batch: Batch
    job: Job
    teacher: Any


def _keys(
    tasks: list[_Task], batches: list[Batch], data: tuple[Any, ...]
) -> dict[Place, str]:
    try:
        told = digest([_plain(part) for part in data])
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ValueError(
            f"X must be picklable with a memory, got {type(data[0]).__name__} "
            f"({error.args[0]!s:.200}): a store cannot tell it from others. Use "
            "memory=None."
        ) from error
    shared = [Keys.of(told, batch) for batch in batches]
    return {
        task.place: shared[task.place[0]].key(task.teacher, task.job) for task in tasks
    }


def _plain(data: Any) -> Any:
    """Return what tells rows from others.

    A sparse matrix also notes what it was asked about; a torch data set does what its
    code says.
    """
    if sparse.issparse(data) and data.format in ("csr", "csc"):
        return (data.format, data.shape, data.data, data.indices, data.indptr)
    return (data, provenance(*parts(data))) if is_dataset(data) else data


def _answers(
    tasks: list[_Task], data: tuple[Any, Any, Any], n_jobs: int | None
) -> Iterator[tuple[Place, Any]]:
    """Yield results as the jobs end."""
    X, y, X_unlabeled = data
    try:
        calls = (
            delayed(answer)(
                task.place,
                task.teacher,
                X,
                y,
                X_unlabeled,
                task.batch.X_synthetic,
                task.job,
                classes=task.batch.classes,
                fit_params=task.batch.fit_params,
                keep_teacher=task.batch.keep_teachers,
                keep_votes=task.batch.keep_votes,
                stages=task.batch.stages,
                ask=task.batch.ask,
                optional=task.batch.optional,
            )
            for task in tasks
        )
        yield from run_parallel(calls, n_jobs, ordered=False)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        # A teacher that cannot be sent, or, if it is kept, cannot be sent back.
        if effective_n_jobs(n_jobs) == 1 or "pickle" not in str(error):
            raise
        names = sorted({type(task.teacher).__name__ for task in tasks})
        raise ValueError(
            f"teacher must be picklable for n_jobs={n_jobs}, got {', '.join(names)} "
            f"({error!s:.200}). Use n_jobs=1, or joblib.parallel_config('threading')."
        ) from error
