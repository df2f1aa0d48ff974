"""Cross-fitted, loss-corrected distillation of Dask arrays and dataframes."""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import check_random_state

from skdistill.crossfit import seeded
from skdistill.distributed import _students, _targets, _teachers
from skdistill.distributed._dask import keep_each, stack
from skdistill.distributed._groups import Groups, deal, orders
from skdistill.distributed._learners import rehearse
from skdistill.distributed._parameters import Settings, check_settings
from skdistill.distributed._partitions import Partitions, partition
from skdistill.distributed._prediction import Predictions
from skdistill.exceptions import MissingClassWarning

__all__ = ["CrossFitDistiller"]


class CrossFitDistiller(
    Predictions, MetaEstimatorMixin, ClassifierMixin, BaseEstimator
):
    """Student of teachers that never saw the partitions they label.

    For rows that no machine can hold. The partitions of X and y are dealt to `cv`
    groups; the teacher of a group is fitted on the partitions of all others and labels
    those of its own; the student is fitted on the targets

    ``T = alpha (P + gamma (Y - P)) + (1 - alpha) Y``.

    Neither rows nor probabilities are ever gathered in one place: what reaches the
    client are models, class counts and sums.

    Parameters
    ----------
    teacher : estimator, default=None
        Classifier with ``predict_proba``; cloned, never changed. One with
        ``partial_fit`` is fed partition by partition; an
        ``xgboost.dask.DaskXGBClassifier`` is fitted by the cluster; any other is
        fitted by one worker on at most `teacher_rows` rows, drawn from all partitions.
        None is ``RandomForestClassifier()``.
    student : estimator, default=None
        A classifier with ``partial_fit`` that takes ``sample_weight``, fed partition by
        partition with each row once per class; or an ``XGBClassifier`` (or
        ``DaskXGBClassifier``), fitted by ``xgboost.dask`` on the soft objective. None
        is ``SGDClassifier(loss="log_loss")``.
    cv : int, default=5
        Groups of partitions, at least 2.
    alpha : float, default=1.0
        Weight of the teacher's part against the labels, in [0, 1].
    correction : str, LossCorrection or None, default="fast"
        Loss correction: the name of a rule of :class:`skdistill.targets.LossCorrection`
        or one with its parameters. Nothing is chosen by validation here.
    target : rule or list of rules, default=None
        Rules of :mod:`skdistill.targets` that keep rows on the simplex.
    n_epochs : int, default=1
        Passes of a ``partial_fit`` student over the partitions.
    teacher_epochs : int, default=1
        Passes of a ``partial_fit`` teacher.
    teacher_rows : int, default=100_000
        Most rows of a teacher that is fitted by one worker.
    keep_proba : bool, default=False
        Whether the probabilities stay in the memory of the workers (8 bytes a row and
        class), instead of being computed again in each pass.
    random_state : int, RandomState instance or None, default=None
        Seeds the groups, the order of the partitions, the rows drawn, and every
        ``random_state`` of teacher and student that is None.

    Attributes
    ----------
    student_ : estimator
        A plain, fitted learner: it predicts and pickles without Dask. An
        ``XGBClassifier`` says the classes 0..K-1.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    teacher_proba_ : Dask array of shape (n_samples, n_classes), float64
        Out-of-group probabilities: lazy, or on the workers with `keep_proba`. It is
        left behind when the distiller is pickled.
    scores_ : ndarray of shape (cv,)
        Log-loss (nats) of each teacher on the rows it labelled.
    groups_ : ndarray of shape (n_partitions,), int
        Group of each partition, -1 for one without rows.
    teachers_ : list of estimators
        The fitted teachers; None for one whose rows held a single class.
    filled_ : tuple of (label, int)
        For each class absent from a teacher's rows: the label, and the number of rows
        whose probability of it is the smoothed prior.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a dataframe.

    See Also
    --------
    skdistill.CrossFitDistiller : For rows in memory. It chooses `alpha` and
        `correction`.

    Notes
    -----
    A fit reads y once and X ``1 + teacher_epochs + n_epochs`` times (once a pass, for
    all teachers together), a window of partitions at a time: as many as the cluster has
    threads. Learners with ``partial_fit`` and drawn rows give the same result on any
    number of workers. XGBoost adds up histograms in an order that depends on which
    worker holds what: its results agree up to rounding, and differ with the number of
    workers. It also holds all rows in the memory of the cluster while it is at work.

    References
    ----------
    .. [1] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on cross-fitting.
       :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> import dask
    >>> import dask.array as da
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.distributed import CrossFitDistiller
    >>> X, y, _ = make_known_bayes(1000, random_state=0)
    >>> X, y = da.from_array(X, chunks=(100, -1)), da.from_array(y, chunks=100)
    >>> with dask.config.set(scheduler="synchronous"):
    ...     distiller = CrossFitDistiller(GaussianNB(), random_state=0).fit(X, y)
    ...     distiller.predict_proba(X).compute().shape
    (1000, 2)
    >>> distiller.teacher_proba_
    dask.array<concatenate, shape=(1000, 2), dtype=float64, chunksize=(100, 2), ...>
    """

    def __init__(
        self,
        teacher: Any = None,
        student: Any = None,
        *,
        cv: int = 5,
        alpha: float = 1.0,
        correction: Any = "fast",
        target: Any = None,
        n_epochs: int = 1,
        teacher_epochs: int = 1,
        teacher_rows: int = 100_000,
        keep_proba: bool = False,
        random_state: Any = None,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.cv = cv
        self.alpha = alpha
        self.correction = correction
        self.target = target
        self.n_epochs = n_epochs
        self.teacher_epochs = teacher_epochs
        self.teacher_rows = teacher_rows
        self.keep_proba = keep_proba
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the teachers, label the partitions, fit the student.

        Parameters
        ----------
        X : Dask array of shape (n_samples, n_features), or Dask dataframe
            All columns of a row in one chunk; chunk sizes may be unknown.
        y : Dask array of shape (n_samples,), or Dask series
            Labels of any type, cut at the rows of X.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            If a parameter or the data are refused; before any teacher is fitted. A
            label missing in a partition shows when the partition is read.
        MissingDependencyError
            If Dask is not installed.
        """
        settings = check_settings(self)
        data = partition(X, y)
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=4)
        groups = deal(data.lengths, settings.cv, np.random.RandomState(seeds[0]))
        student = seeded(settings.student, int(seeds[1]))
        _rehearse(settings, data)
        working = data.held() if settings.uses_xgboost else data
        schedule = _teachers.Schedule(
            settings.teacher_epochs, settings.teacher_rows, int(seeds[2])
        )
        opinions = _teachers.fit(settings.teacher, working, groups, schedule)
        self._warn_about(opinions, data, groups)
        proba = _targets.label(opinions, working, groups)
        if self.keep_proba:
            proba = keep_each(lambda one: one, proba)
        sums = _targets.measure(proba, working, settings.recipe)
        self.student_ = _students.fit(
            student,
            working,
            _targets.targets_of(proba, working, settings.recipe),
            orders(data.filled, settings.n_epochs, np.random.RandomState(seeds[3])),
            np.sum([one.mass for one in sums], axis=0),
        )
        if not self.keep_proba:
            # Under keys that no task of this fit had, and that hold no rows in memory.
            proba = _targets.label(opinions, data.renamed(), groups)
        self.teacher_proba_ = stack(proba, data.lengths, len(data.classes))
        self.classes_ = data.classes
        self.teachers_ = [opinion.model for opinion in opinions]
        self.groups_ = groups.of
        self.scores_ = _scores(sums, data, groups)
        self._note_inputs(X)
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Leave the lazy probabilities behind: they hold the rows, or point to them."""
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("teacher_proba_", None)
        return state

    def _warn_about(
        self, opinions: list[_teachers.Opinion], data: Partitions, groups: Groups
    ) -> None:
        rows = np.zeros(len(data.classes), dtype=np.int64)
        for group, opinion in enumerate(opinions):
            rows[opinion.absent] += data.lengths[groups.own(group)].sum()
        labels = data.classes.tolist()
        self.filled_ = tuple((labels[j], int(rows[j])) for j in np.flatnonzero(rows))
        if self.filled_:
            what = ", ".join(f"{label!r} ({n} rows)" for label, n in self.filled_)
            warnings.warn(
                f"Some teachers were fitted on rows without the classes {what}; in the "
                "rows they labelled these classes got the smoothed prior 1 / (n_train "
                "+ n_classes). Use fewer groups, shuffled partitions or more rows.",
                MissingClassWarning,
                stacklevel=3,
            )

    def _note_inputs(self, X: Any) -> None:
        self.n_features_in_ = int(X.shape[1])
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)


def _rehearse(settings: Settings, data: Partitions) -> None:
    rows = data.rows[int(data.filled[0])]
    if _teachers.kind_of(settings.teacher) == "partial_fit":
        rehearse(seeded(settings.teacher, 0), rows, data.classes, soft=False)
    if _students.kind_of(settings.student) == "partial_fit":
        rehearse(seeded(settings.student, 0), rows, data.classes, soft=True)


def _scores(sums: list[_targets.Sums], data: Partitions, groups: Groups) -> Any:
    losses = np.array([one.loss for one in sums])
    return np.array(
        [
            losses[groups.own(group)].sum() / data.lengths[groups.own(group)].sum()
            for group in range(groups.n_groups)
        ]
    )
