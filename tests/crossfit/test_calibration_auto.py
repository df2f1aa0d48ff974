"""Calibration that has to earn its place: by the out-of-fold log-loss."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import Perceptron
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skdistill import cross_fit_proba
from skdistill._sklearn_compat import HAS_TEMPERATURE_CALIBRATION
from skdistill.crossfit import _combine, cross_fit

needs_temperature = pytest.mark.skipif(
    not HAS_TEMPERATURE_CALIBRATION, reason="scikit-learn >= 1.8"
)
AUTO = {"calibration": "auto", "random_state": 0}


@needs_temperature
def test_a_temperature_that_helps_is_taken(toy):
    X, y = toy
    X = np.hstack([X, X, X])  # naive Bayes counts each feature three times
    raw = cross_fit_proba(GaussianNB(), X, y, random_state=0)
    fit = cross_fit_proba(GaussianNB(), X, y, X_unlabeled=X[:9], **AUTO)
    named = cross_fit_proba(
        GaussianNB(), X, y, X_unlabeled=X[:9], calibration="temperature", random_state=0
    )
    assert fit.calibration == named.calibration == "temperature"
    assert_array_equal(fit.proba, named.proba)
    assert_array_equal(fit.unlabeled_proba, named.unlabeled_proba)
    assert log_loss(y, fit.proba) < 0.95 * log_loss(y, raw.proba)
    assert_array_equal(fit.fold_proba, raw.proba)


@needs_temperature
@pytest.mark.parametrize("harm", ["worse", "equal", "nan"])
def test_a_temperature_that_does_not_help_is_left_away(toy, monkeypatch, harm):
    X, y = toy

    def spoiled(proba, codes, **options):
        other = {"worse": np.full_like(proba, 1 / 3), "equal": proba}
        return other.get(harm, np.full_like(proba, np.nan)), None

    raw = cross_fit_proba(GaussianNB(), X, y, random_state=0)
    monkeypatch.setattr(_combine, "calibrate", spoiled)
    fit = cross_fit_proba(GaussianNB(), X, y, **AUTO)
    assert fit.calibration is None
    assert_array_equal(fit.proba, raw.proba)


@pytest.mark.parametrize("teacher", [LinearSVC(), Perceptron()])
def test_decision_values_get_a_sigmoid_whatever_it_brings(toy, teacher):
    X, y = toy
    fit = cross_fit_proba(teacher, X, y, **AUTO)
    named = cross_fit_proba(teacher, X, y, calibration="sigmoid", random_state=0)
    assert fit.calibration == "sigmoid"
    assert_array_equal(fit.proba, named.proba)
    assert_array_equal(fit.fold_proba, named.proba)  # no probabilities before


def test_without_the_method_probabilities_stay_as_they_are(toy, monkeypatch):
    X, y = toy
    monkeypatch.setattr(_combine, "HAS_TEMPERATURE_CALIBRATION", False)
    fit = cross_fit_proba(GaussianNB(), X, y, **AUTO)
    assert fit.calibration is None
    raw = cross_fit_proba(GaussianNB(), X, y, random_state=0)
    assert_array_equal(fit.proba, raw.proba)
    assert cross_fit_proba(LinearSVC(), X, y, **AUTO).calibration == "sigmoid"


@needs_temperature
def test_the_weighted_log_loss_decides(toy, monkeypatch):
    """A map that mends rows of weight and spoils the others is taken."""
    X, y = toy

    def towards_the_first(proba, codes, **options):
        return 0.1 * proba + 0.9 * np.array([0.98, 0.01, 0.01]), None

    monkeypatch.setattr(_combine, "calibrate", towards_the_first)
    chosen = {
        first: cross_fit(
            GaussianNB(), X, y, cv=3, n_repeats=1, groups=None,
            sample_weight=np.where(y == "0", first, 0.1), X_unlabeled=None,
            missing_class="prior", keep_teachers=False, memory=None, n_jobs=None,
            verbose=0, fit_params=None, split_params=None, **AUTO,
        ).calibration
        for first in (0.1, 10.0)
    }  # fmt: skip
    assert chosen == {0.1: None, 10.0: "temperature"}


@needs_temperature
@pytest.mark.filterwarnings("ignore::skdistill.exceptions.CoverageWarning")
def test_a_single_row_with_a_teacher_is_not_calibrated(toy):
    X, y = toy
    cv = [(np.arange(239), np.array([239]))]
    fit = cross_fit_proba(GaussianNB(), X, y, cv=cv, **AUTO)
    assert fit.calibration is None
    assert np.isfinite(fit.proba[239]).all()


@needs_temperature
def test_rows_without_weight_cannot_be_a_map(toy):
    """All weight lies in rows that one of the five maps is not fitted on."""
    X, y = toy
    weight = np.zeros(240)
    weight[:2] = 1
    assert len(set(y[:2])) == 2
    cv = [(np.r_[:2, 60:240], np.arange(2, 60)), (np.r_[:60], np.arange(60, 240))]
    with pytest.warns(UserWarning, match="2 of 240 rows were labelled by no teacher"):
        fit = cross_fit_proba(
            DecisionTreeClassifier(max_depth=1), X, y, cv=cv, sample_weight=weight,
            calibration="sigmoid", random_state=0,
        )  # fmt: skip
    assert np.isfinite(fit.proba[2:]).all()
