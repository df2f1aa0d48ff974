"""Propensities of labels, and precision that they correct for labels that went missing.

A rare label is often relevant without being observed, so a hit on it counts more.
"""

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_positive, check_vector, check_weights
from skdistill.metrics._ranked import first_labels
from skdistill.metrics._relevant import (
    RelevantLabels,
    check_relevant,
    refuse_labels_above,
)

__all__ = ["label_propensities", "propensity_scored_precision_at_k"]

Array = npt.NDArray[np.float64]


def label_propensities(
    Y: Any, A: float = 0.55, B: float = 1.5, *, n_labels: int | None = None
) -> Array:
    r"""Probability that a relevant label is observed, from its number of rows.

    .. math::

        p_l = \frac{1}{1 + C\,(N_l + B)^{-A}}, \qquad C = (\log N - 1)(B + 1)^A

    where label :math:`l` is observed in :math:`N_l` of the :math:`N` rows of the
    *training* data: the model of Jain et al. [1]_, with their values for `A` and `B`.

    Parameters
    ----------
    Y : {array-like, sparse matrix} of shape (n_samples, n_labels) or (n_samples,)
        Labels of the training rows, at least 3: 0 or 1 in a column for each label,
        which is never made dense, or one integer code >= 0 a row.
    A : float, default=0.55
        How fast the propensity grows with the number of rows, positive. The authors
        take 0.5 for Wikipedia, 0.6 for Amazon and 0.55 elsewhere.
    B : float, default=1.5
        Rows added to each label, positive. The authors take 0.4 for Wikipedia, 2.6 for
        Amazon and 1.5 elsewhere.
    n_labels : int, default=None
        Number of labels, needed where codes do not reach the last one; None takes the
        columns of `Y`, or the largest code plus 1.

    Returns
    -------
    ndarray of shape (n_labels,), float64
        In (0, 1), smallest for labels that are never observed.

    Raises
    ------
    TypeError
        If `A`, `B` or `n_labels` is no number or `Y` holds no labels.
    ValueError
        If `Y` has fewer than 3 rows (the logarithm must be above 1), a shape or a value
        of no labels, `A` or `B` is not positive, or `n_labels` does not fit `Y`.

    References
    ----------
    .. [1] H. Jain, Y. Prabhu and M. Varma, "Extreme Multi-label Loss Functions for
       Recommendation, Tagging, Ranking & Other Missing Label Applications", KDD 2016.
       :doi:`10.1145/2939672.2939756`

    Examples
    --------
    >>> from skdistill.metrics import label_propensities
    >>> label_propensities([0] * 90 + [1] * 10, n_labels=3).round(3)
    array([0.668, 0.391, 0.173])
    """
    A, B = check_positive("A", A), check_positive("B", B)
    relevant = check_relevant(Y)
    n = len(relevant.counts)
    if n < 3:
        raise ValueError(
            f"Y must have at least 3 rows, got {n}. With fewer the model gives no "
            "probabilities."
        )
    if n_labels is not None:
        _check_n_labels(relevant, n_labels)
    n_labels = n_labels or relevant.n_labels or 0  # 0: up to the largest code
    observed = np.bincount(relevant.labels, minlength=n_labels)
    return np.asarray(
        1 / (1 + (np.log(n) - 1) * ((B + 1) / (observed + B)) ** A), dtype=np.float64
    )


def propensity_scored_precision_at_k(
    Y: Any,
    ranked: Any,
    propensities: npt.ArrayLike,
    k: int = 1,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    r"""Precision at k in which rare labels count more, over the best possible, PSP@k.

    .. math::

        PSP@k = \sum_i w_i \frac{1}{k} \sum_{j=1}^{k} \frac{[\,r_{ij} \in Y_i\,]}
        {p_{r_{ij}}} \Big/ \sum_i w_i \frac{1}{k} \max_{|S| \le k}
        \sum_{l \in S \cap Y_i} \frac{1}{p_l}

    where row i ranks :math:`r_{i1}, r_{i2}, \dots`, has the relevant labels
    :math:`Y_i` and weighs :math:`w_i`, and label l is observed with the propensity
    :math:`p_l` [1]_. One sum over all rows is divided by another, as the scripts of the
    Extreme Classification Repository [2]_ do, not each row by its own best; a value of
    1, not 100, is the best. A row without a relevant label adds to neither sum.

    Parameters
    ----------
    Y : {array-like, sparse matrix} of shape (n_samples, n_labels) or (n_samples,)
        Relevant labels, as in :func:`precision_at_k`.
    ranked : {array-like, sparse matrix} of shape (n_samples, n_ranked or n_labels)
        Integer label columns, best first, or scores, as in :func:`precision_at_k`.
    propensities : array-like of shape (n_labels,)
        Probability, in (0, 1], that a relevant label is observed:
        :func:`label_propensities` of the training rows.
    k : int, default=1
        Number of labels looked at, 1 to the columns of `ranked` and to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.

    Returns
    -------
    float
        In [0, 1]; with equal propensities and k = 1, precision over the share of rows
        that have a relevant label.

    Raises
    ------
    TypeError
        As in :func:`precision_at_k`.
    ValueError
        As there, or if `propensities` has another length than there are labels or
        leaves (0, 1], or no row with weight has a relevant label.

    References
    ----------
    .. [1] H. Jain, Y. Prabhu and M. Varma, "Extreme Multi-label Loss Functions for
       Recommendation, Tagging, Ranking & Other Missing Label Applications", KDD 2016.
       :doi:`10.1145/2939672.2939756`
    .. [2] K. Bhatia, K. Dahiya, H. Jain, P. Kar, A. Mittal, Y. Prabhu and M. Varma,
       "The Extreme Classification Repository: Multi-label Datasets and Code", 2016.
       http://manikvarma.org/downloads/XC/XMLRepository.html

    Examples
    --------
    >>> from skdistill.metrics import propensity_scored_precision_at_k
    >>> Y = [[1, 0, 0], [0, 0, 1]]  # the second row misses, and its label is rare
    >>> propensity_scored_precision_at_k(Y, [[0], [0]], [0.5, 0.5, 0.25])  # 2 of 2 + 4
    0.3333333333333333
    """
    relevant = check_relevant(Y)
    p = check_vector("propensities", propensities)
    _check_propensities(p, relevant)
    relevant = replace(relevant, n_labels=len(p))  # codes did not tell
    labels = first_labels(ranked, k, relevant)
    weight = check_weights("sample_weight", sample_weight, len(labels))
    hits = relevant.hits(labels)
    reached = np.where(hits, 1 / p[np.where(hits, labels, 0)], 0).sum(axis=1)
    best = _best_sums(relevant, 1 / p[relevant.labels], labels.shape[1])
    if weight is not None:
        reached, best = reached * weight, best * weight
    if not best.any():
        raise ValueError(
            "Y must have a relevant label in a row with weight, got none in "
            f"{len(labels)} rows."
        )
    return float(reached.sum() / best.sum())


def _check_n_labels(relevant: RelevantLabels, n_labels: Any) -> None:
    if not isinstance(n_labels, Integral) or isinstance(n_labels, bool):
        raise TypeError(f"n_labels must be an integer or None, got {n_labels!r}.")
    if n_labels < 1:
        raise ValueError(f"n_labels must be at least 1, got {n_labels}.")
    if relevant.n_labels is None:
        refuse_labels_above(relevant, int(n_labels))
    elif n_labels != relevant.n_labels:
        raise ValueError(
            f"n_labels must be the number of columns of Y, {relevant.n_labels}, or "
            f"None, got {n_labels}."
        )


def _check_propensities(p: Array, relevant: RelevantLabels) -> None:
    if relevant.n_labels is None:
        refuse_labels_above(relevant, len(p))
    elif len(p) != relevant.n_labels:
        raise ValueError(
            f"propensities must have shape ({relevant.n_labels},), one for each column "
            f"of Y, got {p.shape}."
        )
    wrong = (p <= 0) | (p > 1)
    if wrong.any():
        label = int(wrong.argmax())
        raise ValueError(
            f"propensities must be in (0, 1], got {p[label]!s} for label {label}. Pass "
            "propensities, not their inverses."
        )


def _best_sums(relevant: RelevantLabels, gains: Array, k: int) -> Array:
    """Return the sum of the `k` largest gains of each row, (n_samples,)."""
    rows = relevant.rows
    largest_first = np.lexsort((-gains, rows))
    place = np.arange(len(rows)) - relevant.starts[rows]
    kept = largest_first[place < k]
    sums = np.bincount(rows[kept], gains[kept], minlength=len(relevant.counts))
    return np.asarray(sums, dtype=np.float64)
