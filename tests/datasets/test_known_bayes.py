"""The problem with known probabilities obeys its formula."""

import numpy as np
import pytest

from skdistill.datasets import make_known_bayes


def test_probabilities_follow_the_formula_row_by_row():
    X, _, proba = make_known_bayes(200, random_state=1)
    for x, p in zip(X, proba, strict=True):
        switch = x[4] if x[5] > 0 else 0.0
        z = 2 * np.sin(2 * x[0] * x[1]) + 1.2 * x[2] - 0.8 * x[3] ** 2 + 0.8 + switch
        np.testing.assert_allclose(p[1], 1 / (1 + np.exp(-z)), rtol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_features_are_standard_normal():
    X, _, _ = make_known_bayes(40_000, n_features=7, random_state=2)
    assert X.shape == (40_000, 7)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(X.T), np.eye(7), atol=0.03)


def test_labels_are_drawn_from_the_probabilities():
    _, y, proba = make_known_bayes(40_000, random_state=3)
    assert y.dtype == np.int64
    assert set(y) == {0, 1}
    # In every tenth of p*, the share of ones is p* within 4 standard errors.
    tenth = np.minimum((proba[:, 1] * 10).astype(int), 9)
    for part in range(10):
        p = proba[tenth == part, 1]
        error = np.sqrt((p * (1 - p)).mean() / len(p))
        assert abs(y[tenth == part].mean() - p.mean()) < 4 * error


def test_same_seed_same_draw():
    first, again = (make_known_bayes(30, random_state=4) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    other = make_known_bayes(30, random_state=5)
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"n_features": 5}, ValueError, "`n_features` must be at least 6, got 5"),
        ({"n_samples": 0}, ValueError, "`n_samples` must be at least 1, got 0"),
        ({"n_samples": 2.5}, TypeError, "`n_samples` must be an integer, got 2.5"),
        ({"n_samples": True}, TypeError, "`n_samples` must be an integer, got True"),
    ],
)
def test_wrong_counts_are_refused(arguments, error, match):
    with pytest.raises(error, match=match):
        make_known_bayes(**arguments)
