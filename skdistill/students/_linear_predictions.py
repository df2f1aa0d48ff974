"""What a fitted linear classifier predicts, the same for every way to fit it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["FLOATS", "LinearPredictions", "previous_solution"]

AnyArray = npt.NDArray[Any]

#: Data types kept; everything else becomes the first.
FLOATS = [np.float64, np.float32]


def previous_solution(
    model: Any, classes: AnyArray, n_features: int
) -> dict[str, AnyArray]:
    """Coefficients to start from: those of `model` if it asks for it and they fit."""
    if (
        model.warm_start
        and np.array_equal(getattr(model, "classes_", ()), classes)
        and model.coef_.shape[1] == n_features
    ):
        return {"coef": model.coef_, "intercept": np.ravel(model.intercept_)}
    return {}


class LinearPredictions:
    """Predictions from ``coef_``, ``intercept_`` and ``classes_``."""

    classes_: AnyArray
    coef_: AnyArray
    intercept_: AnyArray

    def decision_function(self, X: Any) -> AnyArray:
        """Logits of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            With two classes, the logit of ``classes_[1]`` against ``classes_[0]``.

        Raises
        ------
        NotFittedError
            If :meth:`fit` was not called.

        Examples
        --------
        >>> from skdistill.students import SoftLogisticRegression
        >>> model = SoftLogisticRegression().fit([[-1.0], [1.0]], [0, 1])
        >>> model.decision_function([[0.0]]).round(4) + 0.0
        array([0.])
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=False)
        logits: AnyArray = X @ self.coef_.T + self.intercept_
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: Any) -> AnyArray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; rows sum to 1.

        Raises
        ------
        NotFittedError
            If :meth:`fit` was not called.

        Examples
        --------
        >>> from skdistill.students import SoftLogisticRegression
        >>> model = SoftLogisticRegression().fit([[-1.0], [1.0]], [0, 1])
        >>> model.predict_proba([[0.0]]).round(4)
        array([[0.5, 0.5]])
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.column_stack([expit(-logits), expit(logits)])
        return np.asarray(softmax(logits, axis=1))

    def predict_log_proba(self, X: Any) -> AnyArray:
        """Logarithms of the probabilities, exact where these round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In nats.

        Raises
        ------
        NotFittedError
            If :meth:`fit` was not called.

        Examples
        --------
        >>> from skdistill.students import SoftLogisticRegression
        >>> model = SoftLogisticRegression().fit([[-1.0], [1.0]], [0, 1])
        >>> model.predict_log_proba([[0.0]]).round(4)
        array([[-0.6931, -0.6931]])
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.column_stack([log_expit(-logits), log_expit(logits)])
        return np.asarray(log_softmax(logits, axis=1))

    def predict(self, X: Any) -> AnyArray:
        """Most probable class of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Members of ``classes_``.

        Raises
        ------
        NotFittedError
            If :meth:`fit` was not called.

        Examples
        --------
        >>> from skdistill.students import SoftLogisticRegression
        >>> SoftLogisticRegression().fit([[-1.0], [1.0]], [0, 1]).predict([[3.0]])
        array([1])
        """
        logits = self.decision_function(X)
        codes = (logits > 0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)
        return np.asarray(self.classes_[codes])
