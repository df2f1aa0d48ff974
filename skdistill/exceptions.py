"""Warnings and errors of skdistill; every warning is raised once per fit, with counts.

Wrong input raises ``ValueError`` or ``TypeError``, as in scikit-learn.
"""

from typing import Any

__all__ = [
    "ComplexityWarning",
    "CoverageWarning",
    "DistillationWarning",
    "ExportError",
    "FoldsReducedWarning",
    "MissingClassWarning",
    "MissingDependencyError",
    "NonFiniteLossError",
    "ProbabilityWarning",
    "RouteWarning",
    "ScaleWarning",
    "StoreWarning",
    "TargetsWarning",
]


class MissingDependencyError(ImportError):
    """An optional library is needed; the message names the extra to install."""


class ExportError(ValueError):
    """A model cannot be exported, or what was exported predicts something else."""


class NonFiniteLossError(ArithmeticError):
    """The loss of a network, or a weight, became NaN or infinite; training stopped.

    The network holds the weights of the last epoch that was finite throughout.

    Attributes
    ----------
    epoch, batch : int
        Counted from 1. `batch` is None if all losses of the epoch were finite and the
        weights at its end were not.
    """

    def __init__(self, message: str, epoch: int, batch: int | None) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.batch = batch

    def __reduce__(self) -> Any:
        """Keep the attributes where a worker's error reaches the caller."""
        return type(self), (str(self), self.epoch, self.batch)


class DistillationWarning(UserWarning):
    """Base class of all warnings of skdistill."""


class MissingClassWarning(DistillationWarning):
    """A class was absent from the rows a teacher was fitted on."""


class FoldsReducedWarning(DistillationWarning):
    """There were fewer rows per class than folds, so fewer folds were used."""


class CoverageWarning(DistillationWarning):
    """Some rows were labelled by no teacher; their targets are their labels."""


class ProbabilityWarning(DistillationWarning):
    """Teacher probabilities were repaired: renormalised or raised to a floor."""


class RouteWarning(DistillationWarning):
    """The student was reached by another route than its own."""


class ScaleWarning(DistillationWarning):
    """Images to predict are on another scale than those a network was fitted on."""


class StoreWarning(DistillationWarning):
    """The store of finished teachers was damaged, or could not be written."""


class ComplexityWarning(DistillationWarning):
    """A supervision complexity is known roughly only; its bounds are far apart."""


class TargetsWarning(DistillationWarning):
    """Some targets of the student lie outside the probability simplex."""
