"""Scores in blocks, and the best labels of each row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from skdistill.extreme._linear import best_labels, score_blocks
from skdistill.extreme._student import StudentWeights


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_best_labels_are_those_of_a_full_sort_with_ties(seed, k):
    scores = np.random.default_rng(seed).integers(0, 4, (6, 9)).astype(np.float32)
    labels, best = best_labels(scores, k)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(best, np.take_along_axis(scores, expected, axis=1))


@pytest.mark.parametrize("width", [None, 3])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("limit", [None, 0, 1, 25, 1000])
def test_blocks_are_the_whole(width, kind, limit):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 5)).astype(np.float32)
    components = None if width is None else rng.standard_normal((width, 5))
    coef = rng.standard_normal((10, width or 5))
    intercept = rng.standard_normal(10)
    whole = (X if width is None else X @ components.T) @ coef.T + intercept
    seen = 0
    for rows, scores in score_blocks(
        kind(X), StudentWeights(components, coef, intercept), limit
    ):
        assert rows.start == seen
        assert scores.size <= max(limit or 1 << 22, 10)
        np.testing.assert_allclose(scores, whole[rows], rtol=1e-5, atol=1e-6)
        seen = rows.stop
    assert seen == 12
