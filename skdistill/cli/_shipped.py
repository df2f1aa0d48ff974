"""The student as it is shipped: one plain learner that says labels."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

__all__ = ["shipped"]

_FEW_ROWS = 5


def shipped(distiller: Any, X: Any) -> Any:
    """Return the fitted student, behind scikit-learn's own door where it says codes.

    XGBoost knows no labels but 0, 1, ..., and CatBoost answers in columns; a vote of
    one learner puts the labels back, and loads without skdistill.

    Parameters
    ----------
    distiller : CrossFitDistiller
        Fitted.
    X : DataFrame of shape (n_samples, n_features)
        Rows like those it was fitted on.

    Returns
    -------
    estimator
    """
    student = distiller.student_
    if not is_classifier(student) or _says_labels(student, X[:_FEW_ROWS], distiller):
        return student
    vote = VotingClassifier([("student", student)], voting="soft")
    vote.estimators_ = [student]
    vote.named_estimators_ = Bunch(student=student)
    vote.le_ = LabelEncoder().fit(distiller.classes_)
    vote.classes_ = vote.le_.classes_
    if hasattr(student, "feature_names_in_"):
        vote.feature_names_in_ = student.feature_names_in_
    return vote


def _says_labels(student: Any, rows: Any, distiller: Any) -> bool:
    said = np.asarray(student.predict(rows))
    return said.ndim == 1 and bool(np.isin(said, distiller.classes_).all())
