"""Whether the students can be written, tried before any teacher is fitted."""

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from skdistill.cli._outputs import writer
from skdistill.cli._problem import Problem
from skdistill.cli._specs import Model

__all__ = ["rehearse_export"]

#: Rows of each class that a student is fitted to for the trial.
_FEW = 20


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
    rows = np.sort(
        np.concatenate([np.flatnonzero(y == one)[:_FEW] for one in np.unique(y)])
    )
    codes = np.unique(y[rows], return_inverse=True)[1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trial" + arguments.out.suffix.lower())
        for model, learner in zip(students, learners, strict=True):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # few rows: they mean nothing
                fitted = clone(learner).fit(X.iloc[rows], codes)
            try:
                writer(arguments.out, fitted, X)(file)
            except ValueError as error:
                raise ValueError(
                    f"`--student` {model.name!r} cannot be written to "
                    f"{arguments.out.name}: {error}"
                ) from error
