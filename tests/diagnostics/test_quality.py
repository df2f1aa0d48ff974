"""Scores of a teacher, and how much of its confidence is memory."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import brier_score_loss, log_loss

from skdistill import cross_fit_proba
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import leakage_check, teacher_quality


@pytest.fixture(scope="module")
def known():
    return make_known_bayes(2000, random_state=0)


def test_scores_are_scikit_learns(known):
    _, y, proba = known
    found = teacher_quality(proba, y)
    assert found.log_loss == pytest.approx(log_loss(y, proba))
    assert found.brier == pytest.approx(2 * brier_score_loss(y, proba[:, 1]))
    for k in (0, 1):
        rows = y == k
        assert found.per_class[k] == pytest.approx(-np.log(proba[rows, k]).mean())


def test_brier_differences_are_squared_errors_to_the_truth(known):
    """Paper 4: E Brier(P) = Brier(p*) + E |P - p*|^2."""
    _, y, truth = known
    rng = np.random.default_rng(1)
    column = np.clip(truth[:, 1] + rng.normal(0, 0.15, len(y)), 0.01, 0.99)
    worse = np.column_stack([1 - column, column])
    gap = teacher_quality(worse, y).brier - teacher_quality(truth, y).brier
    assert gap == pytest.approx(((worse - truth) ** 2).sum(axis=1).mean(), abs=0.01)


def test_calibration_error_is_small_for_the_truth_and_large_for_overconfidence(known):
    _, y, truth = known
    sharp = truth**4 / (truth**4).sum(axis=1, keepdims=True)
    assert teacher_quality(truth, y).ece < 0.04
    assert teacher_quality(sharp, y).ece > 0.1


def test_calibration_error_by_hand():
    proba = np.array([[0.9, 0.1]] * 4)
    assert teacher_quality(proba, [0, 0, 0, 1]).ece == pytest.approx(0.15)
    mixed = np.array([[0.9, 0.1], [0.35, 0.65]])
    assert teacher_quality(mixed, [0, 0]).ece == pytest.approx((0.1 + 0.65) / 2)


def test_full_confidence_has_the_last_bin():
    """Were it put with .9, the errors of the two rows would cancel."""
    proba = np.array([[1.0, 0.0], [0.9, 0.1]])
    assert teacher_quality(proba, [1, 0]).ece == pytest.approx((1 + 0.1) / 2)


def test_a_class_without_rows_has_no_score():
    found = teacher_quality([[0.2, 0.3, 0.5]], [1])
    assert np.isnan(found.per_class[0])
    assert found.per_class[1] == pytest.approx(-np.log(0.3))


def test_a_forests_memory_is_found(known):
    X, y, _ = known
    forest = RandomForestClassifier(50, random_state=0)
    inside = forest.fit(X, y).predict_proba(X)
    outside = cross_fit_proba(forest, X, y, random_state=0).proba
    found = leakage_check(inside, outside, y)
    assert found.leaks
    assert found.near_one_hot_in_sample > found.near_one_hot_out_of_fold
    assert found.log_loss_in_sample == pytest.approx(log_loss(y, inside))
    assert "The teacher remembers the rows" in found.sentence
    share = found.near_one_hot_in_sample
    assert f"{share:.0%} of its in-sample soft labels" in found.sentence


def test_no_memory_is_reported_as_none(known):
    _, y, truth = known
    found = leakage_check(truth, truth, y)
    assert not found.leaks
    assert "cross-fitting is not needed" in found.sentence


def test_more_than_99_percent_is_near_one_hot():
    inside = [[1.0, 0.0], [0.99, 0.01], [0.005, 0.995], [0.5, 0.5]]
    outside = [[0.999, 0.001], [0.99, 0.01], [0.5, 0.5], [0.5, 0.5]]
    found = leakage_check(inside, outside, [0, 0, 1, 1])
    assert found.near_one_hot_in_sample == 0.5
    assert found.near_one_hot_out_of_fold == 0.25


@pytest.mark.parametrize(
    ("gaps", "leaks"),
    [
        ([0.3], False),  # one row has no standard error
        ([0.3, 0.4], True),
        ([0.08, 0.28, 0.48], True),  # mean 0.28, standard error 0.2 / sqrt(3)
        ([0.03, 0.23, 0.43], False),
    ],
)
def test_a_leak_is_a_gap_of_more_than_two_standard_errors(gaps, leaks):
    outside = np.exp(-np.array(gaps))
    outside = np.column_stack([outside, 1 - outside])
    inside = np.tile([1.0, 0.0], (len(gaps), 1))
    found = leakage_check(inside, outside, np.zeros(len(gaps), dtype=int))
    assert found.leaks is leaks


@pytest.mark.parametrize(
    ("proba", "y", "message"),
    [
        ([[0.5, 0.6]], [0], "proba must have rows that sum to 1"),
        ([[0.5, 0.5]], [0, 1], r"y must have shape \(1,\)"),
        ([[0.5, 0.5]], [2], "y must be integers in 0..1, got int64 from 2 to 2"),
        ([[0.5, 0.5]], [0.0], "y must be integers in 0..1, got float64"),
    ],
)
def test_wrong_input_is_refused(proba, y, message):
    with pytest.raises(ValueError, match=message):
        teacher_quality(proba, y)


def test_leakage_check_wants_the_same_rows():
    with pytest.raises(ValueError, match=r"proba_out_of_fold must have shape \(1, 2\)"):
        leakage_check([[0.5, 0.5]], [[0.5, 0.5]] * 2, [0])


def test_scores_by_fold_and_the_worst_class(known):
    X, y, _ = known
    record = cross_fit_proba(
        RandomForestClassifier(20, min_samples_leaf=5, random_state=0),
        X,
        y,
        random_state=0,
    )
    found = teacher_quality(record.proba, y, splits=record.splits)
    np.testing.assert_allclose(found.per_fold, record.scores)
    assert found.worst_class == int(np.argmax(found.per_class))
    assert teacher_quality(record.proba, y).per_fold == ()


@pytest.mark.parametrize("splits", [3, [1, 2]])
def test_splits_are_pairs(splits):
    with pytest.raises(TypeError, match=r"splits must be pairs.*crossfit_.splits"):
        teacher_quality([[0.8, 0.2], [0.4, 0.6]], [0, 1], splits=splits)


def test_the_share_of_memory_by_hand():
    """Chance is .5; in-sample 1, out of fold .75: half of the confidence is memory."""
    inside = np.eye(2)[[0, 1, 0, 1]]
    outside = np.where(inside == 1, 0.75, 0.25)
    found = leakage_check(inside, outside, [0, 1, 0, 1])
    assert found.memory_share == pytest.approx(0.5)
    assert "50% of the teacher's confidence is memory" in found.sentence
    assert leakage_check(inside, inside, [0, 1, 0, 1]).memory_share == 0


def test_a_teacher_no_better_than_the_frequencies_has_no_share():
    flat = np.full((4, 2), 0.5)
    found = leakage_check(flat, flat, [0, 1, 0, 1])
    assert np.isnan(found.memory_share)
    assert "memory." not in found.sentence.split("No memory")[0]
