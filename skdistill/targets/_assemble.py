"""From teacher probabilities and labels to the matrix a student is asked to match."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import (
    check_matrix,
    check_positive,
    check_probabilities,
    check_unit,
)
from skdistill.targets._correction import FLOOR, LossCorrection
from skdistill.targets._rules import check_codes, one_hot, temper

__all__ = [
    "Targets",
    "as_rules",
    "make_targets",
    "make_unlabeled_targets",
    "needs_teacher",
    "on_simplex",
]

Array = npt.NDArray[Any]
Rule = Callable[..., Array]

#: The tempered correction divides by the teacher's probability of the label; the
#: authors clamp it here, which bounds a target by tau-free constants (their config).
RATIO_FLOOR = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the student is asked to match, with what was done to get there.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_classes), float64, or TopKTargets
        Targets; rows sum to 1 on the prob scale unless a rule chose otherwise. What
        :func:`make_targets` returns is dense.
    scale : {"prob", "log"}
    temperature, alpha : float
        Parameters of the cross-entropy these targets belong to
        (:class:`skdistill.losses.CrossEntropy`).
    n_negative : int
        Entries below 0 on the prob scale.
    n_clipped : int
        Entries raised to a floor before a logarithm or a division.
    """

    values: Any
    scale: str = "prob"
    temperature: float = 1.0
    alpha: float = 1.0
    n_negative: int = 0
    n_clipped: int = 0


def on_simplex(targets: Targets) -> bool:
    """Whether every row of targets is a probability distribution, up to rounding."""
    values = targets.values
    return (
        targets.scale == "prob"
        and bool((values >= 0).all())
        and bool(np.allclose(values.sum(axis=1), 1, rtol=0, atol=1e-9))
    )


def as_rules(target: Any) -> tuple[Rule, ...]:
    """Return the ``target`` parameter of a distiller as a tuple of rules."""
    if target is None:
        return ()
    several = isinstance(target, Sequence) and not isinstance(target, str)
    rules = tuple(target) if several else (target,)
    for rule in rules:
        if not callable(rule) or isinstance(rule, type):
            raise TypeError(
                "target must be None, a rule called as rule(P, y), or a list of "
                f"rules, got {rule!r}. The rules are in skdistill.targets."
            )
    return rules


def needs_teacher(target: Any) -> bool:
    """Whether the targets of the ``target`` parameter depend on the teacher.

    They do not if any rule makes them without looking at what it is given: those after
    it see its targets only. What is no rule at all is left to :func:`as_rules`.
    """
    rules = target if isinstance(target, Sequence) else (target,)
    return all(getattr(rule, "needs_teacher", True) for rule in rules)


def make_targets(
    proba: Array,
    y: Array,
    *,
    rules: Sequence[Rule] = (),
    correction: LossCorrection | None = None,
    alpha: float = 1.0,
    temperature: float = 1.0,
    scale: str = "prob",
) -> Targets:
    """Apply the rules in order, correct, temper, and mix with the labels.

    With a temperature the loss has a tempered part (weight alpha) and a hard part; it
    depends on the targets only through the one matrix returned here (see
    :class:`skdistill.losses.CrossEntropy`).

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Teacher probabilities; a row of NaN was labelled by no teacher and gets its
        label as target.
    y : ndarray of shape (n_samples,), int
        Labels encoded 0..K-1.
    rules : sequence of callables
    correction : LossCorrection or None
    alpha : float in [0, 1]
        Weight of the teacher's part.
    temperature : float in (0, inf)
    scale : {"prob", "log"}

    Returns
    -------
    Targets

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, naming it, the requirement and the value, or a
        rule returns another shape or a value that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import Temperature, make_targets
    >>> P, y = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])
    >>> make_targets(P, y, alpha=0.5).values
    array([[0.95, 0.05],
           [0.1 , 0.9 ]])
    >>> make_targets(P, y, rules=[Temperature(2.0)]).values.round(3)
    array([[0.75 , 0.25 ],
           [0.333, 0.667]])
    """
    _check_parameters(correction, alpha, temperature, scale)
    proba = np.asarray(proba)
    uncovered: Array = np.zeros(len(proba), dtype=bool)
    if proba.ndim == 2 and proba.dtype.kind == "f":
        uncovered = np.asarray(np.isnan(proba).all(axis=1))
    check_probabilities("proba", proba[~uncovered])
    y = check_codes(y, proba.shape, make_targets)
    onehot = one_hot(y, proba.shape[1])
    base = _ruled(proba, y, rules, uncovered)
    base = np.where(uncovered[:, None], onehot, base)
    gamma = 0.0 if correction is None else correction.gamma(base, y)
    if scale == "log":
        floor = FLOOR if correction is None else correction.floor
        return _log_targets(base, onehot, gamma, alpha, floor)
    soft, n_clipped = _corrected(base, onehot, y, gamma, temperature)
    return _mixed(soft, onehot, alpha, temperature, n_clipped)


def _check_parameters(
    correction: Any, alpha: Any, temperature: Any, scale: Any
) -> None:
    if correction is not None and not isinstance(correction, LossCorrection):
        raise TypeError(
            f"correction must be None or a LossCorrection, got {correction!r:.80}. Use "
            "LossCorrection('fast')."
        )
    check_unit("alpha", alpha)
    check_positive("temperature", temperature)
    if scale not in ("prob", "log"):
        raise ValueError(f"scale must be 'prob' or 'log', got {scale!r}.")


def _ruled(proba: Array, y: Array, rules: Sequence[Rule], uncovered: Array) -> Array:
    """Apply the rules to the rows that have a teacher; means are over these alone."""
    if not rules or uncovered.all():
        return proba
    some = uncovered.any()
    part, labels = (proba[~uncovered], y[~uncovered]) if some else (proba, y)
    for rule in rules:
        part = check_matrix("target", rule(part, labels), shape=part.shape)
    if not some:
        return part
    base: Array = np.full(proba.shape, np.nan)
    base[~uncovered] = part
    return base


def make_unlabeled_targets(
    proba: Array,
    *,
    rules: Sequence[Rule] = (),
    alpha: float = 1.0,
    temperature: float = 1.0,
    scale: str = "prob",
    floor: float = FLOOR,
) -> Targets:
    """Targets of rows without labels: the teacher's opinion, never corrected.

    Where the loss has a hard part, the teacher's untempered probabilities stand in
    for the label that is not there.
    """
    base = proba
    for rule in rules:
        base = check_matrix("target", rule(base, None), shape=proba.shape)
    if scale == "log":
        return _log_targets(base, base, 0.0, 1.0, floor)
    soft = base if temperature == 1 else temper(base, temperature)
    return _mixed(soft, base, alpha, temperature, 0)


def _corrected(
    base: Array, onehot: Array, y: Array, gamma: Any, temperature: float
) -> tuple[Array, int]:
    """``w + gamma (rho / tau) (Y - w)``: the correction of a tempered cross-entropy.

    Paper 1's first-order term w (r - w.r), r = Y / P - 1, is rho (Y - w) with
    rho = w_y / P_y; at tau = 1 rho is 1 and this is P + gamma (Y - P).
    """
    if temperature == 1:
        return base + gamma * (onehot - base), 0
    soft = temper(base, temperature)
    if np.ndim(gamma) == 0:
        return soft, 0
    rows = np.arange(len(y))
    label_proba = base[rows, y]
    ratio = soft[rows, y] / np.maximum(label_proba, RATIO_FLOOR)
    step = gamma * (ratio / temperature)[:, None]
    return soft + step * (onehot - soft), int((label_proba < RATIO_FLOOR).sum())


def _mixed(
    soft: Array, hard: Array, alpha: float, temperature: float, n_clipped: int
) -> Targets:
    weight = alpha * temperature
    values = (weight * soft + (1 - alpha) * hard) / (weight + 1 - alpha)
    return Targets(
        values,
        temperature=temperature,
        alpha=alpha,
        n_negative=int((values < 0).sum()),
        n_clipped=n_clipped,
    )


def _log_targets(
    base: Array, hard: Array, gamma: Any, alpha: float, floor: float
) -> Targets:
    """Log scale: mixing happens on probabilities, since a label has no logarithm."""
    mixed = alpha * base + (1 - alpha) * hard
    values = np.log(np.maximum(mixed, floor)) + alpha * gamma * (hard - base)
    return Targets(values, scale="log", n_clipped=int((mixed < floor).sum()))
