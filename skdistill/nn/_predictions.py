"""What a fitted NeuralClassifier is asked for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdistill.nn import _predict
from skdistill.nn._inputs import Rows
from skdistill.nn._train import check_rows

__all__ = ["Predictions"]

Array = npt.NDArray[Any]


def _keeps_checkpoints(estimator: Any) -> bool:
    return bool(estimator.keep_checkpoints)


class Predictions:
    """Probabilities, labels, logits and the module itself, from ``net_``."""

    net_: Any
    classes_: Array
    batch_size: int

    def predict_proba(self, X: Any) -> Array:
        """Return probabilities of the classes.

        Parameters
        ----------
        X : array-like or Dataset
            Rows of the shape seen in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64

        Raises
        ------
        NotFittedError, ValueError
            If it is not fitted, rows have another shape, or logits are NaN.
        """
        return _predict.softmax(self._logits(X))

    def predict(self, X: Any) -> Array:
        """Return the most probable labels.

        Parameters
        ----------
        X : array-like or Dataset

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = np.argmax(self._logits(X), axis=1)
        labels: Array = self.classes_[best]
        return labels

    def decision_function(self, X: Any) -> Array:
        """Return logits; of two classes, the second one's above the first one's.

        Parameters
        ----------
        X : array-like or Dataset

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples,), float64
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    @available_if(_keeps_checkpoints)  # type: ignore[untyped-decorator]
    def staged_predict_proba(self, X: Any) -> Iterator[Array]:
        """Yield the probabilities after each epoch; needs ``keep_checkpoints=True``.

        Parameters
        ----------
        X : array-like or Dataset

        Yields
        ------
        ndarray of shape (n_samples, n_classes), float64
        """
        rows = check_rows(self, X, reset=False)
        self.net_.batch_size = self.batch_size
        for logits in _predict.staged_logits(self.net_, rows):
            yield _predict.softmax(logits)

    def as_module(self) -> Any:
        """Return a copy of the network that takes rows as they are.

        Returns
        -------
        torch.nn.Module
            In evaluation mode, with the standardisation as its first layer: of uint8 or
            float rows, channels first (or in the layout of fit), to logits. It needs
            nothing but torch once traced or exported.
        """
        check_is_fitted(self)
        return _predict.whole(self.net_)

    @property
    def module_(self) -> Any:
        """The trained module."""
        return self._fitted("module_").module_

    @property
    def history_(self) -> Any:
        """Of skorch, one entry an epoch."""
        return self._fitted("history_").history

    @property
    def n_iter_(self) -> int:
        """Epochs trained."""
        return len(self._fitted("n_iter_").history)

    def _fitted(self, name: str) -> Any:
        # AttributeError: hasattr must say no before fit.
        if "net_" not in vars(self):
            raise AttributeError(f"{name} is there after fit.")
        return self.net_

    def _logits(self, X: Any) -> Array:
        check_is_fitted(self)
        self.net_.batch_size = self.batch_size
        return _predict.logits(self.net_, Rows(check_rows(self, X, reset=False)))

    def __sklearn_is_fitted__(self) -> bool:
        return "net_" in vars(self)
