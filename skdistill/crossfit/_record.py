"""What the engine hands to the floors above."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import as_frame

__all__ = ["NO_TEACHER", "CrossFit"]

Array = npt.NDArray[Any]

#: Source of probabilities that nobody asked for.
NO_TEACHER = "none"


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """Teacher probabilities of every row, and how they came about.

    Attributes
    ----------
    proba : ndarray of shape (n_samples, n_classes), float64
        Teacher probabilities, columns in the order of `classes`. Each row is the mean
        over the teachers that labelled it; NaN where none did.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    source : {"cv", "oob", "teacher", "teacher_proba", "none"}
        Out of fold, out of bag, in-sample, given by the user, or uniform because no
        rule of the targets needs a teacher.
    splits : tuple of (train, test) index arrays
        One pair a fold and repeat; empty when no folds were used.
    coverage : ndarray of shape (n_samples,), int
        How many teachers labelled the row.
    scores : tuple of float
        Log-loss (nats) of each teacher on the rows it labelled, probabilities raised
        to machine epsilon as in :func:`sklearn.metrics.log_loss`.
    spread : ndarray of shape (n_samples,), float64, or None
        Root mean square over classes of the standard deviation between the teachers
        of a row; None unless rows were labelled several times.
    filled : tuple of (label, int)
        For each class that was absent from a teacher's training rows: the label and
        the number of rows whose probability of it is the smoothed prior.
    worst_sum : float
        Largest deviation of a teacher's row from summing to 1, before it was mended.
    unlabeled_proba : ndarray of shape (n_unlabeled, n_classes) or None
        Mean over all teachers of the probabilities of `X_unlabeled`.
    teachers : tuple of estimators
        The fitted teachers, if they were kept.
    teacher_weights : tuple of float
        Weights of several teachers in `proba`; ``(1.0,)`` for one.
    fit_seconds : tuple of float
        Time of each teacher's fit and predictions.
    n_read : int
        Teachers whose answers came from the store.
    calibration : str or None
        Method by which `proba` was calibrated.
    fold_proba : ndarray of shape (n_samples, n_classes) or None
        What the held-out rows' own teachers said, without out-of-bag votes and without
        the calibration that "auto" chose: plain cross-fitting.
    synthetic_proba : ndarray of shape (n_synthetic, n_classes) or None
        Probabilities of the rows that a distiller made itself.
    n_clipped, n_negative : int
        Entries of the targets raised to a floor; entries below 0. Set by the
        distillers.
    """

    proba: Array
    classes: Array
    source: str
    splits: tuple[tuple[Array, Array], ...] = ()
    coverage: Array | None = None
    scores: tuple[float, ...] = ()
    spread: Array | None = None
    filled: tuple[tuple[Any, int], ...] = ()
    worst_sum: float = 0.0
    unlabeled_proba: Array | None = None
    teachers: tuple[Any, ...] = ()
    teacher_weights: tuple[float, ...] = (1.0,)
    fit_seconds: tuple[float, ...] = ()
    n_read: int = 0
    calibration: str | None = None
    fold_proba: Array | None = None
    synthetic_proba: Array | None = None
    n_clipped: int = 0
    n_negative: int = 0

    @property
    def n_uncovered(self) -> int:
        """Rows that no teacher labelled."""
        return int(np.isnan(self.proba).any(axis=1).sum())

    def to_frame(self, index: Any = None) -> Any:
        """Return `proba` as a :class:`pandas.DataFrame`, one column a class.

        Parameters
        ----------
        index : array-like of shape (n_samples,) or None, default=None
            Labels of the rows, such as ``X.index``.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        frame = as_frame(
            dict(zip(self.classes.tolist(), row, strict=True))
            for row in self.proba.tolist()
        )
        return frame if index is None else frame.set_axis(index, axis=0)

    def __repr__(self) -> str:
        """Shapes and counts, not the arrays."""
        n_samples, n_classes = self.proba.shape
        return (
            f"CrossFit(source={self.source!r}, n_samples={n_samples}, "
            f"n_classes={n_classes}, n_fits={len(self.fit_seconds)}, "
            f"n_uncovered={self.n_uncovered}, filled={self.filled!r})"
        )
