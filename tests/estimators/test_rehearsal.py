"""Students that cannot be fitted say so before any teacher is."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import DistillationWarning

BOTH = pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])


class Untouchable(ClassifierMixin, BaseEstimator):
    """Fails the test when it is fitted."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("a teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("a teacher was asked")


def raised(distiller, X, y, **arguments):
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        distiller.fit(X, y, **arguments)
    assert any("before any teacher was fitted" in n for n in caught.value.__notes__)
    return str(caught.value)


@BOTH
@pytest.mark.parametrize(
    ("student", "message"),
    [
        (DecisionTreeClassifier(max_depth=-3), "max_depth"),
        (LogisticRegression(C=-1.0), "C must be"),
        (KNeighborsRegressor(1000), "n_neighbors"),
        (MultinomialNB(), "Negative values"),
        (StackingRegressor([("a", LinearRegression())]), "estimator"),
        (
            DecisionTreeClassifier(class_weight={"zebra": 2}),
            "zebra|not in class_weight",
        ),
    ],
)
def test_students_that_cannot_be_fitted_are_refused_first(toy, kind, student, message):
    X, y = toy
    assert message.split("|")[0] in raised(kind(Untouchable(), student), X, y) or (
        message.split("|")[-1] in raised(kind(Untouchable(), student), X, y)
    )


def test_one_column_regressors_are_refused_first(binary):
    X, y = binary
    student = MultiOutputRegressor(LinearRegression())
    raised(CrossFitDistiller(Untouchable(), student), X, y)


def test_missing_values_the_student_refuses_are_found_first(toy):
    X, y = toy
    holes = X.copy()
    holes[:, 0] = np.nan
    text = raised(CrossFitDistiller(Untouchable(), LogisticRegression()), holes, y)
    assert "NaN" in text


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_one_missing_value_among_many_rows_is_found_first(toy, kind):
    X, y = (np.concatenate([one] * 10) for one in toy)
    holes = X.copy()
    holes[1501, 2] = np.nan
    distiller = CrossFitDistiller(Untouchable(), LogisticRegression())
    assert "NaN" in raised(distiller, kind(holes), y)
    assert "NaN" in raised(distiller, kind(X), y, X_unlabeled=kind(holes))


def test_rows_without_labels_are_tried_first(toy):
    """The steps of a pipeline are fitted on labelled rows."""
    X, y = toy
    words = np.where(X[:, :1] > 0, "a", "b").astype(object)
    more = np.array([["a"]] * 500 + [["c"]], dtype=object)
    student = make_pipeline(OneHotEncoder(), Ridge())
    distiller = CrossFitDistiller(Untouchable(), student)
    assert "unknown categories" in raised(distiller, words, y, X_unlabeled=more)


def test_target_rules_are_tried_first(toy):
    X, y = toy
    rule = lambda proba, y: proba[:, :2]  # noqa: E731
    distiller = CrossFitDistiller(Untouchable(), LinearRegression(), target=rule)
    assert "target must have shape" in raised(distiller, X, y)


def test_too_few_rows_for_the_rehearsal_are_no_refusal(toy):
    """150 neighbours of the 100 odd rows of the rehearsal do not exist."""
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), KNeighborsRegressor(150))
    assert distiller.fit(X, y).predict_proba(X).shape == (240, 3)


def test_nothing_is_rehearsed_when_no_teacher_is_fitted(toy):
    X, y = toy
    sizes = []

    class Sized(LinearRegression):
        def fit(self, X, y):
            sizes.append(len(X))
            return super().fit(X, y)

    proba = np.full((240, 3), 1 / 3)
    DistilledClassifier(student=Sized()).fit(X, y, teacher_proba=proba)
    assert sizes == [240]


class WeightBlind(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


@pytest.mark.parametrize("balanced", [False, True])
def test_a_student_that_ignores_weights_is_refused(toy, balanced):
    X, y = toy
    if not balanced:
        y = np.where(np.arange(240) % 3 > 0, "0", y)
    message = "student must heed sample_weight, got WeightBlind"
    with pytest.raises(ValueError, match=message):
        DistilledClassifier(Untouchable(), WeightBlind()).fit(X, y)
    proba = np.full((240, len(np.unique(y))), 1 / len(np.unique(y)))
    with pytest.raises(ValueError, match=message):
        DistilledClassifier(student=WeightBlind()).fit(X, y, teacher_proba=proba)
    fitted = DistilledClassifier(GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match=message):
        fitted.refit_student(WeightBlind())
    with pytest.raises(ValueError, match=message):
        DistilledClassifier(Untouchable(), [LinearRegression(), WeightBlind()]).fit(
            X, y
        )


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(criterion="entropy", min_samples_leaf=10_000),
        DecisionTreeClassifier(criterion="entropy"),
        GaussianNB(),
        DummyClassifier(),
    ],
    ids=str,
)
def test_a_student_that_heeds_weights_is_not(toy, student):
    X, y = toy
    assert DistilledClassifier(GaussianNB(), student).fit(X, y).route_ == "expansion"


def test_a_rehearsal_is_small_and_silent(toy, recwarn):
    X, y = toy
    sizes = []

    class Sized(LinearRegression):
        def fit(self, X, y):
            sizes.append(len(X))
            return super().fit(X, y)

    DistilledClassifier(GaussianNB(), Sized()).fit(X, y)
    assert sizes[-1] == 240
    assert sizes[0] <= 100 + 3 * 2
    assert not recwarn.list


@pytest.mark.parametrize("weighted", [False, True])
def test_a_rehearsal_holds_every_class_with_weight(toy, weighted):
    X, y = toy
    y = np.where(np.arange(240) == 8, "9", y)
    seen = []

    class Recorder(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            seen.append(set(np.asarray(y)[sample_weight > 0]))
            return super().fit(X, y, sample_weight)

    spread = set(np.linspace(0, 239, 100).astype(int))
    weight = np.array([i not in spread for i in range(240)], dtype=float)
    weight[8] = 1
    distiller = CrossFitDistiller(
        DecisionTreeClassifier(max_depth=2), Recorder(), alpha=0.5, correction=None
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistillationWarning)
        distiller.fit(X, y, sample_weight=weight if weighted else None)
    assert 8 not in spread
    assert seen[0] == {"0", "1", "2", "9"}
