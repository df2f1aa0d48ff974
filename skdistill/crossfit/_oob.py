"""Out-of-bag probabilities: cross-fitting for the price of one teacher fit.

Each tree of a bagged ensemble was grown without about 37 % of the rows; the votes of
those trees on such a row are a teacher that never saw it.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows
from skdistill.crossfit._alignment import align, known_classes, raw_proba, spread_absent
from skdistill.crossfit._bag_votes import fit_with_votes, read_votes
from skdistill.crossfit._engine import FoldResult, Job, stored
from skdistill.crossfit._teacher import seeded

__all__ = ["fit_oob"]

Array = npt.NDArray[Any]


def fit_oob(
    teacher: Any,
    X: Any,
    y: Array,
    classes: Array,
    *,
    seed: int,
    fit_params: dict[str, Any],
    X_unlabeled: Any = None,
    X_synthetic: Any = None,
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
    data = (X, y, fit_params, X_unlabeled, X_synthetic)
    run, digest = stored(_fit_bag, memory, data)
    result, covered = run(
        seeded(teacher, seed),
        X,
        y,
        classes,
        fit_params=fit_params,
        X_unlabeled=X_unlabeled,
        X_synthetic=X_synthetic,
        keep_teacher=keep_teachers,
        digest=digest,
    )
    made = None if X_synthetic is None else np.arange(n_rows(X_synthetic))
    return Job(np.arange(len(y)), covered, seed, made), result


def _fit_bag(
    teacher: Any,
    X: Any,
    y: Array,
    classes: Array,
    *,
    fit_params: dict[str, Any],
    X_unlabeled: Any,
    X_synthetic: Any,
    keep_teacher: bool,
    digest: str | None,
) -> tuple[FoldResult, Array]:
    """Return the votes and the rows that have any; `digest` only keys the store."""
    started = time.perf_counter()
    fit_with_votes(teacher, X, y, fit_params)
    covered, votes, unseen = read_votes(teacher, y)
    known = known_classes(teacher)
    held_out = align(votes, known, classes, len(y))

    def ask(rows: Any) -> Array | None:
        if rows is None:
            return None
        return align(raw_proba(teacher, rows)[0], known, classes, len(y)).proba

    result = FoldResult(
        proba=held_out.proba,
        unlabeled_proba=ask(X_unlabeled),
        synthetic_proba=ask(X_synthetic),
        filled=spread_absent(held_out, unseen),
        worst_sum=0.0,
        teacher=teacher if keep_teacher else None,
        seconds=time.perf_counter() - started,
    )
    return result, covered
