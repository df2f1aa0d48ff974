"""Learners with ``warm_start``: more of them, or more iterations, at each stage."""

from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.multioutput import MultiOutputRegressor

from skdistill._sklearn_compat import takes_multioutput, weight_argument
from skdistill.crossfit import advance, length_name, warm
from skdistill.students._data import StudentData
from skdistill.students._expansion import ExpansionRoute
from skdistill.students._linear import LinearRoute
from skdistill.students._native import NativeRoute
from skdistill.students._online._course import Course, stops_early
from skdistill.students._online._epochs import columns_of, repeated
from skdistill.students._regression import RegressionRoute

__all__ = ["WarmClassifier", "WarmLinear", "WarmNative", "WarmRegressor"]


def _starts_warm(student: Any, *names: str) -> bool:
    params = student.get_params(deep=False)
    return "warm_start" in params and any(name in params for name in names)


class WarmNative(NativeRoute):
    """Anything with ``fit_targets``, ``warm_start`` and ``max_iter`` or ``max_epochs``.

    Each stage has its share of them. An objective with one minimum that is reached at
    each stage ends where the last stage leads: limit ``max_iter``.
    """

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return super().serves(student) and _starts_warm(
            student, "max_iter", "max_epochs"
        )

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        return stops_early(student) or super().objection(
            student, weighted=weighted, temperature=temperature
        )

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it."""
        return _walk(student, course, lambda data: self.fit(student, data, loss))


class WarmLinear(LinearRoute):
    """``LogisticRegression``: as :class:`WarmNative`."""

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it."""
        return _walk(student, course, lambda data: self.fit(student, data, loss))


class WarmRegressor(RegressionRoute):
    """Regressors with ``warm_start``: trees or iterations on the targets of a stage."""

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return super().serves(student) and _starts_warm(
            student, "n_estimators", "max_iter"
        )

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        return stops_early(student) or super().objection(
            student, weighted=weighted, temperature=temperature
        )

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student`, or one copy a class, and return what was fitted."""
        if len(course.data(0).classes) == 2 or takes_multioutput(student):
            return self._fit_columns(student, course, None)
        k = len(course.data(0).classes)
        fitted = MultiOutputRegressor(student)
        fitted.estimators_ = [
            self._fit_columns(clone(student), course, column) for column in range(k)
        ]
        first = fitted.estimators_[0]
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(first, name):
                setattr(fitted, name, getattr(first, name))
        return fitted

    def _fit_columns(self, student: Any, course: Course, column: int | None) -> Any:
        own = getattr(student, "early_stopping", None)
        if own == "auto":  # it would stop above 10,000 rows
            student.set_params(early_stopping=False)

        def fit(data: StudentData) -> None:
            params = dict(data.fit_params)
            if data.sample_weight is not None:
                params["sample_weight"] = data.sample_weight
            values = columns_of(data)
            student.fit(
                data.X, values if column is None else values[:, column], **params
            )

        _walk(student, course, fit)
        if own == "auto":
            student.set_params(early_stopping=own)
        return student


class WarmClassifier(ExpansionRoute):
    """Classifiers with ``warm_start`` and weights: each row once per class."""

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""
        return (
            bool(is_classifier(student))
            and weight_argument(student) is not None
            and _starts_warm(student, "n_estimators", "max_iter")
        )

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        if isinstance(student, RandomForestClassifier | ExtraTreesClassifier):
            return (
                "student must be a regressor where a forest follows stages, got "
                f"{type(student).__name__}. Use RandomForestRegressor or "
                "ExtraTreesRegressor, or mode='best_stage'."
            )
        if getattr(student, "solver", None) == "liblinear":
            return (
                "solver of the student must not be 'liblinear', which does not start "
                "warm. Use 'lbfgs', or mode='best_stage'."
            )
        return stops_early(student) or super().objection(
            student, weighted=weighted, temperature=temperature
        )

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it."""
        balance = getattr(student, "class_weight", None)
        if balance is not None:
            student.set_params(class_weight=None)

        def fit(data: StudentData) -> None:
            X, y, weight, params = repeated(data, balance)
            student.fit(X, y, sample_weight=weight, **params)

        _walk(student, course, fit)
        if balance is not None:
            student.set_params(class_weight=balance)
        return student


def _walk(student: Any, course: Course, fit: Any) -> Any:
    """Fit `student` on stage after stage, from where the last one left it."""
    total = student.get_params(deep=False)[length_name(student)]
    done = 0
    with warm(student):
        for stage, units in course.plan(int(np.max(total))):
            advance(student, done, done + units, partial(fit, course.data(stage)))
            done += units
    return student
