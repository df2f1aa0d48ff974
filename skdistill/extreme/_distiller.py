"""ExtremeDistiller: a linear student of very many labels, taught by sparse scores."""

import sys
import time
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state

from skdistill._sklearn_compat import caller_level
from skdistill._validation import check_weights
from skdistill.exceptions import DistillationWarning
from skdistill.extreme._combine import unknown_entries
from skdistill.extreme._cross_fit import fit_folds
from skdistill.extreme._labels import Labels, check_targets
from skdistill.extreme._parameters import check_sizes, settings_of
from skdistill.extreme._prediction import ExtremePrediction
from skdistill.extreme._record import CrossFitTopK, warn_about
from skdistill.extreme._student import fit_student
from skdistill.extreme._top_k import check_teacher_proba
from skdistill.extreme._weights import label_weights, mix_relevances

__all__ = ["ExtremeDistiller"]

Array = npt.NDArray[Any]


class ExtremeDistiller(ExtremePrediction, ClassifierMixin, BaseEstimator):
    r"""Linear classifier of very many labels that learns from a teacher's best labels.

    For hundreds to a million labels, one or several a row. The teacher is
    cross-fitted: each row is scored by a clone that never saw it, and only its `top_k`
    best labels are kept. They say which labels are relevant, and which labels that
    were not observed are no true negatives (double distillation [1]_). The student is
    linear in `X`, if asked through a bottleneck of `n_components`, and is trained row
    by row on the listed labels and a sample of the others, so that a row costs the same
    whatever the number of labels.

    With relevances :math:`q_j = \alpha p_j + (1 - \alpha) y_j` of the teacher
    :math:`p` and the labels :math:`y`, and scores :math:`f`, a row costs

    .. math:: \sum_j a_j \varphi(f_j) + \sum_j b_j \varphi(-f_j), \qquad
              \varphi(z) = \log(1 + e^{-z}), \quad a_j = q_j

    where `weighting` says what :math:`b_j` is. With ``"double"`` and no
    `negative_mass` this is the cross-entropy of every label for itself with soft
    labels.

    Parameters
    ----------
    teacher : estimator, default=None
        Classifier with ``predict_topk``, ``predict_proba`` or ``decision_function``; a
        wider ``ExtremeDistiller`` is one. None trains on the labels alone (or on the
        `teacher_proba` given to ``fit``).
    n_components : int, default=None
        Width of the bottleneck: the model has ``n_components * (n_features +
        n_classes)`` weights. None: one weight a feature and label.
    negatives : {"uniform", "frequency", "student", "teacher"}, default="uniform"
        Where a row's further negatives come from, besides its listed labels (those
        observed and the teacher's). "uniform" and "frequency" draw them at random,
        alike or by the root of how often they are relevant, and weigh them by the
        inverse of the chance, so that the objective's gradient is unbiased. "student"
        takes those with the highest scores of a sample (stochastic negative mining;
        not unbiased, on purpose). "teacher" takes none: only the labels that the
        teacher kept compete (not unbiased either).
    weighting : {"uniform", "double", "pairwise", "softmax"}, default="double"
        "uniform": all labels that were not observed weigh the same as negatives.
        "double": by :math:`(1 - q_j)`, so that likely labels are hardly pushed down.
        "pairwise": :math:`\sum_{jk} a_j b_k \varphi(f_j - f_k)`. "softmax":
        :math:`\sum_j a_j \log(1 + \sum_{k \ne j} b_k e^{f_k - f_j})`. The last two have
        the weights of "double".
    alpha : float, default=0.5
        Weight of the teacher against the labels, in [0, 1].
    top_k : int, default=20
        Labels of the teacher that are kept of each row.
    n_negatives : int, default=100
        Labels drawn for a row; as many as there are, and the objective is exact.
    n_candidates : int, default=None
        Labels that "student" scores to find the hardest; None is 5 times
        `n_negatives`.
    negative_mass : float, default=None
        What the :math:`b_j` of a row sum to. None leaves them as they are: each label
        counts in full. Small masses learn the frequent labels slowly.
    negative_power : float, default=1.0
        :math:`b_j \propto (1 - q_j)^{power}`; not with "uniform".
    cv : int, splitter or iterable of splits, default=5
        Folds of the teacher.
    max_epochs : int, default=10
        Passes over the rows.
    learning_rate : float, default=None
        First step size of AdaGrad (one sum of squared gradients a feature and a label);
        it falls to 0 by a straight line. It does not depend on the scale of `X`. None
        is 3, or 1 with a bottleneck.
    weight_decay : float, default=0.0
        What an epoch takes off the weights at the first step size: they are multiplied
        by ``exp(-weight_decay)``.
    memory : str, Path or joblib.Memory, default=None
        Store of finished folds of the teacher.
    n_jobs : int, default=None
        Number of folds at a time. Results do not depend on it.
    n_threads : int, default=1
        Threads that train the student. With one the result depends on `random_state`
        alone, to the last bit. With more they write to the same weights without locks:
        the labels drawn are the same, the weights differ a little from run to run.
    random_state : int, RandomState instance or None, default=None
    verbose : int, default=0
        1 prints a line a fold and an epoch to standard error.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; with several labels a row the numbers of the columns.
    components_ : ndarray of shape (n_components, n_features) or None
    coef_ : ndarray of shape (n_classes, n_features or n_components), float32
    intercept_ : ndarray of shape (n_classes,), float32
        Scores are ``X @ components_.T @ coef_.T + intercept_``.
    crossfit_ : CrossFitTopK or None
    targets_ : csr_array of shape (n_samples, n_classes)
        Relevances that the student was trained on.
    multilabel_ : bool
    n_iter_ : int
        Epochs.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, if `X` has names

    Notes
    -----
    The forms of `weighting` are readings of double distillation: the formula that the
    paper [1]_ prints could not be compared.

    An observed label that the teacher of its row was never trained on, as happens to
    rare labels, stays a full positive of that row (``crossfit_.absent`` counts them).

    Memory is that of the model, twice while it is trained in the width of a row, and
    of `top_k` numbers a row; never n_samples times n_classes.

    References
    ----------
    .. [1] A. K. Menon, A. S. Rawat, S. J. Reddi, S. Kim and S. Kumar, "A statistical
       perspective on distillation", ICML 2021, on multiclass retrieval.
       arXiv:2005.10419
    .. [2] S. J. Reddi, S. Kale, F. Yu, D. Holtmann-Rice, J. Chen and S. Kumar,
       "Stochastic Negative Mining for Learning with Large Output Spaces", 2019.
       :doi:`10.48550/arXiv.1810.07076`
    .. [3] J. Duchi, E. Hazan and Y. Singer, "Adaptive Subgradient Methods for Online
       Learning and Stochastic Optimization", 2011.

    Examples
    --------
    >>> from skdistill.datasets import make_relevance
    >>> from skdistill.extreme import ExtremeDistiller
    >>> problem = make_relevance(2000, 50, 400, random_state=0)
    >>> teacher = ExtremeDistiller(random_state=0)
    >>> student = ExtremeDistiller(teacher, n_components=16, random_state=0)
    >>> labels, scores = student.fit(problem.X, problem.Y).predict_topk(problem.X, k=5)
    >>> labels.shape
    (2000, 5)
    """

    def __init__(
        self,
        teacher: Any = None,
        *,
        n_components: int | None = None,
        negatives: str = "uniform",
        weighting: str = "double",
        alpha: float = 0.5,
        top_k: int = 20,
        n_negatives: int = 100,
        n_candidates: int | None = None,
        negative_mass: float | None = None,
        negative_power: float = 1.0,
        cv: Any = 5,
        max_epochs: int = 10,
        learning_rate: float | None = None,
        weight_decay: float = 0.0,
        memory: Any = None,
        n_jobs: int | None = None,
        n_threads: int = 1,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.teacher = teacher
        self.n_components = n_components
        self.negatives = negatives
        self.weighting = weighting
        self.alpha = alpha
        self.top_k = top_k
        self.n_negatives = n_negatives
        self.n_candidates = n_candidates
        self.negative_mass = negative_mass
        self.negative_power = negative_power
        self.cv = cv
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.memory = memory
        self.n_jobs = n_jobs
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        Y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        teacher_proba: Any = None,
    ) -> "ExtremeDistiller":
        """Cross-fit the teacher, if there is one, and train the student.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Finite numbers; trained on as float32. The teacher gets `X` as it is.
        Y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
(n_samples, n_classes)
            One label a row, of any type, or 0 and 1 for any number of labels a row.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows, for the teacher too.
        teacher_proba : {array-like, sparse matrix} of shape (n_samples, n_classes), \
default=None
            Relevances in [0, 1] of labels that are not stored 0, out of fold, in place
            of a teacher. The `top_k` largest of each row are kept.

        Returns
        -------
        ExtremeDistiller
            Itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range, `X` or `Y` is no input, the model would not
            fit into memory, or the teacher has no scores or is frozen. One that is
            fitted is not used as it is: its unfitted clones are.

        Warns
        -----
        DistillationWarning
            If rows of `X` are zeros only, or rows without a label teach nothing.
        """
        settings = settings_of(
            self, has_teacher=self.teacher is not None or teacher_proba is not None
        )
        if self.teacher is not None and teacher_proba is not None:
            raise ValueError(
                "teacher must be None with teacher_proba, got "
                f"{type(self.teacher).__name__}. Pass one of the two."
            )
        rows = self._rows(X, reset=True)
        labels = check_targets(Y, rows.shape[0], type(self).__name__)
        weight = check_weights("sample_weight", sample_weight, rows.shape[0])
        check_sizes(rows.shape[1], len(labels.classes), self.n_components)
        _warn_about_rows(rows, labels, settings.form)
        rng = check_random_state(self.random_state)
        record, listed, observed = self._targets(X, labels, weight, teacher_proba, rng)
        weights = label_weights(
            listed,
            observed,
            weighting=self.weighting,
            negatives=self.negatives,
            negative_mass=self.negative_mass,
            negative_power=self.negative_power,
        )
        student = fit_student(rows, weights, weight, settings, rng, self._teller())
        self.crossfit_, self.targets_ = record, listed
        self.classes_, self.multilabel_ = labels.classes, labels.multilabel
        self.components_, self.coef_ = student.components, student.coef
        self.intercept_ = student.intercept
        self.n_iter_ = settings.max_epochs
        # Dense indicators are predicted dense, as scikit-learn's classifiers do.
        self._predicted_type = None if sparse.issparse(Y) else np.asarray(Y).dtype
        return self

    def _targets(
        self, X: Any, labels: Labels, weight: Array | None, brought: Any, rng: Any
    ) -> tuple[CrossFitTopK | None, sparse.csr_array, Array]:
        if self.teacher is None:
            scores = None
            if brought is not None:
                scores = check_teacher_proba(
                    brought,
                    labels.indicator.shape[0],
                    len(labels.classes),
                    self.top_k,
                    multilabel=labels.multilabel,
                )
            return None, *mix_relevances(labels.indicator, scores, self.alpha)
        record = fit_folds(
            self.teacher,
            X,
            labels,
            k=self.top_k,
            cv=self.cv,
            groups=None,
            sample_weight=weight,
            memory=self.memory,
            n_jobs=self.n_jobs,
            random_state=rng,
            verbose=self.verbose,
            fit_params=None,
        )
        warn_about(record)
        covered = record.coverage > 0
        unknown = unknown_entries(record, labels)
        return record, *mix_relevances(
            labels.indicator, record.scores, self.alpha, covered, unknown
        )

    def _teller(self) -> Any:
        started = time.perf_counter()

        def tell(epoch: int) -> None:
            if self.verbose:
                seconds = time.perf_counter() - started
                print(
                    f"[student] epoch {epoch} of {self.max_epochs}, {seconds:.1f} s",
                    file=sys.stderr,
                )

        return tell

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags


def _warn_about_rows(rows: Any, labels: Labels, form: str) -> None:
    if sparse.issparse(rows):
        blank = int((np.diff(rows.indptr) == 0).sum())
    else:
        blank = int((~rows.any(axis=1)).sum())
    said = []
    if blank:
        said.append(
            f"{blank} of {rows.shape[0]} rows of X are zeros only: they teach, and are "
            "predicted by, the intercepts"
        )
    if labels.n_empty and form != "decoupled":
        said.append(
            f"{labels.n_empty} rows of Y have no label: only the teacher's labels "
            "teach in them"
        )
    if said:
        warnings.warn(
            f"{'; '.join(said)}.", DistillationWarning, stacklevel=caller_level()
        )
