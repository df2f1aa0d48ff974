"""Students of a list: each fitted to the same teacher probabilities, the best kept."""

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from sklearn.base import clone

from skdistill._frames import Records
from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import CrossFit, seeded
from skdistill.estimators._candidates import Candidate
from skdistill.estimators._fit import assemble, fit_on
from skdistill.estimators._names import tell_apart
from skdistill.estimators._parameters import Settings
from skdistill.estimators._problem import Problem
from skdistill.students import StudentData, deployment_cost
from skdistill.targets import LossCorrection

__all__ = ["Fitted", "FittedStudent", "best_of", "fit_one", "named"]

#: Rows the latency is measured on.
_TIMED_ROWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class FittedStudent:
    """One student of a list.

    Attributes
    ----------
    name : str
        Its class; where two are of one class, with the parameters in which they
        differ, or numbered if that says nothing.
    student : estimator
        Fitted to all rows.
    log_loss : float
        Mean over held-out rows of its log-loss (nats) on the labels, with the
        candidate it was fitted by.
    penalty : float
        What is added to it before students are ranked; see `Candidate`.
    standard_error : float
        Of that mean.
    n_bytes : int
        Length of its pickle.
    microseconds_per_row : float
        Of a prediction of up to 1000 training rows at once.
    alpha : float
    correction : LossCorrection or None
    route : str
    """

    name: str
    student: Any
    log_loss: float
    penalty: float
    standard_error: float
    n_bytes: int
    microseconds_per_row: float
    alpha: float
    correction: LossCorrection | None
    route: str

    def as_row(self) -> dict[str, Any]:
        """Return all but the student itself."""
        names = (field.name for field in fields(self))
        return {name: getattr(self, name) for name in names if name != "student"}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted student with all that went into it.

    Attributes
    ----------
    fresh : estimator
        Unfitted, with its seeds.
    student : estimator
    settings : Settings
    selection : tuple of Candidate
    data : StudentData
    """

    fresh: Any
    student: Any
    settings: Settings
    selection: tuple[Candidate, ...]
    data: StudentData

    @property
    def chosen(self) -> Candidate:
        """Candidate it was fitted by, with its score if one was measured."""
        settings = self.settings
        used = (settings.alpha, settings.correction, settings.synthetic)
        same = [
            one
            for one in self.selection
            if (one.alpha, one.correction, one.synthetic) == used
        ]
        return same[0] if same else Candidate(*used)


def fit_one(
    student: Any,
    problem: Problem,
    crossfit: CrossFit,
    settings: Settings,
    selection: tuple[Candidate, ...],
) -> Fitted:
    """Fit one student, with settled settings, to all rows."""
    data = assemble(problem, crossfit, settings)
    fresh = seeded(student, problem.seeds[2])
    return Fitted(
        fresh, fit_on(clone(fresh), data, settings), settings, selection, data
    )


def best_of(fits: list[Fitted]) -> Fitted:
    """Return the fit with the least expected log-loss, the first of equals."""

    def score(fit: Fitted) -> float:
        value = fit.chosen.expected
        return math.inf if math.isnan(value) else value

    return min(fits, key=score)


def named(fits: list[Fitted], problem: Problem) -> Records[FittedStudent]:
    """Return a record of each student, in the order they were given."""
    rows = take_rows(problem.X, np.arange(min(n_rows(problem.X), _TIMED_ROWS)))
    names = tell_apart([fit.fresh for fit in fits])
    records = []
    for name, fit in zip(names, fits, strict=True):
        n_bytes, microseconds = deployment_cost(fit.student, rows)
        records.append(
            FittedStudent(
                name=name,
                student=fit.student,
                log_loss=fit.chosen.log_loss,
                penalty=fit.chosen.penalty,
                standard_error=fit.chosen.standard_error,
                n_bytes=n_bytes,
                microseconds_per_row=microseconds,
                alpha=fit.settings.alpha,
                correction=fit.settings.correction,
                route=fit.settings.route.name,
            )
        )
    return Records(records)
