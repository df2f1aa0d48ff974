"""The only module that touches private or version-dependent names of scikit-learn.

Tested on scikit-learn 1.6 to 1.9. When a release moves one of these names, this is the
file to mend.
"""

from typing import Any

import sklearn
from sklearn.base import BaseEstimator
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _num_samples, has_fit_parameter

__all__ = [
    "HAS_TEMPERATURE_CALIBRATION",
    "accepts_sparse_and_nan",
    "effective_threads",
    "has_proba",
    "n_rows",
    "requires_fit",
    "routing_enabled",
    "take_rows",
    "takes_multioutput",
    "weight_argument",
]

_VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

#: ``CalibratedClassifierCV(method="temperature")`` arrived in scikit-learn 1.8.
HAS_TEMPERATURE_CALIBRATION = _VERSION >= (1, 8)


def take_rows(X: Any, rows: Any) -> Any:
    """Take rows of what scikit-learn can slice: arrays, frames, sparse, lists."""
    return _safe_indexing(X, rows)


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
