"""Precision, recall and nDCG of the first k labels, for very many labels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_weights
from skdistill.metrics._ranked import first_labels
from skdistill.metrics._relevant import check_relevant

__all__ = ["ndcg_at_k", "precision_at_k", "recall_at_k"]


def precision_at_k(
    Y: Any, ranked: Any, k: int = 1, sample_weight: npt.ArrayLike | None = None
) -> float:
    r"""Weighted mean share of relevant labels among the first k, P@k.

    .. math:: P@k = \frac{1}{k} \sum_{j=1}^{k} [\,r_j \in Y\,]

    for a row that ranks :math:`r_1, r_2, \dots` and has the relevant labels
    :math:`Y`, as the Extreme Classification Repository [1]_ defines it. The sum is
    divided by `k` also where a row has fewer relevant or fewer ranked labels, so the
    best value can be below 1; a row without a relevant label counts as 0.

    Parameters
    ----------
    Y : {array-like, sparse matrix} of shape (n_samples, n_labels) or (n_samples,)
        Relevant labels: 0 or 1 (int, float or bool) in a column for each label, which
        is never made dense, or one integer code >= 0 a row.
    ranked : {array-like, sparse matrix} of shape (n_samples, n_ranked or n_labels)
        Integers are label columns, best first, each once a row; -1 at the end of a row
        stands for no label. Floats are scores of all labels; of equal ones the first
        column comes first, and -inf ranks last. A sparse matrix, of any type, holds
        scores too: labels that are not stored are never retrieved, those stored with a
        score of 0 are.
    k : int, default=1
        Number of labels looked at, 1 to the columns of `ranked` and to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights. Rows to leave out weigh 0.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError
        If `k` is no integer or an array holds neither labels nor numbers.
    ValueError
        If shapes disagree or there is no row, `k` is out of range, a label is no column
        or comes twice in a row, an indicator holds anything but 0 and 1, a score is
        NaN, or weights are negative or all 0.

    See Also
    --------
    propensity_scored_precision_at_k : Rare labels count more.

    Notes
    -----
    Codes do not tell the number of labels: one that `ranked` cannot hold is a miss if
    `ranked` holds columns, an error if it holds scores.

    With sparse `Y` and columns, O(n_samples k log n_relevant) and a sort of each row of
    `ranked`; with scores, memory beyond the input does not grow with n_labels.

    References
    ----------
    .. [1] K. Bhatia, K. Dahiya, H. Jain, P. Kar, A. Mittal, Y. Prabhu and M. Varma,
       "The Extreme Classification Repository: Multi-label Datasets and Code", 2016.
       http://manikvarma.org/downloads/XC/XMLRepository.html

    Examples
    --------
    >>> from skdistill.metrics import precision_at_k
    >>> Y = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> precision_at_k(Y, [[0, 1, 2], [3, 1, 2]], k=2)  # one of two, in both rows
    0.5
    >>> precision_at_k([0, 3], [[0.7, 0.2, 0.1, 0.0], [0.1, 0.2, 0.6, 0.1]])
    0.5
    """
    relevant = check_relevant(Y)
    hits = relevant.hits(first_labels(ranked, k, relevant))
    return _mean(hits.mean(axis=1), sample_weight)


def recall_at_k(
    Y: Any, ranked: Any, k: int = 1, sample_weight: npt.ArrayLike | None = None
) -> float:
    r"""Weighted mean share of the relevant labels that are among the first k, R@k.

    .. math:: R@k = \frac{1}{|Y|} \sum_{j=1}^{k} [\,r_j \in Y\,]

    for a row that ranks :math:`r_1, r_2, \dots` and has the relevant labels :math:`Y`.
    A row without a relevant label counts as 0, as in the scripts of the field; to leave
    such rows out, weigh them 0. With one relevant label a row this is top-k accuracy.

    Parameters
    ----------
    Y : {array-like, sparse matrix} of shape (n_samples, n_labels) or (n_samples,)
        Relevant labels, as in :func:`precision_at_k`.
    ranked : {array-like, sparse matrix} of shape (n_samples, n_ranked or n_labels)
        Integer label columns, best first, or scores, as in :func:`precision_at_k`.
    k : int, default=1
        Number of labels looked at, 1 to the columns of `ranked` and to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights. Rows to leave out weigh 0.

    Returns
    -------
    float
        In [0, 1]; below 1 where rows have more than `k` relevant labels or none.

    Raises
    ------
    TypeError, ValueError
        As in :func:`precision_at_k`.

    Examples
    --------
    >>> from skdistill.metrics import recall_at_k
    >>> Y = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> recall_at_k(Y, [[0, 1, 2], [3, 1, 2]], k=2)  # one of two, then one of one
    0.75
    """
    relevant = check_relevant(Y)
    hits = relevant.hits(first_labels(ranked, k, relevant))
    # A row without a relevant label has no hit: 0 / 1.
    return _mean(hits.sum(axis=1) / np.maximum(relevant.counts, 1), sample_weight)


def ndcg_at_k(
    Y: Any, ranked: Any, k: int = 1, sample_weight: npt.ArrayLike | None = None
) -> float:
    r"""Weighted mean of the normalised discounted cumulative gain, nDCG@k.

    .. math::

        nDCG@k = \sum_{j=1}^{k} \frac{[\,r_j \in Y\,]}{\log_2(j + 1)} \Big/
        \sum_{j=1}^{\min(k, |Y|)} \frac{1}{\log_2(j + 1)}

    for a row that ranks :math:`r_1, r_2, \dots` and has the relevant labels
    :math:`Y`: hits, worth less further down, over those of the best ranking, as the
    Extreme Classification Repository [1]_ defines it. A row without a relevant label
    counts as 0, as in :func:`sklearn.metrics.ndcg_score`, which agrees where no scores
    are equal; to leave such rows out, weigh them 0.

    Parameters
    ----------
    Y : {array-like, sparse matrix} of shape (n_samples, n_labels) or (n_samples,)
        Relevant labels, as in :func:`precision_at_k`.
    ranked : {array-like, sparse matrix} of shape (n_samples, n_ranked or n_labels)
        Integer label columns, best first, or scores, as in :func:`precision_at_k`.
    k : int, default=1
        Number of labels looked at, 1 to the columns of `ranked` and to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights. Rows to leave out weigh 0.

    Returns
    -------
    float
        In [0, 1]; 1 if every row has a relevant label and ranks none before them.

    Raises
    ------
    TypeError, ValueError
        As in :func:`precision_at_k`.

    References
    ----------
    .. [1] K. Bhatia, K. Dahiya, H. Jain, P. Kar, A. Mittal, Y. Prabhu and M. Varma,
       "The Extreme Classification Repository: Multi-label Datasets and Code", 2016.
       http://manikvarma.org/downloads/XC/XMLRepository.html

    Examples
    --------
    >>> from skdistill.metrics import ndcg_at_k
    >>> Y = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> ndcg_at_k(Y, [[0, 2, 1], [3, 2, 1]], k=3)  # the best, then 1 / log2(4) of 1
    0.75
    """
    relevant = check_relevant(Y)
    hits = relevant.hits(first_labels(ranked, k, relevant))
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.cumsum(discount)[np.clip(relevant.counts, 1, len(discount)) - 1]
    return _mean(hits @ discount / best, sample_weight)


def _mean(rows: npt.NDArray[np.float64], sample_weight: npt.ArrayLike | None) -> float:
    weight = check_weights("sample_weight", sample_weight, len(rows))
    return float(np.average(rows, weights=weight))
