"""The demo's problem: rows to train on, rows to test on, and what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skdistill.datasets import load_magic, read_table

_TEST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Problem:
    """A classification problem, split.

    Attributes
    ----------
    title : str
        What the data are, for headings.
    X_train, X_test : ndarray or DataFrame of shape (n_train, d), (n_test, d)
        Features; a DataFrame (a user's table) has float64 and object columns.
    y_train, y_test : ndarray of shape (n_train,), (n_test,), int or str
        Labels. Every class of `y_test` is in `y_train`.
    notes : tuple of str
        What the reader should know about the split; often empty.
    """

    title: str
    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def is_table(self) -> bool:
        """Whether the features may be text or missing: a user's table."""
        return not isinstance(self.X_train, np.ndarray)

    def describe(self) -> str:
        """Return one line with the counts."""
        n_train, n_test = len(self.y_train), len(self.y_test)
        return (
            f"{self.title}: {n_train + n_test} rows, {self.X_train.shape[1]} features, "
            f"{len(np.unique(self.y_train))} classes; "
            f"{n_train} rows to train on, {n_test} to test on"
        )


def load_problem(path: Path | None, target: str | None, *, seed: int) -> Problem:
    """Load MAGIC, or a user's table, and set 30 % of each class aside.

    Parameters
    ----------
    path : Path or None
        CSV or Parquet file; None means the packaged MAGIC data.
    target : str or None
        Column with the labels; None only without `path`.
    seed : int
        Seed of the split.

    Returns
    -------
    Problem

    Raises
    ------
    ValueError
        If the table cannot serve, see `skdistill.datasets.read_table`.
    MissingDependencyError
        If a table is given and pandas or pyarrow is not installed.

    Examples
    --------
    >>> from skdistill.cli._problem import load_problem
    >>> problem = load_problem(None, None, seed=0)
    >>> len(problem.y_train), len(problem.y_test)
    (13314, 5706)
    """
    if path is None or target is None:
        X, y = load_magic(return_X_y=True)
        title = "MAGIC gamma telescope (Bock 2004, UCI, CC BY 4.0)"
    else:
        X, y = read_table(path, target)
        title = f"{path.name}, target {target!r}"
    train, test = split_rows(y, seed=seed)
    classes, counts = np.unique(y, return_counts=True)
    if np.unique(y[train], return_counts=True)[1].max() < 2:
        raise ValueError(
            f"`path` must hold 2 training rows or more of some class, got {len(train)} "
            f"training rows of {len(classes)} classes. Bring more rows."
        )
    single = [str(label) for label in classes[counts == 1]]
    notes = (
        f"{len(single)} class(es) with a single row are trained on but cannot be "
        f"tested: {', '.join(single[:5])}{', ...' if len(single) > 5 else ''}",
    )
    rows = X.iloc if hasattr(X, "iloc") else X
    return Problem(
        title, rows[train], rows[test], y[train], y[test], notes if single else ()
    )


def split_rows(
    y: np.ndarray, *, seed: int, test_share: float = _TEST_SHARE
) -> tuple[np.ndarray, np.ndarray]:
    """Return the train and the test rows: 30 % of each class, unless told, to test.

    scikit-learn's stratified split refuses classes with one row, and tables with
    more classes than test rows; here a class with one row is trained on.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    seed : int
        Seed of the shuffle.
    test_share : float, default=0.3
        Share of each class to test on, in (0, 1).

    Returns
    -------
    train, test : ndarray of shape (n_train,), (n_test,), intp
        Row numbers, ascending, disjoint, together all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.cli._problem import split_rows
    >>> train, test = split_rows(np.array(["a"] * 10 + ["b"] * 2 + ["c"]), seed=0)
    >>> len(train), len(test)
    (9, 4)
    """
    rng = np.random.RandomState(seed)
    is_test = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        # Rounded, not cut: two rows are split in one and one, a single row is kept.
        is_test[rows[: round(test_share * len(rows))]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)
