"""Labels as codes and targets as float32, checked at the door."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skdistill._validation import check_matrix
from skdistill.losses import BipartiteRanking, CrossEntropy, SquaredError

__all__ = ["encode", "encode_targets"]

Array = npt.NDArray[Any]

_LOSSES = (CrossEntropy, SquaredError, BipartiteRanking)


def encode(y: Any, known: Any = None) -> tuple[Array, Array]:
    """Return the classes, sorted, and labels as places among them.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
    known : array-like of shape (n_classes,) or None
        All classes there are, where an earlier fit or the caller names them.

    Raises
    ------
    ValueError
        If labels are continuous, of one class only, or outside `known`.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None.")
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    found = np.unique(labels)
    classes = found if known is None else np.unique(known)
    if len(classes) < 2:
        raise ValueError(
            "y must have at least 2 classes, got "
            f"{'1 class' if len(classes) else 'none'}: {classes.tolist()!r}."
        )
    outside = found[~np.isin(found, classes)]
    if len(outside):
        raise ValueError(
            f"y must hold labels among {classes.tolist()!r:.80}, got "
            f"{outside.tolist()!r:.80} besides."
        )
    return classes, np.searchsorted(classes, labels)


def encode_targets(T: Any, classes: Any, loss: Any) -> tuple[Array, Any]:
    """Return the classes and the targets, as float32 unless they are a source.

    Raises
    ------
    TypeError
        If `loss` is none of skdistill's.
    ValueError
        If `T` is no finite matrix, or `classes` does not fit it.
    """
    if loss is not None and not isinstance(loss, _LOSSES):
        known = ", ".join(one.__name__ for one in _LOSSES)
        raise TypeError(f"loss must be one of {known} or None, got {loss!r}.")
    asked = hasattr(T, "batch")
    targets: Any = T if asked else check_matrix("T", T).astype(np.float32)
    k = targets.shape[1]
    if k < 2:
        raise ValueError(f"T must have at least 2 columns, got {k}.")
    if isinstance(loss, BipartiteRanking) and k != 2:
        raise ValueError(f"T must have 2 columns for a ranking, got {k}.")
    names: Array = np.arange(k) if classes is None else np.asarray(classes)
    if names.shape != (k,) or len(np.unique(names)) != k:
        raise ValueError(
            f"classes must hold {k} different labels, one per column of T, got "
            f"{names!r}."
        )
    return names, targets
