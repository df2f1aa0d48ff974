"""Rules that turn teacher probabilities into what the student is asked to match.

A rule is called as ``rule(P, y)`` with probabilities (n, K) and labels encoded
0..K-1, and returns targets (n, K). Rules compose: each gets what the one before made.
A rule with ``needs_labels = True`` cannot serve rows without labels; one with
``needs_teacher = False`` makes its targets without looking at the probabilities; one
with ``by_row = False`` takes means over the rows it gets, which then must be all.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_positive, check_unit

__all__ = ["LabelSmoothing", "Temperature", "check_codes", "one_hot", "temper"]

Array = npt.NDArray[Any]


def one_hot(y: Array, n_classes: int) -> Array:
    """Labels 0..K-1 as rows of an identity matrix, (n, K) float64."""
    codes: Array = np.zeros((len(y), n_classes))
    codes[np.arange(len(y)), y] = 1.0
    return codes


def check_codes(y: Any, shape: tuple[int, ...], rule: Any) -> Array:
    """Return labels as an array (n,) of columns of an (n, K) matrix, or say why not."""
    if y is None:
        raise ValueError(
            f"y must hold the labels of the rows for {rule!r:.80}, got None. Rows "
            "without labels need a rule without them, such as Temperature or TopK."
        )
    y = np.asarray(y)
    if y.shape != shape[:1]:
        raise ValueError(f"y must have shape {shape[:1]}, got {y.shape}.")
    if y.dtype.kind not in "iu":
        raise ValueError(
            f"y must be encoded 0..{shape[1] - 1}, got {y.dtype}. Use np.unique(y, "
            "return_inverse=True)[1]."
        )
    if len(y) and not (y.min() >= 0 and y.max() < shape[1]):
        raise ValueError(
            f"y must be encoded 0..{shape[1] - 1}, "
            f"got labels from {y.min()} to {y.max()}. Use np.unique(y, "
            "return_inverse=True)[1]."
        )
    return np.asarray(y)


def temper(proba: Array, temperature: float) -> Array:
    """Probabilities raised to the power ``1 / temperature`` and renormalised.

    Scaled by the largest entry of the row first, so that a high temperature cannot
    underflow; an entry that is exactly 0 stays 0.
    """
    top = proba.max(axis=1, keepdims=True)
    powered: Array = (proba / top) ** (1.0 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Temperature:
    r"""Teacher probabilities softened (or sharpened) on the teacher's side only.

    .. math:: t_k \propto P_k^{1/T}

    The parameter ``temperature`` of the distillers softens teacher *and* student, as
    Hinton does; this rule changes the targets alone and so serves every student.

    Parameters
    ----------
    temperature : float, default=1.0
        In (0, inf); above 1 flattens, below 1 sharpens.

    Raises
    ------
    ValueError
        If `temperature` is not a positive finite number.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, equation (1). :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import Temperature
    >>> Temperature(2.0)(np.array([[0.8, 0.2]]), None).round(3)
    array([[0.667, 0.333]])
    """

    temperature: float = 1.0
    needs_labels: ClassVar[bool] = False
    needs_teacher: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)

    def __call__(self, proba: Array, y: Array | None = None) -> Array:
        """Return targets (n, K) from probabilities (n, K); `y` is not used."""
        return temper(np.asarray(proba), self.temperature)


@dataclass(frozen=True, slots=True)
class LabelSmoothing:
    r"""Labels mixed with the uniform distribution; the teacher is not asked.

    .. math:: t = (1 - \epsilon) Y + \epsilon / K

    This is distillation from a teacher that knows nothing, the "universe" part of
    what a teacher gives [1]_.

    Parameters
    ----------
    eps : float, default=0.1
        Weight of the uniform distribution, in [0, 1].

    Raises
    ------
    ValueError
        If `eps` lies outside [0, 1].

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import LabelSmoothing
    >>> LabelSmoothing(0.1)(np.array([[0.5, 0.5]]), np.array([0]))
    array([[0.95, 0.05]])
    """

    eps: float = 0.1
    needs_labels: ClassVar[bool] = True
    needs_teacher: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_unit("eps", self.eps)

    def __call__(self, proba: Array, y: Array) -> Array:
        """Return targets (n, K) from labels 0..K-1 (n,); `proba` gives only K."""
        n_classes = np.shape(proba)[1]
        y = check_codes(y, np.shape(proba), self)
        return np.asarray((1 - self.eps) * one_hot(y, n_classes) + self.eps / n_classes)
