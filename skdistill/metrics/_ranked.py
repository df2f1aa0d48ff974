"""The first k labels of each row, from a ranking or from scores, in little memory."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill.metrics._relevant import (
    RelevantLabels,
    canonical_csr,
    refuse_labels_above,
)

__all__ = ["first_labels"]

AnyArray = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]

#: Scores ranked at once, 8 MiB of float64: what is held beside the input.
BLOCK = 2**20


def first_labels(ranked: Any, k: Any, relevant: RelevantLabels) -> Labels:
    """Return the `k` labels ranked first, (n_samples, k); -1 where there are fewer.

    Integers are label columns, best first; floats and sparse matrices are scores.

    Raises
    ------
    TypeError
        If `k` is no integer, or `ranked` holds neither integers nor floats.
    ValueError
        If `k` is below 1 or above what there is to rank, `ranked` has another shape
        than `relevant` asks for, a column is no label or comes twice in a row, -1 comes
        before a label, or a score is NaN.
    """
    if not isinstance(k, Integral) or isinstance(k, bool):
        raise TypeError(f"k must be an integer, got {k!r}.")
    k = int(k)
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}.")
    if not sparse.issparse(ranked):
        ranked = np.asarray(ranked)
    _check_shape(ranked, len(relevant.counts))
    if sparse.issparse(ranked) or ranked.dtype.kind == "f":
        return _from_scores(ranked, k, relevant)
    if ranked.dtype.kind not in "iu":
        raise TypeError(
            "ranked must hold integer label columns or floating scores, got dtype "
            f"{ranked.dtype}."
        )
    if relevant.n_labels is not None:
        _check_k(k, relevant.n_labels, "labels")
    _check_k(k, ranked.shape[1], "columns of ranked")
    for rows in _blocks(*ranked.shape):
        _check_columns(ranked[rows], relevant.n_labels, rows.start)
    return np.asarray(ranked[:, :k], dtype=np.int64)


def _check_shape(ranked: Any, n: int) -> None:
    if len(ranked.shape) != 2:
        raise ValueError(
            "ranked must have shape (n_samples, n_ranked) or (n_samples, n_labels), "
            f"got {ranked.shape}. One label a row is ranked.reshape(-1, 1)."
        )
    if ranked.shape[0] != n:
        raise ValueError(f"ranked must have {n} rows, as Y, got {ranked.shape[0]}.")


def _check_k(k: int, most: int, what: str) -> None:
    if k > most:
        raise ValueError(f"k must be at most {most}, the number of {what}, got {k}.")


def _check_columns(columns: AnyArray, n_labels: int | None, first_row: int) -> None:
    """Refuse what is no ranking: strangers, gaps and repetitions."""
    wrong = columns < -1
    if n_labels is not None:
        wrong |= columns >= n_labels
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        most = "" if n_labels is None else n_labels - 1
        raise ValueError(
            f"ranked must hold label columns in 0..{most}, or -1 for none, got "
            f"{columns[row, place]} in row {first_row + row}, column {place}."
        )
    gap = (columns[:, :-1] == -1) & (columns[:, 1:] != -1)
    if gap.any():
        row, place = np.argwhere(gap)[0]
        raise ValueError(
            "ranked must hold -1 only after the last label of a row, got label "
            f"{columns[row, place + 1]} after it in row {first_row + row}."
        )
    ordered = np.sort(columns, axis=1)
    twice = (ordered[:, :-1] == ordered[:, 1:]) & (ordered[:, 1:] != -1)
    if twice.any():
        row, place = np.argwhere(twice)[0]
        raise ValueError(
            f"ranked must hold a label once a row, got label {ordered[row, place]} "
            f"twice in row {first_row + row}. Integers are label columns, best first; "
            "if these are scores, pass ranked.astype(float)."
        )


def _from_scores(ranked: Any, k: int, relevant: RelevantLabels) -> Labels:
    if ranked.dtype.kind not in "iubf":
        raise TypeError(f"ranked must hold real scores, got dtype {ranked.dtype}.")
    n, n_labels = ranked.shape
    if relevant.n_labels is None:
        refuse_labels_above(relevant, n_labels)
    elif n_labels != relevant.n_labels:
        raise ValueError(
            f"ranked must have shape {(n, relevant.n_labels)} if it holds scores, got "
            f"{ranked.shape}. Label columns, best first, must be integers."
        )
    _check_k(k, n_labels, "labels")
    if sparse.issparse(ranked):
        return _from_sparse(canonical_csr(ranked), k)
    best = np.empty((n, k), dtype=np.int64)
    for rows in _blocks(n, n_labels):
        bad = np.isnan(ranked[rows])
        if bad.any():
            row, column = np.argwhere(bad)[0]
            _refuse_nan(rows.start + row, column)
        best[rows] = _largest(ranked[rows], k)
    return best


def _from_sparse(csr: Any, k: int) -> Labels:
    """Rank the stored scores of each row; what is not stored is not ranked."""
    bad = np.isnan(csr.data)
    if bad.any():
        place = int(bad.argmax())
        row = np.searchsorted(csr.indptr, place, side="right") - 1
        _refuse_nan(row, csr.indices[place])
    stored = np.diff(csr.indptr)
    longest_first = np.argsort(-stored, kind="stable")
    best = np.full((len(stored), k), -1, dtype=np.int64)
    start, n = 0, int((stored > 0).sum())
    while start < n:  # rows of like length, so that little is padding
        width = int(stored[longest_first[start]])
        rows = longest_first[start : min(n, start + max(1, BLOCK // width))]
        there = np.arange(width) < stored[rows, None]
        places = (csr.indptr[rows, None] + np.arange(width))[there]
        scores = np.full(there.shape, -np.inf)
        scores[there] = csr.data[places]
        labels = np.full(there.shape, -1, dtype=np.int64)
        labels[there] = csr.indices[places]
        # Padding stands last, so of equal scores, -inf too, the stored ones come first.
        found = np.take_along_axis(labels, _largest(scores, min(k, width)), axis=1)
        best[rows, : found.shape[1]] = found
        start += len(rows)
    return best


def _refuse_nan(row: Any, column: Any) -> None:
    raise ValueError(
        f"ranked must not hold NaN, got nan in row {row}, column {column}. A label "
        "that must not be retrieved scores -inf."
    )


def _blocks(n: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, width))
    return (slice(start, start + step) for start in range(0, n, step))


def _largest(scores: AnyArray, k: int) -> AnyArray:
    """Return the columns of the `k` largest of each row, first column first if equal.

    A partition finds the k-th largest in O(n_labels); of its equals the first are kept.
    """
    width = scores.shape[1]
    if k < width:
        least = np.partition(scores, width - k, axis=1)[:, width - k, None]
        chosen, equal = scores > least, scores == least
        room = k - chosen.sum(axis=1, keepdims=True)
        tied = np.flatnonzero(equal.sum(axis=1) > room[:, 0])
        equal[tied] &= np.cumsum(equal[tied], axis=1) <= room[tied]
        columns = np.nonzero(chosen | equal)[1].reshape(-1, k)
    else:
        columns = np.broadcast_to(np.arange(width), scores.shape)
    # Sorted by minus the score, which is stable: the columns ascend.
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), kind="stable")
    return np.take_along_axis(columns, order, axis=1)
