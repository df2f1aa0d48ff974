"""What a fitted ExtremeDistiller answers: scores, best labels, precision."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from skdistill.extreme._linear import best_labels, score_blocks
from skdistill.extreme._observed import observed_codes, observed_indicator
from skdistill.extreme._student import StudentWeights
from skdistill.extreme._top_k import check_k
from skdistill.metrics import precision_at_k

__all__ = ["ExtremePrediction"]

Array = npt.NDArray[Any]


class ExtremePrediction:
    """Prediction of an estimator with ``classes_``, ``coef_`` and ``intercept_``."""

    classes_: Array
    components_: Array | None
    coef_: Array
    intercept_: Array
    multilabel_: bool
    _predicted_type: Any

    def decision_function(self, X: Any) -> Array:
        """Return all scores.

        They take 4 bytes a row and label: of very many labels see
        :meth:`decision_blocks` and :meth:`predict_topk`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32
            With two classes of one label a row, shape (n_samples,): the score of the
            second less that of the first.
        """
        rows = self._checked(X)
        scores = np.empty((rows.shape[0], len(self.classes_)), np.float32)
        for part, block in score_blocks(rows, self._student()):
            scores[part] = block
        if len(self.classes_) == 2 and not self.multilabel_:
            return np.asarray(scores[:, 1] - scores[:, 0])
        return scores

    def decision_blocks(
        self, X: Any, max_scores: int = 1 << 22
    ) -> Iterator[tuple[slice, Array]]:
        """Yield scores block by block.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        max_scores : int, default=4194304
            Most scores at a time, unless one row has more.

        Yields
        ------
        rows : slice
        scores : ndarray of shape (n_rows, n_classes), float32
        """
        return score_blocks(self._checked(X), self._student(), max_scores)

    def predict_topk(self, X: Any, k: int = 5) -> tuple[Array, Array]:
        """Return the k best labels of each row, best first.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        k : int, default=5
            At most the number of classes.

        Returns
        -------
        labels : ndarray of shape (n_samples, k)
            Entries of ``classes_``.
        scores : ndarray of shape (n_samples, k), float32
            Of equal scores the first label comes first.

        Raises
        ------
        ValueError
            If `k` is above the number of classes.
        """
        rows = self._checked(X)
        k = check_k(k)
        n_classes = len(self.classes_)
        if k > n_classes:
            raise ValueError(
                f"k must be at most the number of classes, {n_classes}, got {k}."
            )
        codes = np.empty((rows.shape[0], k), np.intp)
        scores = np.empty((rows.shape[0], k), np.float32)
        for part, block in score_blocks(rows, self._student()):
            codes[part], scores[part] = best_labels(block, k)
        return self.classes_[codes], scores

    def predict(self, X: Any) -> Any:
        """Return the best label of each row, in the form of `Y`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), or {ndarray, csr_array} of shape \
(n_samples, n_classes)
            The best label, or an indicator with one label in each row: sparse if `Y`
            was.
        """
        best = self.predict_topk(X, 1)[0][:, 0]
        if not self.multilabel_:
            return best
        n = len(best)
        ones = np.ones(n, self._predicted_type or np.int32)
        shape = (n, len(self.classes_))
        found = sparse.csr_array((ones, best, np.arange(n + 1)), shape=shape)
        return found if self._predicted_type is None else found.toarray()

    def score(
        self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return precision@1: the share of rows whose best label was observed.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
(n_samples, n_classes)
            In the form of `Y` in ``fit``.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            In [0, 1].

        Raises
        ------
        ValueError
            If a label was not there in ``fit``, or `y` has another form or length.
        """
        best = self.predict_topk(X, 1)[0]
        n_samples, n_classes = len(best), len(self.classes_)
        if self.multilabel_:
            indicator = observed_indicator(y, n_classes, n_samples)
            return precision_at_k(indicator, best, 1, sample_weight)
        codes = observed_codes(y, self.classes_, n_samples)
        ranked = np.searchsorted(self.classes_, best)
        return precision_at_k(codes, ranked, 1, sample_weight)

    def _rows(self, X: Any, *, reset: bool) -> Any:
        # What overflows float32 is an error: no warnings of the cast besides.
        with np.errstate(over="ignore", invalid="ignore"):
            rows = validate_data(
                self, X, reset=reset, accept_sparse="csr", dtype=np.float32, order="C"
            )
        if sparse.issparse(rows) and not rows.has_canonical_format:
            # AdaGrad would square an entry's parts, not the entry.
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _checked(self, X: Any) -> Any:
        # By name: n_features_in_ is there after a fit that failed, too.
        check_is_fitted(self, "coef_")
        return self._rows(X, reset=False)

    def _student(self) -> StudentWeights:
        return StudentWeights(self.components_, self.coef_, self.intercept_)
