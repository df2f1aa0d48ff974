"""``class_weight`` of a student, resolved on the labels and not on repeated rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_class_weight

__all__ = ["class_weights"]

Array = npt.NDArray[Any]


def class_weights(class_weight: Any, classes: Array, codes: Array) -> Array:
    """Weights of the columns of the targets, (n_classes,), ones for None.

    ``"balanced"`` counts labels. Left to the student it would count the repeated rows
    of the expansion, n of each class, and balance nothing.

    Raises
    ------
    ValueError
        If `class_weight` is ``"balanced_subsample"``, which has no meaning for soft
        targets.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if class_weight == "balanced_subsample":
        raise ValueError(
            "class_weight of the student must be None, 'balanced' or a dict, got "
            "'balanced_subsample': soft targets have no class counts within a "
            "bootstrap sample. Use 'balanced'."
        )
    present = np.unique(codes)
    weights: Array = np.ones(len(classes))
    weights[present] = compute_class_weight(
        class_weight, classes=classes[present], y=classes[codes]
    )
    return weights
