"""In-sample probabilities: the teacher labels the rows it was fitted on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.frozen import FrozenEstimator

from skdistill.crossfit._aggregate import held_out_log_loss
from skdistill.crossfit._alignment import align, known_classes, raw_proba
from skdistill.crossfit._engine import Engine, run
from skdistill.crossfit._jobs import Batch, FoldResult, Job
from skdistill.crossfit._record import CrossFit

__all__ = ["in_sample_probas"]

Array = npt.NDArray[Any]


def in_sample_probas(
    teachers: Sequence[Any],
    X: Any,
    labels: Array,
    *,
    X_unlabeled: Any = None,
    fit_params: Sequence[dict[str, Any]],
    random_state: int = 0,
    engine: Engine,
) -> list[CrossFit]:
    """Fit the teachers on all rows (or take frozen ones) and ask them about these.

    Parameters
    ----------
    teachers : sequence of estimator or FrozenEstimator
    X : container with n_samples rows
    labels : ndarray of shape (n_samples,)
    X_unlabeled : container with n_unlabeled rows, or None
    fit_params : sequence of dict, one a teacher
    random_state : int
    engine : Engine

    Returns
    -------
    list of CrossFit
        With ``source="teacher"``, one a teacher.

    Raises
    ------
    ValueError
        If a frozen teacher knows classes that `labels` do not hold.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    everything = np.arange(len(labels))
    job = Job(everything, everything, random_state)
    batches = [
        Batch(teacher, [job], classes, params)
        for teacher, params in zip(teachers, fit_params, strict=True)
        if not isinstance(teacher, FrozenEstimator)
    ]
    fitted = iter(run(batches, X, labels, X_unlabeled=X_unlabeled, engine=engine))
    return [
        _record(
            _ask_frozen(teacher, X, classes, len(labels), X_unlabeled)
            if isinstance(teacher, FrozenEstimator)
            else next(fitted)[0],
            classes,
            codes,
        )
        for teacher in teachers
    ]


def _record(result: Any, classes: Array, codes: Array) -> CrossFit:
    counts = np.broadcast_to(result.filled, result.proba.shape).sum(axis=0)
    return CrossFit(
        proba=result.proba,
        classes=classes,
        source="teacher",
        coverage=np.ones(len(codes), dtype=np.intp),
        scores=(held_out_log_loss(result.proba, codes, None),),
        filled=tuple(
            (classes.tolist()[j], int(counts[j])) for j in np.flatnonzero(counts)
        ),
        worst_sum=result.worst_sum,
        unlabeled_proba=result.unlabeled_proba,
        fit_seconds=(result.seconds,),
        n_read=int(result.read),
    )


def _ask_frozen(
    teacher: Any, X: Any, classes: Array, n_samples: int, X_unlabeled: Any
) -> FoldResult:
    def ask(rows: Any) -> Any:
        proba, worst = raw_proba(teacher, rows)
        return align(proba, known_classes(teacher), classes, n_samples, worst)

    own = ask(X)
    extra = None if X_unlabeled is None else ask(X_unlabeled).proba
    return FoldResult(own.proba, extra, own.absent, own.worst_sum, None, 0.0)
