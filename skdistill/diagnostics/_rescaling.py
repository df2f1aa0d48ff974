"""How a teacher rescales the gradient of each row, and where it turns it round."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame
from skdistill._validation import check_positive, check_probabilities, check_unit
from skdistill.diagnostics._checks import check_codes
from skdistill.targets import temper

__all__ = ["FLOOR", "GradientRescaling", "gradient_rescaling"]

Array = npt.NDArray[Any]

#: Lower bound of 1 - q_t, by which the weight divides.
FLOOR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class GradientRescaling(FrameHtml):
    """Weight that the teacher gives to each row's pull towards its label.

    Attributes
    ----------
    weights : ndarray of shape (n_samples,), float64
        Gradient of the distillation loss at the label's logit, divided by that of the
        loss on labels alone; 1 leaves the row as it is, below 0 it is pushed away from
        its label.
    counts : ndarray of shape (n_bins,), int
        Histogram of the weights. The outer bins count what lies beyond them too.
    edges : ndarray of shape (n_bins + 1,), float64
        Its edges, from the .5th to the 99.5th percentile.
    mean : float
        Of the weights.
    share_negative : float
        Share of rows with a weight below 0.
    n_floored : int
        Rows whose label the student is so sure of that 1 - q_t was raised to 1e-6.
        Their gradients are next to nothing, and their weights count in none of the
        numbers here.
    alpha, temperature : float
        As given.
    sentence : str
        The finding, with an alarm where the teacher pushes against labels.
    defined : ndarray of shape (n_samples,), bool
        Rows that were not floored.
    """

    weights: Array
    counts: Array
    edges: Array
    mean: float
    share_negative: float
    n_floored: int
    alpha: float
    temperature: float
    sentence: str
    defined: Array

    @property
    def negative(self) -> Array:
        """Rows with a weight below 0, the most negative first, (n_negative,).

        Without those that were floored.
        """
        return _negative(self.weights, self.defined)

    def to_frame(self) -> Any:
        """Return the histogram as a :class:`pandas.DataFrame`, one row a bin.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        bins = zip(self.edges[:-1], self.edges[1:], self.counts, strict=True)
        return as_frame([{"from": a, "to": b, "rows": n} for a, b, n in bins])

    def __str__(self) -> str:
        """Sentence and histogram as text."""
        longest = max(int(self.counts.max()), 1)
        lines = [
            f"{low:8.2f} to {high:8.2f} {count:8d} {'#' * round(40 * count / longest)}"
            for low, high, count in zip(
                self.edges[:-1], self.edges[1:], self.counts, strict=True
            )
        ]
        return "\n".join([self.sentence, *(line.rstrip() for line in lines)])

    def __repr__(self) -> str:
        """Numbers, not the arrays."""
        return (
            f"GradientRescaling(n_samples={len(self.weights)}, mean={self.mean:.3g}, "
            f"share_negative={self.share_negative:.3g}, n_floored={self.n_floored})"
        )


def gradient_rescaling(
    proba: npt.ArrayLike,
    student_proba: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    alpha: float = 0.5,
    temperature: float = 1.0,
    squared: bool = True,
    n_bins: int = 20,
) -> GradientRescaling:
    r"""Weight of each row's gradient under distillation against labels alone.

    With p the teacher, q the student, t the label, tildes for the temperature
    :math:`\tau` and the loss :math:`(1-\alpha) H(y, q) + \alpha \tau^2 H(\tilde p,
    \tilde q)` it is, at the label's logit,

    .. math:: w_t = (1 - \alpha) + \alpha \tau
              \frac{\tilde p_t - \tilde q_t}{1 - q_t} ,

    the "instance" part of what a teacher gives: rows that it finds easy count more.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Teacher probabilities the student is to learn from.
    student_proba : array-like of shape (n_samples, n_classes)
        Those of the student on the same rows, at temperature 1; of a student in
        training, or one on labels alone. At the end of a fit to the teacher all
        differences are small and the weights near ``1 - alpha``.
    y : array-like of shape (n_samples,), int
        Labels encoded 0..K-1.
    alpha : float, default=0.5
        Weight of the teacher's part (the paper's lambda), in [0, 1]. With 1 about half
        of the rows are negative: the student is above or below the teacher.
    temperature : float, default=1.0
        In (0, inf).
    squared : bool, default=True
        Whether the teacher's part is multiplied by the temperature squared, as in
        :class:`skdistill.losses.CrossEntropy`; otherwise :math:`1/\tau` replaces
        :math:`\tau`. The paper does not, as far as we know.
    n_bins : int, default=20
        Bins of the histogram.

    Returns
    -------
    GradientRescaling

    Raises
    ------
    TypeError
        If a parameter is no number.
    ValueError
        If a parameter is out of range, rows are no probabilities, or shapes disagree.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    The teacher is sure of the first label, and thinks the second wrong:

    >>> from skdistill.diagnostics import gradient_rescaling
    >>> P, q = [[0.9, 0.1], [0.9, 0.1]], [[0.6, 0.4], [0.6, 0.4]]
    >>> found = gradient_rescaling(P, q, [0, 1])
    >>> found.weights.round(3)
    array([0.875, 0.25 ])
    >>> found.share_negative
    0.0
    """
    teacher = check_probabilities("proba", proba)
    student = check_probabilities("student_proba", student_proba, shape=teacher.shape)
    codes = check_codes(y, teacher.shape)
    alpha = check_unit("alpha", alpha)
    temperature = check_positive("temperature", temperature)
    if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
        raise ValueError(f"n_bins must be a positive integer, got {n_bins!r}.")
    rows = np.arange(len(codes))
    gap = temper(teacher, temperature) - temper(student, temperature)
    left = 1 - student[rows, codes]
    scale = temperature if squared else 1 / temperature
    pull = alpha * scale * gap[rows, codes] / np.maximum(left, FLOOR)
    weights = 1 - alpha + pull
    defined = left >= FLOOR
    counts, edges = _histogram(weights[defined], n_bins)
    return GradientRescaling(
        weights=weights,
        counts=counts,
        edges=edges,
        mean=float(weights[defined].mean()) if defined.any() else float("nan"),
        share_negative=float((weights[defined] < 0).sum() / len(weights)),
        n_floored=int((~defined).sum()),
        alpha=alpha,
        temperature=temperature,
        sentence=say(weights, teacher, codes, defined),
        defined=defined,
    )


def _histogram(weights: Array, n_bins: int) -> tuple[Array, Array]:
    if not len(weights):
        return np.zeros(n_bins, dtype=np.intp), np.linspace(-0.5, 0.5, n_bins + 1)
    low, high = np.quantile(weights, [0.005, 0.995])
    if high - low < 1e-9 * max(1.0, abs(high)):  # all alike: bins as NumPy makes them
        low, high = low - 0.5, high + 0.5
    inside = np.clip(weights, low, high)
    counts, edges = np.histogram(inside, bins=n_bins, range=(low, high))
    return counts, edges


def _negative(weights: Array, defined: Array) -> Array:
    below = np.flatnonzero(defined & (weights < 0))
    found: Array = below[np.argsort(weights[below], kind="stable")]
    return found


def say(
    weights: Array,
    teacher: Array,
    codes: Array,
    defined: Array,
    names: Array | None = None,
) -> str:
    """Say what was found; `names` are those of the rows, their numbers by default."""
    n_floored = int((~defined).sum())
    floored = (
        f" Left out are {n_floored} rows of whose label the student is sure."
        if n_floored
        else ""
    )
    if not defined.any():
        return "The student is sure of every label: no row has a weight."
    median = (
        f"The median weight of {int(defined.sum())} rows is "
        f"{np.median(weights[defined]):.2f} (1 is the label alone).{floored}"
    )
    negative = _negative(weights, defined)
    if not len(negative):
        return f"The teacher pushes against no label. {median}"
    share = (
        f"{len(negative)} of {len(weights)} rows ({len(negative) / len(weights):.1%})"
    )
    other = teacher[negative].argmax(axis=1) != codes[negative]
    if not other.any():
        return (
            f"The teacher pushes against the label in {share}: it is less sure of them "
            f"than the student, but disagrees with none. {median}"
        )
    shown = negative[other][:5]
    worst = ", ".join(str(row) for row in (shown if names is None else names[shown]))
    return (
        f"ALARM: the teacher pushes against the label in {share}; in "
        f"{other.mean():.0%} of them another class is its first choice: the label is "
        "wrong, or the teacher is, or chance decided between the classes. Look at rows "
        f"{worst} first. {median}"
    )
