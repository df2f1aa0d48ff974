"""A teacher's probabilities along its training, out of fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import indexable

from skdistill._rows import check_joinable
from skdistill._sklearn_compat import n_rows
from skdistill._validation import check_weights
from skdistill.crossfit._aggregate import held_out_log_loss
from skdistill.crossfit._door import check_engine, warn_about
from skdistill.crossfit._engine import Engine, run
from skdistill.crossfit._labels import check_labels
from skdistill.crossfit._record import CrossFit
from skdistill.crossfit._request import Request, Rows, draw_up
from skdistill.crossfit._schedule import check_stages
from skdistill.crossfit._stages import check_staged
from skdistill.crossfit._store import check_memory
from skdistill.crossfit._teacher import weight_params

__all__ = ["Trajectory", "check_stage_engine", "cross_fit_stages", "trajectory_of"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """What teachers said of rows they never saw, along their training.

    Attributes
    ----------
    stages : tuple of float
        Fractions of training, increasing, in (0, 1].
    records : tuple of CrossFit
        One a stage; the folds are the same.
    log_losses : tuple of float
        Out-of-fold log-loss of each stage in nats, over the rows that have a teacher.
    """

    stages: tuple[float, ...]
    records: tuple[CrossFit, ...]
    log_losses: tuple[float, ...]

    @property
    def proba(self) -> Array:
        """Probabilities, (n_stages, n_samples, n_classes), float64; a fresh copy.

        It takes ``8 * n_stages * n_samples * n_classes`` bytes, as the records do.
        """
        return np.stack([record.proba for record in self.records])

    @property
    def classes(self) -> Array:
        """Labels of the columns, sorted."""
        return self.records[0].classes

    @property
    def best(self) -> int:
        """Place of the stage with the least out-of-fold log-loss, first of equals."""
        return int(np.nanargmin(self.log_losses))

    def __repr__(self) -> str:
        """Shapes and losses, not the arrays."""
        n_samples, n_classes = self.records[0].proba.shape
        return (
            f"Trajectory(n_stages={len(self.stages)}, n_samples={n_samples}, "
            f"n_classes={n_classes}, best={self.best})"
        )


def cross_fit_stages(
    teacher: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    stages: Any = 10,
    cv: Any = 5,
    n_repeats: int = 1,
    groups: Any = None,
    sample_weight: npt.ArrayLike | None = None,
    X_unlabeled: Any = None,
    calibration: str | None = None,
    missing_class: str = "prior",
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: int = 0,
    fit_params: dict[str, Any] | None = None,
    split_params: dict[str, Any] | None = None,
) -> Trajectory:
    """Label every row by a teacher that never saw it, at stages of its training.

    Stages are those of ``staged_predict_proba`` (boosters of scikit-learn, or any
    object that has it: the checkpoints of a network), rounds of XGBoost, LightGBM and
    CatBoost, the first trees of a random forest, epochs of ``partial_fit``, and
    iterations, estimators or epochs (``max_epochs``) of ``warm_start``. The last step
    of a pipeline has them.

    Parameters
    ----------
    teacher : estimator
        Classifier with stages and ``predict_proba``. It is cloned, never changed.
    X : {array-like, sparse matrix, data frame} with n_samples rows
    y : array-like of shape (n_samples,)
        Labels of any type.
    stages : int or iterable of float, default=10
        Fractions of training, increasing, in (0, 1]; an int m is 1/m, 2/m, ..., 1. A
        teacher of M rounds or epochs is asked after ``ceil(fraction * M)`` of them.
    cv, n_repeats, groups, sample_weight, X_unlabeled, calibration, missing_class, \
            memory, n_jobs, random_state, verbose, fit_params, split_params
        As in :func:`skdistill.cross_fit_proba`, but `cv` may not be ``"oob"``. Each
        stage is calibrated by itself.

    Returns
    -------
    Trajectory
        With ``proba`` (n_stages, n_samples, n_classes), ``log_losses``, ``best`` and
        one record a stage.

    Raises
    ------
    ValueError, TypeError
        As :func:`skdistill.cross_fit_proba`; and, before any fit, if `stages` are not
        increasing fractions or the teacher lacks stages.

    Notes
    -----
    The teacher is fitted once a fold, however many stages there are. One that trains by
    ``partial_fit`` and may stop before ``max_iter`` is fitted once more, to see when it
    does; set ``n_iter_no_change=max_iter`` to have it train to the end, once.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from skdistill.crossfit import cross_fit_stages
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = GradientBoostingClassifier(n_estimators=20)
    >>> trajectory = cross_fit_stages(teacher, X, y, stages=4, random_state=0)
    >>> trajectory.proba.shape
    (4, 150, 3)
    >>> trajectory.log_losses[0] > trajectory.log_losses[-1]
    True
    """
    schedule = check_stages(stages)
    (X,) = indexable(X)
    weight = check_weights("sample_weight", sample_weight, n_rows(X))
    params = {**(fit_params or {}), **weight_params(teacher, weight, "teacher")}
    check_stage_engine(
        teacher, schedule, cv, n_repeats, calibration, missing_class, params
    )
    check_memory(memory)
    labels = check_labels(y, n_rows(X), type(teacher).__name__)
    if X_unlabeled is not None:
        (X_unlabeled,) = indexable(X_unlabeled)
        check_joinable(X, X_unlabeled)
    classes, codes = np.unique(labels, return_inverse=True)
    request = draw_up(
        teacher,
        Rows(X, codes, classes, weight),
        cv=cv,
        n_repeats=n_repeats,
        groups=groups,
        calibration=calibration,
        missing_class=missing_class,
        random_state=random_state,
        fit_params=params,
        split_params=split_params,
        stages=schedule,
    )
    engine = Engine(memory, n_jobs, verbose)
    (results,) = run([request.batch], X, labels, X_unlabeled=X_unlabeled, engine=engine)
    trajectory = trajectory_of(request, results, codes, weight)
    warn_about(trajectory.records[-1])
    return trajectory


def check_stage_engine(
    teacher: Any,
    stages: tuple[float, ...],
    cv: Any,
    n_repeats: Any,
    calibration: Any,
    missing_class: Any,
    params: dict[str, Any] | None = None,
) -> None:
    """Refuse what cannot be cross-fitted in stages, before anything is fitted."""
    if isinstance(cv, str):
        raise ValueError(
            "cv must be an int, a splitter or an iterable of splits for stages, got "
            f"{cv!r}: bags that left a row out have no stages. Use cv=5."
        )
    check_engine(teacher, cv, n_repeats, calibration, missing_class)
    check_staged(teacher, stages, params)


def trajectory_of(
    request: Request, results: Any, codes: Array, weight: Array | None
) -> Trajectory:
    """Put the answers of all teachers at all stages together."""
    records = request.records(results)
    covered = ~np.isnan(records[0].proba).any(axis=1)
    row_weight = None if weight is None else weight[covered]
    log_losses = tuple(
        held_out_log_loss(record.proba[covered], codes[covered], row_weight)
        for record in records
    )
    return Trajectory(request.batch.stages or (), records, log_losses)
