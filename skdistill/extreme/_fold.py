"""One fold: fit a teacher and keep its k best labels of each held-out row."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill._sklearn_compat import take_rows
from skdistill.crossfit import Job
from skdistill.extreme._ask import Question, ask

__all__ = ["Fold", "ask_fold", "seen_labels"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What one teacher said of the rows it never saw.

    Attributes
    ----------
    scores : csr_array of shape (n_held_out, n_classes), float32
        At most k a row.
    seconds : float
    read : bool
        Whether it comes from the store.
    """

    scores: sparse.csr_array
    seconds: float
    read: bool = False


def ask_fold(
    teacher: Any,
    X: Any,
    Y: Any,
    job: Job,
    params: dict[str, Any],
    *,
    classes: Array,
    method: str,
    k: int,
    multilabel: bool,
) -> Fold:
    """Fit `teacher` on the rows of a job; ask it about the others.

    Raises
    ------
    ValueError, TypeError
        Those of the teacher, with a remedy where they may be due to a sparse `Y`.
    """
    started = time.perf_counter()
    labels = take_rows(Y, job.train)
    _fit(teacher, take_rows(X, job.train), labels, params)
    seen = seen_labels(labels, classes, multilabel)
    question = Question(method, k, classes, multilabel, seen)
    held_out: Any = job.test
    scores = ask(teacher, X, held_out, question)
    return Fold(scores, time.perf_counter() - started)


def seen_labels(labels: Any, classes: Array, multilabel: bool) -> Array:
    """Which classes are among the labels of some rows: bool, (n_classes,)."""
    if not multilabel:
        return np.isin(classes, labels)
    if sparse.issparse(labels):
        counts: Array = np.bincount(labels.tocsr().indices, minlength=len(classes))
    else:
        counts = np.count_nonzero(np.asarray(labels), axis=0)
    return counts > 0


def _fit(teacher: Any, X: Any, labels: Any, params: dict[str, Any]) -> None:
    if not sparse.issparse(labels):
        teacher.fit(X, labels, **params)
        return
    try:
        teacher.fit(X, labels, **params)
    except (TypeError, ValueError, NotImplementedError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"teacher must be fitted on a sparse Y, got an error of the fit of "
            f"{type(teacher).__name__} ({error!s:.200}). It may need a dense one: "
            "pass Y.toarray() if that fits into memory."
        ) from error
