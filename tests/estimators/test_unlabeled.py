"""Rows without labels: who may learn from them, and with which weight."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import CoverageWarning
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LabelSmoothing

TEACHER = RandomForestClassifier(5, random_state=0)
PLAIN = {"alpha": 1.0, "correction": None}
BOTH = pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])


@BOTH
def test_a_student_without_weights_learns_from_them_at_alpha_one_only(toy, kind):
    """Below 1 unlabelled rows weigh less than the others."""
    X, y = toy
    distiller = kind(TEACHER, KNeighborsRegressor(), **PLAIN)
    distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])
    assert distiller.student_.n_samples_fit_ == 240
    distiller.set_params(alpha=0.5).fit(X[:99], y[:99])
    assert distiller.student_.n_samples_fit_ == 99
    with pytest.raises(ValueError, match="student must accept sample_weight"):
        distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])


@BOTH
def test_rules_that_need_labels_are_fine_without_them(toy, kind):
    X, y = toy
    distiller = kind(TEACHER, DecisionTreeRegressor(), target=LabelSmoothing(), **PLAIN)
    smooth = 0.9 * np.eye(3)[y.astype(int)] + 0.1 / 3
    np.testing.assert_allclose(distiller.fit(X, y).targets_, smooth)


@BOTH
def test_a_users_rule_is_trusted_to_need_no_labels(toy, kind):
    X, y = toy
    distiller = kind(
        TEACHER, LinearRegression(), target=lambda proba, y: proba**2, **PLAIN
    )
    distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])
    np.testing.assert_allclose(distiller.targets_, distiller.teacher_proba_**2)


def test_unlabeled_targets_are_counted_too(toy):
    """On the log scale, probabilities of these rows are floored as well."""
    X, y = toy
    distiller = DistilledClassifier(TEACHER, LinearRegression(), scale="log")
    with pytest.warns(UserWarning, match="raised to a floor"):
        distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])
    record = distiller.crossfit_
    floored = [(p < 1 / 500).sum() for p in (record.proba, record.unlabeled_proba)]
    assert min(floored) > 0
    assert record.n_clipped == sum(floored)


def test_unlabeled_rows_weigh_alpha_times_the_mean_of_the_others(toy):
    X, y = toy
    weight = np.linspace(0.5, 2, 99)
    student = SoftLogisticRegression(tol=1e-8)
    distiller = DistilledClassifier(
        LogisticRegression(), student, alpha=0.5, correction=None
    ).fit(X[:99], y[:99], sample_weight=weight, X_unlabeled=X[99:])
    values = np.vstack([distiller.targets_, distiller.crossfit_.unlabeled_proba])
    own = SoftLogisticRegression(tol=1e-8)
    own.fit(X, values, sample_weight=np.r_[weight, np.full(141, 0.5 * weight.mean())])
    np.testing.assert_allclose(distiller.student_.coef_, own.coef_, atol=1e-6)


def test_by_default_a_forest_teaches_a_tree_of_32_leaves(toy):
    X, y = toy
    distiller = DistilledClassifier(random_state=0).fit(X, y)
    assert distiller.student_.max_leaf_nodes == 32
    own = RandomForestClassifier(random_state=distiller._problem.seeds[0]).fit(X, y)
    np.testing.assert_allclose(distiller.teacher_proba_, own.predict_proba(X))


def test_weights_may_all_lie_on_rows_that_no_fold_held_out(toy):
    X, y = toy
    weight = np.r_[np.ones(60), np.zeros(180)]
    distiller = CrossFitDistiller(
        GaussianNB(), DecisionTreeRegressor(), cv=TimeSeriesSplit(3), **PLAIN
    )
    with pytest.warns(CoverageWarning, match="60 of 240"):
        distiller.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(distiller.predict(X[:60]), y[:60])
