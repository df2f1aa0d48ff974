"""How good a teacher is, and how much of its confidence is memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame
from skdistill._validation import check_probabilities
from skdistill.crossfit import label_losses
from skdistill.diagnostics._checks import check_codes
from skdistill.diagnostics._reliability import expected_calibration_error

__all__ = ["LeakageCheck", "TeacherQuality", "leakage_check", "teacher_quality"]

Array = npt.NDArray[Any]

#: A row counts as near one-hot when its largest probability exceeds this.
NEAR_ONE_HOT = 0.99


@dataclass(frozen=True, slots=True)
class TeacherQuality(FrameHtml):
    """How far a teacher's probabilities can be trusted.

    Attributes
    ----------
    log_loss : float
        Mean, in nats; probabilities are raised to machine epsilon.
    brier : float
        Mean squared distance to the one-hot label, summed over classes, in [0, 2].
        Differences between teachers are differences of squared error to the true
        probabilities (Menon et al. 2021).
    ece : float
        Expected calibration error of the most probable class, 15 bins of equal width.
    per_class : tuple of float
        Mean log-loss of the rows of each class; NaN for a class without rows.
    worst_class : int
        Class of the largest of these.
    per_fold : tuple of float
        Mean log-loss of the held-out rows of each fold; empty without `splits`.
    """

    log_loss: float
    brier: float
    ece: float
    per_class: tuple[float, ...]
    worst_class: int
    per_fold: tuple[float, ...] = ()

    def to_frame(self) -> Any:
        """Return a :class:`pandas.DataFrame`, one row a measure, class or fold.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        parts = {name: getattr(self, name) for name in ("log_loss", "brier", "ece")}
        parts |= {f"log_loss of class {k}": v for k, v in enumerate(self.per_class)}
        parts |= {f"log_loss of fold {k}": v for k, v in enumerate(self.per_fold)}
        rows = [{"measure": name, "value": value} for name, value in parts.items()]
        return as_frame(rows, "measure")


@dataclass(frozen=True, slots=True)
class LeakageCheck(FrameHtml):
    """In-sample against out-of-fold probabilities of one teacher.

    Attributes
    ----------
    near_one_hot_in_sample, near_one_hot_out_of_fold : float
        Share of rows with a probability above .99.
    log_loss_in_sample, log_loss_out_of_fold : float
        Mean, in nats.
    memory_share : float
        Share of the in-sample confidence in the observed labels, above what their
        frequencies give, that is gone out of fold; 0 is no memory, 1 nothing but
        memory. NaN for a teacher that is no better than the frequencies in-sample.
    leaks : bool
        Whether the in-sample log-loss is lower by more than two standard errors of
        the paired difference.
    sentence : str
        The finding in words.
    """

    near_one_hot_in_sample: float
    near_one_hot_out_of_fold: float
    log_loss_in_sample: float
    log_loss_out_of_fold: float
    memory_share: float
    leaks: bool
    sentence: str

    def to_frame(self) -> Any:
        """Return a :class:`pandas.DataFrame`: in sample, then out of fold.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return as_frame(
            [
                {
                    "rows": rows.replace("_", " "),
                    "near_one_hot": getattr(self, f"near_one_hot_{rows}"),
                    "log_loss": getattr(self, f"log_loss_{rows}"),
                }
                for rows in ("in_sample", "out_of_fold")
            ],
            "rows",
        )


def teacher_quality(
    proba: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    splits: Sequence[tuple[Array, Array]] = (),
) -> TeacherQuality:
    """Score probabilities against labels they were not made from.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Out-of-fold or held-out probabilities.
    y : array-like of shape (n_samples,), int
        Labels encoded 0..K-1.
    splits : sequence of (train, test) index arrays, default=()
        Folds of a cross-fit (``crossfit_.splits``), for scores by fold.

    Returns
    -------
    TeacherQuality

    Raises
    ------
    ValueError, TypeError
        If the rows are no probabilities, `y` does not fit them, or `splits` are no
        pairs.

    References
    ----------
    .. [1] A. K. Menon et al., "A statistical perspective on distillation", ICML 2021.

    Examples
    --------
    >>> from skdistill.diagnostics import teacher_quality
    >>> round(teacher_quality([[0.8, 0.2], [0.4, 0.6]], [0, 1]).brier, 2)
    0.2
    """
    checked = check_probabilities("proba", proba)
    codes = check_codes(y, checked.shape)
    losses = label_losses(checked, codes)
    onehot = np.eye(checked.shape[1])[codes]
    per_class = tuple(
        float(losses[codes == k].mean()) if (codes == k).any() else float("nan")
        for k in range(checked.shape[1])
    )
    return TeacherQuality(
        log_loss=float(losses.mean()),
        brier=float(((checked - onehot) ** 2).sum(axis=1).mean()),
        ece=expected_calibration_error(checked, codes),
        per_class=per_class,
        worst_class=int(np.nanargmax(per_class)),
        per_fold=tuple(float(losses[test].mean()) for test in _tests(splits)),
    )


def _tests(splits: Any) -> list[Any]:
    try:
        return [test for _, test in splits]
    except (TypeError, ValueError) as error:
        raise TypeError(
            "splits must be pairs of (train, test) index arrays, got "
            f"{splits!r:.80}. Pass crossfit_.splits."
        ) from error


def leakage_check(
    proba_in_sample: npt.ArrayLike,
    proba_out_of_fold: npt.ArrayLike,
    y: npt.ArrayLike,
) -> LeakageCheck:
    """Say how much of a teacher's confidence about its training rows is memory.

    Parameters
    ----------
    proba_in_sample, proba_out_of_fold : array-like of shape (n_samples, n_classes)
        Probabilities of the same rows: from a teacher that was fitted on them, and
        from teachers that were not.
    y : array-like of shape (n_samples,), int
        Labels encoded 0..K-1.

    Returns
    -------
    LeakageCheck

    Raises
    ------
    ValueError
        If the rows are no probabilities, or shapes differ.

    Examples
    --------
    >>> from skdistill.diagnostics import leakage_check
    >>> memory = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    >>> honest = [[0.7, 0.3], [0.6, 0.4], [0.5, 0.5]]
    >>> leakage_check(memory, honest, [0, 1, 0]).leaks
    True
    """
    inside = check_probabilities("proba_in_sample", proba_in_sample)
    outside = check_probabilities(
        "proba_out_of_fold", proba_out_of_fold, shape=inside.shape
    )
    codes = check_codes(y, inside.shape)
    loss_in, loss_out = label_losses(inside, codes), label_losses(outside, codes)
    gap = loss_out - loss_in
    error = gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else np.inf
    leaks = bool(gap.mean() > 2 * error)
    sharp_in = float((inside.max(axis=1) > NEAR_ONE_HOT).mean())
    sharp_out = float((outside.max(axis=1) > NEAR_ONE_HOT).mean())
    share = _memory_share(inside, outside, codes)
    memory = f"{share:.0%} of the teacher's confidence is memory: its "
    finding = (
        f"{'The ' if np.isnan(share) else memory}log-loss is {loss_in.mean():.3f} "
        f"in-sample and {loss_out.mean():.3f} out of fold; {sharp_in:.0%} of its "
        f"in-sample soft labels are near one-hot, {sharp_out:.0%} out of fold. "
    )
    advice = (
        "The teacher remembers the rows it labels: use out-of-fold probabilities."
        if leaks
        else "No memory beyond noise: cross-fitting is not needed for this teacher."
    )
    return LeakageCheck(
        near_one_hot_in_sample=sharp_in,
        near_one_hot_out_of_fold=sharp_out,
        log_loss_in_sample=float(loss_in.mean()),
        log_loss_out_of_fold=float(loss_out.mean()),
        memory_share=share,
        leaks=leaks,
        sentence=finding + advice,
    )


def _memory_share(inside: Array, outside: Array, codes: Array) -> float:
    """``(in - out) / (in - chance)`` of the mean probability of the observed label."""
    rows = np.arange(len(codes))
    frequency = np.bincount(codes, minlength=inside.shape[1]) / len(codes)
    chance = float(frequency @ frequency)
    known_in, known_out = inside[rows, codes].mean(), outside[rows, codes].mean()
    if not known_in > chance:
        return float("nan")
    return float(np.clip((known_in - known_out) / (known_in - chance), 0, 1))
