"""Labels that the teacher of their row never saw stay what was observed."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from skdistill.exceptions import MissingClassWarning
from skdistill.extreme import ExtremeDistiller, check_targets, cross_fit_top_k
from skdistill.extreme._combine import unknown_entries
from skdistill.extreme._weights import mix_relevances

X = np.random.default_rng(0).normal(size=(8, 3))
Y = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 0]] * 2)
Y[6, 2] = 0  # the third label is in row 2 alone
HALVES = [(np.arange(4, 8), np.arange(4)), (np.arange(4), np.arange(4, 8))]


def teacher():
    return OneVsRestClassifier(LogisticRegression())


def test_one_teacher_a_row():
    with pytest.warns(MissingClassWarning, match="1 observed labels, of 1 classes"):
        record = cross_fit_top_k(teacher(), X, Y, cv=HALVES)
    unknown = unknown_entries(record, check_targets(Y))
    rows, columns = np.nonzero(Y)
    np.testing.assert_array_equal(unknown, (rows == 2) & (columns == 2))


def test_a_label_that_one_of_two_teachers_knew_is_known():
    more = Y.copy()
    more[5, 2] = 1
    blind = (np.array([0, 1, 3]), np.array([2]))
    with pytest.warns(MissingClassWarning, match="1 observed labels"):
        record = cross_fit_top_k(teacher(), X, more, cv=[blind, *HALVES])
    assert not unknown_entries(record, check_targets(more)).any()


def test_rows_without_a_teacher_have_no_unknown_labels():
    with pytest.warns(UserWarning, match="4 of 8 rows"):
        record = cross_fit_top_k(teacher(), X, Y, cv=HALVES[1:])
    assert not unknown_entries(record, check_targets(Y)).any()


def test_unknown_labels_stay_whole():
    indicator = check_targets([[1, 0, 1], [0, 1, 0]]).indicator
    proba = sparse.csr_array(np.array([[0.5, 0.25, 0], [0, 0.5, 0]], np.float32))
    unknown = np.array([False, True, False])
    listed, observed = mix_relevances(indicator, proba, 0.5, None, unknown)
    expected = [[0.75, 0.125, 1], [0, 0.75, 0]]
    np.testing.assert_allclose(listed.toarray(), expected)
    np.testing.assert_array_equal(observed, [True, False, True, True])


def test_the_distiller_keeps_them():
    model = ExtremeDistiller(teacher(), cv=HALVES, alpha=1.0, random_state=0)
    with pytest.warns(MissingClassWarning):
        model.fit(X, Y)
    assert model.targets_[2, 2] == 1
    assert 0 < model.targets_[0, 0] < 1
