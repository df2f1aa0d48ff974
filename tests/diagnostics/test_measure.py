"""Quality, size and speed of one model."""

import pickle
import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import DistilledClassifier
from skdistill.diagnostics import measure_model, teacher_quality
from skdistill.diagnostics._measure import held_out_brier, held_out_losses


class Slow(ClassifierMixin, BaseEstimator):
    def __init__(self, proba):
        self.proba = proba
        self.classes_ = np.arange(proba.shape[1])

    def predict_proba(self, X):
        time.sleep(0.02)
        return self.proba


def test_figures_are_scikit_learns(toy, binary):
    for X, y in (toy, binary):
        model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
        found = measure_model(model, X, y)
        proba = model.predict_proba(X)
        score = proba[:, 1] if proba.shape[1] == 2 else proba
        assert found.auc == pytest.approx(roc_auc_score(y, score, multi_class="ovr"))
        assert found.log_loss == pytest.approx(log_loss(y, proba))
        assert found.accuracy == model.score(X, y)
        assert found.n_bytes == len(pickle.dumps(model))
        assert found.name == "DecisionTreeClassifier"


def test_time_is_per_row():
    model = Slow(np.full((100, 2), 0.5))
    found = measure_model(model, np.zeros((100, 1)), np.arange(100) % 2, n_timings=3)
    assert 200 <= found.microseconds_per_row < 2000  # 20 ms for 100 rows


def test_given_probabilities_are_used_and_not_timed():
    proba = np.array([[0.9, 0.1], [0.2, 0.8]])
    model = Slow(np.full((2, 2), 0.5))
    found = measure_model(model, np.zeros((2, 1)), [0, 1], proba=proba, name="mine")
    assert found.accuracy == 1
    assert found.name == "mine"
    assert np.isnan(found.microseconds_per_row)


def test_size_of_a_distiller_is_that_of_its_student(toy):
    X, y = toy
    distiller = DistilledClassifier(student=DecisionTreeClassifier(max_depth=2))
    distiller.fit(X, y)
    found = measure_model(distiller, X, y)
    assert found.n_bytes == len(pickle.dumps(distiller.student_))


def test_auc_is_nan_where_a_class_is_missing():
    model = Slow(np.full((4, 3), 1 / 3))
    assert np.isnan(measure_model(model, np.zeros((4, 1)), [0, 1, 0, 1]).auc)


def test_a_label_the_model_does_not_know_has_probability_zero():
    losses = held_out_losses(
        np.array([[0.5, 0.5], [0.5, 0.5]]), np.array(["a", "x"]), np.array(["a", "b"])
    )
    np.testing.assert_allclose(losses, [np.log(2), -np.log(np.finfo(float).eps)])


def test_probabilities_may_be_a_list_and_rough():
    model = Slow(np.full((3, 3), 1 / 3))
    rough = [[0.5, 0.3, 0.2005], [0.1, 0.7, 0.2], [0.1, 0.2, 0.6995]]
    found = measure_model(model, np.zeros((3, 1)), [0, 1, 2], proba=rough)
    assert found.auc == 1
    assert found.accuracy == 1
    assert found.log_loss == pytest.approx(-np.log([0.5, 0.7, 0.6995]).mean())


def test_brier_and_calibration_are_those_of_teacher_quality(toy):
    X, y = toy
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    found = measure_model(model, X, y)
    codes = np.unique(y, return_inverse=True)[1]
    expected = teacher_quality(model.predict_proba(X), codes)
    assert found.brier == pytest.approx(expected.brier)
    assert found.ece == pytest.approx(expected.ece)


def test_a_label_the_model_does_not_know_is_as_far_as_can_be():
    proba = np.array([[1.0, 0.0], [0.5, 0.5]])
    np.testing.assert_allclose(held_out_brier(proba, np.array([-1, -1])), [2, 1.5])


def test_single_rows_are_timed_if_asked_for():
    model = Slow(np.full((1, 2), 0.5))
    rows = np.zeros((1, 1))
    assert np.isnan(measure_model(model, rows, [0], n_timings=1).latency_p50)
    found = measure_model(model, rows, [0], n_timings=1, n_single_rows=3)
    assert 20_000 <= found.latency_p50 <= found.latency_p99
    assert found.rows_per_second <= 50


def test_of_a_distiller_the_student_is_timed(toy):
    """The distiller checks its rows first; what is shipped does not."""
    X, y = toy
    student = DecisionTreeRegressor(max_depth=2)
    distiller = DistilledClassifier(student=student).fit(X, y)
    del distiller.scale_  # the distiller itself could not predict
    found = measure_model(
        distiller, X, y, proba=np.full((240, 3), 1 / 3), n_single_rows=2
    )
    assert np.isfinite(found.latency_p50)
