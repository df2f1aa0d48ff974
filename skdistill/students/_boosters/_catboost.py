"""``CatBoostClassifier`` on soft targets.

Two classes are CatBoost's own ``CrossEntropy``. More are a custom objective of several
targets in compiled code, with the whole Hessian of a row as its own ``MultiClass`` has.
The fitted model is told afterwards which classes its margins are of.

CatBoost chooses a learning rate for its own losses only, from the number of rows and of
iterations. So it is asked what it would choose for labels.
"""

import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import numpy.typing as npt

from skdistill._kernels import SoftRow, soft_ce_value
from skdistill.students._boosters._shared import (
    hold_out,
    labels_to_show,
    make_objective,
    too_old,
)
from skdistill.students._data import StudentData

__all__ = ["fit", "objection", "serves"]

Array = npt.NDArray[Any]

_LEAST = (1, 2, 7)

#: Parameters that say the loss, or weigh classes, and are said here in another way.
_REPLACED = (
    "loss_function",
    "objective",
    "class_weights",
    "class_names",
    "classes_count",
    "scale_pos_weight",
    "use_best_model",
)

#: Parameters that say what the columns are.
_COLUMNS = ("cat_features", "text_features", "embedding_features")

#: What CatBoost's automatic learning rate depends on, besides the number of rows.
_DECIDES_RATE = (
    "iterations",
    "num_boost_round",
    "n_estimators",
    "num_trees",
    "l2_leaf_reg",
    "reg_lambda",
    "leaf_estimation_iterations",
    "leaf_estimation_method",
    "task_type",
    "devices",
    "boost_from_average",
)


def serves(student: Any) -> bool:
    """Whether the soft objective can take the place of the student's own."""
    native = (None, "Logloss", "CrossEntropy", "MultiClass")
    params = student.get_params()
    return params.get("loss_function", params.get("objective")) in native


def objection(student: Any, *, temperature: float) -> str:
    """Why `student` cannot be fitted so; empty if it can."""
    old = too_old("catboost", catboost.__version__, _LEAST)
    if old:
        return old
    params = student.get_params()
    for name, remedy in (
        ("eval_metric", "Rows held out for early stopping are judged by the soft loss"),
        ("auto_class_weights", "Give class_weights"),
        ("class_names", "They are those of y"),
    ):
        if params.get(name) is not None:
            return (
                f"{name} of the student must be None, got {params[name]!r}. {remedy}."
            )
    for name, value in params.items():
        if isinstance(value, list | dict):
            return (
                f"{name} of the student must be a tuple or a string, got {value!r}: "
                "scikit-learn cannot clone a CatBoost model with a list or a dict."
            )
    weighted = [
        name
        for name in ("class_weights", "scale_pos_weight")
        if params.get(name) is not None
    ]
    if weighted and temperature != 1:
        return (
            f"{weighted[0]} of the student must be None with a temperature, got "
            f"{params[weighted[0]]!r}. Use sample_weight, or temperature=1."
        )
    return ""


def fit(student: Any, data: StudentData) -> Any:
    """Fit `student` in place and return it."""
    own = student.get_params()
    params = {name: own[name] for name in own if name not in _REPLACED}
    objective = make_objective(data, _class_weight(own, data.classes), dtype=np.float64)
    stop = any(params.get(name) for name in ("early_stopping_rounds", "od_wait"))
    stop = stop or params.get("od_type") is not None
    seed = params.get("random_seed", params.get("random_state"))
    part = hold_out(data, labels_to_show(data), objective, stop, seed)
    loss, label, weight = _loss(part.objective)
    fit_params: dict[str, Any] = dict(part.params)
    if part.held is not None:
        _, held_label, held_weight = _loss(part.held)
        fit_params["eval_set"] = catboost.Pool(
            part.X_held,
            held_label,
            weight=held_weight,
            **{name: params[name] for name in _COLUMNS if name in params},
        )
    probe = _native_fit(data.classes, label, own, part)
    if own.get("learning_rate", own.get("eta")) is None:
        loss["learning_rate"] = probe.get_all_params()["learning_rate"]
    # A fold may lack a class: a column of zeros, which CatBoost refuses otherwise.
    fitted = catboost.CatBoost({**loss, **params, "allow_const_label": True})
    with warnings.catch_warnings():
        # CatBoost would compile a Python objective; this one is compiled.
        warnings.filterwarnings("ignore", ".*import numba.*", UserWarning)
        fitted.fit(part.X, label, sample_weight=weight, **fit_params)
    return _hand_over(student, fitted, probe, own)


def _class_weight(own: dict[str, Any], classes: Array) -> Any:
    weights = own.get("class_weights")
    if weights is None and own.get("scale_pos_weight") is not None:
        weights = (1.0, own["scale_pos_weight"])
    if weights is None or isinstance(weights, dict):
        return weights
    if len(weights) != len(classes):
        raise ValueError(
            "class_weights (or scale_pos_weight) of the student must weigh each of "
            f"{len(classes)} classes, got {weights!r}."
        )
    return dict(zip(classes.tolist(), weights, strict=True))


def _loss(objective: Any) -> tuple[dict[str, Any], Array, Array]:
    """Parameters that say the loss, the targets in its form and the row weights."""
    mass = objective.targets.sum(axis=1)
    targets = objective.targets / np.where(mass > 0, mass, 1.0)[:, None]
    temperature, alpha = objective.loss.temperature, objective.loss.alpha
    if objective.n_classes == 2 and temperature == 1:
        return {"loss_function": "CrossEntropy"}, targets[:, 1], mass
    loss = {
        "loss_function": _Objective(SoftRow(temperature, alpha)),
        "eval_metric": _Metric(temperature, alpha),
        "leaf_estimation_method": "Newton",
    }
    return loss, targets, mass


def _native_fit(classes: Array, label: Array, own: dict[str, Any], part: Any) -> Any:
    """One tree of one feature by CatBoost's own loss, to see what it would choose.

    It has as many rows as the student: 100,000 take 20 ms, with ten classes 70 ms.
    """
    n_rows = len(part.labels)
    X = np.arange(n_rows, dtype=np.float32)[:, None]
    y = classes[np.arange(n_rows) % len(classes)]
    params = {name: own[name] for name in _DECIDES_RATE if own.get(name) is not None}
    return catboost.CatBoostClassifier(
        **params,
        loss_function="Logloss" if label.ndim == 1 else "MultiClass",
        # CatBoost would put "9" before "10".
        class_names=classes.tolist(),
        depth=1,
        thread_count=own.get("thread_count"),
        allow_writing_files=False,
        verbose=False,
    ).fit(
        X,
        y,
        eval_set=None if part.held is None else (X, y),
        callbacks=[_StopAtOnce()],
    )


class _StopAtOnce:
    """Ends CatBoost's training after the first tree."""

    def after_iteration(self, info: Any) -> bool:
        return False


def _hand_over(student: Any, fitted: Any, probe: Any, own: dict[str, Any]) -> Any:
    """Name the loss and the classes in the fitted model and load it into `student`."""
    told, known = fitted.get_metadata(), probe.get_metadata()
    params = json.loads(told["params"])
    params["loss_function"] = json.loads(known["params"])["loss_function"]
    told["params"] = json.dumps(params)
    told["class_params"] = known["class_params"]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.cbm")
        fitted.save_model(path)
        student.load_model(path)
    # Loading a model replaces the parameters by those it was fitted with.
    student._init_params = own
    return student


class _Objective(catboost.MultiTargetCustomObjective):
    """The compiled derivatives as CatBoost calls them."""

    def __init__(self, row: SoftRow) -> None:
        self.calc_ders_multi = row.derivatives


class _Metric(catboost.MultiTargetCustomMetric):
    """Soft loss of a set of rows, as CatBoost calls its metrics."""

    def __init__(self, temperature: float, alpha: float) -> None:
        self.temperature, self.alpha = temperature, alpha

    def is_max_optimal(self) -> bool:
        return False

    def evaluate(self, approxes: Any, targets: Any, weight: Any) -> tuple[float, float]:
        margins, values = np.column_stack(approxes), np.column_stack(targets)
        if weight is not None:
            values = values * np.asarray(weight)[:, None]
        losses = soft_ce_value(values, margins, self.temperature, self.alpha)
        return float(losses.sum()), float(values.sum(dtype=np.float64))

    def get_final_error(self, error: float, weight: float) -> float:
        return error / weight
