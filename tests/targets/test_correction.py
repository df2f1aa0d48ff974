"""Loss correction: the rules as a user meets them; the kernels have their own tests."""

import numpy as np
import pytest

from skdistill.targets import RULES, LossCorrection

P = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
Y = np.array([2, 0, 1])
ONEHOT = np.eye(3)[Y]
PROB_RULES = ["fast", "slow", "relative", "absolute", "power"]


@pytest.mark.parametrize("rule", PROB_RULES)
def test_shared_gamma_keeps_rows_in_the_simplex(rule):
    targets = LossCorrection(rule)(P, Y)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-12)
    assert targets.min() >= 0
    assert targets.max() <= 1


def test_shared_gamma_is_the_average_weighted_by_label_variance():
    gamma = LossCorrection("fast", 0.1, per_class=True).gamma(P, Y)
    variance = P[0] * (1 - P[0])
    shared = LossCorrection("fast", 0.1).gamma(P, Y)
    expected = (variance * gamma[0]).sum() / variance.sum()
    np.testing.assert_allclose(shared[0], expected)


def test_shared_gamma_of_a_certain_row_is_the_mean():
    shared = LossCorrection("fast", 0.1, variance="observed").gamma(P, Y)
    per_class = LossCorrection("fast", 0.1, variance="observed", per_class=True)
    np.testing.assert_allclose(shared[2], per_class.gamma(P, Y)[2].mean())


def test_shared_gamma_is_not_drowned_by_impossible_classes():
    """With 1000 classes a plain mean would say 'trust the label' everywhere."""
    proba = np.zeros((1, 1000))
    proba[0, :2] = 0.5
    gamma = LossCorrection("fast", 0.01).gamma(proba, np.array([0]))
    assert gamma[0, 0] == pytest.approx(0.01 / (0.01 + 0.25))


@pytest.mark.parametrize("rule", ["fast", "slow"])
def test_two_classes_share_their_gamma_anyway(rule):
    proba, y = np.array([[0.3, 0.7]]), np.array([0])
    shared = LossCorrection(rule, 0.2)(proba, y)
    per_class = LossCorrection(rule, 0.2, per_class=True)(proba, y)
    np.testing.assert_allclose(shared, per_class, rtol=1e-12)


def test_orthogonal_on_the_prob_scale_is_the_label():
    np.testing.assert_allclose(LossCorrection("orthogonal")(P, Y), ONEHOT, atol=1e-15)


def test_orthogonal_on_the_log_scale_is_the_authors_target():
    proba = np.array([[0.3, 0.7]])
    targets = LossCorrection("orthogonal", scale="log")(proba, np.array([0]))
    np.testing.assert_allclose(targets, np.log(proba) + [[1, 0]] / proba - 1)


def test_log_scale_floors_probabilities():
    proba = np.array([[0.0, 1.0]])
    targets = LossCorrection("mixed", 0.0, scale="log")(proba, np.array([1]))
    np.testing.assert_allclose(targets, [[np.log(1 / 500), 0]])


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_mixed_is_a_convex_combination(strength):
    expected = (1 - strength) * P + strength * ONEHOT
    np.testing.assert_allclose(LossCorrection("mixed", strength)(P, Y), expected)


def test_plugin_targets_of_a_perfect_teacher_are_unbiased_and_observed_ones_are_not():
    """At P = p0 = .1, c = .1 the observed variant's mean is .028."""
    proba = np.array([[0.1, 0.9]])

    def mean_target(variance):
        rule = LossCorrection("fast", 0.1, variance=variance)
        labels = (rule(proba, np.array([0])), rule(proba, np.array([1])))
        return (0.1 * labels[0] + 0.9 * labels[1])[0, 0]

    assert mean_target("plugin") == pytest.approx(0.1, abs=1e-12)
    assert mean_target("observed") == pytest.approx(0.028, abs=1e-3)


def test_teacher_errors_enter_the_orthogonal_log_target_at_second_order():
    truth, direction = np.array([[0.2, 0.5, 0.3]]), np.array([[1.0, -1.0, 0.0]])
    rule = LossCorrection("orthogonal", scale="log")

    def mean_target(size):
        proba = np.repeat(truth + size * direction, 3, axis=0)
        return truth[0] @ rule(proba, np.arange(3))

    exact = mean_target(0.0)
    coarse, fine = (np.abs(mean_target(s) - exact).max() for s in (1e-2, 5e-3))
    assert 3.5 < coarse / fine < 4.5  # halving the error quarters its effect


STRENGTHS = {
    "fast": 0.01,
    "slow": 0.01,
    "relative": 0.5,
    "absolute": 0.05,
    "power": 2.0,
    "orthogonal": 1.0,
    "mixed": 0.1,
}


def test_default_strengths_are_used():
    assert RULES == STRENGTHS
    for rule, strength in STRENGTHS.items():
        np.testing.assert_array_equal(
            LossCorrection(rule)(P, Y), LossCorrection(rule, strength)(P, Y)
        )


def test_gamma_is_float64_of_the_shape_of_the_probabilities():
    proba = P.astype(np.float32, order="F")
    for per_class in (False, True):
        rule = LossCorrection("fast", 0.1, per_class=per_class)
        gamma = rule.gamma(proba, Y)
        assert gamma.shape == P.shape
        assert gamma.dtype == np.float64
        np.testing.assert_array_equal(gamma, rule.gamma(np.float64(proba), Y))


def test_the_floor_bounds_gamma_on_the_log_scale():
    rule = LossCorrection("orthogonal", scale="log", floor=0.25)
    np.testing.assert_allclose(rule.gamma(P, Y), 1 / np.maximum(P, 0.25))


def test_labels_may_be_a_list():
    np.testing.assert_array_equal(
        LossCorrection()(P, Y.tolist()), LossCorrection()(P, Y)
    )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"rule": "magic"}, "rule must be one of 'fast'.*got 'magic'"),
        ({"variance": "none"}, "variance must be one of 'plugin', 'observed'"),
        ({"scale": "logit"}, "scale must be one of 'prob', 'log'"),
        ({"strength": 0.0}, "strength must be a positive finite number, got 0.0"),
        ({"rule": "mixed", "strength": 2.0}, r"strength must be a number in \[0, 1\]"),
        ({"floor": 0.0}, "floor must be a positive"),
        ({"floor": 2.0}, r"floor must be a number in \[0, 1\], got 2.0"),
    ],
)
def test_parameters_out_of_range_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        LossCorrection(**kwargs)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 1]), r"y must have shape \(3,\), got \(2,\)"),
        (np.array([0, 1, 3]), r"y must be encoded 0..2, got labels from 0 to 3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        LossCorrection()(P, y)


def test_probabilities_that_are_not_finite_are_refused_with_the_row():
    bad = P.copy()
    bad[1, 2] = np.nan
    with pytest.raises(ValueError, match="proba must be finite, got nan in row 1"):
        LossCorrection()(bad, Y)
