"""One fitted model on held-out rows: how good, how big, how fast."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.utils import column_or_1d

from skdistill.diagnostics._reliability import expected_calibration_error
from skdistill.students import latency, timed

__all__ = [
    "ModelMeasure",
    "codes_of",
    "held_out_brier",
    "held_out_losses",
    "measure_model",
    "scaled",
]

Array = npt.NDArray[Any]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ModelMeasure:
    """Quality, size and speed of one model.

    Attributes
    ----------
    name : str
    auc : float
        Area under the ROC curve; one-versus-rest mean for more than two classes, NaN
        where the held-out rows lack a class.
    log_loss : float
        Nats; probabilities are raised to machine epsilon, as scikit-learn does.
    accuracy : float
    n_bytes : int
        Length of the pickled model.
    microseconds_per_row : float
        Median time of ``predict_proba`` on all rows at once, divided by their number;
        NaN if probabilities were given and nothing was timed.
    brier : float
        Mean squared distance to the one-hot label, summed over classes, in [0, 2].
    ece : float
        Expected calibration error of the most probable class, 15 bins of equal width.
    latency_p50, latency_p99 : float
        Median and 99th percentile of a call with one row, microseconds; NaN unless
        asked for.
    rows_per_second : float
        Throughput in a batch of up to 1000 rows; NaN unless asked for.
    """

    name: str
    auc: float
    log_loss: float
    accuracy: float
    n_bytes: int
    microseconds_per_row: float
    brier: float = _NAN
    ece: float = _NAN
    latency_p50: float = _NAN
    latency_p99: float = _NAN
    rows_per_second: float = _NAN


def measure_model(
    model: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    proba: Array | None = None,
    name: str | None = None,
    n_timings: int = 5,
    n_single_rows: int = 0,
) -> ModelMeasure:
    """Measure a fitted classifier or distiller on held-out rows.

    Parameters
    ----------
    model : estimator
        With ``predict_proba`` and ``classes_``. Of a distiller, the size is that of
        ``student_``: what is deployed.
    X : container with n_samples rows
    y : array-like of shape (n_samples,)
        Labels.
    proba : ndarray of shape (n_samples, n_classes), default=None
        Probabilities at hand; then all rows at once are not predicted or timed.
    name : str, default=None
        None takes the name of the class.
    n_timings : int, default=5
        Times the prediction is repeated.
    n_single_rows : int, default=0
        Single rows whose predictions are timed, for half a second at most, and then a
        batch of 1000; 0 times neither. Of a distiller it is ``student_`` that predicts.

    Returns
    -------
    ModelMeasure

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.diagnostics import measure_model
    >>> X, y = load_iris(return_X_y=True)
    >>> measure_model(DecisionTreeClassifier().fit(X, y), X, y).accuracy
    1.0
    """
    y = np.asarray(column_or_1d(y))
    microseconds = float("nan")
    if proba is None:
        proba, microseconds = timed(model.predict_proba, X, n_timings)
    proba = np.asarray(proba, dtype=np.float64)
    classes = np.asarray(model.classes_)
    deployed = getattr(model, "student_", model)
    p50 = p99 = rows_per_second = _NAN
    if n_single_rows:
        predict = getattr(deployed, "predict_proba", None) or deployed.predict
        found = latency(predict, X, n_calls=n_single_rows)
        p50, p99, rows_per_second = found.p50, found.p99, found.rows_per_second
    codes = codes_of(y, classes)
    return ModelMeasure(
        name=type(model).__name__ if name is None else name,
        auc=_auc(proba, y, classes),
        log_loss=float(held_out_losses(proba, y, classes).mean()),
        accuracy=float(accuracy_score(y, classes[proba.argmax(axis=1)])),
        n_bytes=len(pickle.dumps(deployed)),
        microseconds_per_row=microseconds,
        brier=float(held_out_brier(proba, codes).mean()),
        ece=expected_calibration_error(proba, codes),
        latency_p50=p50,
        latency_p99=p99,
        rows_per_second=rows_per_second,
    )


def codes_of(y: Array, classes: Array) -> Array:
    """Column of each label, (n,); -1 for a label that is no class."""
    column_of = {label: j for j, label in enumerate(classes.tolist())}
    return np.array([column_of.get(label, -1) for label in y.tolist()], dtype=np.intp)


def held_out_brier(proba: Array, codes: Array) -> Array:
    """Squared distance of each row to its one-hot label, (n,)."""
    own = np.where(codes < 0, 0.0, proba[np.arange(len(codes)), codes])
    squared: Array = (proba**2).sum(axis=1) - 2 * own + 1
    return squared


def held_out_losses(proba: Array, y: Array, classes: Array) -> Array:
    """Log-loss of each row, (n,); a label the model does not know has probability 0."""
    columns = codes_of(y, classes)
    label_proba = np.where(columns < 0, 0.0, proba[np.arange(len(y)), columns])
    losses: Array = -np.log(np.maximum(label_proba, np.finfo(np.float64).eps))
    return losses


def _auc(proba: Array, y: Array, classes: Array) -> float:
    if not np.array_equal(np.unique(y), classes):
        return float("nan")
    if len(classes) == 2:
        return float(roc_auc_score(y == classes[1], proba[:, 1]))
    return float(roc_auc_score(y, scaled(proba), multi_class="ovr", labels=classes))


def scaled(proba: Array) -> Array:
    """Rows that sum to 1; those that do within 1e-5 as they are.

    Dividing by 1 - 1e-16 would part rows that are tied.
    """
    sums = proba.sum(axis=1, keepdims=True)
    return proba if np.allclose(sums, 1) else proba / sums
