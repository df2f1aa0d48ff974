"""SoftLogisticRegression: scikit-learn's contract, its twin on labels, soft targets."""

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students import SoftLogisticRegression

SOLVERS = [
    SoftLogisticRegression(),
    SoftLogisticRegression(solver="newton-cholesky"),
    SoftLogisticRegression(solver="proximal"),
    SoftLogisticRegression(l1_ratio=0.5),
]


@parametrize_with_checks(SOLVERS)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def problem(k=3, n=60, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    T = rng.dirichlet(np.ones(k), n)
    return X, T, rng.integers(k, size=n), rng.uniform(0.1, 2, n)


def tight(**parameters):
    return SoftLogisticRegression(tol=1e-9, max_iter=5000, **parameters)


def twin(**parameters):
    return LogisticRegression(tol=1e-9, max_iter=5000, **parameters)


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"C": 0.1},
        {"fit_intercept": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 3.0, 1: 0.5}},
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_on_labels_it_is_logistic_regression(k, parameters, weighted):
    X, _, y, weight = problem(k)
    weight = weight if weighted else None
    ours = tight(**parameters).fit(X, y, weight)
    if parameters.get("class_weight") == "balanced":  # scikit-learn 1.6 counts rows
        mass = np.bincount(y, weights=weight)
        parameters = {"class_weight": dict(enumerate(mass.sum() / (k * mass)))}
    theirs = twin(**parameters).fit(X, y, weight)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    assert ours.coef_.shape == theirs.coef_.shape
    for method in ("decision_function", "predict_proba", "predict_log_proba"):
        found, expected = (getattr(m, method)(X) for m in (ours, theirs))
        assert_allclose(found, expected, atol=1e-5)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("k", [2, 4])
def test_labels_may_be_strings(k):
    X, _, y, _ = problem(k)
    names = np.array(["d", "a", "c", "b"])[:k]
    model = tight().fit(X, names[y])
    assert_array_equal(model.classes_, np.sort(names))
    assert_array_equal(model.predict(X), twin().fit(X, names[y]).predict(X))


@pytest.mark.parametrize("k", [2, 3])
def test_one_hot_targets_are_labels(k):
    X, _, y, weight = problem(k)
    labels = tight().fit(X, y, weight)
    targets = tight().fit(X, np.eye(k)[y], weight)
    assert_allclose(targets.coef_, labels.coef_, rtol=1e-12)
    assert_array_equal(targets.classes_, np.arange(k))


@pytest.mark.parametrize("k", [2, 3])
def test_fit_uses_the_temperature_on_targets_only(k):
    X, T, y, _ = problem(k)
    hot = tight(temperature=4.0).fit(X, T)
    same = tight().fit_targets(X, T, loss=CrossEntropy(4.0))
    assert_array_equal(hot.coef_, same.coef_)
    assert np.abs(hot.coef_ - tight().fit(X, T).coef_).max() > 1e-3
    assert_array_equal(tight(temperature=4.0).fit(X, y).coef_, tight().fit(X, y).coef_)


def test_fit_targets_ignores_the_temperature_of_the_estimator_and_names_classes():
    X, T, _, weight = problem()
    model = tight(temperature=4.0).fit_targets(
        X, T, loss=CrossEntropy(), sample_weight=weight, classes=["u", "v", "w"]
    )
    plain = tight().fit(X, T, weight)
    assert_array_equal(model.coef_, plain.coef_)
    assert_array_equal(model.predict(X), np.array(["u", "v", "w"])[plain.predict(X)])


def test_targets_outside_the_simplex_are_fitted():
    X, T, y, _ = problem()
    extreme = T + 1.8 * (np.eye(3)[y] - T)
    assert extreme.min() < 0
    model = tight().fit(X, extreme)
    residual = (model.predict_proba(X) - extreme).T @ X + model.coef_
    assert_allclose(residual, 0, atol=1e-5)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("k", [2, 3])
def test_sparse_data_gives_the_same_model(container, k):
    X, T, _, _ = problem(k)
    X[np.abs(X) < 1] = 0
    dense, thin = tight().fit(X, T), tight().fit(container(X), T)
    assert_allclose(thin.coef_, dense.coef_, atol=1e-6)
    assert_allclose(thin.predict_proba(container(X)), dense.predict_proba(X), atol=1e-6)


def test_float32_data_gives_a_float32_model():
    X, T, _, _ = problem()
    model = SoftLogisticRegression().fit(X.astype(np.float32), T)
    assert model.coef_.dtype == model.intercept_.dtype == np.float32
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert_allclose(model.coef_, SoftLogisticRegression().fit(X, T).coef_, atol=1e-3)


def test_log_probabilities_are_exact_where_probabilities_vanish():
    for k in (2, 3):
        X, T, _, _ = problem(k)
        model = tight().fit(X, T)
        model.coef_ = model.coef_ * 1e4
        logs = model.predict_log_proba(X)
        assert np.isfinite(logs).all()
        assert logs.min() < -1000
        assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_on_labels_with_an_l1_part_it_is_saga(k, l1_ratio, weighted, saga):
    X, _, y, weight = problem(k)
    weight = weight if weighted else None
    parameters = {"C": 0.2, "l1_ratio": l1_ratio}
    ours = tight(**parameters, class_weight={0: 2.0}).fit(X, y, weight)
    theirs = saga(**parameters, class_weight={0: 2.0}).fit(X, y, weight)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)
    assert (ours.coef_ == 0).any()


@pytest.mark.parametrize("solver", ["newton-cholesky", "proximal"])
@pytest.mark.parametrize("k", [2, 3])
def test_every_solver_finds_the_same_model(solver, k):
    X, T, _, weight = problem(k)
    parameters = {"temperature": 2.0, "C": 0.5}
    one = tight(solver=solver, **parameters).fit(X, T, weight)
    other = tight(**parameters).fit(X, T, weight)
    assert_allclose(one.coef_, other.coef_, atol=1e-5)
    assert (one.coef_ != other.coef_).any()  # it was another solver


@pytest.mark.parametrize(
    "parameters",
    [{}, {"solver": "newton-cholesky"}, {"solver": "proximal"}, {"l1_ratio": 0.5}],
)
def test_warm_start_takes_fewer_steps(parameters):
    X, T, _, _ = problem(n=400)
    model = tight(warm_start=True, **parameters).fit(X, T)
    cold = model.n_iter_[0]
    moved = T + 0.01 * (np.eye(3)[T.argmax(axis=1)] - T)
    assert model.fit(X, moved).n_iter_[0] < cold
    fresh = tight(**parameters).fit(X, moved)
    assert_allclose(model.coef_, fresh.coef_, atol=1e-5)


def test_warm_start_continues():
    X, T, y, _ = problem()
    model = SoftLogisticRegression(warm_start=True).fit(X, T)
    assert model.n_iter_[0] > 1
    assert model.fit(X, T).n_iter_[0] <= 1
    model.fit(X[:, :2], T)
    assert model.coef_.shape == (3, 2)
    cold = SoftLogisticRegression().fit(X, T)
    assert cold.n_iter_[0] == cold.fit(X, T).n_iter_[0] > 1
    assert model.fit(X, y == 0).coef_.shape == (1, 4)
    one_step = SoftLogisticRegression(warm_start=True, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        one_step.fit_targets(X, T, loss=CrossEntropy(), classes=["a", "b", "c"])
        first = one_step.coef_
        one_step.fit_targets(X, T, loss=CrossEntropy(), classes=["c", "b", "a"])
    assert_array_equal(one_step.coef_, first)  # other classes: from the beginning


def test_a_stopped_solver_warns():
    X, T, _, _ = problem()
    with pytest.warns(ConvergenceWarning, match=r"after 1 iterations .* max_iter=1 "):
        model = SoftLogisticRegression(max_iter=1).fit(X, T)
    assert model.n_iter_.tolist() == [1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SoftLogisticRegression().fit(X, T)


def test_it_works_in_a_clone_and_keeps_feature_names():
    pandas = pytest.importorskip("pandas")
    X, T, _, _ = problem()
    frame = pandas.DataFrame(X, columns=list("abcd"))
    model = clone(SoftLogisticRegression(C=0.5)).fit(frame, pandas.DataFrame(T))
    assert model.feature_names_in_.tolist() == list("abcd")
    assert_array_equal(
        model.predict(frame), SoftLogisticRegression(0.5).fit(X, T).predict(X)
    )


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"C": 0}, ValueError, "C must be a positive number or inf, got 0."),
        ({"C": "1"}, TypeError, "C must be a positive number or inf, got '1'."),
        ({"tol": -1}, ValueError, "tol must be a positive finite number, got -1."),
        ({"max_iter": 0}, ValueError, "max_iter must be a positive integer, got 0."),
        (
            {"temperature": 0},
            ValueError,
            "temperature must be a positive finite number",
        ),
    ],
)
@pytest.mark.parametrize("soft", [False, True])
def test_wrong_parameters_are_refused_at_fit(parameters, error, message, soft):
    X, T, y, _ = problem()
    with pytest.raises(error, match=re.escape(message)):
        SoftLogisticRegression(**parameters).fit(X, T if soft else y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"T": np.full((60, 3), np.nan)},
            "T must be finite, got nan in row 0, column 0",
        ),
        ({"T": np.ones((60, 1))}, "T must have shape (n_samples, n_classes) with two"),
        ({"T": np.ones((59, 3))}, "T must have as many rows as X, got 59 and 60."),
        ({"classes": ["a", "a", "b"]}, "classes must hold 3 different labels, one per"),
        ({"classes": ["a", "b"]}, "classes must hold 3 different labels, one per"),
        ({"sample_weight": -np.ones(60)}, "sample_weight must be non-negative, got"),
    ],
)
def test_wrong_targets_are_refused(change, message):
    X, T, _, _ = problem()
    arguments = {"T": T, "loss": CrossEntropy()} | change
    with pytest.raises(ValueError, match=re.escape(message)):
        SoftLogisticRegression().fit_targets(X, **arguments)


def test_other_losses_are_refused():
    X, T, _, _ = problem()
    message = "loss must be a CrossEntropy, got SquaredError(). Logistic regression"
    with pytest.raises(TypeError, match=re.escape(message)):
        SoftLogisticRegression().fit_targets(X, T, loss=SquaredError())


def test_class_weight_is_refused_for_targets():
    X, T, _, _ = problem()
    with pytest.raises(ValueError, match="class_weight must be None for targets, got"):
        SoftLogisticRegression(class_weight="balanced").fit(X, T)


def test_one_class_is_refused():
    with pytest.raises(
        ValueError, match=r"y must have at least 2 classes, got 1 class"
    ):
        SoftLogisticRegression().fit([[0.0], [1.0]], [1, 1])


def test_an_unfitted_model_says_so():
    with pytest.raises(NotFittedError):
        SoftLogisticRegression().predict([[0.0]])
