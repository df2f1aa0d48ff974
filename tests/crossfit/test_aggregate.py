"""From the answers of single teachers to one record."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skdistill import cross_fit_proba
from skdistill.crossfit._aggregate import held_out_log_loss

X = np.arange(12.0)[:, None]
Y = np.tile([0, 1], 6)


class Sloppy(ClassifierMixin, BaseEstimator):
    """Rows sum to 1, but for those of the rows 4 to 7, which sum to 1.0005."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        off = 0.0005 * ((X[:, 0] >= 4) & (X[:, 0] < 8))
        return np.column_stack([np.full(len(X), 0.5), 0.5 + off])


def test_the_worst_sum_of_any_fold_is_kept():
    cv = [(np.r_[4:12], np.r_[0:4]), (np.r_[0:4, 8:12], np.r_[4:8])]
    cv.append((np.r_[0:8], np.r_[8:12]))
    fit = cross_fit_proba(Sloppy(), X, Y, cv=cv)
    assert fit.worst_sum == pytest.approx(0.0005)
    np.testing.assert_allclose(fit.proba.sum(axis=1), 1, rtol=1e-14)


def test_the_loss_of_an_impossible_label_is_finite():
    loss = held_out_log_loss(np.array([[1.0, 0.0]]), np.array([1]), None)
    assert loss == pytest.approx(-np.log(np.finfo(float).eps))


def test_the_score_of_rows_without_weight_is_nan():
    proba, codes = np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([0, 1])
    assert np.isnan(held_out_log_loss(proba, codes, np.zeros(2)))
    one = held_out_log_loss(proba, codes, np.array([0.0, 3.0]))
    assert one == pytest.approx(-np.log(0.8))
