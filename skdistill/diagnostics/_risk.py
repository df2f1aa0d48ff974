"""Variance and bias of the risk that a teacher's probabilities give a student."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame
from skdistill._validation import check_probabilities
from skdistill.diagnostics._checks import (
    check_codes,
    check_confidence,
    check_count,
    two_classes,
)
from skdistill.diagnostics._resampling import interval, resampled_means

__all__ = ["RiskDecomposition", "risk_decomposition"]

Array = npt.NDArray[Any]

LOSSES = ("cross_entropy", "squared_error")


@dataclass(frozen=True, slots=True)
class RiskDecomposition(FrameHtml):
    r"""What a teacher changes in the empirical risk of one fixed student.

    With :math:`\ell` the student's losses of all classes in one row, the one-hot risk
    is the mean of :math:`e_y'\ell`, the distilled risk that of :math:`p'\ell`.

    Attributes
    ----------
    n_samples : int
    risk_onehot, risk_distilled : float
        The two means.
    variance_onehot, variance_distilled : float
        Variance of one row's term; that of the mean is a share `1 / n_samples` of it.
    variance_ratio : float
        Distilled by one-hot; NaN if the one-hot losses are constant.
    variance_bayes : float
        Variance of the term of the true probabilities; NaN without `bayes_proba`.
    label_variance : float
        Mean variance of the loss over labels drawn from the true probabilities, or,
        without these, from the teacher's: what labels add by the law of total variance.
    bias : float
        Mean of :math:`(p - p^*)'\ell`, or of :math:`(p - e_y)'\ell` on labels.
    bias_error : float
        Its standard error over the rows.
    bias_squared : float
        ``bias**2 - bias_error**2``, without bias itself; at least 0.
    bias_source : {"bayes_proba", "labels"}
    mse_onehot, mse_distilled : float
        Mean squared error of the two risks at `n_samples` rows: variance by rows, plus
        `bias_squared` for the distilled one.
    break_even : float
        Number of rows above which the teacher's bias costs more than its smaller
        variance saves; infinite without bias, 0 if it saves no variance.
    n_raised : int
        Entries of `student_proba` raised to machine epsilon under the logarithm.
    confidence : float
    intervals : dict of str to (float, float)
        Bootstrap interval of each quantity that has one.
    sentence : str
        The finding in words.
    """

    n_samples: int
    risk_onehot: float
    risk_distilled: float
    variance_onehot: float
    variance_distilled: float
    variance_ratio: float
    variance_bayes: float
    label_variance: float
    bias: float
    bias_error: float
    bias_squared: float
    bias_source: str
    mse_onehot: float
    mse_distilled: float
    break_even: float
    n_raised: int
    confidence: float
    intervals: dict[str, tuple[float, float]]
    sentence: str

    def to_frame(self) -> Any:
        """Return the numbers as a :class:`pandas.DataFrame`, one row a quantity.

        Returns
        -------
        DataFrame
            Columns ``value``, ``low`` and ``high``; NaN without an interval.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        nothing = (float("nan"), float("nan"))
        rows = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in ("bias_source", "intervals", "sentence", "confidence"):
                low, high = self.intervals.get(field.name, nothing)
                row = {"quantity": field.name, "value": float(value)}
                rows.append(row | {"low": low, "high": high})
        return as_frame(rows, "quantity")

    def __str__(self) -> str:
        """Return the finding in words."""
        return self.sentence


def risk_decomposition(
    P: npt.ArrayLike,
    y: npt.ArrayLike,
    student_proba: npt.ArrayLike,
    *,
    bayes_proba: npt.ArrayLike | None = None,
    loss: str = "cross_entropy",
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: Any = None,
) -> RiskDecomposition:
    r"""Say what a teacher's soft labels save in variance, and what they cost in bias.

    For a fixed student, the risk measured with the true probabilities varies less than
    the risk measured with labels: :math:`\mathrm{Var}(e_y'\ell) = \mathrm{Var}(p^{*
    \prime}\ell) + E\,\mathrm{Var}_{y \sim p^*}(\ell_y)`, equal only where the losses
    of the possible classes are [1]_. A teacher's probabilities keep most of that and
    add a bias; its mean squared error is :math:`\mathrm{Var}(p'\ell)/N + (E[(p -
    p^*)'\ell])^2` exactly.

    Parameters
    ----------
    P : array-like of shape (n_samples, n_classes)
        The teacher's probabilities of rows that it was not fitted on.
    y : array-like of shape (n_samples,), int
        Labels encoded 0..K-1, of rows that neither teacher nor student was fitted on.
    student_proba : array-like of shape (n_samples, n_classes)
        The student's probabilities of the same rows.
    bayes_proba : array-like of shape (n_samples, n_classes), default=None
        True probabilities where they are known; the bias is measured against them
        instead of the labels, with a smaller error.
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
        Loss of a class: minus the logarithm of its probability in nats, or the squared
        distance of the student's probabilities to the one-hot label.
    n_bootstrap : int, default=1000
        Resamples of the rows, at least 1.
    confidence : float, default=0.95
        Level of the percentile intervals, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Seed of the resamples.

    Returns
    -------
    RiskDecomposition

    Raises
    ------
    TypeError
        If an array does not hold real numbers or `n_bootstrap` no integer.
    ValueError
        If shapes disagree, rows are no probabilities, there is one class or one row
        only, or a parameter is out of range.

    References
    ----------
    .. [1] A. K. Menon, A. S. Rawat, S. J. Reddi, S. Kim and S. Kumar, "A statistical
       perspective on distillation", ICML 2021. arXiv:2005.10419

    Examples
    --------
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import risk_decomposition
    >>> _, y, truth = make_known_bayes(2000, random_state=0)
    >>> student = 0.5 * truth + 0.25
    >>> found = risk_decomposition(truth, y, student, random_state=0)
    >>> 0 < found.variance_ratio < 0.5
    True
    """
    teacher = check_probabilities("P", P)
    student = check_probabilities("student_proba", student_proba, shape=teacher.shape)
    codes = _check_labels(y, teacher.shape)
    truth = None
    if bayes_proba is not None:
        truth = check_probabilities("bayes_proba", bayes_proba, shape=teacher.shape)
    n_bootstrap = check_count("n_bootstrap", n_bootstrap, 1)
    confidence = check_confidence(confidence)
    losses, n_raised = _class_losses(student, loss)
    terms = _terms(teacher, codes, truth, losses)
    found = _numbers(terms.mean(axis=0), len(codes))
    means = resampled_means(terms, n_bootstrap, random_state)
    draws = _numbers(means.T, len(codes))
    named = {name: value.item() for name, value in found.items()}
    if truth is None:
        named["variance_bayes"] = draws["variance_bayes"][:] = float("nan")
    named |= _costs(named, len(codes))
    intervals = {name: interval(draw, confidence) for name, draw in draws.items()}
    del intervals["bias_error"]
    source = "labels" if truth is None else "bayes_proba"
    return RiskDecomposition(
        n_samples=len(codes),
        bias_source=source,
        n_raised=n_raised,
        confidence=confidence,
        intervals=intervals,
        sentence=_sentence(named, intervals, confidence, source),
        **named,
    )


def _check_labels(y: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    if shape[0] < 2:
        raise ValueError(f"P must have at least 2 rows, got {shape[0]}.")
    codes = check_codes(y, shape)
    two_classes(codes)
    return codes


def _class_losses(student: Array, loss: str) -> tuple[Array, int]:
    """Loss of every class in every row, and how many probabilities were raised."""
    if loss not in LOSSES:
        names = ", ".join(repr(one) for one in LOSSES)
        raise ValueError(f"loss must be one of {names}, got {loss!r}.")
    if loss == "cross_entropy":
        eps = np.finfo(np.float64).eps
        return -np.log(np.maximum(student, eps)), int((student < eps).sum())
    # |q - e_k|^2 = |q|^2 - 2 q_k + 1
    squares = np.einsum("ij,ij->i", student, student)
    return squares[:, None] - 2 * student + 1, 0


def _terms(teacher: Array, codes: Array, truth: Array | None, losses: Array) -> Array:
    """Columns whose means, alone, say all: first and second moments of each row.

    The losses are taken from their mean, so that variances of large losses keep their
    digits.
    """
    centre = losses[np.arange(len(codes)), codes].mean()
    losses = losses - centre
    onehot = losses[np.arange(len(codes)), codes]
    distilled = np.einsum("ij,ij->i", teacher, losses)
    reference = teacher if truth is None else truth
    bayes = np.einsum("ij,ij->i", reference, losses)
    within = np.einsum("ij,ij->i", reference, (losses - bayes[:, None]) ** 2)
    gap = distilled - (onehot if truth is None else bayes)
    columns = [onehot, distilled, bayes, gap]
    columns += [column**2 for column in columns]
    columns += [within, np.full(len(codes), centre)]
    return np.column_stack(columns)


def _numbers(means: Array, n: int) -> dict[str, Any]:
    """Return what the moments give, for one set of rows or for each resample."""
    onehot, distilled, _, gap = means[:4]
    ratio = n / (n - 1)
    # A difference of moments of equal losses is rounding, of either sign.
    spread = np.maximum(means[4:8] - means[:4] ** 2, 0) * ratio
    smallest = np.finfo(np.float64).eps * np.maximum(means[4], means[9] ** 2)
    varies = spread[0] > smallest
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient = np.where(varies, spread[1] / spread[0], np.nan)
    return {
        "risk_onehot": onehot + means[9],
        "risk_distilled": distilled + means[9],
        "variance_onehot": spread[0],
        "variance_distilled": spread[1],
        "variance_ratio": quotient,
        "variance_bayes": spread[2],
        "label_variance": means[8],
        "bias": gap,
        "bias_error": np.sqrt(spread[3] / n),
    }


def _costs(found: dict[str, float], n: int) -> dict[str, float]:
    """Mean squared errors at n rows, and the number of rows where they are equal."""
    bias_squared = max(0.0, found["bias"] ** 2 - found["bias_error"] ** 2)
    saved = found["variance_onehot"] - found["variance_distilled"]
    break_even = 0.0
    # Where the losses of all possible classes are equal the difference is rounding.
    if saved > 1e-12 * found["variance_onehot"]:
        break_even = saved / bias_squared if bias_squared > 0 else float("inf")
    return {
        "bias_squared": bias_squared,
        "mse_onehot": found["variance_onehot"] / n,
        "mse_distilled": found["variance_distilled"] / n + bias_squared,
        "break_even": break_even,
    }


def _sentence(
    found: dict[str, float],
    intervals: dict[str, tuple[float, float]],
    confidence: float,
    source: str,
) -> str:
    if np.isnan(found["variance_ratio"]):
        return (
            "The student's losses of the labels are constant: soft labels cannot make "
            "its risk vary less."
        )
    low, high = intervals["variance_ratio"]
    between = ""
    if not np.isnan(low):
        between = f" ({confidence:.0%} interval {low:.0%} to {high:.0%})"
    ratio = found["variance_ratio"]
    text = f"Soft labels leave {ratio:.0%} of the variance of the student's empirical"
    if ratio > 1:
        text = (
            f"Soft labels make {ratio:.0%} of the variance of the student's empirical"
        )
    text += f" risk{between}."
    against = "the labels" if source == "labels" else "the true probabilities"
    low, high = intervals["bias"]
    text += (
        f" The teacher's bias, against {against}, is {found['bias']:+.4f} "
        f"({low:+.4f} to {high:+.4f})"
    )
    text += ", which is no more than noise." if low <= 0 <= high else "."
    if found["break_even"] == 0:
        better = "better" if ratio > 1 else "as well"
        return text + f" It saves no variance: labels estimate the risk {better}."
    if np.isinf(found["break_even"]):
        return text + " No bias was found that would make labels better."
    rows = f"{np.ceil(found['break_even']):,.0f}"
    return text + f" Labels estimate the risk better from about {rows} rows on."
