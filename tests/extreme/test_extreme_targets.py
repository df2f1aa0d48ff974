"""Targets at the door: one label a row, or an indicator."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skdistill.extreme import check_targets

Y = np.array([[0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 1]])
FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


def assert_canonical(labels):
    rows = labels.indicator
    assert rows.format == "csr"
    assert rows.dtype == np.float32
    assert rows.indices.dtype == np.int32
    assert_array_equal(rows.data, 1)
    for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        assert (np.diff(rows.indices[start:end]) > 0).all()


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32, float, object])
def test_a_dense_indicator_of_any_type(dtype):
    given = Y.astype(dtype)
    labels = check_targets(given, 3)
    assert labels.multilabel
    assert_canonical(labels)
    assert_array_equal(labels.indicator.toarray(), Y)
    assert_array_equal(labels.classes, [0, 1, 2, 3])
    if dtype is object:
        assert labels.original.dtype == np.float64
    else:
        assert labels.original is given


@pytest.mark.parametrize("kind", [sparse.coo_array, sparse.coo_matrix])
@pytest.mark.parametrize("form", FORMATS)
def test_a_sparse_indicator_of_any_format(form, kind):
    given = kind(Y).asformat(form)
    labels = check_targets(given, 3)
    assert_canonical(labels)
    assert_array_equal(labels.indicator.toarray(), Y)
    assert_array_equal(labels.original.toarray(), Y)
    is_array = type(labels.original).__name__ == "csr_array"
    assert is_array == (kind is sparse.coo_array)
    assert labels.original.format == "csr"
    assert labels.original.dtype == given.dtype


def test_stored_zeros_are_dropped_and_the_input_is_left_alone():
    data = np.array([1.0, 0.0, 1.0, 1.0])
    given = sparse.csr_matrix((data, [3, 2, 1, 0], [0, 3, 3, 4]), shape=(3, 4))
    labels = check_targets(given)
    assert_canonical(labels)
    assert labels.indicator.nnz == labels.original.nnz == 3
    assert_array_equal(given.data, data)
    assert_array_equal(given.indices, [3, 2, 1, 0])


def test_a_frame_and_lists():
    frame = pd.DataFrame(Y, columns=list("abcd"))
    assert_array_equal(check_targets(frame).indicator.toarray(), Y)
    assert check_targets(frame).original is frame
    assert_array_equal(check_targets(Y.tolist()).indicator.toarray(), Y)


def test_empty_rows_and_labels_without_rows_are_counted():
    labels = check_targets(Y)
    assert labels.n_empty == 1
    assert labels.n_unseen == 1


@pytest.mark.parametrize(
    "y", [["b", "a", "b"], np.array([7, -1, 7]), pd.Series([True, False, True])]
)
def test_one_label_a_row_of_any_type(y):
    labels = check_targets(y, 3)
    assert not labels.multilabel
    assert_canonical(labels)
    assert_array_equal(labels.classes, np.unique(np.asarray(y)))
    assert_array_equal(labels.codes, [1, 0, 1])
    assert_array_equal(labels.indicator.toarray(), [[0, 1], [1, 0], [0, 1]])
    assert_array_equal(labels.original, np.asarray(y))
    assert labels.n_empty == labels.n_unseen == 0


def nan(Y):
    Y = Y.astype(float)
    Y[2, 1] = np.nan
    return Y


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            Y * 2,
            r"Y must hold 0 and 1 only in two dim.*got 2 in row 0, column 1.*Y > 0",
        ),
        (2 * Y - 1, "got -1 in row 0, column 0"),
        (sparse.csr_array(Y * 3), "got 3 in row 0, column 1"),
        (sparse.coo_array(([1, 1], ([2, 2], [1, 1])), shape=(3, 4)), "got 2 in row 2"),
        (nan(Y), r"Y must be finite, got nan in row 2, column 1\."),
        (sparse.csr_array(nan(Y)), r"Y must be finite, got nan in row 2, column 1\."),
        (Y * 0, "Y must hold at least one label, got zeros only"),
        (sparse.csr_array(Y * 0), "Y must hold at least one label"),
        (sparse.csr_array(Y[:, :1]), r"at least 2 columns, .*got shape \(3, 1\)"),
        ([[1], [2, 3], []], "rows of unequal length.*MultiLabelBinarizer"),
        (np.ones(3), "y must hold at least 2 classes, got 1"),
        ([0.1, 0.2, 0.5], "Unknown label type: continuous"),
        ([0.0, 1.0, np.nan], "Input y contains NaN"),
        (None, "requires y to be passed"),
        (np.zeros((3, 2, 2)), r"one label a row, .*got shape \(3, 2, 2\)"),
    ],
)
def test_wrong_targets_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        check_targets(wrong, 3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.array([["a", "b"]] * 3), "0 and 1 only in two dimensions, got dtype <U1"),
        (np.array([["a", 1]] * 3, dtype=object), "got 'a'. Use MultiLabelBinarizer"),
        (sparse.csr_array(Y * 1j), "0 and 1 only, got dtype complex"),
    ],
)
def test_wrong_types_are_refused(wrong, message):
    with pytest.raises(TypeError, match=message):
        check_targets(wrong, 3)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_another_length_than_that_of_the_rows_is_refused(kind):
    with pytest.raises(ValueError, match="one row per row of X, got 3 rows for 4"):
        check_targets(kind(Y), 4)
    with pytest.raises(ValueError, match="got 3 labels for 4 rows"):
        check_targets(["a", "b", "b"], 4)
