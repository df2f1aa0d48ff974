"""KD-pt and KD-pt+sim: the confidence of each row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simplex import labelled_rows

from skdistill.targets import (
    ClassSimilarity,
    LabelSmoothing,
    PartialTeacher,
    Temperature,
    TopK,
    make_targets,
    make_unlabeled_targets,
    on_simplex,
    one_hot,
)

P = np.array([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4]])
Y = np.array([0, 1])


def test_the_label_keeps_its_probability_and_the_others_share_the_rest():
    expected = [[0.7, 0.15, 0.15], [0.45, 0.1, 0.45]]
    np.testing.assert_allclose(PartialTeacher()(P, Y), expected, rtol=1e-15)


def test_of_a_one_hot_teacher_only_the_labels_are_left_exactly():
    labels = one_hot(Y, 3)
    np.testing.assert_array_equal(PartialTeacher()(labels, Y), labels)
    spread = PartialTeacher(spread=ClassSimilarity(0.1))
    np.testing.assert_array_equal(spread(labels, Y), labels)


def test_of_two_classes_everything_is_left():
    proba = np.array([[0.3, 0.7], [0.9, 0.1]])
    np.testing.assert_allclose(PartialTeacher()(proba, [1, 1]), proba, rtol=1e-15)


@pytest.mark.parametrize(("floor", "low"), [("uniform", 1 / 3), (0.4, 0.4)])
def test_rows_the_teacher_does_not_believe_are_raised_to_the_floor(floor, low):
    found = PartialTeacher(floor)(P, Y)
    np.testing.assert_allclose(found[0], PartialTeacher()(P, Y)[0])
    np.testing.assert_allclose(found[1], [(1 - low) / 2, low, (1 - low) / 2])


def test_rows_the_teacher_does_not_believe_can_be_smoothed_labels():
    smooth = LabelSmoothing(0.3)
    found = PartialTeacher("uniform", smooth)(P, Y)
    np.testing.assert_array_equal(found[0], PartialTeacher()(P, Y)[0])
    np.testing.assert_array_equal(found[1], smooth(P, Y)[1])


def test_a_fallback_sees_all_rows():
    """The class means that ClassSimilarity takes are those of all rows."""
    similar = ClassSimilarity()
    found = PartialTeacher("uniform", similar)(P, Y)
    np.testing.assert_array_equal(found[1], similar(P, Y)[1])


def test_a_probability_on_the_floor_is_believed():
    proba = np.array([[0.25, 0.5, 0.25, 0.0]])
    found = PartialTeacher("uniform", LabelSmoothing(0))(proba, [0])
    np.testing.assert_allclose(found, 0.25)


def test_the_rest_follows_similarity():
    """Papers.md 3.5: p_t on t, (1 - p_t) times the normalised off-diagonal row."""
    rule = ClassSimilarity(0.5, vectors=[[1, 0.0], [1, 1], [0, 1]])
    similar = rule.similarity(P, Y)
    np.fill_diagonal(similar, 0)
    similar /= similar.sum(axis=1, keepdims=True)
    expected = (1 - P[[0, 1], Y])[:, None] * similar[Y]
    expected[[0, 1], Y] = P[[0, 1], Y]
    found = PartialTeacher(spread=rule)(P, Y)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_tiny_similarity_temperature_names_the_nearest_class():
    rule = ClassSimilarity(1e-5, vectors=[[1, 0.0], [1, 1], [0, 1]])
    found = PartialTeacher(spread=rule)(P, Y)
    np.testing.assert_allclose(found[0], [0.7, 0.3, 0], atol=1e-15)


@given(labelled_rows(), st.sampled_from([0.0, "uniform", 0.9]), st.booleans())
@settings(deadline=None)
def test_rows_stay_on_the_simplex(rows, floor, similar):
    proba, y = rows
    rule = PartialTeacher(floor, spread=ClassSimilarity() if similar else None)
    assert on_simplex(make_targets(proba, y, rules=[rule]))


def test_a_temperature_before_it_tempers_the_confidence():
    tempered = Temperature(3)(P)
    found = make_targets(P, Y, rules=[Temperature(3), PartialTeacher()]).values
    np.testing.assert_array_equal(found[[0, 1], Y], tempered[[0, 1], Y])


def test_a_row_that_no_teacher_labelled_gets_its_label():
    proba = np.vstack([P, [np.nan] * 3])
    found = make_targets(proba, np.array([0, 1, 2]), rules=[PartialTeacher()])
    np.testing.assert_array_equal(found.values[2], [0, 0, 1])


def test_they_say_what_they_need():
    assert PartialTeacher.needs_labels
    assert PartialTeacher.needs_teacher


def test_they_say_whether_rows_stand_alone():
    """Where they do not, a part of the rows would get other targets."""
    given = ClassSimilarity(vectors=np.eye(3))
    assert given.by_row
    assert PartialTeacher(0.3, given, given).by_row
    for rule in (
        ClassSimilarity(),
        PartialTeacher(spread=ClassSimilarity()),
        PartialTeacher(0.9, ClassSimilarity()),
    ):
        assert not rule.by_row
        assert np.abs(rule(P, Y)[:1] - rule(P[:1], Y[:1])).max() > 0.01


@pytest.mark.parametrize(
    "rule",
    [PartialTeacher(), ClassSimilarity(), LabelSmoothing(), TopK(1, keep_label=True)],
)
def test_rows_without_labels_are_refused(rule):
    with pytest.raises(ValueError, match="y must hold the labels of the rows for"):
        make_unlabeled_targets(P, rules=[rule])


@pytest.mark.parametrize(
    ("y", "message"),
    [([0], r"y must have shape \(2,\)"), ([0, 3], r"y must be encoded 0\.\.2")],
)
@pytest.mark.parametrize(
    "rule",
    [PartialTeacher(), ClassSimilarity(), LabelSmoothing(), TopK(1, keep_label=True)],
)
def test_labels_that_do_not_fit_are_refused(rule, y, message):
    with pytest.raises(ValueError, match=message):
        rule(P, np.array(y))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"floor": "low"}, ValueError, "floor must be 'uniform' or a number"),
        ({"floor": 1.5}, ValueError, r"floor must be a number in \[0, 1\]"),
        ({"fallback": 0.1}, TypeError, "fallback must be None or a rule"),
        ({"fallback": LabelSmoothing}, TypeError, "fallback must be None or a rule"),
        ({"spread": Temperature()}, TypeError, "spread must be None or a ClassSim"),
    ],
)
def test_parameters_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        PartialTeacher(**arguments)
