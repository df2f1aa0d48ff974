"""The losses of tensors are those of arrays, value and gradient."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skdistill import _kernels
from skdistill.losses import SquaredError
from skdistill.nn._loss import soft_cross_entropy, squared_error

DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float32: 1e-6, np.float64: 1e-13}


@st.composite
def arrays(draw):
    """Logits of a student and targets of any sign, float32 or float64."""
    dtype = draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, k = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    logits = draw(st.sampled_from([0.1, 3.0, 20.0])) * rng.normal(size=(n, k))
    targets = rng.normal(size=(n, k)) * rng.integers(0, 2, size=(n, k))
    return logits.astype(dtype), targets.astype(dtype)


temperatures = st.sampled_from([1.0, 2.0, 4.0]) | st.floats(0.2, 20)
alphas = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)


def assert_close(found, expected, dtype, size):
    """Equal to 1e-6 (float32) or 1e-13 of the numbers that went into the sum."""
    assert_allclose(found, expected, rtol=0, atol=TOLERANCE[dtype] * max(size, 1))


def with_gradient(rows, logits):
    rows.sum().backward()
    return rows.detach().numpy(), logits.grad.numpy()


@given(arrays(), temperatures, alphas)
@settings(deadline=None, max_examples=150)
def test_soft_cross_entropy_is_the_kernel(pair, temperature, alpha):
    f, t = pair
    dtype = f.dtype.type
    expected = _kernels.soft_ce(*map(np.float64, (t, f)), temperature, alpha)
    logits = torch.tensor(f, requires_grad=True)
    rows = soft_cross_entropy(
        logits, torch.tensor(t), temperature=temperature, alpha=alpha
    )
    loss, grad = with_gradient(rows, logits)
    assert (loss.dtype, grad.dtype) == (dtype, dtype)
    part = (1 + temperature**2) * np.abs(t).sum()
    assert_close(loss, expected.loss, dtype, part * (1 + np.abs(f).max()))
    assert_close(grad, expected.grad, dtype, part * (1 + np.abs(f / temperature).max()))


@given(arrays())
@settings(deadline=None, max_examples=50)
def test_squared_error_is_that_of_arrays(pair):
    f, t = pair
    dtype = f.dtype.type
    value, gradient = SquaredError().value_gradient(np.float64(t), np.float64(f))
    logits = torch.tensor(f, requires_grad=True)
    loss, grad = with_gradient(squared_error(logits, torch.tensor(t)), logits)
    assert (loss.dtype, grad.dtype) == (dtype, dtype)
    assert_allclose(loss.mean(), value, rtol=TOLERANCE[dtype])
    assert_close(grad / len(f), gradient, dtype, np.abs(f).max())


@pytest.mark.parametrize(("temperature", "alpha"), [(1.0, 1.0), (3.0, 0.4), (2.0, 0.0)])
def test_a_class_ruled_out_costs_nothing(temperature, alpha):
    f = np.array([[0.5, -np.inf, 1.0], [0.0, 1.0, np.nan]])
    t = np.array([[0.4, 0.0, 0.6], [0.0, 0.0, 0.0]])
    expected = _kernels.soft_ce(t, f, temperature, alpha)
    logits = torch.tensor(f, requires_grad=True)
    loss, grad = with_gradient(
        soft_cross_entropy(
            logits, torch.tensor(t), temperature=temperature, alpha=alpha
        ),
        logits,
    )
    assert_allclose(loss, expected.loss, rtol=1e-14)
    assert_allclose(grad[0], expected.grad[0], atol=1e-15)
    assert np.isnan(loss[1])


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(half):
    f, t = torch.randn(4, 3).to(half), torch.rand(4, 3).to(half)
    for loss in (soft_cross_entropy, squared_error):
        found = loss(f, t)
        assert found.dtype == torch.float32
        assert_array_equal(found, loss(f.float(), t.float()))


def test_targets_carry_no_gradient():
    f = torch.randn(4, 3, requires_grad=True)
    t = torch.rand(4, 3, requires_grad=True)
    (soft_cross_entropy(f, t) + squared_error(f, t)).sum().backward()
    assert t.grad is None
    assert f.grad is not None


@pytest.mark.parametrize("loss", [soft_cross_entropy, squared_error])
def test_wrong_shapes_of_rows_are_refused(loss):
    for f, t, message in (
        ((2,), (2,), "logits must have shape (n_samples, n_classes), got (2,)."),
        ((2, 3), (2, 4), "targets must have shape (2, 3), got (2, 4)."),
        ((2, 3), (2,), "targets must have shape (2, 3), got (2,)."),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            loss(torch.zeros(f), torch.zeros(t))
