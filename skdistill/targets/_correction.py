"""Loss correction: targets moved from the teacher towards the labels by gamma."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from skdistill import _kernels
from skdistill._validation import check_matrix, check_positive, check_unit
from skdistill.targets._rules import check_codes, one_hot

__all__ = ["FLOOR", "RULES", "LossCorrection"]

Array = npt.NDArray[Any]

#: Lower bound of P on the log scale: 1 / number of trees in the authors' code.
FLOOR = 1 / 500

#: Rules with the strength used when none is given (c, or tmax for "power"): among the
#: larger values that the authors' cross-validation chose for strong teachers, whose
#: most frequent choice is next to no correction.
RULES: dict[str, float] = {
    "fast": 0.01,
    "slow": 0.01,
    "relative": 0.5,
    "absolute": 0.05,
    "power": 2.0,
    "orthogonal": 1.0,
    "mixed": 0.1,
}


@dataclass(frozen=True, slots=True)
class LossCorrection:
    """First-order correction of the teacher's error, ``T = g(P) + gamma * (Y - P)``.

    ``gamma = 0`` trusts the teacher, the largest ``gamma`` trusts the labels. The
    rules choose it per row and class to trade the teacher's squared error against
    the variance of the labels:

    ============== =================================================== ==============
    rule           gamma                                               strength
    ============== =================================================== ==============
    ``fast``       argmin g² v + c (g - r)², that is r c / (c + v)     c > 0
    ``slow``       argmin g² v + c (g - r)⁴ (exact root of the cubic)  c > 0
    ``relative``   minimax over p in [P / (1 + c), P (1 + c)]          c > 0
    ``absolute``   minimax over p in [P - c, P + c]                    c > 0
    ``power``      minimax over p between P and P^(1/c)                c > 0
    ``orthogonal`` r, the fully Neyman-orthogonal correction           not used
    ``mixed``      the same number everywhere                          in [0, 1]
    ============== =================================================== ==============

    with ``r = 1`` and ``g`` the identity on the prob scale, ``r = 1 / max(P, floor)``
    and ``g = log`` on the log scale. ``v`` is the label variance.

    Parameters
    ----------
    rule : str, default="fast"
        One of the names above.
    strength : float, default=None
        The rule's constant; None takes a small one, for a strong teacher.
    variance : {"plugin", "observed"}, default="plugin"
        ``v = P (1 - P)``, or ``v = (Y - P)²`` with the observed label as in the
        authors' code. The latter makes gamma depend on the label, which biases the
        targets even of a perfect teacher (at P = .1, c = .1 their mean is .028).
    scale : {"prob", "log"}, default="prob"
        Scale g of the targets.
    per_class : bool, default=False
        Whether each class keeps its own gamma. False shares one gamma over the
        classes of a row, the average weighted by P (1 - P): then every row of T sums
        to 1 and, as gamma is at most 1 on the prob scale, stays in the simplex, which
        a cross-entropy needs. On the log scale gamma is always per class.
    floor : float, default=1/500
        Lower bound of P where a logarithm or 1/P is taken, in (0, 1).

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on loss correction; the rules are
       those of the authors' code. :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import LossCorrection
    >>> LossCorrection("fast", 0.25)(np.array([[0.5, 0.5]]), np.array([0]))
    array([[0.75, 0.25]])
    """

    rule: str = "fast"
    strength: float | None = None
    variance: Literal["plugin", "observed"] = "plugin"
    scale: Literal["prob", "log"] = "prob"
    per_class: bool = False
    floor: float = FLOOR
    needs_labels: ClassVar[bool] = True
    needs_teacher: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_choice("rule", self.rule, tuple(RULES))
        _check_choice("variance", self.variance, ("plugin", "observed"))
        _check_choice("scale", self.scale, ("prob", "log"))
        if self.strength is not None:
            if self.rule == "mixed":
                check_unit("strength", self.strength)
            else:
                check_positive("strength", self.strength)
        check_unit("floor", check_positive("floor", self.floor))

    def gamma(self, proba: Array, y: Array) -> Array:
        """Correction strength per row and class.

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes)
            Teacher probabilities.
        y : ndarray of shape (n_samples,), int
            Labels encoded 0..K-1; used when ``variance="observed"``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            In [0, 1] on the prob scale.
        """
        proba = np.ascontiguousarray(proba, dtype=np.float64)
        strength = RULES[self.rule] if self.strength is None else float(self.strength)
        gamma: Array = _kernels.gamma(
            proba,
            y,
            self.rule,
            strength,
            variance=self.variance,
            scale=self.scale,
            floor=self.floor,
        )
        if self.per_class or self.scale == "log":
            return gamma
        return np.broadcast_to(_shared(gamma, proba)[:, None], gamma.shape)

    def __call__(self, proba: Array, y: Array) -> Array:
        """Return targets (n, K) from probabilities (n, K) and labels 0..K-1 (n,)."""
        proba = check_matrix("proba", proba).astype(np.float64)
        y = check_codes(y, proba.shape, self)
        base = proba if self.scale == "prob" else np.log(np.maximum(proba, self.floor))
        targets: Array = base + self.gamma(proba, y) * (
            one_hot(y, proba.shape[1]) - proba
        )
        return targets


def _shared(gamma: Array, proba: Array) -> Array:
    """One gamma a row: the average over classes weighted by the label variance.

    A plain mean would not do: with many classes nearly all have P near 0, where every
    rule says "trust the label", and would drown the few that carry the variance.
    """
    variance = proba * (1 - proba)
    total = variance.sum(axis=1)
    certain = total <= np.finfo(np.float64).tiny
    weights = np.where(certain[:, None], 1.0, variance)
    shared: Array = (weights * gamma).sum(axis=1) / weights.sum(axis=1)
    return shared


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {names}, got {value!r}.")
