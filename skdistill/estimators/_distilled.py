"""Plain distillation: the teacher labels the rows it was fitted on."""

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skdistill.crossfit import (
    CrossFit,
    Engine,
    average,
    check_teacher,
    in_sample_probas,
    is_fitted,
    warn_about,
)
from skdistill.estimators._base import BaseDistiller
from skdistill.estimators._candidates import candidates
from skdistill.estimators._problem import Problem
from skdistill.estimators._selection import Rival
from skdistill.estimators._steps import Steps
from skdistill.estimators._trials import MAX_FOLDS, Trial, held_fixed

__all__ = ["DistilledClassifier"]


class DistilledClassifier(BaseDistiller):
    """Student of a teacher that labels the rows it was fitted on.

    The classical method. A teacher that memorises (a forest, a boosted ensemble, a
    network) labels its own training rows with near certainty and passes on little;
    :class:`CrossFitDistiller` is the recommended one.

    Parameters
    ----------
    teacher : estimator, FrozenEstimator or list of them, default=None
        Classifier with ``predict_proba``. It is cloned and fitted; one in
        :class:`sklearn.frozen.FrozenEstimator` is used as it is. Of a list the
        probabilities are averaged. None is ``RandomForestClassifier()``, or no teacher
        where `target` needs none.
    student : estimator or list of them, default=None
        Any classifier or regressor, or a pipeline that ends in one; cloned, never
        changed. Of a list all are fitted to the same teacher probabilities, and the
        best in cross-validated log-loss on the labels is kept. None is
        ``DecisionTreeClassifier(max_leaf_nodes=32)``.
    target : rule or list of rules, default=None
        Rules of :mod:`skdistill.targets`, applied to the probabilities in order. A
        search reaches the parameters of a single rule as ``target__eps``.
    alpha : float, default=1.0
        Weight of the teacher's part against the labels, in [0, 1].
    temperature : float, default=1.0
        Softens teacher and student in the loss, in (0, inf); for students that
        minimise a cross-entropy of logits. The teacher's part is multiplied by its
        square.
    correction : str or LossCorrection, default=None
        Loss correction ``T = P + gamma (Y - P)``: the name of a rule of
        :class:`skdistill.targets.LossCorrection`, or one with its parameters.
    loss : str or BipartiteRanking, default="auto"
        What the student minimises: "cross_entropy", "squared_error" or, for two
        classes, "bipartite_ranking" (:class:`skdistill.losses.BipartiteRanking`), whose
        scores a constant fitted to the targets makes probabilities. "auto" is what the
        student can minimise exactly.
    scale : {"prob", "log"}, default="prob"
        Scale of the targets of a squared error; a ``NeuralClassifier`` matches logits,
        and so takes "log" alone.
    memory : str, Path or joblib.Memory, default=None
        Store of the teacher's probabilities.
    n_jobs : int, default=None
        Teachers of a list fitted at a time.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of teacher and student that is None.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    student_ : estimator
        The fitted student, a plain learner that predicts without this package. A
        regressor predicts the probability of the second class, or of each class.
    teacher_proba_ : ndarray of shape (n_samples, n_classes)
        Teacher probabilities of the training rows.
    students_ : tuple of FittedStudent
        All students of a list with their scores, sizes and latencies; only there if
        `student` is a list. Scale, targets and the like are those of the best.
    targets_ : ndarray of shape (n_samples, n_classes)
        What the student was asked to match.
    crossfit_ : CrossFit
        How the probabilities came about; counts of clipped and negative targets.
    alpha_, correction_ : float, LossCorrection or None
        As used.
    selection_ : tuple
        Empty: nothing is chosen here.
    route_ : str
        How the targets reached the student: "native", "linear", "booster",
        "regression", "tree" or "expansion".
    scale_ : str
        Scale the student was fitted on.
    n_features_in_ : int
        Number of features, if the student counts them.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, if X had string names.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015. :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill import DistilledClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> distiller = DistilledClassifier(
    ...     RandomForestClassifier(20), DecisionTreeClassifier(max_depth=3),
    ...     random_state=0,
    ... ).fit(X, y)
    >>> distiller.route_
    'tree'
    >>> distiller.student_.get_depth()
    3
    """

    def __init__(
        self,
        teacher: Any = None,
        student: Any = None,
        *,
        target: Any = None,
        alpha: float = 1.0,
        temperature: float = 1.0,
        correction: Any = None,
        loss: Any = "auto",
        scale: str = "prob",
        memory: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.target = target
        self.alpha = alpha
        self.temperature = temperature
        self.correction = correction
        self.loss = loss
        self.scale = scale
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _check_teachers(self) -> None:
        for teacher in self._teachers():
            check_teacher(teacher)
            if isinstance(teacher, FrozenEstimator) and not is_fitted(teacher):
                raise NotFittedError(
                    f"teacher must be fitted when it is frozen, got {teacher!r}. Fit "
                    "it first, or pass it without FrozenEstimator."
                )

    def _ask_teachers(
        self, problem: Problem, steps: Steps
    ) -> tuple[CrossFit, list[Trial]]:
        records = in_sample_probas(
            self._teachers(),
            problem.X,
            problem.labels,
            X_unlabeled=problem.X_unlabeled,
            fit_params=problem.routed.teachers,
            random_state=problem.seeds[0],
            engine=Engine(self.memory, self.n_jobs, steps=steps),
        )
        first = records[0]
        if len(records) > 1:
            weights = np.full(len(records), 1 / len(records))
            extras = [
                record.unlabeled_proba
                for record in records
                if record.unlabeled_proba is not None
            ]
            first = replace(
                first,
                proba=average([record.proba for record in records], weights),
                unlabeled_proba=average(extras, weights) if extras else None,
                teacher_weights=tuple(weights.tolist()),
                scores=tuple(score for record in records for score in record.scores),
                filled=_most_filled(records),
                worst_sum=max(record.worst_sum for record in records),
                fit_seconds=tuple(s for record in records for s in record.fit_seconds),
                n_read=sum(record.n_read for record in records),
            )
        warn_about(first)
        return first, []

    def _fixed_trials(self, problem: Problem, crossfit: CrossFit) -> list[Trial]:
        # A single student is not judged, and its rows may be too few for folds.
        alone = len(self._students()) == 1
        return [] if alone else held_fixed(problem, crossfit, MAX_FOLDS)

    def _rival(self, student: Any, problem: Problem, *, score: bool) -> Rival:
        settings = self._settings(student, problem.routed.student_weight is not None)
        if not score:
            return Rival(student, problem, settings, [], [])
        trials = self._trials or held_fixed(problem, self._record, MAX_FOLDS)
        return Rival(student, problem, settings, candidates(settings), trials)


def _most_filled(records: list[CrossFit]) -> tuple[tuple[Any, int], ...]:
    """For each class some teacher did not know, the most rows that got the prior."""
    rows: dict[Any, int] = {}
    for record in records:
        for label, n_rows in record.filled:
            rows[label] = max(n_rows, rows.get(label, 0))
    return tuple(rows.items())
