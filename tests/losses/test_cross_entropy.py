"""CrossEntropy: means, derivatives, weights, dtypes and refusals."""

import dataclasses
import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime
from scipy.special import log_softmax

from skdistill._kernels import soft_ce
from skdistill.losses import CrossEntropy, Loss, SquaredError

LOSSES = [CrossEntropy(), CrossEntropy(3.0), CrossEntropy(2.0, 0.4)]


def problem(n=6, k=3, dtype=float):
    rng = np.random.default_rng(0)
    T = rng.dirichlet(np.ones(k), n) + 0.3 * rng.normal(size=(n, k))
    return T.astype(dtype), rng.normal(scale=2, size=(n, k)).astype(dtype)


@pytest.mark.parametrize("loss", LOSSES)
def test_value_is_the_weighted_mean_of_the_two_cross_entropies(loss):
    T, F = problem()
    weight = np.arange(6.0)
    tau, alpha = loss.temperature, loss.alpha
    rows = -alpha * tau**2 * (T * log_softmax(F / tau, axis=1)).sum(axis=1)
    rows -= (1 - alpha) * (T * log_softmax(F, axis=1)).sum(axis=1)
    assert_allclose(loss.value(T, F), rows.mean(), rtol=1e-13)
    assert_allclose(
        loss.value(T, F, weight), np.average(rows, weights=weight), rtol=1e-13
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weight", [None, np.arange(6.0)])
def test_gradient_is_the_derivative_of_value(loss, weight):
    T, F = problem()
    numeric = approx_fprime(
        F.ravel(), lambda f: loss.value(T, f.reshape(F.shape), weight), 1e-7
    )
    gradient = loss.gradient(T, F, weight)
    assert_allclose(gradient.ravel(), numeric, atol=1e-6)
    value, same = loss.value_gradient(T, F, weight)
    assert value == loss.value(T, F, weight)
    assert_array_equal(same, gradient)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weight", [None, np.arange(6.0)])
def test_gradient_hessian_is_weighted_but_not_averaged(loss, weight):
    T, F = problem()
    gradient, hessian = loss.gradient_hessian(T, F, weight)
    rows = soft_ce(T, F, loss.temperature, loss.alpha, hessian=True)
    scale = np.ones((6, 1)) if weight is None else weight[:, None]
    assert_allclose(gradient, scale * rows.grad, rtol=1e-13)
    assert_allclose(hessian, scale * rows.hess, rtol=1e-13)
    step = 1e-5
    for j in range(3):
        move = step * np.eye(3)[j]
        high, low = (loss.gradient_hessian(T, F + s * move, weight)[0] for s in (1, -1))
        assert_allclose(hessian[:, j], (high - low)[:, j] / (2 * step), atol=1e-8)


def test_a_weight_is_a_repetition():
    T, F = problem()
    counts = np.array([0, 1, 2, 3, 1, 0])
    many = [np.repeat(a, counts, axis=0) for a in (T, F)]
    assert_allclose(LOSSES[2].value(T, F, counts), LOSSES[2].value(*many), rtol=1e-13)


def test_float32_stays_float32_and_mixed_becomes_float64():
    T, F = problem(dtype=np.float32)
    assert CrossEntropy().gradient(T, F).dtype == np.float32
    assert {a.dtype for a in CrossEntropy().gradient_hessian(T, F)} == {
        np.dtype("float32")
    }
    assert CrossEntropy().gradient(T, F.astype(float)).dtype == np.float64
    assert type(CrossEntropy().value(T, F)) is float


def test_buffers_and_threads_change_nothing():
    T, F = problem(8_000, 10)
    expected = CrossEntropy(2.0).gradient_hessian(T, F)
    out = np.empty_like(F), np.empty_like(F)
    found = CrossEntropy(2.0).gradient_hessian(T, F, out=out, n_threads=2)
    for a, b, buffer in zip(found, expected, out, strict=True):
        assert a is buffer
        assert_array_equal(a, b)


def test_no_rows_have_derivatives_but_no_mean():
    gradient, hessian = CrossEntropy().gradient_hessian(
        np.empty((0, 2)), np.empty((0, 2))
    )
    assert gradient.shape == hessian.shape == (0, 2)
    with pytest.raises(ValueError, match=r"T must have at least one row, got 0\."):
        CrossEntropy().value(np.empty((0, 2)), np.empty((0, 2)))


def test_it_is_a_frozen_value():
    assert CrossEntropy(2.0, 0.5) == CrossEntropy(alpha=0.5, temperature=2.0)
    assert pickle.loads(pickle.dumps(LOSSES[2])) == LOSSES[2]
    with pytest.raises(dataclasses.FrozenInstanceError):
        LOSSES[0].alpha = 0.2


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"temperature": 0},
            ValueError,
            "temperature must be a positive finite number",
        ),
        ({"temperature": np.inf}, ValueError, "temperature must be a positive finite"),
        ({"temperature": "2"}, TypeError, "temperature must be a positive finite"),
        ({"alpha": 1.5}, ValueError, "alpha must be a number in [0, 1], got 1.5."),
        ({"alpha": np.nan}, ValueError, "alpha must be a number in [0, 1], got nan."),
        ({"alpha": None}, TypeError, "alpha must be a number in [0, 1], got None."),
        ({"alpha": True}, TypeError, "alpha must be a number in [0, 1], got True."),
    ],
)
def test_wrong_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=re.escape(message)):
        CrossEntropy(**parameters)


@pytest.mark.parametrize(
    "method", ["value", "gradient", "value_gradient", "gradient_hessian"]
)
@pytest.mark.parametrize(
    ("T", "F", "weight", "message"),
    [
        (
            [[1, np.nan]],
            [[0, 0]],
            None,
            "T must be finite, got nan in row 0, column 1.",
        ),
        (np.eye(2), [[0, 0], [np.inf, 0]], None, "F must be finite, got inf in row 1"),
        (np.eye(2), np.eye(3), None, "F must have shape (2, 2), got (3, 3)."),
        ([1, 0], [[0, 0]], None, "T must have shape (n_samples, n_classes), got an"),
        (np.eye(2), np.eye(2), [1], "sample_weight must have shape (2,), got (1,)."),
        (np.eye(2), np.eye(2), [1, -1], "sample_weight must be non-negative, got -1.0"),
        (np.eye(2), np.eye(2), [0, 0], "sample_weight must have a positive sum"),
    ],
)
def test_wrong_arrays_are_refused(method, T, F, weight, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(CrossEntropy(), method)(T, F, weight)


def test_losses_share_a_base_that_computes_nothing_itself():
    assert isinstance(CrossEntropy(), Loss)
    assert isinstance(SquaredError(), Loss)
    with pytest.raises(TypeError, match="abstract"):
        Loss()
