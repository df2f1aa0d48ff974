"""The softmax solver against scikit-learn on repeated rows, and at its optimum."""

import re
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression

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
def test_soft_targets_are_weighted_repeated_rows(k, C, fit_intercept):
    X, T, weight = problem(k)
    options = {"C": C, "fit_intercept": fit_intercept}
    solution = fit_softmax(
        X, T, loss=CrossEntropy(), sample_weight=weight, **options, **TIGHT
    )
    many = LogisticRegression(**options, **TIGHT).fit(
        np.repeat(X, k, axis=0),
        np.tile(np.arange(k), len(X)),
        (T * weight[:, None]).ravel(),
    )
    assert solution.converged
    assert_allclose(solution.coef, many.coef_, atol=1e-6)
    assert_allclose(solution.intercept, many.intercept_, atol=1e-6)
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
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_the_gradient_is_the_derivative(k, fit_intercept, kind):
    X, T, weight = problem(k, n=20)
    data = sparse.csr_array(X) if kind == "sparse" else X
    loss = CrossEntropy(2.0, 0.6)
    f = SoftmaxProblem(data, T, loss, weight, 0.3, 0.0, fit_intercept)
    at = np.random.default_rng(1).normal(size=f.start(None, None).size)
    numeric = approx_fprime(at, lambda x: f(x)[0], 1e-7)
    assert_allclose(f(at)[1], numeric, atol=2e-6)


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
def test_a_start_at_the_solution_stays(fit_intercept):
    X, T, _ = problem()
    options = {"loss": CrossEntropy(), "fit_intercept": fit_intercept}
    first = fit_softmax(X, T, **options, **TIGHT)
    again = fit_softmax(
        X, T, **options, tol=1e-6, coef=first.coef, intercept=first.intercept
    )
    assert again.n_iter == 0
    assert_array_equal(again.coef, first.coef)
    assert_array_equal(again.intercept, first.intercept)
    if not fit_intercept:
        assert_array_equal(first.intercept, 0)


def test_a_stopped_solver_says_so():
    X, T, _ = problem()
    stopped = fit_softmax(X, T, loss=CrossEntropy(), max_iter=2)
    assert not stopped.converged
    assert stopped.n_iter == 2


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
