"""A linear scorer that ranks: L-BFGS over the scores of all rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from skdistill.losses import BipartiteRanking
from skdistill.students._ranking import intercept

__all__ = ["RankingSolution", "fit_linear_ranking"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class RankingSolution:
    """Coefficients of a linear scorer.

    Attributes
    ----------
    coef : ndarray of shape (1, n_features), in the dtype of X
    intercept : ndarray of shape (1,)
    n_iter : int
    converged : bool
    """

    coef: Array
    intercept: Array
    n_iter: int
    converged: bool


def fit_linear_ranking(
    X: Any,
    targets: Array,
    *,
    loss: BipartiteRanking,
    total: float,
    C: float,
    fit_intercept: bool,
    tol: float,
    max_iter: int,
    coef: Array | None = None,
) -> RankingSolution:
    r"""Minimise ``m * loss(X w) + |w|^2 / (2 C)``, m the sum of the row weights.

    So that C is, as in a cross-entropy, against a loss of the size of a sum over rows.

    Parameters
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
    targets : ndarray of shape (n_samples, 2), non-negative
        Of negatives and positives, times the weights of the rows.
    loss : BipartiteRanking
    total : float
        m; `targets` may hold class weights too.
    C : float in (0, inf]
    fit_intercept : bool
        Whether the intercept calibrates the scores; else it is 0.
    tol : float
        Largest entry of the gradient, of the objective over m, at the end.
    max_iter : int
    coef : ndarray of shape (1, n_features), default=None
        Where to start; None is 0.

    Returns
    -------
    RankingSolution
    """
    rows = X.astype(np.float64, copy=False)
    negative, positive = np.asarray(targets, dtype=np.float64).T.copy()
    penalty = 1 / (C * total)

    def objective(w: Array) -> tuple[float, Array]:
        found = loss.of_masses(positive, negative, rows @ w)
        value = found.value + penalty / 2 * float(w @ w)
        return value, rows.T @ found.gradient + penalty * w

    start = np.zeros(X.shape[1]) if coef is None else np.float64(np.ravel(coef))
    # As scikit-learn's logistic regression asks of the same solver.
    options = {
        "maxiter": max_iter,
        "gtol": tol,
        "ftol": 64 * np.finfo(np.float64).eps,
        "maxls": 50,
    }
    result = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    shift = intercept(rows @ result.x, targets) if fit_intercept else 0.0
    return RankingSolution(
        coef=result.x[None, :].astype(X.dtype),
        intercept=np.array([shift]),
        n_iter=int(result.nit),
        converged=result.status == 0,
    )
