"""Relevances and the weights of labels, against dense statements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import expit

from skdistill.extreme._weights import label_weights, mix_relevances

K, N = 7, 5


def draw(seed):
    rng = np.random.default_rng(seed)
    Y = (rng.random((N, K)) < 0.3).astype(np.float32)
    P = (rng.random((N, K)) * (rng.random((N, K)) < 0.5)).astype(np.float32)
    return rng, Y, P


def dense(listed, weights):
    """a and b of every label, and which are listed."""
    up, down = np.zeros((N, K)), np.repeat(weights.rest[:, None], K, 1).astype(float)
    row = np.repeat(np.arange(N), np.diff(listed.indptr))
    up[row, listed.indices] = weights.positive
    down[row, listed.indices] = weights.negative
    return up, down


seeds = st.integers(0, 10_000)
shares = st.sampled_from([0.0, 0.3, 1.0])


@given(seeds, shares)
def test_relevances_are_mixed_and_every_listed_label_is_kept(seed, alpha):
    rng, Y, P = draw(seed)
    covered = rng.random(N) < 0.7
    listed, observed = mix_relevances(
        sparse.csr_array(Y), sparse.csr_array(P), alpha, covered
    )
    share = np.where(covered, alpha, 0.0)[:, None]
    np.testing.assert_allclose(listed.toarray(), share * P + (1 - share) * Y, atol=1e-6)
    row = np.repeat(np.arange(N), np.diff(listed.indptr))
    places = np.zeros((N, K), bool)
    places[row, listed.indices] = True
    np.testing.assert_array_equal(places, (Y > 0) | (P > 0))
    np.testing.assert_array_equal(observed, Y[row, listed.indices] > 0)


def test_without_a_teacher_labels_are_the_relevances():
    Y = sparse.csr_array(draw(0)[1])
    listed, observed = mix_relevances(Y, None, 0.5)
    assert listed is Y
    assert observed.all()


@given(seeds, shares, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_double_weighs_by_the_complement(seed, alpha, power):
    _, Y, P = draw(seed)
    listed, observed = mix_relevances(sparse.csr_array(Y), sparse.csr_array(P), alpha)
    weights = label_weights(listed, observed, weighting="double", negative_power=power)
    up, down = dense(listed, weights)
    q = alpha * P + (1 - alpha) * Y
    np.testing.assert_allclose(up, q, atol=1e-6)
    # Where q is 1 to rounding, the root of what is left is not exact.
    np.testing.assert_allclose(down, np.maximum(1 - q, 0) ** power, atol=1e-3)


@given(seeds)
def test_uniform_pushes_down_all_that_was_not_observed(seed):
    _, Y, P = draw(seed)
    listed, observed = mix_relevances(sparse.csr_array(Y), sparse.csr_array(P), 0.5)
    _, down = dense(listed, label_weights(listed, observed, weighting="uniform"))
    np.testing.assert_array_equal(down, 1 - Y)


@given(seeds, st.sampled_from(["uniform", "double", "softmax"]))
def test_negative_mass_is_the_sum_of_each_row(seed, weighting):
    _, Y, P = draw(seed)
    listed, observed = mix_relevances(sparse.csr_array(Y), sparse.csr_array(P), 0.5)
    free = dense(listed, label_weights(listed, observed, weighting=weighting))[1]
    down = dense(
        listed,
        label_weights(listed, observed, weighting=weighting, negative_mass=3.0),
    )[1]
    some = free.sum(axis=1) > 0
    np.testing.assert_allclose(down.sum(axis=1)[some], 3.0, rtol=1e-5)
    expected = 3 * free[some] / free[some].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(down[some], expected, rtol=1e-5)


def test_teacher_negatives_are_listed_ones_only():
    _, Y, P = draw(1)
    listed, observed = mix_relevances(sparse.csr_array(Y), sparse.csr_array(P), 0.5)
    weights = label_weights(listed, observed, weighting="double", negatives="teacher")
    assert (weights.rest == 0).all()
    np.testing.assert_allclose(weights.negative, 1 - listed.data)


def test_a_row_whose_labels_are_all_observed_has_no_negatives():
    full = sparse.csr_array(np.ones((2, 3), np.float32))
    weights = label_weights(
        full, np.ones(6, bool), weighting="double", negative_mass=1.0
    )
    assert (weights.negative == 0).all()
    assert (weights.rest == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_distilling_the_decoupled_loss_is_soft_label_cross_entropy(seed):
    rng, _, P = draw(seed)
    P /= np.maximum(P.sum(axis=1, keepdims=True), 1e-9)
    P[P.sum(axis=1) == 0] = 1 / K
    f = rng.standard_normal((N, K))
    up, down = np.logaddexp(0, -f), np.logaddexp(0, f)
    # sum over y of p_y times the loss of the one label y
    distilled = (P * (up + down.sum(axis=1, keepdims=True) - down)).sum()
    listed, observed = mix_relevances(
        sparse.csr_array((N, K), dtype=np.float32), sparse.csr_array(P), 1.0
    )
    a, b = dense(listed, label_weights(listed, observed, weighting="double"))
    np.testing.assert_allclose((a * up + b * down).sum(), distilled, rtol=1e-6)
    np.testing.assert_allclose(-a * expit(-f) + b * expit(f), expit(f) - P, atol=1e-6)


def test_one_hot_weights_of_uniform_and_double_are_equal():
    Y = sparse.csr_array(draw(2)[1])
    listed, observed = mix_relevances(Y, None, 0.5)
    one, two = (
        dense(listed, label_weights(listed, observed, weighting=name))
        for name in ("uniform", "double")
    )
    np.testing.assert_array_equal(one, two)
