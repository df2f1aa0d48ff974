"""Rows that nobody observed, for the teachers to label: features swapped between rows.

A row keeps most of its features and takes the others from a second row, column by
column, so that categories stay categories and missing values missing (Bucila, Caruana
and Niculescu-Mizil, "Model compression", KDD 2006, swap features between neighbours;
random pairs did as well here and need no distances, see benchmarks/README.md).
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import n_rows

__all__ = ["MOST", "Synthetic", "can_swap", "make_synthetic", "swap_features"]

Array = npt.NDArray[Any]

#: Share of the features that come from the second row.
SWAPPED = 0.25
#: One synthetic row is made of each row of X, of no more than so many. On MAGIC
#: (13,314 rows) a tree on targets gained .002 of AUC from as many rows against half as
#: many, and .004 more from twice as many; forests of 20 trees .001 and nothing. On four
#: sets of 400 to 2200 rows forests of 5 trees lost 8 % in log-loss with half as many.
MOST = 50_000
#: Random numbers drawn at a time: 1 MB.
BLOCK = 2**17


@dataclass(frozen=True, slots=True, eq=False)
class Synthetic:
    """Rows that nobody observed.

    Attributes
    ----------
    X : container with n_synthetic rows
    base : ndarray of shape (n_synthetic,), int
        Row each was made from; the teacher that held that one out labels it.
    """

    X: Any
    base: Array


def can_swap(X: Any) -> bool:
    """Whether rows of `X` have features to swap: arrays of two dimensions and frames.

    Sparse rows hold mostly zeros, images and texts no columns.
    """
    if hasattr(X, "columns"):
        return _frame_kind(X) is not None and len(X.columns) > 1
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] > 1


def make_synthetic(X: Any, random_state: int, count: int) -> Synthetic:
    """Make one row of each of `X`, or of a random `count` of them, in their order."""
    n_samples = n_rows(X)
    base = np.arange(n_samples)
    if count < n_samples:
        order = np.random.default_rng([random_state, 1]).permutation(n_samples)
        base = np.sort(order[: max(1, count)])
    return Synthetic(swap_features(X, random_state, rows=base), base)


def swap_features(
    X: Any, random_state: Any, share: float = SWAPPED, rows: Array | None = None
) -> Any:
    """Make one new row of each row of `X`.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features) or data frame
    random_state : int
    share : float, default=0.25
        Probability that a feature comes from the other row, in [0, 1].
    rows : ndarray of int, default=None
        Rows to make one of, sorted; each is the same as if all were made.

    Returns
    -------
    like X
        As many rows, columns of the same types.
    """
    rng = np.random.default_rng(random_state)
    n_samples = n_rows(X)
    partner = rng.permutation(n_samples)
    kind = _frame_kind(X)
    n_features = len(X.columns) if kind else X.shape[1]
    rows = np.arange(n_samples) if rows is None else rows
    partner = partner[rows]
    swapped = _drawn(rng, rows, (n_samples, n_features)) < share
    if kind is None:
        return np.where(swapped, X[partner], X[rows])
    source = np.where(swapped, partner[:, None], rows[:, None])
    if kind == "polars":
        return X.select(
            X.get_column(name).gather(source[:, j]) for j, name in enumerate(X.columns)
        )
    made = X.iloc[rows].copy()
    for j in range(n_features):
        # A series keeps its type, where pandas 3 would read text off bare objects.
        made.isetitem(j, X.iloc[:, j].take(source[:, j]).set_axis(made.index))
    return made


def _drawn(rng: np.random.Generator, rows: Array, shape: tuple[int, int]) -> Array:
    """Return some rows of ``rng.random(shape)``, of which all are never in memory.

    For a million rows of 50 features they would be 400 MB, twice float32 rows.
    """
    n_samples, n_features = shape
    step = max(1, BLOCK // max(1, n_features))
    blocks = [np.empty((0, n_features))]
    for start in range(0, n_samples, step):
        stop = min(start + step, n_samples)
        block = rng.random((stop - start, n_features))
        first, last = np.searchsorted(rows, (start, stop))
        blocks.append(block[rows[first:last] - start])
    return np.concatenate(blocks)


def _frame_kind(X: Any) -> str | None:
    kind = type(X).__module__.partition(".")[0]
    return kind if kind in ("pandas", "polars") and kind in sys.modules else None
