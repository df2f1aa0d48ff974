"""Nodes of one target end as leaves, whatever the rounding of sums says."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill.students import StudentData, fit_student
from skdistill.students._gini_tree import _maybe_pure
from skdistill.targets import Targets

SUM = 0.1 + 0.2  # no float64 is three tenths
PAIRS = {
    "smoothed": ([0.95, 0.05], [0.05, 0.95]),
    "sums": ([SUM, 1 - SUM], [0.7, 0.3 - 1e-16]),
    "three": ([SUM, 0.1, 0.6], [0.05, 0.05, 0.9]),
    "five": ([0.1, SUM, 0.2, 0.1, 0.3], [0.07, 0.13, 0.41, 0.19, 0.2]),
}


def checkered(pair, *, weighted=False, n_samples=20_000):
    """Rows of two targets, told apart by the signs of two features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, 4))
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0.3)).astype(int)
    values = np.array(pair)[y]
    weight = rng.uniform(0.1, 3, n_samples) if weighted else None
    classes = np.arange(values.shape[1])
    return StudentData(X, Targets(values), classes, y, weight, {})


def distinct(fitted, X):
    return np.unique(np.round(fitted.predict_proba(X), 12), axis=0)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("weighted", [False, True])
def test_nodes_of_one_target_are_leaves(pair, weighted):
    data = checkered(PAIRS[pair], weighted=weighted)
    fitted = fit_student(DecisionTreeClassifier(random_state=0), data)
    y = data.codes
    leaves = fitted.apply(data.X)
    inner = fitted.tree_.children_left != -1
    reached = fitted.decision_path(data.X).tocsc()
    for node in np.flatnonzero(inner):
        assert len(np.unique(y[reached[:, [node]].indices])) == 2
    for leaf in np.unique(leaves):
        assert len(np.unique(y[leaves == leaf])) == 1
    np.testing.assert_allclose(
        fitted.predict_proba(data.X), data.targets.values, atol=1e-12
    )
    assert fitted.tree_.max_depth == fitted.get_depth() <= 5
    assert fitted.get_n_leaves() == len(np.unique(leaves))
    n_classes = len(data.classes)
    shares = data.targets.values if n_classes > 2 else data.targets.values[:, 1]
    grown = DecisionTreeRegressor(random_state=0).fit(
        data.X, shares, data.sample_weight
    )
    if pair != "sums" or weighted:  # or there was nothing to be cut
        assert grown.tree_.node_count > fitted.tree_.node_count


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
@pytest.mark.parametrize("weighted", [False, True])
def test_nodes_of_one_target_are_leaves_of_a_forest(kind, weighted):
    data = checkered(PAIRS["smoothed"], weighted=weighted, n_samples=3000)
    student = kind(3, bootstrap=True, max_features=None, random_state=0)
    fitted = fit_student(student, data)
    for tree, drawn in zip(fitted.estimators_, fitted.estimators_samples_, strict=True):
        codes = data.codes[drawn]
        reached = tree.decision_path(np.float32(data.X[drawn])).tocsc()
        inner = np.flatnonzero(tree.tree_.children_left != -1)
        for node in inner:
            assert len(np.unique(codes[reached[:, [node]].indices])) == 2


def test_a_small_child_of_a_large_node_is_cut_too():
    """What is left of its impurity is the rounding of its parent's sums."""
    cut = 0
    for n_small in range(4, 14):
        rng = np.random.default_rng(n_small)
        X = np.arange(20_000.0)[:, None]
        second = np.where(X[:, 0] < 20_000 - n_small, 0.05, 0.95)
        values = np.column_stack([1 - second, second])
        weight = rng.uniform(1, 3, 20_000)
        weight[-n_small:] *= 1e-6
        codes = (second > 0.5).astype(int)
        data = StudentData(X, Targets(values), np.arange(2), codes, weight, {})
        fitted = fit_student(DecisionTreeClassifier(random_state=0), data)
        assert fitted.tree_.node_count == 3
        grown = DecisionTreeRegressor(random_state=0).fit(X, second, weight).tree_
        cut += grown.children_left[grown.children_right[0]] != -1
    assert cut > 0  # or there was nothing to be seen


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(2, max_features=None, bootstrap=False, random_state=0),
        RandomForestClassifier(2, max_features=None, random_state=0),
    ],
)
def test_rows_left_out_do_not_make_a_node_impure(student):
    data = checkered(PAIRS["smoothed"], n_samples=4000)
    weight = np.ones(4000)
    weight[::3] = 0
    values = data.targets.values.copy()
    values[::3] = np.random.default_rng(1).dirichlet([1, 1], len(values[::3]))
    mixed = replace(data, targets=Targets(values), sample_weight=weight)
    fitted = fit_student(clone(student), mixed)
    for tree in getattr(fitted, "estimators_", [fitted]):
        assert 3 < tree.tree_.node_count < 20


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("weighted", [False, True])
def test_what_remains_of_a_cut_tree_is_a_tree(pair, weighted):
    data = checkered(PAIRS[pair], weighted=weighted)
    fitted = fit_student(DecisionTreeClassifier(random_state=0), data)
    tree = fitted.tree_
    for node in range(tree.node_count):
        left, right = tree.children_left[node], tree.children_right[node]
        if left == -1:
            assert (right, tree.feature[node], tree.threshold[node]) == (-1, -2, -2)
            continue
        assert left == node + 1  # depth first, as it was grown
        assert node < right < tree.node_count
        counts = tree.n_node_samples
        assert counts[node] == counts[left] + counts[right]
    children = np.r_[tree.children_left, tree.children_right]
    children = np.sort(children[children != -1])
    np.testing.assert_array_equal(children, np.arange(1, tree.node_count))


def test_nearly_equal_targets_are_not_merged():
    X = np.arange(8.0)[:, None]
    second = 0.3 + 1e-6 * np.arange(8)
    values = np.column_stack([1 - second, second])
    data = StudentData(X, Targets(values), np.arange(2), np.arange(8) % 2, None, {})
    fitted = fit_student(DecisionTreeClassifier(random_state=0), data)
    np.testing.assert_allclose(fitted.predict_proba(X), values, atol=1e-12)
    assert fitted.get_n_leaves() == 8


def test_distinct_targets_need_no_second_look():
    """The check of purity costs a pass over the rows, so it must be rare."""
    rng = np.random.default_rng(0)
    X, second = rng.normal(size=(2000, 4)), rng.random(2000)
    grown = DecisionTreeRegressor(random_state=0).fit(X, second)
    assert not _maybe_pure(grown.tree_.__getstate__()["nodes"]).any()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_target_for_all_rows_is_one_leaf(n_classes):
    X = np.random.default_rng(0).normal(size=(100, 3))
    target = np.arange(1, n_classes + 1) / np.arange(1, n_classes + 1).sum()
    values = np.tile(target, (100, 1))
    codes = np.arange(100) % n_classes
    data = StudentData(X, Targets(values), np.arange(n_classes), codes, None, {})
    fitted = fit_student(DecisionTreeClassifier(), data)
    assert fitted.tree_.node_count == 1
    np.testing.assert_allclose(fitted.predict_proba(X), values)


def test_repeated_rows_would_be_split_on():
    """The one difference to the expansion: their copies have Gini impurity left."""
    data = checkered(PAIRS["smoothed"], n_samples=400)
    fitted = fit_student(DecisionTreeClassifier(random_state=0), data)
    own = DecisionTreeClassifier(random_state=0).fit(
        np.repeat(data.X, 2, axis=0),
        np.tile([0, 1], 400),
        sample_weight=data.targets.values.ravel(),
    )
    assert fitted.get_n_leaves() < 10
    assert own.get_n_leaves() > 100
    np.testing.assert_allclose(
        fitted.predict_proba(data.X), own.predict_proba(data.X), atol=1e-12
    )
