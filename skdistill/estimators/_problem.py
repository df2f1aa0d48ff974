"""The door: what can be refused before a teacher is fitted is refused here."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import indexable

from skdistill._rows import check_joinable
from skdistill._sklearn_compat import n_rows
from skdistill._validation import check_probabilities, check_weights
from skdistill.crossfit import Synthetic, can_swap, check_labels, make_synthetic

__all__ = ["Problem", "Routed", "check_problem"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Routed:
    """Who gets which of the arguments of ``fit``.

    Attributes
    ----------
    teachers : tuple of dict
        Arguments of each teacher's ``fit``, row weights among them.
    student : dict
        Arguments of the student's ``fit``, without row weights.
    student_weight : ndarray of shape (n_samples,) or None
        Row weights of the student's objective.
    split : dict
        Arguments of the splitter's ``split``.
    others : tuple of pairs
        `student` and `student_weight` of the second and further students of a list.
    """

    teachers: tuple[dict[str, Any], ...]
    student: dict[str, Any]
    student_weight: Array | None
    split: dict[str, Any]
    others: tuple[tuple[dict[str, Any], Array | None], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Checked training data of a distiller.

    Attributes
    ----------
    X : container with n_samples rows, as the user gave it
    labels : ndarray of shape (n_samples,)
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n_samples,), int
        Labels encoded 0..K-1.
    sample_weight : ndarray of shape (n_samples,) or None
    teacher_proba : ndarray of shape (n_samples, n_classes) or None
    X_unlabeled : container with n_unlabeled rows, or None
    routed : Routed
    seeds : tuple of int
        Seeds of the teacher's folds, of the selection, and of the student.
    synthetic : Synthetic or None
        Rows made from those of X, for the teachers to label.
    """

    X: Any
    labels: Array
    classes: Array
    codes: Array
    sample_weight: Array | None
    teacher_proba: Array | None
    X_unlabeled: Any
    routed: Routed
    seeds: tuple[int, ...]
    synthetic: Synthetic | None = None

    @property
    def X_synthetic(self) -> Any:
        """Synthetic rows, or None."""
        return None if self.synthetic is None else self.synthetic.X

    @property
    def can_synthesize(self) -> bool:
        """Whether rows can be made from these, and all arguments fit them.

        Arguments routed to the student have no values for synthetic rows, and nobody
        labels these when the user brings the probabilities.
        """
        routed = (self.routed.student, *(other for other, _ in self.routed.others))
        return self.teacher_proba is None and not any(routed) and can_swap(self.X)

    def synthesized(self, count: int) -> "Problem":
        """Make so many synthetic rows, each from another one of the present."""
        made = make_synthetic(self.X, self.seeds[1], count)
        return replace(self, synthetic=made)

    def for_student(self, i: int) -> "Problem":
        """Return the problem with the arguments of the student at place `i`.

        A refit may bring more students than the fit had: they get those of the first.
        """
        if i == 0 or i > len(self.routed.others):
            return self
        params, weight = self.routed.others[i - 1]
        routed = replace(self.routed, student=params, student_weight=weight)
        return replace(self, routed=routed)


def check_problem(
    X: Any,
    y: Any,
    *,
    sample_weight: Any,
    teacher_proba: Any,
    X_unlabeled: Any,
    routed: Routed,
    seeds: tuple[int, ...],
    owner: str,
) -> Problem:
    """Check the data that come with ``fit``; of X only the length is looked at.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the requirement, the value and the remedy.
    """
    (X,) = indexable(X)
    n_samples = n_rows(X)
    labels = check_labels(y, n_samples, owner)
    classes, codes = np.unique(labels, return_inverse=True)
    weight = check_weights("sample_weight", sample_weight, n_samples)
    if weight is not None and len(np.unique(codes[weight > 0])) < 2:
        raise ValueError(
            "y must hold at least 2 classes with positive sample_weight, got 1 class."
        )
    if teacher_proba is not None:
        teacher_proba = check_probabilities(
            "teacher_proba",
            _by_label(teacher_proba, classes),
            shape=(n_samples, len(classes)),
        )
        if X_unlabeled is not None:
            raise ValueError(
                "X_unlabeled must be None when teacher_proba is given, got "
                f"{n_rows(X_unlabeled)} rows: no teacher is fitted that could label "
                "them."
            )
    if X_unlabeled is not None:
        for params in (routed.student, *(other for other, _ in routed.others)):
            if params:
                raise ValueError(
                    "X_unlabeled must be None when arguments are routed to the "
                    f"student, got {sorted(params)}, which have no values for these "
                    "rows."
                )
        (X_unlabeled,) = indexable(X_unlabeled)
        check_joinable(X, X_unlabeled)
    return Problem(
        X=X,
        labels=labels,
        classes=classes,
        codes=codes,
        sample_weight=weight,
        teacher_proba=teacher_proba,
        X_unlabeled=X_unlabeled,
        routed=routed,
        seeds=seeds,
    )


def _by_label(teacher_proba: Any, classes: Array) -> Any:
    """Columns of a frame in the order of the classes, if they are named by class."""
    if not hasattr(teacher_proba, "columns"):
        return teacher_proba
    names, labels = list(teacher_proba.columns), classes.tolist()
    if sorted(map(str, names)) == sorted(map(str, labels)):
        place = {str(name): j for j, name in enumerate(names)}
        order = [place[str(label)] for label in labels]
        return np.asarray(teacher_proba)[:, order]
    if names == list(range(len(names))):
        return teacher_proba  # unnamed: by position, as an array
    raise ValueError(
        f"teacher_proba must have the classes of y as columns, {labels!r:.80}, got "
        f"{names!r:.80}. Rename them, or pass an array in np.unique(y) order."
    )
