"""Each route minimises the objective it claims, and returns a plain learner."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students import (
    SoftLogisticRegression,
    StudentData,
    fit_student,
    student_proba,
)
from skdistill.students._regression import averages, to_proba
from skdistill.targets import Targets, make_targets

OLD_TYPES = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 8)
CLASSES = np.array(["a", "b", "c"])


def make_data(X, codes, values=None, classes=CLASSES, weight=None, **targets):
    if values is None:
        values = np.eye(len(classes))[codes]
    return StudentData(X, Targets(values, **targets), classes, codes, weight, {})


@pytest.fixture(scope="module")
def soft():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 4))
    logits = X @ rng.normal(size=(4, 3))
    values = np.exp(log_softmax(logits, axis=1)) * 0.8 + 0.2 / 3
    codes = np.array([rng.choice(3, p=row / row.sum()) for row in values])
    return X, codes, values


EXPANDED = [
    DecisionTreeClassifier(criterion="entropy", max_depth=4, random_state=0),
    RandomForestClassifier(3, criterion="log_loss", random_state=0),
    GaussianNB(),
    SGDClassifier(loss="log_loss", random_state=0),
]


TREES_ONE_BY_ONE = GradientBoostingRegressor(n_estimators=5, random_state=0)


@pytest.mark.parametrize("student", EXPANDED)
@pytest.mark.parametrize("weighted", [False, True])
def test_one_hot_targets_reproduce_the_learners_own_fit(soft, student, weighted):
    X, codes, _ = soft
    weight = np.linspace(0.5, 2, len(X)) if weighted else None
    fitted = fit_student(clone(student), make_data(X, codes, weight=weight))
    own = clone(student).fit(X, CLASSES[codes], sample_weight=weight)
    np.testing.assert_allclose(fitted.predict_proba(X), own.predict_proba(X))
    assert type(fitted) is type(student)
    assert fitted.classes_.tolist() == CLASSES.tolist()


def test_expansion_is_the_learner_on_repeated_weighted_rows(soft):
    X, codes, values = soft
    student = DecisionTreeClassifier(criterion="entropy", max_depth=4, random_state=0)
    weight = np.linspace(0.5, 2, len(X))
    fitted = fit_student(clone(student), make_data(X, codes, values, weight=weight))
    own = clone(student).fit(
        np.repeat(X, 3, axis=0),
        np.tile(CLASSES, len(X)),
        sample_weight=(values * weight[:, None]).ravel(),
    )
    np.testing.assert_allclose(fitted.predict_proba(X), own.predict_proba(X))


def test_expansion_leaves_out_rows_of_weight_zero(soft):
    X, codes, _ = soft

    class Rows(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            self.n_rows_ = len(X)
            return super().fit(X, y, sample_weight)

    assert fit_student(Rows(), make_data(X, codes)).n_rows_ == len(X)


def test_expansion_refuses_negative_targets_and_names_the_row(soft):
    X, codes, values = soft
    values = values.copy()
    values[2, 0] = 0.0  # no negative target
    values[5, 1] = -0.25
    with pytest.raises(ValueError, match="non-negative.*got -0.25 in row 5, column 1"):
        fit_student(GaussianNB(), make_data(X, codes, values))


class Tagged(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None, tag=None):
        self.tag_ = np.asarray(tag)
        return super().fit(X, y, sample_weight)


def test_expansion_repeats_what_has_one_entry_a_row(soft):
    X, codes, values = soft
    data = replace(make_data(X, codes, values), fit_params={"tag": np.arange(150)})
    fitted = fit_student(Tagged(), data)
    np.testing.assert_array_equal(fitted.tag_, np.repeat(np.arange(150), 3))


@pytest.mark.parametrize("route", ["expansion", "linear"])
def test_balanced_class_weight_counts_labels_not_repeated_rows(soft, route):
    X, codes, values = soft
    keep = np.r_[np.flatnonzero(codes != 0), np.flatnonzero(codes == 0)[:6]]
    X, codes, values = X[keep], codes[keep], values[keep]
    counts = np.bincount(codes)
    weights = len(codes) / (3 * counts)
    kind = GaussianNB() if route == "expansion" else LogisticRegression(tol=1e-8)
    if route == "expansion":
        kind = DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=0)
    balanced = clone(kind).set_params(class_weight="balanced")
    fitted = fit_student(balanced, make_data(X, codes, values))
    by_hand = clone(kind).set_params(
        class_weight=dict(zip(CLASSES.tolist(), weights.tolist(), strict=True))
    )
    by_hand.fit(
        np.repeat(X, 3, axis=0), np.tile(CLASSES, len(X)), sample_weight=values.ravel()
    )
    np.testing.assert_allclose(
        fitted.predict_proba(X), by_hand.predict_proba(X), atol=1e-5
    )


def logistic_objective(model, X, values, weight, C):
    logits = X @ model.coef_.T + model.intercept_
    if logits.shape[1] == 1:
        logits = np.column_stack([np.zeros(len(X)), logits])
    loss = -(values * log_softmax(logits, axis=1)).sum(axis=1)
    return weight @ loss + (model.coef_**2).sum() / (2 * C)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", [LogisticRegression, SoftLogisticRegression])
def test_linear_students_reach_the_optimum_of_the_expanded_rows(soft, n_classes, kind):
    X, codes, values = soft
    values = values[:, :n_classes] / values[:, :n_classes].sum(axis=1, keepdims=True)
    codes = np.minimum(codes, n_classes - 1)
    classes = CLASSES[:n_classes]
    weight = np.linspace(0.5, 2, len(X))
    fitted = fit_student(
        kind(C=0.7, tol=1e-8, max_iter=1000),
        make_data(X, codes, values, classes, weight),
    )
    own = LogisticRegression(C=0.7, tol=1e-8, max_iter=1000).fit(
        np.repeat(X, n_classes, axis=0),
        np.tile(classes, len(X)),
        sample_weight=(values * weight[:, None]).ravel(),
    )
    ours = logistic_objective(fitted, X, values, weight, 0.7)
    theirs = logistic_objective(own, X, values, weight, 0.7)
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert type(fitted) is kind
    np.testing.assert_allclose(fitted.coef_, own.coef_, atol=1e-4)


def test_linear_on_one_hot_targets_is_scikit_learns_fit(soft):
    X, codes, _ = soft
    student = LogisticRegression(tol=1e-8, max_iter=1000)
    fitted = fit_student(clone(student), make_data(X, codes))
    own = clone(student).fit(X, CLASSES[codes])
    np.testing.assert_allclose(fitted.predict_proba(X), own.predict_proba(X), atol=1e-5)
    assert set(vars(own)) == set(vars(fitted))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_linear_types_are_scikit_learns(soft, dtype):
    X, codes, _ = soft
    X = (10 * X).astype(dtype)
    fitted = fit_student(LogisticRegression(max_iter=1000), make_data(X, codes))
    own = LogisticRegression(max_iter=1000).fit(X, CLASSES[codes])
    # Before 1.8 scikit-learn's "lbfgs" left float64 coefficients of float32 rows.
    if OLD_TYPES and dtype is np.float32:
        own.coef_, own.intercept_ = (
            own.coef_.astype(dtype),
            own.intercept_.astype(dtype),
        )
    for name in ("coef_", "intercept_", "n_iter_"):
        assert getattr(fitted, name).dtype == getattr(own, name).dtype


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_takes_sparse_rows_and_solves_them_in_float64(soft, kind, dtype):
    X, codes, values = soft
    X = X.astype(dtype)
    student = LogisticRegression(tol=1e-8, max_iter=1000)
    fitted = fit_student(clone(student), make_data(kind(X), codes, values))
    dense = fit_student(clone(student), make_data(np.float64(X), codes, values))
    np.testing.assert_allclose(fitted.coef_, dense.coef_, atol=1e-7)
    assert fitted.coef_.dtype == np.float64


def test_linear_refuses_sparse_indices_of_64_bits(soft):
    X, codes, values = soft
    wide = sparse.csr_array(X)
    wide.indices, wide.indptr = np.int64(wide.indices), np.int64(wide.indptr)
    with pytest.raises(ValueError, match="32-bit integer indices"):
        fit_student(LogisticRegression(), make_data(wide, codes, values))


def test_linear_without_intercept_has_none(soft):
    X, codes, _ = soft
    student = LogisticRegression(fit_intercept=False, tol=1e-8, max_iter=1000)
    fitted = fit_student(clone(student), make_data(X + 1, codes))
    own = clone(student).fit(X + 1, CLASSES[codes])
    np.testing.assert_allclose(fitted.coef_, own.coef_, atol=1e-4)
    np.testing.assert_array_equal(fitted.intercept_, 0)


def test_both_spellings_of_no_penalty_are_one(soft):
    X, codes, values = soft
    data = make_data(X, codes, values)
    fitted = fit_student(LogisticRegression(penalty=None, max_iter=1000), data)
    own = fit_student(LogisticRegression(C=np.inf, max_iter=1000), data)
    np.testing.assert_array_equal(fitted.coef_, own.coef_)


def test_linear_says_when_it_did_not_converge(soft):
    X, codes, values = soft
    with pytest.warns(ConvergenceWarning, match="max_iter=2 .*Increase max_iter"):
        fit_student(LogisticRegression(max_iter=2), make_data(X, codes, values))


def test_a_tempered_linear_student_is_sharper_by_the_temperature(soft):
    """Without a penalty, matching softened targets with f / tau gives f = tau f1."""
    X, codes, values = soft
    plain = fit_student(
        LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000),
        make_data(X, codes, values),
    )
    tempered = fit_student(
        LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000),
        make_data(X, codes, values, temperature=3.0),
    )
    centred = plain.coef_ - plain.coef_.mean(axis=0)
    np.testing.assert_allclose(
        tempered.coef_ - tempered.coef_.mean(axis=0), 3 * centred, rtol=1e-3, atol=1e-3
    )


def test_negative_targets_are_fine_for_linear_students(soft):
    X, codes, values = soft
    corrected = values + 1.5 * (np.eye(3)[codes] - values)
    assert corrected.min() < 0
    fitted = fit_student(LogisticRegression(), make_data(X, codes, corrected))
    assert np.isfinite(fitted.coef_).all()


@pytest.mark.parametrize("scale", ["prob", "log"])
def test_two_classes_are_one_column_of_the_second_class(soft, scale):
    X, codes, values = soft
    codes, values = (
        (codes > 0).astype(int),
        np.column_stack([values[:, 0], 1 - values[:, 0]]),
    )
    targets = np.log(values) if scale == "log" else values
    fitted = fit_student(
        LinearRegression(), make_data(X, codes, targets, CLASSES[:2], scale=scale)
    )
    own = LinearRegression().fit(X, targets[:, 1])
    np.testing.assert_allclose(fitted.predict(X), own.predict(X))
    proba = student_proba(fitted, X, CLASSES[:2], scale)
    expected = np.exp(own.predict(X)) if scale == "log" else own.predict(X)
    np.testing.assert_allclose(proba[:, 1], np.clip(expected, 0, 1))
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_several_classes_are_fitted_together_if_the_regressor_can(soft):
    X, codes, values = soft
    fitted = fit_student(LinearRegression(), make_data(X, codes, values))
    own = LinearRegression().fit(X, values)
    np.testing.assert_allclose(fitted.coef_, own.coef_)
    assert type(fitted) is LinearRegression


def test_several_classes_are_fitted_one_by_one_if_it_cannot(soft):
    X, codes, values = soft
    weight = np.linspace(0.5, 2, len(X))
    student = TREES_ONE_BY_ONE
    fitted = fit_student(clone(student), make_data(X, codes, values, weight=weight))
    assert type(fitted) is MultiOutputRegressor
    own = clone(student).fit(X, values[:, 1], sample_weight=weight)
    np.testing.assert_allclose(fitted.predict(X)[:, 1], own.predict(X))


def test_log_targets_of_several_classes_are_centred_and_softmaxed(soft):
    X, codes, values = soft
    data = make_data(X, codes, np.log(values), scale="log")
    fitted = fit_student(LinearRegression(), data)
    shifted = make_data(X, codes, np.log(values) + X[:, :1], scale="log")
    again = fit_student(LinearRegression(), shifted)
    np.testing.assert_allclose(fitted.coef_, again.coef_, atol=1e-10)
    proba = student_proba(fitted, X, CLASSES, "log")
    np.testing.assert_allclose(
        np.log(proba), log_softmax(fitted.predict(X), axis=1), atol=1e-10
    )


def test_weights_reach_a_regressor(soft):
    X, codes, values = soft
    weight = np.linspace(0, 2, len(X))
    fitted = fit_student(LinearRegression(), make_data(X, codes, values, weight=weight))
    own = LinearRegression().fit(X, values, sample_weight=weight)
    np.testing.assert_allclose(fitted.coef_, own.coef_)


def test_weights_reach_a_regressor_of_two_classes(soft):
    X, codes, values = soft
    values = np.column_stack([values[:, 0], 1 - values[:, 0]])
    weight = np.linspace(0, 2, len(X))
    data = make_data(X, np.minimum(codes, 1), values, CLASSES[:2], weight)
    fitted = fit_student(LinearRegression(), data)
    own = LinearRegression().fit(X, values[:, 1], sample_weight=weight)
    np.testing.assert_allclose(fitted.coef_, own.coef_)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ([[-0.5, 0.5, 1.5]], [[0, 0.25, 0.75]]),
        ([[-1.0, -2.0, 0.0]], [[1 / 3] * 3]),
        ([[0.2, 0.3, 0.5]], [[0.2, 0.3, 0.5]]),
        ([1.5, -0.5, 0.25], [[0, 1], [1, 0], [0.75, 0.25]]),
        ([[1.5], [-0.5], [0.25]], [[0, 1], [1, 0], [0.75, 0.25]]),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.zeros(0), np.zeros((0, 2))),
    ],
)
def test_predictions_are_projected_on_probabilities(prediction, expected):
    np.testing.assert_allclose(to_proba(prediction, "prob"), expected)


def test_a_pipelines_transformers_see_the_rows_and_labels_as_they_are(soft):
    X, codes, values = soft
    student = make_pipeline(
        StandardScaler(), SelectKBest(k=2), DecisionTreeClassifier(random_state=0)
    )
    fitted = fit_student(clone(student), make_data(X, codes, values))
    assert isinstance(fitted, Pipeline)
    np.testing.assert_allclose(fitted[0].mean_, X.mean(axis=0))
    scaled = StandardScaler().fit_transform(X)
    expected = SelectKBest(k=2).fit(scaled, CLASSES[codes])
    np.testing.assert_array_equal(fitted[1].get_support(), expected.get_support())
    last = fit_student(
        DecisionTreeClassifier(random_state=0),
        make_data(expected.transform(scaled), codes, values),
    )
    np.testing.assert_allclose(
        fitted.predict_proba(X), last.predict_proba(expected.transform(scaled))
    )
    assert not hasattr(student[0], "mean_")


def test_a_pipeline_keeps_its_names_and_holds_what_was_fitted(soft):
    X, codes, values = soft
    student = Pipeline([("scale", StandardScaler()), ("boost", TREES_ONE_BY_ONE)])
    fitted = fit_student(clone(student), make_data(X, codes, values))
    assert [name for name, _ in fitted.steps] == ["scale", "boost"]
    assert type(fitted["boost"]) is MultiOutputRegressor
    assert fitted.predict(X).shape == (150, 3)


def test_a_pipeline_without_transformers_is_its_last_step(soft):
    X, codes, values = soft
    fitted = fit_student(make_pipeline(LinearRegression()), make_data(X, codes, values))
    assert isinstance(fitted, Pipeline)
    own = LinearRegression().fit(X, values)
    np.testing.assert_allclose(fitted.predict(X), own.predict(X))


def test_transformers_are_fitted_on_labelled_rows_only(soft):
    X, codes, values = soft
    fitted = fit_student(
        make_pipeline(StandardScaler(), LinearRegression()),
        make_data(X, codes[:100], values),
    )
    np.testing.assert_allclose(fitted[0].mean_, X[:100].mean(axis=0))
    own = LinearRegression().fit(X, values)  # all rows reach the last step
    np.testing.assert_allclose(fitted.predict(X), own.predict(X))


class Native(SoftLogisticRegression):
    """A third party's learner: takes the loss, knows nothing of ``classes``."""

    target_losses = ("squared_error",)

    def fit_targets(self, X, T, *, loss, sample_weight=None):
        self.given_ = (np.asarray(T), loss, sample_weight)
        return self


def test_native_students_get_targets_loss_and_weights(soft):
    X, codes, values = soft
    weight = np.ones(len(X))
    fitted = fit_student(Native(), make_data(X, codes, values, weight=weight))
    np.testing.assert_array_equal(fitted.given_[0], values)
    assert fitted.given_[1] == SquaredError()
    np.testing.assert_array_equal(fitted.given_[2], weight)


def test_native_students_get_temperature_and_alpha(soft):
    X, codes, values = soft

    class Entropy(Native):
        target_losses = ("cross_entropy",)

    targets = make_targets(values, codes, alpha=0.5, temperature=2.0)
    data = StudentData(X, targets, CLASSES, codes, None, {})
    assert fit_student(Entropy(), data).given_[1] == CrossEntropy(2.0, 0.5)


@pytest.mark.parametrize("piped", [False, True])
def test_the_loss_asked_for_is_the_loss_given(soft, piped):
    X, codes, values = soft

    class Either(Native):
        target_losses = ("cross_entropy", "squared_error")

    student = make_pipeline(StandardScaler(), Either()) if piped else Either()
    data = make_data(X, codes, values)
    fitted = fit_student(student, data, loss="squared_error")
    last = fitted[-1] if piped else fitted
    assert last.given_[1] == SquaredError()


def test_native_students_learn_the_labels_of_the_columns(soft):
    X, codes, values = soft
    fitted = fit_student(SoftLogisticRegression(), make_data(X, codes, values))
    assert fitted.classes_.tolist() == CLASSES.tolist()


def test_a_class_that_never_reached_the_student_has_its_column(soft):
    X, codes, _ = soft
    rows = np.flatnonzero(codes != 0)
    fitted = fit_student(
        DecisionTreeClassifier(max_depth=2), make_data(X[rows], codes[rows])
    )
    proba = student_proba(fitted, X, CLASSES, "prob")
    np.testing.assert_array_equal(proba[:, 0], 0)
    np.testing.assert_array_equal(proba[:, 1:], fitted.predict_proba(X))


class Answers:
    """Predicts what it was told."""

    def __init__(self, answer, classes=None):
        self.classes_ = classes
        name = "predict" if classes is None else "predict_proba"
        setattr(self, name, lambda X: answer)


def test_a_missing_column_keeps_the_type_of_the_others():
    student = Answers(np.full((2, 2), 0.5, dtype=np.float32), CLASSES[1:])
    proba = student_proba(student, None, CLASSES, "prob")
    assert proba.dtype == np.float32
    assert proba.tolist() == [[0, 0.5, 0.5]] * 2


def test_a_regressors_predictions_are_projected_unless_said_otherwise():
    prediction = np.array([[-1.0, 1.0, 3.0]])
    student = Answers(prediction)
    proba = student_proba(student, None, CLASSES, "prob")
    np.testing.assert_allclose(proba, [[0, 0.25, 0.75]])
    same = student_proba(student, None, CLASSES, "prob", projected=True)
    assert same is prediction


def test_a_classifiers_probabilities_are_passed_on_untouched(soft):
    X, codes, values = soft

    class Same(DecisionTreeClassifier):
        def predict_proba(self, X):
            self.answer_ = super().predict_proba(X)
            return self.answer_

    fitted = fit_student(Same(max_depth=2), make_data(X, codes, values))
    assert student_proba(fitted, X, CLASSES, "prob") is fitted.answer_


def test_a_regressor_may_have_predict_proba_that_is_not_implemented():
    student = Answers(NotImplemented, CLASSES[:2])
    student.predict = lambda X: np.array([0.25, 2.0])
    proba = student_proba(student, None, CLASSES[:2], "prob")
    assert proba.tolist() == [[0.75, 0.25], [0.0, 1.0]]


def test_regressors_without_weights_serve_unweighted_rows(soft):
    X, codes, values = soft
    fitted = fit_student(KNeighborsRegressor(3), make_data(X, codes, values))
    np.testing.assert_allclose(
        student_proba(fitted, X, CLASSES, "prob"),
        KNeighborsRegressor(3).fit(X, values).predict(X),
    )


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        (DecisionTreeRegressor(), True),
        (make_pipeline(DecisionTreeRegressor()), True),
        (make_pipeline(StandardScaler(), DecisionTreeRegressor()), True),
        (make_pipeline(StandardScaler(), SelectKBest(), LinearRegression()), False),
        (make_pipeline(StandardScaler(), SelectKBest(), DecisionTreeRegressor()), True),
        (DecisionTreeRegressor(criterion="absolute_error"), False),
        (LinearRegression(), False),
        (DecisionTreeClassifier(), False),
    ],
)
def test_only_means_of_targets_are_known_to_be_probabilities(student, expected):
    assert averages(student) is expected


def test_what_is_known_to_be_probabilities_is_not_projected_again():
    prediction = np.array([[0.2, 0.3, 0.5]])
    assert to_proba(prediction, "prob", projected=True) is prediction
