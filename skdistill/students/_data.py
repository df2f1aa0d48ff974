"""What a student is fitted on: rows, targets, and the labels its classes come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.targets import Targets

__all__ = ["StudentData", "refuse_negative"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class StudentData:
    """Training data of one student.

    Attributes
    ----------
    X : container with n_samples rows, as the user gave it
    targets : Targets
        With ``values`` of shape (n_samples, n_classes).
    classes : ndarray of shape (n_classes,)
        Labels of the columns.
    codes : ndarray of shape (n_labeled,), int
        Labels 0..K-1 of the first rows; rows after them have none.
    sample_weight : ndarray of shape (n_samples,) or None
    fit_params : dict
        Further arguments of the student's ``fit``, with one entry a row.
    """

    X: Any
    targets: Targets
    classes: Array
    codes: Array
    sample_weight: Array | None
    fit_params: dict[str, Any]

    @property
    def labels(self) -> Array:
        """Original labels of the rows that have one, (n_labeled,)."""
        found: Array = self.classes[self.codes]
        return found

    @property
    def label_weight(self) -> Array | None:
        """Weights of the rows that have a label, (n_labeled,)."""
        if self.sample_weight is None:
            return None
        found: Array = self.sample_weight[: len(self.codes)]
        return found

    @property
    def row_weight(self) -> Array:
        """Weights as an array, ones if there were none, (n_samples,)."""
        if self.sample_weight is None:
            return np.ones(len(self.targets.values))
        return self.sample_weight


def refuse_negative(values: Array, because: str, remedy: str) -> None:
    """Raise if a target is negative, naming the first such row and column."""
    if (values < 0).any():
        row, column = np.argwhere(values < 0)[0]
        raise ValueError(
            f"targets must be non-negative for {because}, got "
            f"{values[row, column]:.6g} in row {row}, column {column}. {remedy}"
        )
