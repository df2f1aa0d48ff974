"""What a softmax regression may be asked, and whether it has a minimum at all."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_unit
from skdistill.losses import CrossEntropy
from skdistill.targets import TopKTargets

__all__ = [
    "MOST_NEWTON_UNKNOWNS",
    "SOLVERS",
    "check_bounded",
    "check_problem",
    "check_solver",
]

AnyArray = npt.NDArray[Any]

SOLVERS = ("auto", "lbfgs", "newton-cholesky", "proximal")

#: A Hessian costs about n_unknowns / 4 gradients: beyond this many a single Newton step
#: costs more than a whole fit by "lbfgs", which takes about 60.
MOST_NEWTON_UNKNOWNS = 500


def check_problem(
    X: Any, T: AnyArray | TopKTargets, loss: Any, C: Any, l1_ratio: Any, max_iter: Any
) -> None:
    """Refuse shapes and numbers that make no problem."""
    if not isinstance(loss, CrossEntropy):
        raise TypeError(
            f"loss must be a CrossEntropy, got {loss!r}. "
            "Logistic regression minimises nothing else."
        )
    if len(T.shape) != 2 or T.shape[1] < 2:
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
    check_unit("l1_ratio", l1_ratio)
    if not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter must be a positive integer, got {max_iter!r}.")


def check_solver(solver: Any, lasso: bool, n_unknowns: int) -> str:
    """Return the name of the solver to use; "auto" is none."""
    if solver not in SOLVERS:
        names = ", ".join(repr(one) for one in SOLVERS)
        raise ValueError(f"solver must be one of {names}, got {solver!r}.")
    if solver == "auto":
        return "proximal" if lasso else "lbfgs"
    if lasso and solver != "proximal":
        raise ValueError(
            "solver must be 'auto' or 'proximal' with an L1 penalty, which has no "
            f"derivative at 0, got {solver!r}. Use one of them, or l1_ratio=0."
        )
    if solver == "newton-cholesky" and n_unknowns > MOST_NEWTON_UNKNOWNS:
        raise ValueError(
            "solver must be 'auto' or 'lbfgs' for more than "
            f"{MOST_NEWTON_UNKNOWNS} coefficients, got 'newton-cholesky' for "
            f"{n_unknowns}."
        )
    return str(solver)


def check_bounded(
    T: AnyArray | TopKTargets,
    weight: AnyArray | None,
    C: float,
    fit_intercept: bool,
    tol: float,
) -> None:
    r"""Refuse targets whose objective decreases without end.

    Far out the cross-entropy :math:`m\,\mathrm{lse}(f) - t \cdot f` is linear, with a
    slope of :math:`t_k` when class k alone loses: with :math:`t_k < 0` it falls for
    ever. A penalty stops the weights; nothing stops the intercept of class k but
    :math:`\sum_i s_i t_{ik} \ge 0`, unless the slope is below `tol`.

    A penalty that is L1 alone grows linearly as well. Whether it wins is not known
    before the fit, which otherwise ends with a warning.
    """
    if isinstance(T, TopKTargets):  # never negative
        return
    if np.isinf(C):
        counted = T if weight is None else T * (weight > 0)[:, None]
        if counted.min() < 0:
            row, column = np.argwhere(counted < 0)[0]
            raise ValueError(
                "C must be finite for targets with negative entries, whose "
                f"cross-entropy has no minimum without a penalty, got C={C} and "
                f"{T[row, column]:.6g} in row {row}, column {column}. Use a finite C, "
                "or a rule that stays in [0, 1]."
            )
    if fit_intercept:
        means = np.average(T, axis=0, weights=weight)
        if means.min() < -tol:
            worst = int(means.argmin())
            raise ValueError(
                "T must have columns with non-negative sums for an intercept, which "
                f"no penalty holds, got a mean of {means[worst]:.6g} in column "
                f"{worst}. Use fit_intercept=False, or a rule that stays in [0, 1]."
            )
