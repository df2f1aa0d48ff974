"""``xgboost.dask``: a teacher of labels, and a student of the soft objective.

Soft targets reach the workers as columns of the label. XGBoost's own objective for
several classes refuses such a label ("multioutput is not supported"), its squared error
takes one; under a callable objective either is a mere name. So a student of several
classes is trained under the name of the squared error, by the derivatives of the cross-
entropy, and renamed when it is done: tree by tree it is the model that
``multi:softprob`` would have made (largest difference in a probability 6e-8 against the
fit on one machine).
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.distributed._dask import (
    client,
    delayed,
    import_dask,
    keep_each,
    stack,
)
from skdistill.distributed._partitions import Partitions
from skdistill.losses import CrossEntropy
from skdistill.students._boosters._objective import SoftObjective
from skdistill.students._boosters._shared import numbers

__all__ = ["check", "fit_labels", "fit_targets", "is_dask", "is_student"]

Array = npt.NDArray[Any]


def is_dask(learner: Any) -> bool:
    """Whether `learner` is XGBoost's classifier for Dask."""
    return _is(learner, "DaskXGBClassifier")


def is_student(learner: Any) -> bool:
    """Whether `learner` is a classifier of XGBoost, for Dask or not."""
    return is_dask(learner) or _is(learner, "XGBClassifier")


def _is(learner: Any, name: str) -> bool:
    kind = type(learner)
    return kind.__name__ == name and kind.__module__.partition(".")[0] == "xgboost"


def check(role: str, learner: Any) -> None:
    """Refuse what ``xgboost.dask`` cannot do here, and a missing cluster.

    Raises
    ------
    ValueError
    """
    if client() is None:
        raise ValueError(
            f"{role} must have a running cluster for {type(learner).__name__}, got no "
            "client. Start one with distributed.Client()."
        )
    for name, allowed in _ALLOWED.items():
        value = getattr(learner, name, None)
        if callable(value) or value not in allowed:
            choices = " or ".join(map(repr, allowed))
            raise ValueError(
                f"{name} of the {role} must be {choices} when fitted in partitions, "
                f"got {value!r}."
            )


#: Rows to stop by, weights of one class and other boosters have no meaning here.
_ALLOWED: dict[str, tuple[Any, ...]] = {
    "objective": (None, "binary:logistic", "multi:softprob"),
    "early_stopping_rounds": (None,),
    "scale_pos_weight": (None, 1),
    "booster": (None, "gbtree"),
    "multi_strategy": (None, "one_output_per_tree"),
}


def fit_labels(teacher: Any, data: Partitions, chosen: Array, known: Array) -> Any:
    """Fit a teacher on the labels of some partitions, as a plain ``XGBClassifier``."""
    chosen = np.intersect1d(chosen, data.filled)
    X = data.take(chosen)
    code = delayed(_codes)
    parts = keep_each(lambda place: code(data.labels[place], known), chosen.tolist())
    y = _column(parts, data.lengths[chosen])
    fitted = teacher.fit(X, y)
    return _plain(teacher, fitted.get_booster().save_raw("json"))


def fit_targets(
    student: Any, data: Partitions, targets: Sequence[Any], mass: Array
) -> Any:
    """Fit a student on soft targets, as a plain ``XGBClassifier``."""
    dask_xgboost = import_dask("xgboost.dask")
    X = data.take(data.filled)
    n_classes = len(data.classes)
    single = delayed(_single)
    # Kept first, here as above: an array would fuse what the scheduler knows unfused.
    parts = keep_each(lambda place: single(targets[place]), data.filled.tolist())
    lengths = data.lengths[data.filled]
    if n_classes == 2:
        label = _column(parts, lengths)
    else:
        label = stack(parts, lengths, n_classes, "float32")
    matrix = dask_xgboost.DaskQuantileDMatrix(
        client(),
        X,
        label,
        missing=student.missing,
        enable_categorical=student.enable_categorical,
        **({} if student.max_bin is None else {"max_bin": student.max_bin}),
    )
    for parts in matrix.worker_map.values():
        parts.sort(key=lambda part: matrix.partition_order[part.key])
    params = {
        **student.get_xgb_params(),
        "objective": "binary:logistic" if n_classes == 2 else "reg:squarederror",
        **_start(student, mass),
    }
    trained = dask_xgboost.train(
        client(),
        params,
        matrix,
        num_boost_round=student.get_num_boosting_rounds(),
        obj=_Hook(),
        verbose_eval=False,
    )
    raw = trained["booster"].save_raw("json")
    return _plain(student, raw if n_classes == 2 else _renamed(raw, n_classes))


def _start(student: Any, mass: Array) -> dict[str, Any]:
    """Where boosting starts: at the mean target."""
    if student.base_score is not None:
        return {}
    if len(mass) == 2:
        return {"base_score": float(mass[1] / mass.sum())}
    margins = np.log(np.maximum(mass / mass.sum(), 1e-12))
    if numbers(import_dask("xgboost").__version__) >= (3, 1):
        return {"base_score": (margins - margins.mean()).tolist()}
    return {"base_score": 0.0}


class _Hook:
    """The soft objective as ``xgboost.train`` calls it, on the rows of one worker."""

    def __init__(self) -> None:
        self._objective: Any = None

    def __call__(self, margins: Array, matrix: Any) -> tuple[Array, Array]:
        if self._objective is None:
            self._objective = _objective(matrix.get_label(), margins)
        rows = np.ascontiguousarray(margins)
        found: tuple[Array, Array] = self._objective.derivatives(rows)
        return found


def _objective(label: Array, margins: Array) -> Any:
    # Imports XGBoost, so only where it is at work.
    from skdistill.students._boosters._xgboost import (  # noqa: PLC0415
        CURVATURE,
        SMALLEST_HESSIAN,
    )

    binary = margins.size == len(margins)
    if binary:
        second = label.ravel()
        targets = np.column_stack([1 - second, second])
    else:
        targets = label.reshape(margins.shape)
    return SoftObjective(
        targets,
        None,
        CrossEntropy(),
        curvature=1.0 if binary else CURVATURE,
        smallest_hessian=SMALLEST_HESSIAN,
    )


def _renamed(raw: bytearray, n_classes: int) -> bytearray:
    model = json.loads(bytes(raw))
    learner = model["learner"]
    learner["learner_model_param"].update(num_class=str(n_classes), num_target="1")
    learner["objective"] = {
        "name": "multi:softprob",
        "softmax_multiclass_param": {"num_class": str(n_classes)},
    }
    return bytearray(json.dumps(model).encode())


def _plain(learner: Any, raw: bytearray) -> Any:
    plain = import_dask("xgboost").XGBClassifier()
    names = plain.get_params()
    params = learner.get_params()
    plain.set_params(**{name: params[name] for name in params if name in names})
    plain.load_model(raw)
    return plain


def _codes(y: Any, known: Array) -> Array:
    return np.searchsorted(known, np.asarray(y))


def _single(targets: Array) -> Array:
    """Single precision, as XGBoost computes; of two classes the second says it all."""
    column: Array = targets[:, 1] if targets.shape[1] == 2 else targets
    return column.astype(np.float32)


def _column(parts: Sequence[Any], lengths: Array) -> Any:
    array = import_dask("dask.array")
    return array.concatenate(
        [
            array.from_delayed(part, (int(length),), dtype="float32")
            for part, length in zip(parts, lengths, strict=True)
        ]
    )
