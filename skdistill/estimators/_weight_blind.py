"""Learners that take ``sample_weight`` and ignore it: found by trying, and refused.

A student that is reached through row weights would see every row as every class alike,
and come out as noise without an error.
"""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit import seeded
from skdistill.estimators._fit import fit_on, take
from skdistill.estimators._parameters import Settings
from skdistill.estimators._problem import Problem
from skdistill.estimators._rehearsal import few_rows
from skdistill.students import StudentData, student_proba
from skdistill.targets import Targets

__all__ = ["refuse_weight_blind"]

Array = npt.NDArray[Any]

_NEARLY = 0.9


def refuse_weight_blind(student: Any, problem: Problem, settings: Settings) -> None:
    """Fit the student to two sets of targets that differ in the row weights alone.

    Raises
    ------
    ValueError
        If both students say the same. One that cannot be fitted says so elsewhere.
    """
    if settings.route.name != "expansion":
        return
    part = take(problem, few_rows(problem))
    first = np.zeros_like(part.codes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found, other = (
                _proba(student, part, settings, codes) for codes in (part.codes, first)
            )
        except Exception:
            return
    if np.array_equal(found, other):
        raise ValueError(
            f"student must heed sample_weight, got {type(student).__name__}, which "
            "takes it and predicts the same whatever the weights. Use its regressor "
            "if there is one, or another learner."
        )


def _proba(student: Any, part: Problem, settings: Settings, codes: Array) -> Array:
    """Probabilities of a student of rows that are nearly of the classes `codes`.

    All of one class against the labels as they are: no learner that heeds the weights,
    not even a constant, says the same to both.
    """
    k = len(part.classes)
    values = np.full((len(codes), k), (1 - _NEARLY) / k)
    values[np.arange(len(codes)), codes] += _NEARLY
    data = StudentData(
        X=part.X,
        targets=Targets(values),
        classes=part.classes,
        codes=part.codes,
        sample_weight=part.routed.student_weight,
        fit_params=part.routed.student,
    )
    plain = replace(settings, temperature=1.0)
    fitted = fit_on(seeded(student, 0), data, plain)
    return student_proba(fitted, part.X, part.classes, settings.scale)
