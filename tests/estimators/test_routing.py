"""Metadata routing: weights, groups and probabilities, sliced by outer folds too."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier

PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what its fit was given."""

    given: list = []  # noqa: RUF012

    def fit(self, X, y, sample_weight=None, colour=None):
        self.classes_ = np.unique(y)
        self.given.append((len(X), sample_weight, colour))
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


class Student(Recorder):
    """Heeds its weights, or it would be refused."""

    def fit(self, X, y, sample_weight=None, colour=None):
        super().fit(X, y, sample_weight, colour)
        weight = np.ones(len(X)) if sample_weight is None else sample_weight
        mass = [weight[y == label].sum() for label in self.classes_]
        self.shares_ = np.array(mass) / weight.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))


@pytest.fixture
def routing():
    Recorder.given.clear()
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_each_part_gets_what_it_requested(toy):
    X, y = toy
    weight, colour = np.arange(240.0) + 1, np.arange(240)
    teacher = Recorder().set_fit_request(sample_weight=False, colour=True)
    student = LogisticRegression().set_fit_request(sample_weight=True)
    cv = list(StratifiedKFold(3).split(X, y))
    half = {**PLAIN, "alpha": 0.5}  # the recorder is uniform: labels must count too
    distiller = CrossFitDistiller(teacher, student, cv=cv, **half)
    distiller.fit(X, y, sample_weight=weight, colour=colour)
    for (train, _), (n_rows, given, colours) in zip(cv, Recorder.given, strict=True):
        assert n_rows == len(train)
        assert given is None
        np.testing.assert_array_equal(colours, colour[train])
    unweighted = CrossFitDistiller(teacher, student, cv=cv, **half).fit(X, y)
    assert not np.allclose(distiller.student_.coef_, unweighted.student_.coef_)


@pytest.mark.usefixtures("routing")
def test_weights_for_the_teacher_alone(toy):
    X, y = toy
    weight = np.arange(240.0) + 1
    cv = list(StratifiedKFold(3).split(X, y))
    teacher = Recorder().set_fit_request(sample_weight=True)
    student = LogisticRegression().set_fit_request(sample_weight=False)
    half = {**PLAIN, "alpha": 0.5}  # the recorder is uniform: labels must count too
    weighted = CrossFitDistiller(teacher, student, cv=cv, **half)
    weighted.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(Recorder.given[0][1], weight[cv[0][0]])
    plain = CrossFitDistiller(teacher, student, cv=cv, **half).fit(X, y)
    np.testing.assert_array_equal(weighted.student_.coef_, plain.student_.coef_)


@pytest.mark.usefixtures("routing")
def test_weights_inside_pipelines_are_routed_by_the_pipeline(toy):
    X, y = toy
    weight = np.where(y == "0", 30.0, 1.0)
    last = LogisticRegression().set_fit_request(sample_weight=True)
    teacher = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), last)
    student = DecisionTreeClassifier().set_fit_request(sample_weight=False)
    cv = list(StratifiedKFold(3).split(X, y))
    weighted = CrossFitDistiller(teacher, student, cv=cv, **PLAIN)
    weighted.fit(X, y, sample_weight=weight)
    plain = CrossFitDistiller(teacher, student, cv=cv, **PLAIN).fit(X, y)
    gap = weighted.teacher_proba_[:, 0].mean() - plain.teacher_proba_[:, 0].mean()
    assert gap > 0.1


@pytest.mark.usefixtures("routing")
def test_what_nobody_requested_is_refused_as_scikit_learn_does(toy):
    X, y = toy
    distiller = CrossFitDistiller(Recorder(), DecisionTreeClassifier(), **PLAIN)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        distiller.fit(X, y, sample_weight=np.ones(240))
    with pytest.raises(TypeError, match="taste"):
        distiller.fit(X, y, taste=np.ones(240))


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("cv", [GroupKFold(3), 3])
def test_groups_reach_the_splitter(toy, cv):
    X, y = toy
    groups = np.repeat(np.arange(24), 10)
    distiller = CrossFitDistiller(Recorder(), DecisionTreeClassifier(), cv=cv, **PLAIN)
    distiller.fit(X, y, groups=groups)
    for train, test in distiller.crossfit_.splits:
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.usefixtures("routing")
def test_several_teachers_each_get_theirs(toy):
    X, y = toy
    weight = np.arange(240.0)
    teachers = [
        Recorder().set_fit_request(sample_weight=True),
        Recorder().set_fit_request(sample_weight=False),
    ]
    student = DecisionTreeClassifier().set_fit_request(sample_weight=False)
    DistilledClassifier(teachers, student).fit(X, y, sample_weight=weight)
    assert [given is None for _, given, _ in Recorder.given] == [False, True]


@pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])
def test_outer_folds_slice_the_users_probabilities(toy, kind):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    outer = list(StratifiedKFold(3).split(X, y))
    student = DecisionTreeClassifier(random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        distiller = kind(None, student, **PLAIN).set_fit_request(teacher_proba=True)
        result = cross_validate(
            distiller,
            X,
            y,
            cv=outer,
            params={"teacher_proba": proba},
            return_estimator=True,
            error_score="raise",
        )
    for (train, _), fitted in zip(outer, result["estimator"], strict=True):
        np.testing.assert_allclose(fitted.targets_, proba[train], rtol=1e-12)


def test_outer_folds_slice_probabilities_without_routing(toy):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    outer = list(StratifiedKFold(3).split(X, y))
    result = cross_validate(
        CrossFitDistiller(None, DecisionTreeClassifier(), **PLAIN),
        X,
        y,
        cv=outer,
        params={"teacher_proba": proba},
        return_estimator=True,
        error_score="raise",
    )
    fitted = result["estimator"][0]
    np.testing.assert_allclose(fitted.targets_, proba[outer[0][0]], rtol=1e-12)


def test_the_router_names_teacher_student_and_splitter():
    distiller = CrossFitDistiller(RandomForestClassifier(), DecisionTreeClassifier())
    assert {"teacher", "student", "splitter"} <= set(
        distiller.get_metadata_routing()._serialize()
    )


def test_calibration_works_with_routing_switched_on(toy):
    X, y = toy
    with sklearn.config_context(enable_metadata_routing=True):
        distiller = CrossFitDistiller(
            RandomForestClassifier(5),
            DecisionTreeClassifier(),
            calibration="sigmoid",
            **PLAIN,
        )
        assert distiller.fit(X, y).score(X, y) > 0.5


@pytest.mark.usefixtures("routing")
def test_arguments_of_the_student_have_no_values_for_unlabeled_rows(toy):
    X, y = toy
    student = Student().set_fit_request(colour=True, sample_weight=False)
    distiller = CrossFitDistiller(RandomForestClassifier(3), student, **PLAIN)
    with pytest.raises(
        ValueError, match=r"X_unlabeled must be None .* got \['colour'\]"
    ):
        distiller.fit(X, y, colour=np.arange(240), X_unlabeled=X)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_arguments_follow_the_rows_of_the_student(toy, alpha):
    X, y = toy
    student = Student().set_fit_request(colour=True, sample_weight=False)
    distiller = CrossFitDistiller(
        RandomForestClassifier(3), student, alpha=alpha, correction=None
    ).fit(X, y, colour=np.arange(240))
    n_rows, _, colour = distiller.student_.given[-1]
    assert len(colour) == n_rows
    assert set(colour) == set(range(240))
