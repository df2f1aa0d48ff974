"""Calibration on out-of-fold rows, by maps that did not see the row."""

import numpy as np
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from skdistill import cross_fit_proba
from skdistill._sklearn_compat import HAS_TEMPERATURE_CALIBRATION
from skdistill.crossfit import raw_proba
from skdistill.crossfit._calibration import _renormalised, calibrate

METHODS = ["sigmoid", "isotonic"] + ["temperature"] * HAS_TEMPERATURE_CALIBRATION


@pytest.fixture(scope="module")
def overconfident():
    """True probabilities, and the same sharpened."""
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(3), size=3000)
    codes = np.array([rng.choice(3, p=row) for row in truth])
    sharp = truth**3
    return truth, codes, sharp / sharp.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("method", METHODS)
def test_an_overconfident_teacher_is_mended(overconfident, method):
    truth, codes, sharp = overconfident
    mended, _ = calibrate(sharp, codes, method=method, margins=False, random_state=0)
    np.testing.assert_allclose(mended.sum(axis=1), 1)
    gap = ((mended - truth) ** 2).sum(axis=1).mean()
    assert gap < 0.4 * ((sharp - truth) ** 2).sum(axis=1).mean()


@pytest.mark.parametrize("method", METHODS)
def test_a_rows_own_label_does_not_move_it(overconfident, method):
    """Changing the label of one row changes the maps of other rows only."""
    _, codes, sharp = overconfident
    sharp, codes = sharp[:200], codes[:200]
    options = {"method": method, "margins": False, "random_state": 0}
    before, _ = calibrate(sharp, codes, **options)
    changed = codes.copy()
    changed[17] = (changed[17] + 1) % 3
    after, _ = calibrate(sharp, changed, **options)
    np.testing.assert_array_equal(before[17], after[17])
    assert not np.array_equal(before, after)


def test_rows_without_a_teacher_stay_nan(overconfident):
    _, codes, sharp = overconfident
    sharp = sharp.copy()
    sharp[:10] = np.nan
    mended, _ = calibrate(sharp, codes, method="sigmoid", margins=False)
    assert np.isnan(mended[:10]).all()
    assert np.isfinite(mended[10:]).all()


def test_a_class_the_map_did_not_see_keeps_its_probability():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), size=50)
    codes = rng.integers(0, 2, 50)
    codes[7] = 2  # one row: the map that calibrates it never saw class 2
    mended, _ = calibrate(proba, codes, method="isotonic", margins=False)
    np.testing.assert_allclose(mended[7, 2], proba[7, 2])
    np.testing.assert_allclose(mended.sum(axis=1), 1)


@pytest.mark.parametrize("method", METHODS)
def test_margins_become_probabilities(toy, method):
    X, y = toy
    fit = cross_fit_proba(
        LinearSVC(), X, y, calibration=method, random_state=0, X_unlabeled=X[:4]
    )
    reference = cross_fit_proba(LogisticRegression(), X, y, random_state=0)
    np.testing.assert_allclose(fit.proba.sum(axis=1), 1)
    np.testing.assert_allclose(fit.unlabeled_proba.sum(axis=1), 1)
    slack = 0.6 if method == "isotonic" else 0.1  # its zeros are expensive
    assert log_loss(y, fit.proba) < log_loss(y, reference.proba) + slack


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("teacher", "n_classes"), [(LinearSVC(), 2), (GaussianNB(), 2), (GaussianNB(), 3)]
)
def test_maps_are_those_scikit_learn_fits_to_a_frozen_teacher(
    toy, teacher, n_classes, method
):
    """Decision values are handed over as they were, not as their logistic function."""
    X, y = toy
    X, y = X[y < str(n_classes)], y[y < str(n_classes)]
    teacher.fit(X, y)
    proba, _ = raw_proba(teacher, X)
    _, mended = calibrate(
        proba,
        y.astype(int),
        method=method,
        margins=isinstance(teacher, LinearSVC),
        unlabeled_proba=proba,
    )
    own = CalibratedClassifierCV(FrozenEstimator(teacher), method=method).fit(X, y)
    np.testing.assert_allclose(mended, own.predict_proba(X), atol=1e-6)


def test_rows_of_zeros_become_uniform():
    found = _renormalised(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 2.0]]))
    np.testing.assert_allclose(found, [[1 / 3] * 3, [0.25, 0.25, 0.5]])


def test_weights_reach_the_calibrator(overconfident):
    _, codes, sharp = overconfident
    weight = np.where(codes == 0, 5.0, 1.0)
    options = {"method": "sigmoid", "margins": False, "random_state": 0}
    plain, _ = calibrate(sharp, codes, **options)
    weighted, _ = calibrate(sharp, codes, sample_weight=weight, **options)
    assert weighted[:, 0].mean() > plain[:, 0].mean() + 0.1


def test_weights_are_calibrated_with_routing_switched_on_as_without(toy):
    X, y = toy
    cv = [(np.arange(120), np.arange(120, 240)), (np.arange(120, 240), np.arange(120))]
    options = {"cv": cv, "calibration": "sigmoid", "random_state": 0}
    options["sample_weight"] = np.where(y == "0", 5.0, 1.0)
    plain = cross_fit_proba(GaussianNB(), X, y, **options)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_fit_proba(GaussianNB(), X, y, **options)
    np.testing.assert_array_equal(routed.proba, plain.proba)


def test_an_unknown_method_is_refused(toy):
    X, y = toy
    with pytest.raises(ValueError, match="calibration must be None or one of"):
        cross_fit_proba(RandomForestClassifier(), X, y, calibration="beta")


def test_temperature_needs_a_scikit_learn_that_has_it(toy, monkeypatch):
    from skdistill.crossfit import _calibration

    monkeypatch.setattr(_calibration, "HAS_TEMPERATURE_CALIBRATION", False)
    X, y = toy
    with pytest.raises(ValueError, match="'sigmoid' or 'isotonic' with scikit-learn"):
        cross_fit_proba(RandomForestClassifier(), X, y, calibration="temperature")
