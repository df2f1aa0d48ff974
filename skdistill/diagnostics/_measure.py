"""One fitted model on held-out rows: how good, how big, how fast."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.utils import column_or_1d

from skdistill.students import timed

__all__ = ["ModelMeasure", "held_out_losses", "measure_model"]

Array = npt.NDArray[Any]


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
    """

    name: str
    auc: float
    log_loss: float
    accuracy: float
    n_bytes: int
    microseconds_per_row: float


def measure_model(
    model: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    proba: Array | None = None,
    name: str | None = None,
    n_timings: int = 5,
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
        Probabilities at hand; then nothing is predicted or timed.
    name : str, default=None
        None takes the name of the class.
    n_timings : int, default=5
        Times the prediction is repeated.

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
    return ModelMeasure(
        name=type(model).__name__ if name is None else name,
        auc=_auc(proba, y, classes),
        log_loss=float(held_out_losses(proba, y, classes).mean()),
        accuracy=float(accuracy_score(y, classes[proba.argmax(axis=1)])),
        n_bytes=len(pickle.dumps(deployed)),
        microseconds_per_row=microseconds,
    )


def held_out_losses(proba: Array, y: Array, classes: Array) -> Array:
    """Log-loss of each row, (n,); a label the model does not know has probability 0."""
    column_of = {label: j for j, label in enumerate(classes.tolist())}
    columns = np.array([column_of.get(label, -1) for label in y.tolist()])
    label_proba = np.where(columns < 0, 0.0, proba[np.arange(len(y)), columns])
    losses: Array = -np.log(np.maximum(label_proba, np.finfo(np.float64).eps))
    return losses


def _auc(proba: Array, y: Array, classes: Array) -> float:
    if not np.array_equal(np.unique(y), classes):
        return float("nan")
    if len(classes) == 2:
        return float(roc_auc_score(y == classes[1], proba[:, 1]))
    scaled = proba / proba.sum(axis=1, keepdims=True)
    return float(roc_auc_score(y, scaled, multi_class="ovr", labels=classes))
