"""The sentence of a report: whether distilling paid, and what was chosen."""

from typing import Any

import numpy as np

__all__ = ["verdict_of"]


def verdict_of(distiller: Any, gain: float, error: float) -> str:
    """Return the verdict; more than two standard errors are a difference."""
    if np.isnan(gain):
        return (
            "No verdict: the training data are gone, so there is no student on labels "
            "alone to compare with. Call report() or baseline_student() before saving."
        )
    if distiller.alpha_ == 0:
        return f"Do not distil: {_why_labels(distiller.selection_)}."
    size = f"{abs(gain):.4f} nats per row (standard error {error:.4f})"
    why = _why_chosen(distiller)
    if gain > 2 * error:
        return f"Distil: the student's log-loss is lower by {size} than on labels{why}."
    if gain < -2 * error:
        return f"Do not distil: the student's log-loss is higher by {size}{why}."
    return f"No difference beyond noise: the log-loss differs by {size}{why}."


def _why_labels(selection: Any) -> str:
    """Say how close the best use of the teacher came."""
    if not selection:
        return "alpha=0 was asked for, and labels alone is what the student was given"
    taught = [one for one in selection if one.alpha > 0]
    if not taught:
        return "labels alone is all that could be tried"
    best = min(taught, key=lambda one: one.expected)
    given = "and labels alone is what the student was given"
    measured = (
        f"of {len(selection)} candidates the best use of the teacher ({best}) "
        f"{'gained' if best.gain >= 0 else 'lost'} {abs(best.gain):.4f} nats per row "
        f"(standard error {best.gain_error:.4f}) in cross-validation"
    )
    if best.penalty > 0:
        worse = best.penalty / best.alpha
        return (
            f"{measured}, but the teachers that label all rows are worse by "
            f"{worse:.4f} nats than those it was judged with, {given}"
        )
    return f"{measured}, which is no gain beyond noise, {given}"


def _why_chosen(distiller: Any) -> str:
    """Say which candidate was taken and by how much it led."""
    used = (distiller.alpha_, distiller.correction_, distiller.synthetic_)
    for one in distiller.selection_:
        if (one.alpha, one.correction, one.synthetic) == used:
            lead = ""
            if not np.isnan(one.gain):
                lead = (
                    f", which gained {one.gain:.4f} (standard error "
                    f"{one.gain_error:.4f}) on labels in cross-validation"
                )
            n_tried = len(distiller.selection_)
            return f"; chosen of {n_tried} candidates: {one}{lead}"
    return ""
