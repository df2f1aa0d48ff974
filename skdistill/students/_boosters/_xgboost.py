"""``XGBClassifier`` on soft targets, through its callable objective.

A classifier with a callable objective still predicts by its native one, so what comes
out says probabilities.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import xgboost
from scipy.special import expit, logit, softmax
from sklearn.base import clone

from skdistill.losses import BipartiteRanking
from skdistill.students._boosters._objective import SoftObjective
from skdistill.students._boosters._shared import (
    Split,
    adopt,
    hold_out,
    labels_to_show,
    make_objective,
    numbers,
    too_old,
    weigh_second,
)
from skdistill.students._data import StudentData

__all__ = ["CURVATURE", "SMALLEST_HESSIAN", "fit", "objection", "ranks", "serves"]

_LEAST = (2, 1, 4)

#: XGBoost's multiclass Hessian is twice the diagonal; its leaf weights rest on it.
CURVATURE = 2.0

#: XGBoost's own lower bound of a Hessian entry.
SMALLEST_HESSIAN = 1e-16


def serves(student: Any) -> bool:
    """Whether the soft objective can take the place of the student's own."""
    native = (None, "binary:logistic", "multi:softprob", "multi:softmax")
    return not callable(student.objective) and student.objective in native


def objection(student: Any, *, temperature: float) -> str:
    """Why `student` cannot be fitted so; empty if it can."""
    old = too_old("xgboost", xgboost.__version__, _LEAST)
    if old:
        return old
    if student.scale_pos_weight not in (None, 1) and temperature != 1:
        return (
            "scale_pos_weight of the student must be None with a temperature, got "
            f"{student.scale_pos_weight!r}. Use sample_weight, or temperature=1."
        )
    return ""


def ranks(student: Any) -> bool:
    """Whether a ranking can take the place of its objective."""
    return True


def fit(
    student: Any, data: StudentData, ranking: BipartiteRanking | None = None
) -> Any:
    """Fit `student` in place and return it."""
    k = len(data.classes)
    objective = make_objective(
        data,
        weigh_second(student.scale_pos_weight, data.classes),
        curvature=1.0 if k == 2 else CURVATURE,
        smallest_hessian=SMALLEST_HESSIAN,
        ranking=ranking,
    )
    stop = student.early_stopping_rounds is not None
    part = hold_out(data, labels_to_show(data), objective, stop, student.random_state)
    fitted = clone(student).set_params(
        objective=_Hook(part.objective), scale_pos_weight=None, **_start(student, part)
    )
    params: dict[str, Any] = {"verbose": False, **part.params}
    if part.weight is not None:
        params["sample_weight"] = part.weight
    if part.held is not None:
        params["eval_set"] = [(part.X_held, part.labels_held)]
        if student.eval_metric is None:
            fitted.set_params(
                eval_metric=_Metric(part.held), disable_default_eval_metric=1
            )
        elif callable(student.eval_metric):
            fitted.set_params(eval_metric=_of_proba(student.eval_metric))
    fitted.fit(part.X, part.labels, **params)
    adopt(student, fitted)
    # As XGBoost's own fit does.
    student.objective = "binary:logistic" if k == 2 else "multi:softprob"
    if ranking is not None:
        margins = student.predict(part.X, output_margin=True)
        _add(student.get_booster(), part.objective.shift(margins))
    return student


def _add(booster: Any, shift: float) -> None:
    """Add `shift` to all margins of a binary booster, through its ``base_score``."""
    model = json.loads(booster.save_raw("json").decode())
    params = model["learner"]["learner_model_param"]
    told = params["base_score"]
    start = float(expit(logit(float(told.strip("[]"))) + shift))
    # Nine digits are all of a float32; XGBoost 2.1 takes longer numbers for 0.5.
    params["base_score"] = f"[{start:.9g}]" if told.startswith("[") else f"{start:.9g}"
    booster.load_model(bytearray(json.dumps(model).encode()))


def _start(student: Any, part: Split) -> dict[str, Any]:
    """Where boosting starts: at the mean target, as XGBoost does with labels."""
    if student.base_score is not None:
        return {}
    prior = part.objective.prior()
    if len(prior) == 1:
        return {"base_score": float(expit(prior[0]))}
    if numbers(xgboost.__version__) >= (3, 1):
        return {"base_score": (prior - prior.mean()).tolist()}
    return {}


def _of_proba(metric: Callable[..., float]) -> Callable[..., float]:
    """Hand `metric` probabilities, as XGBoost does unless the objective is callable."""

    @wraps(metric)
    def of_margins(y_true: Any, margins: Any) -> float:
        binary = margins.ndim == 1
        return metric(y_true, expit(margins) if binary else softmax(margins, axis=1))

    return of_margins


class _Hook:
    """The objective as XGBoost calls it."""

    __name__ = "soft_cross_entropy"

    def __init__(self, objective: SoftObjective) -> None:
        self.objective = objective

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return self.objective.derivatives(y_pred)


class _Metric:
    """Soft loss of the rows held out, as XGBoost calls its metrics."""

    __name__ = "soft_log_loss"

    def __init__(self, held: SoftObjective) -> None:
        self.held = held

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        return self.held.value(y_pred)
