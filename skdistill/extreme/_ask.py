"""What a teacher of many classes may answer, as the k largest scores of each row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill._sklearn_compat import has_proba, n_rows, take_rows
from skdistill.crossfit import check_teacher, known_classes, match_columns
from skdistill.extreme._csr import assemble, canonical
from skdistill.extreme._top_k import check_relevances, largest, row_blocks, stack

__all__ = ["Question", "ask", "scores_by"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of a fitted teacher.

    Attributes
    ----------
    method : {"predict_topk", "predict_proba", "decision_function"}
    k : int
        Scores kept of each row.
    classes : ndarray of shape (n_classes,)
        Labels of the problem, sorted; the numbers of the columns where rows may have
        several.
    multilabel : bool
    seen : ndarray of bool, shape (n_classes,)
        Labels that were among its training rows. Whatever it says of others is no
        knowledge: the constant margin of 0 that one-versus-rest gives them would be
        the largest of most rows.
    """

    method: str
    k: int
    classes: Array
    multilabel: bool
    seen: Array


def scores_by(teacher: Any) -> str:
    """Name the method by which an unfitted teacher is going to be asked.

    Not the fitted one: one-versus-rest then asks its first part, which has other
    methods where the first label was constant.

    Raises
    ------
    TypeError, ValueError
        If it is no classifier, or has no scores: as
        :func:`skdistill.crossfit.check_teacher`, where ``predict_topk`` or
        ``decision_function`` will do too.
    """
    if (
        not isinstance(teacher, type)
        and hasattr(teacher, "predict_topk")
        and hasattr(teacher, "fit")
    ):
        return "predict_topk"
    check_teacher(teacher, margins=True)
    return "predict_proba" if has_proba(teacher) else "decision_function"


def ask(teacher: Any, X: Any, rows: Array, question: Question) -> sparse.csr_array:
    """Ask a fitted teacher about rows, so many at a time that few scores are dense.

    Parameters
    ----------
    teacher : fitted estimator
    X : container of rows
    rows : ndarray of int
        Which rows it is asked about.
    question : Question

    Returns
    -------
    csr_array of shape (n_rows, n_classes), float32
        At most k a row: relevances in [0, 1] of ``predict_proba``, else of any scale,
        where 0 is a score as any other.

    Raises
    ------
    ValueError
        If what it answers has another width than its classes, or is NaN, infinite or
        no probability.
    """
    answer = _ANSWERS[question.method]
    known = _known(teacher, question)
    tops = question.method == "predict_topk"
    width = question.k if tops else len(question.classes)
    blocks = [
        answer(teacher, take_rows(X, rows[part]), question, known)
        for part in row_blocks(len(rows), width)
    ]
    return stack(blocks, len(question.classes))


def _known(teacher: Any, question: Question) -> Array:
    """Places in the problem's classes of the teacher's columns."""
    if question.multilabel:
        return np.arange(len(question.classes))
    return match_columns(known_classes(teacher), question.classes)


def _ask_proba(
    teacher: Any, X: Any, question: Question, known: Array
) -> sparse.csr_array:
    name = f"predict_proba of {type(teacher).__name__}"
    found = teacher.predict_proba(X)
    if isinstance(found, list):
        found = _of_outputs(name, teacher, found, question)
    scores = _checked_width(name, found, n_rows(X), len(known))
    check_relevances(name, scores, multilabel=question.multilabel)
    return _kept(scores, question, known, raw=False)


def _ask_margins(
    teacher: Any, X: Any, question: Question, known: Array
) -> sparse.csr_array:
    name = f"decision_function of {type(teacher).__name__}"
    found = teacher.decision_function(X)
    if not sparse.issparse(found):
        found = np.asarray(found)
        if found.ndim == 1 and len(known) == 2:
            found = np.column_stack([-found, found])
    scores = _checked_width(name, found, n_rows(X), len(known))
    _check_margins(name, scores)
    return _kept(scores, question, known, raw=True)


def _ask_top_k(
    teacher: Any, X: Any, question: Question, known: Array
) -> sparse.csr_array:
    name = f"predict_topk of {type(teacher).__name__}"
    k = min(question.k, len(known))
    labels, scores = (np.asarray(part) for part in teacher.predict_topk(X, k))
    if labels.shape != (n_rows(X), k) or scores.shape != labels.shape:
        raise ValueError(
            f"{name} must return labels and scores of shape {(n_rows(X), k)}, got "
            f"{labels.shape} and {scores.shape}."
        )
    _check_margins(name, scores)
    said = scores > -np.inf
    columns = np.searchsorted(question.classes, labels[said])
    columns = np.minimum(columns, len(question.classes) - 1)
    strange = question.classes[columns] != labels[said]
    if strange.any():
        raise ValueError(
            f"{name} must return labels of y, got {labels[said][strange][0]!r}."
        )
    indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(said, axis=1))])
    shape = (len(labels), len(question.classes))
    rows = sparse.csr_array((scores[said], columns, indptr), shape=shape)
    rows.sort_indices()
    if len(columns) and not rows.has_canonical_format:
        raise ValueError(f"{name} must return each label of a row once.")
    return _kept(rows, question, np.arange(shape[1]), raw=True)


def _of_outputs(name: str, teacher: Any, found: list[Any], question: Question) -> Array:
    """One column an output: the probability of label 1, by each output's classes."""
    width = len(question.classes)
    classes = list(getattr(teacher, "classes_", ()))
    if not question.multilabel or not len(found) == len(classes) == width:
        raise ValueError(
            f"{name} must return one array with a column a class, or a list of one "
            f"array a label with as many classes_, got a list of {len(found)} for "
            f"{width} labels and {len(classes)} classes_."
        )
    columns = []
    for proba, labels in zip(found, classes, strict=True):
        _check_binary(name, labels)
        place = np.flatnonzero(np.asarray(labels) == 1)
        # An output that was 0, or 1, in all training rows has one column only.
        one = np.asarray(proba)[:, place[0]] if place.size else np.zeros(len(proba))
        columns.append(one)
    return np.column_stack(columns)


def _check_binary(name: str, labels: Any) -> None:
    """Refuse what a teacher made of a sparse indicator that it took for objects."""
    for one in np.asarray(labels).tolist():
        if isinstance(one, int | float) and one in (0, 1):
            continue
        raise ValueError(
            f"{name} must be of the labels 0 and 1, got classes_ with {one!r:.40}. The "
            "teacher may need a dense Y: pass Y.toarray() if that fits into memory."
        )


def _checked_width(name: str, found: Any, n: int, width: int) -> Any:
    scores = canonical(found) if sparse.issparse(found) else np.asarray(found)
    if scores.shape != (n, width):
        raise ValueError(
            f"{name} must have one column a class, shape {(n, width)}, got "
            f"{scores.shape}."
        )
    return scores


def _check_margins(name: str, scores: Any) -> None:
    """Refuse NaN and what float32 cannot hold; -inf is "not among the answers"."""
    values = scores.data if sparse.issparse(scores) else scores
    bad = ~((np.abs(values) <= np.finfo(np.float32).max) | (values == -np.inf))
    if bad.any():
        raise ValueError(
            f"{name} must be finite float32 numbers, got {values[bad].flat[0]!s}."
        )


def _kept(
    scores: Any, question: Question, known: Array, *, raw: bool
) -> sparse.csr_array:
    """Keep the largest of the labels seen in training, in the problem's columns."""
    seen = question.seen[known]
    if not seen.all():
        if sparse.issparse(scores):
            nothing = ~seen[scores.indices]
            scores.data = np.where(nothing, -np.inf, scores.data)
        else:
            scores = np.where(seen, scores, -np.inf)
    rows = largest(scores, question.k, keep_zeros=raw)
    shape = (rows.shape[0], len(question.classes))
    # The teacher's classes may be in an order of their own.
    moved = sparse.csr_array((rows.data, known[rows.indices], rows.indptr), shape=shape)
    moved.sort_indices()
    if not raw:
        np.minimum(moved.data, 1, out=moved.data)  # rounding, as checked
    return assemble(moved.data, moved.indices, moved.indptr, shape)


_ANSWERS = {
    "predict_topk": _ask_top_k,
    "predict_proba": _ask_proba,
    "decision_function": _ask_margins,
}
