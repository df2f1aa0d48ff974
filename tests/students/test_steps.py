"""The solvers' parts: the quasi-Newton matrix, the subgradient, damped Newton steps."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

from skdistill import _kernels
from skdistill._sklearn_compat import effective_threads
from skdistill.losses import CrossEntropy
from skdistill.students import _softmax_problem
from skdistill.students._linear import _penalty
from skdistill.students._newton import newton
from skdistill.students._proximal import _Model, subgradient_size
from skdistill.students._softmax_problem import SoftmaxProblem
from skdistill.students._softmax_solver import fit_softmax


class Bowl:
    """sum(sqrt(1 + x^2)): from afar a whole Newton step overshoots, ever more."""

    rounding = 1e-15

    def __call__(self, x):
        return float(np.sqrt(1 + x**2).sum()), x / np.sqrt(1 + x**2)

    def newton_matrix(self, x):
        return np.diag((1 + x**2) ** -1.5)


def test_newton_steps_are_damped_from_afar():
    end = newton(Bowl(), np.array([3.0, -2.0]), tol=1e-8, max_iter=50)
    assert end.converged
    assert_allclose(end.x, 0, atol=1e-8)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_newton_takes_dependent_features_without_a_penalty(fit_intercept):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    X = np.column_stack([X, X[:, :1], np.zeros(100)])
    T = rng.dirichlet(np.ones(3), 100)
    options = {"loss": CrossEntropy(), "C": np.inf, "tol": 1e-8, "max_iter": 1000}
    one, other = (
        fit_softmax(X, T, fit_intercept=fit_intercept, solver=solver, **options)
        for solver in ("newton-cholesky", "lbfgs")
    )
    assert one.converged
    assert one.n_iter < 10
    assert_allclose(one.objective, other.objective, rtol=1e-12)


def pairs(size=12, n=5, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(size, size))
    A = A @ A.T + np.eye(size)
    return [(s, A @ s) for s in rng.normal(size=(n, size))]


def test_the_matrix_is_the_updates_of_bfgs_one_after_the_other():
    model = _Model(1.0)
    for s, y in pairs():
        model.learn(s, y)
    left, right = model.factors(12)
    found = model.scale * np.eye(12) - left @ right.T
    s, y = pairs()[-1]
    expected = (y @ y) / (s @ y) * np.eye(12)
    for s, y in pairs():  # Nocedal and Wright, 2006, equation 6.19
        Bs = expected @ s
        expected = expected - np.outer(Bs, Bs) / (s @ Bs) + np.outer(y, y) / (y @ s)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_pairs_without_curvature_are_left_out():
    model = _Model(3.0)
    model.learn(np.ones(2), -np.ones(2))
    model.learn(np.ones(2), np.zeros(2))
    assert model.factors(2)[0].shape == (2, 0)
    assert model.scale == 3.0


@pytest.mark.parametrize(
    ("x", "gradient", "size"),
    [
        (0.0, 0.5, 0.0),
        (0.0, -1.0, 0.0),
        (0.0, -1.5, 0.5),
        (2.0, -1.0, 0.0),
        (2.0, 0.25, 1.25),
        (-2.0, 0.25, 0.75),
    ],
)
def test_the_smallest_subgradient(x, gradient, size):
    arrays = (np.array([value]) for value in (x, gradient, 1.0))
    assert subgradient_size(*arrays) == size


@pytest.mark.parametrize("limit", [1, 2])
def test_threads_are_those_of_scikit_learns_loops(limit):
    with threadpool_limits(limit, user_api="openmp"):
        assert effective_threads() == min(limit, joblib.cpu_count())


def test_the_kernel_gets_the_threads_that_scikit_learn_would_use(monkeypatch):
    monkeypatch.setattr(_softmax_problem, "effective_threads", lambda: 3)
    seen = []

    def spy(*args, n_threads, **kwargs):
        seen.append(n_threads)
        return real(*args, n_threads=n_threads, **kwargs)

    real = _kernels.linear_ce
    monkeypatch.setattr(_kernels, "linear_ce", spy)
    problem = SoftmaxProblem(np.ones((4, 1)), np.eye(2)[[0, 1, 0, 1]], CrossEntropy())
    problem(np.zeros(2))
    assert seen == [3]


def test_float32_fits_do_not_search_for_what_is_rounding():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 40)).astype(np.float32)
    T = rng.dirichlet(np.ones(4), 20_000)
    problem = SoftmaxProblem(X, T, CrossEntropy())
    wide = SoftmaxProblem(np.float64(X), T, CrossEntropy())
    x = 0.1 * rng.normal(size=164)
    noise = abs(problem(x)[0] - wide(x)[0]) / wide(x)[0]
    assert noise < problem.rounding < 1e-8
    assert wide.rounding < 1e-12


def test_a_column_that_sums_to_a_rounding_below_zero_is_fitted():
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(50, 2)), rng.dirichlet(np.ones(3), 50)
    T[:, 1] = np.tile([1e-3, -1e-3 - 1e-8], 25)
    found = fit_softmax(X, T, loss=CrossEntropy(), max_iter=1000)
    assert found.converged


class Student:
    """What a route reads of the parameters of either spelling."""

    def __init__(self, **parameters):
        vars(self).update(C=0.5, **parameters)


@pytest.mark.parametrize(
    ("parameters", "C", "l1_ratio"),
    [
        ({"penalty": "l2", "l1_ratio": None}, 0.5, 0),
        ({"penalty": "l2", "l1_ratio": 0.7}, 0.5, 0),
        ({"penalty": None, "l1_ratio": 0.7}, np.inf, 0),
        ({"penalty": "l1", "l1_ratio": None}, 0.5, 1),
        ({"penalty": "elasticnet", "l1_ratio": 0.7}, 0.5, 0.7),
        ({"penalty": "deprecated", "l1_ratio": 0.7}, 0.5, 0.7),
        ({"penalty": "deprecated", "l1_ratio": None}, 0.5, 0),
        ({"l1_ratio": 0.7}, 0.5, 0.7),
    ],
)
def test_both_spellings_of_a_penalty_are_read(parameters, C, l1_ratio):
    found = _penalty(Student(**parameters))
    assert (found.C, found.l1_ratio) == (C, l1_ratio)


@pytest.mark.parametrize("solver", ["newton-cholesky", "proximal"])
def test_no_step_is_taken_where_the_gradient_is_zero(solver):
    T = np.full((4, 2), 0.5)
    found = fit_softmax(np.eye(4), T, loss=CrossEntropy(), solver=solver)
    assert found.n_iter == 0
    assert_array_equal(found.coef, 0)
