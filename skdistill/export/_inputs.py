"""What an exported model is fed with, read from sample rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skdistill.exceptions import ExportError
from skdistill.export._graph import NUMPY_KINDS

__all__ = ["Input", "as_column", "as_matrix", "last_step", "read_inputs"]

#: Kinds of a column or a matrix, by the letter of its NumPy dtype.
_WHOLE = {"int64": "whole numbers", "bool": "truth values"}
#: What the outputs of a model are named.
_OUTPUTS = ("label", "probabilities", "prediction")
_FLOATS = ("float32", "float64", np.float32, np.float64)
_KINDS = {"f": "float", "u": "int64", "i": "int64", "b": "bool"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an exported model.

    Attributes
    ----------
    name : str
    kind : str
        Key of :data:`~skdistill.export._graph.NUMPY_KINDS`.
    shape : tuple
        Of one row; ``(1,)`` for a column.
    column : bool
        Whether it is one column of a data frame, else all rows as they are.
    features : tuple of str
        Names of the columns, if the rows were a data frame.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    column: bool = False
    features: tuple[str, ...] = ()


def read_inputs(model: Any, X: Any, dtype: Any = None) -> tuple[Input, ...]:
    """Return the inputs that a model fed with rows like `X` has.

    A data frame has one input a column where the columns are of different kinds or the
    model picks them by name, else one matrix ``X``.

    Parameters
    ----------
    model : estimator
    X : array-like or data frame
    dtype : {None, "float32", "float64"}
        Of the floating-point inputs; None is that of `X`.
    """
    if dtype is not None and dtype not in _FLOATS:
        raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}.")
    if issparse(X):
        raise ExportError(
            "X must be dense to export, got a sparse matrix: ONNX learners read dense "
            "rows only. Pass X.toarray(), and serve dense rows."
        )
    if not _is_frame(X):
        values = np.asarray(X)
        _refuse_texts(values)
        kind = _floating(values.dtype, dtype)
        if values.dtype == np.uint8 and hasattr(last_step(model), "as_module"):
            kind = "uint8"  # images, which a network takes as they are stored
        return (Input("X", kind, tuple(values.shape[1:])),)
    _refuse_twins([str(name) for name in X.columns])
    arrays = {str(name): np.asarray(X[name]) for name in X.columns}
    kinds = {name: _kind(name, values, dtype) for name, values in arrays.items()}
    if "string" not in kinds.values() and not _picks_columns(model):
        widest = np.result_type(*[values.dtype for values in arrays.values()])
        kind, shape = _floating(widest, dtype), (len(kinds),)
        return (Input("X", kind, shape, features=tuple(kinds)),)
    _refuse_outputs(kinds)
    return tuple(Input(name, kind, (1,), True) for name, kind in kinds.items())


def as_matrix(X: Any, kind: str, features: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the rows of `X` as a tensor, columns of a frame in order of `features`."""
    if features and _is_frame(X):
        X = X[_columns(X, features)]
    if issparse(X):
        raise TypeError("X must be dense, got a sparse matrix. Pass X.toarray().")
    values = np.asarray(X)
    if values.dtype.kind in "USO":
        values = _as_numbers(values)
    return np.ascontiguousarray(values, dtype=NUMPY_KINDS[kind])


def _as_numbers(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"X must hold numbers, got an entry that is none: {error}."
        ) from error


def as_column(X: Any, name: str, kind: str) -> npt.NDArray[Any]:
    """Return a column of the frame `X` as a tensor (n, 1)."""
    if not _is_frame(X):
        raise ValueError(
            f"X must be a data frame with the column {name!r}, got {type(X).__name__}: "
            "the model has one input a column."
        )
    (found,) = _columns(X, (name,))
    values = np.asarray(X[found])
    if kind == "string":
        values = _texts(name, values)
    elif kind in ("int64", "bool") and values.dtype.kind not in "iub":
        raise ValueError(
            f"The column {name!r} must hold {_WHOLE[kind]}, as the sample rows of "
            f"to_onnx did, got {values.dtype}. Export with rows where it is float64 if "
            "fractions or missing entries are to come."
        )
    return values.astype(NUMPY_KINDS[kind], copy=False).reshape(-1, 1)


def _columns(X: Any, names: tuple[str, ...]) -> list[Any]:
    """Return the columns of those names, which may be integers."""
    own = {str(name): name for name in X.columns}
    lacking = [name for name in names if name not in own]
    if lacking:
        raise ValueError(
            f"X must have the columns the model was exported with, got none named "
            f"{', '.join(repr(one) for one in lacking[:5])}."
        )
    return [own[name] for name in names]


def _refuse_twins(names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ExportError(
            "X must have columns of different names to be exported, got "
            f"{', '.join(repr(one) for one in twins[:5])} more than once."
        )


def _refuse_outputs(names: Iterable[str]) -> None:
    taken = [name for name in names if name in ("", *_OUTPUTS)]
    if taken:
        raise ExportError(
            f"X must not have columns named {', '.join(repr(one) for one in taken)} to "
            "be exported one input a column: the outputs are named so, and no name may "
            "be empty. Rename them before fit."
        )


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns") and hasattr(X, "__getitem__")


def last_step(model: Any) -> Any:
    """Return the learner of a pipeline, of any depth."""
    while isinstance(model, Pipeline | FrozenEstimator):
        frozen = isinstance(model, FrozenEstimator)
        model = model.estimator if frozen else model.steps[-1][1]
    return model


def _picks_columns(model: Any) -> bool:
    while isinstance(model, Pipeline | FrozenEstimator):
        frozen = isinstance(model, FrozenEstimator)
        model = model.estimator if frozen else model.steps[0][1]
    return isinstance(model, ColumnTransformer)


def _floating(found: Any, dtype: Any) -> str:
    asked = np.dtype(dtype if dtype is not None else found)
    return "float" if asked in (np.float32, np.float16) else "double"


def _kind(name: str, values: Any, dtype: Any) -> str:
    letter = values.dtype.kind
    if letter == "f":
        return _floating(values.dtype, dtype)
    if letter in "Mm":
        raise ExportError(
            f"The column {name!r} must hold numbers or text to be exported, got "
            f"{values.dtype}. Make numbers of times before fit, or leave the column "
            "out."
        )
    if letter not in _KINDS:
        _texts(name, values)
        return "string"
    return _KINDS[letter]


def _texts(name: str, values: Any) -> Any:
    if not all(isinstance(one, str) for one in values):
        odd = next(one for one in values if not isinstance(one, str))
        raise ExportError(
            f"The column {name!r} must hold numbers, or text without missing entries, "
            f"to be exported, got {odd!r}. ONNX has no missing text: fill it, with "
            "X.fillna('missing'), before fit and before predictions."
        )
    return values.astype(object)


def _refuse_texts(values: npt.NDArray[Any]) -> None:
    if values.ndim < 2 or values.dtype.kind not in "fiub":
        raise ExportError(
            "X must be an array of numbers with one row a sample, or a data frame, to "
            f"be exported, got an array of shape {values.shape} and dtype "
            f"{values.dtype}. Pass columns of different kinds as a data frame."
        )
