"""The folds' answers as one matrix, on one scale, and how good they were."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill.extreme._csr import assemble, rows_of
from skdistill.extreme._fold import Fold, seen_labels
from skdistill.extreme._labels import Labels
from skdistill.extreme._record import CrossFitTopK
from skdistill.extreme._relevance import fit_sigmoid, relevances
from skdistill.extreme._top_k import largest, stack

__all__ = ["combine", "unknown_entries"]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]


def combine(
    folds: list[Fold],
    splits: Splits,
    labels: Labels,
    weight: Array | None,
    k: int,
    *,
    raw: bool,
) -> CrossFitTopK:
    """Put the answers of all folds together.

    Parameters
    ----------
    folds : list of Fold, in the order of `splits`
    splits : tuple of (train, test)
    labels : Labels
    weight : ndarray of shape (n_samples,) or None
    k : int
    raw : bool
        Whether the scores are of any scale, or relevances in [0, 1].

    Returns
    -------
    CrossFitTopK
    """
    n_samples, n_classes = labels.indicator.shape
    held_out = np.concatenate([test for _, test in splits])
    scores = stack([fold.scores for fold in folds], n_classes)
    calibration = None
    if raw:
        scores, calibration = _on_one_scale(scores, held_out, labels, weight)
    coverage = np.bincount(held_out, minlength=n_samples)
    places, absent_classes = _absent(splits, labels)
    return CrossFitTopK(
        scores=_mean(scores, held_out, coverage, k),
        classes=labels.classes,
        splits=splits,
        coverage=coverage,
        precision=tuple(
            _precision_at_1(fold.scores, test, labels, weight)
            for fold, (_, test) in zip(folds, splits, strict=True)
        ),
        absent=places,
        absent_classes=absent_classes,
        seconds=tuple(fold.seconds for fold in folds),
        calibration=calibration,
        reused=sum(fold.read for fold in folds),
    )


def observed_entries(scores: sparse.csr_array, rows: Array, labels: Labels) -> Array:
    """Which stored entries are of labels observed in these rows: bool, (nnz,).

    Both matrices are canonical, so that row and column as one number ascend.
    """
    indicator = labels.indicator[rows]
    width = np.int64(scores.shape[1])
    mine = rows_of(scores) * width + scores.indices
    theirs = rows_of(indicator) * width + indicator.indices
    if not len(theirs):
        return np.zeros(len(mine), dtype=bool)
    place = np.minimum(np.searchsorted(theirs, mine), len(theirs) - 1)
    return np.asarray(theirs[place] == mine)


def _on_one_scale(
    scores: sparse.csr_array, rows: Array, labels: Labels, weight: Array | None
) -> tuple[sparse.csr_array, tuple[float, float] | None]:
    if not scores.nnz:
        return scores, None
    observed = observed_entries(scores, rows, labels)
    own = None if weight is None else weight[rows][rows_of(scores)]
    calibration = fit_sigmoid(scores.data, observed, own)
    values = relevances(scores.data, *calibration)
    scaled = assemble(values, scores.indices, scores.indptr, scores.shape)
    if not labels.multilabel:
        sums = np.asarray(scaled.sum(axis=1, dtype=np.float64)).ravel()
        scaled.data /= np.maximum(sums, 1)[rows_of(scaled)].astype(np.float32)
    scaled.eliminate_zeros()
    return scaled, calibration


def _mean(
    scores: sparse.csr_array, rows: Array, coverage: Array, k: int
) -> sparse.csr_array:
    """Mean over the teachers of each row; with one a row, its scores in their place."""
    share = (1 / coverage[rows]).astype(np.float32)
    order = np.argsort(rows, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(coverage)])
    average = assemble(share[order], order, indptr, (len(coverage), len(rows)))
    mean = sparse.csr_array(average @ scores)
    mean.sort_indices()
    # With one teacher a row there are k at most, and nothing to sort by.
    return largest(mean, k) if coverage.max() > 1 else mean


def _precision_at_1(
    scores: sparse.csr_array, rows: Array, labels: Labels, weight: Array | None
) -> float:
    place = rows_of(scores)
    order = np.lexsort((scores.indices, -scores.data, place))
    filled = np.flatnonzero(np.diff(scores.indptr))
    hit = np.zeros(len(rows))
    observed = observed_entries(scores, rows, labels)
    hit[filled] = observed[order[scores.indptr[filled]]]
    return float(np.average(hit, weights=None if weight is None else weight[rows]))


def _absent(splits: Splits, labels: Labels) -> tuple[int, int]:
    """Count observed labels the row's teacher never saw, and how many classes."""
    total, missed = 0, np.zeros(len(labels.classes), dtype=bool)
    places = np.arange(len(labels.classes))
    for train, test in splits:
        seen = seen_labels(labels.indicator[train], places, multilabel=True)
        columns = labels.indicator[test].indices
        unknown = columns[~seen[columns]]
        total += len(unknown)
        missed[unknown] = True
    return total, int(missed.sum())


def unknown_entries(record: CrossFitTopK, labels: Labels) -> Array:
    """Which observed labels no teacher of their row was trained on.

    Returns
    -------
    ndarray of shape (labels.indicator.nnz,), bool
        False where no teacher labelled the row.
    """
    indicator = labels.indicator
    known = np.zeros(indicator.nnz, dtype=bool)
    places = np.arange(len(labels.classes))
    for train, test in record.splits:
        seen = seen_labels(indicator[train], places, multilabel=True)
        asked = np.zeros(indicator.shape[0], dtype=bool)
        asked[test] = True
        known |= asked[rows_of(indicator)] & seen[indicator.indices]
    covered = record.coverage > 0
    return np.asarray(~known & covered[rows_of(indicator)])
