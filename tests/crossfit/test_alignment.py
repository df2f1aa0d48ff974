"""Columns by class: never by width or position, never a zero for an unknown class."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax

from skdistill.crossfit import align, raw_proba
from skdistill.crossfit._alignment import constant_proba


class Fixed:
    """Answers what it was told."""

    def __init__(self, **answers):
        for name, answer in answers.items():
            setattr(self, name, lambda X, answer=answer: answer)


def test_columns_are_matched_by_label_when_the_first_class_is_absent():
    """The first, not the last: a lost alignment would go unnoticed with the last."""
    proba = np.array([[0.25, 0.75]])
    aligned = align(proba, np.array(["b", "c"]), np.array(["a", "b", "c"]), n_train=7)
    np.testing.assert_allclose(aligned.proba, [[0.1, 0.9 * 0.25, 0.9 * 0.75]])
    np.testing.assert_array_equal(aligned.absent, [[True, False, False]])


def test_columns_in_another_order_are_put_in_order():
    aligned = align(np.array([[0.2, 0.8]]), np.array([1, 0]), np.array([0, 1]), 10)
    np.testing.assert_allclose(aligned.proba, [[0.8, 0.2]])
    assert not aligned.absent.any()


def test_rows_still_sum_to_one_with_several_absent_classes():
    aligned = align(np.array([[1.0]]), np.array([3]), np.arange(5), n_train=20)
    assert aligned.proba.sum() == pytest.approx(1)
    np.testing.assert_allclose(aligned.proba[0, 0], 1 / 25)


def test_a_class_the_problem_does_not_have_is_refused():
    with pytest.raises(ValueError, match="only classes of y, got 'dog'"):
        align(np.array([[0.5, 0.5]]), ["cat", "dog"], np.array(["cat", "cow"]), 5)


def test_a_width_that_is_not_that_of_the_classes_is_refused():
    with pytest.raises(ValueError, match=r"got shape \(1, 3\) for 2 classes"):
        align(np.ones((1, 3)) / 3, [0, 1], np.array([0, 1]), 5)


def test_training_rows_of_one_class_give_laplaces_rule():
    aligned = constant_proba("b", 2, np.array(["a", "b", "c"]), n_train=7)
    np.testing.assert_allclose(aligned.proba, [[0.1, 0.8, 0.1]] * 2)
    assert aligned.worst_sum == 0


def test_binary_margins_become_two_columns_without_losing_the_small_one():
    proba, _ = raw_proba(Fixed(decision_function=np.array([40.0, -1.0])), None)
    np.testing.assert_allclose(proba[0], [expit(-40.0), 1.0])
    assert proba[0, 0] > 0
    np.testing.assert_allclose(proba[1, 1], expit(-1.0))


def test_multiclass_margins_go_through_softmax():
    margin = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]])
    proba, worst = raw_proba(Fixed(decision_function=margin), None)
    np.testing.assert_allclose(proba, softmax(margin, axis=1))
    assert worst == 0


@pytest.mark.parametrize("margin", [[[1.0, 2.0, 3.0]], [40.0, -1.0]])
def test_margins_are_squashed_in_float64(margin):
    exact, worst = raw_proba(Fixed(decision_function=np.array(margin)), None)
    rough = np.array(margin, dtype=np.float32)
    proba, _ = raw_proba(Fixed(decision_function=rough), None)
    np.testing.assert_array_equal(proba, exact)
    assert proba.dtype == np.float64
    assert worst == 0


def test_float32_rows_are_renormalised_and_the_deviation_reported():
    answer = np.array([[0.5, 0.5], [0.5, 0.4998], [0.5, 0.5]])
    proba, worst = raw_proba(Fixed(predict_proba=answer), None)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)
    assert worst == pytest.approx(2e-4)


def test_a_teacher_may_answer_with_a_frame_or_with_no_rows():
    frame = pd.DataFrame([[0.25, 0.75]])
    proba, worst = raw_proba(Fixed(predict_proba=frame), None)
    assert proba.tolist() == [[0.25, 0.75]]
    assert worst == 0
    proba, worst = raw_proba(Fixed(predict_proba=np.zeros((0, 2))), None)
    assert proba.shape == (0, 2)
    assert worst == 0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([[0.5, np.nan]], "predict_proba of Fixed must be finite, got nan in row 0"),
        ([[1.5, -0.5]], "must be non-negative, got -0.5 in row 0, column 1"),
        ([[0.5, 0.9]], "must have rows that sum to 1, got 1.4 in row 0"),
    ],
)
def test_a_teacher_without_probabilities_is_named(answer, message):
    with pytest.raises(ValueError, match=message):
        raw_proba(Fixed(predict_proba=np.array(answer)), None)


def test_multi_output_teachers_are_refused():
    answer = [np.ones((1, 2)) / 2, np.ones((1, 2)) / 2]
    with pytest.raises(ValueError, match="one array, got a list of 2"):
        raw_proba(Fixed(predict_proba=answer), None)
