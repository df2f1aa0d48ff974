"""Several teachers: weights of their average, by out-of-fold log-loss."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit._record import CrossFit

__all__ = ["average", "merge", "stacking_weights"]

Array = npt.NDArray[Any]


def stacking_weights(
    probas: Sequence[Array], codes: Array, sample_weight: Array | None = None
) -> Array:
    """Weights on the simplex that minimise the log-loss of the average.

    The problem is convex; expectation-maximisation climbs it without a step size and
    its weights never leave the simplex.

    Parameters
    ----------
    probas : sequence of ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of each teacher; rows of NaN are left out.
    codes : ndarray of shape (n_samples,), int
    sample_weight : ndarray of shape (n_samples,) or None

    Returns
    -------
    ndarray of shape (n_teachers,), summing to 1
    """
    rows = np.arange(len(codes))
    likelihood = np.column_stack([proba[rows, codes] for proba in probas])
    covered = ~np.isnan(likelihood).any(axis=1)
    row_weight = np.ones(len(codes)) if sample_weight is None else sample_weight
    row_weight = row_weight[covered] / row_weight[covered].sum()
    likelihood = np.maximum(likelihood[covered], np.finfo(np.float64).eps)
    weights: Array = np.full(len(probas), 1 / len(probas))
    for _ in range(1000):
        share = likelihood * weights
        share /= share.sum(axis=1, keepdims=True)
        updated = row_weight @ share
        done = np.abs(updated - weights).max() < 1e-8
        weights = updated
        if done:
            break
    return weights


def average(probas: Sequence[Array], weights: Array) -> Array:
    """Weighted mean of arrays of one shape."""
    mean: Array = np.tensordot(weights, np.stack(probas), axes=1)
    return mean


def merge(
    records: Sequence[CrossFit], codes: Array, sample_weight: Array | None = None
) -> CrossFit:
    """One record from those of several teachers, cross-fitted on the same splits."""
    if len(records) == 1:
        return records[0]
    weights = stacking_weights([r.proba for r in records], codes, sample_weight)
    first = records[0]
    folds = [r.fold_proba for r in records if r.fold_proba is not None]
    made = [r.synthetic_proba for r in records if r.synthetic_proba is not None]
    extras = [r.unlabeled_proba for r in records if r.unlabeled_proba is not None]
    spreads = [r.spread for r in records if r.spread is not None]
    return replace(
        first,
        proba=average([r.proba for r in records], weights),
        fold_proba=average(folds, weights) if len(folds) == len(records) else None,
        scores=tuple(score for r in records for score in r.scores),
        spread=average(spreads, weights) if len(spreads) == len(records) else None,
        worst_sum=max(r.worst_sum for r in records),
        unlabeled_proba=average(extras, weights) if extras else None,
        synthetic_proba=average(made, weights) if made else None,
        teachers=tuple(teacher for r in records for teacher in r.teachers),
        teacher_weights=tuple(weights.tolist()),
        fit_seconds=tuple(s for r in records for s in r.fit_seconds),
        n_read=sum(r.n_read for r in records),
    )
