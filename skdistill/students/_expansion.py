"""Route ``expansion``: each row once per class, weighted by its target.

The weighted log-loss of the repeated rows *is* the cross-entropy with soft targets, so
this is exact for every classifier that honours ``sample_weight``, whatever it
minimises. It costs K times the rows (rows of weight 0 are left out), and parameters
that count rows, such as ``min_samples_leaf``, count repeated ones.
"""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.svm import SVC, NuSVC

from skdistill._sklearn_compat import take_rows, weight_argument
from skdistill.students._class_weight import class_weights, subsample_objection
from skdistill.students._data import StudentData, refuse_negative
from skdistill.students._forest import draws_rows, fit_forest

__all__ = ["ExpansionRoute"]


class ExpansionRoute:
    """Any classifier whose ``fit`` takes ``sample_weight``."""

    name = "expansion"
    any_temperature = False

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return bool(is_classifier(student)) and weight_argument(student) is not None

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises."""
        return ("cross_entropy",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return False

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if draws_rows(student) and student.oob_score:
            return (
                "oob_score of the student must be False, because its rows are repeated "
                f"once per class, got {student.oob_score!r}."
            )
        if isinstance(student, SVC | NuSVC) and student.probability:
            # Held-out rows had their copies, of the other classes, among the fitted
            # ones: 1,000 rows came out worse than the mean target.
            return (
                f"student must not calibrate itself on folds of its rows, got "
                f"{type(student).__name__}(probability=True): they are repeated once "
                "per class, and folds cut through the copies. Use SVR, or "
                f"CalibratedClassifierCV({type(student).__name__}())."
            )
        return subsample_objection(student)

    def fit(self, student: Any, data: StudentData, loss: str) -> Any:
        """Fit `student` in place on the repeated rows and return it.

        Raises
        ------
        ValueError
            If a target is negative: a negative weight would be taken in silence by
            many learners and means nothing to them.
        """
        values = data.targets.values
        refuse_negative(
            values,
            "a student that is reached through sample_weight",
            "Use a regressor, LogisticRegression or SoftLogisticRegression as student, "
            "or a rule that stays in [0, 1].",
        )
        weights = values * data.row_weight[:, None]
        if getattr(student, "class_weight", None) == "balanced":
            balance = class_weights("balanced", data.classes, data.codes)
            student.set_params(
                class_weight=dict(
                    zip(data.classes.tolist(), balance.tolist(), strict=True)
                )
            )
        rows, columns = np.nonzero(weights)
        params = {
            name: take_rows(value, rows) for name, value in data.fit_params.items()
        }
        X, y = take_rows(data.X, rows), data.classes[columns]
        if draws_rows(student) and len(rows) > len(weights):
            return fit_forest(student, X, y, weights[rows, columns], rows, len(weights))
        kept = weights[rows, columns]
        if data.sample_weight is None and (kept == 1).all():
            return student.fit(X, y, **params)  # labels: the learner's own fit
        return student.fit(X, y, sample_weight=kept, **params)
