"""The compiled coordinate descent against its statement and its optimality."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skdistill._kernels import _reference, lasso_model


def model(p, rank, seed, share=0.8):
    """A quadratic model with eigenvalues between scale (1 - share) and scale."""
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.5, 3)
    basis = np.linalg.qr(rng.normal(size=(p, min(rank, p))))[0]
    left = np.zeros((p, rank))
    left[:, : basis.shape[1]] = basis * rng.uniform(0, scale * share, basis.shape[1])
    right = np.zeros((p, rank))
    right[:, : basis.shape[1]] = basis
    at = rng.normal(size=p) * rng.integers(0, 2, p)
    lasso = rng.uniform(0, 1, p) * rng.integers(0, 2, p)
    return rng.normal(size=p), at, lasso, scale, left, right


@given(st.integers(0, 6), st.integers(0, 4), st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_kernel_equals_reference(p, rank, seed):
    case = model(p, rank, seed)
    found = lasso_model(*case, tol=1e-13)
    assert_allclose(found, _reference.lasso_model(*case), atol=1e-9)
    assert found.dtype == float


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_subgradient_is_zero_and_zeros_are_exact(seed):
    g, at, lasso, scale, left, right = model(40, 6, seed)
    lasso += 0.3
    new = at + lasso_model(g, at, lasso, scale, left, right)
    slope = g + (scale * np.eye(40) - left @ right.T) @ (new - at)
    zero = new == 0
    assert 5 < zero.sum() < 40
    assert_allclose(slope[~zero], -np.sign(new[~zero]) * lasso[~zero], atol=1e-8)
    assert (np.abs(slope[zero]) <= lasso[zero] + 1e-8).all()


def test_without_absolute_values_it_is_a_linear_system():
    g, at, lasso, scale, left, right = model(8, 3, 0)
    expected = np.linalg.solve(scale * np.eye(8) - left @ right.T, -g)
    assert_allclose(lasso_model(g, at, 0 * lasso, scale, left, right), expected)


def test_sweeps_are_counted():
    case = model(30, 5, 1, share=0.999)
    one, many = (lasso_model(*case, max_sweeps=m) for m in (1, 1000))
    assert np.abs(one - many).max() > 1e-3
    assert_array_equal(lasso_model(*case, tol=1e9), one)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (1, np.zeros(3), "gradient, at and lasso must have one shape (n_unknowns,), "),
        (2, np.zeros(3), "gradient, at and lasso must have one shape (n_unknowns,), "),
        (4, np.zeros((4, 1)), "left and right must have one shape (4, rank), got"),
        (5, np.zeros((3, 2)), "left and right must have one shape (4, rank), got"),
    ],
)
def test_wrong_shapes_are_refused(place, value, message):
    case = list(model(4, 2, 0))
    case[place] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        lasso_model(*case)
