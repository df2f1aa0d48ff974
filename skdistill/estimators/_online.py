"""Online distillation: the student follows the teacher along its training."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier

from skdistill.crossfit import (
    CrossFit,
    Engine,
    Rows,
    Trajectory,
    check_stage_engine,
    check_stages,
    draw_up,
    run,
    seeded,
    trajectory_of,
    warn_about,
)
from skdistill.estimators._base import BaseDistiller
from skdistill.estimators._fit import assemble
from skdistill.estimators._parameters import Settings, check_settings
from skdistill.estimators._problem import Problem
from skdistill.estimators._selection import Rival
from skdistill.estimators._several import Fitted
from skdistill.estimators._steps import Steps
from skdistill.estimators._trials import Trial
from skdistill.students import Course, find_follower, find_route, follow

__all__ = ["OnlineDistiller"]

Array = npt.NDArray[Any]

MODES = ("online", "best_stage")


class OnlineDistiller(BaseDistiller):
    """Student that follows the stages of a teacher's training, out of fold.

    A teacher early in its training says simple things, and a small student can learn
    these; the finished teacher may be too complex for it [1]_. So the student's first
    rounds or epochs match the teacher's first stages, its last the finished teacher:
    at a fraction of its training, the teacher's next stage. The stages label rows that
    the teacher of that fold never saw, which the paper does not do.

    Parameters
    ----------
    teacher : estimator, default=None
        Classifier with ``predict_proba`` and stages: ``staged_predict_proba``
        (boosters of scikit-learn, or checkpoints of any object that has it), XGBoost,
        LightGBM, CatBoost, a random forest (its first trees), ``partial_fit`` with
        ``max_iter`` (networks, stochastic gradients) or ``warm_start``; or a pipeline
        that ends in one. It is cloned, never changed. A
        :class:`skdistill.nn.NeuralClassifier` is asked between its epochs, or, with
        ``keep_checkpoints=True``, afterwards.
        None is ``HistGradientBoostingClassifier()``, which is fitted whatever
        `target` needs: what has stages is the teacher.
    student : estimator, default=None
        Learner with rounds or epochs, or a pipeline that ends in one; cloned, never
        changed. Boosters (not CatBoost) are re-targeted between rounds,
        ``MLPClassifier`` and learners with ``partial_fit`` between epochs (all
        ``max_iter`` are run), those with ``warm_start`` from fit to fit (a
        ``NeuralClassifier`` trains its share of ``max_epochs`` on each stage). With
        ``mode="best_stage"`` any learner that another distiller takes.
        None is ``HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8)``.
    stages : int or iterable of float, default=10
        Fractions of training, increasing, in (0, 1]; an int m is 1/m, 2/m, ..., 1. The
        first stage whose fraction is at least the student's own is followed, and the
        last one where there is none.
    temperature : float, default=1.0
        Softens teacher and student in the loss, in (0, inf); for students that
        minimise a cross-entropy of logits.
    alpha : float, default=1.0
        Weight of the teacher's part against the labels, in [0, 1], at every stage.
    cv : int, splitter or iterable of splits, default=5
        An int makes shuffled stratified folds, grouped if ``fit`` gets groups.
    mode : {"online", "best_stage"}, default="online"
        ``"best_stage"`` is the cheap alternative: plain distillation from the single
        stage of least out-of-fold log-loss, an early-stopped teacher.
    n_repeats : int, default=1
        Times the folds are redrawn; probabilities are averaged.
    target : rule or list of rules, default=None
        Rules of :mod:`skdistill.targets`, applied at every stage.
    calibration : {None, "auto", "temperature", "sigmoid", "isotonic"}, default=None
        Map fitted on out-of-fold probabilities of other rows, to each stage by itself.
    loss : {"auto", "cross_entropy", "squared_error"}, default="auto"
        What the student minimises; "auto" is what it can minimise exactly.
    scale : {"prob", "log"}, default="prob"
        Scale of the targets of a squared error; a ``NeuralClassifier`` matches logits,
        and so takes "log" alone.
    missing_class : {"prior", "error"}, default="prior"
        What a class absent from a training fold gets.
    memory : str, Path or joblib.Memory, default=None
        Store of finished folds, with all their stages.
    n_jobs : int, default=None
        Folds at a time; results do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds and every ``random_state`` of teacher and student that is None.
    verbose : int, default=0
        1 prints a line a teacher, with the time left, to standard error.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    student_ : estimator
        The fitted student, a plain learner that predicts without this package.
    stages_ : ndarray of shape (n_stages,)
        Fractions of training.
    stage_log_losses_ : ndarray of shape (n_stages,)
        Out-of-fold log-loss of the teacher at each stage, in nats.
    best_stage_ : int
        Place of the least of them.
    teacher_proba_ : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the last stage; of the best one with
        ``mode="best_stage"``.
    targets_ : ndarray of shape (n_samples, n_classes)
        What the student was asked to match at that stage.
    crossfit_ : CrossFit
        Splits, coverage and counts, of that stage.
    alpha_, route_, scale_ : float, str, str
        As used. ``route_`` is "network" for an ``MLPClassifier`` that follows.
    selection_ : tuple
        Empty: nothing is chosen here.
    n_features_in_ : int
        Number of features, if the student counts them.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, if X had string names.

    Warnings
    --------
    A temperature well above 1 with late stages hands the teacher's overconfidence to
    the student, whose own probabilities are not tempered. In ``benchmarks/online.py``
    small networks that follow at temperature 4 are nearer to the truth in their labels
    than those of the last stage (accuracy against the most probable true class .669
    for .655), but have a cross-entropy to the true probabilities of 1.66 nats, where
    the student of the best stage has 1.07. Recalibrate before you use probabilities
    (``CalibratedClassifierCV(FrozenEstimator(distiller))`` on held-out rows).

    Compare with ``mode="best_stage"``, which costs less: there it was better still
    (.675). Boosters gained nothing from following on the five real data sets of the
    benchmark: their log-loss was higher than with the last stage on all of them.

    Notes
    -----
    Stages of ``8 * n_stages * n_samples * n_classes`` bytes are held after the fit, for
    :attr:`trajectory_` and ``refit_student``; they are not pickled.

    A student whose objective has one minimum (logistic regression) forgets the way if
    it converges at the last stage: limit its ``max_iter``. First trees of a forest are
    noisier than all of them, but not simpler.

    References
    ----------
    .. [1] H. Harutyunyan, A. S. Rawat, A. K. Menon, S. Kim and S. Kumar, "Supervision
       Complexity and its Role in Knowledge Distillation", ICLR 2023.
       :doi:`10.48550/arXiv.2301.12245`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from skdistill import OnlineDistiller
    >>> X, y = load_iris(return_X_y=True)
    >>> distiller = OnlineDistiller(
    ...     GradientBoostingClassifier(n_estimators=40),
    ...     HistGradientBoostingClassifier(max_iter=10),
    ...     stages=5, random_state=0,
    ... ).fit(X, y)
    >>> distiller.student_.n_iter_
    10
    >>> distiller.trajectory_.shape
    (5, 150, 3)
    >>> 0 <= distiller.best_stage_ < 5
    True
    """

    #: The engine of all distillers asks for it; the trajectory is not corrected.
    correction = None

    def __init__(
        self,
        teacher: Any = None,
        student: Any = None,
        *,
        stages: Any = 10,
        temperature: float = 1.0,
        alpha: float = 1.0,
        cv: Any = 5,
        mode: str = "online",
        n_repeats: int = 1,
        target: Any = None,
        calibration: str | None = None,
        loss: str = "auto",
        scale: str = "prob",
        missing_class: str = "prior",
        memory: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.stages = stages
        self.temperature = temperature
        self.alpha = alpha
        self.cv = cv
        self.mode = mode
        self.n_repeats = n_repeats
        self.target = target
        self.calibration = calibration
        self.loss = loss
        self.scale = scale
        self.missing_class = missing_class
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @property
    def trajectory_(self) -> Array:
        """Out-of-fold probabilities at each stage, (n_stages, n_samples, n_classes).

        A fresh copy each time. It is there until the distiller is pickled or copied.
        """
        if not hasattr(self, "_trajectory"):
            raise AttributeError(
                "trajectory_ is there where fit was called: it is not pickled."
            )
        return self._trajectory.proba

    def __getstate__(self) -> dict[str, Any]:
        """Leave the training data and the trajectory behind."""
        state = super().__getstate__()
        state.pop("_trajectory", None)
        return state

    def _teachers(self) -> list[Any]:
        if self.teacher is None:
            return [HistGradientBoostingClassifier()]
        return super()._teachers()

    def _students(self) -> list[Any]:
        if self.student is None:
            return [HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8)]
        return super()._students()

    def _settings(self, student: Any, weighted: bool) -> Settings:
        find = find_follower if self.mode == "online" else find_route
        return check_settings(
            self, student, weighted=weighted, allow_auto=False, find=find
        )

    def _check(self, *arguments: Any) -> Problem:
        if self.mode not in MODES:
            names = " or ".join(repr(one) for one in MODES)
            raise ValueError(f"mode must be {names}, got {self.mode!r}.")
        for name in ("teacher", "student"):
            given = getattr(self, name)
            if isinstance(given, list | tuple):
                raise TypeError(
                    f"{name} must be one estimator for OnlineDistiller, got a list of "
                    f"{len(given)}. CrossFitDistiller takes several."
                )
        problem = super()._check(*arguments)
        self._check_stages(problem.routed.teachers[0])
        return problem

    def _check_teachers(self) -> None:
        self._check_stages({})

    def _check_stages(self, params: dict[str, Any]) -> None:
        check_stage_engine(
            self._teachers()[0],
            check_stages(self.stages),
            self.cv,
            self.n_repeats,
            self.calibration,
            self.missing_class,
            params,
        )

    def _check_given(self, when: str) -> None:
        raise ValueError(
            "teacher_proba must be None for OnlineDistiller, which asks the teacher at "
            "stages of its training. Use CrossFitDistiller, or give the teacher "
            "staged_predict_proba."
        )

    def _ask_teachers(
        self, problem: Problem, steps: Steps
    ) -> tuple[CrossFit, list[Trial]]:
        split = dict(problem.routed.split)
        groups = split.pop("groups", None)
        rows = Rows(problem.X, problem.codes, problem.classes, problem.sample_weight)
        request = draw_up(
            self._teachers()[0],
            rows,
            cv=self.cv,
            n_repeats=self.n_repeats,
            groups=groups,
            calibration=self.calibration,
            missing_class=self.missing_class,
            random_state=problem.seeds[0],
            fit_params=problem.routed.teachers[0],
            split_params=split,
            stages=check_stages(self.stages),
        )
        (results,) = run(
            [request.batch],
            problem.X,
            problem.labels,
            X_unlabeled=problem.X_unlabeled,
            engine=Engine(self.memory, self.n_jobs, self.verbose, steps),
        )
        found = trajectory_of(request, results, problem.codes, problem.sample_weight)
        self._trajectory = found
        record = self._taught_by(found)
        warn_about(record)
        return record, []

    def _taught_by(self, trajectory: Trajectory) -> CrossFit:
        place = trajectory.best if self.mode == "best_stage" else -1
        return trajectory.records[place]

    def _fixed_trials(self, problem: Problem, crossfit: CrossFit) -> list[Trial]:
        return []

    def _rival(self, student: Any, problem: Problem, *, score: bool) -> Rival:
        settings = self._settings(student, problem.routed.student_weight is not None)
        return Rival(student, problem, settings, [], [])

    def _fit_students(
        self, problem: Problem, crossfit: CrossFit, steps: Steps
    ) -> list[Fitted]:
        if self.mode == "best_stage":
            return super()._fit_students(problem, crossfit, steps)
        (student,) = self._students()
        problem = problem.for_student(0)
        settings = self._rival(student, problem, score=False).settings
        trajectory: Trajectory = self._trajectory
        steps.stage(f"student {type(student).__name__}", 1, "fit")
        course = Course(
            trajectory.stages,
            lambda stage: assemble(problem, trajectory.records[stage], settings),
        )
        fresh = seeded(student, problem.seeds[2])
        fitted = follow(clone(fresh), course, loss=settings.loss)
        steps.step()
        last = assemble(problem, crossfit, settings)
        return [Fitted(fresh, fitted, settings, (), last)]

    def _distil(self, problem: Problem, crossfit: CrossFit, steps: Steps) -> Self:
        trajectory: Trajectory = self._trajectory
        # Not the one of fit: the mode may have been set since.
        self._record = self._taught_by(trajectory)
        super()._distil(problem, self._record, steps)
        self.stages_ = np.array(trajectory.stages)
        self.stage_log_losses_ = np.array(trajectory.log_losses)
        self.best_stage_ = trajectory.best
        return self
