"""Gradients in place: every shape of tile, order and precision; exact to 40 eps."""

import platform
import re

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdistill._kernels import _reference, soft_ce, soft_ce_gradients

pytestmark = pytest.mark.usefixtures("level")
F32, F64 = np.float32, np.float64
# Below, at and above every size of piece, tile, batch and row vector.
CLASSES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 20, 31, 32, 33, 40, 48,
           63, 64, 65, 100, 127, 260)  # fmt: skip


def problem(n, k, *, seed=0, scale=3.0, dtypes=(F64, F64), order="C"):
    rng = np.random.default_rng(seed)
    target = rng.dirichlet(np.ones(k), n) + rng.normal(scale=0.1, size=(n, k))
    logit = rng.normal(scale=scale, size=(n, k))
    pair = zip((target, logit), dtypes, strict=True)
    return [np.asarray(array, dtype=dtype, order=order) for array, dtype in pair]


def guarded(shape, dtype, order):
    """An array inside a larger one, whose rest must stay untouched."""
    size = shape[0] * shape[1]
    whole = np.full(size + 128, -77.0, dtype)
    return whole, whole[64 : 64 + size].reshape(shape, order=order)


def exact(target, logit, tau=1.0, alpha=1.0):
    """Gradient and Hessian of a row in 40 digits, rounded to float64."""
    with mpmath.workdps(40):
        t, f = ([mpmath.mpf(float(x)) for x in row] for row in (target, logit))
        top, mass, terms = max(f), mpmath.fsum(t), []
        for share, heat in ((alpha, mpmath.mpf(tau)), (1 - mpmath.mpf(alpha), 1)):
            e = [mpmath.exp((x - top) / heat) for x in f]
            total = mpmath.fsum(e)
            terms.append((share, heat, [x / total for x in e]))
        scale = mpmath.mpf(alpha) * tau + 1 - mpmath.mpf(alpha)
        grad = [mass * sum(s * h * q[j] for s, h, q in terms) - scale * t[j]
                for j in range(len(f))]  # fmt: skip
        hess = [mass * sum(s * q[j] * (1 - q[j]) for s, h, q in terms)
                for j in range(len(f))]  # fmt: skip
        return np.array(grad, float), np.array(hess, float)


@pytest.mark.parametrize("k", [2, 3, 10, 33, 300])
@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("scale", [1.0, 10.0, 1e4])
def test_derivatives_are_exact_to_40_eps(k, dtype, scale):
    target, logit = problem(37, k, scale=scale, dtypes=(dtype, dtype))
    rows = soft_ce(target, logit, hessian=True)
    for tau, alpha in ((1.0, 1.0), (3.0, 0.4)):
        grad, hess = soft_ce_gradients(target, logit, tau, alpha, floor=-np.inf)
        rows = soft_ce(target, logit, tau, alpha, hessian=True)
        for i in (0, 20, 36):
            expected = exact(target[i], logit[i], tau, alpha)
            bound = 40 * np.finfo(dtype).eps * (alpha * tau + 1 - alpha)
            for found in ((grad, hess), (rows.grad, rows.hess)):
                for value, number in zip(found, expected, strict=True):
                    assert_allclose(value[i], number, rtol=0, atol=bound)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("k", CLASSES)
def test_every_shape_fills_its_output_and_nothing_else(k, dtype, order):
    eps = np.finfo(dtype).eps
    for n in (1, 2, 5, 8, 16, 17, 31, 64, 67, 130):
        target, logit = problem(n, k, dtypes=(dtype, dtype), order=order)
        weight = np.linspace(0, 2, n)
        wholes, out = zip(*(guarded((n, k), dtype, order) for _ in "gh"), strict=True)
        soft_ce_gradients(target, logit, sample_weight=weight, out=out, floor=-np.inf)
        expected = _reference.soft_ce(target, logit, sample_weight=weight)
        for whole, array, value in zip(wholes, out, expected[1:], strict=True):
            assert_allclose(array, value, rtol=8 * eps, atol=40 * eps)
            assert_array_equal(np.delete(whole, np.s_[64 : 64 + n * k]), -77)
        rows = soft_ce(target, logit, sample_weight=weight, hessian=True)
        assert_allclose(rows.loss, expected[0], rtol=1e-14, atol=1e-13)
        assert_allclose(rows.grad, expected[1], rtol=8 * eps, atol=40 * eps)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("k", [2, 3, 10, 40, 100])
@pytest.mark.parametrize("t_type", [F32, F64])
@pytest.mark.parametrize("f_type", [F32, F64])
@pytest.mark.parametrize("out_type", [F32, F64])
@pytest.mark.parametrize(("tau", "alpha"), [(1.0, 1.0), (2.0, 0.3)])
def test_any_mixture_of_precisions(order, k, t_type, f_type, out_type, tau, alpha):
    target, logit = problem(75, k, dtypes=(t_type, f_type), order=order)
    out = tuple(np.full((75, k), np.nan, out_type, order=order) for _ in "gh")
    found = soft_ce_gradients(target, logit, tau, alpha, out=out, floor=-np.inf)
    assert found[0] is out[0]
    assert found[1] is out[1]
    expected = _reference.soft_ce(target, logit, tau, alpha)
    narrow = F32 if F32 in (t_type, f_type, out_type) else F64
    eps = np.finfo(narrow if out_type == F32 else F64).eps
    for array, value in zip(out, expected[1:], strict=True):
        assert_allclose(array, value, rtol=8 * eps, atol=60 * eps)


def test_float32_results_of_float64_logits_are_rounded_once():
    target, logit = problem(40, 10)
    exactly = soft_ce_gradients(target, logit)
    out = tuple(np.empty((40, 10), F32) for _ in "gh")
    soft_ce_gradients(target, logit, out=out)
    for narrow, wide in zip(out, exactly, strict=True):
        assert_array_equal(narrow, wide.astype(F32))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("k", [2, 5, 10, 20, 40, 100])
def test_a_row_does_not_depend_on_its_neighbours(k, dtype, order):
    target, logit = problem(90, k, dtypes=(dtype, dtype), order=order)
    whole = soft_ce_gradients(target, logit)
    loss = soft_ce(target, logit).loss
    # One row alone is of both orders, and taken for C.
    last = slice(89, 90) if order == "C" else slice(88, 90)
    for rows in (slice(3, 10), slice(17, 90), last):
        part = [np.asarray(a[rows], order=order) for a in (target, logit)]
        for found, expected in zip(soft_ce_gradients(*part), whole, strict=True):
            assert_array_equal(found, expected[rows])
        assert_array_equal(soft_ce(*part).loss, loss[rows])


@pytest.mark.parametrize("order", ["C", "F"])
def test_threads_change_no_bit(order):
    target, logit = problem(20_003, 10, order=order)
    one = soft_ce_gradients(target, logit)
    for n_threads in (2, 3):
        many = soft_ce_gradients(target, logit, n_threads=n_threads)
        for found, expected in zip(many, one, strict=True):
            assert_array_equal(found, expected)


def test_the_hessian_has_a_floor_where_there_is_weight():
    target, logit = problem(6, 4)
    logit[:, 0] += 100
    logit[3, 1] = np.nan
    target[2] = [-1, 0, 0, 0]  # negative mass: a negative Hessian without a floor
    weight = [1, 0, 1, 1, 2, 1]
    _, plain = soft_ce_gradients(target, logit, sample_weight=weight, floor=-np.inf)
    assert plain[2].max() <= 0
    assert plain[2].min() < 0
    _, zero = soft_ce_gradients(target, logit, sample_weight=weight)
    assert_array_equal(zero, np.where(plain < 0, 0, plain))
    _, hess = soft_ce_gradients(target, logit, sample_weight=weight, floor=0.01)
    expected = np.where(plain < 0.01, 0.01, plain)
    expected[1] = 0
    assert_array_equal(hess, expected)
    assert np.isnan(hess[3]).all()


@pytest.mark.parametrize("k", [3, 10, 100])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_gradient_may_replace_the_logits(k, order):
    target, logit = problem(70, k, order=order)
    grad, hess = soft_ce_gradients(target, logit)
    out = logit, np.empty_like(logit)
    soft_ce_gradients(target, logit, out=out)
    assert_array_equal(logit, grad)
    assert_array_equal(out[1], hess)


@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", [F32, F64])
def test_a_bad_logit_spoils_its_own_row_only(k, bad, dtype):
    target, logit = problem(40, k, dtypes=(dtype, dtype))
    clean = soft_ce_gradients(target, logit)
    logit[7, k - 1] = bad
    logit[9] = -np.inf
    for found, expected in zip(soft_ce_gradients(target, logit), clean, strict=True):
        assert np.isnan(found[[7, 9]]).all()
        others = np.delete(np.arange(40), [7, 9])
        assert_array_equal(found[others], expected[others])


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the rule of x86"
)
@pytest.mark.parametrize(("dtype", "least"), [(F32, 1e-40), (F64, 1e-310)])
@pytest.mark.parametrize("k", [3, 40])
def test_denormal_probabilities_count_as_nothing(dtype, least, k):
    target, logit = problem(40, k, dtypes=(dtype, dtype))
    logit[:, 1] = -np.inf
    target[:, 1] = 0
    expected = soft_ce(target, logit, hessian=True)
    target[:, 1] = least
    assert target[0, 1] > 0
    rows = soft_ce(target, logit, hessian=True)
    for name in ("loss", "grad", "hess"):
        assert_array_equal(getattr(rows, name), getattr(expected, name))
    assert target[0, 1] * dtype(0.5) > 0  # the processor's state is as it was


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"target": [[1.0]]}, TypeError, "target must be an ndarray of float32 or"),
        ({"logit": np.eye(3, dtype=int)}, TypeError, "float32 or float64, got int64"),
        ({"logit": np.eye(3, dtype=">f8")}, TypeError, "got >f8"),
        ({"logit": np.eye(2)}, ValueError, "logit must have shape (3, 3), got (2, 2)."),
        ({"target": np.ones(3), "logit": np.ones(3)}, ValueError, "(n_samples, n_cl"),
        ({"out": (np.eye(3), np.eye(2))}, ValueError, "out's Hessian must have shape"),
        ({"out": (np.eye(3), np.eye(3, dtype=F32))}, TypeError, "two arrays of one dt"),
        (
            {"logit": np.ones((3, 6))[:, ::2]},
            ValueError,
            "got target C, logit strided, out C.",
        ),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight must have shape (3,)"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, got 0."),
    ],
)
def test_what_would_need_a_copy_is_refused(change, error, message):
    given = {"target": np.ones((3, 3)), "logit": np.eye(3), **change}
    with pytest.raises(error, match=re.escape(message)):
        soft_ce_gradients(**given)


def test_orders_must_agree():
    target, logit = problem(5, 4)
    with pytest.raises(ValueError, match=re.escape("got target C, logit F, out F.")):
        soft_ce_gradients(target, np.asfortranarray(logit))
    grad = np.empty_like(logit)
    grad.flags.writeable = False
    with pytest.raises(ValueError, match="out's gradient must be writeable"):
        soft_ce_gradients(target, logit, out=(grad, np.empty_like(logit)))
