"""Cross-fitting with very many classes: of each row the k likeliest labels are kept."""

import warnings
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.utils import check_random_state, indexable

from skdistill._sklearn_compat import n_rows
from skdistill._validation import check_weights
from skdistill.crossfit import (
    Batch,
    Engine,
    Job,
    check_cv,
    check_memory,
    check_refittable,
    draw_seeds,
    make_splits,
    run,
    weight_params,
)
from skdistill.extreme._ask import scores_by
from skdistill.extreme._combine import combine
from skdistill.extreme._fold import ask_fold
from skdistill.extreme._labels import Labels, check_targets
from skdistill.extreme._record import CrossFitTopK, warn_about
from skdistill.extreme._top_k import check_k

__all__ = ["cross_fit_top_k", "fit_folds"]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]

#: One-versus-rest says so once a label and fold; the record counts them.
_CONSTANT = "Label .* is present in all training examples"


def cross_fit_top_k(
    teacher: Any,
    X: Any,
    Y: Any,
    *,
    k: int = 20,
    cv: Any = 5,
    groups: Any = None,
    sample_weight: npt.ArrayLike | None = None,
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: int = 0,
    fit_params: dict[str, Any] | None = None,
) -> CrossFitTopK:
    """Score the labels of every row by a teacher that never saw it; keep the k best.

    For every fold a clone of the teacher is fitted on the other rows and asked about
    its own, so many at a time that at most some 4 million scores are dense at once: an
    array of n_samples times n_classes is never made.

    Parameters
    ----------
    teacher : estimator
        Classifier with ``predict_topk``, ``predict_proba`` or ``decision_function``,
        asked in this order. It is cloned, never changed. Where rows may have several
        labels, ``predict_proba`` may return one array, or a list of one array a label.
    X : {array-like, sparse matrix, data frame} with n_samples rows
        Handed to the teacher as it is.
    Y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
(n_samples, n_classes)
        One label a row, of any type, or 0 and 1 for any number of labels a row. A
        sparse `Y` is handed to the teacher as csr, a dense one as it is.
    k : int, default=20
        Scores kept of each row; more than `n_classes` keeps all.
    cv : int, splitter or iterable of splits, default=5
        An int makes shuffled folds, stratified where a row has one label, and grouped
        ones if `groups` are given.
    groups : array-like of shape (n_samples,), default=None
        Rows of a group are never on both sides of a fold.
    sample_weight : array-like of shape (n_samples,), default=None
        Handed to the teacher, and used in `precision` and for the sigmoid.
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

    Returns
    -------
    CrossFitTopK
        Record with ``scores`` (sparse, n_samples rows, n_classes columns), ``classes``,
        ``splits``, ``coverage``, ``precision``, ``absent`` and more.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, the teacher has no scores or stays fitted when
        cloned, `Y` is no target, a split leaks, or a teacher cannot be fitted on a
        sparse `Y`.

    Warns
    -----
    MissingClassWarning
        If labels were observed in rows whose teacher was fitted without them.
    CoverageWarning
        If `cv` never held some rows out.

    Notes
    -----
    Probabilities are kept as they are. Raw scores (of ``decision_function`` and
    ``predict_topk``) become relevances in [0, 1] by one sigmoid for all folds, fitted
    on the out-of-fold scores that were kept, against the labels; rows of one label are
    scaled down where they then sum to more than 1. A label that was in no training row
    of a teacher has no score from it, whatever it says.

    References
    ----------
    .. [1] J. Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons
       to Regularized Likelihood Methods", 1999, section 2.2.
    .. [2] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on cross-fitting.
       :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.extreme import cross_fit_top_k
    >>> X, Y = make_multilabel_classification(n_classes=8, random_state=0)
    >>> fit = cross_fit_top_k(DecisionTreeClassifier(), X, Y, k=3, random_state=0)
    >>> fit.scores.shape, int(fit.scores.count_nonzero(axis=1).max())
    ((100, 8), 3)
    """
    record = fit_folds(
        teacher,
        X,
        check_targets(Y, n_rows(X)),
        k=k,
        cv=cv,
        groups=groups,
        sample_weight=sample_weight,
        memory=memory,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
        fit_params=fit_params,
    )
    warn_about(record)
    return record


def fit_folds(
    teacher: Any,
    X: Any,
    labels: Labels,
    *,
    k: int,
    cv: Any,
    groups: Any,
    sample_weight: npt.ArrayLike | None,
    memory: Any,
    n_jobs: int | None,
    random_state: Any,
    verbose: int,
    fit_params: dict[str, Any] | None,
) -> CrossFitTopK:
    """:func:`cross_fit_top_k` of checked labels, without its warnings."""
    k = min(check_k(k), len(labels.classes))
    method = scores_by(teacher)
    check_refittable(teacher)
    check_memory(memory)
    (X,) = indexable(X)
    n_samples = labels.indicator.shape[0]
    weight = check_weights("sample_weight", sample_weight, n_samples)
    params = {**(fit_params or {}), **weight_params(teacher, weight, "teacher")}
    rng = check_random_state(random_state)
    splits = _splits(cv, X, labels, groups, rng)
    seeds = draw_seeds(rng, len(splits))
    batch = Batch(
        teacher=teacher,
        jobs=[
            Job(train, test, int(seed))
            for (train, test), seed in zip(splits, seeds, strict=True)
        ],
        classes=labels.classes,
        fit_params=params,
        ask=partial(ask_fold, method=method, k=k, multilabel=labels.multilabel),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_CONSTANT)
        engine = Engine(memory, n_jobs, verbose)
        (folds,) = run([batch], X, labels.original, engine=engine)
    raw = method != "predict_proba"
    return combine(folds, splits, labels, weight, k, raw=raw)


def _splits(cv: Any, X: Any, labels: Labels, groups: Any, rng: Any) -> Splits:
    """Draw the folds: without strata where a row may have several labels."""
    if isinstance(cv, str):
        raise ValueError(
            f"cv must be an int, a splitter or an iterable of splits, got {cv!r}."
        )
    check_cv(cv, 1)
    if not labels.multilabel:
        splits = make_splits(cv, X, labels.codes, groups=groups, random_state=rng)
        _refuse_one_class(splits, labels)
        return splits
    if isinstance(cv, _STRATIFIED):
        raise ValueError(
            f"cv must not stratify where rows may have several labels, got "
            f"{type(cv).__name__}. Use an int, KFold or GroupKFold."
        )
    if isinstance(cv, Integral):
        cv = _plain_folds(int(cv), n_rows(X), groups, rng)
    return make_splits(cv, X, labels.original, groups=groups, random_state=rng)


_STRATIFIED = (
    StratifiedKFold,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
    RepeatedStratifiedKFold,
)


def _plain_folds(n_folds: int, n_samples: int, groups: Any, rng: Any) -> Any:
    units, what = n_samples, "rows"
    if groups is not None:
        units, what = len(np.unique(np.asarray(groups))), "groups"
    if n_folds > units:
        raise ValueError(
            f"cv must be at most the number of {what}, {units}, got {n_folds}."
        )
    seed = int(draw_seeds(rng, 1)[0])
    kind = KFold if groups is None else GroupKFold
    return kind(n_folds, shuffle=True, random_state=seed)


def _refuse_one_class(splits: Splits, labels: Labels) -> None:
    for fold, (train, _) in enumerate(splits):
        found = labels.codes[train]
        if (found == found[0]).all():
            raise ValueError(
                "cv must leave at least 2 classes to train on, got only "
                f"{labels.classes.tolist()[found[0]]!r} in fold {fold}."
            )
