"""One job: fit a teacher and ask it. This is what runs in another process."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit._alignment import (
    Aligned,
    align,
    checked_proba,
    constant_proba,
    known_classes,
    raw_proba,
    spread_absent,
)
from skdistill.crossfit._bag_votes import fit_with_votes, read_votes
from skdistill.crossfit._jobs import Failure, FoldResult, Job, slice_params
from skdistill.crossfit._stages import fit_in_stages

__all__ = ["answer"]

Array = npt.NDArray[Any]
Place = tuple[int, int]


def answer(
    place: Place,
    teacher: Any,
    X: Any,
    y: Array,
    X_unlabeled: Any,
    X_synthetic: Any,
    job: Job,
    *,
    classes: Array,
    fit_params: dict[str, Any],
    keep_teacher: bool,
    keep_votes: bool,
    optional: bool,
    stages: tuple[float, ...] | None = None,
    ask: Callable[..., Any] | None = None,
) -> tuple[Place, Any]:
    """Return the place of the job, since jobs end in any order, and its result.

    All large arguments stand by themselves: Dask ships such once, not once a job.
    """
    if job.synthetic is None or not len(job.synthetic):
        X_synthetic = None
    options: dict[str, Any] = {"classes": classes, "keep_teacher": keep_teacher}
    work: Any = _ask_bags
    if stages is not None:
        work, options = _ask_stages, {"classes": classes, "stages": stages}
    elif job.test is not None:
        work, options["keep_votes"] = _ask_fold, keep_votes
    try:
        params = slice_params(fit_params, job.train, n_rows(y))
        if ask is not None:
            return place, ask(teacher, X, y, job, params, classes=classes)
        others = X_unlabeled, X_synthetic
        return place, work(teacher, X, y, job, params, others, **options)
    except Exception as error:
        if optional:
            return place, Failure(f"{type(error).__name__}: {error}")
        raise


def _ask_fold(
    teacher: Any,
    X: Any,
    y: Array,
    job: Job,
    params: dict[str, Any],
    others: tuple[Any, Any],
    *,
    classes: Array,
    keep_teacher: bool,
    keep_votes: bool,
) -> FoldResult:
    """Fit one teacher; ask it about its held-out and the other rows."""
    started = time.perf_counter()
    labels = y[job.train]
    single_class = (labels == labels[0]).all()
    if not single_class:
        fit = fit_with_votes if keep_votes else _fit
        fit(teacher, take_rows(X, job.train), labels, params)

    def ask(rows: Any) -> Aligned:
        if single_class:
            return constant_proba(labels[0], n_rows(rows), classes, len(labels))
        proba, worst = raw_proba(teacher, rows)
        return align(proba, known_classes(teacher), classes, len(labels), worst)

    held_out = ask(take_rows(X, job.test))
    unlabeled, synthetic = others
    return FoldResult(
        proba=held_out.proba,
        filled=held_out.absent,
        worst_sum=held_out.worst_sum,
        unlabeled_proba=None if unlabeled is None else ask(unlabeled).proba,
        synthetic_proba=None
        if synthetic is None
        else ask(take_rows(synthetic, job.synthetic)).proba,
        teacher=teacher if keep_teacher and not single_class else None,
        seconds=time.perf_counter() - started,
        votes=_votes(teacher, labels, classes)
        if keep_votes and not single_class
        else None,
    )


def _ask_stages(
    teacher: Any,
    X: Any,
    y: Array,
    job: Job,
    params: dict[str, Any],
    others: tuple[Any, Any],
    *,
    classes: Array,
    stages: tuple[float, ...],
) -> FoldResult:
    """Fit one teacher; ask it about its held-out and the other rows at each stage."""
    started = time.perf_counter()
    labels = y[job.train]
    questions = [take_rows(X, job.test), *(one for one in others if one is not None)]
    if (labels == labels[0]).all():
        sure = [
            constant_proba(labels[0], n_rows(one), classes, len(labels))
            for one in questions
        ]
        answers = [sure] * len(stages)
    else:
        own = take_rows(X, job.train)
        known, said = fit_in_stages(teacher, own, labels, params, stages, questions)
        answers = [
            [
                align(proba, known, classes, len(labels), worst)
                for proba, worst in (checked_proba(teacher, raw) for raw in row)
            ]
            for row in said
        ]
    held_out, *extra = (
        np.stack([one.proba for one in column]) for column in zip(*answers, strict=True)
    )
    return FoldResult(
        proba=held_out,
        unlabeled_proba=extra[0] if extra else None,
        filled=answers[0][0].absent,
        worst_sum=max(one.worst_sum for row in answers for one in row),
        teacher=None,
        seconds=time.perf_counter() - started,
    )


def _ask_bags(
    teacher: Any,
    X: Any,
    y: Array,
    job: Job,
    params: dict[str, Any],
    others: tuple[Any, Any],
    *,
    classes: Array,
    keep_teacher: bool,
) -> FoldResult:
    """Fit one bagging teacher; read its votes, and ask it about the other rows."""
    started = time.perf_counter()
    labels = y[job.train]
    whole = len(job.train) == len(y)
    fit_with_votes(teacher, X if whole else take_rows(X, job.train), labels, params)
    covered, votes, unseen = read_votes(teacher, labels)
    known = known_classes(teacher)
    held_out = align(votes, known, classes, len(labels))

    def ask(rows: Any) -> Array | None:
        if rows is None:
            return None
        return align(raw_proba(teacher, rows)[0], known, classes, len(labels)).proba

    unlabeled, synthetic = others
    return FoldResult(
        proba=held_out.proba,
        covered=covered,
        filled=spread_absent(held_out, unseen),
        worst_sum=0.0,
        unlabeled_proba=ask(unlabeled),
        synthetic_proba=ask(synthetic),
        teacher=teacher if keep_teacher else None,
        seconds=time.perf_counter() - started,
    )


def _fit(teacher: Any, X: Any, y: Array, params: dict[str, Any]) -> None:
    teacher.fit(X, y, **params)


def _votes(teacher: Any, labels: Array, classes: Array) -> tuple[Array, Array, Array]:
    """Places among the training rows, votes, and which entries are a prior."""
    covered, votes, unseen = read_votes(teacher, labels)
    # A vote of trees that knew nothing of a class is none: its prior would hide what
    # the teacher of the row's own fold says, and only in the rows of that class.
    knowing = ~unseen.any(axis=1)
    aligned = align(votes[knowing], known_classes(teacher), classes, len(labels))
    return covered[knowing], aligned.proba, spread_absent(aligned, unseen[knowing])
