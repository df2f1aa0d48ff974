"""What the distillers compute, store and hand out."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier, cross_fit_proba
from skdistill.exceptions import (
    CoverageWarning,
    MissingClassWarning,
    ProbabilityWarning,
    TargetsWarning,
)
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LossCorrection, Temperature, temper

FOREST = RandomForestClassifier(10, random_state=0)
TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
PLAIN = {"alpha": 1.0, "correction": None}


def test_cross_fitted_student_learns_out_of_fold_probabilities(toy):
    X, y = toy
    cv = list(StratifiedKFold(4).split(X, y))
    distiller = CrossFitDistiller(FOREST, TREE, cv=cv, **PLAIN).fit(X, y)
    expected = cross_fit_proba(FOREST, X, y, cv=cv).proba
    np.testing.assert_array_equal(distiller.teacher_proba_, expected)
    np.testing.assert_array_equal(distiller.targets_, expected)
    by_hand = clone(TREE).fit(
        np.repeat(X, 3, axis=0),
        np.tile(distiller.classes_, len(X)),
        sample_weight=expected.ravel(),
    )
    np.testing.assert_allclose(distiller.predict_proba(X), by_hand.predict_proba(X))
    assert distiller.route_ == "tree"
    assert distiller.selection_ == ()


def test_plain_distillation_learns_in_sample_probabilities(toy):
    X, y = toy
    distiller = DistilledClassifier(FOREST, DecisionTreeRegressor()).fit(X, y)
    expected = clone(FOREST).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(distiller.teacher_proba_, expected)
    assert distiller.crossfit_.source == "teacher"


def test_student_is_a_plain_learner_and_the_users_objects_are_untouched(toy):
    X, y = toy
    teacher, student = clone(FOREST), clone(TREE)
    distiller = CrossFitDistiller(teacher, student, **PLAIN).fit(X, y)
    assert type(distiller.student_) is DecisionTreeClassifier
    assert distiller.student_ is not student
    assert not hasattr(student, "tree_")
    assert not hasattr(teacher, "estimators_")
    np.testing.assert_array_equal(
        distiller.student_.predict_proba(X), distiller.predict_proba(X)
    )


def test_predictions_agree_with_probabilities(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, random_state=0).fit(X, y)
    proba = distiller.predict_proba(X)
    np.testing.assert_array_equal(
        distiller.predict(X), distiller.classes_[proba.argmax(axis=1)]
    )
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(distiller.predict_log_proba(X), np.log(proba))


@pytest.mark.parametrize("n_jobs", [2])
@pytest.mark.parametrize("cv", [3, "oob"])
def test_results_do_not_depend_on_n_jobs(toy, cv, n_jobs):
    X, y = toy
    teacher, student = RandomForestClassifier(40), RandomForestClassifier(3)
    one = CrossFitDistiller(teacher, student, cv=cv, random_state=0).fit(X, y)
    two = clone(one).set_params(n_jobs=n_jobs).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert one.selection_ == two.selection_


def test_frozen_teachers_label_as_they_are(toy):
    X, y = toy
    fitted = clone(FOREST).fit(X[:120], y[:120])
    distiller = DistilledClassifier(FrozenEstimator(fitted), TREE).fit(X[120:], y[120:])
    np.testing.assert_allclose(distiller.teacher_proba_, fitted.predict_proba(X[120:]))


def test_a_frozen_teacher_of_fewer_classes_is_aligned_by_label(toy):
    X, y = toy
    fitted = clone(FOREST).fit(X[y != "0"], y[y != "0"])
    with pytest.warns(UserWarning, match="without the classes '0'"):
        distiller = DistilledClassifier(FrozenEstimator(fitted), TREE).fit(X, y)
    prior = 1 / (240 + 3)
    np.testing.assert_allclose(distiller.teacher_proba_[:, 0], prior)
    np.testing.assert_allclose(
        distiller.teacher_proba_[:, 1:], fitted.predict_proba(X) * (1 - prior)
    )


def test_users_probabilities_are_taken_and_no_teacher_is_fitted(toy):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=len(y))
    for kind, teacher in [
        (DistilledClassifier, None),
        (CrossFitDistiller, FrozenEstimator(FOREST)),
    ]:
        distiller = kind(teacher, TREE, **PLAIN).fit(X, y, teacher_proba=proba)
        np.testing.assert_allclose(distiller.targets_, proba, rtol=1e-12)
        assert distiller.crossfit_.source == "teacher_proba"


def test_alpha_correction_and_rules_shape_the_targets(toy):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3) * 5, size=len(y))
    onehot = np.eye(3)[y.astype(int)]
    rule = LossCorrection("mixed", 0.25)
    distiller = CrossFitDistiller(
        student=TREE, alpha=0.5, correction=rule, target=Temperature(2.0)
    ).fit(X, y, teacher_proba=proba)
    soft = temper(proba, 2.0)
    expected = 0.5 * (0.75 * soft + 0.25 * onehot) + 0.5 * onehot
    np.testing.assert_allclose(distiller.targets_, expected)
    assert (distiller.alpha_, distiller.correction_) == (0.5, rule)


@pytest.mark.parametrize("name", ["fast", "slow", "relative", "absolute", "power"])
def test_corrections_by_name_fit_the_student(toy, name):
    X, y = toy
    for student, per_class in [(TREE, False), (DecisionTreeRegressor(), True)]:
        distiller = CrossFitDistiller(
            FOREST, student, alpha=1.0, correction=name, random_state=0
        ).fit(X, y)
        assert distiller.correction_ == LossCorrection(name, per_class=per_class)
        expected = distiller.correction_(distiller.teacher_proba_, y.astype(int))
        np.testing.assert_allclose(distiller.targets_, expected)


def test_log_scale_floors_count_and_warn_once(toy):
    X, y = toy
    with pytest.warns(ProbabilityWarning, match="were raised to a floor") as caught:
        distiller = CrossFitDistiller(
            FOREST, DecisionTreeRegressor(), scale="log", random_state=0, **PLAIN
        ).fit(X, y)
    zeros = int((distiller.teacher_proba_ < 1 / 500).sum())
    assert len(caught) == 1
    assert distiller.crossfit_.n_clipped == zeros > 0
    np.testing.assert_allclose(
        distiller.targets_, np.log(np.maximum(distiller.teacher_proba_, 1 / 500))
    )
    np.testing.assert_allclose(distiller.predict_proba(X).sum(axis=1), 1)


def test_negative_targets_are_counted_and_warned_about_once(toy):
    X, y = toy
    proba = np.full((len(y), 3), 0.005)
    wrong = (y.astype(int) + 1) % 3
    proba[np.arange(len(y)), wrong] = 0.99
    with pytest.warns(TargetsWarning, match="targets are negative") as caught:
        warnings.simplefilter("ignore", ProbabilityWarning)
        distiller = CrossFitDistiller(
            student=LogisticRegression(),
            temperature=2.0,
            alpha=1.0,
            correction="orthogonal",
        ).fit(X, y, teacher_proba=proba)
    assert len(caught) == 1
    assert distiller.crossfit_.n_negative == (distiller.targets_ < 0).sum() > 0


def test_a_teacher_that_shifts_the_labels_is_warned_about(binary):
    X, y = binary
    teacher = RandomForestClassifier(
        20, class_weight={0: 1, 1: 50}, max_depth=2, random_state=0
    )
    with pytest.warns(ProbabilityWarning, match=r"class [01] is off its frequency"):
        CrossFitDistiller(teacher, TREE, random_state=0, **PLAIN).fit(X, y)


def test_several_teachers_are_averaged_by_out_of_fold_log_loss(toy):
    X, y = toy
    stump = DecisionTreeClassifier(max_depth=1, random_state=0)
    boosted = HistGradientBoostingClassifier(max_iter=10, random_state=0)
    distiller = CrossFitDistiller([boosted, stump], TREE, random_state=0, **PLAIN).fit(
        X, y
    )
    weights = distiller.crossfit_.teacher_weights
    assert sum(weights) == pytest.approx(1)
    assert weights[0] > 0.8
    single = [
        CrossFitDistiller(one, TREE, random_state=0, **PLAIN).fit(X, y).teacher_proba_
        for one in (boosted, stump)
    ]
    np.testing.assert_allclose(
        distiller.teacher_proba_, weights[0] * single[0] + weights[1] * single[1]
    )
    plain = DistilledClassifier([boosted, stump], TREE).fit(X, y)
    assert plain.crossfit_.teacher_weights == (0.5, 0.5)


def test_unlabeled_rows_are_learned_from(toy):
    X, y = toy
    few, rest = X[:60], X[60:]
    distiller = CrossFitDistiller(
        LogisticRegression(), DecisionTreeRegressor(max_depth=4), cv=3, **PLAIN
    ).fit(few, y[:60], X_unlabeled=rest)
    assert distiller.targets_.shape == (60, 3)
    values = np.vstack([distiller.teacher_proba_, distiller.crossfit_.unlabeled_proba])
    own = DecisionTreeRegressor(
        max_depth=4, random_state=distiller.student_.random_state
    )
    np.testing.assert_allclose(
        distiller.student_.predict(X), own.fit(X, values).predict(X)
    )


def test_unlabeled_rows_weigh_alpha(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        LogisticRegression(),
        SoftLogisticRegression(tol=1e-8),
        cv=3,
        alpha=0.25,
        correction=None,
    ).fit(X[:60], y[:60], X_unlabeled=X[60:])
    values = np.vstack([distiller.targets_, distiller.crossfit_.unlabeled_proba])
    weight = np.r_[np.ones(60), np.full(180, 0.25)]
    own = SoftLogisticRegression(tol=1e-8).fit(X, values, sample_weight=weight)
    np.testing.assert_allclose(distiller.student_.coef_, own.coef_, atol=1e-6)


def test_labels_only_ignores_unlabeled_rows(toy):
    X, y = toy
    options = {"alpha": 0.0, "correction": None, "random_state": 0}
    student = RandomForestRegressor(3)  # draws rows of weight 0 as well
    with_rows = CrossFitDistiller(FOREST, student, **options)
    with_rows.fit(X[:90], y[:90], X_unlabeled=X[90:])
    without = CrossFitDistiller(FOREST, student, **options).fit(X[:90], y[:90])
    np.testing.assert_array_equal(with_rows.predict_proba(X), without.predict_proba(X))


def test_rows_no_fold_held_out_are_learned_from_their_labels(toy):
    X, y = toy
    with pytest.warns(CoverageWarning):
        distiller = CrossFitDistiller(
            FOREST, TREE, cv=TimeSeriesSplit(3), random_state=0, **PLAIN
        ).fit(X, y)
    uncovered = np.isnan(distiller.teacher_proba_[:, 0])
    assert uncovered.sum() == 60
    np.testing.assert_array_equal(
        distiller.targets_[uncovered], np.eye(3)[y[uncovered].astype(int)]
    )


def test_margin_teachers_are_served_with_a_calibration(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        LinearSVC(), TREE, calibration="sigmoid", random_state=0, **PLAIN
    )
    assert distiller.fit(X, y).score(X, y) > 0.6


def test_refit_student_reuses_the_probabilities(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, random_state=0, **PLAIN).fit(X, y)
    before = distiller.teacher_proba_
    distiller.set_params(teacher=None)  # a teacher that is asked again would differ
    distiller.refit_student(DecisionTreeRegressor(), alpha=0.5, correction="fast")
    assert distiller.teacher_proba_ is before
    assert distiller.route_ == "regression"
    assert distiller.alpha_ == 0.5
    fresh = CrossFitDistiller(
        FOREST, DecisionTreeRegressor(), alpha=0.5, correction="fast", random_state=0
    ).fit(X, y)
    np.testing.assert_array_equal(fresh.predict_proba(X), distiller.predict_proba(X))
    distiller.refit_student(student__max_depth=1)
    assert distiller.student_.get_depth() == 1


def test_refit_student_leaves_the_users_student_as_it_was(toy):
    student = DecisionTreeClassifier(max_depth=3, random_state=0)
    distiller = CrossFitDistiller(FOREST, student, random_state=0, **PLAIN).fit(*toy)
    distiller.refit_student(student__max_depth=1)
    assert distiller.student_.get_depth() == 1
    assert distiller.get_params()["student__max_depth"] == 1
    assert student.max_depth == 3
    other = DecisionTreeClassifier(max_depth=4, random_state=0)
    distiller.refit_student(other, student__max_depth=2)
    assert (distiller.student_.get_depth(), other.max_depth) == (2, 4)
    with pytest.raises(ValueError, match="Invalid parameter 'wrong'"):
        distiller.refit_student(student__wrong=1)
    assert distiller.get_params()["student__max_depth"] == 2


def test_refit_student_says_where_a_parameter_of_the_student_belongs(toy):
    distiller = CrossFitDistiller(FOREST, DecisionTreeClassifier(), **PLAIN).fit(*toy)
    with pytest.raises(
        ValueError, match=r"got 'max_leaf_nodes'. .*student__max_leaf_n"
    ):
        distiller.refit_student(max_leaf_nodes=8)


def test_refit_student_refuses_what_concerns_the_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, random_state=0, **PLAIN).fit(X, y)
    with pytest.raises(ValueError, match="got 'cv'. A new teacher needs a new fit"):
        distiller.refit_student(cv=3)
    with pytest.raises(ValueError, match="alpha must be a number"):
        distiller.refit_student(alpha=3.0)


def test_pickles_predict_alike_and_leave_data_and_teachers_behind(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, random_state=0, **PLAIN).fit(X, y)
    again = pickle.loads(pickle.dumps(distiller))
    np.testing.assert_array_equal(again.predict_proba(X), distiller.predict_proba(X))
    assert again.crossfit_.teachers == ()
    assert not hasattr(again, "_problem")
    with pytest.raises(ValueError, match="without its training data"):
        again.refit_student(alpha=0.5)


def test_teachers_are_kept_on_request(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, keep_teachers=True, **PLAIN).fit(X, y)
    assert len(distiller.crossfit_.teachers) == 5


def test_the_store_spares_the_teacher(toy, tmp_path):
    X, y = toy
    options = {"random_state": 0, "memory": tmp_path}
    first = CrossFitDistiller(RandomForestClassifier(5), TREE, **options).fit(X, y)
    other = CrossFitDistiller(
        RandomForestClassifier(5), DecisionTreeRegressor(), **options
    ).fit(X, y)
    assert first.crossfit_.fit_seconds == other.crossfit_.fit_seconds


def test_grid_search_over_teacher_student_and_own_parameters(toy):
    X, y = toy
    search = GridSearchCV(
        make_pipeline(
            StandardScaler(), CrossFitDistiller(FOREST, TREE, cv=2, random_state=0)
        ),
        {
            "crossfitdistiller__teacher__max_depth": [2, None],
            "crossfitdistiller__student__max_leaf_nodes": [2, 8],
            "crossfitdistiller__alpha": [0.5, 1.0],
            "crossfitdistiller__correction": [None],
        },
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["crossfitdistiller__student__max_leaf_nodes"] == 8
    scores = cross_validate(search.best_estimator_, X, y, cv=3, error_score="raise")
    assert scores["test_score"].min() > 0.5


def frames(X):
    color = np.where(X[:, 0] > 0, "red", "blue")
    pandas = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    pandas["color"] = pd.Categorical(color)
    return {"pandas": pandas, "polars": pl.from_pandas(pandas)}


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_with_categories_reach_teacher_and_student(toy, kind):
    X, y = toy
    frame = frames(X)[kind]
    boosted = HistGradientBoostingClassifier(
        max_iter=5, categorical_features="from_dtype"
    )
    student = HistGradientBoostingRegressor(
        max_iter=5, categorical_features="from_dtype"
    )
    distiller = CrossFitDistiller(boosted, student, cv=2, random_state=0, **PLAIN)
    distiller.fit(frame[:200], y[:200], X_unlabeled=frame[200:])
    assert distiller.feature_names_in_.tolist() == list(frame.columns)
    assert distiller.n_features_in_ == 7
    assert distiller.score(frame, y) > 0.6


def test_a_pipeline_with_an_encoder_is_a_student_for_frames(toy):
    X, y = toy
    frame = frames(X)["pandas"][["color"]]
    student = make_pipeline(OneHotEncoder(), LogisticRegression())
    teacher = make_pipeline(OneHotEncoder(), RandomForestClassifier(5))
    distiller = CrossFitDistiller(teacher, student, cv=3, random_state=0).fit(frame, y)
    assert distiller.predict_proba(frame).shape == (240, 3)


def test_sparse_rows_are_served_and_joined(toy):
    X, y = toy
    rows = sparse.csr_array(np.where(X > 0, X, 0))
    distiller = CrossFitDistiller(
        LogisticRegression(), LogisticRegression(), cv=3, random_state=0, **PLAIN
    ).fit(rows[:200], y[:200], X_unlabeled=rows[200:])
    dense = clone(distiller).fit(
        rows[:200].toarray(), y[:200], X_unlabeled=rows[200:].toarray()
    )
    np.testing.assert_allclose(
        distiller.predict_proba(rows), dense.predict_proba(rows.toarray()), atol=1e-4
    )


def test_images_pass_through(toy):
    X, y = toy
    images = X.reshape(len(X), 2, 3)

    class Flat(RandomForestClassifier):
        def fit(self, X, y, sample_weight=None):
            assert X.ndim == 3
            return super().fit(X.reshape(len(X), -1), y, sample_weight)

        def predict_proba(self, X):
            return super().predict_proba(X.reshape(len(X), -1))

    distiller = DistilledClassifier(Flat(5), Flat(3), random_state=0).fit(images, y)
    assert distiller.predict_proba(images).shape == (240, 3)


def test_tags_say_sparse_and_missing_only_if_both_accept_them():
    both = CrossFitDistiller(RandomForestClassifier(), DecisionTreeClassifier())
    tags = both.__sklearn_tags__().input_tags
    assert tags.sparse
    assert tags.allow_nan
    one = CrossFitDistiller(LogisticRegression(), DecisionTreeClassifier())
    assert not one.__sklearn_tags__().input_tags.allow_nan
    dense = CrossFitDistiller(HistGradientBoostingClassifier(), TREE)
    assert not dense.__sklearn_tags__().input_tags.sparse


def test_missing_values_are_refused_where_the_teacher_refused_them(toy):
    X, y = toy
    distiller = CrossFitDistiller(LogisticRegression(), TREE, **PLAIN).fit(X, y)
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="X must not contain NaN.*got 1 such"):
        distiller.predict_proba(bad)
    assert distiller.student_.predict_proba(bad).shape == (240, 3)


@pytest.mark.parametrize("kind", ["array", "frame", "polars", "list", "sparse"])
def test_missing_values_are_refused_in_any_container(toy, kind):
    X, y = toy
    distiller = CrossFitDistiller(LogisticRegression(), TREE, **PLAIN).fit(X, y)
    bad = X[:5].copy()
    bad[3, 1] = np.inf if kind == "sparse" else np.nan
    rows = {
        "array": bad,
        "frame": pd.DataFrame(bad),
        "polars": pl.DataFrame(bad),
        "list": bad.tolist(),
        "sparse": sparse.csr_array(bad),
    }[kind]
    with pytest.raises(ValueError, match="X must not contain NaN.*got 1 such"):
        distiller.predict_proba(rows)


def test_missing_values_are_served_where_the_teacher_was_fitted_on_them(toy):
    """A pipeline does not declare that its imputer takes them."""
    X, y = toy
    holes = X.copy()
    holes[::7, 1] = np.nan
    teacher = make_pipeline(SimpleImputer(), LogisticRegression())
    distiller = CrossFitDistiller(teacher, TREE, **PLAIN).fit(holes, y)
    assert distiller.predict_proba(holes).shape == (240, 3)
    distiller.fit(X, y)
    with pytest.raises(ValueError, match="the rows of fit held none, and the teacher"):
        distiller.predict_proba(holes)


def test_missing_values_are_served_where_both_take_them(toy):
    X, y = toy
    holes = X.copy()
    holes[::7, 1] = np.nan
    distiller = CrossFitDistiller(FOREST, TREE, random_state=0).fit(holes, y)
    assert np.isfinite(distiller.predict_proba(holes)).all()


def test_html_repr_shows_teacher_and_student():
    html = CrossFitDistiller(FOREST, TREE)._repr_html_()
    assert "teacher: RandomForestClassifier" in html
    assert "student: DecisionTreeClassifier" in html


def test_groups_stay_together_and_reach_the_splitter(toy):
    X, y = toy
    groups = np.repeat(np.arange(24), 10)
    for cv in (GroupKFold(3), 3):
        distiller = CrossFitDistiller(FOREST, TREE, cv=cv, **PLAIN)
        distiller.fit(X, y, groups=groups)
        for train, test in distiller.crossfit_.splits:
            assert not set(groups[train]) & set(groups[test])


def test_set_output_changes_nothing(toy):
    import sklearn

    X, y = toy
    with sklearn.config_context(transform_output="pandas"):
        frame = pd.DataFrame(X, columns=list("abcdef"))
        distiller = CrossFitDistiller(
            FOREST, make_pipeline(StandardScaler(), TREE), random_state=0
        ).fit(frame, y)
        assert isinstance(distiller.predict_proba(frame), np.ndarray)


def test_a_random_forest_student_is_smaller_than_its_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(50), RandomForestRegressor(3), cv=KFold(3), **PLAIN
    ).fit(X, y)
    assert len(pickle.dumps(distiller.student_)) * 3 < len(
        pickle.dumps(RandomForestClassifier(50).fit(X, y))
    )


@pytest.mark.parametrize("correction", [None, "relative"])
def test_tree_regressors_give_probabilities_on_and_off_the_simplex(toy, correction):
    """Per-class corrections leave the simplex: then predictions are projected."""
    X, y = toy
    distiller = CrossFitDistiller(
        FOREST, DecisionTreeRegressor(), alpha=1.0, correction=correction
    ).fit(X, y)
    on_simplex = np.allclose(distiller.targets_.sum(axis=1), 1)
    assert on_simplex is (correction is None)
    proba = distiller.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    same = np.allclose(proba, distiller.student_.predict(X), atol=1e-12)
    assert same is on_simplex


def test_several_teachers_share_folds_and_warn_once(toy):
    X, y = toy
    y = y.copy()
    y[0] = "9"
    teachers = [RandomForestClassifier(3), DecisionTreeClassifier(max_depth=3)]
    with pytest.warns(MissingClassWarning, match="'9'") as caught:
        distiller = CrossFitDistiller(
            teachers, TREE, cv=3, n_repeats=2, random_state=0, **PLAIN
        ).fit(X, y)
    assert len(caught) == 1
    assert len(distiller.crossfit_.splits) == 6
    assert len(distiller.crossfit_.scores) == 12


def test_the_baseline_is_kept_until_another_student_is_fitted(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        FOREST, DecisionTreeClassifier(max_depth=2), alpha=1.0, random_state=0
    ).fit(X, y)
    first = distiller.baseline_student()
    assert distiller.baseline_student() is first
    assert distiller.refit_student(student__max_depth=4).baseline_student() is not first
    assert distiller.baseline_student().get_depth() == 4
    second = distiller.baseline_student()
    assert distiller.fit(X, y).baseline_student() is not second
