"""Step 1 of five: out-of-fold probabilities of a teacher, for any splitter and data."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state, indexable
from sklearn.utils.parallel import Parallel, delayed

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit._alignment import (
    align,
    constant_proba,
    known_classes,
    raw_proba,
    spread_absent,
)
from skdistill.crossfit._bag_votes import fit_with_votes, read_votes
from skdistill.crossfit._teacher import seeded

__all__ = [
    "FoldResult",
    "Job",
    "check_memory",
    "draw_seeds",
    "fit_jobs",
    "slice_params",
    "stored",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One teacher to fit: the rows it learns from, the rows it labels, its seed.

    `synthetic` are the places of the synthetic rows it labels besides.
    """

    train: Array
    test: Array
    seed: int
    synthetic: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """What one teacher said.

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
    votes : tuple of arrays, or None
        Rows of the training part with out-of-bag votes, (n_voted,); the votes as
        probabilities, (n_voted, n_classes); which of them are a prior, of that shape.
    """

    proba: Array
    unlabeled_proba: Array | None
    filled: Array
    worst_sum: float
    teacher: Any
    seconds: float
    synthetic_proba: Array | None = None
    votes: tuple[Array, Array, Array] | None = None


def fit_jobs(
    teacher: Any,
    X: Any,
    y: Array,
    jobs: list[Job],
    *,
    classes: Array,
    fit_params: dict[str, Any],
    X_unlabeled: Any = None,
    X_synthetic: Any = None,
    keep_teachers: bool = False,
    keep_votes: bool = False,
    memory: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> list[FoldResult]:
    """Fit the teachers of all jobs, in parallel; results in the order of `jobs`.

    With `memory`, a job already done with the same teacher, data, rows and seed is
    read from the store. The data are hashed once, not once a job.
    """
    data = (X, y, fit_params, X_unlabeled, X_synthetic)
    run, digest = stored(_fit_fold, memory, data)
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    started = time.perf_counter()
    results = []
    for result in parallel(
        delayed(run)(
            seeded(teacher, job.seed),
            X,
            y,
            job.train,
            job.test,
            job.synthetic,
            classes=classes,
            fit_params=fit_params,
            X_unlabeled=X_unlabeled,
            X_synthetic=X_synthetic,
            keep_teacher=keep_teachers,
            keep_votes=keep_votes,
            digest=digest,
        )
        for job in jobs
    ):
        results.append(result)
        if verbose:
            _say(len(results), len(jobs), time.perf_counter() - started)
    return results


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


def _fit_fold(
    teacher: Any,
    X: Any,
    y: Array,
    train: Array,
    test: Array,
    synthetic: Array | None,
    *,
    classes: Array,
    fit_params: dict[str, Any],
    X_unlabeled: Any,
    X_synthetic: Any,
    keep_teacher: bool,
    keep_votes: bool,
    digest: str | None,
) -> FoldResult:
    """Fit one teacher and ask it about its held-out and the unlabelled rows.

    `digest` only enters the key of the store.
    """
    started = time.perf_counter()
    labels = y[train]
    single_class = (labels == labels[0]).all()
    if not single_class:
        params = slice_params(fit_params, train, len(y))
        fit = fit_with_votes if keep_votes else _fit
        fit(teacher, take_rows(X, train), labels, params)

    def ask(rows: Any) -> Any:
        if single_class:
            return constant_proba(labels[0], n_rows(rows), classes, len(train))
        proba, worst = raw_proba(teacher, rows)
        return align(proba, known_classes(teacher), classes, len(train), worst)

    held_out = ask(take_rows(X, test))
    extra = None if X_unlabeled is None else ask(X_unlabeled)
    made = None
    if synthetic is not None and len(synthetic):
        made = ask(take_rows(X_synthetic, synthetic)).proba
    return FoldResult(
        proba=held_out.proba,
        unlabeled_proba=None if extra is None else extra.proba,
        filled=held_out.absent,
        worst_sum=held_out.worst_sum,
        synthetic_proba=made,
        teacher=teacher if keep_teacher and not single_class else None,
        seconds=time.perf_counter() - started,
        votes=_votes(teacher, train, labels, classes)
        if keep_votes and not single_class
        else None,
    )


def _fit(teacher: Any, X: Any, y: Array, params: dict[str, Any]) -> None:
    teacher.fit(X, y, **params)


def _votes(
    teacher: Any, train: Array, labels: Array, classes: Array
) -> tuple[Array, Array, Array]:
    covered, votes, unseen = read_votes(teacher, labels)
    # A vote of trees that knew nothing of a class is none: its prior would hide what
    # the teacher of the row's own fold says, and only in the rows of that class.
    knowing = ~unseen.any(axis=1)
    aligned = align(votes[knowing], known_classes(teacher), classes, len(train))
    return (
        train[covered[knowing]],
        aligned.proba,
        spread_absent(aligned, unseen[knowing]),
    )


def draw_seeds(random_state: Any, n: int) -> Array:
    """One int a job, drawn up front, so that no result depends on `n_jobs`."""
    seeds: Array = check_random_state(random_state).randint(
        np.iinfo(np.int32).max, size=n
    )
    return seeds


def check_memory(memory: Any) -> None:
    """Refuse what is no place to store in.

    Raises
    ------
    TypeError
        If `memory` is neither None, a path nor a ``joblib.Memory``.
    """
    if memory is not None and not isinstance(memory, str | Path | joblib.Memory):
        raise TypeError(f"memory must be a path or a joblib.Memory, got {memory!r}.")


def stored(run: Any, memory: Any, data: tuple[Any, ...]) -> tuple[Any, str | None]:
    """Return `run` behind the store, and the digest of the data its key needs.

    The data are hashed here, once, and left out of each job's key.
    """
    if memory is None:
        return run, None
    if not isinstance(memory, joblib.Memory):
        memory = joblib.Memory(memory, verbose=0)
    ignored = ["X", "y", "fit_params", "X_unlabeled", "X_synthetic"]
    return memory.cache(run, ignore=ignored), joblib.hash(data)


def _say(done: int, total: int, seconds: float) -> None:
    left = seconds / done * (total - done)
    print(
        f"[cross-fit] teacher {done}/{total} done after {seconds:.1f} s, "
        f"about {left:.1f} s left",
        file=sys.stderr,
        flush=True,
    )
