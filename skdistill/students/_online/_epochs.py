"""Learners with ``partial_fit``: an epoch at a time, on the targets of its stage.

All ``max_iter`` epochs are run: ``tol`` would judge a target that moves.
"""

from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.multioutput import MultiOutputRegressor

from skdistill._sklearn_compat import take_rows, takes_multioutput
from skdistill.crossfit import epochs
from skdistill.students._class_weight import class_weights
from skdistill.students._data import StudentData, refuse_negative
from skdistill.students._expansion import ExpansionRoute
from skdistill.students._online._course import Course, stops_early
from skdistill.students._regression import RegressionRoute

__all__ = ["ClassifierEpochs", "RegressorEpochs", "columns_of", "repeated"]

Array = npt.NDArray[Any]


def columns_of(data: StudentData) -> Array:
    """Targets as a regressor gets them: the second class of two, else all columns."""
    values = data.targets.values
    if values.shape[1] == 2:
        second: Array = values[:, 1]
        return second
    if data.targets.scale == "log":
        values = values - values.mean(axis=1, keepdims=True)
    return np.asarray(values)


def _has_epochs(student: Any) -> bool:
    return hasattr(student, "partial_fit") and hasattr(student, "max_iter")


class RegressorEpochs(RegressionRoute):
    """Regressors with ``partial_fit`` and ``max_iter``: squared error to the targets.

    One without several outputs is fitted once per class.
    """

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return super().serves(student) and _has_epochs(student)

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        if (
            weighted
            and "sample_weight" not in signature(student.partial_fit).parameters
        ):
            return (
                "partial_fit of the student must accept sample_weight when rows have "
                f"weights, got {type(student).__name__}, whose partial_fit does not."
            )
        return stops_early(student)

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student`, or one copy a class, and return what was fitted."""
        n_epochs, seed = student.max_iter, getattr(student, "random_state", None)
        fitted = epochs(student)
        if len(course.data(0).classes) > 2 and not takes_multioutput(student):
            fitted = MultiOutputRegressor(student)
        for stage, units in course.plan(n_epochs):
            data = course.data(stage)
            options = dict(data.fit_params)
            if data.sample_weight is not None:
                options["sample_weight"] = data.sample_weight
            values = columns_of(data)
            for _ in range(units):
                fitted.partial_fit(data.X, values, **options)
        for one in (student, *getattr(fitted, "estimators_", ())):
            if hasattr(one, "random_state"):
                one.set_params(random_state=seed)
        return fitted


class ClassifierEpochs(ExpansionRoute):
    """Classifiers whose ``partial_fit`` takes weights: each row once per class."""

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return (
            bool(is_classifier(student))
            and _has_epochs(student)
            and "sample_weight" in signature(student.partial_fit).parameters
        )

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        return stops_early(student)

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it."""
        seed = getattr(student, "random_state", None)
        balance = getattr(student, "class_weight", None)
        if balance is not None:
            student.set_params(class_weight=None)
        epochs(student)
        for stage, n_epochs in course.plan(student.max_iter):
            data = course.data(stage)
            X, y, weight, params = repeated(data, balance)
            for _ in range(n_epochs):
                student.partial_fit(
                    X, y, classes=data.classes, sample_weight=weight, **params
                )
        if hasattr(student, "random_state"):
            student.set_params(random_state=seed)
        if balance is not None:
            student.set_params(class_weight=balance)
        return student


def repeated(data: StudentData, balance: Any = None) -> Any:
    """Repeat each row once per class: rows, labels, weights and further arguments."""
    values = data.targets.values
    refuse_negative(
        values,
        "a student that is reached through sample_weight",
        "Use a regressor as student, or a rule that stays in [0, 1].",
    )
    balanced = class_weights(balance, data.classes, data.codes, data.label_weight)
    weights = values * data.row_weight[:, None] * balanced
    rows, columns = np.nonzero(weights)
    params = {name: take_rows(value, rows) for name, value in data.fit_params.items()}
    X = take_rows(data.X, rows)
    return X, data.classes[columns], weights[rows, columns], params
