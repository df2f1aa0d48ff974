"""Softmax regression on real-valued targets: L-BFGS over the fused kernel.

scikit-learn's own solver takes one label per row. Its users repeat every row once per
class instead, which needs n_classes times the memory and non-negative targets.
"""

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from skdistill import _kernels
from skdistill.losses import CrossEntropy

__all__ = ["SoftmaxFit", "fit_softmax"]

AnyArray = npt.NDArray[Any]

# float32 products are added up in float64 after this many rows: otherwise rounding
# stops the line search early on long data.
_FLOAT32_ROWS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxFit:
    """Solution of :func:`fit_softmax`.

    Parameters
    ----------
    coef : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
        In the dtype of X.
    intercept : ndarray of shape (n_classes,), or (1,) for two classes
        Zeros without an intercept.
    n_iter : int
        Iterations of the solver.
    converged : bool
        Whether it stopped because the gradient or the decrease became small.
    objective : float
        Mean loss plus penalty at the solution, in nats.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.losses import CrossEntropy
    >>> from skdistill.students._softmax_solver import fit_softmax
    >>> fit_softmax(np.zeros((2, 1)), np.eye(2), loss=CrossEntropy()).coef
    array([[0.]])
    """

    coef: AnyArray
    intercept: AnyArray
    n_iter: int
    converged: bool
    objective: float


def fit_softmax(
    X: Any,
    T: AnyArray,
    *,
    loss: CrossEntropy,
    sample_weight: AnyArray | None = None,
    C: float = 1.0,
    fit_intercept: bool = True,
    tol: float = 1e-4,
    max_iter: int = 100,
    coef: AnyArray | None = None,
    intercept: AnyArray | None = None,
) -> SoftmaxFit:
    r"""Minimise the weighted mean loss of linear logits plus a ridge penalty.

    .. math:: \frac{1}{\sum_i s_i} \left( \sum_i s_i\, \ell(t_i, W x_i + b)
              + \frac{1}{2C} \|W\|^2 \right)

    has the minimiser of :class:`sklearn.linear_model.LogisticRegression` when the
    targets `t` are one-hot labels. Two classes share one weight vector, with logits
    (0, w.x + b), as there; more classes have one each.

    Parameters
    ----------
    X : {ndarray, CSR sparse} of shape (n_samples, n_features), float32 or float64
        Finite; a float32 array is multiplied in float32.
    T : ndarray of shape (n_samples, n_classes)
        Finite real targets, two columns or more. The problem is convex if no row has a
        negative sum.
    loss : CrossEntropy
    sample_weight : ndarray of shape (n_samples,), default=None
        Non-negative, not all zero.
    C : float, default=1.0
        Inverse strength of the penalty, in (0, inf]; inf means none.
    fit_intercept : bool, default=True
        Whether to fit `b`, which is not penalised.
    tol : float, default=1e-4
        Largest entry of the gradient at the solution.
    max_iter : int, default=100
    coef, intercept : ndarray, default=None
        Where to start, in the shapes of the result; zeros by default.

    Returns
    -------
    SoftmaxFit

    Raises
    ------
    TypeError
        If `loss` is not a CrossEntropy or `C` is not a number.
    ValueError
        If shapes disagree, `T` has one column, or `C` or `max_iter` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.losses import CrossEntropy
    >>> from skdistill.students._softmax_solver import fit_softmax
    >>> X, T = np.array([[-1.0], [1.0]]), np.array([[0.8, 0.2], [0.2, 0.8]])
    >>> fit_softmax(X, T, loss=CrossEntropy(), C=np.inf).coef.round(2)
    array([[1.39]])
    """
    _check(X, T, loss, C, max_iter)
    total = float(len(T) if sample_weight is None else np.sum(sample_weight))
    problem = _Problem(X, T, loss, sample_weight, total, 1 / (C * total), fit_intercept)
    result = optimize.minimize(
        problem,
        problem.start(coef, intercept),
        method="L-BFGS-B",
        jac=True,
        # The conventions of scikit-learn's solver "lbfgs".
        options={
            "maxiter": max_iter,
            "maxls": 50,
            "gtol": tol,
            "ftol": 64 * np.finfo(float).eps,
        },
    )
    W, b = problem.split(result.x)
    return SoftmaxFit(
        coef=W.astype(X.dtype),
        intercept=b.astype(X.dtype),
        n_iter=min(int(result.nit), max_iter),
        converged=bool(result.status == 0),
        objective=float(result.fun),
    )


def _check(X: Any, T: AnyArray, loss: Any, C: Any, max_iter: Any) -> None:
    if not isinstance(loss, CrossEntropy):
        raise TypeError(
            f"loss must be a CrossEntropy, got {loss!r}. "
            "Logistic regression minimises nothing else."
        )
    if T.ndim != 2 or T.shape[1] < 2:
        raise ValueError(
            "T must have shape (n_samples, n_classes) with two classes or more, "
            f"got {T.shape}."
        )
    if X.shape[0] != T.shape[0]:
        raise ValueError(
            f"T must have as many rows as X, got {T.shape[0]} and {X.shape[0]}."
        )
    if not isinstance(C, Real) or isinstance(C, bool):
        raise TypeError(f"C must be a positive number or inf, got {C!r}.")
    if not float(C) > 0:
        raise ValueError(f"C must be a positive number or inf, got {C!r}.")
    if not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter must be a positive integer, got {max_iter!r}.")


class _Problem:
    """The objective and its gradient as functions of one flat vector."""

    def __init__(
        self,
        X: Any,
        T: AnyArray,
        loss: CrossEntropy,
        sample_weight: AnyArray | None,
        total: float,
        penalty: float,
        fit_intercept: bool,
    ) -> None:
        # Products of sparse float32 matrices add up in float32, row after row.
        self.X = X.astype(np.float64, copy=False) if sparse.issparse(X) else X
        self.loss = loss
        self.penalty = penalty
        self.fit_intercept = fit_intercept
        n, k = T.shape
        weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight)
        self.weight = weight / total
        self.T = np.ascontiguousarray(T, dtype=self.X.dtype)
        self.binary = k == 2
        self.shape = (1 if self.binary else k, X.shape[1])
        self.logits = np.zeros_like(self.T)
        self.slopes = np.empty_like(self.T)

    def start(self, coef: AnyArray | None, intercept: AnyArray | None) -> AnyArray:
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
        rows, d = self.shape
        both = flat.reshape(rows, -1)
        return both[:, :d], both[:, d] if self.fit_intercept else np.zeros(rows)

    def __call__(self, flat: AnyArray) -> tuple[float, AnyArray]:
        W, b = self.split(flat)
        active = self.logits[:, 1:] if self.binary else self.logits
        active[:] = self.X @ W.T.astype(self.X.dtype)
        active += b.astype(self.X.dtype)
        rows = _kernels.soft_ce(
            self.T,
            self.logits,
            self.loss.temperature,
            self.loss.alpha,
            sample_weight=self.weight,
            out=(self.slopes, None),
        )
        slopes = np.ascontiguousarray(self.slopes[:, -self.shape[0] :])
        gradient = np.empty((self.shape[0], flat.size // self.shape[0]))
        gradient[:, : self.shape[1]] = _project(slopes, self.X) + self.penalty * W
        if self.fit_intercept:
            gradient[:, -1] = slopes.sum(axis=0, dtype=np.float64)
        value = math.fsum((rows.loss.sum(), 0.5 * self.penalty * np.vdot(W, W)))
        return value, gradient.ravel()


def _project(slopes: AnyArray, X: Any) -> AnyArray:
    """Return slopes' X in float64, shape (n_columns, n_features)."""
    if sparse.issparse(X):
        return np.asarray((X.T @ slopes).T)
    if X.dtype == np.float64:
        return np.asarray(slopes.T @ X)
    total = np.zeros((slopes.shape[1], X.shape[1]))
    for i in range(0, len(X), _FLOAT32_ROWS):
        total += slopes[i : i + _FLOAT32_ROWS].T @ X[i : i + _FLOAT32_ROWS]
    return total
