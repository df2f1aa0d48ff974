"""The weight that a teacher gives to the gradient of each row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from skdistill.diagnostics import gradient_rescaling
from skdistill.losses import CrossEntropy
from skdistill.targets import one_hot, temper

N, K = 40, 5


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return (
        rng.dirichlet(np.ones(K), N),
        rng.normal(size=(N, K)),
        rng.integers(K, size=N),
    )


def losses(P, F, y, alpha, temperature, squared):
    """Loss of each row as a function of its logits, by the losses of the package."""
    hard, soft = one_hot(y, K), temper(P, temperature)
    factor = 1 if squared else temperature**-2

    def value(i, logits):
        label = CrossEntropy().value(hard[[i]], logits[None])
        teacher = CrossEntropy(temperature).value(soft[[i]], logits[None])
        return (1 - alpha) * label + alpha * factor * teacher, label

    return value


@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize(("alpha", "temperature"), [(0.3, 1.0), (0.5, 4.0), (1.0, 0.5)])
def test_weights_are_ratios_of_differences(rows, alpha, temperature, squared):
    P, F, y = rows
    value = losses(P, F, y, alpha, temperature, squared)
    step, expected = 1e-5, np.empty(N)
    for i in range(N):
        up, down = F[i].copy(), F[i].copy()
        up[y[i]] += step
        down[y[i]] -= step
        both, label = np.subtract(value(i, up), value(i, down))
        expected[i] = both / label
    found = gradient_rescaling(
        P, softmax(F, axis=1), y, alpha=alpha, temperature=temperature, squared=squared
    )
    np.testing.assert_allclose(found.weights, expected, rtol=1e-7, atol=1e-8)


def test_weights_are_the_gradients_of_the_distillers_loss(rows):
    """One target for both parts, as the distillers make it."""
    P, F, y = rows
    alpha, tau = 0.4, 3.0
    hard = one_hot(y, K)
    mass = alpha * tau + 1 - alpha
    target = (alpha * tau * temper(P, tau) + (1 - alpha) * hard) / mass
    at = np.arange(N), y
    both = CrossEntropy(tau, alpha).gradient(target, F)[at]
    label = CrossEntropy().gradient(hard, F)[at]
    found = gradient_rescaling(P, softmax(F, axis=1), y, alpha=alpha, temperature=tau)
    np.testing.assert_allclose(found.weights, both / label, rtol=1e-12)


def test_one_hot_teachers_change_nothing(rows):
    _, F, y = rows
    found = gradient_rescaling(one_hot(y, K), softmax(F, axis=1), y, alpha=0.7)
    np.testing.assert_allclose(found.weights, 1, rtol=1e-13)
    assert found.sentence.startswith("The teacher pushes against no label.")
    assert found.share_negative == 0
    assert not len(found.negative)


def test_a_student_at_the_teacher_has_the_labels_share(rows):
    P, _, y = rows
    found = gradient_rescaling(P, P, y, alpha=0.7, temperature=3)
    np.testing.assert_allclose(found.weights, 0.3, rtol=1e-13)


def test_the_alarm_names_rows_against_their_label():
    P = np.array([[0.05, 0.95], [0.9, 0.1], [0.4, 0.6], [0.1, 0.9]])
    q = np.array([[0.9, 0.1], [0.5, 0.5], [0.55, 0.45], [0.9, 0.1]])
    found = gradient_rescaling(P, q, [0, 0, 0, 0])
    np.testing.assert_array_equal(found.negative, [0, 3])
    assert found.share_negative == 0.5
    assert (
        "ALARM: the teacher pushes against the label in 2 of 4 rows" in found.sentence
    )
    assert "in 100% of them another class" in found.sentence
    assert "Look at rows 0, 3 first" in found.sentence
    assert found.mean == pytest.approx(found.weights.mean())


def test_a_student_sure_of_the_label_is_floored_and_counted():
    found = gradient_rescaling([[0.5, 0.5]], [[1.0, 0.0]], [0])
    assert found.n_floored == 1
    assert found.weights[0] == pytest.approx(0.5 - 0.5 * 0.5 / 1e-6)
    assert found.sentence == "The student is sure of every label: no row has a weight."
    assert gradient_rescaling([[0.5, 0.5]], [[0.9, 0.1]], [0]).n_floored == 0


@given(st.integers(1, 60), st.integers(1, 30), st.booleans())
@settings(deadline=None, max_examples=50)
def test_the_histogram_counts_every_row(n, n_bins, equal):
    rng = np.random.default_rng(n)
    P = np.full((n, 3), 1 / 3) if equal else rng.dirichlet(np.ones(3) / 5, n)
    q = np.full((n, 3), 1 / 3)
    found = gradient_rescaling(P, q, np.zeros(n, dtype=int), n_bins=n_bins)
    assert found.counts.sum() == n
    assert len(found.edges) == n_bins + 1
    assert len(str(found).splitlines()) == n_bins + 1


def test_bins_are_those_of_numpy_between_the_percentiles(rows):
    P, F, y = rows
    found = gradient_rescaling(P, softmax(F, axis=1), y, n_bins=7)
    low, high = np.quantile(found.weights, [0.005, 0.995])
    assert (found.edges[0], found.edges[-1]) == (low, high)
    inside = found.weights[(found.weights > low) & (found.weights < high)]
    counts = np.histogram(inside, found.edges)[0]
    counts[[0, -1]] += [(found.weights <= low).sum(), (found.weights >= high).sum()]
    np.testing.assert_array_equal(found.counts, counts)
    assert repr(found).startswith("GradientRescaling(n_samples=40, mean=")


def test_a_frame_has_a_row_a_bin(rows):
    pytest.importorskip("pandas")
    P, F, y = rows
    frame = gradient_rescaling(P, softmax(F, axis=1), y, n_bins=7).to_frame()
    assert list(frame.columns) == ["from", "to", "rows"]
    assert frame["rows"].sum() == N


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"alpha": 2}, ValueError, r"alpha must be a number in \[0, 1\]"),
        ({"temperature": 0}, ValueError, "temperature must be a positive finite"),
        ({"n_bins": 0}, ValueError, "n_bins must be a positive integer, got 0"),
        ({"n_bins": True}, ValueError, "n_bins must be a positive integer, got True"),
        ({"proba": [[0.5, 0.6]]}, ValueError, "proba must have rows that sum to 1"),
        ({"student_proba": [[1.0]]}, ValueError, r"student_proba must have shape"),
        ({"y": [2]}, ValueError, r"y must be integers in 0\.\.1"),
    ],
)
def test_wrong_input_is_refused(changed, error, message):
    arguments = {"proba": [[0.5, 0.5]], "student_proba": [[0.5, 0.5]], "y": [0]}
    arguments |= changed
    with pytest.raises(error, match=message):
        gradient_rescaling(**arguments)


def test_rows_the_student_is_sure_of_count_for_nothing_but_their_number():
    P = [[0.2, 0.8], [0.9, 0.1], [0.6, 0.4], [0.5, 0.5]]
    q = [[0.7, 0.3], [0.8, 0.2], [1.0, 0.0], [1.0, 0.0]]
    found = gradient_rescaling(P, q, [0, 0, 0, 0])
    alone = gradient_rescaling(P[:2], q[:2], [0, 0])
    assert found.n_floored == 2
    assert found.mean == alone.mean
    assert found.negative.tolist() == alone.negative.tolist() == [0]
    assert found.share_negative == 1 / 4
    assert found.counts.sum() == 2
    assert found.defined.tolist() == [True, True, False, False]
    assert "Left out are 2 rows" in found.sentence


def test_no_alarm_where_the_teacher_disagrees_with_no_label():
    found = gradient_rescaling([[0.6, 0.4]] * 3, [[0.99, 0.01]] * 3, [0, 0, 0])
    assert found.share_negative == 1
    assert "ALARM" not in found.sentence
    assert "disagrees with none" in found.sentence


def test_an_alarm_names_the_rows_that_are_argued_about():
    P = [[0.6, 0.4], [0.1, 0.9], [0.9, 0.1]]
    q = [[0.99, 0.01], [0.8, 0.2], [0.7, 0.3]]
    sentence = gradient_rescaling(P, q, [0, 0, 0]).sentence
    assert "Look at rows 1 first" in sentence


def test_strings_are_no_codes():
    with pytest.raises(ValueError, match="y must be integers in 0..1, got <U1. Encode"):
        gradient_rescaling([[0.5, 0.5]], [[0.5, 0.5]], np.array(["a"]))
