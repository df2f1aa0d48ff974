"""BipartiteRanking: every pair counted, derivatives, weights and refusals."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from skdistill.losses import BipartiteRanking
from skdistill.losses._pair_sums import hinge_sums, logistic_sums

PHIS = ("logistic", "squared_hinge")


def phi_of(phi, u):
    """Value, minus the slope, curvature."""
    if phi == "logistic":
        return np.logaddexp(0, -u), expit(-u), expit(u) * expit(-u)
    gap = np.maximum(0, 1 - u)
    return gap**2, 2 * gap, 2.0 * (gap > 0)


def reference(phi, p, f, weight):
    """The sum over all pairs, with all n^2 entries."""
    W = np.outer(weight * p, weight * (1 - p))
    np.fill_diagonal(W, 0)
    W /= W.sum()
    value, slope, curvature = phi_of(phi, f[:, None] - f[None, :])
    A, B = -W * slope, W * curvature
    B = B + B.T
    return (W * value).sum(), A.sum(axis=1) - A.sum(axis=0), B.sum(axis=1)


def problem(n=40, spread=2.0, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=n)
    p[:4] = 0, 1, 0, 1
    return p, spread * rng.normal(size=n), rng.uniform(0, 3, n)


@pytest.mark.parametrize("spread", [1e-6, 1, 30, 1000, 1e6])
@pytest.mark.parametrize("phi", PHIS)
def test_it_is_the_sum_over_all_pairs(phi, spread):
    """From equal scores to scores of which no two are in one panel."""
    p, f, weight = problem(300, spread)
    f += 5 * spread
    value, gradient, hessian = reference(phi, p, f, weight)
    loss = BipartiteRanking(phi)
    found = loss.value_gradient(p, f, weight)
    assert_allclose(found[0], value, rtol=1e-12)
    assert_allclose(found[1], gradient, rtol=0, atol=1e-12 * np.abs(gradient).max())
    curves = loss.gradient_hessian(p, f, weight)
    total = weight.sum()
    assert_allclose(curves[0], total * found[1], rtol=1e-14)
    # The pair of a row with itself is summed and taken off again.
    rounding = 1e-12 * total * hessian.max() + 1e-15
    assert_allclose(curves[1], total * hessian, rtol=0, atol=rounding)


scores = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))


@settings(max_examples=150, deadline=None)
@given(
    f=st.integers(2, 12).flatmap(lambda n: arrays(float, n, elements=scores)),
    phi=st.sampled_from(PHIS),
    seed=st.integers(0, 99),
)
def test_it_is_the_sum_over_all_pairs_for_any_scores(f, phi, seed):
    """Ties, gaps of 40 to 44 where near panels end, hinges that bend at a score."""
    rng = np.random.default_rng(seed)
    p = rng.choice([0, 0.3, 1], len(f))
    p[:2] = 0.2, 0.9
    weight = rng.choice([0.0, 1, 2], len(f))
    weight[:2] = 1
    value, gradient, hessian = reference(phi, p, f, weight)
    size = max(1.0, np.abs(f).max()) ** (1 if phi == "logistic" else 2)
    loss = BipartiteRanking(phi)
    assert_allclose(loss.value(p, f, weight), value, rtol=1e-12, atol=1e-13 * size)
    assert_allclose(
        loss.gradient(p, f, weight), gradient, rtol=1e-11, atol=1e-13 * size
    )
    found = loss.gradient_hessian(p, f, weight)[1]
    # A score on the very bend of a hinge may be rounded to either side of it.
    bends = np.isclose(f[:, None] - f, 1, rtol=0, atol=1e-9).any() and phi != "logistic"
    if not bends:
        assert_allclose(found, weight.sum() * hessian, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("sums", [logistic_sums, hinge_sums])
def test_rows_are_taken_in_blocks(sums, monkeypatch):
    monkeypatch.setattr("skdistill.losses._pair_sums._BLOCK", 7)
    _, f, weight = problem(50, 20)
    phi = "logistic" if sums is logistic_sums else "squared_hinge"
    expected = [table @ weight for table in phi_of(phi, f[:, None] - f[None, :])]
    found = sums(f, weight)
    for one, other in zip(
        (found.value, found.slope, found.curvature), expected, strict=True
    ):
        assert_allclose(one, other, rtol=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("phi", PHIS)
def test_gradient_is_the_derivative_of_value(phi, weighted):
    p, f, weight = problem()
    weight = weight if weighted else None
    loss = BipartiteRanking(phi)
    numeric = approx_fprime(f, lambda x: loss.value(p, x, weight), 1e-6)
    assert_allclose(loss.gradient(p, f, weight), numeric, atol=1e-7)


def test_hessian_is_the_derivative_of_the_gradient():
    p, f, weight = problem()
    loss = BipartiteRanking()
    step = 1e-5
    hessian = loss.gradient_hessian(p, f, weight)[1]
    for i in range(len(f)):
        moved = np.eye(len(f))[i] * step
        up, down = (loss.gradient(p, f + sign * moved, weight)[i] for sign in (1, -1))
        assert_allclose(
            hessian[i] / weight.sum(), (up - down) / (2 * step), rtol=1e-6, atol=1e-9
        )


@pytest.mark.parametrize("phi", PHIS)
def test_a_constant_added_to_the_scores_changes_nothing(phi):
    p, f, weight = problem()
    loss = BipartiteRanking(phi)
    value, gradient = loss.value_gradient(p, f, weight)
    moved = loss.value_gradient(p, f + 7, weight)
    assert_allclose(moved[0], value, rtol=1e-12)
    assert_allclose(moved[1], gradient, atol=1e-13)
    assert abs(gradient.sum()) < 1e-14


def test_log_odds_are_a_minimum_of_the_logistic_loss():
    p = np.random.default_rng(0).uniform(0.05, 0.95, 50)
    assert_allclose(BipartiteRanking().gradient(p, logit(p)), 0, atol=1e-15)
    assert np.abs(BipartiteRanking("squared_hinge").gradient(p, logit(p))).max() > 1e-4


def test_with_labels_it_bounds_one_minus_the_auc():
    y = np.arange(60) % 2
    f = np.random.default_rng(0).normal(size=60) + y
    wrong = 1 - roc_auc_score(y, f)
    assert BipartiteRanking("squared_hinge").value(y, f) > wrong
    assert BipartiteRanking().value(y, f) / np.log(2) > wrong
    pairs = (f[y == 1][:, None] - f[y == 0][None, :]).ravel()
    assert_allclose(BipartiteRanking().value(y, f), np.logaddexp(0, -pairs).mean())


def test_both_columns_or_the_second_of_them():
    p, f, _ = problem()
    both = np.column_stack([1 - p, p])
    assert BipartiteRanking().value(both, f) == BipartiteRanking().value(p, f)


def test_a_row_without_weight_counts_for_nothing():
    p, f, weight = problem()
    weight[5:15] = 0
    rest = weight > 0
    loss = BipartiteRanking()
    assert_allclose(
        loss.value(p, f, weight),
        loss.value(p[rest], f[rest], weight[rest]),
        rtol=1e-13,
    )
    assert (loss.gradient(p, f, weight)[5:15] == 0).all()


def test_losses_with_equal_parameters_are_equal():
    assert BipartiteRanking() == BipartiteRanking("logistic")
    assert BipartiteRanking() != BipartiteRanking("squared_hinge")


def test_a_hundred_thousand_rows_are_not_ten_billion_pairs():
    p, f, weight = problem(100_000)
    value, gradient = BipartiteRanking().value_gradient(p, f, weight)
    rows = np.arange(0, 100_000, 20_000)
    W = np.outer((weight * p)[rows], weight * (1 - p))
    V = np.outer((weight * (1 - p))[rows], weight * p)
    W[range(5), rows] = V[range(5), rows] = 0
    total = (weight * p).sum() * (weight * (1 - p)).sum() - (
        weight**2 * p * (1 - p)
    ).sum()
    D = f[rows, None] - f[None, :]
    expected = (V * expit(D) - W * expit(-D)).sum(axis=1) / total
    assert_allclose(gradient[rows], expected, rtol=1e-10)
    assert 0 < value < 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"T": [0.5, 1.5]}, "T must be in [0, 1], got 1.5 in row 1."),
        ({"T": [0.5, np.nan]}, "T must be finite, got nan in row 1."),
        ({"T": 0.5}, "T must have shape (n_samples,), got ()."),
        ({"T": [[0.2, 0.3, 0.5]] * 2}, "T must have two columns, got 3."),
        ({"T": [[0.2, 0.3]] * 2}, "T must have rows that sum to 1, got 0.5"),
        ({"T": [1, 1]}, "T must have a positive and a negative row"),
        ({"T": [0.5], "F": [0.0]}, "T must have a positive and a negative row"),
        ({"sample_weight": [1, 0]}, "T must have a positive and a negative row"),
        ({"F": [0.0]}, "F must have shape (2,), got (1,)."),
        ({"F": [0.0, np.inf]}, "F must be finite, got inf in row 1."),
        (
            {"F": [0.0, 1e16]},
            "F must have scores that differ by at most 1e15, got 1e+16",
        ),
        ({"sample_weight": [1, -1]}, "sample_weight must be non-negative"),
    ],
)
def test_wrong_values_are_refused(changed, message):
    plain = {"T": [0.2, 0.9], "F": [0.0, 0.0]}
    with pytest.raises(ValueError, match=re.escape(message)):
        BipartiteRanking().value(**(plain | changed))


def test_an_unknown_function_is_refused():
    with pytest.raises(ValueError, match="phi must be 'logistic' or 'squared_hinge'"):
        BipartiteRanking("hinge")


def test_scores_are_numbers():
    with pytest.raises(TypeError, match="F must hold real numbers"):
        BipartiteRanking().value([0, 1], ["a", "b"])
