"""From a problem and its teacher probabilities to a fitted student."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._rows import concatenate
from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import slice_params
from skdistill.estimators._parameters import Settings
from skdistill.estimators._problem import Problem
from skdistill.students import StudentData, fit_student
from skdistill.targets import Targets, make_targets, make_unlabeled_targets

__all__ = ["assemble", "fit_on", "take"]

Array = npt.NDArray[Any]


def take(problem: Problem, rows: Array) -> Problem:
    """Keep some of the labelled rows of a problem; its classes stay as they are."""
    n_samples = len(problem.codes)
    routed = problem.routed
    weight = routed.student_weight
    return replace(
        problem,
        X=take_rows(problem.X, rows),
        labels=problem.labels[rows],
        codes=problem.codes[rows],
        routed=replace(
            routed,
            student=slice_params(routed.student, rows, n_samples),
            student_weight=None if weight is None else weight[rows],
        ),
    )


def assemble(
    problem: Problem, proba: Array, unlabeled_proba: Array | None, settings: Settings
) -> StudentData:
    """Build the student's training data; unlabelled rows follow the labelled ones.

    An unlabelled row has only the teacher's part of the loss, and so weighs alpha.
    """
    options = {
        "rules": settings.rules,
        "alpha": settings.alpha,
        "temperature": settings.temperature,
        "scale": settings.scale,
    }
    targets = make_targets(
        proba, problem.codes, correction=settings.correction, **options
    )
    data = StudentData(
        X=problem.X,
        targets=targets,
        classes=problem.classes,
        codes=problem.codes,
        sample_weight=problem.routed.student_weight,
        fit_params=problem.routed.student,
    )
    if unlabeled_proba is None or settings.alpha == 0:
        return data
    extra = make_unlabeled_targets(unlabeled_proba, **options)
    return _append(data, problem.X_unlabeled, extra, settings.alpha)


def fit_on(student: Any, data: StudentData, settings: Settings) -> Any:
    """Fit a fresh student by its route."""
    return fit_student(student, data, loss=settings.loss)


def _append(
    data: StudentData, X_unlabeled: Any, extra: Targets, alpha: float
) -> StudentData:
    n_unlabeled = n_rows(X_unlabeled)
    weight = data.sample_weight
    if weight is not None or alpha != 1:
        labeled = data.row_weight
        weight = np.concatenate([labeled, np.full(n_unlabeled, alpha * labeled.mean())])
    values = np.concatenate([data.targets.values, extra.values])
    targets = replace(
        data.targets,
        values=values,
        n_clipped=data.targets.n_clipped + extra.n_clipped,
    )
    return replace(
        data,
        X=concatenate(data.X, X_unlabeled),
        targets=targets,
        sample_weight=weight,
    )
