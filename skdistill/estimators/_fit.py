"""From a problem and its teacher probabilities to a fitted student."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._rows import concatenate
from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import CrossFit, slice_params
from skdistill.estimators._parameters import Settings
from skdistill.estimators._problem import Problem
from skdistill.students import Course, StudentData, fit_student, follow
from skdistill.targets import Targets, make_targets, make_unlabeled_targets

__all__ = ["assemble", "fit_on", "take"]

Array = npt.NDArray[Any]


def take(problem: Problem, rows: Array) -> Problem:
    """Keep some of the labelled rows of a problem; its classes stay as they are."""
    n_samples = len(problem.codes)
    routed = problem.routed

    def part(values: Array | None) -> Array | None:
        return None if values is None else values[rows]

    return replace(
        problem,
        X=take_rows(problem.X, rows),
        labels=problem.labels[rows],
        codes=problem.codes[rows],
        sample_weight=part(problem.sample_weight),
        teacher_proba=part(problem.teacher_proba),
        routed=replace(
            routed,
            teachers=tuple(
                slice_params(params, rows, n_samples) for params in routed.teachers
            ),
            student=slice_params(routed.student, rows, n_samples),
            student_weight=part(routed.student_weight),
            split=slice_params(routed.split, rows, n_samples),
        ),
    )


def assemble(problem: Problem, crossfit: CrossFit, settings: Settings) -> StudentData:
    """Build the student's training data; rows without labels follow the labelled ones.

    An unlabelled row has only the teacher's part of the loss, and so weighs alpha. A
    synthetic row weighs as much as a row of X: it was made to be learned from.
    """
    options = {
        "rules": settings.rules,
        "alpha": settings.alpha,
        "temperature": settings.temperature,
        "scale": settings.scale,
    }
    targets = make_targets(
        crossfit.proba, problem.codes, correction=settings.correction, **options
    )
    data = StudentData(
        X=problem.X,
        targets=targets,
        classes=problem.classes,
        codes=problem.codes,
        sample_weight=problem.routed.student_weight,
        fit_params=problem.routed.student,
    )
    if settings.alpha == 0:
        return data
    mean_weight = float(data.row_weight.mean())
    if crossfit.unlabeled_proba is not None:
        extra = make_unlabeled_targets(crossfit.unlabeled_proba, **options)
        weight = settings.alpha * mean_weight
        data = _append(data, problem.X_unlabeled, extra, weight)
    if settings.synthetic and crossfit.synthetic_proba is not None:
        extra = make_unlabeled_targets(crossfit.synthetic_proba, **options)
        data = _append(data, problem.X_synthetic, extra, mean_weight)
    return data


def fit_on(student: Any, data: StudentData, settings: Settings) -> Any:
    """Fit a fresh student by its route; one that follows stages, to this one."""
    if hasattr(settings.route, "follow"):
        return follow(student, Course((1.0,), lambda _: data), loss=settings.loss)
    return fit_student(student, data, loss=settings.loss)


def _append(
    data: StudentData, X_more: Any, extra: Targets, row_weight: float
) -> StudentData:
    weight = data.sample_weight
    if weight is not None or row_weight != 1:
        more = np.full(n_rows(X_more), row_weight)
        weight = np.concatenate([data.row_weight, more])
    values = np.concatenate([data.targets.values, extra.values])
    targets = replace(
        data.targets,
        values=values,
        n_clipped=data.targets.n_clipped + extra.n_clipped,
    )
    return replace(
        data,
        X=concatenate(data.X, X_more),
        targets=targets,
        sample_weight=weight,
    )
