"""The k largest scores of each row, and the relevances a user brings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skdistill.extreme import check_teacher_proba, largest, row_blocks

VALUES = st.sampled_from([-np.inf, -2.0, -0.5, 0.0, 0.25, 0.5, 3.0])
SCORES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2), elements=VALUES)


def by_sorting(scores, k, *, keep_zeros=False):
    """The definition: a row at a time, in descending order, first columns first."""
    kept = np.full(scores.shape, np.nan)
    for row, values in enumerate(scores):
        order = sorted(range(len(values)), key=lambda j: (-values[j], j))
        good = [
            j for j in order if values[j] > -np.inf and (values[j] != 0 or keep_zeros)
        ]
        kept[row, good[:k]] = values[good[:k]]
    return kept


def stored(rows):
    """Stored entries as a dense array, NaN elsewhere."""
    dense = np.full(rows.shape, np.nan)
    places = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    dense[places, rows.indices] = rows.data
    return dense


@given(SCORES, st.integers(1, 12), st.booleans())
def test_it_is_what_sorting_gives(scores, k, keep_zeros):
    found = largest(scores, k, keep_zeros=keep_zeros)
    assert found.dtype == np.float32
    assert_array_equal(stored(found), by_sorting(scores, k, keep_zeros=keep_zeros))
    for start, end in zip(found.indptr[:-1], found.indptr[1:], strict=True):
        assert (np.diff(found.indices[start:end]) > 0).all()


@given(SCORES, st.integers(1, 12), st.booleans())
def test_stored_entries_of_a_sparse_matrix_are_the_scores(scores, k, keep_zeros):
    n, m = scores.shape
    every = (scores.ravel(), np.tile(np.arange(m), n), np.arange(n + 1) * m)
    rows = sparse.csr_array(every, shape=scores.shape)
    found = largest(rows, k, keep_zeros=keep_zeros)
    assert_array_equal(stored(found), by_sorting(scores, k, keep_zeros=keep_zeros))


def test_integers_and_what_float32_rounds_to_zero():
    assert_array_equal(largest(np.array([[3, 0, 1]]), 1).toarray(), [[3, 0, 0]])
    assert largest(np.array([[1e-60, 0.5]]), 2).nnz == 1


@pytest.mark.parametrize(("n", "width"), [(10, 3), (7, 100), (0, 5), (12, 6)])
def test_blocks_are_small_and_hold_each_row_once(n, width):
    parts = list(row_blocks(n, width, limit=12))
    rows = [row for part in parts for row in range(n)[part]]
    assert rows == list(range(n))
    assert all((p.stop - p.start) * width <= max(12, width) for p in parts)


T = np.array([[0.5, 0.0, 0.25, 1.0], [0.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]])


@pytest.mark.parametrize(
    "kind", [np.asarray, sparse.coo_matrix, sparse.csc_array, list]
)
@pytest.mark.parametrize("k", [None, 1, 2, 9])
def test_relevances_are_cut_to_k(kind, k):
    found = check_teacher_proba(kind(T), 3, 4, k)
    assert found.dtype == np.float32
    expected = np.nan_to_num(by_sorting(T, k or 4))
    assert_array_equal(found.toarray(), expected.astype(np.float32))
    assert found.nnz == np.count_nonzero(expected)


def test_rounding_above_one_is_mended():
    found = check_teacher_proba(np.array([[1 + 1e-7, 0.0]]), 1, 2)
    assert found.data.tolist() == [1.0]


def with_entry(value):
    wrong = T.copy()
    wrong[2, 1] = value
    return wrong


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-0.5, "must be non-negative, got -0.5 in row 2, column 1. .*not logits"),
        (
            1.5,
            "must be at most 1, got 1.5 in row 2, column 1. Scale by .*expit.*softmax",
        ),
        (np.nan, r"must be finite, got nan in row 2, column 1\."),
        (np.inf, r"must be finite, got inf in row 2, column 1\."),
        (-np.inf, r"must be finite, got -inf in row 2, column 1\."),
    ],
)
def test_what_is_no_relevance_is_named(kind, value, message):
    with pytest.raises(ValueError, match=f"teacher_proba {message}"):
        check_teacher_proba(kind(with_entry(value)), 3, 4)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_rows_of_one_label_sum_to_one_at_most(kind):
    with pytest.raises(ValueError, match=r"sum to at most 1 .*got 1.75 in row 0\. Div"):
        check_teacher_proba(kind(T), 3, 4, multilabel=False)
    assert check_teacher_proba(kind(T / 2), 3, 4, multilabel=False).nnz == 7


def test_rows_are_named_beyond_the_first_block(monkeypatch):
    monkeypatch.setattr("skdistill.extreme._top_k.row_blocks.__defaults__", (4,))
    with pytest.raises(ValueError, match="row 2, column 1"):
        check_teacher_proba(with_entry(-1), 3, 4)
    assert_allclose(check_teacher_proba(T, 3, 4).toarray(), T, rtol=1e-6)


def test_another_shape_or_type_is_refused():
    with pytest.raises(
        ValueError, match=r"shape \(3, 5\), one column a class, got \(3, 4"
    ):
        check_teacher_proba(T, 3, 5)
    with pytest.raises(
        TypeError, match="teacher_proba must hold real numbers, got dtype"
    ):
        check_teacher_proba(np.full((3, 4), "a"), 3, 4)
