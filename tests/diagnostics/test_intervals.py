"""Intervals over held-out rows."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from skdistill.crossfit import label_losses
from skdistill.diagnostics._intervals import METRICS, bootstrap


def model(proba, codes):
    return proba, label_losses(proba, codes)


def found_by_name(intervals):
    return {(one.model, one.metric): one for one in intervals}


@pytest.fixture(scope="module", params=[2, 4])
def problem(request):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(request.param), 300)
    codes = np.array([rng.choice(request.param, p=p) for p in proba])
    return np.round(proba, 1) / np.round(proba, 1).sum(1, keepdims=True), codes


def test_values_are_scikit_learns_ties_and_all(problem):
    proba, codes = problem
    found = found_by_name(bootstrap({"m": model(proba, codes)}, codes, (), 0, None))
    score = proba[:, 1] if proba.shape[1] == 2 else proba
    assert found["m", "auc"].value == pytest.approx(
        roc_auc_score(codes, score, multi_class="ovr")
    )
    assert found["m", "accuracy"].value == np.mean(proba.argmax(1) == codes)
    onehot = np.eye(proba.shape[1])[codes]
    assert found["m", "brier"].value == pytest.approx(
        ((proba - onehot) ** 2).sum(1).mean()
    )
    assert found["m", "log_loss"].value == pytest.approx(
        label_losses(proba, codes).mean()
    )
    assert [one for _, one in found] == list(METRICS)
    assert all(np.isnan([one.low, one.high]).all() for one in found.values())


def test_a_draw_scores_the_rows_drawn(problem):
    """One draw is its own percentiles."""
    proba, codes = problem
    found = found_by_name(
        bootstrap({"m": model(proba, codes)}, codes, (), 1, np.random.default_rng(3))
    )
    rows = np.random.default_rng(3).integers(len(codes), size=len(codes))
    again = found_by_name(
        bootstrap({"m": model(proba[rows], codes[rows])}, codes[rows], (), 0, None)
    )
    for key, one in found.items():
        assert one.low == one.high == pytest.approx(again[key].value)


def test_the_width_is_four_standard_errors():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.05, 0.95, 2000)
    codes = (rng.uniform(size=2000) < p).astype(int)
    proba = np.column_stack([1 - p, p])
    losses = label_losses(proba, codes)
    (one, *_) = bootstrap({"m": (proba, losses)}, codes, (), 400, rng)
    error = losses.std() / np.sqrt(len(losses))
    assert one.high - one.low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert one.low < one.value < one.high


def test_differences_are_paired():
    """Equal models differ by nothing, however wide each interval is."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(2), 100)
    codes = rng.integers(2, size=100)
    two = {"a": model(proba, codes), "b": model(proba, codes)}
    found = found_by_name(bootstrap(two, codes, [("a", "b")], 50, rng))
    assert found["a", "log_loss"].high > found["a", "log_loss"].low
    for metric in METRICS:
        one = found["a - b", metric]
        assert (one.value, one.low, one.high) == (0, 0, 0)
        assert not one.excludes_zero


def test_better_by_far_excludes_zero():
    rng = np.random.default_rng(0)
    codes = rng.integers(2, size=200)
    good = np.eye(2)[codes] * 0.8 + 0.1
    two = {"good": model(good, codes), "flat": model(np.full((200, 2), 0.5), codes)}
    found = found_by_name(bootstrap(two, codes, [("good", "flat")], 50, rng))
    assert found["good - flat", "log_loss"].high < 0
    assert found["good - flat", "log_loss"].excludes_zero


def test_no_area_without_a_class():
    codes = np.zeros(5, dtype=int)
    proba = np.full((5, 2), 0.5)
    found = bootstrap({"m": model(proba, codes)}, codes, (), 3, np.random.default_rng())
    assert np.isnan([found[3].value, found[3].low]).all()


def test_draws_that_lack_a_class_are_left_out():
    codes = np.array([0, 0, 0, 0, 0, 1])  # a third of the draws miss the last row
    proba = np.column_stack([1 - 0.1 * np.arange(6), 0.1 * np.arange(6)])
    rng = np.random.default_rng(0)
    found = found_by_name(bootstrap({"m": model(proba, codes)}, codes, (), 60, rng))
    assert found["m", "auc"].low == 1
