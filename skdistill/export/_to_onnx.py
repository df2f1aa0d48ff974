"""A fitted student, or a distiller's, as an ONNX model."""

import warnings
from itertools import product
from pathlib import Path
from typing import Any

from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skdistill.exceptions import ExportError, MissingDependencyError
from skdistill.export._build import Precision, build, split
from skdistill.export._check import check_onnx
from skdistill.export._door import check_out, check_tolerance
from skdistill.export._inputs import Input, read_inputs
from skdistill.export._parts import reads_float32, refuse
from skdistill.export._probabilities import stored
from skdistill.export._session import session
from skdistill.export._shipped import shipped
from skdistill.extreme import ExtremeDistiller

__all__ = ["to_onnx"]

#: Of the default domain; onnxruntime reads it since 1.12.
_OPSET = 17


def to_onnx(
    model: Any,
    X: Any,
    path: str | Path | None = None,
    *,
    check: bool = True,
    tolerance: float | None = None,
    dtype: Any = None,
    target_opset: int | None = None,
) -> Any:
    """Write a fitted student, or that of a distiller, as an ONNX model.

    The model takes rows like `X` and gives ``label``, the most probable class, and
    ``probabilities`` (n, n_classes), columns in the order of ``classes_``. Of a
    distiller these are its own, whatever its student predicts: a regressor's
    predictions are made into probabilities, XGBoost's numbers into your labels. A
    regressor by itself gives ``prediction``.

    Parameters
    ----------
    model : estimator
        A fitted distiller, a search or pipeline that ends in one, or any fitted
        learner or pipeline that skl2onnx, onnxmltools, CatBoost or torch converts.
    X : array-like or data frame of shape (n_samples, ...)
        Sample rows, as the student gets them: they say names and types of the inputs,
        and are what the result is checked on. A data frame with text, or in front of a
        ``ColumnTransformer``, has one input a column; anything else one matrix ``X``.
    path : str or Path, default=None
        File to write; its folder must exist.
    check : bool, default=True
        Whether to compare the result with the model on all rows of `X`, see
        :func:`check_onnx`.
    tolerance : float, default=None
        Of that comparison.
    dtype : {None, "float32", "float64"}, default=None
        Of the inputs that are not integers or text; None is that of `X`.
    target_opset : int, default=None
        Version of the ONNX operators, 15 to 20; None is 17, which onnxruntime 1.12 and
        later read.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ExportError
        If there is no right way to write the model, or the result predicts something
        else on rows of `X`.
    NotFittedError
        If `model` is not fitted.
    ValueError, TypeError
        If an argument is out of range.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` does not exist, or `path` is a folder.
    MissingDependencyError
        If a library of ``skdistill[export]`` is not installed.

    Notes
    -----
    A tree sends a row the other way if rounding moves it past a threshold. Inputs
    keep the precision of `X` and each learner compares in its own (scikit-learn's
    trees, XGBoost and CatBoost round rows to float32 themselves), so nothing moves
    unless you ask for it: ``dtype="float32"`` with a student fitted on float64 does,
    and so does a server that rounds rows before it sends them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdistill.export import OnnxPredictor, to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> student = LogisticRegression(max_iter=500).fit(X, y)
    >>> onnx = to_onnx(student, X)
    >>> OnnxPredictor(onnx.SerializeToString()).predict(X[:2])
    array([0, 0])
    """
    opset = _check_opset(target_opset)
    check_tolerance(tolerance)
    if not isinstance(check, bool):
        raise TypeError(f"check must be a bool, got {check!r:.80}.")
    file = None if path is None else check_out(path)
    speaker, student = _parts_of(model)
    refuse(student)
    if is_classifier(speaker):
        stored(speaker.classes_)
    inputs = read_inputs(student, X, dtype)
    made = _first_that_loads(speaker, student, inputs, opset)
    if check:
        check_onnx(model, made, X, tolerance=tolerance)
    if file is not None:
        file.write_bytes(made.SerializeToString())
    return made


def _check_opset(opset: Any) -> int:
    if opset is None:
        return _OPSET
    if not isinstance(opset, int) or not 15 <= opset <= 20:
        raise ValueError(
            f"target_opset must be a whole number from 15 to 20, got {opset!r}."
        )
    return opset


def _parts_of(model: Any) -> tuple[Any, Any]:
    """Return who speaks and what is converted: fitted, with probabilities of classes.

    An ExtremeDistiller, which is refused later, has none in rows and columns.
    """
    if isinstance(model, type) or not hasattr(model, "fit"):
        raise TypeError(
            f"model must be a fitted distiller or learner, got {model!r:.80}."
        )
    check_is_fitted(model)
    found = shipped(model)
    speaks = hasattr(model, "predict_proba") or not is_classifier(model)
    if not speaks and not isinstance(model, ExtremeDistiller):
        raise ExportError(
            f"model must have predict_proba to be exported, got "
            f"{type(model).__name__}. Distil a regressor or LogisticRegression instead."
        )
    return found.speaker, found.student


def _first_that_loads(
    model: Any, student: Any, inputs: tuple[Input, ...], opset: int
) -> Any:
    """Convert in the highest precision that converters and onnxruntime have."""
    for precision in _precisions(student):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # deprecations between converters
                made = build(model, student, inputs, precision, opset)
            session(made.SerializeToString())
        except (ExportError, MissingDependencyError):
            raise
        except Exception as error:
            said = " ".join(str(error).split()).partition(". ")[0][:200]
            reason = f"{type(error).__name__}: {said.rstrip('.')}."
            last = error
        else:
            return made
    raise ExportError(
        f"{type(student).__name__} cannot be exported: {reason} {_remedy(student)}"
    ) from last


def _remedy(student: Any) -> str:
    if hasattr(split(student)[1], "as_module"):
        return (
            "Replace the layer, or export student.as_module() with another of torch's "
            "exporters."
        )
    return (
        "Use a student that skl2onnx converts, or teach it yours with "
        "skl2onnx.update_registered_converter."
    )


def _precisions(student: Any) -> list[Precision]:
    both = [Precision(*pair) for pair in product(("double", "float"), repeat=2)]
    head, learner = split(student)
    if head is None:
        both = [one for one in both if one.head == one.learner]
    if reads_float32(learner):
        return [one for one in both if one.learner == "float"]
    return both
