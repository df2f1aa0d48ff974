"""Metrics that accept soft targets; scikit-learn's own take hard labels only.

Rows of probabilities may miss a sum of 1 by 1e-3 (float32 does) and are rescaled to it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr, xlogy

from skdistill._validation import check_probabilities, check_weights

__all__ = ["fidelity_score", "kl_divergence", "soft_brier_score", "soft_log_loss"]

AnyArray = npt.NDArray[Any]


def soft_log_loss(
    T: npt.ArrayLike,
    P: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
    *,
    clip: float | None = None,
) -> float:
    r"""Weighted mean of :math:`-\sum_k T_k \log P_k`, in nats.

    Parameters
    ----------
    T : array-like of shape (n_samples, n_classes) or (n_samples,)
        Target probabilities, or integer labels in 0..n_classes-1.
    P : array-like of shape (n_samples, n_classes)
        Predicted probabilities.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.
    clip : float, default=None
        Smallest probability under the logarithm, in (0, 1). None clips nothing: a
        probability of 0 for a possible class costs infinity, as it should.

    Returns
    -------
    float
        In [0, inf]; smallest, the entropy of `T`, where `P` equals `T`.

    Raises
    ------
    TypeError
        If an array does not hold real numbers, or labels are not integers.
    ValueError
        If shapes disagree, a row is no probability distribution, a label is not a
        column of `P`, or `clip` is outside (0, 1).

    Examples
    --------
    >>> from skdistill.metrics import soft_log_loss
    >>> round(soft_log_loss([[0.5, 0.5], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]), 4)
    0.6931
    >>> soft_log_loss([1], [[1.0, 0.0]])
    inf
    """
    P = check_probabilities("P", P)
    T = _targets(T, P)
    if clip is not None:
        if not 0 < clip < 1:
            raise ValueError(f"clip must be in (0, 1) or None, got {clip!r}.")
        P = np.maximum(P, clip)
    return _mean(-xlogy(T, P).sum(axis=1), sample_weight)


def soft_brier_score(
    T: npt.ArrayLike, P: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
) -> float:
    r"""Weighted mean of the squared distance :math:`\sum_k (T_k - P_k)^2`.

    Against labels, the difference of the scores of two teachers estimates the
    difference of their squared distances to the true probabilities, which is what makes
    a good teacher [1]_.

    Parameters
    ----------
    T : array-like of shape (n_samples, n_classes) or (n_samples,)
        Target probabilities, or integer labels in 0..n_classes-1.
    P : array-like of shape (n_samples, n_classes)
        Predicted probabilities.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.

    Returns
    -------
    float
        In [0, 2].

    Raises
    ------
    TypeError
        If an array does not hold real numbers, or labels are not integers.
    ValueError
        If shapes disagree, a row is no probability distribution, or a label is not a
        column of `P`.

    References
    ----------
    .. [1] A. K. Menon, A. S. Rawat, S. J. Reddi, S. Kim and S. Kumar, "A statistical
       perspective on distillation", ICML 2021. arXiv:2005.10419

    Examples
    --------
    >>> from skdistill.metrics import soft_brier_score
    >>> soft_brier_score([0, 1], [[1.0, 0.0], [0.5, 0.5]])
    0.25
    """
    P = check_probabilities("P", P)
    gap = _targets(T, P) - P
    return _mean(np.einsum("ij,ij->i", gap, gap), sample_weight)


def kl_divergence(
    P: npt.ArrayLike, Q: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
) -> float:
    r"""Weighted mean of :math:`\sum_k P_k \log(P_k / Q_k)`, in nats.

    Parameters
    ----------
    P : array-like of shape (n_samples, n_classes)
        Probabilities, for instance the teacher's.
    Q : array-like of shape (n_samples, n_classes)
        Probabilities that approximate `P`, for instance the student's.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.

    Returns
    -------
    float
        In [0, inf]; 0 where the two agree, infinite where `Q` is 0 and `P` is not.

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If shapes disagree or a row is no probability distribution.

    Examples
    --------
    >>> from skdistill.metrics import kl_divergence
    >>> round(kl_divergence([[1.0, 0.0]], [[0.5, 0.5]]), 4)
    0.6931
    """
    Q = check_probabilities("Q", Q)
    P = check_probabilities("P", P, shape=Q.shape)
    # With P - Q added every term is non-negative, so rounding cannot make the sum
    # negative; over two distributions the additions cancel.
    terms = rel_entr(P, Q) - P + Q
    return _mean(terms.sum(axis=1), sample_weight)


def fidelity_score(
    P: npt.ArrayLike, Q: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
) -> float:
    """Weighted share of rows on which two models choose the same class.

    Parameters
    ----------
    P, Q : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities, of which the first largest counts, or labels. Labels against
        probabilities must be integers in 0..n_classes-1; against labels, anything.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError
        If labels against probabilities are not integers.
    ValueError
        If shapes disagree, a row is no probability distribution or a label is not a
        column.

    Examples
    --------
    >>> from skdistill.metrics import fidelity_score
    >>> fidelity_score([[0.9, 0.1], [0.2, 0.8]], [0, 0])
    0.5
    """
    first, second = np.asarray(P), np.asarray(Q)
    if first.ndim == second.ndim == 1:
        if first.shape != second.shape:
            raise ValueError(
                f"P must have as many rows as Q, got {len(first)} and {len(second)}."
            )
    elif first.ndim == 1:
        second = check_probabilities("Q", Q)
        first = _labels("P", first, second.shape)
    elif second.ndim == 1:
        first = check_probabilities("P", P)
        second = _labels("Q", second, first.shape)
    else:
        second = check_probabilities("Q", Q)
        first = check_probabilities("P", P, shape=second.shape)
    a, b = (c.argmax(axis=1) if c.ndim == 2 else c for c in (first, second))
    return _mean(np.asarray(a == b, dtype=np.float64), sample_weight)


def _targets(T: npt.ArrayLike, P: AnyArray) -> AnyArray:
    """Return targets as distributions; labels as one-hot rows."""
    found = np.asarray(T)
    if found.ndim != 1:
        return check_probabilities("T", T, shape=P.shape)
    one_hot = np.zeros(P.shape)
    one_hot[np.arange(len(P)), _labels("T", found, P.shape)] = 1
    return one_hot


def _labels(name: str, labels: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    n, k = shape
    if labels.dtype.kind not in "iub":
        raise TypeError(
            f"{name} must hold integer labels or probabilities, "
            f"got dtype {labels.dtype} of shape {labels.shape}."
        )
    if labels.shape != (n,):
        raise ValueError(f"{name} must have {n} rows, got {len(labels)}.")
    wrong = (labels < 0) | (labels >= k)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name} must hold labels in 0..{k - 1}, got {labels[row]!s} in row {row}. "
            "Encode them with numpy.unique(y, return_inverse=True)."
        )
    return labels.astype(np.intp)


def _mean(rows: AnyArray, sample_weight: npt.ArrayLike | None) -> float:
    weight = check_weights("sample_weight", sample_weight, len(rows))
    if len(rows) == 0:
        raise ValueError("P must have at least one row, got 0.")
    if weight is not None:  # a row without weight has no say, were it infinite
        rows, weight = rows[weight > 0], weight[weight > 0]
    return float(np.average(rows, weights=weight))
