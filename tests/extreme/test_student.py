"""The student against the optimum of its objective, and what must not change it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from skdistill.extreme._student import Settings, _first_bias, _rows, fit_student
from skdistill.extreme._weights import label_weights, mix_relevances

N, D, K = 300, 4, 6
EXACT = Settings(
    form="decoupled",
    negatives="uniform",
    n_components=None,
    n_negatives=K,
    n_candidates=5 * K,
    max_epochs=60,
    learning_rate=1.0,
    weight_decay=0.0,
    n_threads=1,
)
QUICK = replace(EXACT, max_epochs=5)


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, D)).astype(np.float32)
    P = expit(X @ rng.standard_normal((D, K)) - 1).astype(np.float32)
    listed, observed = mix_relevances(
        sparse.csr_array((N, K), dtype=np.float32), sparse.csr_array(P), 1.0
    )
    return X, P, label_weights(listed, observed, weighting="double")


def fit(problem, settings=QUICK, X=None, weight=None, seed=0):
    X = problem[0] if X is None else X
    return fit_student(X, problem[2], weight, settings, np.random.RandomState(seed))


def loss(X, P, coef, intercept):
    f = X @ coef.T + intercept
    return float((np.logaddexp(0, f) - P * f).sum() / len(X))


def optimum(X, P):
    X1 = np.c_[X, np.ones(len(X))].astype(float)

    def value(w):
        f = X1 @ w.reshape(D + 1, K)
        gradient = X1.T @ (expit(f) - P) / len(X)
        return (np.logaddexp(0, f) - P * f).sum() / len(X), gradient.ravel()

    return minimize(value, np.zeros((D + 1) * K), jac=True, method="L-BFGS-B").fun


def test_the_optimum_of_soft_label_cross_entropy_is_approached(problem):
    X, P, _ = problem
    student = fit(problem, EXACT)
    best, constant = optimum(X, P), loss(X, P, np.zeros((K, D)), 0.0)
    found = loss(X, P, student.coef, student.intercept)
    assert best * 0.9999 <= found <= best * 1.02
    assert constant > best * 1.3


def test_first_intercepts_minimise_the_loss_of_a_constant_score(problem):
    X, P, weights = problem
    weight = np.random.default_rng(1).random(N)
    bias = _first_bias(_rows(X, weights, weight))
    relative = weight / weight.mean()
    up, down = relative @ P, relative @ (1 - P)
    # Half a row more on either side.
    np.testing.assert_allclose(bias, np.log(up / down), atol=0.02)
    slope = relative @ (expit(bias) - P) / N
    np.testing.assert_allclose(slope, 0, atol=2e-3)


def test_first_intercepts_count_labels_that_are_not_listed():
    listed = sparse.csr_array(np.eye(4, dtype=np.float32)[[0, 0, 1, 2]])
    weights = label_weights(listed, np.ones(4, bool), weighting="double")
    bias = _first_bias(_rows(np.ones((4, 1), np.float32), weights, None))
    expected = np.log([2.5 / 2.5, 1.5 / 3.5, 1.5 / 3.5, 0.5 / 4.5])
    np.testing.assert_allclose(bias, expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e3, 1e-3, 1e30, 1e-30])
@pytest.mark.parametrize("width", [None, 3])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_the_scale_of_x_does_not_matter(problem, scale, width, kind):
    X = problem[0]
    settings = replace(QUICK, n_components=width)
    one = fit(problem, settings)
    other = fit(problem, settings, kind(X * np.float32(scale)))

    def scores(student, X):
        inner = X if width is None else X @ student.components.T
        return inner @ student.coef.T + student.intercept

    np.testing.assert_allclose(
        scores(other, X * np.float32(scale)), scores(one, X), rtol=1e-3, atol=1e-3
    )


def test_the_unit_of_sample_weight_does_not_matter(problem):
    weight = np.random.default_rng(0).random(N) + 0.1
    one, other = fit(problem, weight=weight), fit(problem, weight=weight * 4)
    np.testing.assert_array_equal(one.coef, other.coef)
    np.testing.assert_array_equal(one.intercept, other.intercept)
    assert not np.array_equal(one.coef, fit(problem).coef)


@pytest.mark.parametrize("negatives", ["uniform", "frequency", "student"])
def test_rows_of_weight_0_are_left_away(problem, negatives):
    X, P, _ = problem
    settings = replace(QUICK, negatives=negatives, n_negatives=2)
    kept = np.arange(N) % 3 > 0
    weight = np.where(kept, np.linspace(0.5, 2, N), 0)
    sparse_rows = np.where(np.arange(K) % 2, P, 0) * (P > 0.2)

    def part(rows):
        listed, observed = mix_relevances(
            sparse.csr_array((len(rows), K), dtype=np.float32),
            sparse.csr_array(rows),
            1.0,
        )
        return label_weights(listed, observed, weighting="double")

    one = fit((X, P, part(sparse_rows)), settings, weight=weight)
    other = fit((X, P, part(sparse_rows[kept])), settings, X[kept], weight[kept])
    np.testing.assert_array_equal(one.coef, other.coef)
    np.testing.assert_array_equal(one.intercept, other.intercept)


def test_decay_shrinks_weights_that_have_no_gradient(problem):
    X, _, weights = problem
    # The feature is there in no row: the first weights of its bottleneck stay.
    blank = np.c_[X, np.zeros(N, np.float32)]
    plain = replace(QUICK, n_components=2, max_epochs=1)
    decayed = replace(plain, weight_decay=0.7)
    before = fit((blank, None, weights), plain).components[:, -1]
    after = fit((blank, None, weights), decayed).components[:, -1]
    np.testing.assert_allclose(after, before * np.exp(-0.7), rtol=1e-5)


def test_strong_decay_does_not_lose_the_weights_of_float32(problem):
    student = fit(problem, replace(QUICK, weight_decay=300.0))
    assert np.isfinite(student.coef).all()
    assert abs(student.coef).max() < 1e-3


def test_epochs_are_told_and_threads_predict_nearly_the_same(problem):
    X, P, weights = problem
    told = []
    fit_student(X, weights, None, QUICK, np.random.RandomState(0), told.append)
    assert told == [1, 2, 3, 4, 5]
    one, two = (fit(problem, replace(EXACT, n_threads=n)) for n in (1, 2))
    found = [loss(X, P, each.coef, each.intercept) for each in (one, two)]
    np.testing.assert_allclose(found[1], found[0], rtol=0.01)
