"""The problem with known relevance: what is drawn is what is said."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skdistill.datasets import make_relevance


@pytest.mark.parametrize("multilabel", [True, False])
def test_labels_are_drawn_from_the_relevance(multilabel):
    problem = make_relevance(20, 60, 30, multilabel=multilabel, random_state=0)
    count, n_draws = np.zeros((20, 60)), 3000
    rng = np.random.RandomState(1)
    for _ in range(n_draws):
        Y = problem.draw(random_state=rng)
        if multilabel:
            count += Y.toarray()
        else:
            count[np.arange(20), Y] += 1
    p = problem.relevance.toarray().astype(float)
    assert count[p == 0].sum() == 0
    common = p * n_draws > 20
    error = np.sqrt(p * (1 - p) / n_draws)[common]
    assert common.sum() > 50
    assert (np.abs(count / n_draws - p)[common] < 4 * error).all()


@pytest.mark.parametrize("multilabel", [True, False])
def test_relevance_is_a_function_of_the_row(multilabel):
    problem = make_relevance(300, 400, 200, multilabel=multilabel, random_state=0)
    rows = np.random.RandomState(0).permutation(300)[:50]
    for X in (problem.X[rows], problem.X[rows].toarray()):
        again = problem.relevance_of(X)
        np.testing.assert_array_equal(
            again.toarray(), problem.relevance[rows].toarray()
        )


def test_shapes_and_sums():
    problem = make_relevance(500, 400, 200, labels_per_row=2.5, random_state=0)
    for matrix, shape in [
        (problem.X, (500, 200)),
        (problem.Y, (500, 400)),
        (problem.relevance, (500, 400)),
    ]:
        assert matrix.shape == shape
        assert matrix.dtype == np.float32
        assert matrix.has_canonical_format
        assert matrix.has_sorted_indices
    np.testing.assert_allclose(problem.X.multiply(problem.X).sum(axis=1), 1, rtol=1e-5)
    assert problem.relevance.sum() / 500 == pytest.approx(2.5, rel=1e-4)
    assert set(problem.Y.data) == {1.0}


def test_single_label_rows_sum_to_one():
    problem = make_relevance(200, 400, 200, multilabel=False, random_state=0)
    np.testing.assert_allclose(problem.relevance.sum(axis=1), 1, rtol=1e-5)
    assert problem.Y.dtype == np.int64
    assert problem.Y.shape == (200,)


@pytest.mark.parametrize("seed", range(6))
def test_every_label_can_be_reached_and_no_row_is_empty(seed):
    problem = make_relevance(10, 103, 10, n_concepts=10, random_state=seed)
    R = problem.relevance_of(np.vstack([np.eye(10), np.zeros((1, 10))]))
    assert (R.sum(axis=0) > 0).all()
    assert (np.diff(R.indptr) > 0).all()


def test_same_seed_same_problem():
    first, again, other = (
        make_relevance(30, 80, 40, random_state=s) for s in (4, 4, 5)
    )
    for name in ("X", "Y", "relevance"):
        a, b = getattr(first, name), getattr(again, name)
        np.testing.assert_array_equal(a.toarray(), b.toarray())
    assert (first.X != other.X).nnz > 0


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"n_samples": 0}, ValueError, "`n_samples` must be at least 1, got 0"),
        ({"n_labels": 2.5}, TypeError, "`n_labels` must be an integer, got 2.5"),
        ({"n_concepts": 0}, ValueError, "`n_concepts` must be at least 1"),
        ({"n_concepts": 90}, ValueError, "n_labels must be at least n_concepts = 90"),
        ({"n_concepts": 50}, ValueError, "n_features must be at least n_concepts = 50"),
        ({"noise": 0}, ValueError, "noise must be a positive"),
        ({"words_per_row": 0.5}, ValueError, "words_per_row must be at least 1"),
        ({"labels_per_row": 20}, ValueError, "labels_per_row must be below .* = 20"),
    ],
)
def test_wrong_sizes_are_refused(arguments, error, match):
    sizes = {"n_samples": 10, "n_labels": 80, "n_features": 40} | arguments
    with pytest.raises(error, match=match):
        make_relevance(**sizes)


@pytest.mark.parametrize(
    ("X", "match"),
    [
        (np.ones((2, 41)), "X must have 40 columns, got 41"),
        (-np.ones((2, 40)), "X must not be negative, got -1"),
        (sparse.csr_array(np.full((1, 40), np.nan)), "NaN"),
    ],
)
def test_wrong_rows_are_refused(X, match):
    with pytest.raises(ValueError, match=match):
        make_relevance(10, 80, 40, random_state=0).relevance_of(X)


def test_trees_and_linear_models_of_others_read_the_rows():
    problem = make_relevance(80, 60, 40, multilabel=False, random_state=0)
    DecisionTreeClassifier(max_depth=2).fit(problem.X, problem.Y % 2)
    LinearSVC().fit(problem.X, problem.Y % 2)
    several = make_relevance(80, 60, 40, random_state=0)
    for matrix in (several.Y, several.relevance, several.relevance_of(several.X)):
        assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
