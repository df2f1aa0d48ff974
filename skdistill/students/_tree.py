"""Route ``tree``: Gini trees and forests on soft targets, without repeating a row.

A node of mean target p has Gini impurity 1 - sum p_k^2 and, for squared error on the
columns of the targets, (E sum T_k^2 - sum p_k^2) / K. What a split gains is therefore
the Gini gain over K, for every split: E sum T_k^2 is a sum over rows and cancels. Two
classes need one column, whose variance E T^2 - p^2 gains half of what 2 p (1 - p)
gains: again the Gini gain over K. So the regressor with the student's parameters
grows the student's tree, its nodes' values are the probabilities, and
``min_impurity_decrease`` and ``ccp_alpha``, which are amounts of gain, are divided by
K.

The one difference to repeated rows: rows that agree on a soft target are pure to
the regressor, which stops there; their copies have Gini impurity left, and a tree
without limits splits them on, into leaves that all say the same.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skdistill._sklearn_compat import FORESTS_WEIGH_BALANCE, check_parameters
from skdistill.students._class_weight import class_weights, subsample_objection
from skdistill.students._data import StudentData, refuse_negative
from skdistill.students._gini_tree import Rows, become_forest, become_tree

__all__ = ["TreeRoute", "grow", "rows_of"]

Array = npt.NDArray[Any]

_FORESTS = {
    RandomForestClassifier: RandomForestRegressor,
    ExtraTreesClassifier: ExtraTreesRegressor,
}
_REGRESSORS = {
    DecisionTreeClassifier: DecisionTreeRegressor,
    ExtraTreeClassifier: ExtraTreeRegressor,
    **_FORESTS,
}
#: Rows sum to 1 up to the rounding of float32 probabilities.
_ROUNDING = 1e-6


class TreeRoute:
    """Scikit-learn's own trees and forests with ``criterion="gini"``."""

    name = "tree"
    any_temperature = False

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return type(student) in _REGRESSORS and student.criterion == "gini"

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises; means minimise the cross-entropy of a leaf too."""
        return ("cross_entropy",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return False

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if getattr(student, "oob_score", False):
            return (
                "oob_score of the student must be False, because soft targets have no "
                f"class to score, got {student.oob_score!r}. Score the distiller on "
                "rows kept out."
            )
        return subsample_objection(student)

    def fit(self, student: Any, data: StudentData, loss: str) -> Any:
        """Fit `student` in place and return it.

        Raises
        ------
        ValueError
            If a target is negative: a classifier's probabilities are not.
        """
        values = data.targets.values
        refuse_negative(
            values,
            "a classification tree, whose probabilities are means of them",
            f"Use {_REGRESSORS[type(student)].__name__} as student, or a rule that "
            "stays in [0, 1].",
        )
        check_parameters(student)
        if ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all():
            return _fit_labels(student, data)
        return grow(student, rows_of(student, data), data)


def rows_of(student: Any, data: StudentData) -> Rows:
    """Shares of the classes and the mass of each row, class weights included.

    A row of mass 0 keeps its place, as one of ``sample_weight=0`` does: parameters
    that are fractions count it, the tree does not.
    """
    tilted = data.targets.values * _column_weights(student, data)
    mass = tilted.sum(axis=1)
    even = np.full(tilted.shape, 1 / tilted.shape[1])
    shares = np.divide(tilted, mass[:, None], out=even, where=mass[:, None] > 0)
    if student.class_weight is None and np.abs(mass - 1).max() <= _ROUNDING:
        return Rows(data.X, shares, data.sample_weight)
    return Rows(data.X, shares, mass * data.row_weight)


def grow(student: Any, rows: Rows, data: StudentData) -> Any:
    """Grow the regressor of `student` and turn `student` into what it became."""
    regressor = _regressor_of(student, rows.shares.shape[1])
    unfitted = set(vars(regressor))
    shares = rows.shares[:, 1] if rows.shares.shape[1] == 2 else rows.shares
    regressor.fit(rows.X, shares, sample_weight=rows.weight, **data.fit_params)
    learned = {
        name: value for name, value in vars(regressor).items() if name not in unfitted
    }
    student.__dict__.update(learned, n_outputs_=1, classes_=data.classes)
    become = become_forest if type(student) in _FORESTS else become_tree
    return become(student, regressor, rows)


def _regressor_of(student: Any, n_classes: int) -> Any:
    params = student.get_params(deep=False)
    del params["class_weight"]
    params["criterion"] = "squared_error"
    for gain in ("min_impurity_decrease", "ccp_alpha"):
        params[gain] /= n_classes
    return _REGRESSORS[type(student)](**params)


def _column_weights(student: Any, data: StudentData) -> Array:
    weighs = FORESTS_WEIGH_BALANCE and type(student) in _FORESTS
    weight = data.label_weight if weighs else None
    return class_weights(student.class_weight, data.classes, data.codes, weight)


def _fit_labels(student: Any, data: StudentData) -> Any:
    """Have the learner fit hard targets itself, balanced by the labels."""
    y = data.classes[data.targets.values.argmax(axis=1)]
    given = student.class_weight
    if given == "balanced":
        balance = _column_weights(student, data).tolist()
        student.class_weight = dict(zip(data.classes.tolist(), balance, strict=True))
    student.fit(data.X, y, sample_weight=data.sample_weight, **data.fit_params)
    student.class_weight = given
    return student
