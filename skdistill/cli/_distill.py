"""``skdistill distill``: check, read, fit, choose, judge, write."""

import argparse
import json
from dataclasses import dataclass
from typing import Any

from skdistill.cli._budget import Budget, Scored, best_within
from skdistill.cli._columns import on_table
from skdistill.cli._errors import (
    DONE,
    NOT_ADVISED,
    NOT_IN_BUDGET,
    WRONG_INPUT,
    refuse,
)
from skdistill.cli._inputs import HEAD, load
from skdistill.cli._options import DEFAULT_STUDENTS
from skdistill.cli._outputs import card_writer, check_outputs, is_onnx, write, writer
from skdistill.cli._pipes import tell
from skdistill.cli._problem import Problem
from skdistill.cli._progress import Progress
from skdistill.cli._registry import default_teacher
from skdistill.cli._rehearse import rehearse_export
from skdistill.cli._shipped import shipped
from skdistill.cli._specs import make_model, uses_threads
from skdistill.cli._summary import Outcome, as_json, as_text, is_advised, nearest
from skdistill.estimators import CrossFitDistiller

__all__ = ["run"]

_N_BOOTSTRAP = 500


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for, checked.

    Attributes
    ----------
    problem : Problem
    teacher_name : str
    teacher : estimator
        With what stands before it, unfitted; so are the students.
    names : list of str
        Of the students, as typed.
    students : list of estimator
    budget : Budget
    """

    problem: Problem
    teacher_name: str
    teacher: Any
    names: list[str]
    students: list[Any]
    budget: Budget


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
    except BrokenPipeError:  # an OSError, and nobody's input
        raise
    except WRONG_INPUT as error:
        if arguments.traceback:
            raise
        return refuse(arguments.command, error)


def _run(arguments: argparse.Namespace, say: Progress) -> int:
    request = _check(arguments, say)
    distiller = _fit(arguments, request, say)
    budget = request.budget
    scored = [
        Scored(name, record, budget.excess(record) <= 1)
        for name, record in zip(request.names, distiller.students_, strict=True)
    ]
    chosen = best_within(scored)
    report, written = None, {}
    if chosen is not None:
        learner = request.students[scored.index(chosen)]
        report = _judge(arguments, distiller, learner, chosen, request.problem, say)
        written = _write(arguments, distiller, report, request.problem)
    outcome = Outcome(
        problem=request.problem,
        students=scored,
        chosen=chosen,
        budget=budget,
        teacher=request.teacher_name,
        report=report,
        written=written,
        seconds=say.elapsed(),
    )
    tell(json.dumps(as_json(outcome)) if arguments.json else as_text(outcome))
    return _code(arguments, outcome)


def _check(arguments: argparse.Namespace, say: Progress) -> _Request:
    """Refuse now what could otherwise only fail after minutes of fitting."""
    check_outputs(arguments)
    asked = arguments.student or DEFAULT_STUDENTS
    students = [make_model(spec, "student") for spec in asked]
    threads = arguments.n_jobs
    named = arguments.teacher
    teacher = named and make_model(named, "teacher", n_jobs=threads)
    say.step(f"reading {arguments.data.name}")
    problem = load(arguments)
    say.step(problem.describe())
    for note in problem.notes:
        say.note(note)
    if teacher is None:
        named = default_teacher(len(problem.y_train))
        teacher = make_model(named, "teacher", n_jobs=threads)
    tables = (problem.X_train, problem.X_test)
    fill = is_onnx(arguments.out)
    learners = [
        on_table(one.estimator, one.columns, *tables, fill=fill) for one in students
    ]
    rehearse_export(arguments, students, learners, problem)
    return _Request(
        problem=problem,
        teacher_name=named,
        teacher=on_table(teacher.estimator, teacher.columns, *tables),
        names=[one.name for one in students],
        students=learners,
        budget=Budget(arguments.budget_us, arguments.budget_kb),
    )


def _fit(
    arguments: argparse.Namespace, request: _Request, say: Progress
) -> CrossFitDistiller:
    say.step(
        f"fitting the teacher, {request.teacher_name}, for rows it does not see, and "
        f"{len(request.students)} student(s)"
    )
    distiller = CrossFitDistiller(
        request.teacher,
        request.students,
        cv=arguments.cv,
        keep_teachers=arguments.cv != "oob",
        memory=arguments.memory,
        n_jobs=None if uses_threads(request.teacher) else arguments.n_jobs,
        random_state=arguments.seed,
    )
    say.watch(distiller)
    return distiller.fit(request.problem.X_train, request.problem.y_train)


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
        n_bootstrap=_N_BOOTSTRAP if arguments.report else 0,
        random_state=arguments.seed,
    )


def _write(
    arguments: argparse.Namespace,
    distiller: CrossFitDistiller,
    report: Any,
    problem: Problem,
) -> dict[str, str]:
    """Write what was asked for; of a student that is not advised only the report."""
    wanted = {}
    if arguments.report:
        wanted["report"] = (arguments.report, report.save)
    if is_advised(report) or not arguments.strict:
        X = problem.X_train
        # ONNX says the labels by itself, where it is made of the distiller.
        student = distiller if is_onnx(arguments.out) else shipped(distiller, X)
        wanted["student"] = (arguments.out, writer(arguments.out, student, X))
        if arguments.card:
            rows = (problem.X_test, problem.y_test)
            save = card_writer(distiller, *rows, arguments.seed)
            wanted["card"] = (arguments.card, save)
        if arguments.save_distiller:
            setattr(distiller, HEAD, X[:0])
            save = writer(arguments.save_distiller, distiller, X)
            wanted["distiller"] = (arguments.save_distiller, save)
    for path, write_to in wanted.values():
        write(path, write_to)
    return {what: str(path) for what, (path, _) in wanted.items()}


def _code(arguments: argparse.Namespace, outcome: Outcome) -> int:
    if outcome.chosen is None:
        said = nearest(outcome.students, outcome.budget)
        return refuse(arguments.command, said, NOT_IN_BUDGET)
    if arguments.strict and not is_advised(outcome.report):
        said = "train it on labels (--strict: no student was written)."
        return refuse(arguments.command, said, NOT_ADVISED)
    return DONE
