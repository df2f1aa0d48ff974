"""The student tried on a few rows before any teacher is fitted.

Teacher fits are minutes to days; a student that cannot be fitted (a parameter out of
range, missing values it refuses, text it cannot read) should say so before them.
"""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill._validation import missing_rows
from skdistill.crossfit import CrossFit, seeded
from skdistill.estimators._fit import assemble, fit_on, take
from skdistill.estimators._parameters import AUTO, Settings
from skdistill.estimators._problem import Problem
from skdistill.students import student_proba

__all__ = ["few_rows", "rehearse"]

Array = npt.NDArray[Any]

N_ROWS = 100
#: Rows with a missing entry that are tried, too: one of a million may stop a student.
_N_MISSING = 10
_NOTE = (
    "skdistill: raised when the student was tried on the labels, before any teacher "
    "was fitted."
)


def rehearse(student: Any, problem: Problem, settings: Settings) -> None:
    """Fit a clone of the student, by its route, to smoothed labels of a few rows.

    A failure there may only mean that the rows were too few (a neighbour count, folds
    of an inner search), so it counts only if all rows fail too.

    Raises
    ------
    Exception
        What the student raised, with a note that no teacher was fitted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _try(student, _few(problem), settings)
        except Exception:
            try:
                _try(student, problem, settings)
            except Exception as error:
                error.add_note(_NOTE)
                raise


def _few(problem: Problem) -> Problem:
    """Keep few rows, and of those without labels as many."""
    few = take(problem, few_rows(problem))
    if problem.X_unlabeled is None:
        return few
    rows = np.unique(np.concatenate(_spread(problem.X_unlabeled)))
    return replace(few, X_unlabeled=take_rows(problem.X_unlabeled, rows))


def _spread(X: Any) -> list[Array]:
    """Rows spread evenly, and the first that lack an entry."""
    n_samples = n_rows(X)
    spread = np.linspace(0, n_samples - 1, min(N_ROWS, n_samples)).astype(np.intp)
    return [spread, missing_rows(X, _N_MISSING)]


def few_rows(problem: Problem) -> Array:
    """Rows spread evenly, the first that lack an entry, the first two of a class."""
    firsts = [
        np.flatnonzero(problem.codes == k)[:2] for k in range(len(problem.classes))
    ]
    weight = problem.routed.student_weight
    if weight is not None:  # rows that count, or a solver may see one class
        positive = np.flatnonzero(weight > 0)
        firsts += [
            positive[problem.codes[positive] == k][:2]
            for k in range(len(problem.classes))
        ]
    return np.unique(np.concatenate([*_spread(problem.X), *firsts]))


def _briefly(student: Any) -> Any:
    """Have networks train one epoch, and neither print nor write for it."""
    params = student.get_params()
    parts = [name.removesuffix("module") for name in params if name.endswith("module")]
    short = {"max_epochs": 1, "verbose": 0, "checkpoint": None}
    brief = {part + name: value for part in parts for name, value in short.items()}
    known = {name: value for name, value in brief.items() if name in params}
    return student.set_params(**known)


def _try(student: Any, problem: Problem, settings: Settings) -> None:
    n_classes = len(problem.classes)
    proba = np.full((len(problem.codes), n_classes), 0.1 / n_classes)
    proba[np.arange(len(proba)), problem.codes] += 0.9
    settled = replace(
        settings,
        alpha=1.0 if settings.alpha == AUTO else settings.alpha,
        correction=None if settings.correction == AUTO else settings.correction,
        synthetic=False,
    )
    unlabeled = None
    if problem.X_unlabeled is not None:
        unlabeled = np.full((n_rows(problem.X_unlabeled), n_classes), 1 / n_classes)
    crossfit = CrossFit(proba, problem.classes, "rehearsal", unlabeled_proba=unlabeled)
    data = assemble(problem, crossfit, settled)
    fitted = fit_on(_briefly(seeded(student, 0)), data, settled)
    student_proba(fitted, problem.X, problem.classes, settings.scale)
