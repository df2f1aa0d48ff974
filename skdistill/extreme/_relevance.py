"""Raw scores to relevances in [0, 1], by two numbers fitted out of fold."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

__all__ = ["FLATTEST", "fit_sigmoid", "relevances"]

Array = npt.NDArray[Any]

#: Least slope, a standard deviation of the scores: the order of scores is never lost.
FLATTEST = 1e-3


def fit_sigmoid(
    scores: Array, observed: Array, weight: Array | None = None
) -> tuple[float, float]:
    """Fit ``expit(slope * score + intercept)`` to whether labels were observed.

    By maximum likelihood with Platt's smoothed targets, ``(N1 + 1) / (N1 + 2)`` for
    the observed and ``1 / (N0 + 2)`` for the others, N1 and N0 being their (weighted)
    numbers.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Finite, of any scale.
    observed : ndarray of bool, shape (n,)
    weight : ndarray of shape (n,), default=None

    Returns
    -------
    slope : float
        At least `FLATTEST` over the standard deviation of the scores.
    intercept : float

    References
    ----------
    .. [1] J. Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons
       to Regularized Likelihood Methods", 1999, section 2.2.
    """
    scores = scores.astype(np.float64)
    weight = np.ones(len(scores)) if weight is None else weight
    total = weight.sum()
    positive = weight[observed].sum()
    negative = total - positive
    target = np.where(observed, (positive + 1) / (positive + 2), 1 / (negative + 2))
    centre = np.average(scores, weights=weight)
    scale = np.sqrt(np.average((scores - centre) ** 2, weights=weight)) or 1.0
    standard = (scores - centre) / scale

    def loss(numbers: Array) -> tuple[float, Array]:
        z = numbers[0] * standard + numbers[1]
        value = weight @ (np.logaddexp(0, z) - target * z) / total
        residual = weight * (expit(z) - target) / total
        return float(value), np.array([residual @ standard, residual.sum()])

    odds = (positive + 1) / (negative + 1)
    found = minimize(
        loss,
        [1.0, np.log(odds)],
        jac=True,
        method="L-BFGS-B",
        bounds=[(FLATTEST, None), (None, None)],
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 200},
    )
    slope = float(found.x[0] / scale)
    return slope, float(found.x[1] - slope * centre)


def relevances(scores: Array, slope: float, intercept: float) -> Array:
    """Return ``expit(slope * scores + intercept)`` as float32."""
    return np.asarray(
        expit(slope * scores.astype(np.float64) + intercept).astype(np.float32)
    )
