"""Metrics of soft targets against scikit-learn's on labels, and their own algebra."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from skdistill.metrics import (
    fidelity_score,
    kl_divergence,
    soft_brier_score,
    soft_log_loss,
)

RNG = np.random.default_rng(0)
P, Q = RNG.dirichlet(np.ones(3), (2, 20))
Y = RNG.integers(3, size=20)
WEIGHT = np.arange(20.0)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_labels_give_scikit_learns_numbers(weight):
    options = {"sample_weight": weight, "labels": [0, 1, 2]}
    assert_allclose(soft_log_loss(Y, P, weight), log_loss(Y, P, **options))
    assert_allclose(
        fidelity_score(Y, P, weight),
        accuracy_score(Y, P.argmax(axis=1), sample_weight=weight),
    )
    one_hot = np.eye(3)[Y]
    assert_allclose(soft_log_loss(one_hot, P, weight), soft_log_loss(Y, P, weight))
    binary = np.column_stack([1 - P[:, 0], P[:, 0]])
    assert_allclose(
        soft_brier_score(Y > 0, binary, weight),
        2 * brier_score_loss(Y > 0, P[:, 0], sample_weight=weight, pos_label=True),
    )


def test_soft_brier_score_is_the_squared_distance():
    assert_allclose(soft_brier_score(P, Q), (np.linalg.norm(P - Q, axis=1) ** 2).mean())
    assert_allclose(soft_brier_score(Y, Q), soft_brier_score(np.eye(3)[Y], Q))


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_divergence_is_cross_entropy_minus_entropy(weight):
    gap = soft_log_loss(P, Q, weight) - soft_log_loss(P, P, weight)
    assert_allclose(kl_divergence(P, Q, weight), gap, rtol=1e-12)


def test_divergence_from_itself_is_zero_and_never_negative():
    assert kl_divergence(P, P) == 0.0
    near = P.astype(np.float32)
    assert 0 <= kl_divergence(P, near) < 1e-7


def test_a_difference_of_brier_scores_is_one_of_squared_errors():
    """Averaged over labels drawn from the truth, as Menon et al. show."""
    truth, a, b = RNG.dirichlet(np.ones(3), 3)
    rows = [np.tile(c, (3, 1)) for c in (a, b)]
    brier = [soft_brier_score([0, 1, 2], c, truth) for c in rows]
    exact = [np.sum((c - truth) ** 2) for c in (a, b)]
    assert_allclose(brier[0] - brier[1], exact[0] - exact[1], atol=1e-12)


def test_impossible_events_cost_infinity_unless_clipped():
    assert soft_log_loss([[0.5, 0.5]], [[1.0, 0.0]]) == np.inf
    assert kl_divergence([[0.5, 0.5]], [[1.0, 0.0]]) == np.inf
    assert str(soft_log_loss([[1.0, 0.0]], [[1.0, 0.0]])) == "0.0"
    assert kl_divergence([[1.0, 0.0]], [[1.0, 0.0]]) == 0.0
    assert_allclose(soft_log_loss([1], [[1.0, 0.0]], clip=1e-3), -np.log(1e-3))


def test_a_row_without_weight_has_no_say():
    proba = [[1.0, 0.0], [0.5, 0.5]]
    assert_allclose(soft_log_loss([1, 1], proba, [0, 1]), np.log(2))


@pytest.mark.parametrize("metric", [soft_log_loss, soft_brier_score, kl_divergence])
def test_a_weight_is_a_repetition(metric):
    counts = np.arange(20) % 3
    many = [np.repeat(a, counts, axis=0) for a in (P, Q)]
    assert_allclose(metric(P, Q, counts), metric(*many), rtol=1e-12)


def test_fidelity_takes_any_mixture_of_labels_and_probabilities():
    a, b = P.argmax(axis=1), Q.argmax(axis=1)
    expected = (a == b).mean()
    for first in (P, a):
        for second in (Q, b):
            assert fidelity_score(first, second) == expected
    assert fidelity_score(["a", "b"], ["a", "c"]) == 0.5
    assert fidelity_score(P, Q, WEIGHT) == np.average(a == b, weights=WEIGHT)


def test_float32_rows_are_probabilities():
    wide = RNG.dirichlet(np.ones(1000), 50).astype(np.float32)
    assert_allclose(soft_log_loss(wide, wide), -(wide * np.log(wide)).sum() / 50)


METRICS = [soft_log_loss, soft_brier_score, kl_divergence, fidelity_score]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            [[0.5, 0.5], [1.1, -0.1]],
            "must be non-negative, got -0.1 in row 1, column 1.",
        ),
        ([[0.5, 0.5], [0.5, 0.4]], "must have rows that sum to 1, got 0.9 in row 1."),
        ([[0.5, 0.5], [0.5, 0.502]], "rows that sum to 1, got 1.002 in row 1."),
        ([[0.5, 0.5], [np.nan, 1]], "must be finite, got nan in row 1, column 0."),
    ],
)
def test_rows_that_are_no_distributions_are_named(metric, bad, message):
    good = [[0.5, 0.5], [0.5, 0.5]]
    for arguments in ((bad, good), (good, bad)):
        with pytest.raises(ValueError, match=re.escape(message)):
            metric(*arguments)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([[0.5, 0.5]], [[0.2, 0.3, 0.5]], "must have shape (1, 3), got (1, 2)."),
        ([[0.5, 0.5]] * 2, [[0.5, 0.5]], "must have shape (1, 2), got (2, 2)."),
        (np.empty((0, 2)), np.empty((0, 2)), "P must have at least one row, got 0."),
    ],
)
def test_wrong_shapes_are_refused(metric, first, second, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        metric(first, second)


@pytest.mark.parametrize("metric", [soft_log_loss, soft_brier_score, fidelity_score])
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 2], ValueError, "must hold labels in 0..1, got 2 in row 1. Encode them"),
        ([-1, 0], ValueError, "must hold labels in 0..1, got -1 in row 0."),
        ([0], ValueError, "must have 2 rows, got 1."),
        ([0.0, 1.0], TypeError, "must hold integer labels or probabilities, got dtype"),
        (["a", "b"], TypeError, "must hold integer labels or probabilities, got dtype"),
    ],
)
def test_wrong_labels_are_refused(metric, labels, error, message):
    with pytest.raises(error, match=re.escape(message)):
        metric(labels, [[0.5, 0.5]] * 2)


def test_labels_are_refused_by_the_divergence():
    with pytest.raises(ValueError, match=r"P must have shape .* got an array of shape"):
        kl_divergence([0], [[0.5, 0.5]])


@pytest.mark.parametrize("clip", [0, 1, -0.1, np.nan])
def test_clip_must_be_a_probability(clip):
    with pytest.raises(ValueError, match=r"clip must be in \(0, 1\) or None, got"):
        soft_log_loss(P, Q, clip=clip)


@pytest.mark.parametrize("metric", METRICS)
def test_wrong_weights_are_refused(metric):
    with pytest.raises(ValueError, match=r"sample_weight must have shape \(20,\)"):
        metric(P, Q, [1.0])
    with pytest.raises(ValueError, match="sample_weight must be non-negative"):
        metric(P, Q, -WEIGHT)


def test_label_vectors_must_be_of_one_length():
    with pytest.raises(ValueError, match=r"P must have as many rows as Q, got 1 and 2"):
        fidelity_score([1], [1, 2])
