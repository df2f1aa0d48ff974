"""The compiled soft cross-entropy against its statement, its algebra and its limits."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax, softmax

from skdistill._kernels import _reference, soft_ce, soft_ce_value

pytestmark = pytest.mark.usefixtures("level")
PARTS = ("loss", "grad", "hess")
PAIRS = [(1.0, 1.0), (1.0, 0.3), (3.0, 1.0), (3.0, 0.0), (3.0, 0.4), (0.5, 0.7)]


@st.composite
def cases(draw, max_logit=None):
    # Beyond a difference of 30 every softmax is one-hot: most cases stay below.
    max_logit = max_logit or draw(st.sampled_from([3.0, 30.0, 1e4]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    n, k = draw(st.integers(0, 6)), draw(st.integers(1, 6))

    def array(bound):
        numbers = st.floats(-bound, bound, width=32)
        return draw(hnp.arrays(dtype, (n, k), elements=numbers))

    tau = draw(st.one_of(st.just(1.0), st.floats(0.25, 16)))
    alpha = draw(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1)))
    weight = draw(st.none() | hnp.arrays(float, n, elements=st.floats(0, 4)))
    return array(2), array(max_logit), tau, alpha, weight


def problem(n=5, k=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, k)), rng.normal(scale=3, size=(n, k))


def two_terms(w, y, f, tau, alpha):
    """The distillation loss as it is usually written, per row."""
    tempered = -(w * log_softmax(f / tau, axis=1)).sum(axis=1)
    plain = -(y * log_softmax(f, axis=1)).sum(axis=1)
    return alpha * tau**2 * tempered + (1 - alpha) * plain


@given(cases())
@settings(deadline=None, max_examples=150)
def test_kernel_equals_reference(case):
    target, logit, tau, alpha, weight = case
    rows = soft_ce(target, logit, tau, alpha, sample_weight=weight, hessian=True)
    expected = _reference.soft_ce(target, logit, tau, alpha, sample_weight=weight)
    for name, value in zip(PARTS, expected, strict=True):
        assert getattr(rows, name).dtype == (float if name == "loss" else logit.dtype)
        # Relative to the largest number in the row: target * logit * temperature.
        size = 1 + np.abs(logit).max(initial=0) * 8 * tau if name == "loss" else 8 * tau
        eps = np.finfo(getattr(rows, name).dtype).eps
        assert_allclose(getattr(rows, name), value, rtol=8 * eps, atol=40 * size * eps)


@given(cases())
@settings(deadline=None, max_examples=50)
def test_value_alone_is_the_same_number(case):
    target, logit, tau, alpha, weight = case
    rows = soft_ce(target, logit, tau, alpha, sample_weight=weight)
    value = soft_ce_value(target, logit, tau, alpha, sample_weight=weight)
    assert_array_equal(value, rows.loss)
    assert rows.hess is None


@given(cases(max_logit=100), st.floats(-50, 50, width=32))
@settings(deadline=None, max_examples=50)
def test_shifting_all_logits_of_a_row_changes_nothing(case, shift):
    target, logit, tau, alpha, _ = case
    target, logit = np.float64(target), np.float64(logit)
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    moved = soft_ce(target, logit + shift, tau, alpha, hessian=True)
    for name in PARTS:
        assert_allclose(getattr(moved, name), getattr(rows, name), atol=1e-9)
    assert_allclose(rows.grad.sum(axis=1), 0, atol=1e-11)


@given(cases(max_logit=100), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_permuting_classes_permutes_the_derivatives(case, random):
    target, logit, tau, alpha, _ = case
    order = list(range(target.shape[1]))
    random.shuffle(order)
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    moved = soft_ce(target[:, order], logit[:, order], tau, alpha, hessian=True)
    eps = 2000 * np.finfo(rows.grad.dtype).eps
    assert_allclose(moved.loss, rows.loss, rtol=1e-12, atol=1e-10)
    assert_allclose(moved.grad, rows.grad[:, order], rtol=eps, atol=eps)
    assert_allclose(moved.hess, rows.hess[:, order], rtol=eps, atol=eps)


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_a_weight_is_a_repetition(tau, alpha):
    target, logit = problem()
    counts = np.array([0, 1, 2, 3, 1])
    rows = soft_ce(target, logit, tau, alpha, sample_weight=counts, hessian=True)
    repeated = [np.repeat(a, counts, axis=0) for a in (target, logit)]
    many = soft_ce(*repeated, tau, alpha, hessian=True)
    for name in PARTS:
        assert_allclose(
            getattr(rows, name).sum(axis=0), getattr(many, name).sum(axis=0), atol=1e-12
        )


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_gradient_and_hessian_are_finite_differences(tau, alpha):
    target, logit = problem()
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    step = 1e-5
    for j in range(logit.shape[1]):
        move = step * np.eye(logit.shape[1])[j]
        high = soft_ce(target, logit + move, tau, alpha)
        low = soft_ce(target, logit - move, tau, alpha)
        slope = (high.loss - low.loss) / (2 * step)
        assert_allclose(rows.grad[:, j], slope, rtol=1e-7, atol=1e-8)
        curvature = (high.grad[:, j] - low.grad[:, j]) / (2 * step)
        assert_allclose(rows.hess[:, j], curvature, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_two_targets_collapse_into_one(tau, alpha):
    rng = np.random.default_rng(1)
    w, y = rng.dirichlet(np.ones(4), 6), np.eye(4)[rng.integers(4, size=6)]
    f = rng.normal(scale=4, size=(6, 4))
    target = (alpha * tau * w + (1 - alpha) * y) / (alpha * tau + 1 - alpha)
    rows = soft_ce(target, f, tau, alpha)
    assert_allclose(rows.loss, two_terms(w, y, f, tau, alpha), rtol=1e-12)
    expected = alpha * tau * (softmax(f / tau, axis=1) - w) + (1 - alpha) * (
        softmax(f, axis=1) - y
    )
    assert_allclose(rows.grad, expected, atol=1e-13)


def test_label_weight_is_a_larger_gamma_at_temperature_one():
    rng = np.random.default_rng(2)
    p, y = rng.dirichlet(np.ones(3), 5), np.eye(3)[rng.integers(3, size=5)]
    f, alpha, g = rng.normal(size=(5, 3)), 0.3, 0.6
    mixed = two_terms(p + g * (y - p), y, f, 1.0, alpha)
    larger = 1 - alpha * (1 - g)
    assert_allclose(soft_ce(p + larger * (y - p), f).loss, mixed, rtol=1e-12)


@pytest.mark.parametrize("tau", [1.0, 2.0, 5.0])
def test_first_order_correction_is_a_corrected_target(tau):
    """Adding <dCE/dP, Y - P> for teacher P is the loss of one corrected target."""
    rng = np.random.default_rng(3)
    p, y = rng.dirichlet(np.ones(3), 4), np.eye(3)[[0, 2, 1, 1]]
    f, g = rng.normal(size=(4, 3)), np.zeros((4, 3))

    def cost(teacher):
        return soft_ce(softmax(np.log(teacher) / tau, axis=1), f, tau).loss

    base = soft_ce(softmax(np.log(p) / tau, axis=1), f, tau)
    step = 1e-6
    for j in range(3):  # gradient of the loss in the teacher, then its slope in f
        move = step * np.eye(3)[j]
        g[:, j] = (cost(p + move) - cost(p - move)) / (2 * step)
    w, r = softmax(np.log(p) / tau, axis=1), y / p - 1
    corrected = w + w * (r - (w * r).sum(axis=1, keepdims=True)) / tau
    gap = soft_ce(corrected, f, tau).loss - base.loss
    assert_allclose(gap, (g * (y - p)).sum(axis=1), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_huge_logits_are_exact(dtype, tau, alpha):
    logit = np.array([[1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    target = np.array([[0, 1, 0], [0.5, 0.5, 0]], dtype)
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    scale = alpha * tau + 1 - alpha
    tie = np.log(2) * (alpha * tau**2 + 1 - alpha)
    assert_allclose(rows.loss, [2e4 * scale, tie], rtol=1e-15)
    eps = np.finfo(dtype).eps
    assert_allclose(rows.grad, [[scale, -scale, 0], [0, 0, 0]], rtol=eps, atol=eps)
    assert_allclose(rows.hess, [[0, 0, 0], [0.25, 0.25, 0]], atol=eps)


def test_a_confident_right_row_keeps_its_tiny_loss():
    loss = soft_ce([[1.0, 0.0]], [[50.0, 0.0]]).loss
    assert_allclose(loss, np.exp(-50.0), rtol=1e-14)


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_an_impossible_class_costs_nothing_unless_it_is_wanted(tau, alpha):
    logit = np.array([[0.0, 1.0, -np.inf]] * 2)
    target = np.array([[0.3, 0.7, 0.0], [0.3, 0.6, 0.1]])
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    small = soft_ce(target[:1, :2], logit[:1, :2], tau, alpha, hessian=True)
    assert_array_equal(rows.loss, [small.loss[0], np.inf])
    assert_array_equal(rows.grad[0], [*small.grad[0], 0.0])
    assert_array_equal(rows.hess[:, 2], 0.0)
    assert np.isfinite(rows.grad).all()


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
@pytest.mark.parametrize(
    "bad", [[np.nan, 1, 2], [0, 1, np.nan], [0, np.inf, 1], [-np.inf] * 3]
)
def test_a_nan_spoils_its_own_row_only(tau, alpha, bad):
    target, logit = problem(3, 3)
    clean = soft_ce(target, logit, tau, alpha, hessian=True)
    target[1] = [0, 0, 1]
    logit[1] = bad
    rows = soft_ce(target, logit, tau, alpha, hessian=True)
    for name in PARTS:
        found = getattr(rows, name)
        assert np.isnan(found[1]).all()
        assert_array_equal(found[::2], getattr(clean, name)[::2])


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_a_nan_spoils_a_row_of_one_class(tau, alpha):
    rows = soft_ce([[1.0], [1.0]], [[np.nan], [5.0]], tau, alpha, hessian=True)
    for name in PARTS:
        assert_allclose(getattr(rows, name).ravel(), [np.nan, 0.0], atol=1e-15)


@pytest.mark.parametrize("n_threads", [2, 3, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_no_bit(n_threads, dtype):
    target, logit = (a.astype(dtype) for a in problem(23_001, 10))
    weight = np.linspace(0, 2, 23_001)
    options = {"sample_weight": weight, "hessian": True}
    one = soft_ce(target, logit, 2.0, 0.5, **options)
    many = soft_ce(target, logit, 2.0, 0.5, n_threads=n_threads, **options)
    for name in PARTS:
        assert_array_equal(getattr(many, name), getattr(one, name))
    value = soft_ce_value(
        target, logit, 2.0, 0.5, sample_weight=weight, n_threads=n_threads
    )
    assert_array_equal(value, one.loss)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["fortran", "strided", "reversed", "memmap"])
def test_any_memory_layout_is_accepted(dtype, kind, tmp_path):
    target, logit = (a.astype(dtype) for a in problem(6, 4))

    def lay(array, name):
        if kind == "fortran":
            return np.asfortranarray(array)
        if kind == "strided":
            return np.repeat(array, 2, axis=1)[:, ::2]
        if kind == "reversed":
            return array[::-1].copy()[::-1]
        array.tofile(tmp_path / name)
        return np.memmap(tmp_path / name, dtype, mode="r", shape=array.shape)

    weight = lay(np.ones((6, 2), dtype), "w")[:, 0]
    rows = soft_ce(lay(target, "t"), lay(logit, "f"), sample_weight=weight)
    plain = soft_ce(target, logit)
    assert_array_equal(rows.loss, plain.loss)
    assert_array_equal(rows.grad, plain.grad)
    assert rows.grad.dtype == dtype


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (np.float32, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.float64, np.float32, np.float64),
        (np.int8, np.float32, np.float64),
        (np.float16, np.float16, np.float64),
        (">f8", "<f8", np.float64),
    ],
)
def test_the_result_has_the_wider_type(first, second, expected):
    target, logit = np.eye(3, dtype=first), np.eye(3, dtype=second)
    rows = soft_ce(target, logit, hessian=True)
    assert rows.grad.dtype == rows.hess.dtype == expected
    assert_allclose(rows.grad, soft_ce(np.eye(3), np.eye(3)).grad, rtol=1e-6)


def test_buffers_are_filled_and_returned():
    target, logit = problem()
    grad, hess = np.full_like(logit, np.nan), np.full_like(logit, np.nan)
    rows = soft_ce(target, logit, hessian=True, out=(grad, hess))
    assert rows.grad is grad
    assert rows.hess is hess
    fresh = soft_ce(target, logit, hessian=True)
    assert_array_equal(grad, fresh.grad)
    assert_array_equal(hess, fresh.hess)
    assert soft_ce(target, logit, out=(grad, None)).grad is grad
    assert soft_ce(target, logit, out=(grad, hess)).hess is None


def test_inputs_are_left_alone():
    target, logit = problem()
    before = target.copy(), logit.copy()
    soft_ce(target, logit, 2.0, 0.5, hessian=True)
    assert_array_equal(target, before[0])
    assert_array_equal(logit, before[1])


@pytest.mark.parametrize(
    ("target", "logit", "options", "message"),
    [
        (np.eye(2), np.eye(3), {}, "must have one shape, got (2, 2) and (3, 3)."),
        ([1.0], [[1.0]], {}, "target must have shape (n_samples, n_classes)"),
        (np.empty((2, 0)), np.empty((2, 0)), {}, "with a class or more, got (2, 0)."),
        (np.eye(2), [0, 1], {}, "logit must have shape (n_samples, n_classes)"),
        (
            np.eye(2),
            np.eye(2),
            {"sample_weight": [1.0]},
            "sample_weight must have shape (2,), got (1,).",
        ),
        (
            np.eye(2),
            np.eye(2),
            {"out": (np.empty((3, 2)), None)},
            "out must hold a writeable C-contiguous gradient array of shape (2, 2), "
            "got shape (3, 2)",
        ),
        (
            np.eye(2),
            np.eye(2),
            {"out": (np.empty((2, 2)), np.empty((2, 4))[:, ::2]), "hessian": True},
            "Hessian array of shape (2, 2), got shape (2, 2), contiguous False",
        ),
        (
            np.eye(2),
            np.eye(2),
            {"out": (np.frombuffer(bytes(32)).reshape(2, 2), None)},
            "writeable False",
        ),
        (np.eye(2), np.eye(2), {"n_threads": 0}, "n_threads must be at least 1, got 0"),
    ],
)
def test_wrong_values_are_refused(target, logit, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        soft_ce(target, logit, **options)


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ([["a", "b"]], {}, "target must hold real numbers, got dtype <U1."),
        ([[1j, 2]], {}, "target must hold real numbers, got dtype complex128."),
        (
            [[1.0, 2.0]],
            {"out": (np.empty((1, 2), np.float32), None)},
            "out must hold a gradient array of dtype float64, got float32.",
        ),
        (
            [[1.0, 2.0]],
            {"out": (np.empty((1, 2)), None), "hessian": True},
            "out must hold a Hessian array of dtype float64, got NoneType.",
        ),
    ],
)
def test_wrong_types_are_refused(target, options, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        soft_ce(target, [[0.0, 1.0]], **options)
