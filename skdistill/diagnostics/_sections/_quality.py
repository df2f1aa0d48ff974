"""How good the models are, with intervals."""

import numpy as np

from skdistill.crossfit import label_losses
from skdistill.diagnostics._evidence import (
    DISTILLED,
    LABELS,
    TEACHER,
    Evidence,
    Training,
)
from skdistill.diagnostics._intervals import METRICS, Interval
from skdistill.diagnostics._measure import held_out_brier
from skdistill.diagnostics._sections._parts import (
    Section,
    Table,
    number,
    with_interval,
)

__all__ = ["SOURCES", "quality"]

_HEADER = ("log-loss (nats)", "Brier score", "accuracy", "AUC")
#: Where the teacher's probabilities of the training rows come from, in words.
SOURCES = {
    "cv": "out of fold",
    "oob": "out of bag",
    "teacher": "in-sample: it was fitted on these rows",
    "teacher_proba": "brought by the user",
}


def quality(evidence: Evidence) -> Section:
    """Log-loss, Brier score, accuracy and area under the curve."""
    models = list(evidence.proba)
    n = len(evidence.codes)
    draws = ""
    if evidence.n_bootstrap:
        draws = f", with 95% intervals of {evidence.n_bootstrap} bootstrap draws"
    tables = [
        Table(
            f"Models on {n:,} held-out rows{draws}",
            ("model", *_HEADER),
            tuple(_row(evidence, name) for name in models),
        )
    ]
    pairs = [f"{DISTILLED} - {other}" for other in models if other != DISTILLED]
    if pairs:
        tables.append(
            Table(
                f"Differences, paired over rows{draws} (log-loss and Brier score: "
                "below 0 the distilled student is better; accuracy and AUC: above)",
                ("difference", *_HEADER),
                tuple(_row(evidence, pair, signed=True) for pair in pairs),
            )
        )
    findings = [_difference(evidence, other) for other in models if other != DISTILLED]
    if {LABELS, TEACHER} <= set(models):
        findings += _share_of_the_way(evidence)
    if TEACHER not in models and evidence.training is not None:
        tables.append(_of_training(evidence.training))
    return Section("Quality", tuple(findings), tuple(tables))


def _row(evidence: Evidence, name: str, *, signed: bool = False) -> tuple[str, ...]:
    cells = (evidence.interval(name, metric) for metric in METRICS)
    return (name, *(with_interval(one, signed=signed) for one in cells))


def _difference(evidence: Evidence, other: str) -> str:
    one = evidence.interval(f"{DISTILLED} - {other}", "log_loss")
    if evidence.is_same_as(other):
        return f"The distilled student gives every row the probabilities of {other!r}."
    compared = "lower" if one.value < 0 else "higher"
    against = "the teacher's" if other == TEACHER else "that of the same one on labels"
    limits = ""
    if not np.isnan(one.low):
        told = "does not contain" if one.excludes_zero else "contains"
        limits = (
            f" (95% interval of the difference {one.low:+.4f} to {one.high:+.4f}, "
            f"which {told} 0{_but(evidence, other, one)})"
        )
    return (
        f"The distilled student's log-loss is {abs(one.value):.4f} nats {compared} "
        f"than {against}{limits}."
    )


def _but(evidence: Evidence, other: str, one: Interval) -> str:
    """Where a few large losses make the two ways to tell noise disagree, say so."""
    gap = evidence.losses[other] - evidence.losses[DISTILLED]
    error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
    clear = abs(one.value) > 2 * error
    if clear == one.excludes_zero:
        return ""
    return f"; two standard errors of {error:.4f} say otherwise, as few rows decide"


def _share_of_the_way(evidence: Evidence) -> list[str]:
    losses = {name: float(rows.mean()) for name, rows in evidence.losses.items()}
    way = losses[LABELS] - losses[TEACHER]
    if way <= 0:
        return [
            "The teacher's log-loss is not below that of the student on labels: there "
            "was little to learn from it."
        ]
    share = (losses[LABELS] - losses[DISTILLED]) / way
    return [f"Distilling went {share:.0%} of the way from the labels to the teacher."]


def _of_training(training: Training) -> Table:
    rows = []
    for name, proba in (("teacher", training.teacher), ("raw", training.raw_teacher)):
        if proba is None:
            continue
        label = SOURCES.get(training.source, training.source)
        if name == "raw":
            label += ", before calibration and out-of-bag votes"
        rows.append(
            (
                f"teacher, {label}",
                number(float(label_losses(proba, training.codes).mean())),
                number(float(held_out_brier(proba, training.codes).mean())),
                number(float((proba.argmax(axis=1) == training.codes).mean())),
            )
        )
    return Table(
        f"The teacher on {len(training.codes):,} training rows (there is no single "
        "teacher at hand that could predict the held-out ones)",
        ("model", *_HEADER[:3]),
        tuple(rows),
    )
