"""Teachers in the order of their distance to the true probabilities."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame
from skdistill._validation import check_probabilities
from skdistill.crossfit import label_losses
from skdistill.diagnostics._checks import (
    check_codes,
    check_confidence,
    check_count,
    two_classes,
)
from skdistill.diagnostics._resampling import interval, resampled_means

__all__ = ["RankedTeacher", "TeacherRanking", "rank_teachers"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class RankedTeacher:
    """One teacher against the best.

    Attributes
    ----------
    name : str
    brier : float
        Mean squared distance to the one-hot label, summed over classes, in [0, 2].
    excess : float
        Brier score minus the best teacher's, which estimates how much larger the
        squared error to the true probabilities is; 0 for the best.
    excess_error : float
        Standard error of this paired difference.
    excess_low, excess_high : float
        Its bootstrap interval.
    clearly_worse : bool
        Whether the interval lies above 0.
    accuracy : float
        Share of labels that are the most probable class.
    log_loss : float
        Mean, in nats; probabilities are raised to machine epsilon.
    """

    name: str
    brier: float
    excess: float
    excess_error: float
    excess_low: float
    excess_high: float
    clearly_worse: bool
    accuracy: float
    log_loss: float


@dataclass(frozen=True, slots=True)
class TeacherRanking(FrameHtml):
    """Teachers by Brier score, the best first.

    Attributes
    ----------
    teachers : tuple of RankedTeacher
    best : str
        Name of the first.
    most_accurate : str
        Name of the teacher with the largest accuracy, the first of equals.
    accuracy_misleads : bool
        Whether the most accurate teacher is clearly worse than the best.
    confidence : float
    sentence : str
        The finding in words.
    """

    teachers: tuple[RankedTeacher, ...]
    best: str
    most_accurate: str
    accuracy_misleads: bool
    confidence: float
    sentence: str

    def to_frame(self) -> Any:
        """Return the ranking as a :class:`pandas.DataFrame`, one row a teacher.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return as_frame([asdict(one) for one in self.teachers], "name")

    def __str__(self) -> str:
        """Return the finding in words."""
        return self.sentence


def rank_teachers(
    teachers: Mapping[str, npt.ArrayLike],
    y: npt.ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: Any = None,
) -> TeacherRanking:
    r"""Rank teachers by how near their probabilities are to the true ones.

    Over labels drawn from the true probabilities :math:`p^*` the Brier score of a
    teacher is :math:`\mathrm{Brier}(p^*) + E\|p - p^*\|^2`, so differences of Brier
    scores are differences of squared error to :math:`p^*`, which nobody has to know. It
    is this distance that bounds a teacher's bias, not its accuracy [1]_.

    Parameters
    ----------
    teachers : mapping of str to array-like of shape (n_samples, n_classes)
        Names and probabilities of the same rows, which no teacher was fitted on.
    y : array-like of shape (n_samples,), int
        Labels of these rows, encoded 0..K-1.
    n_bootstrap : int, default=1000
        Resamples of the rows, the same for all teachers; at least 1.
    confidence : float, default=0.95
        Level of the percentile intervals, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Seed of the resamples.

    Returns
    -------
    TeacherRanking

    Raises
    ------
    TypeError
        If `teachers` is no mapping, an array does not hold real numbers, or
        `n_bootstrap` is no integer.
    ValueError
        If `teachers` is empty, shapes disagree, rows are no probabilities, there is one
        class or one row only, or a parameter is out of range.

    References
    ----------
    .. [1] A. K. Menon, A. S. Rawat, S. J. Reddi, S. Kim and S. Kumar, "A statistical
       perspective on distillation", ICML 2021. arXiv:2005.10419

    Examples
    --------
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import rank_teachers
    >>> _, y, truth = make_known_bayes(2000, random_state=0)
    >>> hard = truth.round()  # as accurate as the truth
    >>> rank_teachers({"hard": hard, "true": truth}, y, random_state=0).best
    'true'
    """
    probas = _check_teachers(teachers)
    shape = next(iter(probas.values())).shape
    codes = check_codes(y, shape)
    two_classes(codes)
    n_bootstrap = check_count("n_bootstrap", n_bootstrap, 1)
    confidence = check_confidence(confidence)
    onehot = np.eye(shape[1])[codes]
    scores = np.column_stack(
        [((proba - onehot) ** 2).sum(axis=1) for proba in probas.values()]
    )
    order = np.argsort(scores.mean(axis=0), kind="stable")
    gaps = scores - scores[:, order[:1]]
    errors = gaps.std(axis=0, ddof=1) / np.sqrt(len(codes))
    draws = resampled_means(gaps, n_bootstrap, random_state)
    ranked, named = [], list(probas.items())
    for i in order.tolist():
        name, proba = named[i]
        low, high = interval(draws[:, i], confidence)
        ranked.append(
            RankedTeacher(
                name=name,
                brier=float(scores[:, i].mean()),
                excess=float(gaps[:, i].mean()),
                excess_error=float(errors[i]),
                excess_low=low,
                excess_high=high,
                clearly_worse=low > 0,
                accuracy=float((proba.argmax(axis=1) == codes).mean()),
                log_loss=float(label_losses(proba, codes).mean()),
            )
        )
    return _ranking(tuple(ranked), confidence)


def _check_teachers(teachers: Any) -> dict[str, Array]:
    if not isinstance(teachers, Mapping):
        raise TypeError(
            "teachers must be a mapping of names to probabilities, got "
            f"{type(teachers).__name__}."
        )
    if not teachers:
        raise ValueError("teachers must name at least one teacher, got none.")
    probas: dict[str, Array] = {}
    shape = None
    for name, proba in teachers.items():
        checked = check_probabilities(f"teachers[{name!r}]", proba, shape=shape)
        shape = checked.shape
        probas[str(name)] = checked
    if shape is not None and shape[0] < 2:
        raise ValueError(f"teachers must have at least 2 rows, got {shape[0]}.")
    return probas


def _ranking(ranked: tuple[RankedTeacher, ...], confidence: float) -> TeacherRanking:
    best, accurate = ranked[0], max(ranked, key=lambda one: one.accuracy)
    misleads = accurate.clearly_worse
    text = f"{best.name} is nearest to the true probabilities (Brier {best.brier:.4f})"
    others = [one.name for one in ranked[1:] if not one.clearly_worse]
    text += f"; {', '.join(others)} may be as near." if others else "."
    if misleads:
        text += (
            f" Accuracy would choose {accurate.name} ({accurate.accuracy:.1%} against "
            f"{best.accuracy:.1%}), whose squared error to the true probabilities is "
            f"larger by {accurate.excess:.4f} ({confidence:.0%} interval "
            f"{accurate.excess_low:.4f} to {accurate.excess_high:.4f})."
        )
    return TeacherRanking(
        teachers=ranked,
        best=best.name,
        most_accurate=accurate.name,
        accuracy_misleads=misleads,
        confidence=confidence,
        sentence=text,
    )
