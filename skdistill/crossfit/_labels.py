"""Labels at the door: what cannot be classified is refused."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

__all__ = ["check_labels"]

Array = npt.NDArray[Any]


def check_labels(y: Any, n_samples: int, owner: str) -> Array:
    """Return the labels as a 1-D array, refusing what cannot be classified.

    Raises
    ------
    ValueError
        If `y` is None, of another length than X, not finite, continuous, or of one
        class.
    """
    if y is None:
        raise ValueError(
            f"This {owner} estimator requires y to be passed, but the target y is None."
        )
    labels: Array = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    try:
        check_classification_targets(labels)
    except (TypeError, ValueError) as error:
        if labels.dtype.kind != "O":
            raise
        raise type(error)(
            f"y must hold labels of one type, got an object array ({error}). Convert "
            "it, for example with astype(str) or astype(int)."
        ) from error
    if len(labels) != n_samples:
        raise ValueError(
            f"y must have one label per row of X, got {len(labels)} labels for "
            f"{n_samples} rows."
        )
    n_classes = len(np.unique(labels))
    if n_classes < 2:
        raise ValueError(
            f"y must hold at least 2 classes, got {n_classes} class (n_samples="
            f"{n_samples}). There is nothing to distil."
        )
    return labels
