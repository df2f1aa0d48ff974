"""Proximal quasi-Newton steps for a smooth objective plus weighted absolute values.

Each step minimises a quadratic model of the smooth part plus the absolute values by
coordinate descent, which leaves exact zeros [1]_. The model's Hessian is the compact
matrix of the last pairs of L-BFGS [2]_, so a step costs one evaluation of the
objective, as one of L-BFGS does.

References
----------
.. [1] J. D. Lee, Y. Sun and M. A. Saunders, "Proximal Newton-type methods for
   minimizing composite functions", SIAM J. Optim. 24, 2014, algorithm 1.
   :doi:`10.1137/130921428`
.. [2] R. H. Byrd, J. Nocedal and R. B. Schnabel, "Representations of quasi-Newton
   matrices and their use in limited memory methods", Math. Program. 63, 1994, theorem
   2.3. :doi:`10.1007/BF01582063`
"""

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill import _kernels

from ._newton import Step

__all__ = ["proximal_quasi_newton", "subgradient_size"]

AnyArray = npt.NDArray[Any]

_PAIRS = 10
_SUFFICIENT = 1e-2  # share of the decrease of the linear model and the penalty
_DAMPINGS = 40
# Steps without a decrease before it is called the end: a single one may be bad luck,
# with steps left that halve the subgradient.
_PATIENCE = 5
# How exactly a model is minimised, relative to the subgradient it starts from.
_INNER = 0.05
_SWEEPS = 200


def subgradient_size(x: AnyArray, gradient: AnyArray, lasso: AnyArray) -> float:
    """Largest entry of the smallest subgradient: 0 at the minimum and nowhere else."""
    free = np.abs(gradient + np.sign(x) * lasso)
    stuck = np.maximum(np.abs(gradient) - lasso, 0.0)
    return float(np.where(x == 0, stuck, free).max())


def proximal_quasi_newton(
    problem: Any, x: AnyArray, lasso: AnyArray, *, tol: float, max_iter: int
) -> Step:
    r"""Minimise ``problem(x)[0] + lasso @ abs(x)``.

    Parameters
    ----------
    problem : callable, with ``rounding``
        Value and gradient of the smooth part at a flat vector.
    x : ndarray of shape (n_unknowns,)
        Where to start.
    lasso : ndarray of shape (n_unknowns,)
        Non-negative.
    tol : float
        Largest entry of the smallest subgradient at the solution.
    max_iter : int

    Returns
    -------
    Step
    """
    smooth, gradient = problem(x)
    value = smooth + float(lasso @ np.abs(x))
    model = _Model(max(float(np.linalg.norm(gradient)), tol))
    idle = 0
    for iteration in range(max_iter):
        size = subgradient_size(x, gradient, lasso)
        if size <= tol:
            return Step(x, value, iteration, True)
        found = _step(problem, x, value, gradient, lasso, model, _INNER * size)
        if found is None:
            return Step(x, value, iteration, False)
        new, reached, slopes = found
        model.learn(new - x, slopes - gradient)
        small = value - reached <= problem.rounding * max(abs(value), 1.0)
        idle = idle + 1 if small else 0
        x, value, gradient = new, reached, slopes
        if idle == _PATIENCE:
            return Step(x, value, iteration + 1, True)
    return Step(x, value, max_iter, subgradient_size(x, gradient, lasso) <= tol)


def _step(
    problem: Any,
    x: AnyArray,
    value: float,
    gradient: AnyArray,
    lasso: AnyArray,
    model: "_Model",
    tol: float,
) -> tuple[AnyArray, float, AnyArray] | None:
    """Next point, its value and gradient; None if no damping brings a decrease."""
    left, right = model.factors(len(x))
    before, slack = float(lasso @ np.abs(x)), problem.rounding * max(abs(value), 1.0)
    for _ in range(_DAMPINGS):
        # A shorter step by a stiffer model, not by a line search: only the model's own
        # minimum has exact zeros.
        move = _kernels.lasso_model(
            gradient, x, lasso, model.scale + model.damping, left, right, tol, _SWEEPS
        )
        new = x + move
        after = float(lasso @ np.abs(new))
        promised = float(gradient @ move) + after - before
        smooth, slopes = problem(new)
        if smooth + after <= value + _SUFFICIENT * promised + slack:
            model.damping = 0.0
            return new, smooth + after, slopes
        model.damping = max(4 * model.damping, model.scale)
    return None


class _Model:
    """Compact L-BFGS matrix, scale * I - left right^T."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.damping = 0.0
        self.pairs: deque[tuple[AnyArray, AnyArray]] = deque(maxlen=_PAIRS)

    def learn(self, s: AnyArray, y: AnyArray) -> None:
        curvature = float(s @ y)
        # Not so for a flat direction, rounding, or rows of negative mass.
        if curvature > 1e-10 * float(np.linalg.norm(s) * np.linalg.norm(y)):
            self.pairs.append((s, y))
            self.scale = float(y @ y) / curvature

    def factors(self, size: int) -> tuple[AnyArray, AnyArray]:
        if not self.pairs:
            return np.zeros((size, 0)), np.zeros((size, 0))
        S, Y = (np.column_stack(part) for part in zip(*self.pairs, strict=True))
        inner = S.T @ Y
        lower = np.tril(inner, -1)
        middle = np.block(
            [[self.scale * S.T @ S, lower], [lower.T, -np.diag(np.diag(inner))]]
        )
        left = np.column_stack([self.scale * S, Y])
        return left, np.ascontiguousarray(np.linalg.solve(middle, left.T).T)
