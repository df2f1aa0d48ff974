"""The objective of one row: how much each label counts as positive and as negative."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill.extreme._csr import rows_of

__all__ = ["WEIGHTINGS", "LabelWeights", "label_weights", "mix_relevances"]

Array = npt.NDArray[Any]

#: The form of the loss behind each weighting.
WEIGHTINGS = {
    "uniform": "decoupled",
    "double": "decoupled",
    "pairwise": "pairwise",
    "softmax": "softmax",
}


@dataclass(frozen=True, slots=True, eq=False)
class LabelWeights:
    """Weights of the listed labels of every row, and one for all its other labels.

    Attributes
    ----------
    listed : csr_array of shape (n_samples, n_classes)
        Relevances; every stored entry, 0 too, is a listed label.
    positive, negative : ndarray of shape (listed.nnz,), float32
        :math:`a_j` and :math:`b_j` of the listed labels.
    rest : ndarray of shape (n_samples,), float32
        :math:`b_j` of each label that is not listed.
    """

    listed: sparse.csr_array
    positive: Array
    negative: Array
    rest: Array


def mix_relevances(
    indicator: sparse.csr_array,
    teacher: sparse.csr_array | None,
    alpha: float,
    covered: Array | None = None,
    unknown: Array | None = None,
) -> tuple[sparse.csr_array, Array]:
    r"""Return :math:`q = \alpha p + (1 - \alpha) y` on the labels that either lists.

    Parameters
    ----------
    indicator : csr_array of shape (n_samples, n_classes), float32
        Observed labels, canonical.
    teacher : csr_array of shape (n_samples, n_classes) or None
        Relevances in [0, 1], canonical.
    alpha : float
        In [0, 1].
    covered : ndarray of shape (n_samples,), bool, default=None
        Rows that a teacher labelled; the others keep their labels.
    unknown : ndarray of shape (indicator.nnz,), bool, default=None
        Observed labels that the row's teacher was never trained on. They stay 1: that
        it gave them no score says nothing.

    Returns
    -------
    listed : csr_array of shape (n_samples, n_classes), float32
        Canonical but for stored zeros: a label that is listed stays so at any `alpha`.
    observed : ndarray of shape (listed.nnz,), bool
        Which of its entries were observed.
    """
    if teacher is None:
        return indicator, np.ones(indicator.nnz, dtype=bool)
    # Sums of positive numbers: no entry of either cancels.
    both = (indicator * 2 + (teacher > 0)).tocsr()
    both.sort_indices()
    observed = both.data >= 2
    row = rows_of(both)
    place = row * both.shape[1] + both.indices.astype(np.int64)
    proba = np.zeros(both.nnz, np.float32)
    own = rows_of(teacher) * teacher.shape[1] + teacher.indices.astype(np.int64)
    proba[np.searchsorted(place, own[teacher.data > 0])] = teacher.data[
        teacher.data > 0
    ]
    share = np.full(both.shape[0], alpha)
    if covered is not None:
        share[~covered] = 0.0
    share = share[row]
    if unknown is not None:
        share[np.flatnonzero(observed)[unknown]] = 0.0
    mixed = share * proba + (1 - share) * observed
    listed = sparse.csr_array(
        (mixed.astype(np.float32), both.indices, both.indptr), shape=both.shape
    )
    return listed, observed


def label_weights(
    listed: sparse.csr_array,
    observed: Array,
    *,
    weighting: str,
    negatives: str = "uniform",
    negative_mass: float | None = None,
    negative_power: float = 1.0,
) -> LabelWeights:
    r"""Weigh positives by relevance, negatives by its complement or alike.

    Positives weigh :math:`a_j = q_j`. As a negative a label weighs
    :math:`b_j \propto (1 - q_j)^{power}`, or with "uniform" the same whatever the
    teacher says, and 0 where it was observed (in the loss of a label only the others
    are negatives).

    Parameters
    ----------
    listed, observed
        Of :func:`mix_relevances`.
    weighting : {"uniform", "double", "pairwise", "softmax"}
    negatives : str
        With "teacher" only listed labels are negatives.
    negative_mass : float, default=None
        What the :math:`b_j` of a row sum to; None leaves them as they are.
    negative_power : float, default=1.0

    Returns
    -------
    LabelWeights
    """
    row, q = rows_of(listed), listed.data.astype(np.float64)
    n_samples, n_classes = listed.shape
    if weighting == "uniform":
        down = np.where(observed, 0.0, 1.0)
    else:
        down = np.clip(1 - q, 0.0, None) ** negative_power
        if negative_power == 0:
            down = np.ones_like(q)
    others = n_classes - np.diff(listed.indptr)
    rest = np.ones(n_samples) * (negatives != "teacher")
    if negative_mass is not None:
        total = np.bincount(row, weights=down, minlength=n_samples) + rest * others
        scale = np.divide(
            negative_mass, total, out=np.zeros(n_samples), where=total > 0
        )
        down, rest = down * scale[row], rest * scale
    single = np.float32
    return LabelWeights(listed, listed.data, down.astype(single), rest.astype(single))
