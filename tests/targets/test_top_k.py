"""KD-topk: which classes are kept, the flat rest, and its sparse storage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from simplex import labelled_rows

from skdistill.losses import CrossEntropy
from skdistill.targets import (
    LabelSmoothing,
    PartialTeacher,
    Temperature,
    TopK,
    TopKTargets,
    make_targets,
    make_unlabeled_targets,
    on_simplex,
)

P = np.array([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]])
Y = np.array([2, 3])


def reference(proba, k, y=None):
    """Row by row: sort by probability, then class; the label last if it lacks."""
    targets = np.empty_like(proba)
    for i, row in enumerate(proba):
        kept = sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]
        if y is not None and y[i] not in kept:
            kept[-1] = y[i]
        others = [j for j in range(len(row)) if j not in kept]
        targets[i, kept] = row[kept]
        targets[i, others] = row[others].sum() / max(len(others), 1)
    return targets


def test_the_largest_are_kept_and_the_others_share_the_rest():
    expected = [[0.5, 0.3, 0.1, 0.1], [0.15, 0.15, 0.3, 0.4]]
    np.testing.assert_allclose(TopK(2)(P), expected, rtol=1e-15)


@given(labelled_rows(), st.integers(1, 7), st.booleans())
@settings(deadline=None)
def test_rows_are_those_of_the_reference_and_on_the_simplex(rows, k, keep_label):
    proba, y = rows
    k = min(k, proba.shape[1])
    rule = TopK(k, keep_label=keep_label)
    expected = reference(proba, k, y if keep_label else None)
    np.testing.assert_allclose(rule(proba, y), expected, rtol=1e-14, atol=1e-16)
    assert on_simplex(make_targets(proba, y, rules=[rule]))
    np.testing.assert_array_equal(rule.sparse(proba, y).to_dense(), rule(proba, y))


@pytest.mark.parametrize("k", [3, 4, 1.0])
def test_keeping_all_or_all_but_one_changes_nothing(k):
    np.testing.assert_array_equal(TopK(k)(P), P)


def test_equal_probabilities_are_kept_by_class():
    row = np.array([[0.2, 0.2, 0.2, 0.2, 0.2]])
    np.testing.assert_array_equal(TopK(2).sparse(row).indices, [[0, 1]])
    row = np.array([[0.1, 0.2, 0.3, 0.2, 0.2]])
    np.testing.assert_array_equal(TopK(3).sparse(row).indices, [[1, 2, 3]])


def test_the_label_takes_the_place_of_the_last():
    found = TopK(2, keep_label=True).sparse(P, Y)
    np.testing.assert_array_equal(found.indices, [[0, 2], [2, 3]])
    tied = np.array([[0.3, 0.2, 0.2, 0.2, 0.1]])
    found = TopK(3, keep_label=True).sparse(tied, np.array([4]))
    np.testing.assert_array_equal(found.indices, [[0, 1, 4]])


def test_the_label_alone_is_the_partial_teacher():
    found = TopK(1, keep_label=True)(P, Y)
    np.testing.assert_allclose(found, PartialTeacher()(P, Y), rtol=1e-14)


@pytest.mark.parametrize(
    ("k", "n_classes", "count"),
    [(0.25, 100, 25), (0.1, 30, 3), (0.25, 2, 1), (1e-9, 5, 1), (1.0, 7, 7), (3, 3, 3)],
)
def test_a_share_is_rounded_and_at_least_one_class(k, n_classes, count):
    assert TopK(k).count(n_classes) == count


def test_rows_without_labels_are_served_unless_the_label_is_kept():
    assert not TopK().needs_labels
    assert TopK(keep_label=True).needs_labels
    assert TopK.needs_teacher
    found = make_unlabeled_targets(P, rules=[TopK(2)])
    np.testing.assert_array_equal(found.values, TopK(2)(P))


def test_rules_compose_in_order():
    rules = [Temperature(2), TopK(1)]
    expected = TopK(1)(Temperature(2)(P))
    np.testing.assert_array_equal(make_targets(P, Y, rules=rules).values, expected)
    smooth = LabelSmoothing(0.2)(P, Y)
    np.testing.assert_allclose(TopK(1)(smooth), smooth, rtol=1e-15)


def test_no_rows_are_no_targets():
    assert TopK(2)(np.empty((0, 4))).shape == (0, 4)
    assert TopK(2).sparse(np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        (0, ValueError, "k must be at least 1 class, got 0"),
        (0.0, ValueError, r"k must be an int, or a float in \(0, 1\]"),
        (2.0, ValueError, r"k must be an int, or a float in \(0, 1\]"),
        (np.nan, ValueError, r"k must be an int, or a float in \(0, 1\]"),
        (True, TypeError, "k must be a number of classes"),
        ("all", TypeError, "k must be a number of classes"),
    ],
)
def test_k_is_checked(k, error, message):
    with pytest.raises(error, match=message):
        TopK(k)


def test_more_than_all_classes_are_refused():
    with pytest.raises(ValueError, match="at most the number of classes, 4, got 5"):
        TopK(5)(P)


def test_two_k_numbers_a_row_are_stored():
    proba = np.random.default_rng(0).dirichlet(np.ones(1000), 50)
    stored = TopK(10).sparse(proba)
    assert stored.nbytes == 50 * (10 * (8 + 4) + 8)
    assert len(stored) == 50
    single = TopK(10).sparse(proba.astype(np.float32))
    assert single.nbytes == 50 * (10 * (4 + 4) + 4)
    assert single.to_dense().dtype == np.float32


def test_the_loss_needs_only_what_is_stored():
    """Papers.md 3.5: sum over the kept of t nll, plus rest times the other nll."""
    logits = np.random.default_rng(1).normal(size=P.shape)
    stored = TopK(2).sparse(P)
    nll = -log_softmax(logits, axis=1)
    kept = np.take_along_axis(nll, stored.indices.astype(int), axis=1)
    rest = stored.rest * (nll.sum(axis=1) - kept.sum(axis=1))
    expected = ((stored.values * kept).sum(axis=1) + rest).mean()
    found = CrossEntropy().value(stored.to_dense(), logits)
    assert found == pytest.approx(expected, rel=1e-14)


def test_blocks_and_rows_of_stored_targets():
    whole = TopK(2).sparse(P)
    parts = [TopK(2).sparse(P[:1]), TopK(2).sparse(P[1:])]
    joined = TopKTargets.concatenate(parts)
    np.testing.assert_array_equal(joined.to_dense(), whole.to_dense())
    np.testing.assert_array_equal(whole[1:].to_dense(), whole.to_dense()[1:])
    np.testing.assert_array_equal(whole.to_dense([1]), whole.to_dense()[[1]])


def test_values_and_places_alone_are_enough():
    stored = TopK(2).sparse(P)
    found = TopKTargets.from_top(stored.values, stored.indices, 4)
    np.testing.assert_allclose(found.to_dense(), stored.to_dense(), rtol=1e-14)


def test_a_rest_that_rounding_made_negative_is_none():
    values = np.array([[0.5, 0.5000001]], dtype=np.float32)
    found = TopKTargets.from_top(values, [[0, 2]], 3)
    np.testing.assert_array_equal(found.rest, [0])


@pytest.mark.parametrize(
    ("values", "n_classes", "message"),
    [
        ([[0.7, 0.7]], 3, "sum to at most 1, .* got 1.4 in row 0"),
        ([[0.5, 0.2]], 2, "sum to at most 1, and to 1 where all .* got 0.7"),
    ],
)
def test_sums_that_are_no_rounding_are_refused(values, n_classes, message):
    with pytest.raises(ValueError, match=message):
        TopKTargets.from_top(values, [[0, 1]], n_classes)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"indices": [[0.0, 1.0]]}, TypeError, "indices must be integers"),
        ({"indices": [[0, 1, 2]]}, ValueError, "must have one shape, and rest its"),
        ({"rest": [0.1, 0.1]}, ValueError, "must have one shape, and rest its rows"),
        ({"indices": [[0, 4]]}, ValueError, r"indices must be columns 0\.\.3, got 0"),
        ({"indices": [[-1, 0]]}, ValueError, r"indices must be columns 0\.\.3, got -1"),
        ({"indices": [[1, 1]]}, ValueError, r"different within a row, got \[1, 1\]"),
        ({"values": [[-0.1, 1.0]]}, ValueError, "must be non-negative, got -0.1"),
        ({"rest": [-0.1]}, ValueError, "must be non-negative, got -0.1"),
        ({"rest": [np.nan]}, ValueError, "must be non-negative, got nan"),
    ],
)
def test_stored_targets_are_checked(changed, error, message):
    parts = {"values": [[0.5, 0.3]], "indices": [[0, 1]], "rest": [0.1], "n_classes": 4}
    parts |= changed
    with pytest.raises(error, match=message):
        TopKTargets(**parts)


def test_blocks_must_agree():
    with pytest.raises(ValueError, match="parts must agree in k and in the number"):
        TopKTargets.concatenate([TopK(1).sparse(P), TopK(2).sparse(P)])
