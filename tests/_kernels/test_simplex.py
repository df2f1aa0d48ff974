"""Projections on probabilities: compiled rows against their NumPy statement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skdistill import _kernels
from skdistill._kernels import _reference

NUMBERS = st.floats(-5, 5, width=32)
MATRICES = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=NUMBERS,
)


@given(hnp.arrays(np.float64, st.integers(0, 9), elements=NUMBERS))
@settings(deadline=None)
def test_two_columns_equal_the_reference(second):
    np.testing.assert_array_equal(
        _kernels.two_columns(second), _reference.two_columns(second)
    )


@given(MATRICES)
@settings(deadline=None)
def test_projected_rows_equal_the_reference_and_are_probabilities(raw):
    found = _kernels.project_rows(raw)
    np.testing.assert_allclose(found, _reference.project_rows(raw), rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    assert (found >= 0).all()


@given(MATRICES)
@settings(deadline=None)
def test_projecting_twice_changes_nothing(raw):
    once = _kernels.project_rows(raw)
    np.testing.assert_allclose(_kernels.project_rows(once), once, rtol=1e-12)


def test_the_input_is_left_alone():
    raw = np.array([[-1.0, 3.0]])
    _kernels.project_rows(raw)
    np.testing.assert_array_equal(raw, [[-1.0, 3.0]])


def test_nan_spoils_its_own_row_only():
    found = _kernels.project_rows(np.array([[np.nan, 1.0], [1.0, 3.0]]))
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], [0.25, 0.75])
    columns = _kernels.two_columns(np.array([np.nan, 0.5]))
    assert np.isnan(columns[0]).all()
    np.testing.assert_array_equal(columns[1], 0.5)


@pytest.mark.parametrize(
    "raw", [np.arange(24.0).reshape(6, 4)[:, ::2], np.asfortranarray(np.eye(3))]
)
def test_strided_and_read_only_input_is_taken(raw):
    raw = raw.view()
    raw.flags.writeable = False
    np.testing.assert_allclose(_kernels.project_rows(raw), _reference.project_rows(raw))
    np.testing.assert_allclose(
        _kernels.two_columns(raw[:, 0]), _reference.two_columns(raw[:, 0])
    )


def test_no_rows_give_no_rows():
    assert _kernels.project_rows(np.zeros((0, 3))).shape == (0, 3)
    assert _kernels.two_columns(np.zeros(0)).shape == (0, 2)
