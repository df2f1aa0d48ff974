"""Cross-fitted, loss-corrected distillation: the recommended estimator."""

from typing import Any

import numpy as np

from skdistill._sklearn_compat import has_proba
from skdistill.crossfit import (
    MOST,
    CrossFit,
    Engine,
    check_cv,
    check_engine,
    warn_about,
)
from skdistill.estimators._base import BaseDistiller
from skdistill.estimators._candidates import candidates, settled
from skdistill.estimators._parameters import AUTO
from skdistill.estimators._problem import Problem
from skdistill.estimators._selection import Rival
from skdistill.estimators._steps import Steps
from skdistill.estimators._teachers import Teachers, ask
from skdistill.estimators._trials import Trial, held_fixed

__all__ = ["CrossFitDistiller"]


class CrossFitDistiller(BaseDistiller):
    """Student of teachers that never saw the rows they label.

    The teacher is fitted once a fold and labels the rows of the fold; the targets are
    corrected for the teacher's error; and how far to trust the teacher is chosen by
    cross-validating the student on the labels, with "labels only" among the candidates.

    Parameters
    ----------
    teacher : estimator or list of them, default=None
        Classifier with ``predict_proba``, or with ``decision_function`` and a
        `calibration`. It is cloned, never changed; one that stays fitted when cloned
        is refused. Several teachers are averaged with the weights that minimise the
        out-of-fold log-loss. None is ``RandomForestClassifier()``, or no teacher where
        `target` needs none.
    student : estimator or list of them, default=None
        Any classifier or regressor, or a pipeline that ends in one; cloned, never
        changed. Of a list all are fitted to the same teacher probabilities, and the
        best in cross-validated log-loss on the labels is kept. None is
        ``DecisionTreeClassifier(max_leaf_nodes=32)``.
    cv : int, splitter, iterable of splits or "oob", default=5
        An int makes shuffled stratified folds, grouped if ``fit`` gets groups.
        ``"oob"`` takes the out-of-bag votes of a bagging teacher, for the price of
        one fit.
    n_repeats : int, default=1
        Times the folds are redrawn; probabilities are averaged.
    target : rule or list of rules, default=None
        Rules of :mod:`skdistill.targets`, applied to the probabilities in order. A
        search reaches the parameters of a single rule as ``target__eps``.
    alpha : float or "auto", default="auto"
        Weight of the teacher's part against the labels, in [0, 1]; 0 is labels only.
        ``"auto"`` chooses among 0, 1/4, 1/2 and 1. Only with it do `calibration`,
        `bag_votes` and `synthetic` take effect where they are ``"auto"``: a number
        asks for one objective on the teacher's probabilities as they are.
    temperature : float, default=1.0
        Softens teacher and student in the loss, in (0, inf); for students that
        minimise a cross-entropy of logits. The teacher's part is multiplied by its
        square.
    correction : str, LossCorrection or None, default="auto"
        Loss correction ``T = P + gamma (Y - P)``: the name of a rule of
        :class:`skdistill.targets.LossCorrection`, or one with its parameters.
        ``"auto"`` chooses between none and the rule "fast" with two strengths.
    calibration : {"auto", "temperature", "sigmoid", "isotonic"} or None, \
            default="auto"
        Map fitted on out-of-fold probabilities of other rows. ``"auto"`` takes a
        temperature where that lowers the out-of-fold log-loss (scikit-learn >= 1.8),
        and a sigmoid for a teacher without ``predict_proba``.
    bag_votes : bool or "auto", default="auto"
        Whether the out-of-bag votes of a bagging teacher are averaged in: each other
        fold's teacher has trees that left the row out. See :func:`cross_fit_proba`.
    synthetic : bool or "auto", default="auto"
        Whether the student also learns from synthetic rows, made by swapping features
        between rows (arrays and data frames), one of each row, of 50,000 at most. The
        teacher that held out the row one was made from labels it.
        ``"auto"`` tries the best setting with and without.
    loss : str or BipartiteRanking, default="auto"
        What the student minimises: "cross_entropy", "squared_error" or, for two
        classes, "bipartite_ranking" (:class:`skdistill.losses.BipartiteRanking`), whose
        scores a constant fitted to the targets makes probabilities. "auto" is what the
        student can minimise exactly.
    scale : {"prob", "log"}, default="prob"
        Scale of the targets of a squared error; a ``NeuralClassifier`` matches logits,
        and so takes "log" alone.
    missing_class : {"prior", "error"}, default="prior"
        What a class absent from a training fold gets: a smoothed prior, counted and
        warned about once, or an error before any teacher is fitted.
    keep_teachers : bool, default=False
        Whether ``crossfit_.teachers`` holds the fitted teachers.
    memory : str, Path or joblib.Memory, default=None
        Store of finished folds; with an int as `random_state` a second fit, or one
        that was killed, finds them again.
    n_jobs : int, default=None
        Folds, and candidates of "auto", at a time; results do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds and every ``random_state`` of teacher and student that is None.
    verbose : int, default=0
        1 prints a line a teacher, with the time left, to standard error.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    student_ : estimator
        The fitted student, a plain learner that predicts without this package. A
        regressor predicts the probability of the second class, or of each class.
    teacher_proba_ : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the training rows; NaN where cv held a row out
        never (its label is its target).
    students_ : tuple of FittedStudent
        All students of a list with their scores, sizes and latencies; only there if
        `student` is a list. Scale, targets and the like are those of the best.
    targets_ : ndarray of shape (n_samples, n_classes)
        What the student was asked to match.
    crossfit_ : CrossFit
        Splits, coverage, per-fold scores; counts of filled, clipped, negative entries.
    alpha_, correction_, synthetic_ : float, LossCorrection or None, bool
        As given or chosen.
    selection_ : tuple of Candidate
        Every candidate of "auto" with its score; empty if nothing was chosen.
    route_ : str
        How the targets reached the student: "native", "linear", "booster",
        "regression", "tree" or "expansion".
    scale_ : str
        Scale the student was fitted on.
    n_features_in_ : int
        Number of features, if the student counts them.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, if X had string names.

    Notes
    -----
    What "auto" does. The candidates are compared by the student's log-loss on held-out
    labels, and the teacher is cross-fitted again within the training part of each
    validation fold: three folds of three up to 5000 rows; above, a fifth of the rows
    validates students of two fifths, labelled by a teacher of the other two. Were the
    probabilities in hand held fixed, as in the authors' code, they would carry the
    validation labels into the student, since the teachers that made them saw these. A
    candidate with a teacher is taken only if it beats the labels by 1.5 standard
    errors, paired over rows; a mixture or a correction only if it beats the teacher
    alone by one; and the better of these is taken with synthetic rows if it does better
    with them than without. Where the teachers of all rows label worse, beyond noise,
    than those of the validation folds (some get worse with more rows), the difference
    is charged to every candidate that uses them (``Candidate.penalty``).
    ``alpha_ == 0`` says: do not distil. The teachers together are fitted to 1.1 times
    the rows of plain cross-fitting above 5000 rows, to 2 times below.

    With a splitter as `cv` its folds validate, and it splits their training parts
    again; where it cannot (an iterable of splits, too few groups), with
    `teacher_proba`, and where ``refit_student`` asks for a choice that ``fit`` did not
    make, the probabilities are held fixed (``Candidate.nested`` is False).

    References
    ----------
    .. [1] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021. :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill import CrossFitDistiller
    >>> X, y = load_iris(return_X_y=True)
    >>> distiller = CrossFitDistiller(
    ...     RandomForestClassifier(20), DecisionTreeClassifier(max_depth=3),
    ...     random_state=0,
    ... ).fit(X, y)
    >>> distiller.student_.get_depth()
    3
    >>> len(distiller.selection_)
    7
    """

    _allow_auto = True

    def __init__(
        self,
        teacher: Any = None,
        student: Any = None,
        *,
        cv: Any = 5,
        n_repeats: int = 1,
        target: Any = None,
        alpha: float | str = "auto",
        temperature: float = 1.0,
        correction: Any = "auto",
        calibration: str | None = "auto",
        bag_votes: bool | str = "auto",
        synthetic: bool | str = "auto",
        loss: Any = "auto",
        scale: str = "prob",
        missing_class: str = "prior",
        keep_teachers: bool = False,
        memory: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.cv = cv
        self.n_repeats = n_repeats
        self.target = target
        self.alpha = alpha
        self.temperature = temperature
        self.correction = correction
        self.calibration = calibration
        self.bag_votes = bag_votes
        self.synthetic = synthetic
        self.loss = loss
        self.scale = scale
        self.missing_class = missing_class
        self.keep_teachers = keep_teachers
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _check_teachers(self) -> None:
        for teacher in self._teachers():
            check_engine(
                teacher, self.cv, self.n_repeats, self.calibration, self.missing_class
            )
        if not isinstance(self.keep_teachers, bool | np.bool_):
            raise TypeError(
                f"keep_teachers must be a bool, got {self.keep_teachers!r}."
            )
        if not (self.bag_votes == AUTO or isinstance(self.bag_votes, bool | np.bool_)):
            raise ValueError(
                f"bag_votes must be a bool or 'auto', got {self.bag_votes!r}."
            )

    def _check_given(self, when: str) -> None:
        if self.calibration not in (None, AUTO):
            raise ValueError(
                f"calibration must be None when {when}, got {self.calibration!r}. "
                "Calibrate probabilities before."
            )
        if not (isinstance(self.cv, str) and self.cv == "oob"):
            check_cv(self.cv, self.n_repeats)

    def _synthesize(self, problem: Problem) -> Problem:
        wanted = {self._settings(one, False).synthetic for one in self._students()}
        if wanted == {False}:
            return problem
        if problem.can_synthesize:
            return problem.synthesized(min(len(problem.codes), MOST))
        if True in wanted:
            raise ValueError(
                "synthetic must be False or 'auto' for these data, got True: synthetic "
                "rows are made of arrays of two dimensions and pandas or polars frames "
                "with several columns, labelled by the teachers (teacher_proba cannot) "
                "and have no values for arguments routed to the student."
            )
        return problem

    def _ask_teachers(
        self, problem: Problem, steps: Steps
    ) -> tuple[CrossFit, list[Trial]]:
        teachers = self._teachers()
        asked = Teachers(
            estimators=teachers,
            cv=self.cv,
            n_repeats=self.n_repeats,
            missing_class=self.missing_class,
            keep_teachers=self.keep_teachers,
            calibrations=[self._calibration(teacher) for teacher in teachers],
            bag_votes=self._bag_votes(),
        )
        engine = Engine(self.memory, self.n_jobs, self.verbose, steps)
        crossfit, trials = ask(asked, problem, judge=self._is_open(), engine=engine)
        warn_about(crossfit)
        return crossfit, trials

    def _calibration(self, teacher: Any) -> str | None:
        """Whoever sets alpha gets the teacher's probabilities as they are."""
        if self.calibration != AUTO or self.alpha == AUTO or not has_proba(teacher):
            return self.calibration
        return None

    def _bag_votes(self) -> bool:
        if isinstance(self.bag_votes, str) and self.bag_votes == AUTO:
            return bool(self.alpha == AUTO)
        return bool(self.bag_votes)

    def _is_open(self) -> bool:
        """Whether there is a choice of students or of candidates."""
        students = self._students()
        tried = candidates(self._settings(students[0], weighted=False))
        return len(students) > 1 or len(tried) > 1

    def _fixed_trials(self, problem: Problem, crossfit: CrossFit) -> list[Trial]:
        return held_fixed(problem, crossfit, self.cv) if self._is_open() else []

    def _rival(self, student: Any, problem: Problem, *, score: bool) -> Rival:
        settings = self._settings(student, problem.routed.student_weight is not None)
        if settings.synthetic is True and problem.X_synthetic is None:
            raise ValueError(
                "synthetic must be False or 'auto' for refit_student where fit made no "
                "synthetic rows, got True. Call fit with it."
            )
        tried = candidates(settings)
        if len(tried) == 1 and not score:
            return Rival(student, problem, settled(settings, tried[0]), [], [])
        trials = self._trials or held_fixed(problem, self._record, self.cv)
        return Rival(student, problem, settings, tried, trials)
