"""The three explanations of distillation, measured: rows, variance, complexity."""

import numpy as np

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import NO_TEACHER
from skdistill.diagnostics._evidence import DISTILLED, TEACHER, Evidence, Training
from skdistill.diagnostics._rescaling import gradient_rescaling, say
from skdistill.diagnostics._risk import RiskDecomposition, risk_decomposition
from skdistill.diagnostics._sections._parts import Drawing, Section, Table, number
from skdistill.diagnostics.complexity import rank_supervision, student_kernel
from skdistill.diagnostics.complexity._students import kernel_rows
from skdistill.diagnostics.displays import GradientRescalingDisplay

__all__ = ["explanations"]

#: Rows of the kernel matrix, whose cost grows with their cube.
_KERNEL_ROWS = 1000
#: Rows beyond one a class below which complexities are alike.
_FEW = 10
#: More classes than this and targets are too many columns to be ranked in passing.
_MOST_CLASSES = 100
#: Share of the jitter above which a complexity says nothing of the targets.
_MOSTLY_JITTER = 0.5
_QUANTITIES = (
    ("variance_onehot", "variance of a row's loss, labels"),
    ("variance_distilled", "variance of a row's loss, soft labels"),
    ("variance_ratio", "soft by labels"),
    ("bias", "bias of the soft labels, against the labels"),
)


def explanations(evidence: Evidence) -> Section | None:
    """Gradient rescaling, variance and bias, supervision complexity."""
    training = evidence.training
    if training is None or training.source == NO_TEACHER:
        return None
    sentence, drawings = _rescaling(evidence, training)
    findings, tables = [sentence], []
    risk = _risk(evidence, training)
    if risk is not None:
        findings.append(risk.sentence)
        tables.append(_risk_table(risk))
    ranked = _complexity(evidence)
    if ranked:
        findings.append(ranked)
    return Section("What the teacher gives", tuple(findings), tuple(tables), drawings)


def _rescaling(
    evidence: Evidence, training: Training
) -> tuple[str, tuple[Drawing, ...]]:
    """In an even mixture: without labels any optimum pushes half the rows down."""
    found = gradient_rescaling(
        training.teacher,
        training.student,
        training.codes,
        alpha=0.5,
        temperature=evidence.distiller.temperature,
    )
    defined = found.defined
    words = say(found.weights, training.teacher, training.codes, defined, training.rows)
    sentence = f"In an even mixture with labels, training rows: {words}"
    if not defined.any():
        return sentence, ()
    drawing = Drawing(
        GradientRescalingDisplay(found.weights[defined]),
        "Weight of each training row's gradient in an even mixture of teacher and "
        "labels; 1 where the teacher changes nothing",
        f"Histogram of {int(defined.sum())} weights: mean {found.mean:.2f}, "
        f"{found.share_negative:.1%} of the rows below 0.",
    )
    return sentence, (drawing,)


def _risk(evidence: Evidence, training: Training) -> RiskDecomposition | None:
    """On held-out rows where a teacher labels them, else on the training rows."""
    teacher, student, codes = training.teacher, training.student, training.codes
    if TEACHER in evidence.proba:
        teacher, student = evidence.proba[TEACHER], evidence.proba[DISTILLED]
        codes = evidence.codes
    if len(np.unique(codes)) < 2 or not evidence.n_bootstrap:
        return None  # without its intervals a bias says nothing
    return risk_decomposition(
        teacher, codes, student, n_bootstrap=evidence.n_bootstrap, random_state=0
    )


def _risk_table(risk: RiskDecomposition) -> Table:
    rows = []
    for name, words in _QUANTITIES:
        low, high = risk.intervals.get(name, (float("nan"), float("nan")))
        cells = (number(one) for one in (getattr(risk, name), low, high))
        rows.append((words, *cells))
    return Table(
        f"Risk of the distilled student on {risk.n_samples:,} rows",
        ("quantity", "value", "low", "high"),
        tuple(rows),
    )


def _complexity(evidence: Evidence) -> str:
    """Rank labels and teacher on rows that neither student nor teacher was fitted on.

    On its own training rows a tree finds simple what it was grown on.
    """
    n_classes = len(evidence.distiller.classes_)
    if TEACHER not in evidence.proba or n_classes > _MOST_CLASSES:
        return ""
    most = kernel_rows(evidence.distiller.student_, _KERNEL_ROWS)
    rows = np.arange(min(n_rows(evidence.X), most))
    labels = evidence.codes[rows]
    if len(rows) < n_classes + _FEW or len(np.unique(labels)) < 2:
        return ""
    try:
        kernel = student_kernel(
            evidence.distiller.student_, take_rows(evidence.X, rows)
        )
    except TypeError:
        return ""  # a learner of no known kernel
    targets = {
        "labels": np.eye(n_classes)[labels],
        "the teacher": evidence.proba[TEACHER][rows],
    }
    if (targets["the teacher"] == targets["the teacher"][0]).all():
        return (
            f"On {len(rows):,} held-out rows the teacher says the same of every row: "
            "there is no complexity to compare with that of the labels."
        )
    ranking = rank_supervision(kernel, targets, random_state=0)
    if min(one.jitter_share for one in ranking.records) > _MOSTLY_JITTER:
        return ""  # the leaves of a single tree: nothing is told apart
    return ranking.sentence
