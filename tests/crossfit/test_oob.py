"""Out-of-bag probabilities: cross-fitting for the price of one fit."""

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdistill import cross_fit_proba
from skdistill.exceptions import CoverageWarning, MissingClassWarning


@pytest.mark.parametrize(
    "teacher",
    [
        RandomForestClassifier(60),
        ExtraTreesClassifier(60, bootstrap=True),
        BaggingClassifier(n_estimators=60),
        BaggingClassifier(LogisticRegression(), n_estimators=60),
    ],
)
def test_out_of_bag_votes_are_the_probabilities(toy, teacher):
    X, y = toy
    fit = cross_fit_proba(
        teacher, X, y, cv="oob", random_state=0, keep_teachers=True, X_unlabeled=X[:5]
    )
    (fitted,) = fit.teachers
    np.testing.assert_allclose(fit.proba, fitted.oob_decision_function_)
    np.testing.assert_allclose(fit.unlabeled_proba, fitted.predict_proba(X[:5]))
    assert fit.source == "oob"
    assert fit.splits == ()
    assert len(fit.scores) == 1


def test_no_row_is_labelled_by_a_tree_that_saw_it(toy):
    """Labels are noise: honest votes know nothing about them, in-sample ones all."""
    X, _ = toy
    y = np.random.default_rng(0).integers(0, 2, len(X))
    fit = cross_fit_proba(RandomForestClassifier(100), X, y, cv="oob", random_state=0)
    assert 0.4 < (fit.proba.argmax(axis=1) == y).mean() < 0.6


def test_repeats_average_several_forests(toy):
    X, y = toy
    fit = cross_fit_proba(
        RandomForestClassifier(60), X, y, cv="oob", n_repeats=2, random_state=0
    )
    assert (fit.coverage == 2).all()
    assert fit.spread.max() > 0


def test_rows_without_votes_are_nan_and_warned_about(toy):
    X, y = toy
    with pytest.warns(CoverageWarning, match="labelled by no teacher"):
        fit = cross_fit_proba(RandomForestClassifier(2), X, y, cv="oob", random_state=0)
    assert fit.n_uncovered == (fit.coverage == 0).sum() > 0
    assert np.isnan(fit.proba[fit.coverage == 0]).all()


def test_a_class_with_one_row_gets_the_prior_in_that_row(toy):
    X, y = toy
    y = y.copy()
    y[11] = "zebra"[:1]
    with pytest.warns(MissingClassWarning, match=r"'z' \(1 rows\)"):
        fit = cross_fit_proba(
            RandomForestClassifier(60), X, y, cv="oob", random_state=0
        )
    assert fit.filled == (("z", 1),)
    assert fit.proba[11, 3] == pytest.approx(1 / (240 + 4))
    np.testing.assert_allclose(fit.proba.sum(axis=1), 1)
    with pytest.raises(ValueError, match="missing_class must be 'prior'"):
        cross_fit_proba(
            RandomForestClassifier(60), X, y, cv="oob", missing_class="error"
        )


def test_the_store_keeps_the_votes(toy, tmp_path):
    X, y = toy
    options = {"cv": "oob", "random_state": 0}
    teacher = RandomForestClassifier(60)
    first = cross_fit_proba(teacher, X, y, memory=tmp_path, **options)
    again = cross_fit_proba(teacher, X, y, memory=tmp_path, **options)
    plain = cross_fit_proba(teacher, X, y, **options)
    np.testing.assert_array_equal(first.proba, again.proba)
    np.testing.assert_array_equal(first.proba, plain.proba)
    assert first.fit_seconds == again.fit_seconds  # read, not measured anew


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (LogisticRegression(), "bagging ensemble with oob_score.*LogisticRegression"),
        (GradientBoostingClassifier(), "bagging ensemble with oob_score"),
        (
            make_pipeline(StandardScaler(), RandomForestClassifier()),
            "bagging ensemble with oob_score for cv='oob', got Pipeline",
        ),
        (ExtraTreesClassifier(), "must have bootstrap=True for cv='oob'"),
    ],
)
def test_teachers_without_out_of_bag_rows_are_refused(toy, teacher, message):
    X, y = toy
    with pytest.raises(ValueError, match=message):
        cross_fit_proba(teacher, X, y, cv="oob")


def test_groups_are_refused_out_of_bag(toy):
    X, y = toy
    with pytest.raises(ValueError, match="cv must be an int or a splitter when groups"):
        cross_fit_proba(RandomForestClassifier(), X, y, cv="oob", groups=np.arange(240))
