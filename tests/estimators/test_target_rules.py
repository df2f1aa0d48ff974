"""Target rules in the distillers: without a teacher, in a search, in a refit."""

import numpy as np
import pytest
from counting import Counting, fits
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.estimators import _base
from skdistill.targets import (
    ClassSimilarity,
    LabelSmoothing,
    LossCorrection,
    PartialTeacher,
    Temperature,
    TopK,
    needs_teacher,
)

LOGISTIC = LogisticRegression()
VECTORS = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
ALONE = (
    LabelSmoothing(0.2),
    ClassSimilarity(vectors=VECTORS),
    [LabelSmoothing(0.2), TopK(2)],
    [Temperature(2), LabelSmoothing(0.2)],
)
TAUGHT = (
    Temperature(2),
    PartialTeacher("uniform", LabelSmoothing()),
    PartialTeacher(spread=ClassSimilarity(0.5)),
    ClassSimilarity(),
    TopK(2, keep_label=True),
    [Temperature(2), TopK(2)],
)


@pytest.fixture
def forest(monkeypatch):
    """Counts the fits of the default teacher."""
    counted = []

    class Counted(RandomForestClassifier):
        def fit(self, X, y, sample_weight=None):
            counted.append(len(y))
            return super().fit(X, y, sample_weight)

    monkeypatch.setattr(_base, "RandomForestClassifier", lambda: Counted(3))
    return counted


@pytest.mark.parametrize("target", [*ALONE, *TAUGHT, None, [], LossCorrection()])
def test_a_chain_needs_no_teacher_once_a_rule_does_not_look(target):
    assert needs_teacher(target) is not any(target is one for one in ALONE)


@pytest.mark.parametrize("target", ALONE)
@pytest.mark.parametrize(
    "distiller",
    [
        DistilledClassifier(None, LOGISTIC, random_state=0),
        CrossFitDistiller(None, LOGISTIC, random_state=0),
        CrossFitDistiller(
            None, [LOGISTIC, DecisionTreeClassifier(max_depth=3)], random_state=0
        ),
    ],
)
def test_rules_alone_fit_no_teacher(toy, forest, distiller, target):
    X, y = toy
    fitted = clone(distiller).set_params(target=target).fit(X, y)
    assert forest == []
    assert fitted.crossfit_.source == "none"
    np.testing.assert_array_equal(fitted.teacher_proba_, np.full((240, 3), 1 / 3))
    assert all(one.nested for one in fitted.selection_)


def test_other_rules_fit_the_default_teacher(toy, forest):
    X, y = toy
    DistilledClassifier(None, LOGISTIC, target=TopK(1)).fit(X, y)
    assert forest == [240]
    CrossFitDistiller(None, LOGISTIC, alpha=1.0, correction=None).fit(X, y)
    assert len(forest) == 6


def test_a_teacher_that_was_given_is_fitted(toy, tmp_path):
    X, y = toy
    distiller = DistilledClassifier(Counting(tmp_path), LOGISTIC)
    distiller.set_params(target=LabelSmoothing()).fit(X, y)
    assert fits(tmp_path) == 1


@pytest.mark.parametrize("target", ALONE)
def test_without_a_teacher_the_student_is_the_same(toy, target):
    X, y = toy
    mine = DistilledClassifier(None, LOGISTIC, target=target).fit(X, y)
    taught = clone(mine).set_params(teacher=RandomForestClassifier(3)).fit(X, y)
    np.testing.assert_array_equal(mine.targets_, taught.targets_)
    np.testing.assert_array_equal(mine.student_.coef_, taught.student_.coef_)


def test_rare_classes_raise_no_warning_of_a_shift(toy):
    X, y = toy
    rows = np.r_[np.flatnonzero(y == "0"), np.flatnonzero(y != "0")[:20]].repeat(5)
    DistilledClassifier(None, LOGISTIC, target=LabelSmoothing()).fit(X[rows], y[rows])


def test_alpha_is_chosen_without_a_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        None, LOGISTIC, target=LabelSmoothing(0.9), random_state=0
    )
    distiller.fit(X, y)
    assert len(distiller.selection_) == 6
    assert distiller.alpha_ == 0


def test_weights_and_unlabelled_rows_without_a_teacher(toy):
    X, y = toy

    def flat(P, y):
        return np.full_like(P, 1 / P.shape[1])

    flat.needs_teacher = flat.needs_labels = False
    distiller = DistilledClassifier(None, LOGISTIC, target=flat)
    weight = np.r_[np.ones(200), np.zeros(40)]
    distiller.fit(X, y, weight, X_unlabeled=X[:50])
    assert np.abs(distiller.student_.coef_).max() < 1e-6
    assert distiller.crossfit_.unlabeled_proba.shape == (50, 3)


def test_what_a_teacher_would_need_is_refused_without_one(toy):
    X, y = toy
    distiller = CrossFitDistiller(None, LOGISTIC, target=LabelSmoothing())
    with pytest.raises(ValueError, match="calibration must be None when teacher is No"):
        clone(distiller).set_params(calibration="sigmoid").fit(X, y)
    with pytest.raises(ValueError, match="teacher must be a classifier or a list"):
        clone(distiller).set_params(teacher=[]).fit(X, y)


def test_a_teacher_that_was_not_asked_cannot_be_used_later(toy):
    X, y = toy
    distiller = DistilledClassifier(None, LOGISTIC, target=LabelSmoothing()).fit(X, y)
    with pytest.raises(ValueError, match="target must need no teacher for refit_stud"):
        distiller.refit_student(target=TopK(1))
    assert distiller.target == LabelSmoothing()
    distiller.refit_student(target=LabelSmoothing(0.4))
    assert distiller.targets_.max() == pytest.approx(0.6 + 0.4 / 3)


@pytest.mark.parametrize("target", TAUGHT)
def test_a_refit_changes_the_rule_without_the_teacher(toy, tmp_path, target):
    X, y = toy
    distiller = CrossFitDistiller(
        Counting(tmp_path), LOGISTIC, cv=3, alpha=1.0, correction=None, random_state=0
    ).fit(X, y)
    n_fits = fits(tmp_path)
    assert n_fits == 3
    distiller.refit_student(target=target)
    whole = clone(distiller).fit(X, y)
    assert fits(tmp_path) == 2 * n_fits
    np.testing.assert_array_equal(distiller.targets_, whole.targets_)
    np.testing.assert_array_equal(distiller.student_.coef_, whole.student_.coef_)


def test_a_grid_of_rules(toy):
    X, y = toy
    targets = [LabelSmoothing(0.1), TopK(2), [Temperature(2), TopK(1)], TAUGHT[2]]
    distiller = DistilledClassifier(
        RandomForestClassifier(5, min_samples_leaf=5), LOGISTIC, random_state=0
    )
    search = GridSearchCV(
        distiller,
        {"target": targets},
        cv=3,
        scoring="neg_log_loss",
        error_score="raise",
    ).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores.tolist())) == 4
    best = targets[int(np.argmax(scores))]
    assert search.best_params_["target"] == best
    assert search.best_estimator_.target == best


def test_a_grid_over_the_parameters_of_a_rule(toy):
    X, y = toy
    distiller = DistilledClassifier(None, LOGISTIC, target=LabelSmoothing())
    search = GridSearchCV(
        distiller, {"target__eps": [0.05, 0.9]}, cv=3, scoring="neg_log_loss"
    ).fit(X, y)
    assert search.best_estimator_.target == LabelSmoothing(0.05)


def test_parameters_of_a_rule_are_reached_by_name():
    distiller = CrossFitDistiller(target=TopK(2))
    assert distiller.get_params()["target__keep_label"] is False
    assert "target__k" not in distiller.get_params(deep=False)
    assert distiller.set_params(target__k=3).target == TopK(3)
    distiller.set_params(target=LabelSmoothing(), target__eps=0.3)
    assert distiller.target == LabelSmoothing(0.3)


def test_a_refit_reaches_the_parameters_of_a_rule(toy):
    X, y = toy
    distiller = DistilledClassifier(None, LOGISTIC, target=LabelSmoothing()).fit(X, y)
    distiller.refit_student(target__eps=0.4)
    assert distiller.target == LabelSmoothing(0.4)
    distiller.refit_student(target=ClassSimilarity(vectors=VECTORS), target__mix=0.1)
    assert distiller.target.mix == 0.1
    distiller.refit_student(target=LabelSmoothing(0.4))
    with pytest.raises(ValueError, match="eps must be a number"):
        distiller.refit_student(target__eps=2.0)
    assert distiller.target == LabelSmoothing(0.4)


@pytest.mark.parametrize("target", [TopK(2), [LabelSmoothing()], None])
def test_other_rules_have_no_such_parameters(target):
    with pytest.raises(ValueError, match="target__eps must be a parameter of the rule"):
        DistilledClassifier(target=target).set_params(target__eps=0.1)


def test_too_many_classes_are_refused_before_the_teacher_is_fitted(toy, tmp_path):
    X, y = toy
    with pytest.raises(ValueError, match="k must be at most the number of classes, 3"):
        DistilledClassifier(Counting(tmp_path), LOGISTIC, target=TopK(4)).fit(X, y)
    assert fits(tmp_path) == 0
