"""The objective of softmax regression, its gradient and its Hessian, block by block.

Two classes share one weight vector, with logits (0, w.x + b); more classes have one
each. A point is one flat vector of the rows (w, b), b last and only with an intercept.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from skdistill import _kernels
from skdistill._sklearn_compat import effective_threads
from skdistill.losses import CrossEntropy
from skdistill.targets import TopKTargets

__all__ = ["SoftmaxProblem"]

AnyArray = npt.NDArray[Any]

# Rows per block: enough for BLAS, few enough for the logits to stay in the cache.
# float32 products are added up in float64 after each: otherwise rounding stops the
# line search early on long data. With more than 256 classes, fewer rows: logits, their
# exponentials and stored targets made dense are all of the block's size.
_ROWS = 4096
_ENTRIES = 1 << 20


class SoftmaxProblem:
    r"""Smooth part of the objective, and what the penalties are.

    .. math:: \frac{1}{\sum_i s_i} \left( \sum_i s_i\, \ell(t_i, W x_i + b)
              + \frac{1 - \rho}{2C} \|W\|_2^2 \right)

    Parameters
    ----------
    X : {ndarray, CSR sparse} of shape (n_samples, n_features), float32 or float64
    T : ndarray of shape (n_samples, n_classes), or TopKTargets
        Stored targets are made dense a block of rows at a time.
    loss : CrossEntropy
    sample_weight : ndarray of shape (n_samples,) or None
    C : float
    l1_ratio : float
        :math:`\rho`; the other part, :math:`\rho\|W\|_1 / C`, is in `lasso`.
    fit_intercept : bool
    """

    def __init__(
        self,
        X: Any,
        T: AnyArray | TopKTargets,
        loss: CrossEntropy,
        sample_weight: AnyArray | None = None,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
    ) -> None:
        # Products of sparse float32 matrices add up in float32, row after row.
        self.X = X.astype(np.float64, copy=False) if sparse.issparse(X) else X
        self.n_threads = effective_threads()
        self.loss = loss
        self.fit_intercept = fit_intercept
        n, k = T.shape
        total = float(n if sample_weight is None else np.sum(sample_weight))
        weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight)
        self.weight = weight / total
        self.T: AnyArray | TopKTargets = T
        if not isinstance(T, TopKTargets):
            self.T = np.ascontiguousarray(T, dtype=self.X.dtype)
        self.binary = k == 2
        self.shape = (1 if self.binary else k, X.shape[1])
        self.ridge = (1 - l1_ratio) / (C * total)
        self.strength = l1_ratio / (C * total)

    @property
    def rounding(self) -> float:
        """Relative decrease of the objective that may be rounding.

        For float64, scikit-learn's number for its "lbfgs". Logits in float32 are off by
        some float32 roundings each, their mean over n rows by 1/sqrt(n) of that (2e-10
        was seen for 200,000 rows of 100). L-BFGS in search of less evaluates 20 times
        and finds nothing.
        """
        if self.X.dtype == np.float64:
            return 64 * float(np.finfo(np.float64).eps)
        return float(np.finfo(np.float32).eps) / math.sqrt(max(len(self.T), 1))

    @property
    def lasso(self) -> AnyArray:
        """Weight of the absolute value of every unknown; 0 for intercepts."""
        both = np.full((self.shape[0], self.shape[1] + self.fit_intercept), 0.0)
        both[:, : self.shape[1]] = self.strength
        return both.ravel()

    def start(self, coef: AnyArray | None, intercept: AnyArray | None) -> AnyArray:
        """Return the point to start from: zeros, or what is given."""
        rows, d = self.shape
        flat = np.zeros((rows, d + self.fit_intercept))
        if coef is not None:
            if np.shape(coef) != self.shape:
                raise ValueError(
                    f"coef must have shape {self.shape}, got {np.shape(coef)}."
                )
            flat[:, :d] = coef
        if intercept is not None and self.fit_intercept:
            if np.shape(intercept) != (rows,):
                raise ValueError(
                    f"intercept must have shape ({rows},), got {np.shape(intercept)}."
                )
            flat[:, d] = intercept
        return flat.ravel()

    def split(self, flat: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Return W and b of a point."""
        rows, d = self.shape
        both = flat.reshape(rows, -1)
        return both[:, :d], both[:, d] if self.fit_intercept else np.zeros(rows)

    def __call__(self, flat: AnyArray) -> tuple[float, AnyArray]:
        """Return the smooth objective and its gradient, (n_unknowns,), float64."""
        W, b = self.split(flat)
        few = self.shape[0] <= _kernels.FUSED_COLUMNS
        dense = isinstance(self.T, np.ndarray) and not sparse.issparse(self.X)
        fused = few and dense
        loss, gradient = (self._in_one_pass if fused else self._in_blocks)(W, b)
        gradient[:, : self.shape[1]] += self.ridge * W
        value = loss + 0.5 * self.ridge * float(np.vdot(W, W))
        return value, gradient[:, : self.shape[1] + self.fit_intercept].ravel()

    def _in_one_pass(self, W: AnyArray, b: AnyArray) -> tuple[float, AnyArray]:
        found = _kernels.linear_ce(
            self.X,
            self._targets(slice(None)),
            np.column_stack([W, b]),
            self.loss.temperature,
            self.loss.alpha,
            sample_weight=self.weight,
            n_threads=self.n_threads,
        )
        return found.loss, found.grad

    def _in_blocks(self, W: AnyArray, b: AnyArray) -> tuple[float, AnyArray]:
        gradient = np.zeros((self.shape[0], self.shape[1] + 1))
        losses = []
        for rows, X in self._blocks():
            logits = self._logits(X, W, b)
            found = _kernels.soft_ce(
                self._targets(rows),
                logits,
                self.loss.temperature,
                self.loss.alpha,
                sample_weight=self.weight[rows],
            )
            slopes = np.ascontiguousarray(found.grad[:, -self.shape[0] :])
            losses.append(float(found.loss.sum()))
            gradient[:, :-1] += (X.T @ slopes).T
            gradient[:, -1] += slopes.sum(axis=0, dtype=np.float64)
        return math.fsum(losses), gradient

    def hessian(self, flat: AnyArray) -> AnyArray:
        r"""Second derivative of the smooth objective, (n_unknowns, n_unknowns).

        .. math:: \sum_i s_i m_i\, [\alpha (\mathrm{diag}\, p_\tau - p_\tau p_\tau^T)
                  + (1-\alpha)(\mathrm{diag}\, p_1 - p_1 p_1^T)] \otimes x_i x_i^T

        with :math:`p_\tau = \mathrm{softmax}(f_i/\tau)` and masses :math:`m_i = \sum_k
        t_{ik}`; columns of ones in X for the intercepts.
        """
        W, b = self.split(flat)
        rows, d = self.shape
        size = d + self.fit_intercept
        total = np.zeros((rows, size, rows, size))
        for block, X in self._blocks():
            factors = self._curvature(self._logits(X, W, b), block)
            Z = X if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
            for k in range(rows):
                for j in range(k + 1):
                    c = factors(k, j)
                    weighted = _scale_rows(Z, c)
                    total[k, :d, j, :d] += _dense(Z.T @ weighted)
                    if self.fit_intercept:
                        edge = np.asarray(weighted.sum(axis=0)).ravel()
                        total[k, :d, j, d] += edge
                        total[k, d, j, :d] += edge
                        total[k, d, j, d] += c.sum()
        for k in range(rows):
            for j in range(k):
                total[j, :, k, :] = total[k, :, j, :].T
            total[k, range(d), k, range(d)] += self.ridge
        return total.reshape(rows * size, -1)

    def newton_matrix(self, flat: AnyArray) -> AnyArray:
        """Hessian, made regular where the objective is constant.

        One vector added to all rows of W, or one number to all intercepts, changes no
        probability: without a ridge on it the Hessian is 0 there, and so is the
        gradient. A curvature there changes no step elsewhere.
        """
        matrix = self.hessian(flat)
        rows, d = self.shape
        if self.binary:
            return matrix
        size = matrix.trace() / len(matrix) or 1.0
        view = matrix.reshape(rows, len(matrix) // rows, rows, -1)
        free = [d] if self.fit_intercept else []
        for j in free if self.ridge else [*range(d), *free]:
            view[:, j, :, j] += size / rows
        return matrix

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        n = self.X.shape[0]
        size = max(1, min(_ROWS, _ENTRIES // self.T.shape[1]))
        if n <= size:
            yield slice(0, n), self.X
            return
        for i in range(0, n, size):
            yield slice(i, min(i + size, n)), self.X[i : i + size]

    def _targets(self, rows: slice) -> AnyArray:
        if isinstance(self.T, TopKTargets):
            return self.T.to_dense(rows, self.X.dtype)
        return self.T[rows]

    def _logits(self, X: Any, W: AnyArray, b: AnyArray) -> AnyArray:
        active = X @ W.T.astype(X.dtype)
        active += b.astype(X.dtype)
        if not self.binary:
            return np.asarray(active)
        return np.column_stack([np.zeros_like(active), active])

    def _curvature(self, logits: AnyArray, block: slice) -> Any:
        tau, alpha = self.loss.temperature, self.loss.alpha
        mass = self.weight[block] * self._targets(block).sum(axis=1, dtype=np.float64)
        terms = [
            (share, softmax(np.float64(logits) / t, axis=1)[:, -self.shape[0] :])
            for share, t in ((alpha, tau), (1 - alpha, 1.0))
            if share
        ]

        def factor(k: int, j: int) -> AnyArray:
            return np.asarray(
                mass * sum(s * p[:, k] * ((k == j) - p[:, j]) for s, p in terms)
            )

        return factor


def _scale_rows(X: Any, factor: AnyArray) -> Any:
    return sparse.diags(factor) @ X if sparse.issparse(X) else X * factor[:, None]


def _dense(product: Any) -> AnyArray:
    return np.asarray(product.toarray() if sparse.issparse(product) else product)
