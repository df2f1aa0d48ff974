"""What each form of a model costs to ship: bytes, time of a row, score."""

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.validation import check_is_fitted

from skdistill._frames import Records
from skdistill._sklearn_compat import n_rows
from skdistill.exceptions import ExportError
from skdistill.export._predictor import OnnxPredictor
from skdistill.export._shipped import shipped
from skdistill.export._to_onnx import to_onnx
from skdistill.students import latency

__all__ = ["Deployment", "DeploymentTable", "deployment_table"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model in one form.

    Attributes
    ----------
    name : str
    form : {"pickle", "onnx"}
        Python's pickle, or ONNX in onnxruntime on one thread.
    n_bytes : int or None
        Length of the pickle or of the ONNX file; None where there is none.
    single_microseconds : float
        Median time of a call with one row.
    batch_microseconds : float
        Time of a row in a batch of up to 1000.
    log_loss, accuracy : float
        On the rows given, log-loss in nats; NaN without labels.
    note : str
        Why there is no such form; else empty.
    """

    name: str
    form: str
    n_bytes: int | None = None
    single_microseconds: float = _NAN
    batch_microseconds: float = _NAN
    log_loss: float = _NAN
    accuracy: float = _NAN
    note: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the attributes by name."""
        return asdict(self)


class DeploymentTable(Records[Deployment]):
    """A tuple of :class:`Deployment` that prints as a table.

    Parameters
    ----------
    iterable : iterable of Deployment
    """

    __slots__ = ()

    def __str__(self) -> str:
        """Return a line for each model and form."""
        header = ("model", "form", "bytes", "us, one row", "us/row, batch")
        rows = [(*header, "log-loss", "accuracy", ""), *(_cells(one) for one in self)]
        widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if j in (0, 1, 7) else cell.rjust(width)
                for j, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )

    __repr__ = __str__


def deployment_table(
    models: Any, X: Any, y: Any = None, *, largest: int = 50_000_000
) -> DeploymentTable:
    """Measure teacher and student as they are, and as ONNX.

    Parameters
    ----------
    models : distiller, estimator or dict
        A distiller stands for its student and, where ``keep_teachers=True`` kept them,
        for the first of its fold teachers; a dict names fitted models.
    X : array-like or data frame of shape (n_samples, ...)
        Rows to predict, held out if there are labels.
    y : array-like of shape (n_samples,), default=None
        Labels to score by.
    largest : int, default=50_000_000
        Bytes of the pickle above which a model is not converted, which takes long.

    Returns
    -------
    DeploymentTable
        Two of :class:`Deployment` a model, "pickle" and "onnx". What cannot be
        exported says why in its note.

    Raises
    ------
    TypeError, ValueError
        If `models` holds something that does not predict, there are no rows, or
        `largest` is negative.
    MissingDependencyError
        If a library of ``skdistill[export]`` is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.export import deployment_table
    >>> X, y = load_iris(return_X_y=True)
    >>> models = {
    ...     "teacher": RandomForestClassifier(20, random_state=0).fit(X, y),
    ...     "student": DecisionTreeClassifier(max_depth=2).fit(X, y),
    ... }
    >>> table = deployment_table(models, X, y)
    >>> [(one.name, one.form) for one in table][2:]
    [('student', 'pickle'), ('student', 'onnx')]
    >>> table[0].n_bytes > 10 * table[2].n_bytes
    True
    """
    if n_rows(X) == 0:
        raise ValueError("X must hold at least one row, got none.")
    if isinstance(largest, bool) or not isinstance(largest, Real) or largest < 0:
        raise ValueError(f"largest must be a number of bytes, got {largest!r}.")
    found = []
    for name, model in _named(models).items():
        # A distiller predicts by its student: that is what is shipped.
        n_bytes = len(pickle.dumps(_weights(shipped(model).student)))
        found.append(_measured(name, "pickle", model, n_bytes, X, y))
        found.append(_exported(name, model, n_bytes <= largest, X, y))
    return DeploymentTable(found)


def _named(models: Any) -> dict[str, Any]:
    if isinstance(models, Mapping):
        for name, model in models.items():
            _check_model(f"models[{name!r}]", model)
        return {str(name): model for name, model in models.items()}
    _check_model("models", models)
    if not hasattr(shipped(models).speaker, "student_"):
        return {type(models).__name__: models}
    teachers = getattr(getattr(models, "crossfit_", None), "teachers", ())
    named = {"teacher": teachers[0]} if teachers else {}
    return {**named, "student": models}


def _check_model(name: str, model: Any) -> None:
    if isinstance(model, type) or not hasattr(model, "predict"):
        raise TypeError(
            f"{name} must be a fitted distiller or learner, got {model!r:.80}."
        )
    check_is_fitted(model)


def _weights(model: Any) -> Any:
    """Return of a network its weights, not its optimiser's state."""
    return model.as_module() if hasattr(model, "as_module") else model


def _exported(name: str, model: Any, small: bool, X: Any, y: Any) -> Deployment:
    if not small:
        return Deployment(name, "onnx", note="larger than largest")
    try:
        data = to_onnx(model, X).SerializeToString()
    except ExportError as error:
        return Deployment(name, "onnx", note=str(error))
    return _measured(name, "onnx", OnnxPredictor(data), len(data), X, y)


def _measured(
    name: str, form: str, model: Any, n_bytes: int, X: Any, y: Any
) -> Deployment:
    speaks = getattr(model, "classes_", None) is not None
    predict = model.predict_proba if speaks else model.predict
    time = latency(predict, X)
    loss = accuracy = _NAN
    if y is not None and speaks:
        proba = np.asarray(predict(X), dtype=float)
        # Sums of float32 are off by more than scikit-learn lets pass.
        proba = proba / proba.sum(axis=1, keepdims=True)
        labels = np.asarray(model.classes_)
        loss = float(log_loss(y, proba, labels=labels))
        accuracy = float(accuracy_score(y, labels[proba.argmax(axis=1)]))
    batch = 1e6 / time.rows_per_second
    return Deployment(name, form, n_bytes, time.p50, batch, loss, accuracy)


def _cells(one: Deployment) -> tuple[str, ...]:
    return (
        one.name,
        one.form,
        "-" if one.n_bytes is None else f"{one.n_bytes:,}",
        *_numbers(one),
        one.note if len(one.note) < 60 else f"{one.note[:57]}...",
    )


def _numbers(one: Deployment) -> Iterator[str]:
    shown = {
        "single_microseconds": ".1f",
        "batch_microseconds": ".2f",
        "log_loss": ".4f",
        "accuracy": ".4f",
    }
    for name, digits in shown.items():
        value = getattr(one, name)
        yield "-" if np.isnan(value) else format(value, digits)
