"""From the answers of all teachers to one record, calibrated if asked for."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import HAS_TEMPERATURE_CALIBRATION, has_proba
from skdistill.crossfit._aggregate import Aggregate, held_out_log_loss
from skdistill.crossfit._calibration import calibrate
from skdistill.crossfit._jobs import FoldResult, Job
from skdistill.crossfit._record import CrossFit

__all__ = ["Answer", "Splits", "calibrated", "combine"]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]
Answer = tuple[Job, FoldResult]


def combine(
    answers: list[Answer],
    codes: Array,
    classes: Array,
    weight: Array | None,
    splits: Splits,
) -> CrossFit:
    """Put the answers of all teachers together, in the order of their jobs."""
    total = Aggregate(len(codes), len(classes))
    scores = []
    for job, result in answers:
        total.add(job, result)
        row_weight = None if weight is None else weight[job.test]
        scores.append(held_out_log_loss(result.proba, codes[job.test], row_weight))
    extra = [r.unlabeled_proba for _, r in answers if r.unlabeled_proba is not None]
    return CrossFit(
        proba=total.proba,
        fold_proba=total.fold_proba,
        classes=classes,
        source="cv" if splits else "oob",
        splits=splits,
        coverage=total.coverage,
        scores=tuple(scores),
        spread=total.spread,
        filled=total.filled(classes),
        worst_sum=total.worst_sum,
        unlabeled_proba=np.mean(extra, axis=0) if extra else None,
        synthetic_proba=_made(answers, len(classes)),
        teachers=tuple(r.teacher for _, r in answers if r.teacher is not None),
        fit_seconds=tuple(result.seconds for _, result in answers),
        n_read=sum(result.read for _, result in answers),
    )


def _made(answers: list[Answer], n_classes: int) -> Array | None:
    """Put what the teachers said of their synthetic rows in the order of the rows.

    Forests that were fitted several times say it several times: the mean is taken.
    """
    said = [
        (job.synthetic, result.synthetic_proba)
        for job, result in answers
        if job.synthetic is not None and result.synthetic_proba is not None
    ]
    if not said:
        return None
    rows = np.concatenate([places for places, _ in said])
    total = np.zeros((rows.max() + 1, n_classes))
    for places, proba in said:
        total[places] += proba
    counts: Array = np.bincount(rows)[:, None]
    mean: Array = total / counts
    return mean


def calibrated(
    record: CrossFit,
    codes: Array,
    weight: Array | None,
    method: str,
    teacher: Any,
    seed: int,
) -> CrossFit:
    """Calibrate a record, or leave it if "auto" finds no gain in log-loss."""
    margins = not has_proba(teacher)
    chosen = method
    if method == "auto":
        chosen = "sigmoid" if margins else "temperature"
    if chosen == "temperature" and not HAS_TEMPERATURE_CALIBRATION:
        return record  # "auto" only: the door refuses the name itself
    covered = ~np.isnan(record.proba).any(axis=1)
    if method == "auto" and not margins and covered.sum() < 2:
        return record  # no other row to fit a map on
    others = (record.unlabeled_proba, record.synthetic_proba)
    more = [one for one in others if one is not None]
    proba, mapped = calibrate(
        record.proba,
        codes,
        method=chosen,
        margins=margins,
        sample_weight=weight,
        unlabeled_proba=np.concatenate(more) if more else None,
        random_state=seed,
    )
    if method == "auto" and not margins:
        row_weight = None if weight is None else weight[covered]
        before, after = (
            held_out_log_loss(one[covered], codes[covered], row_weight)
            for one in (record.proba, proba)
        )
        if not after < before:
            return record
    unlabeled, synthetic = _parted(mapped, *others)
    # Decision values are no probabilities before they are calibrated.
    folds = proba if margins else record.fold_proba
    return replace(
        record,
        proba=proba,
        fold_proba=folds,
        unlabeled_proba=unlabeled,
        synthetic_proba=synthetic,
        calibration=chosen,
    )


def _parted(
    mapped: Array | None, unlabeled: Array | None, synthetic: Array | None
) -> tuple[Array | None, Array | None]:
    """Tell the calibrated rows apart again: unlabelled ones first, then synthetic."""
    if mapped is None:
        return None, None
    n_unlabeled = 0 if unlabeled is None else len(unlabeled)
    return (
        None if unlabeled is None else mapped[:n_unlabeled],
        None if synthetic is None else mapped[n_unlabeled:],
    )
