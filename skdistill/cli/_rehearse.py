"""Whether the students can be written, tried before any teacher is fitted."""

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from skdistill.cli._outputs import is_onnx, writer
from skdistill.cli._problem import Problem
from skdistill.cli._specs import Model

__all__ = ["rehearse_export"]

#: Rows a student is fitted to for the trial, besides some of each class and some with
#: gaps.
_MANY, _FEW = 1000, 20


def rehearse_export(
    arguments: argparse.Namespace,
    students: list[Model],
    learners: list[Any],
    problem: Problem,
) -> None:
    """Fit each student to a few rows and write it away, where that can fail.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `out`.
    students : list of Model
        For their names.
    learners : list of estimator
        The same, with what stands before them.
    problem : Problem

    Raises
    ------
    ValueError
        If a student has no such form.
    MissingDependencyError
        If the form needs a library that is not installed.
    """
    if arguments.out.suffix.lower() == ".joblib":
        return
    X, y = problem.X_train, problem.y_train
    if is_onnx(arguments.out):
        _check_text(X, arguments)
    rows = _some_rows(X, y)
    X, codes = X.iloc[rows], np.unique(y[rows], return_inverse=True)[1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trial" + arguments.out.suffix.lower())
        for model, learner in zip(students, learners, strict=True):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # few rows: they mean nothing
                fitted = clone(learner).fit(X, codes)
            try:
                writer(arguments.out, fitted, X)(file)
            except ValueError as error:
                raise ValueError(
                    f"`--student` {model.name!r} cannot be written to "
                    f"{arguments.out.name}: {error}"
                ) from error


def _some_rows(X: Any, y: np.ndarray) -> np.ndarray:
    parts = [np.arange(min(len(y), _MANY))]
    parts += [np.flatnonzero(y == one)[:_FEW] for one in np.unique(y)]
    # A converter may do otherwise with gaps in a column that had none in training.
    parts += [np.flatnonzero(X[name].isna())[:_FEW] for name in X.columns]
    return np.unique(np.concatenate(parts))


def _check_text(X: Any, arguments: argparse.Namespace) -> None:
    for name in X.columns:
        if X[name].dtype == object and X[name].isna().any():
            raise ValueError(
                f"`--fill-text` must be given for {arguments.out.name}, such as "
                f"`--fill-text missing`: column {name!r} misses text in "
                f"{int(X[name].isna().sum())} rows, and ONNX has no missing text."
            )
