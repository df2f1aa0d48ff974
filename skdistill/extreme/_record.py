"""What cross-fitting with very many classes leaves: sparse scores and how they came."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from scipy import sparse

from skdistill._sklearn_compat import caller_level
from skdistill.exceptions import CoverageWarning, MissingClassWarning

__all__ = ["CrossFitTopK", "warn_about"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitTopK:
    """Relevances of the likeliest labels of every row, and how they came about.

    Attributes
    ----------
    scores : csr_array of shape (n_samples, n_classes), float32
        Relevances in [0, 1] by teachers that never saw the row, at most k a row;
        canonical. The mean over the teachers that labelled the row, where a label that
        one of them did not keep counts 0. Rows of one label sum to at most 1.
    classes : ndarray of shape (n_classes,)
        Sorted labels; the numbers of the columns where rows may have several.
    splits : tuple of (train, test) index arrays
    coverage : ndarray of shape (n_samples,), int
        How many teachers labelled the row; rows without are empty in `scores`.
    precision : tuple of float
        Of each teacher the share of the rows it labelled whose largest score is of an
        observed label (precision@1, weighted by `sample_weight`), before calibration.
        Rows without any label count as missed.
    absent : int
        Observed labels, each a row and a label, that the row's teacher was never
        trained on; counted once a teacher.
    absent_classes : int
        How many labels these are.
    seconds : tuple of float
        Time of each teacher's fit and answers.
    calibration : tuple of float, or None
        Slope and intercept of the sigmoid that made relevances of raw scores; None
        where the teacher gave probabilities.
    reused : int
        Folds that were read from the store.
    """

    scores: sparse.csr_array
    classes: Array
    splits: tuple[tuple[Array, Array], ...]
    coverage: Array
    precision: tuple[float, ...]
    absent: int
    absent_classes: int
    seconds: tuple[float, ...]
    calibration: tuple[float, float] | None
    reused: int

    @property
    def n_uncovered(self) -> int:
        """Rows that no teacher labelled."""
        return int((self.coverage == 0).sum())

    def __repr__(self) -> str:
        """Shapes and counts, not the arrays."""
        n_samples, n_classes = self.scores.shape
        return (
            f"CrossFitTopK(n_samples={n_samples}, n_classes={n_classes}, "
            f"nnz={self.scores.nnz}, n_fits={len(self.seconds)}, "
            f"n_uncovered={self.n_uncovered}, absent={self.absent})"
        )


def warn_about(record: CrossFitTopK) -> None:
    """Warn once, with counts, about labels teachers never saw and rows without one."""
    if record.absent:
        warnings.warn(
            f"{record.absent} observed labels, of {record.absent_classes} classes, "
            "were in no row that the teacher of their row was fitted on, so it gave "
            "them no score. Use more folds, or leave out classes of few rows.",
            MissingClassWarning,
            stacklevel=caller_level(),
        )
    if record.n_uncovered:
        warnings.warn(
            f"{record.n_uncovered} of {len(record.coverage)} rows were labelled by no "
            "teacher, because cv never held them out; they have no scores.",
            CoverageWarning,
            stacklevel=caller_level(),
        )
