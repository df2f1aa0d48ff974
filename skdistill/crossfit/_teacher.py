"""Checks of a teacher before it is fitted, and seeds for its clones."""

from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import has_proba, requires_fit, weight_argument

__all__ = ["check_refittable", "check_teacher", "is_fitted", "seeded", "weight_params"]


def check_teacher(teacher: Any, *, margins: bool = False) -> None:
    """Refuse what is no classifier, or has no probabilities.

    Parameters
    ----------
    teacher : object
    margins : bool, default=False
        Whether ``decision_function`` will do (it is going to be calibrated).

    Raises
    ------
    TypeError
        If `teacher` is a class, or lacks ``fit``.
    ValueError
        If it has neither probabilities nor, where allowed, a decision function.
    """
    if isinstance(teacher, type) or not hasattr(teacher, "fit"):
        raise TypeError(
            f"teacher must be a scikit-learn classifier, got {teacher!r}. Pass an "
            "instance, such as RandomForestClassifier()."
        )
    name = type(teacher).__name__
    if not is_classifier(teacher):
        raise ValueError(
            f"teacher must be a classifier, got {name}, which does not say that it is "
            "one (sklearn.base.ClassifierMixin does)."
        )
    if has_proba(teacher):
        return
    if not hasattr(teacher, "decision_function"):
        raise ValueError(
            f"teacher must have predict_proba, got {name}, which has neither that nor "
            "decision_function. Wrap it in CalibratedClassifierCV, or pass "
            "teacher_proba."
        )
    if not margins:
        raise ValueError(
            f"teacher must have predict_proba, got {name} with decision_function "
            "only. Use CrossFitDistiller with calibration='sigmoid', or wrap the "
            "teacher in CalibratedClassifierCV."
        )


def check_refittable(teacher: Any) -> None:
    """Refuse a teacher that keeps its fit when it is cloned.

    Every "out-of-fold" probability of such a teacher would be in-sample, and nothing
    downstream would notice.

    Raises
    ------
    ValueError
        If `teacher`, or a classifier inside it, is frozen, or stays fitted.
    """
    frozen = [
        part
        for part in (teacher, *teacher.get_params(deep=True).values())
        if isinstance(part, FrozenEstimator) and hasattr(part, "predict")
    ]
    if frozen or is_fitted(clone(teacher)):
        kind = type(frozen[0] if frozen else teacher).__name__
        raise ValueError(
            f"teacher must lose its fit when cloned, got {kind}: each row would be "
            "labelled by a teacher that saw it. Pass the unfitted estimator, or "
            "out-of-fold probabilities as teacher_proba, or use DistilledClassifier."
        )


def is_fitted(estimator: Any) -> bool:
    """Whether `estimator` needs a fit and has one."""
    if not requires_fit(estimator):
        return False
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def seeded(estimator: Any, random_state: int) -> Any:
    """Return a clone whose open ``random_state`` parameters are set.

    A seed the user chose is kept. Nested parameters are seeded too, in sorted order.
    """
    fresh = clone(estimator)
    open_names = [
        name
        for name, value in sorted(fresh.get_params(deep=True).items())
        if (name == "random_state" or name.endswith("__random_state")) and value is None
    ]
    return fresh.set_params(**dict.fromkeys(open_names, random_state))


def weight_params(estimator: Any, sample_weight: Any, name: str) -> dict[str, Any]:
    """Fit parameters that hand `sample_weight` to `estimator`; empty without weights.

    Raises
    ------
    ValueError
        If there are weights and the estimator cannot take them.
    """
    if sample_weight is None or isinstance(estimator, FrozenEstimator):
        return {}
    argument = weight_argument(estimator)
    if argument is None:
        raise ValueError(
            f"{name} must accept sample_weight, got {type(estimator).__name__}, whose "
            "fit does not. Leave the weights away, or switch metadata routing on and "
            "request them only where they can be used."
        )
    return {argument: sample_weight}
