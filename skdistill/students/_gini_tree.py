"""A fitted regression tree of class shares, made into the classifier it stands for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from skdistill._sklearn_compat import classifier_tree, tree_arrays

__all__ = ["Rows", "become_forest", "become_tree"]

Array = npt.NDArray[Any]

_LEAF, _NO_FEATURE = -1, -2  # as scikit-learn marks them


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a regressor was fitted on.

    Attributes
    ----------
    X : container with n_samples rows
    shares : ndarray of shape (n_samples, n_classes)
        Rows are non-negative and sum to 1.
    weight : ndarray of shape (n_samples,) or None
    """

    X: Any
    shares: Array
    weight: Array | None


def become_tree(student: Any, regressor: Any, rows: Rows) -> Any:
    """Give `student` the tree of `regressor`, and return it."""
    student.n_classes_ = np.intp(rows.shares.shape[1])
    student.tree_ = _gini_tree(regressor.tree_, _Samples(regressor, rows).of_tree)
    return student


def become_forest(student: Any, regressor: Any, rows: Rows) -> Any:
    """Give `student` the trees of `regressor`, and return it."""
    n_classes = rows.shares.shape[1]
    samples = _Samples(regressor, rows)
    student.n_classes_ = n_classes
    student.estimator_ = student.estimator
    student.estimators_ = []
    for number, grown in enumerate(regressor.estimators_):
        tree = clone(student.estimator_)
        tree.set_params(
            **{name: getattr(student, name) for name in student.estimator_params}
        )
        tree.set_params(random_state=grown.random_state)
        tree.n_features_in_ = grown.n_features_in_
        tree.max_features_ = grown.max_features_
        tree.n_outputs_ = 1
        tree.n_classes_ = np.intp(n_classes)
        tree.classes_ = np.arange(n_classes, dtype=np.float64)
        tree.tree_ = _gini_tree(grown.tree_, partial(samples.of_forest, number))
        student.estimators_.append(tree)
    return student


class _Samples:
    """Leaves and targets of the rows a tree saw; found when first asked for."""

    def __init__(self, regressor: Any, rows: Rows) -> None:
        self.regressor, self.rows = regressor, rows

    @cached_property
    def leaves(self) -> Array:
        found: Array = self.regressor.apply(self.rows.X)
        return found

    @cached_property
    def targets(self) -> Array:
        """The same number for the same target, so that one column tells them apart."""
        shares = np.ascontiguousarray(self.rows.shares)
        bits = np.dtype((np.void, shares.itemsize * shares.shape[1]))
        numbers: Array = np.unique(shares.view(bits).ravel(), return_inverse=True)[1]
        return numbers

    @cached_property
    def drawn(self) -> list[Array]:
        found: list[Array] = self.regressor.estimators_samples_
        return found

    def of_tree(self) -> tuple[Array, Array]:
        if self.rows.weight is None:
            return self.leaves, self.targets
        seen = np.flatnonzero(self.rows.weight)
        return self.leaves[seen], self.targets[seen]

    def of_forest(self, number: int) -> tuple[Array, Array]:
        seen = self.drawn[number]
        if self.rows.weight is not None:
            seen = seen[self.rows.weight[seen] > 0]
        return self.leaves[seen, number], self.targets[seen]


def _gini_tree(tree: Any, samples: Callable[[], tuple[Array, Array]]) -> Any:
    """Build the classifier's tree; `samples` says where its rows went."""
    nodes, values = tree_arrays(tree)
    proba = _shares_of_nodes(values)
    if _maybe_pure(nodes).any():
        kept = _cut(nodes, _pure(nodes, *samples()))
        nodes, proba = nodes[kept], proba[kept]
    nodes["impurity"] = np.maximum(1 - (proba * proba).sum(axis=1), 0)
    depth = sum(1 for _ in _levels(nodes)) - 1
    return classifier_tree(nodes, proba, tree.n_features, depth)


def _shares_of_nodes(values: Array) -> Array:
    """Means of the shares, (n_nodes, n_classes)."""
    if values.shape[1] == 1:
        # Means stay in [0, 1]; the bounds of a monotone tree are differences.
        second = np.clip(values[:, 0, 0], 0, 1)
        return np.column_stack([1 - second, second])
    proba: Array = values[:, :, 0]
    return proba


def _maybe_pure(nodes: Array) -> Array:
    """Nodes that were split although rounding may be all the impurity they had.

    Squared error is a difference, E T^2 - p^2, of which rounding leaves something in a
    pure node (smoothed labels .05 and .95, 20,000 rows: 255 nodes where 11 are due). A
    child's sums are its parent's less its sibling's, so that the parent's size counts.
    """
    inner = np.flatnonzero(nodes["left_child"] != _LEAF)
    parent = np.zeros(len(nodes), dtype=np.intp)
    for side in ("left_child", "right_child"):
        parent[nodes[side][inner]] = inner
    weight, count = nodes["weighted_n_node_samples"], nodes["n_node_samples"]
    noise = 8 * np.finfo(np.float64).eps * (count[parent] + 8)
    return np.asarray((nodes["impurity"] <= noise * weight[parent] / weight)[inner])


def _pure(nodes: Array, leaves: Array, targets: Array) -> Array:
    """Nodes whose rows share one target, whatever its impurity, (n_nodes,)."""
    low = np.full(len(nodes), np.iinfo(np.intp).max)
    high = np.full(len(nodes), -1)
    np.minimum.at(low, leaves, targets)
    np.maximum.at(high, leaves, targets)
    for level in reversed(list(_levels(nodes))):
        inner = level[nodes["left_child"][level] != _LEAF]
        for side in ("left_child", "right_child"):
            child = nodes[side][inner]
            low[inner] = np.minimum(low[inner], low[child])
            high[inner] = np.maximum(high[inner], high[child])
    pure: Array = low == high
    return pure


def _cut(nodes: Array, pure: Array) -> Array:
    """Make leaves of the `pure` nodes, in place; return the nodes still reached."""
    nodes["feature"][pure] = nodes["threshold"][pure] = _NO_FEATURE
    nodes["left_child"][pure] = nodes["right_child"][pure] = _LEAF
    kept = np.sort(np.concatenate(list(_levels(nodes))))
    place = np.full(len(nodes) + 1, _LEAF)  # the last one is where _LEAF points
    place[kept] = np.arange(len(kept))
    for side in ("left_child", "right_child"):
        nodes[side] = place[nodes[side]]
    return kept


def _levels(nodes: Array) -> Iterator[Array]:
    """Nodes of depth 0, 1, ... that can be reached from the root."""
    level = np.zeros(1, dtype=np.intp)
    while len(level):
        yield level
        level = np.concatenate(
            [nodes["left_child"][level], nodes["right_child"][level]]
        )
        level = level[level != _LEAF]
