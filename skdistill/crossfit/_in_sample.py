"""In-sample probabilities: the teacher labels the rows it was fitted on."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.frozen import FrozenEstimator

from skdistill.crossfit._aggregate import held_out_log_loss
from skdistill.crossfit._alignment import align, known_classes, raw_proba
from skdistill.crossfit._engine import FoldResult, Job, fit_jobs
from skdistill.crossfit._record import CrossFit

__all__ = ["in_sample_proba"]

Array = npt.NDArray[Any]


def in_sample_proba(
    teacher: Any,
    X: Any,
    labels: Array,
    *,
    X_unlabeled: Any = None,
    fit_params: dict[str, Any] | None = None,
    memory: Any = None,
    random_state: int = 0,
) -> CrossFit:
    """Fit the teacher on all rows (or take a frozen one) and ask it about them.

    Parameters
    ----------
    teacher : estimator or FrozenEstimator
    X : container with n_samples rows
    labels : ndarray of shape (n_samples,)
    X_unlabeled : container with n_unlabeled rows, or None
    fit_params : dict or None
    memory : str, joblib.Memory or None
    random_state : int

    Returns
    -------
    CrossFit
        With ``source="teacher"``.

    Raises
    ------
    ValueError
        If a frozen teacher knows classes that `labels` do not hold.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    if isinstance(teacher, FrozenEstimator):
        result = _ask_frozen(teacher, X, classes, len(labels), X_unlabeled)
    else:
        everything = np.arange(len(labels))
        (result,) = fit_jobs(
            teacher,
            X,
            labels,
            [Job(everything, everything, random_state)],
            classes=classes,
            fit_params=fit_params or {},
            X_unlabeled=X_unlabeled,
            memory=memory,
        )
    counts = np.broadcast_to(result.filled, result.proba.shape).sum(axis=0)
    return CrossFit(
        proba=result.proba,
        classes=classes,
        source="teacher",
        coverage=np.ones(len(labels), dtype=np.intp),
        scores=(held_out_log_loss(result.proba, codes, None),),
        filled=tuple(
            (classes.tolist()[j], int(counts[j])) for j in np.flatnonzero(counts)
        ),
        worst_sum=result.worst_sum,
        unlabeled_proba=result.unlabeled_proba,
        fit_seconds=(result.seconds,),
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
