"""Teachers that get worse with more rows are not judged by those of fewer."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.crossfit import label_losses
from skdistill.estimators._candidates import Candidate
from skdistill.estimators._drift import Drifts
from skdistill.estimators._several import Fitted, best_of
from skdistill.targets import LabelSmoothing, Temperature

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)


class Fragile(ClassifierMixin, BaseEstimator):
    """A forest that turns its probabilities round above so many rows."""

    def __init__(self, most=150):
        self.most = most

    def fit(self, X, y):
        self.forest_ = RandomForestClassifier(20, random_state=0).fit(X, y)
        self.classes_ = self.forest_.classes_
        self.broken_ = len(y) > self.most
        return self

    def predict_proba(self, X):
        proba = self.forest_.predict_proba(X)
        return proba[:, ::-1] if self.broken_ else proba


def fitted(teacher, X, y, student=TREE, **params):
    distiller = CrossFitDistiller(
        teacher, student, calibration=None, random_state=0, **params
    )
    return distiller.fit(X, y)


def test_labels_are_kept_where_only_the_judging_teachers_are_good(toy):
    """Of 240 rows five folds fit 192, those that judge fit 107."""
    X, y = toy
    assert fitted(Fragile(most=1000), X, y, correction=None).alpha_ > 0
    distiller = fitted(Fragile(most=150), X, y, correction=None)
    labels, *taught = distiller.selection_
    assert labels.penalty == 0
    assert all(one.penalty > 0 for one in taught)
    assert max(one.gain for one in taught) > 0
    assert distiller.alpha_ == 0
    *plain, synthetic = taught
    assert synthetic.synthetic
    assert synthetic.alpha == min(plain, key=lambda one: one.expected).alpha
    verdict = distiller.report(X, y).verdict
    assert "teachers that label all rows are worse by" in verdict


def codes_of(y):
    return np.unique(y, return_inverse=True)[1]


def by_hand(distiller, y):
    """Mean over rows, each counted once, of teachers' losses, main minus judging."""
    losses = label_losses(distiller.teacher_proba_, codes_of(y))
    sums, counts = np.zeros(len(y)), np.zeros(len(y))
    for one in distiller._trials:
        own = label_losses(one.crossfit.proba, codes_of(y)[one.train])
        sums[one.train] += losses[one.train] - own
        counts[one.train] += 1
    return sums / counts


def test_the_penalty_is_what_the_teachers_lose_times_alpha(toy):
    X, y = toy
    distiller = fitted(Fragile(most=150), X, y, synthetic=False)
    drift = by_hand(distiller, y)
    for one in distiller.selection_:
        assert_allclose(one.penalty, one.alpha * drift.mean())
        assert_allclose(one.expected, one.log_loss + one.penalty)


def test_what_does_not_look_at_the_teacher_pays_nothing(toy):
    X, y = toy
    distiller = fitted(Fragile(most=150), X, y, target=LabelSmoothing(0.2))
    assert {one.penalty for one in distiller.selection_} == {0.0}
    warm = fitted(Fragile(most=150), X, y, target=Temperature(4.0))
    bare = fitted(Fragile(most=150), X, y)
    assert 0 < warm.selection_[3].penalty < bare.selection_[3].penalty


@pytest.mark.parametrize("many", [False, True])
def test_drift_follows_the_rows_that_students_learn_from(toy, many, monkeypatch):
    if many:
        monkeypatch.setattr("skdistill.estimators._trials.SMALL", 100)
    X, y = toy
    distiller = fitted(Fragile(most=100 if many else 150), X, y)
    for trial in distiller._trials:
        assert_array_equal(trial.whole, distiller.teacher_proba_[trial.train])
        assert len(trial.whole) == len(trial.crossfit.proba)
    assert distiller.selection_[-1].penalty > 0


def test_better_teachers_of_more_rows_are_no_merit(toy):
    X, y = toy
    forest = RandomForestClassifier(20, random_state=0)
    assert {one.penalty for one in fitted(forest, X, y).selection_} == {0.0}


def test_rows_without_weight_do_not_count(toy):
    X, y = toy
    distiller = fitted(Fragile(most=150), X, y)
    problem, trials = distiller._training_data(), distiller._trials
    teacher = Candidate(1.0, None)
    assert Drifts(problem, trials, ()).penalty(teacher, 1.5) > 0
    weight = (by_hand(distiller, y) < -0.1).astype(float)
    assert 0 < weight.sum() < len(y)
    routed = replace(problem.routed, student_weight=weight)
    weighted = replace(problem, routed=routed)
    assert Drifts(weighted, trials, ()).penalty(teacher, 1.5) == 0


def test_rows_that_no_teacher_labelled_do_not_count(toy):
    X, y = toy
    distiller = fitted(Fragile(most=150), X, y)
    problem, trials = distiller._training_data(), distiller._trials
    drift = by_hand(distiller, y)
    gone = np.arange(0, len(y), 3)
    blank = []
    for one in trials:
        whole = one.whole.copy()
        whole[np.isin(one.train, gone)] = np.nan
        blank.append(replace(one, whole=whole))
    found = Drifts(problem, blank, ()).penalty(Candidate(1.0, None), 1.5)
    assert_allclose(found, np.delete(drift, gone).mean())


def test_of_a_list_the_student_that_is_expected_to_be_better_is_kept():
    def fit(loss, penalty):
        candidate = Candidate(1.0, None, log_loss=loss, penalty=penalty)
        settings = SimpleNamespace(alpha=1.0, correction=None, synthetic=False)
        return Fitted(None, None, settings, (candidate,), None)

    fits = [fit(0.3, 0.2), fit(0.4, 0.0)]
    assert best_of(fits) is fits[1]
