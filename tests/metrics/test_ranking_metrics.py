"""Metrics of ranked labels: by hand, by a literal reference, by scikit-learn."""

import tracemalloc
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics import ndcg_score, top_k_accuracy_score

from skdistill.metrics import _ranked as ranked_module
from skdistill.metrics import (
    ndcg_at_k,
    precision_at_k,
    propensity_scored_precision_at_k,
    recall_at_k,
)

#: Rows with two, one, three and no relevant labels of five.
Y = np.array([[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 0, 0, 1, 1], [0, 0, 0, 0, 0]])
#: Hits: 1 0 1, 0 0 1, 0 1 1, 0 0 0.
RANKED = np.array([[0, 1, 2], [0, 2, 1], [2, 3, 0], [4, 3, 2]])
PROPENSITIES = np.array([0.5, 0.25, 1.0, 0.2, 0.8])
L3 = np.log2(3)


def psp(Y, ranked, k=1, sample_weight=None):
    p = np.linspace(0.2, 1, 5) if np.ndim(Y) == 1 else np.linspace(0.2, 1, Y.shape[1])
    return propensity_scored_precision_at_k(Y, ranked, p, k, sample_weight)


METRICS = [precision_at_k, recall_at_k, ndcg_at_k, psp]


@pytest.mark.parametrize(
    ("metric", "k", "rows"),
    [
        (precision_at_k, 1, [1, 0, 0, 0]),
        (precision_at_k, 2, [1 / 2, 0, 1 / 2, 0]),
        (precision_at_k, 3, [2 / 3, 1 / 3, 2 / 3, 0]),
        # Hits over 2, 1, 3 and no relevant labels.
        (recall_at_k, 1, [1 / 2, 0, 0, 0]),
        (recall_at_k, 2, [1 / 2, 0, 1 / 3, 0]),
        (recall_at_k, 3, [2 / 2, 1 / 1, 2 / 3, 0]),
        # Places are worth 1, 1 / log2(3) and 1 / log2(4) = 1 / 2.
        (ndcg_at_k, 1, [1, 0, 0, 0]),
        (ndcg_at_k, 2, [1 / (1 + 1 / L3), 0, (1 / L3) / (1 + 1 / L3), 0]),
        (
            ndcg_at_k,
            3,  # the best hits: 1 1 0, 1 0 0, 1 1 1
            [1.5 / (1 + 1 / L3), 0.5, (1 / L3 + 0.5) / (1.5 + 1 / L3), 0],
        ),
    ],
)
def test_values_by_hand(metric, k, rows):
    assert_allclose(metric(Y, RANKED, k), np.mean(rows), rtol=1e-14)
    for i, value in enumerate(rows):
        assert_allclose(metric(Y[[i]], RANKED[[i]], k), value, rtol=1e-14)
    weight = [1, 2, 3, 4]
    assert_allclose(metric(Y, RANKED, k, weight), np.average(rows, weights=weight))


@pytest.mark.parametrize(
    ("k", "reached", "best"),
    [
        # 1 / p of the labels: 2, 4, 1, 5, 1.25. Row by row what hits are worth, and
        # what the best are: of labels {0, 2}, {1}, {0, 3, 4} and none.
        (1, [2, 0, 0, 0], [2, 4, 5, 0]),
        (2, [2, 0, 5, 0], [2 + 1, 4, 5 + 2, 0]),
        (3, [2 + 1, 4, 5 + 2, 0], [2 + 1, 4, 5 + 2 + 1.25, 0]),
    ],
)
def test_propensity_scored_precision_by_hand(k, reached, best):
    metric = partial(propensity_scored_precision_at_k, propensities=PROPENSITIES, k=k)
    assert_allclose(metric(Y, RANKED), np.sum(reached) / np.sum(best), rtol=1e-14)
    weight = np.array([1, 2, 3, 4])
    assert_allclose(
        metric(Y, RANKED, sample_weight=weight),
        weight @ reached / (weight @ best),
        rtol=1e-14,
    )


@pytest.mark.parametrize("metric", METRICS)
def test_the_first_label_alone_counts_by_default(metric):
    row = Y[[2]], RANKED[[2]]
    assert metric(*row) == metric(*row, 1) == 0 < metric(*row, 2)
    assert type(metric(*row)) is float


def test_k_is_an_integer_of_any_type():
    codes, scores = np.array([299, 0]), np.eye(300)[[299, 1]]
    for k in (2, np.uint8(2), np.int64(2)):  # 300 is no uint8
        values = [metric(codes, scores, k) for metric in METRICS[:3]]
        assert values == [0.5, 1, (1 + 1 / L3) / 2]
        assert propensity_scored_precision_at_k(codes, scores, np.ones(300), k) == 1


def literal(Y, order, k, weight, p):
    """Definitions, one label at a time; `order` holds lists of labels, best first."""
    values = {"P": [], "R": [], "N": [], "reached": [], "best": []}
    for relevant, labels in zip(Y, order, strict=True):
        top, wanted = labels[:k], set(np.flatnonzero(relevant).tolist())
        hits = [label in wanted for label in top]
        values["P"].append(sum(hits) / k)
        values["R"].append(sum(hits) / len(wanted) if wanted else 0.0)
        gain = sum(hit / np.log2(j + 2) for j, hit in enumerate(hits))
        ideal = sum(1 / np.log2(j + 2) for j in range(min(k, len(wanted))))
        values["N"].append(gain / ideal if wanted else 0.0)
        values["reached"].append(sum(1 / p[c] for c in top if c in wanted))
        values["best"].append(sum(sorted((1 / p[c] for c in wanted), reverse=True)[:k]))
    mean = {name: np.average(v, weights=weight) for name, v in values.items()}
    return [mean["P"], mean["R"], mean["N"], mean["reached"] / mean["best"]]


def measured(Y, ranked, k, weight, p):
    return [
        precision_at_k(Y, ranked, k, weight),
        recall_at_k(Y, ranked, k, weight),
        ndcg_at_k(Y, ranked, k, weight),
        propensity_scored_precision_at_k(Y, ranked, p, k, weight),
    ]


@st.composite
def problems(draw):
    n, n_labels = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    relevant = draw(arrays(np.bool_, (n, n_labels)))
    few = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf])  # so that some tie
    scores = draw(arrays(np.float64, (n, n_labels), elements=few))
    stored = draw(arrays(np.bool_, (n, n_labels)))
    weight = draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0, 2.5])))
    p = draw(arrays(np.float64, n_labels, elements=st.sampled_from([0.1, 0.25, 1.0])))
    assume((weight * relevant.sum(axis=1)).any())
    return relevant, scores, stored, draw(st.integers(1, n_labels)), weight, p


@given(problems())
@settings(deadline=None)
def test_scores_columns_and_sparse_scores_agree_with_the_literal_reference(problem):
    relevant, scores, stored, k, weight, p = problem
    order = [sorted(range(len(p)), key=lambda c, row=row: -row[c]) for row in scores]
    expected = literal(relevant, order, k, weight, p)
    assert_allclose(measured(relevant, scores, k, weight, p), expected, rtol=1e-12)
    assert_allclose(measured(relevant, order, k, weight, p), expected, rtol=1e-12)

    kept = [[c for c in o if s[c]] for o, s in zip(order, stored, strict=True)]
    expected = literal(relevant, kept, k, weight, p)
    rows, columns = np.nonzero(stored)
    half = sparse.csr_array((scores[stored], (rows, columns)), shape=scores.shape)
    assert half.nnz == stored.sum()  # zeros are stored scores
    got = measured(sparse.csr_array(relevant), half, k, weight, p)
    assert_allclose(got, expected, rtol=1e-12)
    padded = np.array([o + [-1] * (len(p) - len(o)) for o in kept])
    assert_allclose(measured(relevant, padded, k, weight, p), expected, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 12])
def test_scikit_learns_ndcg_where_no_scores_tie(k):
    rng = np.random.default_rng(0)
    relevant, scores = rng.random((30, 12)) < 0.2, rng.random((30, 12))
    assert (relevant.sum(axis=1) == 0).any()
    weight = rng.random(30)
    assert_allclose(
        ndcg_at_k(relevant, scores, k, weight),
        ndcg_score(relevant, scores, k=k, sample_weight=weight),
        rtol=1e-12,
    )


@pytest.mark.parametrize("k", [1, 2, 4])
def test_scikit_learns_top_k_accuracy_for_one_label_a_row(k):
    rng = np.random.default_rng(1)
    codes, scores, weight = (
        rng.integers(5, size=40),
        rng.random((40, 5)),
        rng.random(40),
    )
    options = {"k": k, "sample_weight": weight, "labels": np.arange(5)}
    accuracy = top_k_accuracy_score(codes, scores, **options)
    assert_allclose(recall_at_k(codes, scores, k, weight), accuracy)
    assert_allclose(precision_at_k(codes, scores, k, weight), accuracy / k)


@pytest.mark.parametrize("metric", METRICS)
def test_codes_are_indicators_of_one_label(metric):
    rng = np.random.default_rng(2)
    codes, scores = rng.integers(5, size=20), rng.random((20, 5))
    columns = np.argsort(-scores, axis=1)
    for k in (1, 3):
        expected = metric(np.eye(5)[codes], scores, k)
        for kind in (np.uint8, np.int64):
            assert metric(codes.astype(kind), scores, k) == expected
            assert metric(codes, columns.astype(kind), k) == expected
        assert metric(list(codes), columns.tolist(), k) == expected


def test_codes_beyond_all_columns_are_misses():
    far = 2**62  # a key of row and label together would overflow
    assert precision_at_k([far, 0], [[0], [0]]) == 0.5
    assert precision_at_k([far, 0], [[far], [1]]) == 0.5


FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["matrix", "array"])
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float32])
def test_every_sparse_type_is_understood(form, kind, dtype):
    make = getattr(sparse, f"{form}_{kind}")
    scores = np.random.default_rng(3).random(Y.shape)
    for metric in METRICS:
        assert metric(make(Y.astype(dtype)), RANKED, 2) == metric(Y, RANKED, 2)
        assert metric(Y, make(scores), 2) == metric(Y, scores, 2)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.float16, np.float64])
def test_every_dense_type_is_understood(dtype):
    for metric in METRICS:
        assert metric(Y.astype(dtype), RANKED, 2) == metric(Y, RANKED, 2)
    assert precision_at_k(pd.DataFrame(Y.astype(dtype)), pd.DataFrame(RANKED)) == 0.25
    if dtype in (np.float16, np.float64):
        scores = np.array([[0.0, 1.0, 0.5, -1.0, -2.0]] * 4, dtype=dtype)
        assert precision_at_k(Y, scores, 3) == (2 + 1 + 1) / 12


def test_zeros_that_are_stored_are_not_relevant_and_duplicates_are_summed():
    zeros = sparse.csr_array(np.ones(Y.shape))
    zeros.data[:] = Y.ravel()
    assert zeros.nnz == Y.size
    rows = [0, 0, 0, 1, 2, 2, 2, 2, 2]
    columns = [2, 2, 0, 1, 4, 3, 0, 1, 1]
    values = [0.5, 0.5, 1, 1, 1, 1, 1, 1, -1]
    coo = sparse.coo_array((values, (rows, columns)), shape=Y.shape)
    unsorted = sparse.csr_array((values, columns, [0, 3, 4, 9, 9]), shape=Y.shape)
    for metric in METRICS:
        for form in (zeros, coo, unsorted):
            assert metric(form, RANKED, 2) == metric(Y, RANKED, 2)
    assert unsorted.nnz == 9  # the caller's is as it was
    assert unsorted.indices.tolist() == columns


def test_sparse_scores_sum_duplicates_and_rank_what_is_stored():
    # Row 0: label 1 scores 0.4 + 0.4, above label 0; row 1: label 0 only, at 0.
    triplets = ([0.7, 0.4, 0.4, 0.0], ([0, 0, 0, 1], [0, 1, 1, 0]))
    scores = sparse.coo_array(triplets, shape=(2, 3))
    assert precision_at_k([1, 0], scores) == 1
    assert recall_at_k([0, 1], scores, 2) == 0.5
    assert recall_at_k([2, 2], scores, 3) == 0
    assert precision_at_k([1, 0], sparse.csr_array((2, 3))) == 0
    counts = sparse.csr_array([[3, 1, 0], [1, 0, 2]])  # scores, though integers
    assert precision_at_k([0, 2], counts) == 1


def test_of_equal_scores_the_first_column_comes_first():
    scores = np.array([[0.5, 0.5, 0.5, 0.5], [0.1, 0.5, 0.9, 0.5]])
    assert precision_at_k([[1, 1, 0, 0], [0, 1, 1, 0]], scores, 2) == 1
    assert precision_at_k([[0, 0, 1, 1], [1, 0, 0, 1]], scores, 2) == 0
    both = sparse.csr_array(scores)
    assert precision_at_k([[1, 1, 0, 0], [0, 1, 1, 0]], both, 2) == 1


@pytest.mark.parametrize("metric", METRICS)
def test_only_the_first_k_count_and_the_order_of_rows_does_not(metric):
    rng = np.random.default_rng(4)
    relevant, weight = rng.random((50, 9)) < 0.3, rng.random(50)
    columns = np.argsort(rng.random((50, 9)), axis=1)
    value = metric(relevant, columns, 3, weight)
    assert metric(relevant, columns[:, :3], 3, weight) == value
    moved = rng.permutation(50)
    again = metric(relevant[moved], columns[moved], 3, weight[moved])
    assert_allclose(again, value, rtol=1e-13)
    names = rng.permutation(9)  # label c becomes names[c]; alone PSP tells them apart
    if metric is not psp:
        renamed = relevant[:, np.argsort(names)]
        assert metric(renamed, names[columns], 3, weight) == value


@pytest.mark.parametrize("metric", METRICS)
def test_a_weight_is_a_repetition_and_none_leaves_a_row_out(metric):
    counts = [2, 0, 1, 3]
    many = [np.repeat(a, counts, axis=0) for a in (Y, RANKED)]
    assert_allclose(metric(Y, RANKED, 2, counts), metric(*many, 2), rtol=1e-14)


def test_the_best_ranking_scores_one():
    p = np.array([0.9, 0.1, 0.8, 0.2, 0.7])
    best = np.where(Y == 1, 1 / p, 0)
    for k in (1, 2, 5):
        assert propensity_scored_precision_at_k(Y, best, p, k) == 1
        assert_allclose(ndcg_at_k(Y[:3], best[:3], k), 1, rtol=1e-15)
    assert recall_at_k(Y[:3], best[:3], 3) == 1


def test_equal_propensities_give_precision_over_the_best_precision():
    flat = propensity_scored_precision_at_k(Y, RANKED, np.full(5, 0.3), 2)
    best = precision_at_k(Y, Y.astype(float), 2)
    assert_allclose(flat, precision_at_k(Y, RANKED, 2) / best, rtol=1e-14)


def test_blocks_of_rows_change_nothing(monkeypatch):
    rng = np.random.default_rng(5)
    relevant = rng.random((40, 7)) < 0.3
    scores = rng.integers(4, size=(40, 7)) / 4
    half = sparse.csr_array(np.where(rng.random((40, 7)) < 0.5, scores, 0))
    for ranked in (scores, half, np.argsort(scores, axis=1)):
        monkeypatch.setattr(ranked_module, "BLOCK", 2**20)
        whole = [metric(relevant, ranked, 3) for metric in METRICS]
        for block in (1, 20, 100):
            monkeypatch.setattr(ranked_module, "BLOCK", block)
            assert [metric(relevant, ranked, 3) for metric in METRICS] == whole


def peak_of(metric, *arguments):
    tracemalloc.start()
    try:
        return metric(*arguments), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ranking_scores_takes_little_memory():
    scores = np.random.default_rng(7).integers(9, size=(4000, 2000)) / 8
    _, peak = peak_of(precision_at_k, np.zeros(4000, dtype=int), scores, 5)
    assert peak < 40e6  # a copy has 64e6


def test_one_long_row_of_sparse_scores_does_not_widen_the_others():
    stored = np.r_[10**5, np.ones(200, dtype=int)]
    starts = np.r_[0, np.cumsum(stored)]
    columns = np.r_[np.arange(10**5), np.zeros(200, dtype=int)]
    scores = sparse.csr_array((np.ones(len(columns)), columns, starts), (201, 10**5))
    value, peak = peak_of(precision_at_k, np.zeros(201, dtype=int), scores)
    assert value == 1
    assert peak < 60e6  # as many columns for every row take 161e6 and their labels too


def test_memory_does_not_grow_with_the_number_of_labels():
    n, n_labels = 20_000, 10**6
    rng = np.random.default_rng(6)
    rows, columns = np.repeat(np.arange(n), 3), rng.integers(n_labels, size=3 * n)
    relevant = sparse.csr_array((np.ones(3 * n), (rows, columns)), (n, n_labels))
    relevant.sum_duplicates()
    relevant.data[:] = 1
    ranked = np.column_stack([columns[::3], (columns[::3] + 1) % n_labels])
    value, peak = peak_of(precision_at_k, relevant, ranked, 2)
    assert 0.5 <= value < 0.51
    assert peak < 20e6  # a dense indicator of bytes has 2e10
