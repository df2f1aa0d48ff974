"""The public face of the engine."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import indexable

from skdistill._rows import check_joinable
from skdistill._sklearn_compat import n_rows
from skdistill._validation import check_weights
from skdistill.crossfit._door import check_engine, warn_about
from skdistill.crossfit._engine import Engine, run
from skdistill.crossfit._labels import check_labels
from skdistill.crossfit._record import CrossFit
from skdistill.crossfit._request import Rows, draw_up, votes_are_honest
from skdistill.crossfit._store import check_memory
from skdistill.crossfit._synthetic import Synthetic
from skdistill.crossfit._teacher import weight_params

__all__ = ["cross_fit", "cross_fit_proba"]

Array = npt.NDArray[Any]


def cross_fit_proba(
    teacher: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    cv: Any = 5,
    n_repeats: int = 1,
    groups: Any = None,
    sample_weight: npt.ArrayLike | None = None,
    X_unlabeled: Any = None,
    calibration: str | None = None,
    bag_votes: bool = False,
    missing_class: str = "prior",
    keep_teachers: bool = False,
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: int = 0,
    fit_params: dict[str, Any] | None = None,
    split_params: dict[str, Any] | None = None,
) -> CrossFit:
    """Label every row by a teacher that never saw it.

    Unlike :func:`sklearn.model_selection.cross_val_predict` this hands the original
    labels to the teacher, matches columns by class, never answers 0 for a class that a
    fold did not hold, takes splits that are no partition (time series, repeats), and
    refuses splits that leak.

    Parameters
    ----------
    teacher : estimator
        Classifier with ``predict_proba`` (or ``decision_function`` and
        `calibration`). It is cloned, never changed.
    X : {array-like, sparse matrix, data frame} with n_samples rows
        Handed to the teacher as it is, of any number of dimensions.
    y : array-like of shape (n_samples,)
        Labels of any type.
    cv : int, splitter, iterable of splits or "oob", default=5
        An int makes shuffled stratified folds (grouped ones if `groups` are given).
        ``"oob"`` reads the out-of-bag votes of one fitted bagging teacher.
    n_repeats : int, default=1
        Times the folds are redrawn; the probabilities of a row are averaged.
    groups : array-like of shape (n_samples,), default=None
        Rows of a group are never on both sides of a fold.
    sample_weight : array-like of shape (n_samples,), default=None
        Handed to the teacher, and used in `scores`.
    X_unlabeled : like X with n_unlabeled rows, default=None
        Rows without labels, labelled by the mean of all teachers.
    calibration : {None, "auto", "temperature", "sigmoid", "isotonic"}, default=None
        Map fitted on out-of-fold probabilities (of other rows). "auto" takes a
        temperature where that lowers the out-of-fold log-loss (scikit-learn >= 1.8),
        and a sigmoid for a teacher without ``predict_proba``.
    bag_votes : bool, default=False
        Whether the out-of-bag votes of a bagging teacher count too: the teacher of
        each other fold has trees that left the row out, so that every row is labelled
        `cv` times for a tenth of a fit more. Of no effect where `cv` is no int, with
        groups, or for other teachers.
    missing_class : {"prior", "error"}, default="prior"
        What happens when a class is absent from a teacher's training rows: it gets
        ``1 / (n_train + n_classes)``, counted and warned about once, or an error
        before any teacher is fitted.
    keep_teachers : bool, default=False
    memory : str, Path or joblib.Memory, default=None
        Store of finished folds. Set `random_state` to an int to find them again.
    n_jobs : int, default=None
        Number of folds at a time, as in :class:`joblib.Parallel`. Results do not
        depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds and every ``random_state`` of the teacher that is None.
    verbose : int, default=0
        1 prints a line a fold, with the time left, to standard error.
    fit_params : dict, default=None
        Further arguments of the teacher's ``fit``; what has n_samples entries is cut
        to the rows of the fold.
    split_params : dict, default=None
        Further arguments of the splitter's ``split``.

    Returns
    -------
    CrossFit
        Record with ``proba`` (n_samples, n_classes), ``classes``, ``splits``,
        ``coverage``, ``scores``, ``filled`` and more.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, the teacher has no probabilities or stays
        fitted when cloned, y has one class, or a split leaks.

    References
    ----------
    .. [1] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on cross-fitting.
       :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill import cross_fit_proba
    >>> X, y = load_iris(return_X_y=True)
    >>> fit = cross_fit_proba(DecisionTreeClassifier(), X, y, cv=5, random_state=0)
    >>> fit.proba.shape
    (150, 3)
    >>> len(fit.scores)
    5
    """
    # Weights are the teacher's too; a distiller, which routes them, says so itself.
    weight = None if sample_weight is None else np.asarray(sample_weight)
    record = cross_fit(
        teacher,
        X,
        y,
        cv=cv,
        n_repeats=n_repeats,
        groups=groups,
        sample_weight=sample_weight,
        X_unlabeled=X_unlabeled,
        calibration=calibration,
        missing_class=missing_class,
        keep_teachers=keep_teachers,
        memory=memory,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
        fit_params={**(fit_params or {}), **weight_params(teacher, weight, "teacher")},
        split_params=split_params,
        bag_votes=bag_votes and votes_are_honest(cv, groups, split_params),
    )
    warn_about(record)
    return record


def cross_fit(
    teacher: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    cv: Any,
    n_repeats: int,
    groups: Any,
    sample_weight: npt.ArrayLike | None,
    X_unlabeled: Any,
    calibration: str | None,
    missing_class: str,
    keep_teachers: bool,
    memory: Any,
    n_jobs: int | None,
    random_state: Any,
    verbose: int,
    fit_params: dict[str, Any] | None,
    split_params: dict[str, Any] | None,
    bag_votes: bool = False,
    classes: Array | None = None,
    synthetic: Synthetic | None = None,
) -> CrossFit:
    """:func:`cross_fit_proba` without its warnings, which several teachers share.

    `sample_weight` weighs scores and calibration; the teacher gets what is in
    `fit_params`. `bag_votes` are trusted to be honest. `classes` are those of the
    problem, where `y` may lack some. A `synthetic` row is labelled by the first teacher
    that held out the row it was made from (out of bag, by the whole forest).
    """
    check_engine(teacher, cv, n_repeats, calibration, missing_class)
    check_memory(memory)
    (X,) = indexable(X)
    labels = check_labels(y, n_rows(X), type(teacher).__name__)
    classes = np.unique(labels) if classes is None else classes
    weight = check_weights("sample_weight", sample_weight, len(labels))
    if X_unlabeled is not None:
        (X_unlabeled,) = indexable(X_unlabeled)
        check_joinable(X, X_unlabeled)
    codes = np.searchsorted(classes, labels)
    request = draw_up(
        teacher,
        Rows(X, codes, classes, weight, synthetic),
        cv=cv,
        n_repeats=n_repeats,
        groups=groups,
        calibration=calibration,
        bag_votes=bag_votes,
        missing_class=missing_class,
        keep_teachers=keep_teachers,
        random_state=random_state,
        fit_params=fit_params,
        split_params=split_params,
    )
    engine = Engine(memory, n_jobs, verbose)
    (results,) = run([request.batch], X, labels, X_unlabeled=X_unlabeled, engine=engine)
    return request.record(results)
