"""Raw scores to relevances by a slope and an intercept."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from skdistill.extreme._relevance import FLATTEST, fit_sigmoid, relevances

RNG = np.random.default_rng(0)
SCORES = RNG.normal(2, 3, size=4_000)
OBSERVED = RNG.random(4_000) < expit(0.7 * SCORES - 2)


def platt_loss(slope, intercept, scores, observed, weight):
    """The definition, with smoothed targets."""
    n1, n0 = weight[observed].sum(), weight[~observed].sum()
    target = np.where(observed, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    p = expit(slope * scores + intercept)
    return -weight @ (target * np.log(p) + (1 - target) * np.log1p(-p))


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_least_of_the_loss(weighted):
    weight = RNG.random(4_000) + 0.5 if weighted else np.ones(4_000)
    found = fit_sigmoid(SCORES, OBSERVED, weight if weighted else None)
    least = platt_loss(*found, SCORES, OBSERVED, weight)
    for step in (-1e-3, 1e-3):
        for change in ((step, 0), (0, step)):
            other = np.add(found, change)
            assert platt_loss(*other, SCORES, OBSERVED, weight) > least


def test_of_many_rows_it_is_a_logistic_regression():
    exact = LogisticRegression(C=1e10, tol=1e-10).fit(SCORES[:, None], OBSERVED)
    slope, intercept = fit_sigmoid(SCORES, OBSERVED)
    assert_allclose(slope, exact.coef_[0, 0], rtol=0.01)
    assert_allclose(intercept, exact.intercept_[0], rtol=0.01)
    assert_allclose([slope, intercept], [0.7, -2], rtol=0.1)


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e5, 3e6), (1.0, -50.0)])
def test_the_scale_of_the_scores_does_not_matter(scale, shift):
    plain = relevances(SCORES, *fit_sigmoid(SCORES, OBSERVED))
    moved = scale * SCORES + shift
    found = relevances(moved, *fit_sigmoid(moved, OBSERVED))
    assert found.dtype == np.float32
    assert_allclose(found, plain, rtol=1e-4)


@pytest.mark.parametrize("observed", [~OBSERVED, RNG.random(4_000) < 0.5])
def test_the_slope_is_positive_whatever_the_labels_say(observed):
    slope, _ = fit_sigmoid(SCORES, observed)
    assert slope > 0
    if observed is not OBSERVED and (observed == ~OBSERVED).all():
        assert_allclose(slope, FLATTEST / SCORES.std())


@pytest.mark.parametrize("all_or_none", [True, False])
def test_labels_of_one_kind_are_not_believed_altogether(all_or_none):
    scores = np.array([-1.0, 0.5, 2.0])
    found = relevances(scores, *fit_sigmoid(scores, np.full(3, all_or_none)))
    assert_allclose(found, 0.8 if all_or_none else 0.2, atol=2e-3)


def test_scores_that_are_all_the_same():
    same = np.full(10, 3.0)
    observed = np.arange(10) < 3
    found = relevances(same, *fit_sigmoid(same, observed))
    target = np.where(observed, 4 / 5, 1 / 9)
    assert_allclose(found, target.mean(), rtol=1e-4)
