"""Kernels of rows: linear, scikit-learn's pairwise kernels, leaves of trees."""

from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils import check_array

__all__ = ["LeafKernel", "LinearKernel", "PairwiseKernel"]

Array = npt.NDArray[Any]


class PairwiseKernel:
    """A kernel of scikit-learn by name, or any function of two sets of rows.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    metric : str or callable
        A name of ``sklearn.metrics.pairwise.pairwise_kernels``, or a function
        ``(A, B) -> (n_A, n_B)`` of rows, as the kernels of Gaussian processes are.
    **params
        Of the named kernel: ``gamma``, ``degree``, ``coef0``.

    Raises
    ------
    ValueError
        If X has missing values, or there is no kernel of that name.

    Examples
    --------
    >>> from skdistill.diagnostics.complexity import PairwiseKernel
    >>> kernel = PairwiseKernel([[0.0], [1.0]], "rbf", gamma=1.0)
    >>> kernel.name
    'rbf(gamma=1.0)'
    >>> kernel.gram(slice(0, 1), slice(0, 2)).round(3)
    array([[1.   , 0.368]])
    """

    def __init__(
        self, X: Any, metric: str | Callable[[Any, Any], Array], **params: Any
    ) -> None:
        self._X = _rows(X)
        self._metric, self._params = metric, params
        self.n_samples = int(self._X.shape[0])
        shown = ", ".join(f"{key}={value!r}" for key, value in params.items())
        self.name = f"{metric}({shown})" if isinstance(metric, str) else str(metric)
        self.gram(slice(0, 1), slice(0, 1))  # an unknown name or parameter says so

    @property
    def fingerprint(self) -> str:
        """Hash of the rows and of the kernel's name and parameters."""
        return str(joblib.hash((self.name, self._params, self._X)))

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows."""
        if callable(self._metric):
            return np.asarray(self._metric(self._X[rows], self._X[cols]))
        return np.asarray(
            pairwise_kernels(
                self._X[rows], self._X[cols], metric=self._metric, **self._params
            )
        )


class LinearKernel:
    """``x'x' + 1``: the tangent kernel of a linear or softmax-linear student.

    With fewer features than rows it has not full rank, and what it cannot represent
    measures the jitter: take one that is the strength of the ridge, such as 1e-2.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    intercept : bool, default=True
        Whether the student has an intercept: the ``+ 1``.

    Examples
    --------
    >>> from skdistill.diagnostics.complexity import LinearKernel
    >>> LinearKernel([[1.0], [2.0]]).gram(slice(0, 2), slice(0, 2))
    array([[2., 3.],
           [3., 5.]])
    """

    def __init__(self, X: Any, *, intercept: bool = True) -> None:
        self._X = _rows(X)
        self.n_samples = int(self._X.shape[0])
        self._constant = float(intercept)
        self.name = "linear + 1" if intercept else "linear"

    @property
    def fingerprint(self) -> str:
        """Hash of the rows."""
        return str(joblib.hash((self.name, self._X)))

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows."""
        product = self._X[rows] @ self._X[cols].T
        dense = product.toarray() if issparse(product) else product
        return np.asarray(dense + self._constant)


class LeafKernel:
    """Share of the trees in which two rows end in the same leaf.

    Parameters
    ----------
    leaves : array-like of shape (n_samples, n_trees)
        Leaf of every row in every tree, as integers; further axes are trees too.
    name : str, default="leaves"

    Notes
    -----
    Rows that share all leaves are one row to the kernel: they leave it singular, and
    where their targets differ the complexity measures the jitter.

    Examples
    --------
    >>> from skdistill.diagnostics.complexity import LeafKernel
    >>> LeafKernel([[0, 5], [0, 6], [1, 6]]).gram(slice(0, 1), slice(0, 3))
    array([[1. , 0.5, 0. ]])
    """

    def __init__(self, leaves: npt.ArrayLike, *, name: str = "leaves") -> None:
        table = np.asarray(leaves)
        table = table.reshape(len(table), -1)
        self.n_samples, n_trees = table.shape
        codes, first = np.empty(table.shape, dtype=np.int64), 0
        for tree in range(n_trees):
            found, codes[:, tree] = np.unique(table[:, tree], return_inverse=True)
            codes[:, tree] += first
            first += len(found)
        self._onehot = csr_array(
            (
                np.full(codes.size, n_trees**-0.5),
                codes.ravel(),
                np.arange(0, codes.size + 1, n_trees),
            ),
            shape=(self.n_samples, first),
        )
        self.name = f"{name} ({n_trees} trees)"

    @property
    def fingerprint(self) -> str:
        """Hash of the leaves."""
        return str(joblib.hash((self.name, self._onehot.indices)))

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows."""
        return np.asarray((self._onehot[rows] @ self._onehot[cols].T).toarray())


def _rows(X: Any) -> Any:
    checked = check_array(X, accept_sparse="csr", dtype=np.float64, input_name="X")
    return csr_matrix(checked) if issparse(checked) else checked
