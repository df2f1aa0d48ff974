"""Derivatives for boosters: one margin for two classes, a row at a time, in place."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from skdistill._kernels import SoftRow, _reference, margin_derivatives, soft_ce

PAIRS = [(1.0, 1.0), (1.0, 0.3), (3.0, 1.0), (3.0, 0.0), (3.0, 0.4), (0.5, 0.7)]


@st.composite
def problems(draw, n_classes):
    k = draw(n_classes)
    n = draw(st.integers(1, 6))

    def array(bound, columns):
        numbers = st.floats(-bound, bound, width=32)
        return draw(hnp.arrays(np.float64, (n, columns), elements=numbers))

    margins = array(draw(st.sampled_from([3.0, 30.0, 700.0])), 1 if k == 2 else k)
    tau = draw(st.sampled_from([1.0, 0.5, 3.0]))
    alpha = draw(st.sampled_from([0.0, 0.4, 1.0]))
    return array(2, k), margins, tau, alpha


@given(problems(st.integers(2, 5)))
@settings(deadline=None, max_examples=150)
def test_margins_equal_the_reference(problem):
    target, margins, tau, alpha = problem
    target = np.abs(target)
    grad, hess = np.empty_like(margins), np.empty_like(margins)
    margin_derivatives(target, margins, tau, alpha, out=(grad, hess), curvature=1.5)
    logit = margins if margins.shape[1] > 1 else np.c_[np.zeros(len(margins)), margins]
    _, expected_grad, expected_hess = _reference.soft_ce(target, logit, tau, alpha)
    columns = slice(None) if margins.shape[1] > 1 else slice(1, None)
    assert_allclose(grad, expected_grad[:, columns], atol=1e-12)
    assert_allclose(hess, 1.5 * expected_hess[:, columns], atol=1e-12)


@pytest.mark.parametrize("k", [2, 3, 10])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("margin_type", [np.float32, np.float64])
@pytest.mark.parametrize("out_type", [np.float32, np.float64])
def test_every_layout_and_type_gives_the_same(k, order, margin_type, out_type):
    rng = np.random.default_rng(0)
    target = rng.dirichlet(np.ones(k), 50).astype(out_type, order=order)
    margins = rng.normal(size=(50, 1 if k == 2 else k)).astype(margin_type, order=order)
    out = [np.full(margins.shape, np.nan, out_type, order) for _ in range(2)]
    margin_derivatives(target, margins, out=tuple(out))
    logit = np.float64(margins)
    if k == 2:
        logit = np.c_[np.zeros(50), logit]
    rows = soft_ce(np.float64(target), logit, hessian=True)
    eps = 40 * max(np.finfo(margin_type).eps, np.finfo(out_type).eps)
    first = 1 if k == 2 else 0
    assert_allclose(out[0], rows.grad[:, first:], atol=eps)
    assert_allclose(out[1], rows.hess[:, first:], atol=eps)


def test_flat_margins_are_a_column():
    target, margins = np.array([[0.2, 0.8], [1.0, 0.5]]), np.array([0.3, -2.0])
    flat, column = np.empty((2, 2)), np.empty((2, 2, 1))
    margin_derivatives(target, margins, out=tuple(flat))
    margin_derivatives(target, margins[:, None], out=tuple(column))
    assert_array_equal(flat, column[..., 0])


@pytest.mark.parametrize("k", [2, 3])
def test_the_hessian_has_a_floor(k):
    margins = np.array([[-40.0] * (k > 2) + [40.0] * (k - 1), [0.0] * (k - (k == 2))])
    target = np.full((2, k), 1.0 / k)
    grad, hess = np.empty_like(margins), np.empty_like(margins)
    margin_derivatives(target, margins, out=(grad, hess), curvature=3.0, floor=0.1)
    if k == 2:
        assert_allclose(hess[:, 0], [0.1, 0.75], rtol=1e-6)
    else:
        assert_allclose(hess, [[0.1, 0.75, 0.75], [2 / 3] * 3], rtol=1e-6)


def test_a_confident_right_margin_keeps_its_tiny_gradient():
    grad, hess = np.empty(2), np.empty(2)
    target = np.array([[0.0, 1.0], [1.0, 0.0]])
    margin_derivatives(target, np.array([50.0, -50.0]), out=(grad, hess))
    assert_allclose(grad, [-np.exp(-50), np.exp(-50)], rtol=1e-14)


def test_sizes_that_disagree_are_refused():
    with pytest.raises(ValueError, match=r"must hold 6 numbers .* \(2, 3\), got \(2,"):
        margin_derivatives(np.ones((2, 3)), np.ones((2, 2)), out=(np.ones((2, 3)),) * 2)


@given(problems(st.integers(3, 5)), st.floats(0, 3))
@settings(deadline=None, max_examples=60)
def test_a_row_of_numbers_equals_the_reference(problem, weight):
    target, margins, tau, alpha = problem
    _, grad, hess = _reference.soft_ce(target, margins, tau, alpha)
    row = SoftRow(tau, alpha)
    for i in range(len(target)):
        first, second = row.derivatives(list(margins[i]), list(target[i]), weight)
        assert_allclose(first, -weight * grad[i], atol=1e-11)
        assert_allclose(np.diag(whole(second)), -weight * hess[i], atol=1e-11)


@pytest.mark.parametrize(("tau", "alpha"), PAIRS)
def test_the_whole_hessian_of_a_row_is_a_finite_difference(tau, alpha):
    rng = np.random.default_rng(1)
    margins, target = rng.normal(size=4), rng.normal(size=4)
    row, step = SoftRow(tau, alpha), 1e-5
    _, hessian = row.derivatives(list(margins), list(target), 2.0)
    for j in range(4):
        move = step * np.eye(4)[j]
        high, _ = row.derivatives(list(margins + move), list(target), 2.0)
        low, _ = row.derivatives(list(margins - move), list(target), 2.0)
        slope = (np.array(high) - np.array(low)) / (2 * step)
        assert_allclose(hessian[j][:], slope, rtol=1e-7, atol=1e-8)


def test_a_hessian_stays_that_of_its_row_and_arrays_are_read_as_lists():
    rng = np.random.default_rng(3)
    row, margins = SoftRow(2.0, 0.3), rng.normal(size=(2, 4))
    target = rng.dirichlet(np.ones(4), 2).astype(np.float32)
    pair = [row.derivatives(*rows, 1.0) for rows in zip(margins, target, strict=True)]
    for (gradient, hessian), f, t in zip(pair, margins, target, strict=True):
        first, second = row.derivatives(f.tolist(), t.tolist(), 1.0)
        assert gradient == first
        assert whole(hessian) == whole(second)
        assert len(hessian) == len(hessian[0]) == 4
        assert_allclose(whole(hessian), np.transpose(whole(hessian)), rtol=0)
    assert whole(pair[0][1]) != whole(pair[1][1])


def whole(hessian):
    return [line[:] for line in hessian]


def test_a_row_is_copied_with_its_parameters():
    numbers = [0.1, 0.5, -1.0], [0.25, 0.5, 0.25], 1.0
    row = SoftRow(2.0, 0.3)
    copy = deepcopy(row)
    assert copy is not row
    assert copy.derivatives(*numbers)[0] == row.derivatives(*numbers)[0]


def test_lines_of_a_hessian_are_sliced_as_lists():
    _, hessian = SoftRow(1.0, 1.0).derivatives([0.1, 0.5, -1.0, 2.0], [0.25] * 4, 1.0)
    for i, line in enumerate(whole(hessian)):
        assert len(line) == 4
        for part in (slice(i, None), slice(None, None, -2), slice(1, 3), slice(9, 12)):
            assert hessian[i][part] == line[part]
        assert [hessian[i][j] for j in (0, 3, -1)] == [line[0], line[3], line[-1]]
    with pytest.raises(IndexError):
        hessian[4]
