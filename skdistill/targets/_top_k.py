"""KD-topk: the classes a teacher finds most probable, and a flat rest."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_matrix
from skdistill.targets._rules import check_codes
from skdistill.targets._top_k_targets import TopKTargets

__all__ = ["TopK"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TopK:
    r"""The k largest probabilities of each row; the others share their sum evenly.

    With many classes the tail of a teacher's distribution is noise, which this takes
    away (KD-topk [1]_), and all but 2 k numbers a row with it: see :meth:`sparse`.
    With k = K, and with k = K - 1, nothing changes.

    If the loss is tempered, temper before: ``[Temperature(4), TopK(5)]``.

    Parameters
    ----------
    k : int or float, default=0.25
        Number of classes to keep, 1 to K, or their share of K, in (0, 1], rounded and
        at least one class. The default is a place to begin, not a finding: with 20
        classes each larger k was better (benchmarks/paper3.py).
    keep_label : bool, default=False
        Whether the label is kept where it is not among the largest, in place of the
        last of these. With k = 1 that is :class:`PartialTeacher`. Needs labels.

    Raises
    ------
    TypeError
        If `k` is no number.
    ValueError
        If `k` is out of range; when called, if it is above the number of classes.

    Notes
    -----
    Of equal probabilities those of the first classes are kept.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.targets import TopK
    >>> P = np.array([[0.6, 0.2, 0.15, 0.05]])
    >>> TopK(2)(P).round(2)
    array([[0.6, 0.2, 0.1, 0.1]])
    >>> TopK(2).sparse(P).indices
    array([[0, 1]], dtype=int32)
    """

    k: int | float = 0.25
    keep_label: bool = False
    needs_teacher: ClassVar[bool] = True

    def __post_init__(self) -> None:
        k: Any = self.k
        if not isinstance(k, Real) or isinstance(k, bool | np.bool_):
            raise TypeError(
                f"k must be a number of classes or a share in (0, 1], got {k!r}."
            )
        if isinstance(k, Integral):
            if int(k) < 1:
                raise ValueError(f"k must be at least 1 class, got {k!r}.")
        elif not 0 < float(k) <= 1:
            raise ValueError(
                f"k must be an int, or a float in (0, 1] as share of the classes, got "
                f"{k!r}."
            )

    @property
    def needs_labels(self) -> bool:
        """Whether labels matter: only to be kept."""
        return bool(self.keep_label)

    def count(self, n_classes: int) -> int:
        """Return how many classes are kept of `n_classes`.

        Raises
        ------
        ValueError
            If `k` is larger.
        """
        if not isinstance(self.k, Integral):
            return max(1, round(self.k * n_classes))
        if self.k > n_classes:
            raise ValueError(
                f"k must be at most the number of classes, {n_classes}, got {self.k!r}."
            )
        return int(self.k)

    def __call__(self, proba: Array, y: Array | None = None) -> Array:
        """Return targets (n, K) from probabilities (n, K), labels (n,) if kept."""
        proba = check_matrix("proba", proba).astype(np.float64)
        kept = self._kept(proba, y)
        return np.where(kept, proba, self._rest(proba, kept)[:, None])

    def sparse(self, proba: Array, y: Array | None = None) -> TopKTargets:
        """Return the same targets as 2 k numbers a row and the rest.

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes)
            Float32 values are kept so.
        y : ndarray of shape (n_samples,), int, default=None
            Labels 0..K-1; with `keep_label`.

        Returns
        -------
        TopKTargets
        """
        proba = check_matrix("proba", proba)
        kept = self._kept(proba, y)
        k = self.count(proba.shape[1])
        indices = kept.nonzero()[1].reshape(len(proba), k)
        return TopKTargets(
            values=np.take_along_axis(proba, indices, axis=1),
            indices=indices.astype(np.int32),
            rest=self._rest(proba, kept),
            n_classes=proba.shape[1],
        )

    def _kept(self, proba: Array, y: Array | None) -> Array:
        """Which entries are kept, (n, K) bool, the same number in every row."""
        n_samples, n_classes = proba.shape
        k = self.count(n_classes)
        if k == n_classes:
            return np.ones(proba.shape, dtype=bool)
        last = np.partition(proba, n_classes - k, axis=1)[:, n_classes - k, None]
        kept: Array = proba > last
        equal = proba == last
        free = k - kept.sum(axis=1, keepdims=True)
        kept |= equal & (equal.cumsum(axis=1) <= free)
        if self.keep_label:
            rows = np.arange(n_samples)
            y = check_codes(y, proba.shape, self)
            # The last of the kept: the smallest, of equals the one of the last class.
            least = np.where(kept, proba, np.inf)[:, ::-1].argmin(axis=1)
            out = ~kept[rows, y]
            kept[rows[out], n_classes - 1 - least[out]] = False
            kept[rows[out], y[out]] = True
        return kept

    def _rest(self, proba: Array, kept: Array) -> Array:
        """Probability of each class that is not kept, (n,).

        Their sum, not 1 minus that of the others: rounding cannot make it negative.
        """
        n_others = proba.shape[1] - self.count(proba.shape[1])
        rest: Array = np.where(kept, 0, proba).sum(axis=1) / max(n_others, 1)
        return rest
