"""Features of any table as numbers a tree can split, each with its words."""

from collections import Counter
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill._sklearn_compat import n_rows, take_column
from skdistill._torch_rows import is_dataset, is_tensor

__all__ = ["Column", "Features", "read_features"]

Array = npt.NDArray[Any]

#: Levels of a feature of categories that get a column, the most frequent first.
_MOST_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers and what it says about a row.

    Attributes
    ----------
    feature : str
        Name of the feature, as the user gave it; "feature 3" where there are none.
    level : str or None
        What the feature is where the column is 1, such as "red" or "missing"; None for
        a column of the feature's own values.
    """

    feature: str
    level: str | None = None

    def words(self, low: float, high: float) -> str:
        """Say that the column lies in ``(low, high]``."""
        if self.level is not None:
            return f"{self.feature} is {'' if low > -np.inf else 'not '}{self.level}"
        if low > -np.inf and high < np.inf:
            return f"{low:.4g} < {self.feature} <= {high:.4g}"
        if low > -np.inf:
            return f"{self.feature} > {low:.4g}"
        return f"{self.feature} <= {high:.4g}"


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A table of finite numbers.

    Attributes
    ----------
    values : ndarray or CSR matrix of shape (n_samples, n_columns), float32
    columns : tuple of Column
    """

    values: Any
    columns: tuple[Column, ...]


def read_features(X: Any) -> Features | None:
    """Read the rows of a table; None where they have no columns (text, images).

    Numbers stay, with the median for missing ones and a column that says which are
    missing; all else (strings, categories, booleans) becomes a column for each of its
    20 most frequent levels.
    """
    if sparse.issparse(X):
        values = sparse.csr_matrix(X, dtype=np.float32)
        unnamed = (Column(f"feature {j}") for j in range(values.shape[1]))
        return Features(values, tuple(unnamed))
    if not hasattr(X, "columns"):
        X = _as_table(X)
        if X is None:
            return None
    names = [str(name) for name in getattr(X, "columns", _unnamed(X))]
    parts: list[Array] = []
    columns: list[Column] = []
    for j, name in enumerate(names):
        for column, values in _read(name, take_column(X, j)):
            columns.append(column)
            parts.append(values)
    if not columns:
        return None
    return Features(np.column_stack(parts).astype(np.float32), tuple(columns))


def _as_table(X: Any) -> Array | None:
    if is_dataset(X):
        return None
    try:
        found = np.asarray(X.cpu() if is_tensor(X) else X)
    except ValueError:  # rows of several lengths
        return None
    return found if found.ndim == 2 and len(found) == n_rows(X) else None


def _unnamed(X: Array) -> list[str]:
    return [f"feature {j}" for j in range(X.shape[1])]


def _read(name: str, column: Any) -> list[tuple[Column, Array]]:
    numbers = _numbers(column)
    if numbers is None:
        return _levels(name, column)
    limit = float(np.finfo(np.float32).max)
    missing = np.isnan(numbers)
    if not missing.any():
        return [(Column(name), np.clip(numbers, -limit, limit))]
    flag = (Column(name, "missing"), missing.astype(np.float64))
    if missing.all():
        return []
    filled = np.where(missing, np.median(numbers[~missing]), numbers)
    return [(Column(name), np.clip(filled, -limit, limit)), flag]


def _numbers(column: Any) -> Array | None:
    """Values of a feature of numbers as float64, NaN where missing; else None."""
    if str(getattr(column, "dtype", "")).lower().startswith(("cat", "enum", "bool")):
        return None
    values = np.asarray(column)
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind == "O" and not any(isinstance(v, str | bool) for v in values):
        try:
            return np.asarray(column, dtype=np.float64)
        except (TypeError, ValueError):
            return None
    return None


def _levels(name: str, column: Any) -> list[tuple[Column, Array]]:
    words = np.array([_level(value) for value in np.asarray(column).tolist()])
    frequent = Counter(words.tolist()).most_common(_MOST_LEVELS)
    if len(frequent) == 1:
        return []
    return [
        (Column(name, level), (words == level).astype(np.float64))
        for level, _ in frequent
    ]


def _level(value: Any) -> str:
    missing = value is None or type(value).__name__ in ("NAType", "NaTType")  # pandas'
    missing = missing or (isinstance(value, float) and isnan(value))
    return "missing" if missing else str(value)
