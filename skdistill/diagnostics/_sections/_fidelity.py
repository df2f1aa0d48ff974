"""How close the student is to its teacher."""

import numpy as np

from skdistill.diagnostics._evidence import (
    DISTILLED,
    LABELS,
    TEACHER,
    Evidence,
    Training,
    row_divergences,
)
from skdistill.diagnostics._sections._parts import Section, Table
from skdistill.diagnostics._sections._quality import SOURCES

__all__ = ["fidelity"]

_HEADER = ("student", "agreement", "divergence from the teacher (nats)")


def fidelity(evidence: Evidence) -> Section:
    """Agreement and divergence, on held-out rows where the teacher was kept."""
    if TEACHER in evidence.proba:
        return _of_held_out(evidence)
    kept = evidence.distiller.crossfit_.teachers
    why = (
        "The teachers that were kept are not, as they are, what labelled the rows "
        "(they were calibrated, or several were weighted)"
        if kept
        else "The teacher was not kept (keep_teachers=True keeps it)"
    )
    if evidence.training is None:
        return Section(
            "Fidelity to the teacher",
            (f"{why}, and the training data are gone: fidelity is not known.",),
        )
    return _of_training(evidence.training, why)


def _of_held_out(evidence: Evidence) -> Section:
    teacher = evidence.proba[TEACHER]
    students = [name for name in (DISTILLED, LABELS) if name in evidence.proba]
    rows = {name: _compare(teacher, evidence.proba[name]) for name in students}
    agree, apart = rows[DISTILLED]
    return Section(
        "Fidelity to the teacher",
        (
            f"The distilled student predicts the teacher's class on {agree:.1%} of the "
            f"held-out rows; it is {apart:.4f} nats from it in mean divergence.",
        ),
        (
            Table(
                f"Students against the teacher on {len(teacher):,} held-out rows",
                _HEADER,
                tuple(
                    (name, f"{agree:.4f}", f"{apart:.4f}")
                    for name, (agree, apart) in rows.items()
                ),
            ),
        ),
    )


def _of_training(training: Training, why: str) -> Section:
    agree, apart = _compare(training.teacher, training.student)
    source = SOURCES.get(training.source, training.source)
    return Section(
        "Fidelity to the teacher",
        (
            f"{why}: compared are its probabilities of {len(training.codes):,} "
            f"training rows ({source}), on which the student was fitted. It predicts "
            f"the teacher's class on {agree:.1%} of them, at {apart:.4f} nats of mean "
            "divergence.",
        ),
        (
            Table(
                f"The student against the teacher on {len(training.codes):,} training "
                "rows",
                _HEADER,
                ((DISTILLED, f"{agree:.4f}", f"{apart:.4f}"),),
            ),
        ),
    )


def _compare(teacher: np.ndarray, student: np.ndarray) -> tuple[float, float]:
    agree = float((teacher.argmax(axis=1) == student.argmax(axis=1)).mean())
    return agree, float(row_divergences(teacher, student).mean())
