"""What the parameters of a distiller come to."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import (
    CoverageWarning,
    DistillationWarning,
    MissingClassWarning,
)
from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LossCorrection

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


class Either(SoftLogisticRegression):
    """A native student that minimises either loss, and says which it was given."""

    target_losses = ("cross_entropy", "squared_error")

    def fit_targets(self, X, T, *, loss, sample_weight=None, classes=None):
        self.given_ = loss
        return self

    def predict_proba(self, X):
        return np.full((len(X), 3), 1 / 3)


@pytest.mark.parametrize(
    ("loss", "given"),
    [
        ("auto", CrossEntropy()),
        ("cross_entropy", CrossEntropy()),
        ("squared_error", SquaredError()),
    ],
)
def test_the_student_minimises_the_loss_asked_for(toy, loss, given):
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), Either(), loss=loss).fit(X, y)
    assert distiller.student_.given_ == given


def test_a_correction_by_name_is_on_the_scale_of_the_distiller(toy):
    X, y = toy
    distiller = DistilledClassifier(
        DecisionTreeClassifier(max_depth=2),
        LinearRegression(),
        correction="fast",
        scale="log",
    ).fit(X, y)
    assert distiller.correction_ == LossCorrection("fast", scale="log", per_class=True)


def test_auto_is_named_where_it_is_allowed(toy):
    X, y = toy
    with pytest.raises(ValueError, match=r"in \[0, 1\] or 'auto', got 'all'"):
        CrossFitDistiller(alpha="all").fit(X, y)
    with pytest.raises(ValueError, match=r"in \[0, 1\], got 'all'"):
        DistilledClassifier(alpha="all").fit(X, y)
    with pytest.raises(ValueError, match="'mixed', 'auto', or a LossCorrection"):
        CrossFitDistiller(correction="all").fit(X, y)
    with pytest.raises(ValueError, match="'mixed', or a LossCorrection"):
        DistilledClassifier(correction="all").fit(X, y)


@pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])
def test_weights_may_leave_exactly_two_classes(toy, kind):
    X, y = toy
    weight = (y != "1").astype(float)
    student = DecisionTreeRegressor(max_depth=3)
    distiller = kind(TREE, student, alpha=0.5, correction=None)
    proba = distiller.fit(X, y, sample_weight=weight).predict_proba(X)
    assert proba.shape == (240, 3)
    assert proba[:, 1].mean() < 0.1


def test_plain_distillation_has_no_splitter_to_route_to():
    names = DistilledClassifier(GaussianNB(), TREE).get_metadata_routing()._serialize()
    assert {"teacher", "student"} <= set(names)
    assert "splitter" not in names


def test_unlabelled_targets_are_made_by_the_same_rules(toy):
    """With a rule that returns uniform rows, unlabelled rows are uniform as well."""
    X, y = toy
    distiller = DistilledClassifier(
        GaussianNB(),
        DecisionTreeRegressor(),
        target=lambda proba, y: np.full_like(proba, 1 / 3),
    ).fit(X[:99], y[:99], X_unlabeled=X[99:])
    np.testing.assert_allclose(distiller.student_.predict(X), 1 / 3)


def test_a_given_alpha_stays_where_corrections_cannot_be_compared(binary):
    """The only fold trains on one class."""
    X, y = binary
    rows = np.r_[np.flatnonzero(y == 0)[:20], np.flatnonzero(y == 1)[:1]]
    cv = [(np.arange(20), np.array([20]))]
    distiller = CrossFitDistiller(GaussianNB(), TREE, cv=cv, alpha=0.7)
    with pytest.warns(MissingClassWarning), pytest.warns(CoverageWarning):
        distiller.fit(X[rows], y[rows])
    assert (distiller.alpha_, distiller.correction_) == (0.7, None)


def test_groups_reach_the_splitter_that_compares_given_probabilities(toy):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    distiller = CrossFitDistiller(student=TREE, cv=GroupKFold(3), random_state=0)
    distiller.fit(X, y, teacher_proba=proba, groups=np.repeat(np.arange(24), 10))
    assert len(distiller.selection_[0].fold_log_losses) == 3


def test_a_fold_without_a_known_label_is_not_scored(toy):
    X, y = toy
    alone, others = np.flatnonzero(y == "2"), np.flatnonzero(y != "2")
    cv = [(others, alone), (np.r_[others[::2], alone], others[1::2])]
    distiller = CrossFitDistiller(TREE, TREE, cv=cv, alpha="auto", correction=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistillationWarning)
        distiller.fit(X, y)
    for candidate in distiller.selection_:
        first, second = candidate.fold_log_losses
        assert np.isnan(first)
        assert candidate.log_loss == second
