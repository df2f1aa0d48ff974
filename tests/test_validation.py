"""The checks at the door: what they keep, what they refuse and how they say it."""

import re

import numpy as np
import pytest
from scipy import sparse

from skdistill._validation import (
    check_matrix,
    check_positive,
    check_probabilities,
    check_unit,
    check_weights,
    refuse_missing_values,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_clean_matrix_is_not_copied(dtype):
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    assert check_matrix("T", array, shape=(2, 3)) is array


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint64, bool, object])
def test_other_numbers_become_float64(dtype):
    checked = check_matrix("T", np.ones((2, 2), dtype=dtype))
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, 1.0)


def test_the_result_is_c_contiguous():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    checked = check_matrix("T", array)
    assert checked.flags.c_contiguous
    np.testing.assert_array_equal(checked, array)


def test_a_finite_matrix_whose_sum_overflows_is_accepted():
    array = np.full((2, 2), np.finfo(float).max)
    assert check_matrix("T", array) is array


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([1.0, 2.0], "T must have shape (n_samples, n_classes), got an array of"),
        (3.0, "got an array of shape ()."),
        (np.zeros((1, 2, 3)), "got an array of shape (1, 2, 3)."),
        ([[1, 2], [3, np.nan]], "T must be finite, got nan in row 1, column 1."),
        ([[1, -np.inf], [np.inf, 0]], "T must be finite, got -inf in row 0, column 1."),
        ([[1, 2, 3]], "T must have shape (2, 2), got (1, 3)."),
    ],
)
def test_matrices_of_wrong_value_are_refused(array, message):
    shape = (2, 2) if np.shape(array) == (1, 3) else None
    with pytest.raises(ValueError, match=re.escape(message)):
        check_matrix("T", array, shape=shape)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([["a", "b"]], "T must hold real numbers, got dtype <U1."),
        ([[1j, 2]], "T must hold real numbers, got dtype complex128."),
        (np.array([["a", 1]], dtype=object), "T must hold real numbers, got array("),
        (sparse.eye_array(2), "T must hold real numbers, got"),
    ],
)
def test_matrices_of_something_else_are_refused(array, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        check_matrix("T", array)


def test_no_weights_stay_none():
    assert check_weights("sample_weight", None, 3) is None


def test_weights_become_contiguous_float64():
    weights = np.arange(6, dtype=np.float32)[::2]
    checked = check_weights("sample_weight", weights, 3)
    assert checked.dtype == np.float64
    assert checked.flags.c_contiguous
    np.testing.assert_array_equal(checked, [0, 2, 4])


def test_no_rows_may_have_no_weights():
    assert check_weights("sample_weight", [], 0).shape == (0,)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "sample_weight must have shape (3,), got (2,)."),
        (2.0, "sample_weight must have shape (3,), got ()."),
        ([1, np.nan, 0], "sample_weight must be finite, got nan in row 1."),
        ([1, 0, -2], "sample_weight must be non-negative, got -2.0 in row 2."),
        ([0, 0, 0], "sample_weight must have a positive sum, got 3 zeros."),
    ],
)
def test_wrong_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_weights("sample_weight", weights, 3)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int64(3)])
def test_positive_numbers_become_floats(value):
    checked = check_positive("temperature", value)
    assert type(checked) is float
    assert checked == value


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan])
def test_numbers_that_are_not_positive_and_finite_are_refused(value):
    message = f"temperature must be a positive finite number, got {value!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_positive("temperature", value)


@pytest.mark.parametrize("value", ["1", None, True, 1j, [1.0]])
def test_values_that_are_no_numbers_are_refused(value):
    message = f"temperature must be a positive finite number, got {value!r}."
    with pytest.raises(TypeError, match=re.escape(message)):
        check_positive("temperature", value)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5)])
def test_numbers_of_the_unit_interval_become_floats(value):
    checked = check_unit("alpha", value)
    assert type(checked) is float
    assert checked == value


@pytest.mark.parametrize("value", [-1e-9, 1.1, np.inf, np.nan])
def test_numbers_outside_the_unit_interval_are_refused(value):
    message = f"alpha must be a number in [0, 1], got {value!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_unit("alpha", value)


@pytest.mark.parametrize("value", ["1", None, True, 1j])
def test_values_that_are_no_fractions_are_refused(value):
    message = f"alpha must be a number in [0, 1], got {value!r}."
    with pytest.raises(TypeError, match=re.escape(message)):
        check_unit("alpha", value)


def test_probabilities_are_rescaled_to_sum_to_one():
    proba = np.array([[0.3001, 0.7], [1, 0]], dtype=np.float32)
    checked = check_probabilities("P", proba, shape=(2, 2))
    assert checked.dtype == np.float64
    np.testing.assert_allclose(checked.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(checked, proba, atol=1e-4)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (
            [[0.5, 0.5], [1.1, -0.1]],
            "P must be non-negative, got -0.1 in row 1, column",
        ),
        ([[0.5, 0.5], [0.5, 0.4]], "P must have rows that sum to 1, got 0.9 in row 1."),
        ([[1.0], [1.0]], "P must have shape (2, 2), got (2, 1)."),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(proba, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_probabilities("P", proba, shape=(2, 2))


@pytest.mark.parametrize("kind", ["csr", "dok", "lil"])
def test_missing_values_are_found_in_sparse_rows_of_any_format(kind):
    rows = sparse.csr_array(np.eye(3))
    refuse_missing_values(rows.asformat(kind))
    rows[0, 0] = np.nan
    with pytest.raises(ValueError, match="got 1 such values"):
        refuse_missing_values(rows.asformat(kind))
