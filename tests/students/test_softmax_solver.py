"""The softmax solver against scikit-learn on repeated rows, and at its optimum."""

import re
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression

from skdistill import _kernels
from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students._softmax_problem import SoftmaxProblem
from skdistill.students._softmax_solver import fit_softmax

TIGHT = {"tol": 1e-10, "max_iter": 5000}


def problem(k=3, n=80, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.array([1, 3, 0.3, 1])[:d] + 0.5
    return X, rng.dirichlet(np.ones(k), n), rng.uniform(0.1, 2, n)


def objective(X, T, coef, intercept, weight, C, loss):
    """The objective from its definition, by the public loss."""
    F = X @ coef.T + intercept
    if len(coef) == 1:
        F = np.column_stack([np.zeros(len(F)), F])
    return loss.value(T, F, weight) + (coef**2).sum() / (2 * C * weight.sum())


@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("C", [0.05, 1.0, 100.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "proximal"])
def test_soft_targets_are_weighted_repeated_rows(k, C, fit_intercept, solver):
    X, T, weight = problem(k)
    options = {"C": C, "fit_intercept": fit_intercept}
    solution = fit_softmax(
        X,
        T,
        loss=CrossEntropy(),
        sample_weight=weight,
        solver=solver,
        **options,
        **TIGHT,
    )
    many = LogisticRegression(**options, **TIGHT).fit(
        np.repeat(X, k, axis=0),
        np.tile(np.arange(k), len(X)),
        (T * weight[:, None]).ravel(),
    )
    assert solution.converged
    # The common part of all rows of W is nearly flat for a weak penalty. L-BFGS steps
    # have none.
    atol = 1e-6 if solver == "auto" else 1e-4
    assert_allclose(solution.coef, many.coef_, atol=atol)
    assert_allclose(solution.intercept, many.intercept_, atol=atol)
    reached = objective(X, T, many.coef_, many.intercept_, weight, C, CrossEntropy())
    assert_allclose(solution.objective, reached, rtol=1e-10)


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("loss", [CrossEntropy(3.0), CrossEntropy(2.0, 0.4)])
def test_the_reported_objective_is_the_definition(k, loss):
    X, T, weight = problem(k)
    found = fit_softmax(X, T, loss=loss, sample_weight=weight, C=0.7, **TIGHT)
    expected = objective(X, T, found.coef, found.intercept, weight, 0.7, loss)
    assert_allclose(found.objective, expected, rtol=1e-13)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kind", ["fused", "blocks", "sparse"])
def test_the_gradient_is_the_derivative(k, fit_intercept, kind, monkeypatch):
    X, T, weight = problem(k, n=20)
    data = sparse.csr_array(X) if kind == "sparse" else X
    if kind == "blocks":
        monkeypatch.setattr(_kernels, "FUSED_COLUMNS", 0)
    loss = CrossEntropy(2.0, 0.6)
    f = SoftmaxProblem(data, T, loss, weight, 0.3, 0.0, fit_intercept)
    at = np.random.default_rng(1).normal(size=f.start(None, None).size)
    numeric = approx_fprime(at, lambda x: f(x)[0], 1e-7)
    assert_allclose(f(at)[1], numeric, atol=2e-6)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_the_hessian_is_the_derivative_of_the_gradient(k, fit_intercept, kind):
    X, T, weight = problem(k, n=20)
    data = sparse.csr_array(X) if kind == "sparse" else X
    loss = CrossEntropy(2.0, 0.6)
    f = SoftmaxProblem(data, T, loss, weight, 0.3, 0.2, fit_intercept)
    at = np.random.default_rng(1).normal(size=f.start(None, None).size)
    steps = 1e-5 * np.eye(len(at))
    numeric = [(f(at + e)[1] - f(at - e)[1]) / 2e-5 for e in steps]
    assert_allclose(f.hessian(at), numeric, atol=1e-8)


@pytest.mark.parametrize("kind", ["fused", "blocks", "sparse"])
def test_blocks_of_rows_change_nothing(kind, monkeypatch):
    X, T, weight = problem(n=10_000)
    if kind == "sparse":
        X = sparse.csr_array(X)
    if kind == "blocks":
        monkeypatch.setattr(_kernels, "FUSED_COLUMNS", 0)
    loss = CrossEntropy(2.0, 0.6)
    flat = np.random.default_rng(1).normal(size=15)
    whole = SoftmaxProblem(X, T, loss, weight)
    value, gradient, hessian = 0.0, 0.0, 0.0
    for part in np.array_split(np.arange(10_000), 7):
        one = SoftmaxProblem(X[part], T[part], loss, weight[part], C=np.inf)
        share = weight[part].sum() / weight.sum()
        value += share * one(flat)[0]
        gradient += share * one(flat)[1]
        hessian += share * one.hessian(flat)
    W = flat.reshape(3, 5) * [1, 1, 1, 1, 0]
    ridge = 1 / weight.sum()
    found = whole(flat)
    assert_allclose(found[0], value + ridge * (W**2).sum() / 2, rtol=1e-12)
    assert_allclose(found[1], gradient + ridge * W.ravel(), atol=1e-13)
    expected = hessian + ridge * np.diag((W != 0).ravel())
    assert_allclose(whole.hessian(flat), expected, atol=1e-13)


@pytest.mark.parametrize("k", [2, 3])
def test_newton_needs_few_steps_whatever_the_scales(k):
    X, T, weight = problem(k, n=300)
    X = X * 10.0 ** np.arange(-2, 2)
    options = {"loss": CrossEntropy(2.0, 0.6), "sample_weight": weight, **TIGHT}
    fast = fit_softmax(X, T, solver="newton-cholesky", **options)
    slow = fit_softmax(X, T, solver="lbfgs", **options)
    assert fast.converged
    assert fast.n_iter < 10 < slow.n_iter
    assert fast.objective <= slow.objective + 1e-12


def test_newton_is_refused_for_many_unknowns():
    X, T, _ = problem()
    X = np.tile(X, 42)
    message = "solver must be 'auto' or 'lbfgs' for more than 500 coefficients, got "
    with pytest.raises(ValueError, match=message + "'newton-cholesky' for 507."):
        fit_softmax(X, T, loss=CrossEntropy(), solver="newton-cholesky")
    fit_softmax(X[:, :165], T, loss=CrossEntropy(), solver="newton-cholesky", tol=10.0)


@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "proximal"])
def test_separable_labels_without_penalty_end_somewhere(solver):
    """There is no minimum; the infimum 0 is reached within tol."""
    X = np.array([[-1.0], [-2.0], [1.0], [2.0]])
    found = fit_softmax(
        X, np.eye(2)[[0, 0, 1, 1]], loss=CrossEntropy(), C=np.inf, solver=solver
    )
    assert found.converged
    assert 0 < found.objective < 1e-3


def test_negative_targets_need_a_penalty():
    X, T, weight = problem()
    T[[3, 5], 1] = -0.25
    T[[3, 5], 2] += 0.5
    message = (
        "C must be finite for targets with negative entries, whose cross-entropy has "
        "no minimum without a penalty, got C=inf and -0.25 in row 3, column 1."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_softmax(X, T, loss=CrossEntropy(), C=np.inf)
    weight[3] = 0.0
    with pytest.raises(ValueError, match="-0.25 in row 5, column 1"):
        fit_softmax(X, T, loss=CrossEntropy(), C=np.inf, sample_weight=weight)
    weight[5] = 0.0
    options = {"loss": CrossEntropy(), "max_iter": 1000}
    assert fit_softmax(X, T, C=np.inf, sample_weight=weight, **options).converged
    assert fit_softmax(X, T, C=10.0, **options).converged


@pytest.mark.parametrize("weighted", [False, True])
def test_a_negative_sum_of_a_column_leaves_no_intercept(weighted):
    X, T, _ = problem()
    T[:, 1] -= T[:, 1].mean() + 0.01
    weight = None
    if weighted:
        T = np.vstack([T, [[0, 50, 0]]])  # the sum is positive, the weighted one not
        X, weight = np.vstack([X, X[:1]]), np.r_[np.ones(80), 0.0]
    message = (
        "T must have columns with non-negative sums for an intercept, which no penalty "
        "holds, got a mean of -0.01 in column 1. Use fit_intercept=False"
    )
    options = {"loss": CrossEntropy(), "sample_weight": weight, "max_iter": 1000}
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_softmax(X, T, **options)
    assert fit_softmax(X, T, fit_intercept=False, **options).converged


@pytest.mark.parametrize("k", [2, 3])
def test_without_penalty_a_linear_teacher_is_recovered(k):
    X, _, _ = problem(k)
    rng = np.random.default_rng(2)
    W, b = rng.normal(size=(k, 4)), rng.normal(size=k)
    F = X @ W.T + b
    loss = CrossEntropy(2.0)
    T = np.exp(F / 2) / np.exp(F / 2).sum(axis=1, keepdims=True)
    found = fit_softmax(X, T, loss=loss, C=np.inf, **TIGHT)
    expected = W - W[0] if k == 2 else W - W.mean(axis=0)
    assert_allclose(found.coef, expected[-1:] if k == 2 else expected, atol=1e-4)


def test_a_weight_is_a_repetition():
    X, T, _ = problem()
    counts = np.arange(80) % 3
    one = fit_softmax(X, T, loss=CrossEntropy(), sample_weight=counts, **TIGHT)
    many = [np.repeat(a, counts, axis=0) for a in (X, T)]
    assert_allclose(
        one.coef, fit_softmax(*many, loss=CrossEntropy(), **TIGHT).coef, atol=1e-7
    )


def test_float32_data_reach_the_same_objective():
    X, T, weight = problem(n=10_000)
    wide = fit_softmax(X, T, loss=CrossEntropy(), sample_weight=weight, tol=1e-6)
    thin = fit_softmax(
        X.astype(np.float32), T, loss=CrossEntropy(), sample_weight=weight, tol=1e-6
    )
    assert thin.converged
    assert thin.coef.dtype == thin.intercept.dtype == np.float32
    reached = objective(
        X, T, np.float64(thin.coef), thin.intercept, weight, 1.0, CrossEntropy()
    )
    assert_allclose(reached, wide.objective, rtol=1e-9)


@pytest.mark.parametrize("target", [[0.3, 0.7], [0.2, 0.3, 0.5]])
def test_float32_sums_are_exact_over_many_rows(target):
    """A float32 sum of equal slopes would miss by a thousandth."""
    n, k = 200_000, len(target)
    X = np.full((n, 1), 0.1, np.float32)
    T = np.tile(np.float32(target), (n, 1))
    f = SoftmaxProblem(X, T, CrossEntropy(), C=np.inf)
    _, gradient = f(f.start(None, None))
    slopes = (1 / k - np.array(target))[-1 if k == 2 else 0 :]
    expected = np.column_stack([0.1 * slopes, slopes])
    assert_allclose(gradient.reshape(-1, 2), expected, rtol=1e-5)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "proximal"])
def test_a_start_at_the_solution_stays(fit_intercept, solver):
    X, T, _ = problem()
    options = {
        "loss": CrossEntropy(),
        "fit_intercept": fit_intercept,
        "solver": solver,
    }
    first = fit_softmax(X, T, **options, **TIGHT)
    again = fit_softmax(
        X, T, **options, tol=1e-6, coef=first.coef, intercept=first.intercept
    )
    assert again.n_iter == 0
    assert_array_equal(again.coef, first.coef)
    assert_array_equal(again.intercept, first.intercept)
    if not fit_intercept:
        assert_array_equal(first.intercept, 0)


@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "proximal"])
def test_a_stopped_solver_says_so(solver):
    X, T, _ = problem()
    options = {"tol": 1e-6, "max_iter": 1 if solver == "newton-cholesky" else 2}
    stopped = fit_softmax(X, T, loss=CrossEntropy(), solver=solver, **options)
    assert not stopped.converged
    assert stopped.n_iter == options["max_iter"]


def test_memory_is_that_of_the_targets_not_of_repeated_rows():
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(4000, 100)), rng.dirichlet(np.ones(10), 4000)
    tracemalloc.start()
    fit_softmax(X, T, loss=CrossEntropy(), max_iter=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * T.nbytes
    assert peak < X.nbytes


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"loss": SquaredError()}, TypeError, "loss must be a CrossEntropy, got Squa"),
        (
            {"T": np.ones((80, 1))},
            ValueError,
            "T must have shape (n_samples, n_classes)",
        ),
        (
            {"T": np.ones((9, 2))},
            ValueError,
            "T must have as many rows as X, got 9 and",
        ),
        ({"C": 0.0}, ValueError, "C must be a positive number or inf, got 0.0."),
        ({"C": np.nan}, ValueError, "C must be a positive number or inf, got nan."),
        ({"C": None}, TypeError, "C must be a positive number or inf, got None."),
        ({"l1_ratio": 2}, ValueError, "l1_ratio must be a number in [0, 1], got 2."),
        ({"l1_ratio": "a"}, TypeError, "l1_ratio must be a number in [0, 1], got 'a'"),
        (
            {"solver": "saga"},
            ValueError,
            "solver must be one of 'auto', 'lbfgs', 'newton-cholesky', 'proximal', got",
        ),
        (
            {"solver": "lbfgs", "l1_ratio": 0.5},
            ValueError,
            "solver must be 'auto' or 'proximal' with an L1 penalty, which has no "
            "derivative at 0, got 'lbfgs'.",
        ),
        (
            {"solver": "newton-cholesky", "l1_ratio": 1},
            ValueError,
            "solver must be 'auto' or 'proximal' with an L1 penalty",
        ),
        (
            {"coef": np.ones((2, 4))},
            ValueError,
            "coef must have shape (3, 4), got (2, 4",
        ),
        ({"intercept": np.ones(2)}, ValueError, "intercept must have shape (3,), got"),
    ],
)
def test_wrong_arguments_are_refused(change, error, message):
    X, T, _ = problem()
    with pytest.raises(error, match=re.escape(message)):
        fit_softmax(X, **({"T": T, "loss": CrossEntropy()} | change))
