"""Gini trees grown on soft targets are the trees of repeated rows, and plain ones."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from skdistill._sklearn_compat import FORESTS_WEIGH_BALANCE
from skdistill.students import StudentData, find_route, fit_student
from skdistill.students._tree import grow, rows_of
from skdistill.targets import Targets

TREES = (DecisionTreeClassifier, ExtraTreeClassifier)
FORESTS = (RandomForestClassifier, ExtraTreesClassifier)


def soft_data(n_classes, *, weighted=False, n_samples=300, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, 5)).astype(np.float32)
    values = rng.dirichlet(np.ones(n_classes), n_samples)
    pull = np.exp(2 * X[:, :1] * np.arange(n_classes) + X[:, 1:2] ** 2)
    values = values * pull / (values * pull).sum(axis=1, keepdims=True)
    codes = np.array([rng.choice(n_classes, p=row) for row in values])
    classes = np.array([f"class {k}" for k in range(n_classes)])
    weight = rng.uniform(0.5, 2, n_samples) if weighted else None
    return StudentData(X, Targets(values), classes, codes, weight, {})


def label_data(X, y, weight=None):
    values = np.eye(y.max() + 1)[y]
    return StudentData(X, Targets(values), np.arange(y.max() + 1), y, weight, {})


def converted(student, data):
    """The regressor made into a classifier, whatever the targets are."""
    student = clone(student)
    return grow(student, rows_of(student, data), data)


def on_repeated_rows(student, data, counts=1):
    n_samples, n_classes = data.targets.values.shape
    weights = data.targets.values * (data.row_weight * counts)[:, None]
    rows = np.repeat(np.arange(n_samples), n_classes)
    y = np.tile(data.classes, n_samples)
    return clone(student).fit(data.X[rows], y, sample_weight=weights.ravel())


def nodes_of(fitted, X):
    """What each node says, by the rows that reach it.

    Features that part the rows of a small node in the same way tie, and rounding picks
    one of them; the rows that reach a node are the same all the same.
    """
    tree = fitted.tree_
    reached = tree.decision_path(np.float32(X)).tocsc()
    return {
        reached[:, [node]].indices.tobytes(): [
            tree.weighted_n_node_samples[node],
            tree.impurity[node],
            *tree.value[node, 0],
        ]
        for node in range(tree.node_count)
    }


def assert_same_nodes(one, other, X):
    assert one.tree_.max_depth == other.tree_.max_depth
    one, other = nodes_of(one, X), nodes_of(other, X)
    assert one.keys() == other.keys()
    rows = list(one)
    np.testing.assert_allclose(
        [one[key] for key in rows], [other[key] for key in rows], rtol=1e-9, atol=1e-12
    )


def assert_same_tree(one, other):
    """Node by node, features and thresholds too: where nothing ties."""
    one, other = one.tree_, other.tree_
    assert one.node_count == other.node_count
    assert one.max_depth == other.max_depth
    for name in ("feature", "children_left", "children_right", "missing_go_to_left"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("threshold", "weighted_n_node_samples", "impurity", "value"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12
        )


def same_tree(one, other):
    try:
        assert_same_tree(one, other)
    except AssertionError:
        return False
    return True


OPTIONS = [
    {},
    {"max_depth": 4},
    {"max_leaf_nodes": 12},
    {"max_features": 2, "min_weight_fraction_leaf": 0.0317},
    {"min_impurity_decrease": 0.002},
    {"ccp_alpha": 0.002},
    {"min_weight_fraction_leaf": 0.0517},
    {"max_leaf_nodes": 40, "min_impurity_decrease": 0.001, "ccp_alpha": 0.001},
    {"max_depth": 5, "class_weight": {"class 0": 3.0, "class 1": 0.5}},
    {"ccp_alpha": 0.002, "class_weight": "balanced"},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_tree_is_that_of_the_repeated_rows(n_classes, weighted, options):
    data = soft_data(n_classes, weighted=weighted)
    student = DecisionTreeClassifier(random_state=0, **options)
    fitted = fit_student(clone(student), data)
    if options.get("class_weight") == "balanced":  # of labels, not of repeated rows
        balance = len(data.codes) / (n_classes * np.bincount(data.codes))
        balance = dict(zip(data.classes.tolist(), balance.tolist(), strict=True))
        student.set_params(class_weight=balance)
    own = on_repeated_rows(student, data)
    assert_same_nodes(fitted, own, data.X)
    if options.keys() & {"max_features", "min_weight_fraction_leaf"}:  # no small nodes
        assert_same_tree(fitted, own)
    assert fitted.tree_.node_count > 5


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("option", ["min_impurity_decrease", "ccp_alpha"])
def test_amounts_of_gain_bite_where_those_of_the_gini_criterion_do(n_classes, option):
    data = soft_data(n_classes)
    sizes = set()
    for amount in np.geomspace(1e-4, 0.1, 25):
        student = DecisionTreeClassifier(random_state=0, **{option: amount})
        fitted = fit_student(clone(student), data)
        own = on_repeated_rows(student, data)
        assert fitted.tree_.node_count == own.tree_.node_count
        sizes.add(own.tree_.node_count)
    assert len(sizes) > 10


@pytest.mark.parametrize("n_classes", [2, 3])
def test_parameters_that_count_rows_count_rows(n_classes):
    data = soft_data(n_classes)
    student = DecisionTreeClassifier(min_samples_leaf=7, min_samples_split=30)
    fitted = fit_student(student.set_params(random_state=0), data)
    leaves = fitted.tree_.children_left == -1
    assert fitted.tree_.n_node_samples[leaves].min() == 7
    assert fitted.tree_.n_node_samples[~leaves].min() >= 30
    repeated = clone(student).set_params(
        min_samples_leaf=7 * n_classes, min_samples_split=30 * n_classes
    )
    assert_same_tree(fitted, on_repeated_rows(repeated, data))


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_importances_and_pruning_paths_are_those_of_the_repeated_rows(
    n_classes, weighted
):
    data = soft_data(n_classes, weighted=weighted)
    student = DecisionTreeClassifier(min_weight_fraction_leaf=0.0317, random_state=0)
    fitted, own = fit_student(clone(student), data), on_repeated_rows(student, data)
    np.testing.assert_allclose(fitted.feature_importances_, own.feature_importances_)
    again = fitted.cost_complexity_pruning_path(data.X, data.labels)
    expected = student.cost_complexity_pruning_path(data.X, data.labels)
    np.testing.assert_allclose(again.ccp_alphas, expected.ccp_alphas)


@pytest.mark.skipif(
    not FORESTS_WEIGH_BALANCE, reason="1.6 parts copies of a row with missing values"
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_missing_values_go_where_repeated_rows_send_them(n_classes):
    data = soft_data(n_classes)
    data.X[::7, 0] = data.X[3::11, 1] = np.nan
    student = DecisionTreeClassifier(min_weight_fraction_leaf=0.0317, random_state=0)
    fitted = fit_student(clone(student), data)
    assert_same_tree(fitted, on_repeated_rows(student, data))
    assert fitted.tree_.missing_go_to_left.any()


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("student", [DecisionTreeClassifier(), ExtraTreesClassifier(3)])
def test_sparse_rows_are_those_rows(kind, student):
    data = soft_data(3)
    data.X[np.abs(data.X) < 0.5] = 0
    student = clone(student).set_params(max_depth=5, random_state=0)
    thin = StudentData(kind(data.X), data.targets, data.classes, data.codes, None, {})
    fitted, own = fit_student(clone(student), thin), fit_student(clone(student), data)
    np.testing.assert_allclose(fitted.predict_proba(thin.X), own.predict_proba(data.X))


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
def test_monotone_trees_are_monotone_the_same_way(sign, kind):
    data = soft_data(2)
    data.X[:, 2] = data.X[:, 0] - 2 * sign * data.X[:, 1]
    student = kind(random_state=0, monotonic_cst=[0, 0, sign, 0, 0])
    student.set_params(min_weight_fraction_leaf=0.0317)
    if kind is RandomForestClassifier:
        student.set_params(n_estimators=5, bootstrap=False)
    fitted, own = fit_student(clone(student), data), on_repeated_rows(student, data)
    np.testing.assert_allclose(
        fitted.predict_proba(data.X), own.predict_proba(data.X), atol=1e-12
    )
    grid = np.repeat(data.X[:1], 50, axis=0)
    grid[:, 2] = np.linspace(-4, 4, 50)
    assert (sign * np.diff(fitted.predict_proba(grid)[:, 1]) >= 0).all()
    free = fit_student(clone(student).set_params(monotonic_cst=None), data)
    assert np.abs(free.predict_proba(data.X) - own.predict_proba(data.X)).max() > 0.01


def test_monotone_trees_of_several_classes_are_refused_by_scikit_learn():
    student = DecisionTreeClassifier(monotonic_cst=[0, 0, 1, 0, 0])
    with pytest.raises(ValueError, match="Monotonicity constraints are not supported"):
        fit_student(student, soft_data(3))


# Forests


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_forests_trees_are_those_of_the_rows_it_drew(kind, n_classes):
    data = soft_data(n_classes)
    student = kind(4, bootstrap=True, max_samples=0.8, random_state=0)
    student.set_params(min_weight_fraction_leaf=0.0317)
    fitted = fit_student(clone(student), data)
    assert len({tree.random_state for tree in fitted.estimators_}) == 4
    for tree, drawn in zip(fitted.estimators_, fitted.estimators_samples_, strict=True):
        counts = np.bincount(drawn, minlength=300)
        assert counts.sum() == 240
        assert_same_tree(tree, on_repeated_rows(tree, data, counts))
    proba = np.mean([tree.predict_proba(data.X) for tree in fitted.estimators_], axis=0)
    np.testing.assert_allclose(fitted.predict_proba(data.X), proba)


@pytest.mark.parametrize("kind", FORESTS)
def test_a_forest_does_not_depend_on_n_jobs_and_does_on_its_seed(kind):
    data = soft_data(3)

    def answer(**params):
        return fit_student(kind(5, **params), data).predict_proba(data.X)

    one = answer(random_state=0, max_depth=4)
    np.testing.assert_allclose(
        one, answer(random_state=0, max_depth=4, n_jobs=2), rtol=1e-12
    )
    drawn = np.random.RandomState(0)
    np.testing.assert_array_equal(one, answer(random_state=drawn, max_depth=4))
    assert not np.array_equal(one, answer(random_state=1, max_depth=4))


def test_a_warm_start_goes_on_with_labels():
    data = soft_data(3)
    student = RandomForestClassifier(3, warm_start=True, max_depth=3, random_state=0)
    fitted = fit_student(student, data)
    kept = list(fitted.estimators_)
    fitted.set_params(n_estimators=5).fit(data.X, data.labels)
    assert fitted.estimators_[:3] == kept
    assert len(fitted.estimators_) == 5
    np.testing.assert_allclose(fitted.predict_proba(data.X).sum(axis=1), 1)
    assert fitted.classes_.tolist() == data.classes.tolist()


# Labels as targets

DATA = {
    "iris": load_iris(return_X_y=True),
    "cancer": load_breast_cancer(return_X_y=True),
    "wine": load_wine(return_X_y=True),
    "digits": load_digits(return_X_y=True),
}
LEARNERS = [
    DecisionTreeClassifier(),
    DecisionTreeClassifier(max_leaf_nodes=12),
    DecisionTreeClassifier(ccp_alpha=0.005),
    DecisionTreeClassifier(min_impurity_decrease=0.005),
    ExtraTreeClassifier(max_depth=6),
    RandomForestClassifier(15),
    RandomForestClassifier(15, class_weight={0: 2.0, 1: 0.5}),
    ExtraTreesClassifier(15, max_features=0.5),
]


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_labels_converted_are_the_learners_own_fit_but_for_ties(
    name, learner, weighted
):
    X, y = DATA[name]
    train, test = np.arange(len(y)) % 3 > 0, np.arange(len(y)) % 3 == 0
    weight = (
        np.random.default_rng(0).integers(1, 5, train.sum()) / 2 if weighted else None
    )
    learner = clone(learner).set_params(random_state=0)
    fitted = converted(learner, label_data(X[train], y[train], weight))
    own = clone(learner).fit(X[train], y[train], sample_weight=weight)
    difference = fitted.predict_proba(X[test]) - own.predict_proba(X[test])
    assert np.abs(difference).mean() <= 0.03
    if isinstance(learner, FORESTS):
        pairs = zip(fitted.estimators_, own.estimators_, strict=True)
        assert np.mean([same_tree(one, other) for one, other in pairs]) > 0.7
    elif not weighted:
        assert_same_tree(fitted, own)


@pytest.mark.parametrize("kind", TREES + FORESTS)
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0}])
@pytest.mark.parametrize("weighted", [False, True])
def test_labels_are_fitted_by_the_learner_itself(kind, class_weight, weighted):
    X, y = DATA["digits"]
    weight = np.random.default_rng(0).uniform(0, 2, len(y)) if weighted else None
    student = kind(class_weight=class_weight, random_state=0, max_depth=5)
    before = student.get_params()
    fitted = fit_student(clone(student), label_data(X, y, weight))
    own = clone(student).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(fitted.predict_proba(X), own.predict_proba(X))
    assert fitted.get_params() == before


def test_hard_targets_are_balanced_by_the_labels():
    X, y = DATA["iris"]
    codes = np.r_[np.zeros(100, dtype=int), y[100:]]  # the teacher disagrees
    codes[60:100] = 1
    data = StudentData(X, Targets(np.eye(3)[y]), np.arange(3), codes, None, {})
    student = DecisionTreeClassifier(max_depth=2, class_weight="balanced")
    fitted = fit_student(student, data)
    share = 150 / (3 * np.bincount(codes)) / 3
    np.testing.assert_allclose(fitted.tree_.value[0, 0], share / share.sum())
    assert fitted.class_weight == "balanced"


# What comes out


def twins(kind, n_classes, **options):
    """A student on soft targets and its own fit on labels, of named columns."""
    pandas = pytest.importorskip("pandas")
    data = soft_data(n_classes)
    X = pandas.DataFrame(data.X, columns=list("abcde"))
    data = StudentData(X, data.targets, data.classes, data.codes, None, {})
    student = kind(max_depth=4, random_state=0, **options)
    return fit_student(clone(student), data), clone(student).fit(X, data.labels), data


def kinds_of(fitted):
    return {
        name: (type(value), getattr(value, "dtype", None), np.shape(value))
        for name, value in vars(fitted).items()
        if name not in ("tree_", "estimators_", "random_state")
    }


@pytest.mark.parametrize("kind", TREES + FORESTS)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_student_has_the_attributes_of_its_own_fit(kind, n_classes, class_weight):
    fitted, own, _ = twins(kind, n_classes, class_weight=class_weight)
    assert kinds_of(fitted) == kinds_of(own)
    assert fitted.get_params() == own.get_params()
    for name in ("classes_", "n_classes_", "n_outputs_", "feature_names_in_"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(own, name))
    pairs = [(fitted, own)]
    if kind in FORESTS:
        pairs = list(zip(fitted.estimators_, own.estimators_, strict=True))
        assert vars(fitted.estimator_) == vars(own.estimator_)
    for one, other in pairs:
        assert kinds_of(one) == kinds_of(other)
        assert one.get_params() == other.get_params()
        np.testing.assert_array_equal(one.classes_, other.classes_)
        assert one.max_features_ == other.max_features_
        assert one.tree_.n_outputs == 1
        assert one.tree_.n_classes.tolist() == [n_classes]
        assert one.tree_.value.shape[1:] == other.tree_.value.shape[1:]


USE = """
import pickle, sys
import numpy as np
sys.modules["skdistill"] = None
from sklearn.base import clone
from sklearn.tree import export_text
with open(sys.argv[1], "rb") as file:
    student, X, y, proba = pickle.load(file)
np.testing.assert_array_equal(student.predict_proba(X), proba)
assert set(student.predict(X)) <= set(student.classes_)
student.apply(X), student.decision_path(X), student.feature_importances_
tree = student if hasattr(student, "tree_") else student.estimators_[0]
assert "class: " in export_text(tree)
assert "class: " in export_text(tree, show_weights=True)
if student is tree:
    student.cost_complexity_pruning_path(X, y)
clone(student).fit(X, y).predict(X)
assert not [name for name in sys.modules if name.startswith("skdistill.")]
print("used")
"""


@pytest.mark.parametrize("kind", TREES + FORESTS)
def test_a_student_is_used_without_this_package(kind, tmp_path):
    fitted, _, data = twins(kind, 3)
    path = tmp_path / "student.pickle"
    proba = fitted.predict_proba(data.X)
    path.write_bytes(pickle.dumps((fitted, data.X, data.labels, proba)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", USE, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("used\n", "")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_student_is_drawn(n_classes):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot
    from sklearn.tree import plot_tree

    fitted, _, _ = twins(DecisionTreeClassifier, n_classes)
    boxes = plot_tree(fitted, class_names=True, filled=True)
    assert "gini = " in boxes[0].get_text()
    pyplot.close("all")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_are_probabilities(n_classes, dtype):
    data = soft_data(n_classes)
    targets = Targets(data.targets.values.astype(dtype))
    data = StudentData(data.X, targets, data.classes, data.codes, None, {})
    fitted = fit_student(RandomForestClassifier(3, random_state=0), data)
    for tree in fitted.estimators_:
        value = tree.tree_.value
        assert value.min() >= 0
        np.testing.assert_allclose(value.sum(axis=2), 1, rtol=1e-15)
    plain = soft_data(n_classes)
    own = fit_student(RandomForestClassifier(3, random_state=0), plain)
    np.testing.assert_allclose(  # rounded targets draw the rows they always drew
        fitted.estimators_samples_, own.estimators_samples_
    )


# Rows that do not count


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
def test_rows_without_mass_do_not_count(kind):
    data = soft_data(3, weighted=True)
    data.sample_weight[::4] = 0
    data.targets.values[1::4] = [0, 0, 1]
    student = kind(random_state=0, class_weight={"class 2": 0.0})
    student.set_params(min_weight_fraction_leaf=0.0317)
    if kind is RandomForestClassifier:
        student.set_params(n_estimators=3, bootstrap=False, max_features=None)
    fitted = fit_student(clone(student), data)
    own = on_repeated_rows(student, data)
    np.testing.assert_allclose(
        fitted.predict_proba(data.X), own.predict_proba(data.X), atol=1e-12
    )
    root = fitted if kind is DecisionTreeClassifier else fitted.estimators_[0]
    assert root.tree_.n_node_samples[0] == 150


def test_a_class_no_target_names_has_probability_zero():
    data = soft_data(3)
    values = data.targets.values
    values[:, 1] += values[:, 2]
    values[:, 2] = 0
    fitted = fit_student(DecisionTreeClassifier(max_depth=4, random_state=0), data)
    assert fitted.classes_.tolist() == data.classes.tolist()
    np.testing.assert_array_equal(fitted.predict_proba(data.X)[:, 2], 0)
    own = on_repeated_rows(fitted, data)
    np.testing.assert_allclose(fitted.predict_proba(data.X), own.predict_proba(data.X))


# Refusals and neighbours


def test_negative_targets_are_refused_with_the_regressor_as_remedy():
    data = soft_data(3)
    data.targets.values[5, 1] = -0.25
    message = "non-negative.*got -0.25 in row 5, column 1. Use RandomForestRegressor"
    with pytest.raises(ValueError, match=message):
        fit_student(RandomForestClassifier(), data)


@pytest.mark.parametrize("oob_score", [True, len])
def test_out_of_bag_scores_are_refused(oob_score):
    with pytest.raises(ValueError, match="oob_score.*False, because soft targets"):
        find_route(RandomForestClassifier(oob_score=oob_score))


@pytest.mark.parametrize("kind", FORESTS)
def test_balanced_subsamples_are_refused(kind):
    with pytest.raises(ValueError, match="got 'balanced_subsample'.*Use 'balanced'"):
        find_route(kind(class_weight="balanced_subsample"))


@pytest.mark.parametrize(
    "params", [{"max_depth": -3}, {"ccp_alpha": "x"}, {"class_weight": "even"}]
)
def test_parameters_out_of_range_are_those_of_the_classifier(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"'{name}' parameter of DecisionTreeClass"):
        fit_student(DecisionTreeClassifier(**params), soft_data(2))


class OwnTree(DecisionTreeClassifier):
    """May grow as it likes."""


@pytest.mark.parametrize(
    "student",
    [
        OwnTree(),
        DecisionTreeClassifier(criterion="entropy"),
        RandomForestClassifier(criterion="log_loss"),
        BaggingClassifier(),
    ],
)
def test_what_does_not_split_on_gini_is_left_to_the_expansion(student):
    assert find_route(student).name == "expansion"


@pytest.mark.parametrize("kind", TREES + FORESTS)
def test_the_fit_warns_of_nothing(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_student(kind(random_state=0), soft_data(3))
