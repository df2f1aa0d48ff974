"""Synthetic rows: who makes them, who labels them, and what they weigh."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller
from skdistill.crossfit import swap_features
from skdistill.estimators import _crossfit
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LabelSmoothing, Temperature

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
SOFT = SoftLogisticRegression(tol=1e-8)
FOREST = RandomForestClassifier(5, random_state=0)
SEED = {"random_state": 0}
ONE = {"alpha": 1.0, "correction": None, "synthetic": True, **SEED}


def by_their_holders(distiller, made):
    """What the teacher that held out the base of a synthetic row says of it."""
    record, base = distiller.crossfit_, distiller._problem.synthetic.base
    said = np.full((len(made), 3), np.nan)
    for teacher, (_, test) in zip(record.teachers, record.splits, strict=True):
        own = np.isin(base, test)
        said[own] = teacher.predict_proba(made[own])
    return said


def tried_synthetic(distiller):
    return {one.synthetic for one in distiller.selection_}


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_the_student_learns_from_them_as_from_rows_of_X(toy, alpha):
    X, y = toy
    options = {**ONE, "alpha": alpha}
    distiller = CrossFitDistiller(GaussianNB(), SOFT, keep_teachers=True, **options)
    distiller.fit(X, y)
    base = distiller._problem.synthetic.base
    assert_array_equal(base, np.arange(240))
    made = swap_features(X, distiller._problem.seeds[1])[base]
    assert_array_equal(distiller._problem.X_synthetic, made)
    said = by_their_holders(distiller, made)
    assert_allclose(distiller.crossfit_.synthetic_proba, said)
    onehot = np.eye(3)[y.astype(int)]
    mixed = alpha * distiller.teacher_proba_ + (1 - alpha) * onehot
    own = SoftLogisticRegression(tol=1e-8).fit(np.r_[X, made], np.r_[mixed, said])
    assert_allclose(distiller.student_.coef_, own.coef_, atol=1e-6)
    assert distiller.synthetic_ is True
    assert len(distiller.targets_) == len(distiller.teacher_proba_) == 240


def test_they_weigh_the_mean_of_the_weights(toy):
    X, y = toy
    weight = np.linspace(0.5, 3, 240)
    distiller = CrossFitDistiller(GaussianNB(), SOFT, **{**ONE, "alpha": 0.5})
    distiller.fit(X, y, sample_weight=weight)
    values = np.r_[distiller.targets_, distiller.crossfit_.synthetic_proba]
    own = SoftLogisticRegression(tol=1e-8).fit(
        np.r_[X, distiller._problem.X_synthetic], values,
        sample_weight=np.r_[weight, np.full(240, weight.mean())],
    )  # fmt: skip
    assert_allclose(distiller.student_.coef_, own.coef_, atol=1e-6)


def test_unlabelled_rows_of_the_users_keep_their_own_weight(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        GaussianNB(), SOFT, keep_teachers=True, **{**ONE, "alpha": 0.5}
    ).fit(X[:99], y[:99], X_unlabeled=X[99:])
    record = distiller.crossfit_
    made = distiller._problem.X_synthetic
    assert made.shape == (99, 6)
    mean = np.mean([one.predict_proba(X[99:]) for one in record.teachers], axis=0)
    assert_allclose(record.unlabeled_proba, mean)
    assert_allclose(record.synthetic_proba, by_their_holders(distiller, made))
    own = SoftLogisticRegression(tol=1e-8).fit(
        np.r_[X, made],
        np.r_[distiller.targets_, record.unlabeled_proba, record.synthetic_proba],
        sample_weight=np.r_[np.ones(99), np.full(141, 0.5), np.ones(99)],
    )
    assert_allclose(distiller.student_.coef_, own.coef_, atol=1e-6)
    for data in (pd.DataFrame(X), pl.DataFrame(X)):
        framed = CrossFitDistiller(GaussianNB(), SOFT, **{**ONE, "alpha": 0.5})
        framed.fit(data[:99], y[:99], X_unlabeled=data[99:])
        assert_allclose(framed.student_.coef_, own.coef_, atol=1e-5)


def test_a_student_without_weights_takes_them(toy):
    X, y = toy
    student = KNeighborsRegressor()
    distiller = CrossFitDistiller(GaussianNB(), student, **{**ONE, "alpha": 0.5})
    assert distiller.fit(X, y).student_.n_samples_fit_ == 480


def test_labels_only_is_labels_only(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **{**ONE, "alpha": 0.0})
    distiller.fit(X, y)
    assert distiller.synthetic_ is False
    assert distiller.student_.tree_.n_node_samples[0] == 240


def test_several_students_learn_from_the_same_rows(toy):
    X, y = toy
    students = [TREE, DecisionTreeRegressor(max_depth=3, random_state=0)]
    distiller = CrossFitDistiller(GaussianNB(), students, **ONE).fit(X, y)
    for one, student in zip(distiller.students_, students, strict=True):
        assert one.student.tree_.n_node_samples[0] == 480
        alone = CrossFitDistiller(GaussianNB(), student, **ONE).fit(X, y)
        assert_array_equal(one.student.predict(X), alone.student_.predict(X))
    assert np.isfinite([one.log_loss for one in distiller.students_]).all()


def test_several_teachers_label_them_by_their_weights(toy):
    X, y = toy
    teachers = [GaussianNB(), LogisticRegression()]
    distiller = CrossFitDistiller(teachers, SOFT, **ONE).fit(X, y, X_unlabeled=X[:7])
    single = [
        CrossFitDistiller(one, SOFT, **ONE).fit(X, y, X_unlabeled=X[:7]).crossfit_
        for one in teachers
    ]
    weights = distiller.crossfit_.teacher_weights
    for name in ("proba", "unlabeled_proba", "synthetic_proba"):
        said = sum(
            weight * getattr(one, name)
            for weight, one in zip(weights, single, strict=True)
        )
        assert_allclose(getattr(distiller.crossfit_, name), said)


def test_the_baseline_does_not_learn_from_them(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **ONE).fit(X, y)
    assert distiller.student_.tree_.n_node_samples[0] == 480
    baseline = distiller.baseline_student()
    assert baseline.tree_.n_node_samples[0] == 240
    own = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0).fit(X, y)
    assert_array_equal(baseline.predict_proba(X), own.predict_proba(X))
    report = distiller.report(X, y)
    assert [one.name for one in report.models] == ["distilled", "labels only"]
    assert np.isfinite(report.gain)


def test_a_user_who_sets_alpha_gets_none_unasked(toy):
    X, y = toy
    for alpha in (0.0, 0.7):
        distiller = CrossFitDistiller(GaussianNB(), TREE, alpha=alpha, **SEED).fit(X, y)
        assert distiller._problem.X_synthetic is None
        assert distiller.crossfit_.synthetic_proba is None
        assert tried_synthetic(distiller) <= {False}


def test_true_is_for_every_candidate_but_the_labels(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, synthetic=True, **SEED).fit(X, y)
    assert [one.synthetic for one in distiller.selection_] == [False] + [True] * 5
    distiller = CrossFitDistiller(GaussianNB(), TREE, synthetic=False, **SEED).fit(X, y)
    assert [one.synthetic for one in distiller.selection_] == [False] * 6


@pytest.mark.parametrize("kind", ["sparse", "list", "one feature"])
def test_without_features_to_swap_auto_does_without_and_true_is_refused(toy, kind):
    X, y = toy
    data = {"sparse": sparse.csr_matrix(X), "list": X.tolist()}.get(kind, X[:, :1])
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    distiller = CrossFitDistiller(teacher, TREE, **SEED).fit(data, y)
    assert len(distiller.selection_) == 6
    assert distiller.synthetic_ is False
    with pytest.raises(ValueError, match="synthetic must be False or 'auto' for these"):
        CrossFitDistiller(teacher, TREE, **ONE).fit(data, y)


def test_nobody_labels_them_when_probabilities_are_given(toy):
    X, y = toy
    proba = np.full((240, 3), 1 / 3)
    distiller = CrossFitDistiller(student=TREE, **SEED).fit(X, y, teacher_proba=proba)
    assert tried_synthetic(distiller) == {False}
    with pytest.raises(ValueError, match="labelled by the teachers .teacher_proba can"):
        CrossFitDistiller(student=TREE, **ONE).fit(X, y, teacher_proba=proba)


def test_a_refit_cannot_ask_for_rows_that_fit_did_not_make(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, synthetic=False, **SEED)
    distiller.fit(X, y).set_params(synthetic=True)
    with pytest.raises(ValueError, match="synthetic must be False or 'auto' for refit"):
        distiller.refit_student()
    distiller.set_params(synthetic="auto").refit_student()
    assert tried_synthetic(distiller) == {False}


@pytest.mark.parametrize("value", ["yes", None, 1, 0.5])
def test_other_values_are_refused(toy, value):
    X, y = toy
    with pytest.raises(ValueError, match="synthetic must be a bool or 'auto', got"):
        CrossFitDistiller(GaussianNB(), TREE, synthetic=value).fit(X, y)


@pytest.mark.parametrize("value", ["yes", None, 1])
def test_other_values_of_bag_votes_are_refused(toy, value):
    X, y = toy
    with pytest.raises(ValueError, match="bag_votes must be a bool or 'auto', got"):
        CrossFitDistiller(GaussianNB(), TREE, bag_votes=value).fit(X, y)


def test_bools_of_numpy_are_bools(toy):
    X, y = toy
    options = {**ONE, "synthetic": np.True_, "bag_votes": np.True_}
    distiller = CrossFitDistiller(FOREST, TREE, **options).fit(X, y)
    assert distiller.synthetic_ is True
    assert distiller.crossfit_.coverage.max() == 5


class TestRules:
    """Synthetic rows have no labels, which some rules need."""

    @pytest.mark.parametrize(
        "rule",
        [
            LabelSmoothing(0.2),
            lambda proba, codes: 0.9 * proba + 0.1 * np.eye(3)[codes],
            [Temperature(2.0), LabelSmoothing()],
        ],
    )
    def test_auto_does_without(self, toy, rule):
        X, y = toy
        distiller = CrossFitDistiller(GaussianNB(), TREE, target=rule, **SEED).fit(X, y)
        assert tried_synthetic(distiller) == {False}
        assert len(distiller.selection_) == 6

    def test_auto_tries_where_a_rule_says_it_needs_none(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(
            GaussianNB(), TREE, target=Temperature(2.0), **SEED
        )
        assert tried_synthetic(distiller.fit(X, y)) == {False, True}
        distiller.refit_student(target=LabelSmoothing())
        assert tried_synthetic(distiller) == {False}

    def test_true_is_refused(self, toy):
        X, y = toy
        with pytest.raises(
            ValueError, match="synthetic must be False or 'auto' with t"
        ):
            CrossFitDistiller(GaussianNB(), TREE, target=LabelSmoothing(), **ONE).fit(
                X, y
            )

    def test_true_trusts_the_users_function(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(
            GaussianNB(),
            LinearRegression(),
            target=lambda proba, codes: proba**2,
            **ONE,
        ).fit(X, y)
        assert_allclose(distiller.targets_, distiller.teacher_proba_**2)


def test_arguments_of_the_student_have_no_values_for_them(toy):
    X, y = toy

    class Noted(GaussianNB):
        def fit(self, X, y, sample_weight=None, note=None):
            assert note is None or len(note) == len(X)
            return super().fit(X, y, sample_weight)

    note = np.arange(240)
    with sklearn.config_context(enable_metadata_routing=True):
        student = Noted().set_fit_request(note=True, sample_weight=True)
        teacher = Noted().set_fit_request(note=True, sample_weight=True)
        options = {"cv": StratifiedKFold(3, shuffle=True, random_state=0), **SEED}
        mine = CrossFitDistiller(GaussianNB(), student, **options).fit(X, y, note=note)
        assert tried_synthetic(mine) == {False}
        with pytest.raises(
            ValueError, match="no values for arguments routed to the st"
        ):
            CrossFitDistiller(GaussianNB(), student, **{**ONE, **options}).fit(
                X, y, note=note
            )
        hers = CrossFitDistiller(teacher, TREE, **options).fit(X, y, note=note)
        assert tried_synthetic(hers) == {False, True}
        assert all(one.nested for one in hers.selection_)


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_with_text_are_distilled(toy, library):
    X, y = toy
    frame = library.DataFrame({f"x{j}": X[:, j] for j in range(3)})
    text = np.array(["low", "mid", "high"])[np.digitize(X[:, 4], [-1, 1])].tolist()
    frame = (
        frame.assign(text=text)
        if library is pd
        else frame.with_columns(pl.Series("text", text))
    )
    encoder = make_column_transformer(
        (OneHotEncoder(), ["text"]), remainder="passthrough", sparse_threshold=0
    )
    teacher, student = make_pipeline(encoder, GaussianNB(var_smoothing=0.01)), TREE
    distiller = CrossFitDistiller(teacher, make_pipeline(encoder, student), **SEED)
    distiller.fit(frame, y)
    assert tried_synthetic(distiller) == {False, True}
    assert distiller.predict_proba(frame).shape == (240, 3)


def test_the_log_scale_takes_them(toy):
    X, y = toy
    teacher = LogisticRegression(C=0.01)
    student = LinearRegression()
    distiller = CrossFitDistiller(teacher, student, scale="log", **ONE).fit(X, y)
    values = np.r_[
        np.log(distiller.teacher_proba_), np.log(distiller.crossfit_.synthetic_proba)
    ]
    own = LinearRegression().fit(np.r_[X, distiller._problem.X_synthetic], values)
    # A constant of all classes does not move a softmax: the route may drop it.
    found, expected = (
        model.coef_ - model.coef_.mean(axis=0) for model in (distiller.student_, own)
    )
    assert_allclose(found, expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore::skdistill.exceptions.CoverageWarning")
def test_rows_made_from_rows_that_were_never_held_out_are_dealt_to_all_teachers(toy):
    X, y = toy
    cv = TimeSeriesSplit(3)
    distiller = CrossFitDistiller(GaussianNB(), SOFT, cv=cv, keep_teachers=True, **ONE)
    distiller.fit(X, y)
    record, made = distiller.crossfit_, distiller._problem.synthetic
    held_out = np.concatenate([test for _, test in record.splits])
    early = np.flatnonzero(~np.isin(made.base, held_out))
    assert len(early)
    for place in early:
        teacher = record.teachers[made.base[place] % 3]
        said = teacher.predict_proba(made.X[[place]])[0]
        assert_allclose(record.synthetic_proba[place], said)
    known = np.isin(made.base, held_out)
    assert_allclose(
        record.synthetic_proba[known], by_their_holders(distiller, made.X)[known]
    )


def test_with_repeats_the_first_holder_labels_them(toy):
    X, y = toy
    options = {"keep_teachers": True, **ONE}
    once, twice = (
        CrossFitDistiller(GaussianNB(), SOFT, cv=3, n_repeats=n, **options).fit(X, y)
        for n in (1, 2)
    )
    record, made = twice.crossfit_, twice._problem.synthetic
    assert len(record.teachers) == 6
    for teacher, (_, test) in list(zip(record.teachers, record.splits, strict=True))[
        :3
    ]:
        own = np.isin(made.base, test)
        assert_allclose(record.synthetic_proba[own], teacher.predict_proba(made.X[own]))
    assert record.synthetic_proba.shape == once.crossfit_.synthetic_proba.shape


def test_out_of_bag_forests_label_them_by_their_mean(toy):
    X, y = toy
    options = {**ONE, "cv": "oob", "n_repeats": 2, "keep_teachers": True}
    forest = RandomForestClassifier(20)
    distiller = CrossFitDistiller(forest, SOFT, **options).fit(X, y)
    made = distiller._problem.X_synthetic
    teachers = distiller.crossfit_.teachers
    assert len(teachers) == 2
    mean = np.mean([one.predict_proba(made) for one in teachers], axis=0)
    assert_allclose(distiller.crossfit_.synthetic_proba, mean)


def test_there_are_no_more_than_most(toy, monkeypatch):
    X, y = toy
    monkeypatch.setattr(_crossfit, "MOST", 120)
    distiller = CrossFitDistiller(GaussianNB(), TREE, random_state=0).fit(X, y)
    base = distiller._problem.synthetic.base
    assert len(np.unique(base)) == len(base) == 120
    assert (np.diff(base) > 0).all()
    made = swap_features(X, distiller._problem.seeds[1])[base]
    assert_array_equal(distiller._problem.X_synthetic, made)
    for trial in distiller._trials:  # as many, in proportion, where students are judged
        assert len(trial.synthetic.base) == len(trial.train) // 2
