"""What the metrics of ranked labels refuse, and in which words."""

import re

import numpy as np
import pytest
from scipy import sparse

from skdistill.metrics import (
    ndcg_at_k,
    precision_at_k,
    propensity_scored_precision_at_k,
    recall_at_k,
)

Y = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
RANKED = np.array([[0, 1, 2], [3, 1, -1], [2, 3, 0]])
SCORES = np.array([[0.4, 0.3, 0.2, 0.1]] * 3)
CODES = np.array([0, 1, 3])


def psp(Y, ranked, k=1, sample_weight=None):
    return propensity_scored_precision_at_k(Y, ranked, np.ones(4), k, sample_weight)


def changed(array, row, column, value):
    array = array.copy()
    array[row, column] = value
    return array


@pytest.fixture(params=[precision_at_k, recall_at_k, ndcg_at_k, psp])
def metric(request):
    return request.param


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (
            Y[None],
            ValueError,
            "Y must have shape (n_samples,), of codes, or (n_samples",
        ),
        (np.int64(3), ValueError, "of 0 and 1, got ()."),
        (Y[:0], ValueError, "Y must have at least one row, got 0."),
        (CODES[:0], ValueError, "Y must have at least one row, got 0."),
        (CODES.astype(float), TypeError, "integer codes or, in a column for each"),
        (Y.astype(str), TypeError, "0 and 1, got dtype <U21 of shape (3, 4)."),
        (Y * 1j, TypeError, "0 and 1, got dtype complex128 of shape (3, 4)."),
        (CODES - 1, ValueError, "Y must hold codes from 0 upwards, got -1 in row 0."),
        (Y * 2, ValueError, "Y must hold 0 and 1 only, got 2 in row 0, column 0."),
        (changed(Y, 1, 1, -1), ValueError, "got -1 in row 1, column 1. If all that is"),
        (changed(Y / 1, 2, 0, np.nan), ValueError, "got nan in row 2, column 0."),
        (sparse.csc_array(Y * 3), ValueError, "got 3 in row 0, column 0."),
        (sparse.csr_array(changed(Y, 2, 0, 9)), ValueError, "9 in row 2, column 0."),
        (
            sparse.coo_array(([1.0, 1.0], ([2, 2], [1, 1])), shape=(3, 4)),
            ValueError,
            "Y must hold 0 and 1 only, got 2.0 in row 2, column 1.",
        ),
    ],
)
def test_labels_that_are_none_are_refused(metric, bad, error, message):
    with pytest.raises(error, match=re.escape(message)):
        metric(bad, RANKED)


@pytest.mark.parametrize("labels", [Y, CODES, sparse.csr_array(Y)])
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (CODES, ValueError, "ranked must have shape (n_samples, n_ranked) or"),
        (CODES, ValueError, "got (3,). One label a row is ranked.reshape(-1, 1)."),
        (RANKED[:2], ValueError, "ranked must have 3 rows, as Y, got 2."),
        (SCORES[:2], ValueError, "ranked must have 3 rows, as Y, got 2."),
        (RANKED > 1, TypeError, "columns or floating scores, got dtype bool."),
        (RANKED.astype(str), TypeError, "columns or floating scores, got dtype <U21."),
        (
            sparse.csr_array(SCORES * 1j),
            TypeError,
            "ranked must hold real scores, got dtype complex128.",
        ),
        (changed(RANKED, 1, 0, -2), ValueError, "got -2 in row 1, column 0."),
        (
            changed(RANKED, 2, 0, -1),
            ValueError,
            "must hold -1 only after the last label of a row, got label 3 after it in "
            "row 2.",
        ),
        (
            changed(RANKED, 2, 2, 2),
            ValueError,
            "must hold a label once a row, got label 2 twice in row 2. Integers are",
        ),
        (changed(RANKED, 2, 1, -1), ValueError, "got label 0 after it in row 2."),
        (changed(RANKED, 0, 1, 2), ValueError, "got label 2 twice in row 0. Integers"),
        (RANKED.astype(np.uint8) * 0, ValueError, "got label 0 twice in row 0."),
        ((SCORES * 0).astype(int), ValueError, "pass ranked.astype(float)."),
        (changed(SCORES, 1, 2, np.nan), ValueError, "got nan in row 1, column 2."),
        (
            sparse.csr_array(changed(SCORES, 1, 0, np.nan)),
            ValueError,
            "got nan in row 1, column 0.",
        ),
        (
            sparse.csc_matrix(changed(SCORES, 1, 2, np.nan)),
            ValueError,
            "ranked must not hold NaN, got nan in row 1, column 2. A label that must",
        ),
    ],
)
def test_rankings_that_are_none_are_refused(metric, labels, bad, error, message):
    with pytest.raises(error, match=re.escape(message)):
        metric(labels, bad)


def test_errors_in_later_blocks_name_the_row(metric, monkeypatch):
    monkeypatch.setattr("skdistill.metrics._ranked.BLOCK", 1)
    for bad, message in (
        (changed(RANKED, 1, 0, 4), "in 0..3, or -1 for none, got 4 in row 1, column 0"),
        (changed(RANKED, 2, 0, -1), "got label 3 after it in row 2"),
        (changed(RANKED, 2, 2, 2), "got label 2 twice in row 2"),
        (changed(SCORES, 1, 2, np.nan), "got nan in row 1, column 2"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            metric(Y, bad)


@pytest.mark.parametrize("scores", [SCORES[:, :3], sparse.csr_array(SCORES[:, :3])])
def test_scores_need_a_column_for_each_label(metric, scores):
    message = "ranked must have shape (3, 4) if it holds scores, got (3, 3). Label col"
    with pytest.raises(ValueError, match=re.escape(message)):
        metric(Y, scores)
    if metric is not psp:  # which knows the number of labels by the propensities
        with pytest.raises(ValueError, match=r"codes in 0\.\.2, got 3 in row 2\."):
            metric(CODES, scores)


@pytest.mark.parametrize(
    ("ranked", "k", "error", "message"),
    [
        (RANKED, 0, ValueError, "k must be at least 1, got 0."),
        (RANKED, 1.0, TypeError, "k must be an integer, got 1.0."),
        (RANKED, True, TypeError, "k must be an integer, got True."),
        (RANKED, None, TypeError, "k must be an integer, got None."),
        (RANKED, 4, ValueError, "at most 3, the number of columns of ranked, got 4."),
        (SCORES, 5, ValueError, "k must be at most 4, the number of labels, got 5."),
        (sparse.csr_array(SCORES), 5, ValueError, "k must be at most 4, the number of"),
    ],
)
def test_k_out_of_range_is_refused(metric, ranked, k, error, message):
    for labels in (Y, CODES):
        with pytest.raises(error, match=re.escape(message)):
            metric(labels, ranked, k)


def test_k_above_the_number_of_labels_is_refused_though_there_are_columns(metric):
    wide = np.hstack([RANKED, np.full((3, 2), -1)])
    wide[:, 2:] = -1
    assert metric(Y, wide, 4) > 0
    with pytest.raises(ValueError, match="k must be at most 4, the number of labels"):
        metric(Y, wide, 5)


def test_wrong_weights_are_refused(metric):
    for bad, message in (
        ([1.0], r"sample_weight must have shape \(3,\), got \(1,\)"),
        ([1, 1, -1], "sample_weight must be non-negative, got -1.0 in row 2"),
        ([0, 0, 0], "sample_weight must have a positive sum, got 3 zeros"),
        ([1, np.nan, 1], "sample_weight must be finite, got nan in row 1"),
    ):
        with pytest.raises(ValueError, match=message):
            metric(Y, RANKED, sample_weight=bad)


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        ([0.5] * 3, ValueError, "propensities must have shape (4,), one for each"),
        ([[0.5] * 4], ValueError, "propensities must have shape (n_samples,), got"),
        (["a"] * 4, TypeError, "propensities must hold real numbers"),
        ([0.5, 0.5, np.nan, 0.5], ValueError, "must be finite, got nan in row 2."),
        ([0.5, -0.5, 1, 1], ValueError, "in (0, 1], got -0.5 for label 1. Pass"),
        ([0.5, 0.5, 1, 0], ValueError, "propensities must be in (0, 1], got 0.0 for"),
        ([0.5, 2, 1, 3], ValueError, "got 2.0 for label 1. Pass propensities, not"),
    ],
)
def test_wrong_propensities_are_refused(p, error, message):
    with pytest.raises(error, match=re.escape(message)):
        propensity_scored_precision_at_k(Y, RANKED, p)


def test_propensities_tell_how_many_labels_codes_have():
    for labels, ranked, k, message in (
        (CODES, RANKED, 1, r"Y must hold codes in 0\.\.2, got 3 in row 2\."),
        ([0, 1, 2], RANKED, 1, r"in 0\.\.2, or -1 for none, got 3 in row 1, column 0"),
        ([0, 1, 2], SCORES, 1, r"ranked must have shape \(3, 3\) if it holds scores"),
        ([0, 1, 2], RANKED * 0 - 1, 4, "k must be at most 3, the number of labels"),
    ):
        with pytest.raises(ValueError, match=message):
            propensity_scored_precision_at_k(labels, ranked, [0.5] * 3, k)


def test_rows_of_which_none_has_a_relevant_label_have_no_best_ranking():
    with pytest.raises(ValueError, match="Y must have a relevant label in a row with"):
        psp(Y * 0, RANKED)
    with pytest.raises(ValueError, match=r"got none in 3 rows\."):
        psp(Y * [[0], [1], [1]], RANKED, 1, [1, 0, 0])
    for metric in (precision_at_k, recall_at_k, ndcg_at_k):
        assert metric(Y * 0, RANKED, 2) == 0
