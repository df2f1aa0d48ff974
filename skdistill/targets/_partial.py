"""KD-pt: of the teacher only its confidence in the label of each row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_matrix, check_unit
from skdistill.targets._rules import check_codes, one_hot
from skdistill.targets._similarity import ClassSimilarity

__all__ = ["UNIFORM", "PartialTeacher"]

Array = npt.NDArray[Any]

UNIFORM = "uniform"


@dataclass(frozen=True, slots=True)
class PartialTeacher:
    r"""Teacher reduced to its probability of the label; the rest is spread.

    For a row with label t

    .. math:: t_t = p_t, \qquad t_k = (1 - p_t)\, r_{tk} \quad (k \ne t)

    with :math:`r_{tk} = 1/(K-1)`: the "instance" part of what a teacher gives, how
    hard each row is, and no word about the other classes (KD-pt [1]_). With `spread`
    the rest follows the similarity of the classes (KD-pt+sim).

    A temperature comes before it: ``target=[Temperature(2), PartialTeacher()]``.

    Parameters
    ----------
    floor : float or "uniform", default=0.0
        Probability of the label, in [0, 1], below which the teacher is not believed;
        "uniform" is 1/K, below which the target would put the label behind all other
        classes (a wrong label, or a wrong teacher). 0 believes every row.
    fallback : rule or None, default=None
        Rule of the rows below `floor`, such as ``LabelSmoothing(0.1)``; None raises
        their probability of the label to `floor`.
    spread : ClassSimilarity or None, default=None
        Whose similarities the rest follows; its `mix` is not used. None spreads it
        evenly.

    Raises
    ------
    ValueError
        If `floor` is neither "uniform" nor in [0, 1]; when called, if there are no
        labels or they do not fit.
    TypeError
        If `fallback` is no rule or `spread` no ClassSimilarity.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import LabelSmoothing, PartialTeacher
    >>> P, y = np.array([[0.8, 0.15, 0.05], [0.7, 0.1, 0.2]]), np.array([0, 1])
    >>> PartialTeacher()(P, y).round(2)
    array([[0.8 , 0.1 , 0.1 ],
           [0.45, 0.1 , 0.45]])
    >>> PartialTeacher("uniform", LabelSmoothing(0.3))(P, y).round(2)
    array([[0.8, 0.1, 0.1],
           [0.1, 0.8, 0.1]])
    """

    floor: float | str = 0.0
    fallback: Callable[..., Array] | None = None
    spread: ClassSimilarity | None = None
    needs_labels: ClassVar[bool] = True
    needs_teacher: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if isinstance(self.floor, str):
            if self.floor != UNIFORM:
                raise ValueError(
                    f"floor must be 'uniform' or a number in [0, 1], got "
                    f"{self.floor!r}."
                )
        else:
            check_unit("floor", self.floor)
        if self.fallback is not None and (
            not callable(self.fallback) or isinstance(self.fallback, type)
        ):
            raise TypeError(
                "fallback must be None or a rule called as rule(P, y), got "
                f"{self.fallback!r}. Use LabelSmoothing(0.1)."
            )
        if self.spread is not None and not isinstance(self.spread, ClassSimilarity):
            raise TypeError(
                f"spread must be None or a ClassSimilarity, got {self.spread!r}."
            )

    @property
    def by_row(self) -> bool:
        """Whether each row's target is its own: unless classes are compared."""
        parts = (self.fallback, self.spread)
        return all(getattr(part, "by_row", True) for part in parts)

    def __call__(self, proba: Array, y: Array) -> Array:
        """Return targets (n, K) from probabilities (n, K) and labels 0..K-1 (n,)."""
        proba = check_matrix("proba", proba).astype(np.float64)
        y = check_codes(y, proba.shape, self)
        n_samples, n_classes = proba.shape
        floor = 1 / n_classes if self.floor == UNIFORM else float(self.floor)
        confidence = proba[np.arange(n_samples), y]
        low = confidence < floor
        if self.fallback is None:
            confidence = np.maximum(confidence, floor)
        targets = self._rest(proba, y) * (1 - confidence)[:, None]
        targets[np.arange(n_samples), y] = confidence
        if self.fallback is not None and low.any():
            # Called on all rows: what it takes from them (class means) stays the same.
            targets[low] = np.asarray(self.fallback(proba, y))[low]
        return np.asarray(targets)

    def _rest(self, proba: Array, y: Array) -> Array:
        """Shares of the other classes, rows summing to 1; 0 for the label."""
        n_classes = proba.shape[1]
        if self.spread is None:
            return np.asarray((1 - one_hot(y, n_classes)) / max(n_classes - 1, 1))
        return self.spread.others(proba, y)[y]
