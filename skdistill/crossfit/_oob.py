"""Out-of-bag probabilities: cross-fitting for the price of one teacher fit.

Each tree of a bagged ensemble was grown without about 37 % of the rows; the votes of
those trees on such a row are a teacher that never saw it.
"""

import time
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit._alignment import raw_proba
from skdistill.crossfit._engine import FoldResult, Job, stored
from skdistill.crossfit._teacher import seeded

__all__ = ["check_oob", "fit_oob"]

Array = npt.NDArray[Any]

#: A class with so many rows is unseen by a tree with probability e^-30.
_COMMON = 30


def check_oob(teacher: Any) -> None:
    """Refuse a teacher that keeps no out-of-bag votes.

    Raises
    ------
    ValueError
        If `teacher` has no ``oob_score`` and bootstrap sampling.
    """
    params = teacher.get_params(deep=False)
    if "oob_score" not in params or "bootstrap" not in params:
        raise ValueError(
            "teacher must be a bagging ensemble with oob_score for cv='oob', got "
            f"{type(teacher).__name__}. Use cv=5, or wrap it in BaggingClassifier."
        )
    if not params["bootstrap"]:
        raise ValueError(
            "teacher must have bootstrap=True for cv='oob', got bootstrap=False: "
            "every tree saw every row. Set bootstrap=True, or use cv=5."
        )


def fit_oob(
    teacher: Any,
    X: Any,
    y: Array,
    codes: Array,
    *,
    seed: int,
    fit_params: dict[str, Any],
    X_unlabeled: Any = None,
    keep_teachers: bool = False,
    memory: Any = None,
) -> tuple[Job, FoldResult]:
    """Fit a bagging teacher once and read its out-of-bag votes.

    Returns
    -------
    job : Job
        Its `test` are the rows that have out-of-bag votes.
    result : FoldResult
    """
    run, digest = stored(_fit_bag, memory, (X, y, fit_params, X_unlabeled))
    result, covered = run(
        seeded(teacher, seed),
        X,
        y,
        codes,
        fit_params=fit_params,
        X_unlabeled=X_unlabeled,
        keep_teacher=keep_teachers,
        digest=digest,
    )
    return Job(np.arange(len(y)), covered, seed), result


def _fit_bag(
    teacher: Any,
    X: Any,
    y: Array,
    codes: Array,
    *,
    fit_params: dict[str, Any],
    X_unlabeled: Any,
    keep_teacher: bool,
    digest: str | None,
) -> tuple[FoldResult, Array]:
    """Return the votes and the rows that have any; `digest` only keys the store."""
    started = time.perf_counter()
    teacher.set_params(oob_score=True)
    with warnings.catch_warnings():
        # Rows without votes are counted and reported by the engine.
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
        warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
        teacher.fit(X, y, **fit_params)
    votes = np.asarray(teacher.oob_decision_function_, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        covered = np.flatnonzero(votes.sum(axis=1) > 0.5)
    proba, unseen = _fill_unseen(teacher, votes, codes)
    extra = None if X_unlabeled is None else raw_proba(teacher, X_unlabeled)[0]
    result = FoldResult(
        proba=proba[covered],
        unlabeled_proba=extra,
        filled=unseen[covered],
        worst_sum=0.0,
        teacher=teacher if keep_teacher else None,
        seconds=time.perf_counter() - started,
    )
    return result, covered


def _fill_unseen(teacher: Any, votes: Array, codes: Array) -> tuple[Array, Array]:
    """Replace the zeros of classes that none of a row's trees had seen.

    Only very rare classes can be unseen by all trees that vote on a row (a class with
    one row always is, for that row), so only they are looked up.
    """
    n_samples, n_classes = votes.shape
    counts = np.bincount(codes, minlength=n_classes)
    unseen = np.zeros((n_samples, n_classes), dtype=bool)
    for column in np.flatnonzero(counts < _COMMON):
        unseen[:, column] = _unseen_rows(teacher, codes == column)
    if not unseen.any():
        return votes, unseen
    prior = 1.0 / (n_samples + n_classes)
    room = 1.0 - prior * unseen.sum(axis=1, keepdims=True)
    filled = np.where(unseen, prior, votes * room)
    return filled, unseen


def _unseen_rows(teacher: Any, members: Array) -> Array:
    """Rows for which no tree that left them out was trained on a row of `members`."""
    known = np.zeros(len(members), dtype=bool)
    for sample in teacher.estimators_samples_:
        if members[sample].any():
            left_out = np.ones(len(members), dtype=bool)
            left_out[sample] = False
            known |= left_out
    return ~known
