"""What a distiller shows in a notebook: teacher beside student, then the verdict."""

from typing import Any

import numpy as np

from skdistill._sklearn_compat import visual_block

__all__ = ["Diagram", "verdict_line"]


class Diagram:
    """scikit-learn's diagram of an estimator, with the verdict where it is fitted."""

    def _sk_visual_block_(self) -> Any:
        distiller: Any = self
        parts = [
            *_named("teacher", distiller.teacher, distiller._teachers()),
            *_named("student", distiller.student, distiller._students()),
        ]
        side_by_side = visual_block("parallel", parts)
        if not hasattr(distiller, "student_"):
            return side_by_side
        verdict = visual_block("single", None, verdict_line(distiller))
        return visual_block("serial", [("", side_by_side), ("", verdict)])


def verdict_line(distiller: Any) -> str:
    """Say in a line what was chosen, and by how much cross-validation preferred it.

    Parameters
    ----------
    distiller : fitted distiller

    Returns
    -------
    str
        The report says more, on rows that were held out from everything.
    """
    candidates = distiller.selection_
    taught = [one for one in candidates if one.alpha > 0]
    used = (distiller.alpha_, distiller.correction_, distiller.synthetic_)
    same = [
        one for one in candidates if (one.alpha, one.correction, one.synthetic) == used
    ]
    if distiller.alpha_ == 0 and taught:
        best = min(taught, key=lambda one: one.expected)
        return f"Do not distil: {_nats(best, 'the best use of the teacher')}"
    if same and not np.isnan(same[0].gain):
        return f"Distil: {_nats(same[0], str(same[0]))}"
    return "Not compared with labels alone: report(X, y) does, on held-out rows"


def _nats(candidate: Any, subject: str) -> str:
    verb = "gained" if candidate.gain >= 0 else "lost"
    return (
        f"{subject} {verb} {abs(candidate.gain):.4f} ± {candidate.gain_error:.4f} nats "
        "a row on labels alone (cross-validation)"
    )


def _named(role: str, given: Any, parts: list[Any]) -> list[tuple[str, Any]]:
    """Return each part with its role; numbered where a list was given."""
    if not isinstance(given, list | tuple):
        return [(f"{role}: {type(part).__name__}", part) for part in parts]
    return [
        (f"{role} {i}: {type(part).__name__}", part) for i, part in enumerate(parts, 1)
    ]
