"""Columns by class: the one place where a teacher's output becomes probabilities.

``predict_proba`` has one column per class that *this* teacher saw, in the order of its
own ``classes_``. Matching by width or position is wrong as soon as a fold lacks a class
(scikit-learn issue 29551), and a zero for a class the teacher never saw would say
"impossible" where it means "unknown".
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from skdistill._validation import check_probabilities

__all__ = [
    "Aligned",
    "align",
    "checked_proba",
    "constant_proba",
    "known_classes",
    "match_columns",
    "raw_proba",
    "spread_absent",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Probabilities with one column per class of the problem.

    Attributes
    ----------
    proba : ndarray of shape (n_samples, n_classes), float64
    absent : ndarray of shape (1, n_classes), bool
        Columns that the teacher did not know and that hold the smoothed prior.
    worst_sum : float
        Largest deviation of a row from summing to 1, before it was mended.
    """

    proba: Array
    absent: Array
    worst_sum: float = 0.0


def raw_proba(teacher: Any, X: Any) -> tuple[Array, float]:
    """Probabilities of a fitted teacher over the classes it knows.

    A teacher without ``predict_proba`` gives ``decision_function`` values, passed
    through a logistic function (or softmax); they are no probabilities until they are
    calibrated, which the engine insists on.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_known_classes), float64
    worst_sum : float

    Raises
    ------
    ValueError
        If the output is NaN, negative, does not sum to 1, or is one array per output.
    """
    if not hasattr(teacher, "predict_proba"):
        margin = np.asarray(teacher.decision_function(X), dtype=np.float64)
        if margin.ndim == 1:
            # Both columns from expit: 1 - expit(40) would be exactly 0.
            return np.column_stack([expit(-margin), expit(margin)]), 0.0
        return softmax(margin, axis=1), 0.0
    return checked_proba(teacher, teacher.predict_proba(X))


def checked_proba(teacher: Any, found: Any) -> tuple[Array, float]:
    """Check what ``predict_proba`` of `teacher` found; return as :func:`raw_proba`."""
    name = f"predict_proba of {type(teacher).__name__}"
    if isinstance(found, list):
        raise ValueError(
            f"{name} must return one array, got a list of {len(found)}. Multi-output "
            "teachers are not supported: distil each output alone."
        )
    found = np.asarray(found)
    worst = float(np.abs(found.sum(axis=1, dtype=np.float64) - 1).max(initial=0.0))
    return check_probabilities(name, found), worst


def known_classes(teacher: Any) -> Array:
    """Labels of the columns of a fitted teacher.

    Raises
    ------
    ValueError
        If it does not say.
    """
    if not hasattr(teacher, "classes_"):
        raise ValueError(
            f"teacher must have classes_ once fitted, got {type(teacher).__name__} "
            "without: which column is which class would be a guess."
        )
    labels: Array = np.asarray(teacher.classes_)
    return labels


def align(
    proba: Array, known: Array, classes: Array, n_train: int, worst_sum: float = 0.0
) -> Aligned:
    """Give `proba` one column per entry of `classes`, matched by label.

    A class the teacher did not know gets the probability that Laplace's rule gives an
    event never seen in `n_train` rows, ``1 / (n_train + K)``, and the other columns
    shrink to make room.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_known)
    known : array-like of shape (n_known,)
        Labels of the columns, ``teacher.classes_``.
    classes : ndarray of shape (n_classes,)
        Labels of the problem, sorted.
    n_train : int
        Number of rows the teacher was fitted on.

    Returns
    -------
    Aligned

    Raises
    ------
    ValueError
        If the teacher knows a label the problem does not have, or the width is wrong.
    """
    if proba.ndim != 2 or proba.shape[1] != len(known):
        raise ValueError(
            f"teacher must return one column per class, got shape {proba.shape} for "
            f"{len(known)} classes."
        )
    columns = match_columns(known, classes)
    absent = np.ones((1, len(classes)), dtype=bool)
    absent[0, columns] = False
    prior = 1.0 / (n_train + len(classes))
    aligned = np.full((len(proba), len(classes)), prior)
    aligned[:, columns] = proba * (1.0 - prior * absent.sum())
    return Aligned(aligned, absent, worst_sum)


def match_columns(known: Array, classes: Array) -> Array:
    """Places in `classes` of the labels a teacher knows.

    Raises
    ------
    ValueError
        If it knows a label that `classes` does not hold.
    """
    labels = np.asarray(known).tolist()
    column_of = {label: j for j, label in enumerate(classes.tolist())}
    unknown = [label for label in labels if label not in column_of]
    if unknown:
        raise ValueError(
            f"teacher must know only classes of y, got {unknown[0]!r}, which y does "
            "not hold. Were teacher and student given the same encoding of the labels?"
        )
    return np.array([column_of[label] for label in labels], dtype=np.intp)


def spread_absent(aligned: Aligned, unseen: Array) -> Array:
    """Which entries are a prior: columns absent from all rows, and entries of some.

    Parameters
    ----------
    aligned : Aligned
    unseen : ndarray of bool, one column per class the teacher knew

    Returns
    -------
    ndarray of bool, of the shape of ``aligned.proba``
    """
    absent = np.broadcast_to(aligned.absent, aligned.proba.shape).copy()
    absent[:, ~aligned.absent[0]] = unseen
    return absent


def constant_proba(label: Any, n_rows: int, classes: Array, n_train: int) -> Aligned:
    """Return what is known from training rows that hold a single class.

    No teacher is fitted on them: many refuse one class, others answer with certainty.
    """
    return align(np.ones((n_rows, 1)), np.array([label]), classes, n_train)
