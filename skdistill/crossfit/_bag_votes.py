"""Out-of-bag votes of a bagging teacher on the rows it was fitted on."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_oob", "fit_with_votes", "has_bag_votes", "read_votes"]

Array = npt.NDArray[Any]

#: A class with so many rows is unseen by a tree with probability e^-30.
_COMMON = 30


def check_oob(teacher: Any) -> None:
    """Refuse a teacher that keeps no out-of-bag votes.

    Raises
    ------
    ValueError
        If `teacher` has no ``oob_score`` and bootstrap sampling.
    """
    params = teacher.get_params(deep=False)
    if "oob_score" not in params or "bootstrap" not in params:
        raise ValueError(
            "teacher must be a bagging ensemble with oob_score for cv='oob', got "
            f"{type(teacher).__name__}. Use cv=5, or wrap it in BaggingClassifier."
        )
    if not params["bootstrap"]:
        raise ValueError(
            "teacher must have bootstrap=True for cv='oob', got bootstrap=False: "
            "every tree saw every row. Set bootstrap=True, or use cv=5."
        )


def has_bag_votes(teacher: Any) -> bool:
    """Whether `teacher` can keep out-of-bag votes besides what it is fitted for."""
    try:
        check_oob(teacher)
    except ValueError:
        return False
    return not teacher.get_params(deep=False).get("warm_start", False)


def fit_with_votes(teacher: Any, X: Any, y: Array, params: dict[str, Any]) -> Any:
    """Fit a bagging teacher that keeps its votes; a scorer the user chose is kept."""
    if not teacher.get_params(deep=False)["oob_score"]:
        teacher.set_params(oob_score=True)
    with _unvoted_rows_allowed():
        return teacher.fit(X, y, **params)


def read_votes(teacher: Any, labels: Array) -> tuple[Array, Array, Array]:
    """Out-of-bag votes of a fitted teacher on its own training rows.

    Parameters
    ----------
    teacher : fitted bagging ensemble
    labels : ndarray of shape (n_train,)
        What it was fitted to.

    Returns
    -------
    covered : ndarray of int
        Rows that some tree left out.
    proba : ndarray of shape (len(covered), n_known_classes)
        Columns as ``teacher.classes_``.
    unseen : ndarray of bool, of the shape of `proba`
        Classes that no tree voting on the row had seen.
    """
    votes = np.asarray(teacher.oob_decision_function_, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        covered = np.flatnonzero(votes.sum(axis=1) > 0.5)
    codes = np.searchsorted(teacher.classes_, labels)
    proba, unseen = _fill_unseen(teacher, votes, codes)
    return covered, proba[covered], unseen[covered]


@contextmanager
def _unvoted_rows_allowed() -> Iterator[None]:
    """Silence what a forest says of rows without votes: the engine counts them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
        warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
        yield


def _fill_unseen(teacher: Any, votes: Array, codes: Array) -> tuple[Array, Array]:
    """Replace the zeros of classes that none of a row's trees had seen.

    Only very rare classes can be unseen by all trees that vote on a row (a class with
    one row always is, for that row), so only they are looked up.
    """
    n_samples, n_classes = votes.shape
    counts = np.bincount(codes, minlength=n_classes)
    unseen = np.zeros((n_samples, n_classes), dtype=bool)
    for column in np.flatnonzero(counts < _COMMON):
        unseen[:, column] = _unseen_rows(teacher, codes == column)
    if not unseen.any():
        return votes, unseen
    prior = 1.0 / (n_samples + n_classes)
    room = 1.0 - prior * unseen.sum(axis=1, keepdims=True)
    filled = np.where(unseen, prior, votes * room)
    return filled, unseen


def _unseen_rows(teacher: Any, members: Array) -> Array:
    """Rows for which no tree that left them out was trained on a row of `members`."""
    known = np.zeros(len(members), dtype=bool)
    for sample in teacher.estimators_samples_:
        if members[sample].any():
            left_out = np.ones(len(members), dtype=bool)
            left_out[sample] = False
            known |= left_out
    return ~known
