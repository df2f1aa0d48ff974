"""Rows of any container: cutting and joining without looking inside."""

import sys
from typing import Any

import numpy as np
from scipy import sparse

from skdistill._sklearn_compat import n_rows, take_rows

__all__ = ["check_joinable", "concatenate", "first_rows"]


def first_rows(X: Any, n: int) -> tuple[Any, Any]:
    """Cut `X` into its first `n` rows and the rest."""
    return take_rows(X, np.arange(n)), take_rows(X, np.arange(n, n_rows(X)))


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
    shape, found = np.shape(X)[1:], np.shape(X_unlabeled)[1:]
    if shape != found:
        raise ValueError(
            f"X_unlabeled must have rows of shape {shape}, as X, got {found}."
        )


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

    Arrays, sparse matrices, lists, pandas and polars frames; a frame keeps its column
    types.
    """
    kind = _kind(first)
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
    return type(X).__module__.partition(".")[0] if not isinstance(X, list) else "list"
