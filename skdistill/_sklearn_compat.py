"""The only module that touches private or version-dependent names of scikit-learn.

Tested on scikit-learn 1.6 to 1.9. When a release moves one of these names, this is the
file to mend.
"""

from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import _num_samples, has_fit_parameter

__all__ = [
    "FORESTS_WEIGH_BALANCE",
    "HAS_TEMPERATURE_CALIBRATION",
    "accepts_sparse_and_nan",
    "check_parameters",
    "classifier_tree",
    "has_proba",
    "n_rows",
    "requires_fit",
    "routing_enabled",
    "take_rows",
    "takes_multioutput",
    "tree_arrays",
    "weight_argument",
]

_VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

#: ``CalibratedClassifierCV(method="temperature")`` arrived in scikit-learn 1.8.
HAS_TEMPERATURE_CALIBRATION = _VERSION >= (1, 8)

#: Since 1.9 forests count ``class_weight="balanced"`` with the weights of the rows.
FORESTS_WEIGH_BALANCE = _VERSION >= (1, 9)


def take_rows(X: Any, rows: Any) -> Any:
    """Take rows of what scikit-learn can slice: arrays, frames, sparse, lists."""
    return _safe_indexing(X, rows)


def n_rows(X: Any) -> int:
    """Count the rows of any container, which is all the engine looks at."""
    return int(_num_samples(X))


def routing_enabled() -> bool:
    """Whether scikit-learn's metadata routing is switched on."""
    return bool(sklearn.get_config()["enable_metadata_routing"])


def weight_argument(estimator: Any) -> str | None:
    """Name under which `estimator.fit` takes row weights; None if it takes none.

    For a pipeline it is that of the last step (``"step__sample_weight"``).
    """
    if isinstance(estimator, FrozenEstimator):
        return None
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_argument(last)
        return None if inner is None else f"{name}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def has_proba(classifier: Any) -> bool:
    """Whether `classifier` has, or will have once fitted, ``predict_proba``.

    An unfitted stacker asks its final estimator, which by default is None until it is
    fitted, and then a logistic regression.
    """
    if isinstance(classifier, Pipeline):
        classifier = classifier.steps[-1][1]
    stacked = isinstance(classifier, StackingClassifier)
    return hasattr(classifier, "predict_proba") or (
        stacked and classifier.final_estimator is None
    )


def requires_fit(estimator: BaseEstimator) -> bool:
    """Whether `estimator` says that it must be fitted before it predicts."""
    return bool(get_tags(estimator).requires_fit)


def takes_multioutput(estimator: BaseEstimator) -> bool:
    """Whether `estimator` says that it fits a two-dimensional y."""
    return bool(get_tags(estimator).target_tags.multi_output)


def accepts_sparse_and_nan(estimator: BaseEstimator) -> tuple[bool, bool]:
    """Whether `estimator` takes sparse rows, and whether it takes missing values."""
    tags = get_tags(estimator).input_tags
    return bool(tags.sparse), bool(tags.allow_nan)


def check_parameters(estimator: BaseEstimator) -> None:
    """Raise what `estimator` says to parameters that are out of range."""
    estimator._validate_params()


def tree_arrays(tree: Any) -> tuple[Any, Any]:
    """Nodes (a structured array) and values of a fitted ``tree_``, as copies.

    The values have shape (n_nodes, n_outputs, n_classes); of a regressor's tree
    (n_nodes, n_outputs, 1).
    """
    state = tree.__getstate__()
    return state["nodes"].copy(), state["values"].copy()


def classifier_tree(nodes: Any, proba: Any, n_features: int, max_depth: int) -> Tree:
    """Build the ``tree_`` of a classifier from its nodes and their probabilities."""
    n_classes = proba.shape[1]
    tree = Tree(n_features, np.array([n_classes], dtype=np.intp), 1)
    state = {
        "max_depth": max_depth,
        "node_count": len(nodes),
        "nodes": nodes,
        "values": np.ascontiguousarray(proba[:, None, :]),
    }
    tree.__setstate__(state)
    return tree
