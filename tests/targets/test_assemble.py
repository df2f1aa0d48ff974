"""From probabilities, labels and settings to one target matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from skdistill.losses import CrossEntropy
from skdistill.targets import (
    LabelSmoothing,
    LossCorrection,
    Targets,
    Temperature,
    make_targets,
    make_unlabeled_targets,
    on_simplex,
    temper,
)

RNG = np.random.default_rng(0)
P = RNG.dirichlet(np.ones(4), size=30)
Y = RNG.integers(0, 4, size=30)
ONEHOT = np.eye(4)[Y]
F = RNG.normal(size=(30, 4))


def two_term_loss(alpha, temperature, soft):
    """alpha tau^2 CE(w, softmax(f / tau)) + (1 - alpha) CE(y, softmax(f))."""
    tempered = -(soft * log_softmax(F / temperature, axis=1)).sum(axis=1)
    hard = -(ONEHOT * log_softmax(F, axis=1)).sum(axis=1)
    return (alpha * temperature**2 * tempered + (1 - alpha) * hard).mean()


@given(st.floats(0, 1), st.floats(0.3, 8))
@settings(deadline=None, max_examples=50)
def test_targets_and_loss_are_the_two_term_objective(alpha, temperature):
    """Values differ by a constant of the logits, so differences of values are equal."""
    targets = make_targets(P, Y, alpha=alpha, temperature=temperature)
    loss = CrossEntropy(targets.temperature, targets.alpha)
    np.testing.assert_allclose(
        loss.value(targets.values, F),
        two_term_loss(alpha, temperature, temper(P, temperature)),
        rtol=1e-9,
    )


def test_alpha_mixes_teacher_and_labels():
    values = make_targets(P, Y, alpha=0.25).values
    np.testing.assert_allclose(values, 0.25 * P + 0.75 * ONEHOT)


def test_alpha_zero_is_the_labels_whatever_the_teacher_says():
    targets = make_targets(
        P, Y, alpha=0.0, rules=[Temperature(5)], correction=LossCorrection()
    )
    np.testing.assert_allclose(targets.values, ONEHOT, atol=1e-15)


def test_alpha_and_gamma_collapse_into_one_gamma():
    """At temperature 1, alpha with gamma g is gamma 1 - alpha (1 - g)."""
    mixed = make_targets(P, Y, alpha=0.6, correction=LossCorrection("mixed", 0.3))
    single = make_targets(P, Y, correction=LossCorrection("mixed", 1 - 0.6 * 0.7))
    np.testing.assert_allclose(mixed.values, single.values, rtol=1e-12)


def test_tempered_correction_is_the_papers_first_order_term():
    """w~ = w + (g / tau) w (r - sum w r), r = Y / P - 1 (paper 1)."""
    tau, gamma = 2.5, 0.4
    w = temper(P, tau)
    r = ONEHOT / P - 1
    expected = w + gamma / tau * w * (r - (w * r).sum(axis=1, keepdims=True))
    safe = P[np.arange(30), Y] > 1e-2
    found = make_targets(
        P, Y, temperature=tau, correction=LossCorrection("mixed", gamma)
    )
    np.testing.assert_allclose(found.values[safe], expected[safe], rtol=1e-10)
    np.testing.assert_allclose(found.values.sum(axis=1), 1)


def test_full_correction_without_temperature_is_the_label():
    found = make_targets(P, Y, correction=LossCorrection("orthogonal"))
    np.testing.assert_allclose(found.values, ONEHOT, atol=1e-12)


def test_confidently_wrong_teacher_gives_negative_targets_that_are_counted():
    """Off-label entries are w (1 - rho / tau), negative where rho = w_y / P_y > tau."""
    proba = np.zeros((1, 10))
    proba[0, :2] = 0.99, 0.01
    y = np.array([1])
    found = make_targets(
        proba, y, temperature=2.0, correction=LossCorrection("orthogonal")
    )
    w_y = np.sqrt(0.01) / (np.sqrt(0.01) + np.sqrt(0.99))
    rho = w_y / 0.01
    assert found.values[0, 1] == pytest.approx(w_y * (1 + (1 / 0.01 - rho) / 2))
    assert found.values.min() == pytest.approx((1 - w_y) * (1 - rho / 2))
    assert found.n_negative == 1


def test_label_ratio_is_clamped_and_counted():
    proba = np.array([[1 - 1e-9, 1e-9]])
    found = make_targets(
        proba, np.array([1]), temperature=2.0, correction=LossCorrection("orthogonal")
    )
    w = temper(proba, 2.0)
    rho = w[0, 1] / 1e-2
    assert found.values[0, 1] == pytest.approx(w[0, 1] + rho / 2 * (1 - w[0, 1]))
    assert found.n_clipped == 1


def test_label_ratio_at_the_clamp_is_not_counted():
    proba = np.array([[0.99, 0.01]])
    found = make_targets(
        proba, np.array([1]), temperature=2.0, correction=LossCorrection("orthogonal")
    )
    assert found.n_clipped == 0


@pytest.mark.parametrize(
    "options", [{"correction": LossCorrection()}, {"temperature": 2.0}]
)
def test_nothing_is_clipped_unless_a_tempered_loss_is_corrected(options):
    proba = np.array([[1 - 1e-9, 1e-9]])
    assert make_targets(proba, np.array([1]), **options).n_clipped == 0


def test_rows_without_a_teacher_get_their_label():
    proba = P.copy()
    proba[3] = np.nan
    for options in (
        {},
        {"rules": [Temperature(3.0)], "correction": LossCorrection()},
        {"temperature": 2.0, "correction": LossCorrection()},
        {"rules": [LabelSmoothing(0.5)]},
    ):
        found = make_targets(proba, Y, **options)
        np.testing.assert_allclose(found.values[3], ONEHOT[3], atol=1e-12)
        assert np.isfinite(found.values).all()


def test_rules_apply_in_order():
    found = make_targets(P, Y, rules=[LabelSmoothing(0.2), Temperature(2.0)])
    np.testing.assert_allclose(found.values, temper(0.8 * ONEHOT + 0.05, 2.0))


def test_log_scale_floors_counts_and_mixes_before_the_logarithm():
    proba = np.array([[0.0, 1.0], [0.5, 0.5]])
    found = make_targets(proba, np.array([1, 0]), alpha=0.5, scale="log")
    np.testing.assert_allclose(
        found.values, np.log([[1 / 500, 1.0], [0.75, 0.25]]), rtol=1e-12
    )
    assert found.n_clipped == 1
    assert found.scale == "log"


def test_a_probability_at_the_floor_is_not_counted():
    proba = np.array([[1 / 500, 499 / 500]])
    found = make_targets(proba, np.array([1]), scale="log")
    assert found.n_clipped == 0


def test_log_scale_correction_is_the_rule_itself():
    rule = LossCorrection("fast", 0.1, scale="log", floor=0.05)
    found = make_targets(P, Y, correction=rule, scale="log")
    np.testing.assert_allclose(found.values, rule(P, Y))


def test_unlabeled_rows_are_the_teachers_opinion():
    found = make_unlabeled_targets(P, rules=[Temperature(2.0)], alpha=0.3)
    np.testing.assert_allclose(found.values, temper(P, 2.0))


def test_unlabeled_rows_are_listened_to_alone_by_default():
    found = make_unlabeled_targets(P, temperature=2.0)
    np.testing.assert_allclose(found.values, temper(P, 2.0))
    assert found.alpha == 1
    assert found.n_clipped == 0


def test_unlabeled_rows_without_temperature_are_the_teachers_to_the_last_bit():
    found = make_unlabeled_targets(P)
    np.testing.assert_array_equal(found.values, P)
    assert found.temperature == 1


@pytest.mark.parametrize("tau", [2.0, 3.0])
def test_unlabeled_rows_with_temperature_use_the_teacher_for_the_missing_label(tau):
    found = make_unlabeled_targets(P, alpha=0.5, temperature=tau)
    expected = (0.5 * tau * temper(P, tau) + 0.5 * P) / (0.5 * tau + 0.5)
    np.testing.assert_allclose(found.values, expected)


def test_unlabeled_log_targets_are_floored():
    found = make_unlabeled_targets(np.array([[0.0, 1.0]]), alpha=0.4, scale="log")
    np.testing.assert_allclose(found.values, [[np.log(1 / 500), 0.0]])


def test_a_rule_that_returns_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"target must have shape \(30, 4\)"):
        make_targets(P, Y, rules=[lambda proba, y: proba[:, :2]])
    with pytest.raises(ValueError, match=r"target must have shape \(30, 4\)"):
        make_unlabeled_targets(P, rules=[lambda proba, y: proba[:, :2]])


def test_a_rule_that_returns_nan_is_refused():
    with pytest.raises(ValueError, match="target must be finite, got nan in row 0"):
        make_targets(P, Y, rules=[lambda proba, y: proba * np.nan])


def test_on_simplex_knows_probabilities():
    assert on_simplex(Targets(P))
    assert on_simplex(Targets(ONEHOT))
    assert not on_simplex(Targets(P + 1e-6))
    assert not on_simplex(Targets(np.array([[1.5, -0.5]])))
    assert not on_simplex(Targets(np.log(P), scale="log"))


def test_targets_say_nothing_special_by_default():
    plain = Targets(P)
    assert (plain.scale, plain.temperature, plain.alpha) == ("prob", 1, 1)
    assert (plain.n_negative, plain.n_clipped) == (0, 0)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"proba": np.log(P)}, ValueError, "proba must be non-negative.*not logits"),
        ({"proba": P[:, 0]}, ValueError, "proba must have shape.*got an array of sha"),
        ({"y": Y[:4]}, ValueError, r"y must have shape \(30,\), got \(4,\)"),
        ({"y": Y + 1}, ValueError, "y must be encoded 0..3, got labels from 1 to 4"),
        ({"y": Y.astype(str)}, ValueError, "y must be encoded 0..3, got <U.*np.uniq"),
        ({"y": Y.astype(float)}, ValueError, "y must be encoded 0..3, got float64"),
        ({"alpha": 3}, ValueError, r"alpha must be a number in \[0, 1\], got 3"),
        ({"temperature": 0}, ValueError, "temperature must be a positive finite"),
        ({"scale": "logit"}, ValueError, "scale must be 'prob' or 'log', got 'logit'"),
        ({"correction": "fast"}, TypeError, "correction must be None or.*got 'fast'"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(given, error, message):
    arguments = {"proba": P, "y": Y, **given}
    with pytest.raises(error, match=message):
        make_targets(arguments.pop("proba"), arguments.pop("y"), **arguments)
