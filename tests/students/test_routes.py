"""Which route a learner gets, and what it is refused for."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
)

from skdistill.students import SoftLogisticRegression, find_route

ROUTES = [
    (SoftLogisticRegression(), "native"),
    (LogisticRegression(), "linear"),
    (LogisticRegression(C=np.inf), "linear"),
    (LogisticRegression(solver="newton-cholesky"), "linear"),
    (LogisticRegression(solver="liblinear"), "expansion"),
    (LogisticRegression(solver="saga", l1_ratio=0.5), "linear"),
    (DecisionTreeClassifier(), "tree"),
    (DecisionTreeClassifier(criterion="entropy"), "expansion"),
    (ExtraTreeClassifier(), "tree"),
    (RandomForestClassifier(), "tree"),
    (RandomForestClassifier(criterion="log_loss"), "expansion"),
    (ExtraTreesClassifier(), "tree"),
    (BaggingClassifier(), "expansion"),
    (GaussianNB(), "expansion"),
    (DecisionTreeRegressor(), "regression"),
    (RandomForestRegressor(), "regression"),
    (GradientBoostingRegressor(), "regression"),
    (KNeighborsRegressor(), "regression"),
    (make_pipeline(StandardScaler(), LogisticRegression()), "linear"),
    (make_pipeline(StandardScaler(), make_pipeline(Ridge())), "regression"),
]


@pytest.mark.parametrize(("student", "name"), ROUTES)
def test_route_of_a_learner(student, name):
    assert find_route(student).name == name


class NoKind(BaseEstimator):
    def fit(self, X, y):
        return self


class NoProba(ClassifierMixin, BaseEstimator):
    def fit(self, X, y, sample_weight=None):
        return self


@pytest.mark.parametrize(
    ("student", "options", "error", "message"),
    [
        (KNeighborsClassifier(), {}, ValueError, "got KNeighborsClassifier.*regressor"),
        (
            make_pipeline(StandardScaler(), KNeighborsClassifier()),
            {},
            ValueError,
            "student must accept sample_weight or soft targets, got KNeighbors",
        ),
        (NoKind(), {}, ValueError, "classifier or a regressor, got NoKind"),
        (NoProba(), {}, ValueError, "must have predict_proba, got NoProba"),
        (LinearSVC(), {}, ValueError, "must have predict_proba, got LinearSVC"),
        (SVC(), {}, ValueError, "must have predict_proba, got SVC"),
        (
            NuSVC(probability=True),
            {},
            ValueError,
            r"must not calibrate itself.*got NuSVC.*Use SVR, or Calibrated.*NuSVC\(\)",
        ),
        (DecisionTreeClassifier, {}, TypeError, "Pass an instance"),
        ("tree", {}, TypeError, "student must be a scikit-learn.*got 'tree'"),
        (
            make_pipeline(StandardScaler(), "passthrough"),
            {},
            TypeError,
            "student must be a scikit-learn.*got 'passthrough'",
        ),
        (Ridge(), {"loss": "hinge"}, ValueError, "loss must be one of 'auto'"),
        (
            Ridge(),
            {"loss": "cross_entropy"},
            ValueError,
            "loss must be 'squared_error' for the student Ridge.*classifier as student",
        ),
        (
            DecisionTreeClassifier(),
            {"loss": "squared_error"},
            ValueError,
            "loss must be 'cross_entropy'.*Use a regressor",
        ),
        (
            SoftLogisticRegression(),
            {"loss": "squared_error"},
            ValueError,
            "loss must be 'cross_entropy' for the student SoftLogistic",
        ),
        (
            LogisticRegression(),
            {"scale": "log"},
            ValueError,
            "scale must be 'prob' for the student LogisticRegression",
        ),
        (
            DecisionTreeClassifier(),
            {"temperature": 2.0},
            ValueError,
            "temperature must be 1 for the student DecisionTree.*got 2.0.*Temperature",
        ),
        (
            Ridge(),
            {"temperature": 2.0},
            ValueError,
            "temperature must be 1 for the student Ridge",
        ),
        (
            KNeighborsRegressor(),
            {"weighted": True},
            ValueError,
            "must accept sample_weight when rows have weights, got KNeighborsRegr"
            ".*Rows of X_unlabeled have a weight unless alpha is 1",
        ),
        (
            RandomForestClassifier(class_weight="balanced_subsample"),
            {},
            ValueError,
            "got 'balanced_subsample'.*Use 'balanced'",
        ),
        (
            RandomForestClassifier(
                criterion="entropy", class_weight="balanced_subsample"
            ),
            {},
            ValueError,
            "got 'balanced_subsample'.*Use 'balanced'",
        ),
        (
            LogisticRegression(class_weight="balanced"),
            {"temperature": 2.0},
            ValueError,
            "class_weight of the student must be None with a temperature",
        ),
        (
            SoftLogisticRegression(class_weight="balanced"),
            {},
            ValueError,
            "class_weight of the student must be None, because soft targets",
        ),
    ],
)
def test_what_no_route_serves_is_refused_with_the_reason(
    student, options, error, message
):
    with pytest.raises(error, match=message):
        find_route(student, **options)


@pytest.mark.parametrize("student", [LinearRegression(), DecisionTreeRegressor()])
def test_weights_are_fine_where_the_learner_takes_them(student):
    assert find_route(student, weighted=True).name == "regression"


@pytest.mark.parametrize("student", [LogisticRegression(), SoftLogisticRegression()])
def test_a_temperature_is_fine_where_logits_can_be_tempered(student):
    assert find_route(student, temperature=2.0).any_temperature


def test_a_class_weight_is_fine_without_a_temperature():
    student = LogisticRegression(class_weight="balanced")
    assert find_route(student).name == "linear"
