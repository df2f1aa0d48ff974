"""What of a teacher's knowledge a student gains from: smoothing, classes, or rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame

__all__ = [
    "AblationRow",
    "KnowledgeAblation",
    "KnowledgePart",
    "split_gain",
    "summarise",
]

Array = npt.NDArray[Any]

LABELS, SMOOTHING, FULL = "labels", "smoothing", "full KD"
PT, SIM, PT_SIM, TOP = "pt", "sim", "pt+sim", "top-k"

#: What each part is, for sentences.
PARTS = {
    "universe": "smoothing alone",
    "domain": "which classes are alike",
    "instance": "how sure the teacher is of each row",
    "rest": "what it says of each row beyond that",
}


@dataclass(frozen=True, slots=True)
class AblationRow:
    """One target, as learned by the student.

    Attributes
    ----------
    name : str
    rule : str
        The rules that made the target.
    log_loss, log_loss_error : float
        Mean on the labels of the rows that judge, in nats, and its standard error. A
        probability of 0 counts as machine epsilon: 36 nats, which decide where a
        student has such (a tree on labels).
    accuracy : float
    gain, gain_error : float
        Log-loss of the student on labels minus this one, positive when better, and
        its standard error, paired over rows.
    """

    name: str
    rule: str
    log_loss: float
    log_loss_error: float
    accuracy: float
    gain: float
    gain_error: float


@dataclass(frozen=True, slots=True)
class KnowledgePart:
    """Part of the gain of full distillation over labels.

    Attributes
    ----------
    name : {"universe", "domain", "instance", "rest"}
    gain, gain_error : float
        Nats per row, and standard error.
    """

    name: str
    gain: float
    gain_error: float

    @property
    def clear(self) -> bool:
        """Whether it is more than two standard errors from 0."""
        return abs(self.gain) > 2 * self.gain_error


@dataclass(frozen=True, slots=True, eq=False)
class KnowledgeAblation(FrameHtml):
    """What a student gains from each kind of knowledge of a teacher.

    Attributes
    ----------
    rows : tuple of AblationRow
        Labels, smoothing, pt, sim, pt+sim, top-k, full KD.
    parts : tuple of KnowledgePart
        Gain of full distillation over labels, split in four that sum to it: universe
        (smoothing over labels), domain (class relations over even smoothing), instance
        (the confidence in each row over the same for all), and the rest (full
        probabilities over both). Of domain and instance, each the mean of what it adds
        alone and to the other.
    n_judged : int
        Rows that judged.
    n_teacher_fits : int
    scored_on : {"held-out rows", "test rows", "out-of-fold rows"}
    proba : ndarray of shape (n_train, n_classes)
        The out-of-fold probabilities all targets were made of.
    sentence : str
        The finding in words.
    """

    rows: tuple[AblationRow, ...]
    parts: tuple[KnowledgePart, ...]
    n_judged: int
    n_teacher_fits: int
    scored_on: str
    proba: Array
    sentence: str

    def to_frame(self) -> Any:
        """Return the table as a :class:`pandas.DataFrame`, one row a target.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return as_frame([asdict(row) for row in self.rows], "name")

    def __str__(self) -> str:
        """Sentence and table as text."""
        lines = [f"{'target':<10} {'log-loss':>17} {'accuracy':>9} {'gain':>18}"]
        lines += [
            f"{row.name:<10} {row.log_loss:8.4f} ± {row.log_loss_error:.4f} "
            f"{row.accuracy:9.4f} {row.gain:+9.4f} ± {row.gain_error:.4f}"
            for row in self.rows
        ]
        return "\n".join([self.sentence, *lines])

    def __repr__(self) -> str:
        """Return the sentence, not the arrays."""
        return f"KnowledgeAblation({self.sentence!r})"


def split_gain(losses: Mapping[str, Array]) -> tuple[KnowledgePart, ...]:
    """Split the gain of full distillation; errors paired over rows.

    Smoothing, pt, sim and pt+sim are the corners of a square: confidence the same for
    all rows or of each row, spread evenly or by class. What a side adds depends on
    where one starts, so domain and instance are means over both (Shapley values).
    """
    smooth, both = losses[SMOOTHING], losses[PT_SIM]
    confident, similar = losses[PT], losses[SIM]
    terms = {
        "universe": losses[LABELS] - smooth,
        "domain": ((smooth - similar) + (confident - both)) / 2,
        "instance": ((smooth - confident) + (similar - both)) / 2,
        "rest": both - losses[FULL],
    }
    return tuple(
        KnowledgePart(name, *mean_and_error(rows)) for name, rows in terms.items()
    )


def mean_and_error(rows: Array) -> tuple[float, float]:
    """Mean and its standard error; NaN for a single row."""
    error = rows.std(ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.nan
    return float(rows.mean()), float(error)


def summarise(
    rules: Mapping[str, list[Any]],
    *,
    losses: Mapping[str, Array],
    hits: Mapping[str, Array],
    n_teacher_fits: int,
    scored_on: str,
    proba: Array,
) -> KnowledgeAblation:
    """Build the record from the log-loss and hits of each row, target by target."""
    rows = []
    for name, own in losses.items():
        gain, gain_error = mean_and_error(losses[LABELS] - own)
        with np.printoptions(threshold=2, edgeitems=1, precision=3):
            chain = ", ".join(str(rule) for rule in rules.get(name, ()))
        rows.append(
            AblationRow(
                name,
                " ".join(chain.split()) or ("y" if name == LABELS else "P"),
                *mean_and_error(own),
                accuracy=float(hits[name].mean()),
                gain=gain,
                gain_error=gain_error,
            )
        )
    parts = split_gain(losses)
    return KnowledgeAblation(
        rows=tuple(rows),
        parts=parts,
        n_judged=len(losses[LABELS]),
        n_teacher_fits=n_teacher_fits,
        scored_on=scored_on,
        proba=proba,
        sentence=_sentence(losses, parts, scored_on),
    )


def _sentence(
    losses: Mapping[str, Array], parts: tuple[KnowledgePart, ...], scored_on: str
) -> str:
    gain, error = mean_and_error(losses[LABELS] - losses[FULL])
    amount = f"{abs(gain):.4f}" if abs(gain) > 2 * error else f"{gain:+.4f}"
    size = f"{amount} nats a row (standard error {error:.4f})"
    where = f"on {len(losses[LABELS])} {scored_on}"
    if gain > 2 * error:
        # Shares of a sum with negative terms say nothing.
        shared = all(part.gain >= 0 or not part.clear for part in parts)
        unit, form = (gain, ".0%") if shared else (1.0, "+.4f")
        shares = ", ".join(
            f"{part.gain / unit:{form}} {part.name} ({PARTS[part.name]}"
            f"{'' if part.clear else '; within noise'})"
            for part in parts
        )
        text = f"Full distillation gains {size} over labels {where}: {shares}."
    else:
        worse = gain < -2 * error
        verb = "loses" if worse else "gains nothing beyond noise:"
        text = f"Full distillation {verb} {size} against labels {where}; no shares."
    if scored_on == "out-of-fold rows":
        text += " This flatters the teacher, whose folds saw the labels that judge."
    return text + _better_one(losses)


def _better_one(losses: Mapping[str, Array]) -> str:
    """Say which target beats full distillation beyond noise, if one does."""
    best = min(losses, key=lambda name: losses[name].mean())
    lead, error = mean_and_error(losses[FULL] - losses[best])
    if not lead > 2 * error:
        return ""
    return (
        f" Best is {best}, by {lead:.4f} (standard error {error:.4f}) before full "
        "distillation."
    )
