"""``HistGradientBoostingClassifier`` on soft targets, through its loss object.

The hook is private to scikit-learn and kept in ``_sklearn_compat``. Without it the rows
are repeated once per class, and that is said.
"""

import warnings
from typing import Any

import numpy as np

from skdistill._sklearn_compat import (
    caller_level,
    fit_hist_gradient,
    has_hist_gradient_hook,
    shift_hist_gradient,
)
from skdistill.exceptions import RouteWarning
from skdistill.losses import BipartiteRanking
from skdistill.students._boosters._shared import labels_to_show, make_objective
from skdistill.students._data import StudentData
from skdistill.students._expansion import ExpansionRoute

__all__ = ["fit", "objection", "ranks", "serves"]


def serves(student: Any) -> bool:
    """Whether the soft objective can take the place of the student's own."""
    return bool(student.loss == "log_loss")


def objection(student: Any, *, temperature: float) -> str:
    """Why `student` cannot be fitted so; empty if it can."""
    if temperature == 1:
        return ""
    if not has_hist_gradient_hook():
        return (
            "temperature must be 1 for HistGradientBoostingClassifier with this "
            f"version of scikit-learn, which takes no loss object, got {temperature!r}."
        )
    if student.class_weight is not None:
        return (
            "class_weight of the student must be None with a temperature, got "
            f"{student.class_weight!r}. Use sample_weight, or temperature=1."
        )
    return ""


def ranks(student: Any) -> bool:
    """Whether a ranking can take the place of its objective."""
    return has_hist_gradient_hook()


def fit(
    student: Any, data: StudentData, ranking: BipartiteRanking | None = None
) -> Any:
    """Fit `student` in place and return it."""
    if not has_hist_gradient_hook():
        warnings.warn(
            "This version of scikit-learn takes no loss object in "
            "HistGradientBoostingClassifier: its rows are repeated once per class.",
            RouteWarning,
            stacklevel=caller_level(),
        )
        return ExpansionRoute().fit(student, data, "cross_entropy")
    objective = make_objective(
        data, student.class_weight, dtype=np.float32, order="F", ranking=ranking
    )
    labels = data.classes[labels_to_show(data)]
    params = dict(data.fit_params)
    if data.sample_weight is not None:
        params["sample_weight"] = data.sample_weight
    fit_hist_gradient(student, data.X, labels, objective, params)
    if ranking is not None:
        margins = student.decision_function(data.X)
        shift_hist_gradient(student, objective.shift(margins))
    return student
