"""What "auto" chooses among: how far to trust the teacher, and on which rows."""

from dataclasses import dataclass, replace
from typing import Any

from skdistill.estimators._parameters import AUTO, Settings, resolve_correction
from skdistill.targets import LossCorrection

__all__ = ["Candidate", "candidates", "settled"]

#: Weights of the teacher's part that are tried; 0 is "labels only".
ALPHAS = (0.0, 0.25, 0.5, 1.0)
#: Strengths c of the rule "fast" that are tried: gamma at P = 1/2 is .29, .8.
STRENGTHS = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of the objective and how its student did.

    Attributes
    ----------
    alpha : float
    correction : LossCorrection or None
    synthetic : bool
        Whether the student also learned from synthetic rows.
    log_loss : float
        Mean log-loss (nats) of the student on held-out labels.
    standard_error : float
        Of that mean, over rows.
    gain : float
        Log-loss of the student on labels alone minus that of this one, on the same
        rows; NaN if labels alone was no candidate.
    gain_error : float
        Standard error of `gain`, paired over rows.
    fold_log_losses : tuple of float
        Means of the single validation folds.
    nested : bool
        Whether the teachers that labelled the student's rows had seen none of the
        validation labels.
    penalty : float
        What is added to `log_loss` before candidates are compared: `alpha` times the
        nats by which the teachers of all rows label worse than those of the validation
        folds; 0 unless they do beyond noise.
    """

    alpha: float
    correction: LossCorrection | None
    synthetic: bool = False
    log_loss: float = float("nan")
    standard_error: float = float("nan")
    gain: float = float("nan")
    gain_error: float = float("nan")
    fold_log_losses: tuple[float, ...] = ()
    nested: bool = True
    penalty: float = 0.0

    @property
    def expected(self) -> float:
        """Log-loss with the penalty: what candidates are compared by."""
        return self.log_loss + self.penalty

    def as_row(self) -> dict[str, Any]:
        """Return what is worth a column of a table."""
        return {
            "candidate": str(self),
            "log_loss": self.log_loss,
            "standard_error": self.standard_error,
            "gain": self.gain,
            "gain_error": self.gain_error,
            "penalty": self.penalty,
        }

    def __str__(self) -> str:
        """Return the setting in words."""
        if self.alpha == 0:
            return "labels only"
        words = ["the teacher alone"]
        if self.alpha < 1:
            words = [f"{self.alpha:.0%} teacher, {1 - self.alpha:.0%} labels"]
        if self.correction is not None:
            strength = self.correction.strength
            size = "" if strength is None else f" ({strength:g})"
            words.append(f"correction {self.correction.rule!r}{size}")
        if self.synthetic:
            words.append("synthetic rows")
        return ", ".join(words)


def candidates(settings: Settings) -> list[Candidate]:
    """Candidates in order of preference: the first of equals is taken.

    Where synthetic rows are "auto", they are tried with the best of these.
    """
    plain = _plain(settings)
    if settings.synthetic is True:
        return [replace(one, synthetic=one.alpha > 0) for one in plain]
    return plain


def settled(settings: Settings, candidate: Candidate) -> Settings:
    """Return the settings of one candidate."""
    return replace(
        settings,
        alpha=candidate.alpha,
        correction=candidate.correction,
        synthetic=candidate.synthetic,
    )


def _plain(settings: Settings) -> list[Candidate]:
    alphas: Any = ALPHAS if settings.alpha == AUTO else (settings.alpha,)
    if settings.correction != AUTO:
        return [
            Candidate(alpha, settings.correction if alpha > 0 else None)
            for alpha in alphas
        ]
    # A correction moves targets towards the labels, as alpha < 1 does: corrections
    # are tried at the largest alpha only, and where they have a minimum.
    if not settings.can_correct:
        return [Candidate(alpha, None) for alpha in alphas]
    corrected = [
        Candidate(alphas[-1], resolve_correction("fast", settings, strength))
        for strength in STRENGTHS
        if alphas[-1] > 0
    ]
    return [*(Candidate(alpha, None) for alpha in alphas), *corrected]
