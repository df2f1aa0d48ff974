"""Row by row: whether an exported model predicts what the model predicts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skdistill.exceptions import ExportError
from skdistill.export._door import check_tolerance
from skdistill.export._inputs import last_step
from skdistill.export._predictor import OnnxPredictor
from skdistill.export._shipped import shipped

__all__ = ["OnnxCheck", "check_onnx"]

#: Largest difference by the precision in which the exported model answers.
_TOLERANCE = {"float32": 1e-5, "float64": 1e-7}

#: Of networks, whose many layers add up what float32 rounds.
_TOLERANCE_OF_NETWORKS = 1e-4


@dataclass(frozen=True, slots=True)
class OnnxCheck:
    """How far an exported model is from the model, on some rows.

    Attributes
    ----------
    n_rows : int
        Rows compared.
    largest : float
        Largest absolute difference of a probability (of a regressor by itself, of a
        prediction).
    tolerance : float
        What `largest` was held against.
    n_labels : int
        Rows whose label differs: ties, where the most probable classes differ by no
        more than the tolerance.
    precision : {"float32", "float64"}
        In which the exported model answers.
    """

    n_rows: int
    largest: float
    tolerance: float
    n_labels: int
    precision: str

    def __str__(self) -> str:
        return (
            f"{self.n_rows} rows compared: largest difference {self.largest:.1e} "
            f"(tolerance {self.tolerance:.0e}, {self.precision}), {self.n_labels} "
            "labels differ."
        )


def check_onnx(
    model: Any, onnx: Any, X: Any, *, tolerance: float | None = None
) -> OnnxCheck:
    """Compare an exported model with the model it was made from, row by row.

    Parameters
    ----------
    model : estimator
        Fitted; what was given to :func:`to_onnx`.
    onnx : ModelProto, bytes, str, Path or OnnxPredictor
        What came out.
    X : array-like or data frame of shape (n_samples, ...)
        Rows like those to come, the more the better: a tree that goes wrong goes wrong
        on the rows near its thresholds.
    tolerance : float, default=None
        Largest absolute difference allowed; None is 1e-5 where the exported model
        answers in float32 (1e-4 of a network), 1e-7 where it does in float64.

    Returns
    -------
    OnnxCheck

    Raises
    ------
    ExportError
        If a row differs by more, or its label does.
    ValueError
        If `onnx` was made from another kind of model, or `tolerance` is negative.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdistill.export import check_onnx, to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> student = LogisticRegression(max_iter=500).fit(X, y)
    >>> found = check_onnx(student, to_onnx(student, X[:10]), X)
    >>> found.n_rows, found.largest < 1e-14, found.n_labels
    (150, True, 0)
    """
    check_tolerance(tolerance)
    served = _predictor(onnx)
    classifies = served.classes_ is not None
    _check_kind(model, served)
    expected, got = (
        np.asarray(one.predict_proba(X) if classifies else one.predict(X))
        for one in (model, served)
    )
    precision = str(got.dtype)
    allowed = _allowed(model, precision) if tolerance is None else float(tolerance)
    n_rows = len(expected)
    gaps = np.abs(expected.reshape(n_rows, -1) - got.reshape(n_rows, -1)).max(axis=1)
    beyond = ~(gaps <= allowed)  # NaN is beyond, too
    differ = np.zeros(n_rows, dtype=bool)
    if classifies:
        differ = np.asarray(model.predict(X)) != served.predict(X)
        top = np.sort(expected, axis=1)[:, -2:]
        beyond |= differ & (top[:, 1] - top[:, 0] > 2 * allowed)
    if beyond.any():
        raise ExportError(_complaint(model, gaps, beyond, differ, allowed))
    return OnnxCheck(
        n_rows, float(gaps.max(initial=0)), allowed, int(differ.sum()), precision
    )


def _allowed(model: Any, precision: str) -> float:
    network = hasattr(last_step(shipped(model).student), "as_module")
    return _TOLERANCE_OF_NETWORKS if network else _TOLERANCE[precision]


def _check_kind(model: Any, served: OnnxPredictor) -> None:
    own: Any = model.classes_ if is_classifier(model) else None
    theirs: Any = served.classes_
    one_speaks = (own is None) != (theirs is None)
    if one_speaks or (own is not None and not np.array_equal(own, theirs)):
        raise ValueError(
            "onnx must be made from the model it is compared with, got one with "
            f"{_said(theirs)} for a model with {_said(own)}."
        )


def _said(classes: Any) -> str:
    return "predictions" if classes is None else f"the classes {classes.tolist()!s:.80}"


def _predictor(onnx: Any) -> OnnxPredictor:
    return onnx if isinstance(onnx, OnnxPredictor) else OnnxPredictor(onnx)


def _complaint(model: Any, gaps: Any, beyond: Any, differ: Any, allowed: float) -> str:
    student = shipped(model).student
    rows = np.flatnonzero(beyond)
    first = ", ".join(str(row) for row in rows[:5]) + (", ..." if len(rows) > 5 else "")
    return (
        f"The ONNX model must predict what {type(student).__name__} predicts within "
        f"{allowed:.0e}, got {len(rows)} of {len(gaps)} rows that differ by up to "
        f"{gaps.max():.2e}, {int((differ & beyond).sum())} of them with another label "
        f"(rows {first}). If the inputs are float32 and X is not, such rows lie next "
        "to a threshold: export with dtype='float64'. Else the converter does not do "
        "what the learner does: take another student, or allow it with tolerance=."
    )
