"""Rows of any container: cutting and joining without looking inside."""

import sys
from typing import Any

import numpy as np
from scipy import sparse

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill._torch_rows import is_dataset, is_tensor, joined

__all__ = ["check_joinable", "concatenate", "first_rows"]


def first_rows(X: Any, n: int) -> tuple[Any, Any]:
    """Cut `X` into its first `n` rows and the rest."""
    return take_rows(X, slice(0, n)), take_rows(X, slice(n, n_rows(X)))


def check_joinable(X: Any, X_unlabeled: Any) -> None:
    """Refuse unlabelled rows that cannot be put below the labelled ones.

    Raises
    ------
    TypeError
        If the two are of different kinds.
    ValueError
        If their columns differ.
    """
    kind, other = _kind(X), _kind(X_unlabeled)
    if kind != other:
        raise TypeError(
            f"X_unlabeled must be of the kind of X ({type(X).__name__}), got "
            f"{type(X_unlabeled).__name__} of {type(X_unlabeled).__module__}."
        )
    if not n_rows(X_unlabeled):
        raise ValueError("X_unlabeled must be None or hold a row, got no rows.")
    columns, others = getattr(X, "columns", None), getattr(X_unlabeled, "columns", None)
    if columns is not None and others is not None:
        if list(columns) != list(others):
            raise ValueError(
                f"X_unlabeled must have the columns of X, {list(columns)!r:.80}, got "
                f"{list(others)!r:.80}."
            )
        _check_types(X, X_unlabeled)
        return
    shape, found = _shape(X), _shape(X_unlabeled)
    if shape != found:
        raise ValueError(
            f"X_unlabeled must have rows of shape {shape}, as X, got {found}."
        )
    own, given = (getattr(one, "dtype", None) for one in (X, X_unlabeled))
    if shape is not None and len(shape) > 1 and own != given:
        # Bytes and floats of images have different units, and joined would be floats.
        raise ValueError(f"X_unlabeled must have dtype {own}, as X, got {given}.")


def _shape(X: Any) -> tuple[int, ...] | None:
    """Shape of a row; of a data set that of the first, None if it has none."""
    if is_dataset(X):
        item = X[0]
        x = item[0] if isinstance(item, list | tuple) and item else item
        return tuple(x.shape) if hasattr(x, "shape") else None
    return tuple(np.shape(X)[1:])


def _check_types(X: Any, X_unlabeled: Any) -> None:
    """Refuse columns that would change their type when they are joined."""
    pairs = zip(list(X.columns), X.dtypes, X_unlabeled.dtypes, strict=True)
    for name, own, other in pairs:
        if own != other and not (_is_numpy_number(own) and _is_numpy_number(other)):
            raise ValueError(
                f"X_unlabeled must have the column types of X, {own} for {name!r}, got "
                f"{other}."
            )


def _is_numpy_number(dtype: Any) -> bool:
    """Whether pandas joins such columns as numbers; polars joins equal types only."""
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def concatenate(first: Any, second: Any) -> Any:
    """Join the rows of two containers that :func:`check_joinable` accepts.

    Arrays, sparse matrices, lists, pandas and polars frames, torch tensors and data
    sets; a frame keeps its column types.
    """
    kind = _kind(first)
    if kind in ("tensor", "dataset"):
        return joined(first, second)
    if kind == "sparse":
        return sparse.vstack([first, second], format="csr")
    if kind in ("pandas", "polars"):
        return sys.modules[kind].concat([first, second])
    if kind == "list":
        return [*first, *second]
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _kind(X: Any) -> str:
    if sparse.issparse(X):
        return "sparse"
    if is_dataset(X):
        return "dataset"  # of whatever module its class is
    if is_tensor(X):
        return "tensor"
    return type(X).__module__.partition(".")[0] if not isinstance(X, list) else "list"
