"""Softmax regression on real-valued targets: three solvers over the fused kernel.

scikit-learn's own solvers take one label per row. Their users repeat every row once per
class instead, which needs n_classes times the memory and non-negative targets.
"""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from scipy import optimize

from skdistill.losses import CrossEntropy
from skdistill.targets import TopKTargets

from ._newton import Step, newton
from ._proximal import proximal_quasi_newton
from ._softmax_checks import check_bounded, check_problem, check_solver
from ._softmax_problem import SoftmaxProblem

__all__ = ["SoftmaxFit", "fit_softmax"]

AnyArray = npt.NDArray[Any]


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
    T: AnyArray | TopKTargets,
    *,
    loss: CrossEntropy,
    sample_weight: AnyArray | None = None,
    C: float = 1.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    solver: str = "auto",
    tol: float = 1e-4,
    max_iter: int = 100,
    coef: AnyArray | None = None,
    intercept: AnyArray | None = None,
) -> SoftmaxFit:
    r"""Minimise the weighted mean loss of linear logits plus an elastic-net penalty.

    .. math:: \frac{1}{\sum_i s_i} \left( \sum_i s_i\, \ell(t_i, W x_i + b)
              + \frac{1}{C} \left[ \frac{1-\rho}{2} \|W\|_2^2 + \rho \|W\|_1 \right]
              \right)

    with :math:`\rho` the `l1_ratio` [1]_ has the minimiser of
    :class:`sklearn.linear_model.LogisticRegression` when the targets `t` are one-hot
    labels. Two classes share one weight vector, with logits (0, w.x + b), as there;
    more classes have one each.

    Parameters
    ----------
    X : {ndarray, CSR sparse} of shape (n_samples, n_features), float32 or float64
        Finite; a float32 array is multiplied in float32.
    T : ndarray of shape (n_samples, n_classes), or TopKTargets
        Finite real targets, two columns or more. The problem is convex if no row has a
        negative sum.
    loss : CrossEntropy
    sample_weight : ndarray of shape (n_samples,), default=None
        Non-negative, not all zero.
    C : float, default=1.0
        Inverse strength of the penalty, in (0, inf]; inf means none.
    l1_ratio : float, default=0.0
        Share of the L1 part, in [0, 1].
    fit_intercept : bool, default=True
        Whether to fit `b`, which is not penalised.
    solver : {"auto", "lbfgs", "newton-cholesky", "proximal"}, default="auto"
        L-BFGS; Newton steps with the whole Hessian, for at most 500 unknowns; or
        proximal quasi-Newton steps, the only ones for an L1 part. "auto" is the first
        of "lbfgs" and "proximal" that serves.
    tol : float, default=1e-4
        Largest entry of the gradient at the solution; of the smallest subgradient with
        an L1 part.
    max_iter : int, default=100
    coef, intercept : ndarray, default=None
        Where to start, in the shapes of the result; zeros by default.

    Returns
    -------
    SoftmaxFit

    Raises
    ------
    TypeError
        If `loss` is not a CrossEntropy or a parameter is not a number.
    ValueError
        If shapes disagree, `T` has one column, a parameter is out of range, the solver
        does not serve, or there is no minimum: `T` with negative entries without a
        penalty, or with a negative column sum and an intercept.

    References
    ----------
    .. [1] H. Zou and T. Hastie, "Regularization and variable selection via the elastic
       net", J. R. Stat. Soc. B 67, 2005. :doi:`10.1111/j.1467-9868.2005.00503.x`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.losses import CrossEntropy
    >>> from skdistill.students._softmax_solver import fit_softmax
    >>> X, T = np.array([[-1.0], [1.0]]), np.array([[0.8, 0.2], [0.2, 0.8]])
    >>> fit_softmax(X, T, loss=CrossEntropy(), C=np.inf).coef.round(2)
    array([[1.39]])
    """
    check_problem(X, T, loss, C, l1_ratio, max_iter)
    check_bounded(T, sample_weight, C, fit_intercept, tol)
    problem = SoftmaxProblem(X, T, loss, sample_weight, C, l1_ratio, fit_intercept)
    x = problem.start(coef, intercept)
    name = check_solver(solver, problem.strength > 0, x.size)
    if name == "proximal":
        end = proximal_quasi_newton(
            problem, x, problem.lasso, tol=tol, max_iter=max_iter
        )
    else:
        minimise = newton if name == "newton-cholesky" else _lbfgs
        end = minimise(problem, x, tol=tol, max_iter=max_iter)
    W, b = problem.split(end.x)
    if name == "proximal" and end.n_iter and not problem.binary:
        b = b - b.mean()  # as the other solvers, whose steps keep the sum
    return SoftmaxFit(
        coef=W.astype(X.dtype),
        intercept=b.astype(X.dtype),
        n_iter=end.n_iter,
        converged=end.converged,
        objective=end.value,
    )


def _lbfgs(problem: SoftmaxProblem, x: AnyArray, *, tol: float, max_iter: int) -> Step:
    result = optimize.minimize(
        problem,
        x,
        method="L-BFGS-B",
        jac=True,
        # The conventions of scikit-learn's solver "lbfgs".
        options={
            "maxiter": max_iter,
            "maxls": 50,
            "gtol": tol,
            "ftol": problem.rounding,
        },
    )
    n_iter = min(int(result.nit), max_iter)
    return Step(result.x, float(result.fun), n_iter, bool(result.status == 0))
