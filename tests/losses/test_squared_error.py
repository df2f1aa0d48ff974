"""SquaredError: means, derivatives, weights, dtypes and refusals."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime

from skdistill.losses import CrossEntropy, SquaredError


def problem(dtype=float):
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 6, 3)).astype(dtype)


def test_value_is_the_weighted_mean_of_half_the_squared_distance():
    T, F = problem()
    rows = 0.5 * np.linalg.norm(F - T, axis=1) ** 2
    assert_allclose(SquaredError().value(T, F), rows.mean(), rtol=1e-14)
    weight = np.arange(6.0)
    assert_allclose(
        SquaredError().value(T, F, weight),
        np.average(rows, weights=weight),
        rtol=1e-14,
    )


@pytest.mark.parametrize("weight", [None, np.arange(6.0)])
def test_gradient_is_the_derivative_of_value(weight):
    T, F = problem()
    loss = SquaredError()
    numeric = approx_fprime(
        F.ravel(), lambda f: loss.value(T, f.reshape(F.shape), weight), 1e-7
    )
    assert_allclose(loss.gradient(T, F, weight).ravel(), numeric, atol=1e-6)
    value, gradient = loss.value_gradient(T, F, weight)
    assert value == loss.value(T, F, weight)
    assert_array_equal(gradient, loss.gradient(T, F, weight))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_hessian_is_weighted_but_not_averaged(dtype):
    T, F = problem(dtype)
    weight = np.arange(6.0)
    out = np.empty_like(F), np.empty_like(F)
    gradient, hessian = SquaredError().gradient_hessian(T, F, weight, out=out)
    assert gradient is out[0]
    assert hessian is out[1]
    assert_array_equal(gradient, (F - T) * weight[:, None].astype(dtype))
    assert_array_equal(hessian, np.repeat(weight, 3).reshape(6, 3))
    plain = SquaredError().gradient_hessian(T, F)
    assert plain[0].dtype == plain[1].dtype == dtype
    assert_array_equal(plain[0], F - T)
    assert_array_equal(plain[1], 1.0)


def test_a_float32_mean_is_summed_in_float64():
    T = np.zeros((100_000, 1), np.float32)
    F = np.full_like(T, 0.1)
    expected = 0.5 * float(np.float32(0.1)) ** 2
    assert_allclose(SquaredError().value(T, F), expected, rtol=1e-12)


def test_losses_without_parameters_are_equal():
    assert SquaredError() == SquaredError()
    assert SquaredError() != CrossEntropy()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"F": [[np.nan, 0]]}, "F must be finite, got nan in row 0, column 0."),
        ({"F": [[0]]}, "F must have shape (1, 2), got (1, 1)."),
        ({"n_threads": 0}, "n_threads must be at least 1, got 0."),
        (
            {"out": (np.empty((2, 2)), np.empty((1, 2)))},
            "out must hold a writeable C-contiguous gradient array of shape (1, 2)",
        ),
    ],
)
def test_wrong_values_are_refused(arguments, message):
    plain = {"T": [[0, 1]], "F": [[0, 0]]}
    with pytest.raises(ValueError, match=re.escape(message)):
        SquaredError().gradient_hessian(**(plain | arguments))
