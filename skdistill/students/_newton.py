"""Newton's method with a Cholesky factor of the whole Hessian, for few unknowns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

__all__ = ["Step", "newton"]

AnyArray = npt.NDArray[Any]

_SUFFICIENT = 1e-4  # share of the decrease that the slope promises
_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Where a solver ended.

    Attributes
    ----------
    x : ndarray of shape (n_unknowns,)
    value : float
        Objective at `x`.
    n_iter : int
    converged : bool
    """

    x: AnyArray
    value: float
    n_iter: int
    converged: bool


def newton(problem: Any, x: AnyArray, *, tol: float, max_iter: int) -> Step:
    """Minimise a smooth convex objective by damped Newton steps.

    Halves a step until it brings a ten-thousandth of the decrease its slope promises
    (Nocedal and Wright, *Numerical optimization*, 2006, algorithm 3.2).

    Parameters
    ----------
    problem : callable, with ``newton_matrix`` and ``rounding``
        Returns value and gradient of a flat vector.
    x : ndarray of shape (n_unknowns,)
    tol : float
        Largest entry of the gradient at the solution.
    max_iter : int

    Returns
    -------
    Step
    """
    value, gradient = problem(x)
    for iteration in range(max_iter):
        if np.abs(gradient).max() <= tol:
            return Step(x, value, iteration, True)
        step = -_solve(problem.newton_matrix(x), gradient)
        found = _search(problem, x, value, step, float(gradient @ step))
        if found is None:
            return Step(x, value, iteration, False)
        small = value - found[1] <= problem.rounding * max(abs(value), 1.0)
        x, value, gradient = found
        if small:
            return Step(x, value, iteration + 1, True)
    return Step(x, value, max_iter, bool(np.abs(gradient).max() <= tol))


def _solve(hessian: AnyArray, gradient: AnyArray) -> AnyArray:
    # Dependent features without a penalty, or rows of negative mass: the smallest
    # multiple of the identity that leaves a factor stays out of the other directions.
    size = max(float(np.trace(hessian)) / len(hessian), np.finfo(float).tiny)
    for share in (0.0, *10.0 ** np.arange(-12, 4)):
        shifted = hessian + share * size * np.eye(len(hessian))
        try:
            return np.asarray(linalg.cho_solve(linalg.cho_factor(shifted), gradient))
        except linalg.LinAlgError:
            continue
    return gradient / size


def _search(
    problem: Any,
    x: AnyArray,
    value: float,
    step: AnyArray,
    slope: float,
) -> tuple[AnyArray, float, AnyArray] | None:
    slack = problem.rounding * max(abs(value), 1.0)
    for halving in range(_HALVINGS):
        length = 0.5**halving
        reached, gradient = problem(x + length * step)
        if reached <= value + _SUFFICIENT * length * slope + slack:
            return x + length * step, reached, gradient
    return None
