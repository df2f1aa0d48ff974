"""Wrappers of the kernels of linear models; they check shapes and types only."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import _cpu, _lasso_model, _linear_ce
from ._arrays import as_floats

__all__ = ["FUSED_COLUMNS", "LinearCrossEntropy", "lasso_model", "linear_ce"]

#: Most columns of logits for which the fused kernel is known to be faster than BLAS
#: block by block: 2.4 times at 10 columns, 1.3 to 2 times at 256 (100 features).
FUSED_COLUMNS = 256 if _linear_ce.HAS_VECTORS else 0

# Rows are cut into parts by their number alone, so that sums are added in one order
# whatever the number of threads. A part of fewer entries takes less time (0.1 ms) than
# a thread takes to start.
_ENTRIES_PER_PART = 262_144
_MOST_PARTS = 16


@dataclass(frozen=True, slots=True)
class LinearCrossEntropy:
    """Sum over rows of the soft cross-entropy of linear logits, and its gradient.

    Parameters
    ----------
    loss : float, in nats
    grad : ndarray of shape (n_columns, n_features + 1), float64
        Derivative with respect to the coefficients, intercepts last.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._kernels import linear_ce
    >>> round(linear_ce(np.eye(2), np.eye(2), np.zeros((1, 3))).loss, 4)
    1.3863
    """

    loss: float
    grad: npt.NDArray[np.float64]


def linear_ce(
    rows: npt.ArrayLike,
    target: npt.ArrayLike,
    coef: npt.ArrayLike,
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.ArrayLike | None = None,
    n_threads: int = 1,
    level: int | None = None,
) -> LinearCrossEntropy:
    r"""Sum of :func:`soft_ce` over rows at the logits of a linear model.

    With :math:`f_i = W x_i + b` and :math:`g_i` the gradient of row i in its logits,

    .. math:: L = \sum_i s_i\, \ell(t_i, f_i), \qquad
              \nabla_W L = \sum_i s_i\, g_i x_i^T, \qquad
              \nabla_b L = \sum_i s_i\, g_i.

    Every row is read from memory once, and nothing of n_samples entries is written.

    Parameters
    ----------
    rows : array-like of shape (n_samples, n_features)
        Finite. Products are float32 if it is, added up in float64 after some hundred
        rows at most.
    target : array-like of shape (n_samples, n_classes)
        Real numbers, two columns or more.
    coef : array-like of shape (n_classes, n_features + 1)
        Weights, and intercepts in the last column. Two classes may have one row, with
        logits (0, w.x + b).
    temperature, alpha, sample_weight
        As in :func:`soft_ce`.
    n_threads : int, default=1
        The result does not depend on it, to the last bit.
    level : int, default=None
        Copy of the kernel for a lesser processor; the best one by default.

    Returns
    -------
    LinearCrossEntropy

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If shapes disagree or `n_threads` is not positive.

    Examples
    --------
    >>> from skdistill._kernels import linear_ce
    >>> linear_ce([[2.0]], [[0.25, 0.75]], [[0.0, 0.0]]).grad
    array([[-0.5 , -0.25]])
    """
    x = as_floats("rows", rows)
    t = as_floats("target", target, x.dtype)
    w = as_floats("coef", coef, np.float64)
    weight = (
        None
        if sample_weight is None
        else np.ascontiguousarray(sample_weight, dtype=np.float64)
    )
    _check_shapes(x.shape, t.shape, w.shape, None if weight is None else weight.shape)
    if n_threads < 1:
        raise ValueError(f"n_threads must be at least 1, got {n_threads}.")
    (n, d), k = x.shape, t.shape[1]
    # Every part has a gradient of its own; together they stay small against the rows.
    entries = max(_ENTRIES_PER_PART, 8 * w.size)
    parts = min(_MOST_PARTS, max(1, x.size // entries), max(1, n))
    edges = [n * i // parts for i in range(parts + 1)]
    losses, grads = np.zeros(parts), np.zeros((parts, *w.shape))
    copy = _cpu.LEVEL if level is None else level

    def run(part: int) -> None:
        cut = slice(edges[part], edges[part + 1])
        scratch = np.empty(_linear_ce.scratch_size(d, k), dtype=np.uint8)
        losses[part] = _linear_ce.linear_ce(
            x[cut],
            t[cut],
            None if weight is None else weight[cut],
            w,
            float(temperature),
            float(alpha),
            grads[part],
            scratch,
            copy,
        )

    if n and min(n_threads, parts) == 1:
        for part in range(parts):
            run(part)
    elif n:
        # A pool for this call only: a pool kept by the module would hang after a fork.
        with ThreadPoolExecutor(min(n_threads, parts)) as pool:
            list(pool.map(run, range(parts)))
    return LinearCrossEntropy(float(losses.sum()), grads.sum(axis=0))


def _check_shapes(
    rows: tuple[int, ...],
    target: tuple[int, ...],
    coef: tuple[int, ...],
    weight: tuple[int, ...] | None,
) -> None:
    if target[0] != rows[0] or target[1] < 2:
        raise ValueError(
            f"target must have shape ({rows[0]}, n_classes) with two classes or more, "
            f"got {target}."
        )
    if coef[1] != rows[1] + 1 or (
        coef[0] != target[1] and (coef[0], target[1]) != (1, 2)
    ):
        raise ValueError(
            f"coef must have shape ({target[1]}, {rows[1] + 1}), got {coef}."
        )
    if weight not in (None, (rows[0],)):
        raise ValueError(f"sample_weight must have shape ({rows[0]},), got {weight}.")


def lasso_model(
    gradient: npt.ArrayLike,
    at: npt.ArrayLike,
    lasso: npt.ArrayLike,
    scale: float,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    tol: float = 1e-10,
    max_sweeps: int = 1000,
) -> npt.NDArray[np.float64]:
    r"""Minimise a quadratic model plus weighted absolute values over the move `v`.

    .. math:: g \cdot v + \tfrac12 v^T (\sigma I - L R^T) v
              + \sum_j \lambda_j |x_j + v_j|

    by cyclic coordinate descent [1]_, at `rank` multiplications a coordinate.

    Parameters
    ----------
    gradient, at, lasso : array-like of shape (n_unknowns,)
        :math:`g`, the point :math:`x`, and :math:`\lambda \ge 0`.
    scale : float
        :math:`\sigma`, positive.
    left, right : array-like of shape (n_unknowns, rank)
        :math:`L` and :math:`R`; the Hessian must be symmetric and positive definite.
    tol : float, default=1e-10
        Stops after a sweep that removed no larger entry of the slope.
    max_sweeps : int, default=1000

    Returns
    -------
    ndarray of shape (n_unknowns,), float64
        ``at + move`` is 0 to the last bit where the minimum is.

    Raises
    ------
    ValueError
        If shapes disagree.

    References
    ----------
    .. [1] J. Friedman, T. Hastie and R. Tibshirani, "Regularization paths for
       generalized linear models via coordinate descent", J. Stat. Softw. 33, 2010,
       section 2.1. :doi:`10.18637/jss.v033.i01`

    Examples
    --------
    >>> from skdistill._kernels import lasso_model
    >>> lasso_model([-3.0, 0.5], [0.0, 1.0], [1.0, 1.0], 2.0, [[], []], [[], []])
    array([ 1.  , -0.75])
    """
    g, x, bound = (
        np.ascontiguousarray(one, dtype=np.float64) for one in (gradient, at, lasso)
    )
    a, b = (np.ascontiguousarray(one, dtype=np.float64) for one in (left, right))
    if g.shape != x.shape or bound.shape != x.shape or x.ndim != 1:
        raise ValueError(
            "gradient, at and lasso must have one shape (n_unknowns,), got "
            f"{g.shape}, {x.shape} and {bound.shape}."
        )
    if a.shape != b.shape or a.ndim != 2 or len(a) != len(x):
        raise ValueError(
            f"left and right must have one shape ({len(x)}, rank), got {a.shape} and "
            f"{b.shape}."
        )
    move, product = np.empty_like(x), np.empty(a.shape[1])
    _lasso_model.lasso_model(
        g, x, bound, float(scale), a, b, float(tol), max_sweeps, move, product
    )
    return move
