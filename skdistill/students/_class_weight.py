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
    """
    if class_weight is None:
        return np.ones(len(classes))
    present = np.unique(codes)
    weights: Array = np.ones(len(classes))
    weights[present] = compute_class_weight(
        class_weight, classes=classes[present], y=classes[codes]
    )
    return weights
