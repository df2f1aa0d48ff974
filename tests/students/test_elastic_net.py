"""Penalties with an L1 part: scikit-learn's optimum on repeated rows, exact zeros."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skdistill.losses import CrossEntropy
from skdistill.students._softmax_problem import SoftmaxProblem
from skdistill.students._softmax_solver import fit_softmax

TIGHT = {"tol": 1e-9, "max_iter": 5000}


def problem(k=3, n=120, d=8, seed=0):
    """Half of the columns say nothing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * rng.uniform(0.3, 2, d) + 0.2
    F = X[:, : d // 2] @ rng.normal(size=(d // 2, k))
    T = np.exp(F) / np.exp(F).sum(axis=1, keepdims=True)
    return X, 0.8 * T + 0.2 / k, rng.uniform(0.1, 2, n)


def objective(X, T, coef, intercept, weight, C, l1_ratio, loss=None):
    """The objective from its definition, by the public loss."""
    F = X @ np.float64(coef).T + intercept
    if len(coef) == 1:
        F = np.column_stack([np.zeros(len(F)), F])
    penalty = (1 - l1_ratio) / 2 * (coef**2).sum() + l1_ratio * np.abs(coef).sum()
    value = (loss or CrossEntropy()).value(T, F, weight)
    return value + penalty / (C * weight.sum())


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.4])
@pytest.mark.parametrize("C", [0.1, 1.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_soft_targets_are_weighted_repeated_rows(k, l1_ratio, C, fit_intercept, saga):
    X, T, weight = problem(k)
    parameters = {"C": C, "l1_ratio": l1_ratio, "fit_intercept": fit_intercept}
    found = fit_softmax(
        X, T, loss=CrossEntropy(), sample_weight=weight, **parameters, **TIGHT
    )
    own = saga(**parameters).fit(
        np.repeat(X, k, axis=0),
        np.tile(np.arange(k), len(X)),
        (T * weight[:, None]).ravel(),
    )
    assert found.converged
    reached = objective(X, T, own.coef_, own.intercept_, weight, C, l1_ratio)
    assert found.objective <= reached + 1e-12
    assert reached - found.objective < 1e-6
    assert_allclose(found.coef, own.coef_, atol=1e-3)
    assert_array_equal(found.coef == 0, own.coef_ == 0)
    if C < 1:
        assert 0 < (found.coef == 0).sum() < found.coef.size


@pytest.mark.parametrize("loss", [CrossEntropy(3.0), CrossEntropy(2.0, 0.4)])
@pytest.mark.parametrize("k", [2, 4])
def test_the_reported_objective_is_the_definition_and_least(loss, k):
    X, T, weight = problem(k)
    options = {"C": 0.1, "l1_ratio": 0.7}
    found = fit_softmax(X, T, loss=loss, sample_weight=weight, **options, **TIGHT)
    at = (found.coef, found.intercept)
    least = objective(X, T, *at, weight, loss=loss, **options)
    assert_allclose(found.objective, least, rtol=1e-13)
    rng = np.random.default_rng(1)
    for size in (1e-1, 1e-3):
        near = [a + size * rng.normal(size=a.shape) for a in at]
        assert objective(X, T, *near, weight, loss=loss, **options) > least


@pytest.mark.parametrize("k", [2, 3])
def test_a_strong_penalty_leaves_the_intercept(k):
    X, T, weight = problem(k)
    found = fit_softmax(
        X, T, loss=CrossEntropy(), sample_weight=weight, C=1e-4, l1_ratio=1, **TIGHT
    )
    assert_array_equal(found.coef, 0)
    share = np.log(np.average(T, axis=0, weights=weight))
    b = np.r_[0.0, found.intercept] if k == 2 else found.intercept
    assert_allclose(b - b.mean(), share - share.mean(), atol=1e-6)


def test_sparse_rows_give_the_same_model():
    X, T, weight = problem()
    X[np.abs(X) < 0.5] = 0
    options = {"loss": CrossEntropy(), "sample_weight": weight, "C": 0.1, **TIGHT}
    dense, thin = (
        fit_softmax(data, T, l1_ratio=1.0, **options)
        for data in (X, sparse.csr_array(X))
    )
    assert_allclose(thin.coef, dense.coef, atol=1e-7)
    assert_array_equal(thin.coef == 0, dense.coef == 0)


def test_float32_rows_reach_the_same_objective():
    X, T, weight = problem(n=5000)
    options = {"C": 0.01, "l1_ratio": 0.8}
    arguments = {"loss": CrossEntropy(), "sample_weight": weight, "tol": 1e-6}
    wide = fit_softmax(X, T, **options, **arguments)
    thin = fit_softmax(X.astype(np.float32), T, **options, **arguments)
    assert thin.converged
    assert thin.coef.dtype == np.float32
    reached = objective(X, T, np.float64(thin.coef), thin.intercept, weight, **options)
    assert_allclose(reached, wide.objective, rtol=1e-8)
    assert_array_equal(thin.coef == 0, wide.coef == 0)


def test_features_of_any_scale_are_solved():
    X, T, weight = problem(n=300)
    X = X * 10.0 ** np.linspace(-1.5, 1.5, 8)
    options = {"C": 1.0, "l1_ratio": 1.0}
    found = fit_softmax(
        X, T, loss=CrossEntropy(), sample_weight=weight, **options, **TIGHT
    )
    problem_ = SoftmaxProblem(X, T, CrossEntropy(), weight, **options)
    flat = np.column_stack([found.coef, found.intercept]).ravel()
    slope = problem_(flat)[1]
    size = np.where(
        flat == 0,
        np.abs(slope) - problem_.lasso,
        np.abs(slope + np.sign(flat) * problem_.lasso),
    )
    assert found.converged
    assert size.max() < 1e-5


def test_a_start_near_the_solution_saves_steps():
    X, T, weight = problem()
    options = {"loss": CrossEntropy(), "sample_weight": weight, "l1_ratio": 1.0}
    cold = fit_softmax(X, T, C=0.1, **options, **TIGHT)
    near = fit_softmax(X, T, C=0.105, **options, **TIGHT)
    warm = fit_softmax(
        X, T, C=0.1, coef=near.coef, intercept=near.intercept, **options, **TIGHT
    )
    assert warm.n_iter < cold.n_iter
    assert_allclose(warm.coef, cold.coef, atol=1e-6)


def test_without_a_penalty_the_ratio_is_nothing():
    X, T, _ = problem()
    options = {"loss": CrossEntropy(), "C": np.inf}
    one, other = (fit_softmax(X, T, l1_ratio=r, **options) for r in (0.0, 1.0))
    assert_array_equal(one.coef, other.coef)


def test_negative_targets_are_fitted():
    X, T, weight = problem()
    T = T + 1.3 * (np.eye(3)[T.argmax(axis=1)] - T)
    assert T.min() < 0
    found = fit_softmax(
        X, T, loss=CrossEntropy(), sample_weight=weight, C=0.1, l1_ratio=0.5, **TIGHT
    )
    assert found.converged
    assert (found.coef == 0).any()


def test_rows_of_negative_mass_end_somewhere():
    """Not convex: no promise but an end, with a value no larger than at the start."""
    X, T, _ = problem()
    T[:50] *= -1
    found = fit_softmax(
        X, T, loss=CrossEntropy(), C=0.5, l1_ratio=0.3, fit_intercept=False
    )
    assert np.isfinite(found.coef).all()
    start = objective(X, T, np.zeros((3, 8)), 0.0, np.ones(120), 0.5, 0.3)
    assert found.objective < start
