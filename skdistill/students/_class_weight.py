"""``class_weight`` of a student, resolved on the labels and not on repeated rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_class_weight

__all__ = ["class_weights", "subsample_objection"]

Array = npt.NDArray[Any]


def class_weights(
    class_weight: Any,
    classes: Array,
    codes: Array,
    sample_weight: Array | None = None,
) -> Array:
    """Weights of the columns of the targets, (n_classes,), ones for None.

    ``"balanced"`` counts labels (weighs them, given `sample_weight`). Left to the
    student it would count the repeated rows of the expansion, n of each class, and
    balance nothing.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        mass = np.bincount(codes, weights=sample_weight, minlength=len(classes))
        # A class without weight has no rows that count; any factor will do.
        balanced: Array = mass.sum() / (len(classes) * np.where(mass > 0, mass, 1.0))
        return balanced
    present = np.unique(codes)
    weights: Array = np.ones(len(classes))
    weights[present] = compute_class_weight(
        class_weight, classes=classes[present], y=classes[codes]
    )
    return weights


def subsample_objection(student: Any) -> str:
    """Why `student` cannot balance its bootstrap samples; empty if it does not."""
    if getattr(student, "class_weight", None) != "balanced_subsample":
        return ""
    return (
        "class_weight of the student must be None, 'balanced' or a dict, got "
        "'balanced_subsample': soft targets have no class counts within a "
        "bootstrap sample. Use 'balanced'."
    )
