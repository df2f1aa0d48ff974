"""What a run found, as text for a reader and as JSON for a program."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from skdistill.cli._budget import Budget, Scored
from skdistill.cli._problem import Problem

__all__ = ["Outcome", "as_json", "as_text", "headline", "is_advised", "nearest",
           "report_as_json"]  # fmt: skip

_HEADINGS = ("student", "log-loss", "bytes", "us/row", "trained on")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found.

    Attributes
    ----------
    problem : Problem
    students : list of Scored
        In the order they were asked for.
    chosen : Scored or None
        The best within the budget; None if none is.
    budget : Budget
    teacher : str
        As typed.
    report : DistillationReport or None
        None where no student is within the budget.
    written : dict of str to str
        Files by what they are.
    seconds : float
    """

    problem: Problem
    students: list[Scored]
    chosen: Scored | None
    budget: Budget
    teacher: str
    report: Any
    written: dict[str, str]
    seconds: float


def is_advised(report: Any) -> bool:
    """Whether distilling lowered the log-loss by more than two standard errors.

    Parameters
    ----------
    report : DistillationReport

    Returns
    -------
    bool
    """
    return bool(report.alpha > 0 and report.gain > 2 * report.gain_error)


def headline(report: Any) -> str:
    """Return the verdict in a few words.

    Parameters
    ----------
    report : DistillationReport

    Returns
    -------
    str
    """
    if math.isnan(report.gain):
        return "No verdict."
    if is_advised(report):
        return "Distilling helped."
    if report.alpha > 0 and report.gain < -2 * report.gain_error:
        return "Distilling hurt: train it on labels."
    return "No difference: train it on labels."


def nearest(students: Sequence[Scored], budget: Budget) -> str:
    """Say that no student is within the budget, and which came nearest.

    Parameters
    ----------
    students : sequence of Scored
    budget : Budget

    Returns
    -------
    str
    """
    best = min(students, key=lambda one: budget.excess(one.measured))
    return (
        f"no student is within {budget}; nearest came {best.name} with {best.cost()}."
    )


def as_text(outcome: Outcome) -> str:
    """Return what is printed: students, verdict, models, files.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
    """
    parts = [outcome.problem.describe(), _student_table(outcome)]
    if outcome.report is not None:
        parts.append(f"{headline(outcome.report)}\n{outcome.report}")
    files = [f"{what}: {path}" for what, path in outcome.written.items()]
    parts.append("\n".join([*files, f"time: {outcome.seconds:.0f} s"]))
    return "\n\n".join(parts)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the same as a dict of plain values, None for what is not a number.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    dict
    """
    problem, chosen = outcome.problem, outcome.chosen
    found = {
        "data": problem.title,
        "n_train": len(problem.y_train),
        "n_test": len(problem.y_test),
        "classes": sorted(set(problem.y_train.tolist())),
        "teacher": outcome.teacher,
        "students": [
            {**one.measured.as_row(), "name": one.name, "within_budget": one.within}
            for one in outcome.students
        ],
        "chosen": None if chosen is None else chosen.name,
        "report": None if outcome.report is None else report_as_json(outcome.report),
        "written": outcome.written,
        "seconds": round(outcome.seconds, 1),
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def report_as_json(report: Any) -> dict[str, Any]:
    """Return a report as a dict of plain values.

    Parameters
    ----------
    report : DistillationReport

    Returns
    -------
    dict
    """
    found = {
        "advised": None if math.isnan(report.gain) else is_advised(report),
        "headline": headline(report),
        "verdict": report.verdict,
        "gain": report.gain,
        "gain_error": report.gain_error,
        "fidelity": report.fidelity,
        "alpha": report.alpha,
        "correction": report.correction,
        "models": [asdict(one) for one in report.models],
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)


def _student_table(outcome: Outcome) -> str:
    rows = [_HEADINGS, *(_student_row(one) for one in outcome.students)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(_HEADINGS))]
    text = (0, len(_HEADINGS) - 1)
    lines = [
        "  ".join(
            cell.ljust(width) if j in text else cell.rjust(width)
            for j, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    for i, one in enumerate(outcome.students):
        mark = "*" if one is outcome.chosen else " " if one.within else "-"
        lines[i + 1] = f"{mark} {lines[i + 1]}"
    lines[0] = f"  {lines[0]}"
    marks = ["* chosen"] if outcome.chosen else []
    marks += [f"- beyond the budget of {outcome.budget}"] if outcome.budget else []
    measures = (
        "log-loss in cross-validation",
        "bytes of the pickle",
        "us/row of up to 1000 rows at once",
    )
    lines.append("; ".join([*marks, ", ".join(measures)]) + ".")
    return "\n".join(lines)


def _student_row(one: Scored) -> tuple[str, ...]:
    measured = one.measured
    loss = measured.log_loss
    if measured.alpha == 0:
        how = "labels"
    elif measured.alpha == 1:
        how = "the teacher"
    else:
        how = f"{measured.alpha:.0%} teacher, {1 - measured.alpha:.0%} labels"
    return (
        one.name,
        "-" if math.isnan(loss) else f"{loss:.4f}",
        f"{measured.n_bytes:,}",
        f"{measured.microseconds_per_row:.2f}",
        how,
    )
