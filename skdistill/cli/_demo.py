"""The demo: one teacher, three students, four ways of training each, one table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdistill.cli._models import make_students, make_teacher
from skdistill.cli._problem import Problem
from skdistill.cli._progress import Progress
from skdistill.diagnostics import measure_model
from skdistill.estimators import Candidate, CrossFitDistiller, DistilledClassifier

#: The four ways of training a student, in the order of the table.
METHODS = (
    "labels",
    "plain distillation",
    "cross-fitted",
    "cross-fitted, chosen",
)


_N_TIMINGS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """One fitted model on the test rows.

    Attributes
    ----------
    model : str
        The teacher or the student, in words.
    method : str
        One of `METHODS`; for the teacher "labels".
    measures : object
        What `skdistill.diagnostics.measure_model` returned.
    row_loss : ndarray of shape (n_test,), float64, in nats
        Log-loss of each test row; the verdict compares two models row by row.
    chosen : str
        The parameters the distiller chose, or "".
    """

    model: str
    method: str
    measures: Any
    row_loss: np.ndarray
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What every student is distilled from, computed once."""

    teacher: Any
    fitted_teacher: Any
    distiller: Any


def run_demo(
    problem: Problem, *, n_trees: int, seed: int, n_jobs: int, say: Progress
) -> Iterator[Result]:
    """Fit the teacher, distil it, and yield each model as soon as it is measured.

    Parameters
    ----------
    problem : Problem
        The data, already split.
    n_trees : int
        Trees of the teacher, at least 1.
    seed : int
        Seed of every model and of the folds.
    n_jobs : int
        Cores to grow the teacher's trees on; -1 means all.
    say : Progress
        Told of every step.

    Yields
    ------
    Result
        The teacher first, then each student by each method of `METHODS`.
    """
    X, y = problem.X_train, problem.y_train
    students = make_students(is_table=problem.is_table, n_jobs=n_jobs, seed=seed)
    n_steps, done = 2 + len(students) * len(METHODS), 2
    teacher = make_teacher(
        len(y), n_trees=n_trees, is_table=problem.is_table, n_jobs=n_jobs, seed=seed
    )
    say.step(f"1/{n_steps} teacher: {n_trees} trees on {len(y)} rows")
    fitted = clone(teacher).fit(X, y)
    say.step(
        f"2/{n_steps} teacher once more on each of 5 folds, for the rows it misses, "
        "and on parts of them, to judge students by (about 5 times as long)"
    )
    first = next(iter(students.values()))
    distiller = say.watch(CrossFitDistiller(teacher, first, random_state=seed))
    distiller.fit(X, y)
    stage = _Stage(teacher, fitted, distiller)
    yield _measure("teacher", METHODS[0], fitted, problem, n_jobs)
    for name, student in students.items():
        for method in METHODS:
            done += 1
            say.step(f"{done}/{n_steps} {name}: {method}")
            model = _fit_student(method, student, stage, problem)
            yield _measure(name, method, model, problem, n_jobs)


def _fit_student(method: str, student: Any, stage: _Stage, problem: Problem) -> Any:
    X, y = problem.X_train, problem.y_train
    if method == "labels":
        return clone(student).fit(X, y)
    if method == "plain distillation":
        return DistilledClassifier(FrozenEstimator(stage.fitted_teacher), student).fit(
            X, y
        )
    if method == "cross-fitted":
        distiller = CrossFitDistiller(
            stage.teacher, student, alpha=1.0, correction=None
        )
        return distiller.fit(X, y, teacher_proba=stage.distiller.crossfit_.fold_proba)
    return stage.distiller.refit_student(student)


def _measure(
    name: str, method: str, model: Any, problem: Problem, n_jobs: int
) -> Result:
    # One thread for every model: the time of a forest on all cores beside that of a
    # single tree would say how many cores there are.
    _set_threads(model, 1)
    proba = model.predict_proba(problem.X_test)
    measures = measure_model(
        model,
        problem.X_test,
        problem.y_test,
        name=f"{name}: {method}",
        n_timings=_N_TIMINGS,
    )
    _set_threads(model, n_jobs)
    column = np.searchsorted(model.classes_, problem.y_test)
    own = proba[np.arange(len(proba)), column]
    # The floor of scikit-learn's log_loss: one certain and wrong row costs 36 nats.
    row_loss = -np.log(np.clip(own, np.finfo(np.float64).eps, 1.0))
    return Result(name, method, measures, row_loss, _chosen(model, method))


def _set_threads(model: Any, n_jobs: int) -> None:
    deployed = getattr(model, "student_", model)
    last = deployed[-1] if hasattr(deployed, "named_steps") else deployed
    if hasattr(last, "n_jobs"):
        last.n_jobs = n_jobs


def _chosen(model: Any, method: str) -> str:
    if method != METHODS[-1]:
        return ""
    return str(
        Candidate(model.alpha_, model.correction_, synthetic=bool(model.synthetic_))
    )
