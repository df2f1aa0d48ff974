"""Facts that a reviewer found broken once."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier, cross_fit_proba

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}
UNIFORM = np.full((240, 3), 1 / 3)


def test_balanced_weights_of_a_linear_student_count_sample_weights(toy):
    X, y = toy
    weight = (y.astype(int) + 1.0) ** 2
    student = LogisticRegression(class_weight="balanced", tol=1e-8, max_iter=1000)
    distiller = CrossFitDistiller(student=student, alpha=0.0, correction=None)
    distiller.fit(X, y, sample_weight=weight, teacher_proba=UNIFORM)
    codes = y.astype(int)
    balance = weight.sum() / (3 * np.bincount(codes, weights=weight))
    own = LogisticRegression(tol=1e-8, max_iter=1000)
    own.fit(X, y, sample_weight=weight * balance[codes])
    np.testing.assert_allclose(
        distiller.predict_proba(X), own.predict_proba(X), atol=1e-5
    )


def test_only_the_teacher_that_labelled_is_reported(toy):
    X, y = toy
    several = CrossFitDistiller(
        [GaussianNB(), DecisionTreeClassifier(max_depth=1)],
        TREE,
        keep_teachers=True,
        **PLAIN,
    ).fit(X, y)
    calibrated = CrossFitDistiller(
        LinearSVC(), TREE, calibration="sigmoid", keep_teachers=True, **PLAIN
    ).fit(X, y)
    single = CrossFitDistiller(GaussianNB(), TREE, keep_teachers=True, **PLAIN)
    names = [
        [model.name for model in distiller.report(X, y).models]
        for distiller in (several, calibrated, single.fit(X, y))
    ]
    assert [len(one) for one in names] == [2, 2, 3]
    assert np.isnan(several.report(X, y).fidelity)


def test_the_baseline_is_the_student_that_was_fitted(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **PLAIN).fit(X, y)
    before = distiller.report(X, y).gain
    distiller.set_params(student=LogisticRegression(), alpha=0.3)
    assert distiller.report(X, y).gain == before
    assert type(distiller.baseline_student()) is DecisionTreeClassifier


def test_a_refit_that_fails_changes_nothing(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **PLAIN).fit(X, y)
    with pytest.raises(ValueError, match="alpha must be a number"):
        distiller.refit_student(LogisticRegression(), alpha=7.0)
    assert distiller.student is TREE
    assert distiller.alpha == 1.0


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_a_stacker_with_its_default_final_estimator_is_a_teacher(toy, in_pipeline):
    X, y = toy
    stacker = StackingClassifier([("a", GaussianNB())])
    teacher = make_pipeline(StandardScaler(), stacker) if in_pipeline else stacker
    assert CrossFitDistiller(teacher, TREE, cv=2, **PLAIN).fit(X, y).score(X, y) > 0.5


def test_weights_with_a_frozen_teacher_concern_the_student(toy):
    X, y = toy
    weight = np.linspace(0.1, 3, 240)
    frozen = FrozenEstimator(GaussianNB().fit(X, y))
    distiller = DistilledClassifier(frozen, LogisticRegression())
    weighted = distiller.fit(X, y, sample_weight=weight).student_.coef_
    same = DistilledClassifier(student=LogisticRegression()).fit(
        X, y, sample_weight=weight, teacher_proba=frozen.predict_proba(X)
    )
    np.testing.assert_allclose(weighted, same.student_.coef_)


@pytest.mark.parametrize("library", [pd, pl])
def test_probabilities_in_a_frame_are_matched_by_class(toy, library):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    frame = library.DataFrame({name: proba[:, int(name)] for name in "201"})
    distiller = DistilledClassifier(student=TREE).fit(X, y, teacher_proba=frame)
    np.testing.assert_allclose(distiller.targets_, proba)


def test_unnamed_columns_go_by_position_and_others_are_refused(toy):
    X, y = toy
    y = np.array(["a", "b", "c"])[y.astype(int)]
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    distiller = DistilledClassifier(student=TREE)
    distiller.fit(X, y, teacher_proba=pd.DataFrame(proba))
    np.testing.assert_allclose(distiller.targets_, proba)
    wrong = pd.DataFrame(proba, columns=["a", "b", "x"])
    with pytest.raises(ValueError, match="must have the classes of y as columns"):
        distiller.fit(X, y, teacher_proba=wrong)


def test_a_teacher_that_does_not_name_its_classes_is_refused(toy):
    X, y = toy

    class Nameless(GaussianNB):
        def fit(self, X, y):
            super().fit(X, y)
            del self.classes_
            return self

        def predict_proba(self, X):
            return UNIFORM[: len(X)]

    with pytest.raises(ValueError, match="must have classes_ once fitted, got Namele"):
        CrossFitDistiller(Nameless(), TREE, **PLAIN).fit(X, y)


@pytest.mark.filterwarnings("ignore::skdistill.exceptions.DistillationWarning")
def test_weights_that_leave_one_class_in_a_fold_are_survived(toy):
    X, y = toy
    weight = np.zeros(240)
    weight[[np.flatnonzero(y == "0")[0], np.flatnonzero(y == "1")[0]]] = 1
    student = HistGradientBoostingClassifier(max_iter=2)
    teacher = DecisionTreeClassifier(max_depth=2)
    distiller = CrossFitDistiller(teacher, student, random_state=0)
    distiller.fit(X, y, sample_weight=weight)
    assert distiller.predict_proba(X).shape == (240, 3)


def test_groups_are_kept_apart_in_the_selection_too(toy):
    X, y = toy
    groups = np.repeat(np.arange(120), 2)
    cv = KFold(3, shuffle=True, random_state=0)
    distiller = CrossFitDistiller(student=TREE, cv=cv)
    with (
        pytest.warns(UserWarning, match="groups parameter is ignored"),
        pytest.raises(ValueError, match="groups on both sides"),
    ):
        distiller.fit(X, y, teacher_proba=UNIFORM, groups=groups)
    with (
        pytest.warns(UserWarning, match="groups parameter is ignored"),
        pytest.raises(ValueError, match="groups on both sides"),
    ):
        cross_fit_proba(GaussianNB(), X, y, cv=cv, split_params={"groups": groups})


def test_parameters_without_a_use_for_given_probabilities_are_refused(toy):
    X, y = toy
    with pytest.raises(ValueError, match="calibration must be None when teacher_proba"):
        CrossFitDistiller(student=TREE, calibration="sigmoid").fit(
            X, y, teacher_proba=UNIFORM
        )
    with pytest.raises(TypeError, match="cv must be an int"):
        CrossFitDistiller(student=TREE, cv="x").fit(X, y, teacher_proba=UNIFORM)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"cv": KFold}, "cv must be an instance, got the class KFold"),
        ({"memory": 3}, "memory must be a path or a joblib.Memory, got 3"),
    ],
)
def test_values_of_the_wrong_kind_are_named(toy, params, message):
    X, y = toy
    with pytest.raises(TypeError, match=message):
        CrossFitDistiller(GaussianNB(), TREE, **params).fit(X, y)
    with pytest.raises(TypeError, match=message):
        cross_fit_proba(GaussianNB(), X, y, **params)


def test_a_correction_that_is_an_array_is_refused(toy):
    X, y = toy
    with pytest.raises(ValueError, match="correction must be None"):
        CrossFitDistiller(student=TREE, correction=np.array([1, 2])).fit(
            X, y, teacher_proba=UNIFORM
        )


def test_labels_of_two_types_are_named(toy):
    X, _ = toy
    y = np.array([1, "b"] * 120, dtype=object)
    for labels in (y, np.arange(240).astype(object) % 3):
        with pytest.raises(
            ValueError, match="y must hold labels of one type, got an o"
        ):
            CrossFitDistiller(GaussianNB(), TREE).fit(X, labels)


def test_a_tuple_of_teachers_is_a_list_of_them(toy):
    X, y = toy
    distiller = DistilledClassifier((GaussianNB(), GaussianNB()), TREE).fit(X, y)
    assert distiller.crossfit_.teacher_weights == (0.5, 0.5)


@pytest.mark.parametrize("kind", ["empty", "polars", "category"])
def test_unlabeled_rows_that_cannot_be_joined_are_refused_first(toy, kind):
    X, y = toy
    frame = pl.DataFrame(X)
    category = pd.DataFrame({"a": pd.Categorical(["x", "z"] * 120)})
    other = pd.DataFrame({"a": pd.Categorical(["x", "y"] * 2)})
    rows, extra, message = {
        "empty": (X, X[:0], "hold a row, got no rows"),
        "polars": (frame, frame.cast(pl.Float32), "column types of X, Float64 for"),
        "category": (category, other, "column types of X, category for 'a'"),
    }[kind]
    with pytest.raises(ValueError, match=message):
        cross_fit_proba(GaussianNB(), rows, y, X_unlabeled=extra)


def test_whole_numbers_and_fractions_of_a_frame_are_joined(toy):
    X, y = toy
    whole = pd.DataFrame(X[:60] * 10).astype(int)
    distiller = CrossFitDistiller(GaussianNB(), LogisticRegression(), cv=3, **PLAIN)
    distiller.fit(whole, y[:60], X_unlabeled=pd.DataFrame(X[60:] * 10))
    assert distiller.crossfit_.unlabeled_proba.shape == (180, 3)


def test_forests_on_labels_are_their_own_fit(toy):
    X, y = toy
    student = RandomForestClassifier(5, random_state=0)
    distiller = CrossFitDistiller(student=student, alpha=0.0, correction=None)
    distiller.fit(X, y, teacher_proba=UNIFORM)
    own = RandomForestClassifier(5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(distiller.predict_proba(X), own.predict_proba(X))


def test_column_vectors_of_labels_are_reported_on(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **PLAIN).fit(X, y)
    flat, column = distiller.report(X, y), distiller.report(X, y[:, None])
    assert flat.gain == column.gain


def test_weights_reach_the_calibration_of_a_distiller(binary):
    X, y = binary
    weight = np.where(y == 1, 10.0, 1.0)
    options = {"cv": list(StratifiedKFold(3).split(X, y)), "calibration": "sigmoid"}
    distiller = CrossFitDistiller(GaussianNB(), TREE, **options, **PLAIN)
    distiller.fit(X, y, sample_weight=weight)
    engine = cross_fit_proba(
        GaussianNB(), X, y, sample_weight=weight, random_state=0, **options
    )
    frequency = np.average(y, weights=weight)
    for proba in (distiller.teacher_proba_, engine.proba):
        assert np.average(proba[:, 1], weights=weight) == pytest.approx(
            frequency, abs=0.03
        )
    assert distiller.crossfit_.scores == engine.scores


def test_a_class_that_any_frozen_teacher_of_a_list_lacks_is_reported(toy):
    X, y = toy
    full = FrozenEstimator(GaussianNB().fit(X, y))
    partial = FrozenEstimator(GaussianNB().fit(X[y != "0"], y[y != "0"]))
    with pytest.warns(UserWarning, match="without the classes '0' .240 rows"):
        distiller = DistilledClassifier([full, partial], TREE).fit(X, y)
    assert len(distiller.crossfit_.scores) == 2
    assert distiller.crossfit_.filled == (("0", 240),)
