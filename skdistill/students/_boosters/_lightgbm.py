"""``LGBMClassifier`` on soft targets, through its callable objective.

LightGBM does not know what margins of a callable objective mean. So the fitted model is
told afterwards that they are those of its own "binary" or "multiclass" objective.
"""

import re
from inspect import signature
from typing import Any

import lightgbm
import numpy as np
from sklearn.base import clone

from skdistill.losses import BipartiteRanking
from skdistill.students._boosters._objective import SoftObjective
from skdistill.students._boosters._shared import (
    Split,
    adopt,
    hold_out,
    labels_to_show,
    make_objective,
    too_old,
    weigh_second,
)
from skdistill.students._data import StudentData

__all__ = ["fit", "objection", "ranks", "serves"]

_LEAST = (4, 6, 0)

_STOPPING = (
    "early_stopping_round",
    "early_stopping_rounds",
    "early_stopping",
    "n_iter_no_change",
)

#: Metrics that are the same for margins as for probabilities; "None" is none.
_RANKS = {"auc", "average_precision", "None", ""}


def serves(student: Any) -> bool:
    """Whether the soft objective can take the place of the student's own."""
    # Random forests of LightGBM refuse a callable objective.
    return student.boosting_type != "rf" and student.objective in (
        None,
        "binary",
        "multiclass",
        "softmax",
    )


def objection(student: Any, *, temperature: float) -> str:
    """Why `student` cannot be fitted so; empty if it can."""
    old = too_old("lightgbm", lightgbm.__version__, _LEAST)
    if old:
        return old
    params = student.get_params()
    for name in ("is_unbalance", "unbalance", "unbalanced_sets"):
        if params.get(name):
            return (
                f"{name} of the student must be False, got True. Use "
                "class_weight='balanced'."
            )
    for name in ("metric", "metrics", "metric_types"):
        given = params.get(name)
        names = {given} if isinstance(given, str) else set(given or ())
        if _stops(params) and not names <= _RANKS:
            return (
                f"{name} of the student must be None or 'auc' with early stopping, got "
                f"{given!r}: LightGBM would compute it of margins, not of "
                "probabilities. None is the soft loss of rows held out."
            )
    if temperature != 1 and (
        student.class_weight is not None or params.get("scale_pos_weight", 1) != 1
    ):
        return (
            "class_weight and scale_pos_weight of the student must be None with a "
            f"temperature, got {student.class_weight!r} and "
            f"{params.get('scale_pos_weight')!r}. Use sample_weight, or temperature=1."
        )
    return ""


def ranks(student: Any) -> bool:
    """Whether a ranking can take the place of its objective."""
    # An intercept cannot be added to leaves that are linear functions.
    return not student.get_params().get("linear_tree")


def fit(
    student: Any, data: StudentData, ranking: BipartiteRanking | None = None
) -> Any:
    """Fit `student` in place and return it."""
    k = len(data.classes)
    params = student.get_params()
    balance = student.class_weight
    if balance is None:
        balance = weigh_second(params.get("scale_pos_weight"), data.classes)
    # LightGBM's multiclass Hessian is K / (K - 1) times the diagonal.
    objective = make_objective(
        data,
        balance,
        curvature=1.0 if k == 2 else k / (k - 1),
        order="F",
        ranking=ranking,
    )
    stop = _stops(params)
    labels = data.classes[labels_to_show(data)]
    part = hold_out(data, labels, objective, stop, student.random_state)
    start = _start(params, part.objective, k)
    fitted = clone(student).set_params(
        objective=_Hook(part.objective, start), class_weight=None
    )
    if "scale_pos_weight" in params:
        fitted.set_params(scale_pos_weight=1.0)
    arguments = dict(part.params)
    if part.weight is not None:
        arguments["sample_weight"] = part.weight
    if part.held is not None and part.labels_held is not None:
        if "eval_X" in signature(fitted.fit).parameters:
            # LightGBM 4.7 encodes the labels of eval_set, but not those of eval_y.
            codes = np.searchsorted(data.classes, part.labels_held)
            arguments["eval_X"], arguments["eval_y"] = part.X_held, codes
        else:
            arguments["eval_set"] = [(part.X_held, part.labels_held)]
        if params.get("metric") is None:
            fitted.set_params(metric="None")
            arguments["eval_metric"] = _Metric(part.held, start)
    fitted = _fit_or_constant(fitted, part, arguments)
    if ranking is not None:
        start = start + part.objective.shift(
            fitted.predict(part.X, raw_score=True) + start
        )
    return _finish(student, fitted, start, k)


def _stops(params: dict[str, Any]) -> bool:
    return any(params.get(name) for name in _STOPPING)


def _start(params: dict[str, Any], objective: SoftObjective, k: int) -> Any:
    """Where boosting starts: at the mean target, as LightGBM does with labels."""
    prior = objective.prior()
    # Leaves that are linear functions have no single value to add the start to.
    fixed = params.get("boost_from_average") is False or params.get("linear_tree")
    if fixed:
        return np.zeros_like(prior)
    # LightGBM starts from the labels before scale_pos_weight.
    return prior - np.log(params.get("scale_pos_weight", 1.0)) if k == 2 else prior


def _fit_or_constant(model: Any, part: Split, arguments: dict[str, Any]) -> Any:
    """Fit `model`, or no split where no feature allows one (under 40 rows by default).

    LightGBM's own fit ends there as well; with a callable objective it fails.
    """
    try:
        return model.fit(part.X, part.labels, **arguments)
    except lightgbm.basic.LightGBMError as error:
        if "num_features" not in str(error):
            raise
    fitted = lightgbm.LGBMClassifier(
        n_estimators=1, min_child_samples=len(part.labels) + 1, verbose=-1, n_jobs=1
    ).fit(part.X, part.labels)
    for tree in range(fitted.booster_.num_trees()):
        fitted.booster_.set_leaf_output(tree, 0, 0.0)
    return fitted


def _finish(student: Any, fitted: Any, start: Any, k: int) -> Any:
    """Name the objective, add the start to the first trees, hand over to `student`."""
    own = {name: getattr(student, name) for name in ("_objective", "_other_params")}
    booster = fitted.booster_
    text = booster.model_to_string(num_iteration=-1)
    told = "binary sigmoid:1" if k == 2 else f"multiclass num_class:{k}"
    text = re.sub(r"\nobjective=.*", "", text, count=1)
    text = text.replace("\nfeature_names=", f"\nobjective={told}\nfeature_names=", 1)
    renamed = lightgbm.Booster(model_str=text)
    n_leaves = re.findall(r"^num_leaves=(\d+)$", text, flags=re.M)
    for tree, bias in enumerate(start):
        for leaf in range(int(n_leaves[tree])):
            value = renamed.get_leaf_output(tree, leaf)
            renamed.set_leaf_output(tree, leaf, value + float(bias))
    renamed.best_iteration = booster.best_iteration
    renamed.best_score = booster.best_score
    adopt(student, fitted)
    for name, value in own.items():
        setattr(student, name, value)
    student._Booster = renamed
    student._objective = "binary" if k == 2 else "multiclass"
    student._class_weight = student.class_weight
    return student


class _Hook:
    """The objective as LightGBM calls it."""

    def __init__(self, objective: SoftObjective, start: Any) -> None:
        self.objective, self.start = objective, start

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        return self.objective.derivatives(y_pred + self.start)


class _Metric:
    """Soft loss of the rows held out, as LightGBM calls its metrics."""

    def __init__(self, held: SoftObjective, start: Any) -> None:
        self.held, self.start = held, start

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        return "soft_log_loss", self.held.value(y_pred + self.start), False
