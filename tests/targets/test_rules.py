"""Target rules that need no correction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from skdistill.targets import (
    LabelSmoothing,
    LossCorrection,
    Temperature,
    as_rules,
    one_hot,
    temper,
)

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
Y = np.array([1, 2])


def test_one_hot_places_ones_by_label():
    np.testing.assert_array_equal(one_hot(Y, 3), [[0, 1, 0], [0, 0, 1]])


@given(st.floats(0.05, 50))
@settings(deadline=None)
def test_temperature_is_softmax_of_divided_logits(temperature):
    expected = softmax(np.log(P) / temperature, axis=1)
    np.testing.assert_allclose(Temperature(temperature)(P), expected, rtol=1e-12)


def test_temperature_one_changes_nothing():
    np.testing.assert_allclose(Temperature()(P, Y), P, rtol=1e-15)


def test_temperature_keeps_exact_zeros_and_survives_tiny_probabilities():
    rows = np.array([[1e-300, 1e-300, 0.0], [0.0, 1.0, 0.0]])
    np.testing.assert_array_equal(
        temper(rows, 0.01), [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]
    )


def test_high_temperature_tends_to_uniform():
    np.testing.assert_allclose(Temperature(1e9)(P), 1 / 3, atol=1e-8)


def test_label_smoothing_mixes_labels_with_uniform():
    expected = 0.7 * np.eye(3)[Y] + 0.1
    np.testing.assert_allclose(LabelSmoothing(0.3)(P, Y), expected)


def test_label_smoothing_takes_a_tenth_by_default():
    np.testing.assert_allclose(LabelSmoothing()(P, Y), LabelSmoothing(0.1)(P, Y))


def test_rules_say_whether_they_need_labels():
    assert LabelSmoothing.needs_labels
    assert LossCorrection.needs_labels
    assert not Temperature.needs_labels


def test_label_smoothing_is_a_uniform_teacher_at_weight_eps():
    uniform = np.full_like(P, 1 / 3)
    mixed = 0.2 * uniform + 0.8 * np.eye(3)[Y]
    np.testing.assert_allclose(LabelSmoothing(0.2)(P, Y), mixed)


@pytest.mark.parametrize("bad", [0, -1.0, np.inf, np.nan])
def test_temperature_must_be_positive_and_finite(bad):
    with pytest.raises(ValueError, match="temperature must be a positive finite"):
        Temperature(bad)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_eps_must_lie_in_the_unit_interval(bad):
    with pytest.raises(ValueError, match=r"eps must be a number in \[0, 1\]"):
        LabelSmoothing(bad)


def test_target_parameter_takes_none_one_rule_or_a_list():
    rule = Temperature(2)
    assert as_rules(None) == ()
    assert as_rules(rule) == (rule,)
    assert as_rules([rule, LabelSmoothing()]) == (rule, LabelSmoothing())


@pytest.mark.parametrize("bad", ["soft", 3, [Temperature(2), 1], Temperature])
def test_target_parameter_refuses_what_is_no_rule(bad):
    with pytest.raises(TypeError, match="target must be None, a rule"):
        as_rules(bad)


def test_log_softmax_reference_agrees():
    np.testing.assert_allclose(
        np.log(temper(P, 3.0)), log_softmax(np.log(P) / 3.0, axis=1), rtol=1e-12
    )
