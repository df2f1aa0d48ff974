"""Wrong input is refused before any teacher is fitted: parameter, value, remedy."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.targets import LabelSmoothing, LossCorrection


class Untouchable(ClassifierMixin, BaseEstimator):
    """Fails the test when it is fitted."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("a teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("a teacher was asked")


class NoOutput(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        return self


TREE = DecisionTreeClassifier()
BOTH = pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])


@BOTH
@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"alpha": 1.5}, ValueError, r"alpha must be a number in \[0, 1\], got 1.5"),
        ({"alpha": -0.1}, ValueError, r"alpha must be a number in \[0, 1\]"),
        ({"alpha": np.nan}, ValueError, r"alpha must be a number in \[0, 1\]"),
        ({"alpha": None}, TypeError, r"alpha must be a number in \[0, 1\], got None"),
        ({"alpha": "all"}, ValueError, "alpha must be a number.*got 'all'"),
        ({"temperature": 0}, ValueError, "temperature must be a positive finite"),
        ({"temperature": "2"}, TypeError, "temperature must be a positive finite"),
        ({"temperature": 2.0}, ValueError, "temperature must be 1 for the student"),
        ({"scale": "logit"}, ValueError, "scale must be 'prob' or 'log', got 'logit'"),
        ({"scale": "log"}, ValueError, "scale must be 'prob' for the student"),
        ({"loss": "mse"}, ValueError, "loss must be one of 'auto'.*got 'mse'"),
        ({"target": "soft"}, TypeError, "target must be None, a rule.*got 'soft'"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be None or an int other than 0, got"),
        ({"n_jobs": "2"}, TypeError, "n_jobs must be None or an int.*got '2'"),
        ({"correction": "best"}, ValueError, "correction must be None, one of 'fast'"),
        ({"correction": 0.5}, ValueError, "correction must be None.*got 0.5"),
        (
            {"correction": LossCorrection(scale="log")},
            ValueError,
            "correction must have scale='prob', as the distiller",
        ),
        ({"student": KNeighborsClassifier()}, ValueError, "student must accept sample"),
        ({"student": "tree"}, TypeError, "student must be a scikit-learn"),
        ({"student": RidgeClassifier()}, ValueError, "must have predict_proba"),
    ],
)
def test_parameters_are_refused_before_any_teacher_is_fitted(
    toy, kind, params, error, message
):
    X, y = toy
    with pytest.raises(error, match=message):
        kind(Untouchable(), **{"student": TREE, **params}).fit(X, y)


def test_auto_is_for_the_cross_fitted_one(toy):
    X, y = toy
    with pytest.raises(ValueError, match=r"alpha must be .* \[0, 1\], got 'auto'"):
        DistilledClassifier(Untouchable(), TREE, alpha="auto").fit(X, y)
    with pytest.raises(ValueError, match="correction must be None.*got 'auto'"):
        DistilledClassifier(Untouchable(), TREE, correction="auto").fit(X, y)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"cv": 1}, ValueError, "cv must be at least 2, got 1"),
        ({"cv": "loo"}, ValueError, "cv must be an int, a splitter or 'oob', got 'lo"),
        ({"cv": "oob"}, ValueError, "bagging ensemble with oob_score.*Untouchable"),
        ({"n_repeats": 0}, ValueError, "n_repeats must be a positive int, got 0"),
        ({"calibration": "beta"}, ValueError, "calibration must be None or one of"),
        ({"missing_class": "zero"}, ValueError, "missing_class must be 'prior' or 'e"),
        ({"keep_teachers": "yes"}, TypeError, "keep_teachers must be a bool, got 'yes"),
    ],
)
def test_engine_parameters_are_refused(toy, params, error, message):
    X, y = toy
    with pytest.raises(error, match=message):
        CrossFitDistiller(Untouchable(), TREE, **params).fit(X, y)


@BOTH
@pytest.mark.parametrize(
    ("teacher", "error", "message"),
    [
        (RandomForestClassifier, TypeError, "teacher must be a.*Pass an instance"),
        ("forest", TypeError, "teacher must be a scikit-learn classifier, got 'fo"),
        (Perceptron(), ValueError, "predict_proba, got Perceptron with decision_fu"),
        (
            NoOutput(),
            ValueError,
            "must have predict_proba, got NoOutput.*teacher_proba",
        ),
        (KNeighborsRegressor(), ValueError, "must be a classifier, got KNeighborsRegr"),
        (GaussianMixture(3), ValueError, "must be a classifier, got GaussianMixture"),
        ([], ValueError, "teacher must be a classifier or a list of some, got"),
    ],
)
def test_teachers_without_probabilities_are_refused(toy, kind, teacher, error, message):
    X, y = toy
    # By default decision values are calibrated, where the distiller can.
    raw = {"calibration": None} if kind is CrossFitDistiller else {}
    with pytest.raises(error, match=message):
        kind(teacher, TREE, **raw).fit(X, y)


def test_an_unfitted_frozen_teacher_is_refused(toy):
    X, y = toy
    frozen = FrozenEstimator(RandomForestClassifier())
    with pytest.raises(NotFittedError, match="teacher must be fitted when it is froz"):
        DistilledClassifier(frozen, TREE).fit(X, y)


@pytest.mark.parametrize("wrap", ["frozen", "pipeline", "calibrated", "sticky"])
def test_teachers_that_stay_fitted_cannot_be_cross_fitted(toy, wrap):
    X, y = toy
    fitted = RandomForestClassifier(3).fit(X, y)

    class Sticky(RandomForestClassifier):
        def __sklearn_clone__(self):
            return self

    teacher = {
        "frozen": FrozenEstimator(fitted),
        "pipeline": make_pipeline(StandardScaler(), FrozenEstimator(fitted)),
        "calibrated": CalibratedClassifierCV(FrozenEstimator(fitted)),
        "sticky": Sticky(3).fit(X, y),
    }[wrap]
    with pytest.raises(ValueError, match="must lose its fit when cloned.*teacher_pro"):
        CrossFitDistiller(teacher, TREE).fit(X, y)


def test_a_frozen_transformer_in_the_teacher_is_fine(toy):
    X, y = toy
    scaler = FrozenEstimator(StandardScaler().fit(X))
    teacher = make_pipeline(scaler, LogisticRegression())
    assert CrossFitDistiller(teacher, TREE, random_state=0).fit(X, y).alpha_ >= 0


@BOTH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda P: np.where(P.max() == P, np.nan, P), "teacher_proba must be finite"),
        (lambda P: P * 2, "rows that sum to 1, got 2 in row"),
        (lambda P: P[:, :2], r"must have shape \(240, 3\), got \(240, 2\)"),
        (lambda P: P[:-1], r"must have shape \(240, 3\), got \(239, 3\)"),
        (lambda P: P - [[0.9, -0.9, 0]], "must be non-negative, got -.* in row"),
        (lambda P: np.where(P.max() == P, np.inf, P), "finite, got inf in row"),
    ],
)
def test_users_probabilities_are_checked(toy, kind, change, message):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    with pytest.raises(ValueError, match=message):
        kind(Untouchable(), TREE).fit(X, y, teacher_proba=change(proba))


@BOTH
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(240), "y must hold at least 2 classes, got 1 class"),
        (np.arange(239) % 3, "one label per row of X, got 239 labels for 240 rows"),
        (np.linspace(0, 1, 240), "Unknown label type: continuous"),
        (np.full(240, np.nan), "Input y contains NaN"),
        (None, "requires y to be passed, but the target y is None"),
        (np.zeros((240, 2)), "y should be a 1d array"),
    ],
)
def test_labels_are_checked(toy, kind, y, message):
    X, _ = toy
    with pytest.raises(ValueError, match=message):
        kind(Untouchable(), TREE).fit(X, y)


@BOTH
@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (np.ones(239), ValueError, r"sample_weight must have shape \(240,\)"),
        (np.full(240, np.nan), ValueError, "sample_weight must be finite"),
        (-np.ones(240), ValueError, "sample_weight must be non-negative"),
        (["a"] * 240, TypeError, "sample_weight must hold real numbers"),
    ],
)
def test_weights_are_checked(toy, kind, weight, error, message):
    X, y = toy
    with pytest.raises(error, match=message):
        kind(Untouchable(), TREE).fit(X, y, sample_weight=weight)


@BOTH
def test_weights_must_leave_two_classes(toy, kind):
    X, y = toy
    weight = (y == "1").astype(float)
    with pytest.raises(ValueError, match="2 classes with positive sample_weight"):
        kind(Untouchable(), TREE).fit(X, y, sample_weight=weight)


@BOTH
def test_weights_need_learners_that_take_them(toy, kind):
    X, y = toy
    weight = np.ones(240)
    with pytest.raises(ValueError, match="teacher must accept sample_weight, got KNei"):
        kind(KNeighborsClassifier(), TREE).fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="student must accept sample_weight when row"):
        kind(Untouchable(), KNeighborsRegressor()).fit(X, y, sample_weight=weight)


@BOTH
def test_unlabeled_rows_are_checked(toy, kind):
    X, y = toy
    frame = pd.DataFrame(X, columns=list("abcdef"))
    distiller = kind(Untouchable(), DecisionTreeRegressor())
    cases = [
        (X, X[:, :5], ValueError, r"X_unlabeled must have rows of shape \(6,\)"),
        (X, frame, TypeError, "X_unlabeled must be of the kind of X .ndarray., got Da"),
        (frame, X, TypeError, "X_unlabeled must be of the kind of X .DataFrame."),
        (frame, frame[list("bacdef")], ValueError, "must have the columns of X"),
        (X, sparse.csr_array(X), TypeError, "X_unlabeled must be of the kind of X"),
        (X.tolist(), X, TypeError, "X_unlabeled must be of the kind of X .list."),
    ]
    for rows, extra, error, message in cases:
        with pytest.raises(error, match=message):
            distiller.fit(rows, y, X_unlabeled=extra)


@BOTH
def test_unlabeled_rows_need_a_teacher_and_label_free_rules(toy, kind):
    X, y = toy
    proba = np.full((240, 3), 1 / 3)
    with pytest.raises(ValueError, match="X_unlabeled must be None when teacher_proba"):
        kind(student=TREE).fit(X, y, teacher_proba=proba, X_unlabeled=X)
    distiller = kind(Untouchable(), TREE, target=LabelSmoothing())
    with pytest.raises(ValueError, match="X_unlabeled must be None with the target ru"):
        distiller.fit(X, y, X_unlabeled=X)


@BOTH
def test_unknown_fit_arguments_are_refused(toy, kind):
    X, y = toy
    with pytest.raises(TypeError, match=r"got \['colour'\]"):
        kind(Untouchable(), TREE).fit(X, y, colour=y)


def test_groups_have_no_use_without_folds(toy):
    X, y = toy
    with pytest.raises(TypeError, match=r"got \['groups'\]"):
        DistilledClassifier(Untouchable(), TREE).fit(X, y, groups=y)


def test_a_leaking_splitter_is_refused(toy):
    X, y = toy
    cv = [(np.arange(200), np.arange(150, 240))]
    with pytest.raises(ValueError, match="training and held-out rows apart, got 50"):
        CrossFitDistiller(Untouchable(), TREE, cv=cv).fit(X, y)


def test_a_class_rarer_than_folds_is_refused_on_request(toy):
    X, y = toy
    y = y.copy()
    y[0] = "9"
    with pytest.raises(ValueError, match="missing_class must be 'prior'.*'9'"):
        CrossFitDistiller(Untouchable(), TREE, missing_class="error").fit(X, y)


@BOTH
def test_unfitted_distillers_say_so(toy, kind):
    X, _ = toy
    for method in ("predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(NotFittedError):
            getattr(kind(), method)(X)
    with pytest.raises(NotFittedError):
        kind().refit_student()
