"""The rows of ``skdistill distill``: read, freed of columns, split, checked."""

import argparse
import shlex
from pathlib import Path
from typing import Any

import numpy as np

from skdistill.cli._notes import odd_kinds, suspects
from skdistill.cli._problem import Problem, split_rows
from skdistill.cli._registry import did_you_mean
from skdistill.datasets import read_table

__all__ = ["HEAD", "Table", "load", "read", "select_columns"]

#: Attribute of a saved distiller: its table without rows, for names and kinds.
HEAD = "_table_head"

Table = tuple[Any, np.ndarray]

_FEWEST_ENTRIES = 5


def load(arguments: argparse.Namespace) -> Problem:
    """Read the data, drop columns, and set the test rows aside.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `data`, `target`, `drop`, `test`, `test_size` and `seed`.

    Returns
    -------
    Problem

    Raises
    ------
    ValueError
        If a table cannot serve.
    MissingDependencyError
        If pandas or pyarrow is needed and not installed.
    """
    X, y = read(arguments.data, arguments, "DATA")
    title = f"{arguments.data.name}, target {arguments.target!r}"
    notes = suspects(X) + odd_kinds(arguments.data, X)
    if arguments.test is not None:
        X_test, y_test = read(arguments.test, arguments, "--test")
        X_test = select_columns(X_test, X, "--test")
        problem = Problem(title, X, X_test, y, y_test, notes)
    else:
        train, test = split_rows(y, seed=arguments.seed, test_share=arguments.test_size)
        problem = Problem(title, X.iloc[train], X.iloc[test], y[train], y[test], notes)
    _check_labels(problem)
    _check_entries(problem.X_train)
    return problem


def read(path: Path, arguments: argparse.Namespace, option: str) -> Table:
    """Read one table; errors name the option it came by.

    Parameters
    ----------
    path : Path
        CSV, Parquet or Feather (Arrow) file.
    arguments : argparse.Namespace
        With `target`, `drop` and `fill_text`.
    option : str
        "DATA" or "--test".

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        float64 and object columns.
    y : ndarray of shape (n_samples,), int64 or str

    Raises
    ------
    ValueError
        If the table cannot serve, or a column of `drop` is none.
    """
    try:
        X, y = read_table(path, arguments.target)
    except ValueError as error:
        text = str(error).replace("`path`", f"`{option}`")
        raise ValueError(text.replace("`target`", "`--target`")) from error
    for name in arguments.drop:
        if name == arguments.target:
            raise ValueError(f"`--drop` must leave the target, got {name!r}.")
        if name not in X.columns:
            raise ValueError(
                f"`--drop` must name columns of {path.name}, got {name!r}."
                f"{did_you_mean(name, X.columns)}"
            )
    X = X.drop(columns=arguments.drop)
    if not X.shape[1]:
        raise ValueError("`--drop` must leave a column to learn from, got all.")
    if arguments.fill_text is not None:
        text = X.select_dtypes(object).columns
        X = X.assign(**{name: X[name].fillna(arguments.fill_text) for name in text})
    return X, y


def select_columns(X: Any, like: Any, option: str) -> Any:
    """Return the columns of another table, in its order and of its kinds.

    Parameters
    ----------
    X, like : DataFrame
        float64 and object columns.
    option : str
        By which option `X` came, for the errors.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If a column is missing, or holds text here and numbers there.
    """
    missing = [str(name) for name in like.columns if name not in X.columns]
    if missing:
        raise ValueError(
            f"`{option}` must have the columns trained on, got none named "
            f"{missing[0]!r}{f' and {len(missing) - 1} others' if missing[1:] else ''}."
        )
    X = X[list(like.columns)]
    kinds = {True: "text", False: "numbers"}
    for name in like.columns:
        is_text, wanted = (one[name].dtype == object for one in (X, like))
        if is_text == wanted:
            continue
        if X[name].notna().any():
            raise ValueError(
                f"`{option}` must hold {kinds[wanted]} in column {name!r}, as the "
                f"training rows do, got {kinds[is_text]}."
            )
        # A column without any entry has the kind that it has elsewhere.
        X = X.astype({name: object if wanted else float})
    return X


def _check_entries(X: Any) -> None:
    """Refuse columns that a fold may have no entry of: boosting does not bin these."""
    few = [name for name in X.columns if X[name].notna().sum() < _FEWEST_ENTRIES]
    if few:
        names = " ".join(shlex.quote(str(name)) for name in few)
        raise ValueError(
            f"`DATA` must have {_FEWEST_ENTRIES} entries or more of every column in "
            f"its training rows, got {X[few[0]].notna().sum()} in {str(few[0])!r}. "
            f"Leave out what is empty: --drop {names}"
        )


def _check_labels(problem: Problem) -> None:
    """Refuse now what the report would refuse after all fitting."""
    known, test = np.unique(problem.y_train), np.unique(problem.y_test)
    if np.unique(problem.y_train, return_counts=True)[1].max() < 2:
        raise ValueError(
            "`DATA` must hold 2 training rows or more of some class, got "
            f"{len(problem.y_train)} training rows of {len(known)} classes."
        )
    strange = sorted(set(map(str, test)) - set(map(str, known)))
    if strange or known.dtype.kind != test.dtype.kind:
        raise ValueError(
            f"`--test` must hold labels of DATA, {', '.join(map(str, known[:5]))}"
            f"{', ...' if len(known) > 5 else ''}, got "
            f"{', '.join(strange[:5]) or 'them as another type'}."
        )
    if len(test) < 2:
        raise ValueError(
            f"`--test-size` must leave 2 classes or more to test on, got {len(test)} "
            f"in {len(problem.y_test)} test rows. Test on more rows."
        )
