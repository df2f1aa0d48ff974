"""Kernels of students: by hand, by finite differences, by the library's own answer."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import Matern
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics.pairwise import laplacian_kernel, polynomial_kernel, rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skdistill import DistilledClassifier
from skdistill.diagnostics import student_kernel, supervision_complexity
from skdistill.diagnostics.complexity import (
    Kernel,
    LeafKernel,
    LinearKernel,
    PairwiseKernel,
    PerceptronKernel,
)
from skdistill.diagnostics.complexity._mlp import initialised
from skdistill.students import SoftLogisticRegression

EVERY = slice(0, None)


def full(kernel):
    """The whole matrix, which must not depend on how it is asked for."""
    n, k = kernel.n_samples, getattr(kernel, "n_outputs", 1)
    whole = kernel.gram(slice(0, n), slice(0, n))
    assert whole.shape == (n * k, n * k)
    np.testing.assert_allclose(whole, whole.T, atol=1e-10)
    some = np.array([5, 0, 7])
    wanted = (some[:, None] * k + np.arange(k)).ravel()
    np.testing.assert_allclose(
        kernel.gram(some, slice(2, 9)), whole[wanted, 2 * k : 9 * k], atol=1e-9
    )
    assert np.linalg.eigvalsh(whole)[0] > -1e-9 * np.trace(whole)
    return whole


def test_kernels_made_by_hand(toy):
    X, _ = toy
    for kernel, expected in [
        (LinearKernel(X), X @ X.T + 1),
        (LinearKernel(csr_array(X), intercept=False), X @ X.T),
        (PairwiseKernel(X, "rbf", gamma=0.3), rbf_kernel(X, gamma=0.3)),
        (PairwiseKernel(X, laplacian_kernel), laplacian_kernel(X)),
    ]:
        np.testing.assert_allclose(full(kernel), expected, atol=1e-9)
        assert all(hasattr(kernel, name) for name in Kernel.__annotations__)


@pytest.mark.parametrize(
    "student", [LogisticRegression(), Ridge(), LinearSVC(), SoftLogisticRegression()]
)
def test_linear_students(student, toy):
    X, _ = toy
    kernel = student_kernel(student, X)
    np.testing.assert_allclose(full(kernel), X @ X.T + 1)
    sparse = student_kernel(student, csr_matrix(X))
    np.testing.assert_allclose(full(sparse), X @ X.T + 1)
    if hasattr(student, "fit_intercept"):
        bare = student_kernel(clone(student).set_params(fit_intercept=False), X)
        np.testing.assert_allclose(full(bare), X @ X.T, atol=1e-12)
        assert bare.fingerprint != kernel.fingerprint


def test_kernels_by_name(toy):
    X, _ = toy
    found = student_kernel("laplacian", X, gamma=0.2)
    np.testing.assert_allclose(full(found), laplacian_kernel(X, gamma=0.2))
    assert found.name == "laplacian(gamma=0.2)"
    same, other = (student_kernel("laplacian", X, gamma=g) for g in (0.2, 0.3))
    assert same.fingerprint == found.fingerprint != other.fingerprint
    with pytest.raises(
        ValueError,
        match="'metric' parameter of pairwise_kernels must be .* Got 'nonsense'",
    ):
        student_kernel("nonsense", X)
    with pytest.raises(TypeError, match=r"by name, got \['gamma'\] with a Ridge"):
        student_kernel(Ridge(), X, gamma=1)
    with pytest.raises(ValueError, match="X contains NaN"):
        student_kernel("rbf", np.full((3, 2), np.nan))


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
def test_support_vector_machines(gamma, toy):
    X, y = toy
    student = SVC(gamma=gamma).fit(X, y)
    wanted = rbf_kernel(X, gamma=student._gamma)
    np.testing.assert_allclose(full(student_kernel(student, X)), wanted)
    np.testing.assert_allclose(full(student_kernel(SVC(gamma=gamma), X)), wanted)
    sparse = student_kernel(student, csr_matrix(X))
    np.testing.assert_allclose(full(sparse), wanted, atol=1e-12)


def test_other_kernel_machines(toy):
    X, y = toy
    poly = SVC(kernel="poly", degree=2, gamma=0.1, coef0=1.0)
    wanted = polynomial_kernel(X, degree=2, gamma=0.1, coef0=1.0)
    np.testing.assert_allclose(full(student_kernel(poly, X)), wanted)
    ridge = KernelRidge(kernel="polynomial", degree=2, gamma=0.1, coef0=1.0)
    np.testing.assert_allclose(full(student_kernel(ridge, X)), wanted)
    K = rbf_kernel(X)
    np.testing.assert_array_equal(full(student_kernel(SVC(kernel="precomputed"), K)), K)
    np.testing.assert_allclose(full(student_kernel(SVC(kernel=rbf_kernel), X)), K)
    process = GaussianProcessClassifier(Matern(2.0))
    np.testing.assert_allclose(full(student_kernel(process, X)), Matern(2.0)(X))
    process.set_params(optimizer=None).fit(X[:30], y[:30] == y[0])
    np.testing.assert_allclose(full(student_kernel(process, X)), Matern(2.0)(X))
    process.fit(X[:30], y[:30])
    with pytest.raises(TypeError, match="one kernel, got a GaussianProcessClassifier"):
        student_kernel(process, X)


def agreement(leaves):
    table = np.asarray(leaves).reshape(len(leaves), -1)
    return (table[:, None] == table[None]).mean(axis=2)


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(max_leaf_nodes=9),
        RandomForestClassifier(7, max_depth=4),
        ExtraTreesRegressor(7, max_depth=4),
        GradientBoostingClassifier(n_estimators=3),
    ],
)
def test_leaves_of_trees(student, toy):
    X, y = toy
    student = (
        clone(student)
        .set_params(random_state=0)
        .fit(X, np.unique(y, return_inverse=True)[1])
    )
    kernel = student_kernel(student, X)
    np.testing.assert_allclose(full(kernel), agreement(student.apply(X)), atol=1e-12)
    assert type(student).__name__ in kernel.name


def test_leaves_of_a_bag_with_few_features(toy):
    X, y = toy
    bag = BaggingClassifier(
        DecisionTreeClassifier(max_depth=3), 5, max_features=0.5, random_state=0
    ).fit(X, y)
    leaves = np.column_stack(
        [
            tree.apply(X[:, features])
            for tree, features in zip(
                bag.estimators_, bag.estimators_features_, strict=True
            )
        ]
    )
    np.testing.assert_allclose(
        full(student_kernel(bag, X)), agreement(leaves), atol=1e-12
    )
    linear = BaggingClassifier(GaussianNB(), 2).fit(X, y)
    with pytest.raises(TypeError, match="got BaggingClassifier"):
        student_kernel(linear, X)


def test_leaves_of_histogram_boosting_add_up_to_its_prediction(toy):
    """With missing values and a category, whose way only its own traversal knows."""
    X, y = toy
    X = X.copy()
    X[::7, 0] = np.nan
    X[:, 1] = np.arange(len(X)) % 5
    student = HistGradientBoostingClassifier(
        max_iter=4, categorical_features=[1], max_leaf_nodes=5
    ).fit(X, y)
    kernel = student_kernel(student, X)
    whole = full(kernel)
    assert kernel.name.endswith("(12 trees)")
    np.testing.assert_allclose(np.diag(whole), 1)
    raw = student.decision_function(X)
    alike = whole > 1 - 1e-9
    assert alike.sum() > len(X)
    for i, j in np.argwhere(alike):
        np.testing.assert_allclose(raw[i], raw[j], atol=1e-12)
    # And leaf by leaf: the values of the leaves found are the prediction.
    from skdistill._sklearn_compat import hist_gradient_leaves

    leaves, trees = hist_gradient_leaves(student, X), np.ravel(student._predictors)
    total = np.repeat(student._baseline_prediction, len(X), axis=0)
    for number, tree in enumerate(trees):
        total[:, number % 3] += tree.nodes["value"][leaves[:, number]]
    np.testing.assert_allclose(total, raw)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_leaves_of_other_boosters(library, toy):
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    X, y = toy
    codes = np.unique(y, return_inverse=True)[1]
    student = {
        "xgboost": lambda: module.XGBClassifier(n_estimators=3, max_depth=3),
        "lightgbm": lambda: module.LGBMClassifier(n_estimators=3, verbose=-1),
        "catboost": lambda: module.CatBoostClassifier(
            iterations=3, verbose=False, allow_writing_files=False
        ),
    }[library]()
    with pytest.raises(NotFittedError):
        student_kernel(student, X)
    student.fit(X, codes)
    kernel = student_kernel(student, X)
    whole = full(kernel)
    leaves = {
        "xgboost": lambda: student.apply(X),
        "lightgbm": lambda: student.booster_.predict(X, pred_leaf=True),
        "catboost": lambda: student.calc_leaf_indexes(X),
    }[library]()
    np.testing.assert_allclose(whole, agreement(leaves), atol=1e-12)
    alike = np.argwhere(whole > 1 - 1e-9)
    proba = getattr(student, "booster_", student)
    proba = proba.predict(X) if library == "lightgbm" else proba.predict_proba(X)
    np.testing.assert_allclose(proba[alike[:, 0]], proba[alike[:, 1]], atol=1e-6)


def test_leaf_numbers_of_two_trees_are_not_mixed_up():
    kernel = LeafKernel([[0, 1], [1, 0], [1, 1]])
    wanted = [[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]]
    np.testing.assert_allclose(kernel.gram(EVERY, EVERY), wanted)


# Networks


def network(kind, activation, n_outputs, toy, hidden=(5, 4)):
    X, y = toy
    options = {"activation": activation, "random_state": 0, "batch_size": 60}
    if kind is MLPRegressor:
        target = np.random.default_rng(0).normal(size=(len(X), n_outputs))
        return kind(hidden_layer_sizes=hidden, **options).partial_fit(X, target)
    labels = np.unique(y, return_inverse=True)[1] % (n_outputs + (n_outputs == 1))
    return kind(hidden, **options).partial_fit(X, labels, classes=np.unique(labels))


def logits(fitted, X):
    """The forward pass, up to the last activation, from scikit-learn's own weights."""
    act = {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "identity": lambda z: z,
        "logistic": lambda z: 1 / (1 + np.exp(-z)),
    }
    for w, b in zip(fitted.coefs_[:-1], fitted.intercepts_[:-1], strict=True):
        X = act[fitted.activation](X @ w + b)
    return X @ fitted.coefs_[-1] + fitted.intercepts_[-1]


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize(
    ("kind", "n_outputs"), [(MLPClassifier, 1), (MLPClassifier, 3), (MLPRegressor, 2)]
)
def test_the_jacobian_of_a_perceptron_by_finite_differences(
    kind, n_outputs, activation, toy
):
    fitted = network(kind, activation, n_outputs, toy)
    X = toy[0][:10]
    kernel = PerceptronKernel(fitted, X)
    jacobian = kernel.jacobian(slice(0, 10))
    weights = [*fitted.coefs_, *fitted.intercepts_]
    column, step = 0, 1e-6
    for array in weights:
        for place in np.ndindex(array.shape):
            own = array[place]
            array[place] = own + step
            above = logits(fitted, X)
            array[place] = own - step
            below = logits(fitted, X)
            array[place] = own
            slope = (above - below) / (2 * step)
            np.testing.assert_allclose(jacobian[:, :, column], slope, atol=1e-6)
            column += 1
    assert column == jacobian.shape[2]
    flat = jacobian.reshape(10 * n_outputs, -1)
    np.testing.assert_allclose(full(kernel), flat @ flat.T, atol=1e-10)
    mean = PerceptronKernel(fitted, X, outputs="mean")
    wide = jacobian.reshape(10, -1)
    np.testing.assert_allclose(full(mean), wide @ wide.T / n_outputs, atol=1e-10)


def test_the_logits_are_scikit_learns(toy):
    fitted = network(MLPClassifier, "relu", 3, toy)
    raw = logits(fitted, toy[0])
    proba = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(toy[0]), proba, rtol=1e-10)


def test_an_unfitted_perceptron_is_taken_at_its_start(toy):
    X, y = toy
    student = MLPClassifier((6,), solver="lbfgs", random_state=3, early_stopping=True)
    kernel = student_kernel(student, X, y, outputs="mean")
    rng, sizes = np.random.RandomState(3), (X.shape[1], 6, 3)
    start = initialised(student, X, y)
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):  # Glorot's
        bound = np.sqrt(6 / (fan_in + fan_out))
        weights = rng.uniform(-bound, bound, (fan_in, fan_out))
        np.testing.assert_array_equal(start.coefs_[layer], weights)
        shifts = rng.uniform(-bound, bound, fan_out)
        np.testing.assert_array_equal(start.intercepts_[layer], shifts)
    other = student_kernel(clone(student).set_params(alpha=7.0), X, y, outputs="mean")
    assert kernel.fingerprint == other.fingerprint
    assert not hasattr(student, "coefs_")
    reseeded = student_kernel(clone(student).set_params(random_state=4), X, y)
    assert reseeded.fingerprint != kernel.fingerprint
    with pytest.raises(ValueError, match="fitted or come with y, got an unfitted MLP"):
        student_kernel(student, X)


def test_a_network_with_one_linear_layer_is_the_linear_kernel(toy):
    """For a softmax-linear student x'x' + 1 is the tangent kernel, times I_K."""
    X, _ = toy
    fitted = network(MLPClassifier, "relu", 3, toy, hidden=())
    block = full(student_kernel(fitted, X[:30]))
    np.testing.assert_allclose(block, np.kron(X[:30] @ X[:30].T + 1, np.eye(3)))
    T = np.random.default_rng(0).normal(size=(30, 3))
    separable = supervision_complexity(student_kernel(LogisticRegression(), X[:30]), T)
    found = supervision_complexity(student_kernel(fitted, X[:30]), T)
    assert found.raw == pytest.approx(separable.raw, rel=1e-8)
    assert found.normalized == pytest.approx(separable.normalized, rel=1e-8)


def test_what_a_perceptron_refuses(toy):
    fitted = network(MLPClassifier, "relu", 3, toy)
    with pytest.raises(ValueError, match="student's 6 features, got 2"):
        student_kernel(fitted, toy[0][:, :2])
    with pytest.raises(
        ValueError, match="outputs must be 'block' or 'mean', got 'sum'"
    ):
        student_kernel(fitted, toy[0], outputs="sum")


# What wraps a student


def test_pipelines_transform_the_rows(toy):
    X, y = toy
    shifted = 100 + 50 * X
    for pipeline in (
        make_pipeline(StandardScaler(), SVC(gamma=0.1)),
        make_pipeline(StandardScaler(), SVC(gamma=0.1)).fit(shifted, y),
    ):
        fitted = hasattr(pipeline[-1], "classes_")
        wanted = rbf_kernel(StandardScaler().fit_transform(shifted), gamma=0.1)
        np.testing.assert_allclose(full(student_kernel(pipeline, shifted)), wanted)
        assert hasattr(pipeline[-1], "classes_") == fitted
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(shifted, y)
    rows = fitted[0].transform(shifted[:20])
    np.testing.assert_allclose(
        full(student_kernel(fitted, shifted[:20])), rows @ rows.T + 1
    )


def test_searches_distillers_and_frozen_learners_are_opened(toy):
    X, y = toy
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    wanted = full(student_kernel(clone(tree).fit(X, y), X))
    search = GridSearchCV(tree, {"max_depth": [3]}).fit(X, y)
    frozen = FrozenEstimator(clone(tree).fit(X, y))
    for wrapper in (search, frozen, FrozenEstimator(frozen)):
        np.testing.assert_array_equal(full(student_kernel(wrapper, X)), wanted)
    distiller = DistilledClassifier(RandomForestClassifier(5, random_state=0), tree)
    distiller.fit(X, y)
    np.testing.assert_array_equal(
        full(student_kernel(distiller, X)),
        full(student_kernel(distiller.student_, X)),
    )


def test_students_without_a_kernel_are_refused(toy):
    with pytest.raises(TypeError, match="got GaussianNB. Pass the kernel matrix"):
        student_kernel(GaussianNB(), toy[0])
    for student in (DecisionTreeClassifier(), HistGradientBoostingClassifier()):
        with pytest.raises(NotFittedError):
            student_kernel(student, toy[0])


def test_sparse_rows_of_leaves(toy):
    X, y = toy
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    found = student_kernel(tree, csr_matrix(X.astype(np.float32)))
    assert isinstance(found._onehot, csr_array)
    np.testing.assert_array_equal(full(found), full(student_kernel(tree, X)))
