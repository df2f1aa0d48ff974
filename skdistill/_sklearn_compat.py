"""The only module that touches private or version-dependent names of scikit-learn.

Tested on scikit-learn 1.6 to 1.9. When a release moves one of these names, this is the
file to mend.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import sklearn
from sklearn._loss.loss import BaseLoss, HalfBinomialLoss, HalfMultinomialLoss
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
)
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _num_samples, has_fit_parameter

try:
    from sklearn.utils._repr_html.estimator import _VisualBlock
except ImportError:  # before 1.8
    from sklearn.utils._estimator_html_repr import _VisualBlock

from skdistill._torch_rows import is_dataset, subset

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks
except ImportError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def _with_callbacks(method: Any) -> Any:
        return method


__all__ = [
    "FORESTS_WEIGH_BALANCE",
    "HAS_TEMPERATURE_CALIBRATION",
    "CallbackSupportMixin",
    "SoftTargetsNetwork",
    "accepts_sparse_and_nan",
    "caller_level",
    "check_parameters",
    "classifier_tree",
    "effective_threads",
    "fit_hist_gradient",
    "has_hist_gradient_hook",
    "has_proba",
    "hist_gradient_leaves",
    "is_hist_gradient",
    "n_rows",
    "progress_bar",
    "requires_fit",
    "routing_enabled",
    "shift_hist_gradient",
    "take_column",
    "take_rows",
    "takes_multioutput",
    "tree_arrays",
    "visual_block",
    "weight_argument",
    "with_callbacks",
]

_Method = TypeVar("_Method", bound=Callable[..., Any])
_VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

#: ``CalibratedClassifierCV(method="temperature")`` arrived in scikit-learn 1.8.
HAS_TEMPERATURE_CALIBRATION = _VERSION >= (1, 8)

#: Packages whose frames stand between a user and a warning.
_BETWEEN = ("skdistill", "sklearn", "joblib")

#: Since 1.9 forests count ``class_weight="balanced"`` with the weights of the rows.
FORESTS_WEIGH_BALANCE = _VERSION >= (1, 9)


def with_callbacks(fit: _Method) -> _Method:
    """Tear the callbacks down when `fit` ends, however it ends; nothing before 1.9."""
    managed: _Method = _with_callbacks(fit)
    return managed


def progress_bar() -> Any | None:
    """Return scikit-learn's progress bar; None before 1.9, or without rich."""
    try:
        from sklearn.callback import ProgressBar  # noqa: PLC0415

        return ProgressBar(max_propagation_depth=None)
    except ImportError:
        return None


def take_rows(X: Any, rows: Any) -> Any:
    """Take rows of what scikit-learn can slice, or of a torch ``Dataset``.

    Arrays of any rank, frames, sparse, lists, tensors. Rows by number are copies, of a
    memory-mapped array in memory; a slice is a view, and stays mapped.
    """
    return subset(X, rows) if is_dataset(X) else _safe_indexing(X, rows)


def take_column(X: Any, j: int) -> Any:
    """Take one column, by place, of an array or a frame (pandas, polars)."""
    return _safe_indexing(X, j, axis=1)


def n_rows(X: Any) -> int:
    """Count the rows of any container, which is all the engine looks at."""
    return int(_num_samples(X))


def effective_threads() -> int:
    """Threads that scikit-learn's own loops would use here.

    One inside a worker of joblib that has one core, or under ``threadpool_limits(1)``.
    """
    return int(_openmp_effective_n_threads())


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


def has_hist_gradient_hook() -> bool:
    """Whether histogram boosting takes a loss object where it says ``"log_loss"``."""
    constraints = HistGradientBoostingClassifier._parameter_constraints
    return BaseLoss in constraints["loss"]


def fit_hist_gradient(
    student: Any, X: Any, labels: Any, objective: Any, params: dict[str, Any]
) -> Any:
    """Fit a ``HistGradientBoostingClassifier`` in place on a soft objective.

    Parameters
    ----------
    student : HistGradientBoostingClassifier
    X : rows
    labels : ndarray of shape (n_samples,)
        What the classes are counted by and the held-out rows are drawn by.
    objective : object
        With ``n_classes``, ``prior()``, ``value(margins)``, ``write(margins, grad,
        hess)`` and ``take(rows)``; rows are weighted in it.
    params : dict
        Further arguments of ``fit``.

    Returns
    -------
    student, whose loss is its own again
    """
    own = {name: getattr(student, name) for name in ("loss", "class_weight")}
    k = objective.n_classes
    native = HalfBinomialLoss() if k == 2 else HalfMultinomialLoss(n_classes=k)
    loss = _SoftTargetsLoss(student, labels, objective, native)
    try:
        student.set_params(loss=loss, class_weight=None).fit(X, labels, **params)
    finally:
        student.set_params(**own)
    student._loss = native
    return student


def shift_hist_gradient(student: Any, shift: float) -> None:
    """Add `shift` to all margins of a fitted ``HistGradientBoostingClassifier``."""
    student._baseline_prediction = student._baseline_prediction + shift


class _SoftTargetsLoss(BaseLoss):
    """A soft objective in the form in which histogram boosting calls its losses."""

    differentiable = True
    need_update_leaves_values = False
    constant_hessian = False
    approx_hessian = False

    def __init__(self, student: Any, labels: Any, objective: Any, native: Any) -> None:
        self.student, self.labels, self.objective = student, labels, objective
        self.n_classes = native.n_classes
        self.is_multiclass = native.is_multiclass
        # Early stopping by a scorer asks for them, and rows are held out stratified
        # where the loss can say them.
        self.predict_proba = native.predict_proba

    def fit_intercept_only(self, y_true: Any, sample_weight: Any = None) -> Any:
        self.y_fitted = y_true
        self.fitted = self.held = self.objective
        if len(y_true) < len(self.labels):
            # Rows were held out: the same call finds which.
            codes = np.unique(self.labels, return_inverse=True)[1]
            rows, others = train_test_split(
                np.arange(len(codes)),
                test_size=self.student.validation_fraction,
                stratify=codes.astype(y_true.dtype),
                random_state=self.student._random_seed,
            )
            self.fitted = self.objective.take(rows)
            self.held = self.objective.take(others)
        prior = self.fitted.prior()
        return prior - prior.mean() if self.is_multiclass else prior

    def gradient_hessian(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any = None,
        gradient_out: Any = None,
        hessian_out: Any = None,
        n_threads: int = 1,
    ) -> Any:
        self.fitted.write(raw_prediction, gradient_out, hessian_out)
        return gradient_out, hessian_out

    def __call__(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any = None,
        n_threads: int = 1,
    ) -> float:
        part = self.fitted if y_true is self.y_fitted else self.held
        return float(part.value(raw_prediction))


def is_hist_gradient(estimator: Any) -> bool:
    """Whether `estimator` is a histogram booster, which has no ``apply``."""
    return isinstance(
        estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor
    )


def hist_gradient_leaves(booster: Any, X: Any) -> Any:
    """Leaf of every row in every tree of a fitted histogram booster.

    Trees whose leaves predict their own number: its own traversal, so that missing
    values and categories go where they go in it.

    Returns
    -------
    ndarray of shape (n_samples, n_trees), int64
    """
    rows = booster._preprocess_X(X, reset=False)
    categories = booster._bin_mapper.make_known_categories_bitsets()
    found = []
    for stage in booster._predictors:
        for tree in stage:
            nodes = tree.nodes.copy()
            nodes["value"] = np.arange(len(nodes))
            numbered = TreePredictor(
                nodes, tree.binned_left_cat_bitsets, tree.raw_left_cat_bitsets
            )
            found.append(numbered.predict(rows, *categories, 1))
    return np.column_stack(found).astype(np.int64)


class SoftTargetsNetwork(MLPClassifier):
    """A network that descends on an objective of soft targets.

    ``soft_gradient(rows, out)`` is the gradient of each row's loss with respect to the
    network's logits, (n_rows, n_outputs), where `rows` are row numbers and `out` the
    outputs of the network. The labels of its ``partial_fit`` are not looked at.
    """

    soft_gradient: Any

    def _validate_input(self, X: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        X, y = super()._validate_input(X, y, *args, **kwargs)
        # The rows of a batch are told by what stands in place of their labels.
        return X, np.repeat(np.arange(len(y))[:, None], y.shape[1], axis=1)

    def _backprop(self, X: Any, y: Any, *rest: Any) -> Any:
        self._rows, self._matched = y[:, 0], np.zeros(y.shape, dtype=X.dtype)
        return super()._backprop(X, self._matched, *rest)

    def _forward_pass(self, activations: Any) -> Any:
        activations = super()._forward_pass(activations)
        out = activations[-1]
        # What follows takes ``out - y`` for the gradient of the logits.
        self._matched[:] = out - self.soft_gradient(self._rows, out)
        return activations


def visual_block(
    kind: str, parts: list[tuple[str, Any]] | None, label: str | None = None
) -> Any:
    """Return a block of scikit-learn's diagram of an estimator.

    Parameters
    ----------
    kind : {"single", "serial", "parallel"}
    parts : list of (str, estimator or block) or None
        What lies inside, with names; None for "single".
    label : str or None
        The text of a "single" block.
    """
    if parts is None:
        return _VisualBlock(kind, None, names=label, name_details=None)
    return _VisualBlock(
        kind,
        [part for _, part in parts],
        names=[name for name, _ in parts],
        name_details=[str(part) if name else None for name, part in parts],
    )


def caller_level() -> int:
    """Level of the user's frame, for the `stacklevel` of a warning raised where called.

    The first beyond this package and what calls it (a search, a callback's wrapper).
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _package(frame) in _BETWEEN:
        level, frame = level + 1, frame.f_back
    return level


def _package(frame: Any) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


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
