"""``skdistill distill``: check, read, fit, choose, judge, write."""

import argparse
import json
from typing import Any

from skdistill.cli._budget import Budget, Scored, best_within
from skdistill.cli._columns import on_table
from skdistill.cli._errors import (
    DONE,
    NOT_ADVISED,
    NOT_IN_BUDGET,
    refuse,
)
from skdistill.cli._inputs import HEAD, load
from skdistill.cli._options import DEFAULT_STUDENTS
from skdistill.cli._outputs import check_outputs, write, writer
from skdistill.cli._problem import Problem
from skdistill.cli._progress import Progress
from skdistill.cli._rehearse import rehearse_export
from skdistill.cli._shipped import shipped
from skdistill.cli._specs import Model, make_model
from skdistill.cli._summary import Outcome, as_json, as_text, is_advised, nearest
from skdistill.estimators import CrossFitDistiller
from skdistill.exceptions import MissingDependencyError

__all__ = ["run"]

_WRONG_INPUT = (ValueError, TypeError, MissingDependencyError)


def run(arguments: argparse.Namespace) -> int:
    """Distil with parsed arguments.

    Parameters
    ----------
    arguments : argparse.Namespace
        As the parser of `skdistill.cli` makes it.

    Returns
    -------
    int
        The exit code, see `skdistill.cli._errors`.
    """
    say = Progress(quiet=arguments.quiet, bar=not arguments.json)
    try:
        with say.warnings_as_notes():
            return _run(arguments, say)
    except _WRONG_INPUT as error:
        if arguments.traceback:
            raise
        return refuse(arguments.command, error)


def _run(arguments: argparse.Namespace, say: Progress) -> int:
    check_outputs(arguments)
    teacher = make_model(arguments.teacher, "teacher", n_jobs=arguments.n_jobs)
    asked = arguments.student or DEFAULT_STUDENTS
    students = [make_model(spec, "student") for spec in asked]
    budget = Budget(arguments.budget_us, arguments.budget_kb)
    say.step(f"reading {arguments.data.name}")
    problem = load(arguments)
    say.step(problem.describe())
    for note in problem.notes:
        say.note(note)
    learners = [_on_table(one, problem) for one in students]
    rehearse_export(arguments, students, learners, problem)
    distiller = _fit(arguments, _on_table(teacher, problem), learners, problem, say)
    scored = [
        Scored(one.name, record, budget.excess(record) <= 1)
        for one, record in zip(students, distiller.students_, strict=True)
    ]
    chosen = best_within(scored)
    report = None
    if chosen is not None:
        report = _judge(arguments, distiller, learners[scored.index(chosen)],
                        chosen, problem, say)  # fmt: skip
    advised = report is not None and is_advised(report)
    written = {}
    if report is not None:
        ship = advised or not arguments.strict
        written = _write(arguments, distiller, report, problem, ship=ship)
    outcome = Outcome(
        problem, scored, chosen, budget, arguments.teacher, report, written,
        say.elapsed(),
    )  # fmt: skip
    print(json.dumps(as_json(outcome)) if arguments.json else as_text(outcome))
    return _code(arguments, outcome, advised=advised)


def _code(arguments: argparse.Namespace, outcome: Outcome, *, advised: bool) -> int:
    if outcome.chosen is None:
        said = nearest(outcome.students, outcome.budget)
        return refuse(arguments.command, said, NOT_IN_BUDGET)
    if arguments.strict and not advised:
        said = "train it on labels (--strict: no student was written)."
        return refuse(arguments.command, said, NOT_ADVISED)
    return DONE


def _on_table(model: Model, problem: Problem) -> Any:
    return on_table(model.estimator, model.columns, problem.X_train, problem.X_test)


def _fit(
    arguments: argparse.Namespace,
    teacher: Any,
    students: list[Any],
    problem: Problem,
    say: Progress,
) -> CrossFitDistiller:
    say.step(
        f"fitting the teacher, {arguments.teacher}, for rows it does not see, and "
        f"{len(students)} student(s)"
    )
    distiller = CrossFitDistiller(
        teacher,
        students,
        cv=arguments.cv,
        keep_teachers=arguments.cv != "oob",
        memory=arguments.memory,
        random_state=arguments.seed,
    )
    say.watch(distiller)
    return distiller.fit(problem.X_train, problem.y_train)


def _judge(
    arguments: argparse.Namespace,
    distiller: CrossFitDistiller,
    learner: Any,
    chosen: Scored,
    problem: Problem,
    say: Progress,
) -> Any:
    """Measure the chosen student on the test rows, beside itself on labels."""
    if chosen.measured.student is not distiller.student_:
        say.step(f"fitting {chosen.name} again, the best within the budget")
        distiller.refit_student(learner)
    say.step(f"comparing {chosen.name} with itself on labels, on the test rows")
    return distiller.report(
        problem.X_test,
        problem.y_test,
        n_bootstrap=0 if arguments.report is None else 500,
        random_state=arguments.seed,
    )


def _write(
    arguments: argparse.Namespace,
    distiller: CrossFitDistiller,
    report: Any,
    problem: Problem,
    *,
    ship: bool,
) -> dict[str, str]:
    written = {}
    if arguments.report is not None:
        write(arguments.report, report.save)
        written["report"] = str(arguments.report)
    if not ship:
        return written
    student = shipped(distiller, problem.X_train)
    write(arguments.out, writer(arguments.out, student, problem.X_train))
    written["student"] = str(arguments.out)
    if arguments.save_distiller is not None:
        setattr(distiller, HEAD, problem.X_train[:0])
        file = arguments.save_distiller
        write(file, writer(file, distiller, None))
        written["distiller"] = str(arguments.save_distiller)
    return written
