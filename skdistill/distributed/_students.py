"""Students of targets that lie in partitions."""

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from sklearn.base import is_classifier

from skdistill._sklearn_compat import has_proba
from skdistill.distributed import _xgboost
from skdistill.distributed._dask import delayed, import_dask
from skdistill.distributed._learners import chain, learn_soft, takes_weight
from skdistill.distributed._partitions import Partitions

__all__ = ["check", "fit", "kind_of"]

Array = npt.NDArray[Any]


def kind_of(student: Any) -> str:
    """Return how the student is fitted: "xgboost" or "partial_fit"."""
    return "xgboost" if _xgboost.is_student(student) else "partial_fit"


def check(student: Any) -> None:
    """Refuse a student that cannot be fitted in partitions.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(student, type) or not hasattr(student, "fit"):
        raise TypeError(f"student must be a scikit-learn classifier, got {student!r}.")
    name = type(student).__name__
    if _xgboost.is_student(student):
        _xgboost.check("student", student)
        return
    if not is_classifier(student) or not hasattr(student, "partial_fit"):
        raise ValueError(
            "student must be an XGBClassifier or a classifier with partial_fit, got "
            f"{name}. Use SGDClassifier(loss='log_loss'), or "
            "skdistill.CrossFitDistiller on rows that fit in memory."
        )
    if not takes_weight(student):
        raise ValueError(
            f"student must take sample_weight in partial_fit, got {name}: its targets "
            "are the weights of repeated rows. Use SGDClassifier(loss='log_loss')."
        )
    if not has_proba(student):
        raise ValueError(
            f"student must have predict_proba, got {name} without. Use "
            "SGDClassifier(loss='log_loss')."
        )


def fit(
    student: Any,
    data: Partitions,
    targets: Sequence[Any],
    order: Sequence[int],
    mass: Array,
) -> Any:
    """Fit a seeded student and bring it here.

    Parameters
    ----------
    student : estimator
    data : Partitions
    targets : sequence of delayed
        (n_rows, n_classes) of each partition.
    order : sequence of int
        Partitions in the order of ``partial_fit``.
    mass : ndarray of shape (n_classes,)
        Sum of the targets.
    """
    if kind_of(student) == "xgboost":
        return _xgboost.fit_targets(student, data, targets, mass)
    task = delayed(learn_soft)

    def step(_: int, state: Any, place: int) -> Any:
        return task(state, data.rows[place], targets[place], data.classes)

    (fitted,) = chain([delayed(_itself)(student)], order, step)
    return import_dask("dask").compute(fitted)[0]


def _itself(learner: Any) -> Any:
    return learner
