"""What all losses of logits against real-valued targets share: averaging and checks."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from skdistill._kernels import SoftCrossEntropyRows
from skdistill._kernels._arrays import AnyArray, Buffers
from skdistill._validation import check_matrix, check_weights

__all__ = ["Loss"]


class Loss(ABC):
    """Base of the losses: a row function made into means, gradients and Hessians.

    Subclasses compute rows; this class checks the arrays and averages.

    Examples
    --------
    >>> from skdistill.losses import CrossEntropy, Loss
    >>> isinstance(CrossEntropy(), Loss)
    True
    """

    __slots__ = ()

    def value(
        self,
        T: npt.ArrayLike,
        F: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
    ) -> float:
        """Weighted mean of the loss over the rows.

        Parameters
        ----------
        T : array-like of shape (n_samples, n_classes)
            Targets, finite real numbers of any sign.
        F : array-like of shape (n_samples, n_classes)
            Predictions of the student (logits for the cross-entropy), finite.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; None weighs all rows alike.

        Returns
        -------
        float
            In nats for the cross-entropy.

        Raises
        ------
        TypeError
            If an array does not hold real numbers.
        ValueError
            If shapes disagree, there is no row, a number is NaN or infinite, or the
            weights are negative or all zero.

        Examples
        --------
        >>> from skdistill.losses import CrossEntropy
        >>> round(CrossEntropy().value([[0.5, 0.5]], [[0.0, 0.0]]), 4)
        0.6931
        """
        T, F, weight = _arrays(T, F, sample_weight)
        return float(self._row_values(T, F, _shares(weight, len(F))).sum())

    def gradient(
        self,
        T: npt.ArrayLike,
        F: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
    ) -> AnyArray:
        """Gradient of :meth:`value` with respect to `F`.

        Parameters
        ----------
        T, F, sample_weight
            As in :meth:`value`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            float32 if `T` and `F` are, else float64.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`value`.

        Examples
        --------
        >>> from skdistill.losses import CrossEntropy
        >>> CrossEntropy().gradient([[1, 0]], [[0, 0]])
        array([[-0.5,  0.5]])
        """
        return self.value_gradient(T, F, sample_weight)[1]

    def value_gradient(
        self,
        T: npt.ArrayLike,
        F: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
    ) -> tuple[float, AnyArray]:
        """Return :meth:`value` and :meth:`gradient` from one pass over the rows.

        Parameters
        ----------
        T, F, sample_weight
            As in :meth:`value`.

        Returns
        -------
        value : float
        gradient : ndarray of shape (n_samples, n_classes)

        Raises
        ------
        TypeError, ValueError
            As in :meth:`value`.

        Examples
        --------
        >>> from skdistill.losses import SquaredError
        >>> SquaredError().value_gradient([[1, 0]], [[0, 0]])
        (0.5, array([[-1.,  0.]]))
        """
        T, F, weight = _arrays(T, F, sample_weight)
        rows = self._rows(T, F, _shares(weight, len(F)))
        return float(rows.loss.sum()), rows.grad

    def gradient_hessian(
        self,
        T: npt.ArrayLike,
        F: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        out: tuple[AnyArray, AnyArray] | None = None,
        n_threads: int | None = None,
    ) -> tuple[AnyArray, AnyArray]:
        """Gradient and Hessian diagonal of every row's loss, as boosting wants them.

        Each row is multiplied by its weight and **not** divided by their sum.

        Parameters
        ----------
        T, F, sample_weight
            As in :meth:`value`; no rows are allowed here.
        out : pair of ndarray of shape (n_samples, n_classes), default=None
            C-contiguous arrays to write to and to return, of the dtype of the result.
        n_threads : int, default=None
            Number of threads; None means 1. Results do not depend on it.

        Returns
        -------
        gradient, hessian : ndarray of shape (n_samples, n_classes)
            float32 if `T` and `F` are, else float64.

        Raises
        ------
        TypeError
            As in :meth:`value`, or if a buffer is of another dtype.
        ValueError
            As in :meth:`value`, or if a buffer cannot be written to.

        Examples
        --------
        >>> from skdistill.losses import CrossEntropy
        >>> CrossEntropy().gradient_hessian([[1, 0]], [[0, 0]], [2.0])
        (array([[-1.,  1.]]), array([[0.5, 0.5]]))
        """
        T, F, weight = _arrays(T, F, sample_weight)
        threads = 1 if n_threads is None else n_threads
        rows = self._rows(T, F, weight, hessian=True, out=out, n_threads=threads)
        if rows.hess is None:
            raise TypeError(f"{type(self).__name__} must compute a Hessian, got None.")
        return rows.grad, rows.hess

    @abstractmethod
    def _row_values(
        self, T: AnyArray, F: AnyArray, weight: AnyArray | None
    ) -> npt.NDArray[np.float64]:
        """Weighted loss of every row, float64."""

    @abstractmethod
    def _rows(
        self,
        T: AnyArray,
        F: AnyArray,
        weight: AnyArray | None,
        *,
        hessian: bool = False,
        out: Buffers | None = None,
        n_threads: int = 1,
    ) -> SoftCrossEntropyRows:
        """Weighted loss, gradient and, if asked for, Hessian diagonal of every row."""


def _arrays(
    T: npt.ArrayLike, F: npt.ArrayLike, sample_weight: npt.ArrayLike | None
) -> tuple[AnyArray, AnyArray, npt.NDArray[np.float64] | None]:
    T = check_matrix("T", T)
    F = check_matrix("F", F, shape=T.shape)
    return T, F, check_weights("sample_weight", sample_weight, len(F))


def _shares(weight: AnyArray | None, n: int) -> AnyArray:
    """Weights that sum to one, so that a sum of rows is the mean."""
    if n == 0:
        raise ValueError("T must have at least one row, got 0.")
    return np.full(n, 1 / n) if weight is None else weight / weight.sum()
