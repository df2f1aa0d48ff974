"""The five steps wired together: what both distillers share."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import (
    CallbackSupportMixin,
    accepts_sparse_and_nan,
    n_rows,
    with_callbacks,
)
from skdistill.crossfit import NO_TEACHER, CrossFit, check_memory
from skdistill.estimators._diagram import Diagram
from skdistill.estimators._fit import assemble, fit_on
from skdistill.estimators._outcome import publish
from skdistill.estimators._parameters import Settings, check_settings
from skdistill.estimators._prediction import StudentPredictions
from skdistill.estimators._problem import Problem, check_problem
from skdistill.estimators._rehearsal import rehearse
from skdistill.estimators._routing import make_router, route_arguments
from skdistill.estimators._selection import Rival, choose
from skdistill.estimators._several import Fitted, fit_one
from skdistill.estimators._steps import Steps
from skdistill.estimators._target_access import TargetParameters
from skdistill.estimators._teachers import without_teacher
from skdistill.estimators._trials import Trial
from skdistill.estimators._weight_blind import refuse_weight_blind
from skdistill.targets import needs_teacher

__all__ = ["BaseDistiller"]

Array = npt.NDArray[Any]


class BaseDistiller(
    Diagram,
    CallbackSupportMixin,
    StudentPredictions,
    TargetParameters,
    MetaEstimatorMixin,
    ClassifierMixin,
    BaseEstimator,
):
    """Teacher probabilities, targets, objective, student: in that order.

    A subclass says where the probabilities come from and how "auto" is settled.
    """

    _allow_auto = False

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        teacher_proba: npt.ArrayLike | None = None,
        X_unlabeled: Any = None,
        **params: Any,
    ) -> Self:
        """Fit the teacher, make the targets, fit the student.

        With ``teacher=None`` and a `target` that needs no teacher, none is fitted.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} with n_samples rows
            Handed on untouched, of any kind teacher and student understand.
        y : array-like of shape (n_samples,)
            Labels of any type.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights, of the teacher's fit and the student's objective.
            With metadata routing each gets them if it requested them.
        teacher_proba : array-like of shape (n_samples, n_classes), default=None
            Teacher probabilities that the user brings, columns in ``np.unique(y)``
            order; then no teacher is fitted. They must be out of fold, or the student
            learns what the teacher memorised.
        X_unlabeled : like X with n_unlabeled rows, default=None
            Rows without labels, labelled by the (mean of the) teachers; their targets
            are never corrected.
        **params : dict
            ``groups`` for the splitter; with metadata routing, whatever teacher,
            student and splitter requested.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            If a parameter or the data are refused; before any teacher is fitted.
        """
        problem = self._check(X, y, sample_weight, teacher_proba, X_unlabeled, params)
        asked = teacher_proba is None and bool(self._teachers())
        steps = Steps(self, asked + 1, X, y)
        self._try_students(problem)
        problem = self._synthesize(problem)
        trials: list[Trial] = []
        if problem.teacher_proba is not None:
            crossfit = CrossFit(
                problem.teacher_proba, problem.classes, source="teacher_proba"
            )
        elif not asked:
            crossfit = without_teacher(problem)
        else:
            crossfit, trials = self._ask_teachers(problem, steps)
        self._problem = problem
        self._record = crossfit
        self._trials = trials or self._fixed_trials(problem, crossfit)
        self._distil(problem, crossfit, steps)
        steps.end()
        return self

    def refit_student(self, student: Any = None, **params: Any) -> Self:
        """Fit another student, or other loss parameters, to the probabilities in hand.

        Parameters
        ----------
        student : estimator, default=None
            The new student; None keeps the present one.
        **params : dict
            Parameters of the distiller that do not concern the teacher, such as
            ``alpha=0.5`` or ``student__max_depth=4``.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a parameter concerns the teacher, or the training data are gone (they
            are not pickled with a distiller).
        """
        check_is_fitted(self)
        problem = self._training_data()
        allowed = {"alpha", "correction", "loss", "n_jobs", "scale", "target"}
        allowed |= {"temperature"}
        allowed &= set(self.get_params(deep=False))
        for name in params:
            if name not in allowed and not name.startswith(("student__", "target__")):
                raise ValueError(
                    f"params must be of {sorted(allowed)}, student__* or target__*, "
                    f"got {name!r}. {self._remedy_for(name)}"
                )
        before = self.get_params(deep=False)
        if student is not None:
            self.student = student
        if any(name.startswith("student__") for name in params):
            # The object that the user handed in is not ours to change.
            self.student = clone(self.student)
        try:
            self.set_params(**params)
            self._check_asked()
            if student is not None:
                self._try_students(problem)
            return self._distil(problem, self._record, Steps())
        except BaseException:
            # The distiller stays what it was: fitted, with the parameters it fits.
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def _remedy_for(self, name: str) -> str:
        """Say where a parameter that `refit_student` does not know belongs."""
        if any(name in one.get_params() for one in self._students()):
            return f"It is one of the student's: write student__{name}."
        return "A new teacher needs a new fit."

    def baseline_student(self) -> Any:
        """Fit the same student to the labels alone, by the same route and seed.

        Once fitted, as by ``report``, it is kept and pickled with the distiller.

        Returns
        -------
        estimator
            What distilling is to be compared with.

        Raises
        ------
        ValueError
            If it was not fitted yet, and the training data are gone (they are not
            pickled with a distiller).
        """
        check_is_fitted(self)
        if not hasattr(self, "_baseline"):
            self._baseline = self._fit_baseline()
        return self._baseline

    def _fit_baseline(self) -> Any:
        problem = self._training_data()
        place, student, settings = self._fitted_with
        settings = replace(settings, alpha=0.0, correction=None, rules=())
        problem = problem.for_student(place)
        data = assemble(problem, self.crossfit_, settings)
        return fit_on(clone(student), data, settings)

    def get_metadata_routing(self) -> Any:
        """Metadata routing of teacher, student and splitter.

        Returns
        -------
        MetadataRouter
        """
        return make_router(
            self, self._teachers(), self._students(), getattr(self, "cv", None)
        )

    def __sklearn_tags__(self) -> Any:
        """Sparse and missing values only if teacher *and* student take them."""
        tags = super().__sklearn_tags__()
        parts = [*self._teachers(), *self._students()]
        known = [part for part in parts if hasattr(part, "__sklearn_tags__")]
        accepted = [accepts_sparse_and_nan(part) for part in known]
        tags.input_tags.sparse = all(sparse for sparse, _ in accepted)
        tags.input_tags.allow_nan = all(allow_nan for _, allow_nan in accepted)
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Leave the training data behind."""
        state: dict[str, Any] = dict(super().__getstate__())
        for name in ("_problem", "_record", "_trials", "_fitted_with"):
            state.pop(name, None)
        return state

    @abstractmethod
    def _check_teachers(self) -> None:
        """Refuse teachers that cannot serve, before any is fitted."""

    def _check_given(self, when: str) -> None:
        """Refuse what has no meaning where no teacher is fitted, and say when."""

    @abstractmethod
    def _ask_teachers(
        self, problem: Problem, steps: Steps
    ) -> tuple[CrossFit, list[Trial]]:
        """Fit the teachers; return their probabilities of every row.

        And, where students have to be judged, the folds for it.
        """

    def _synthesize(self, problem: Problem) -> Problem:
        """Make the rows that the teachers are going to label besides those of X."""
        return problem

    @abstractmethod
    def _fixed_trials(self, problem: Problem, crossfit: CrossFit) -> list[Trial]:
        """Folds with these probabilities, where a student has to be judged."""

    @abstractmethod
    def _rival(self, student: Any, problem: Problem, *, score: bool) -> Rival:
        """Return what is to be tried with a student; `score` it even if nothing is."""

    def _teachers(self) -> list[Any]:
        if self.teacher is None:
            asked = needs_teacher(self.target)
            return [RandomForestClassifier()] if asked else []
        several = isinstance(self.teacher, list | tuple)
        return list(self.teacher) if several else [self.teacher]

    def _students(self) -> list[Any]:
        if self.student is None:
            return [DecisionTreeClassifier(max_leaf_nodes=32)]
        several = isinstance(self.student, list | tuple)
        students = list(self.student) if several else [self.student]
        if not students:
            raise ValueError("student must be a learner or a list of some, got [].")
        return students

    def _try_students(self, problem: Problem) -> None:
        """Refuse students that cannot be fitted, before any teacher is."""
        for i, student in enumerate(self._students()):
            part = problem.for_student(i)
            settings = self._settings(student, weighted=False)
            if problem.teacher_proba is None and self._teachers():
                rehearse(student, part, settings)
            refuse_weight_blind(student, part, settings)

    def _training_data(self) -> Problem:
        if not hasattr(self, "_problem"):
            raise ValueError(
                "refit_student and baseline_student must be called where fit was "
                "called, got a distiller without its training data (it was copied or "
                "pickled). "
                "Call fit(X, y, teacher_proba=distiller.teacher_proba_)."
            )
        return self._problem

    def _check_asked(self) -> None:
        """Refuse rules that need a teacher where none was asked."""
        if self._record.source == NO_TEACHER and needs_teacher(self.target):
            raise ValueError(
                "target must need no teacher for refit_student where fit asked none, "
                f"got {self.target!r:.80}. Call fit with it."
            )

    def _settings(self, student: Any, weighted: bool) -> Settings:
        return check_settings(
            self, student, weighted=weighted, allow_auto=self._allow_auto
        )

    def _check(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        teacher_proba: Any,
        X_unlabeled: Any,
        params: dict[str, Any],
    ) -> Problem:
        mixed = X_unlabeled is not None and self.alpha != 1
        for student in self._students():
            settings = self._settings(student, sample_weight is not None or mixed)
            if X_unlabeled is not None:
                _check_label_free(settings)
        if teacher_proba is not None:
            self._check_given("teacher_proba is given")
        elif self._teachers():
            self._check_teachers()
        elif self.teacher is None:
            self._check_given("teacher is None and target needs no teacher")
        else:
            raise ValueError("teacher must be a classifier or a list of some, got [].")
        check_memory(self.memory)
        routed = route_arguments(
            self,
            self._teachers() if teacher_proba is None else [],
            self._students(),
            sample_weight,
            params,
            n_rows(X),
        )
        seeds = check_random_state(self.random_state).randint(
            np.iinfo(np.int32).max, size=3
        )
        return check_problem(
            X,
            y,
            sample_weight=sample_weight,
            teacher_proba=teacher_proba,
            X_unlabeled=X_unlabeled,
            routed=routed,
            seeds=tuple(int(one) for one in seeds),
            owner=type(self).__name__,
        )

    def _distil(self, problem: Problem, crossfit: CrossFit, steps: Steps) -> Self:
        publish(self, self._fit_students(problem, crossfit, steps), problem, crossfit)
        return self

    def _fit_students(
        self, problem: Problem, crossfit: CrossFit, steps: Steps
    ) -> list[Fitted]:
        students = self._students()
        rivals = [
            self._rival(student, problem.for_student(i), score=len(students) > 1)
            for i, student in enumerate(students)
        ]
        fits = []
        choices = choose(rivals, n_jobs=self.n_jobs, steps=steps)
        for rival, choice in zip(rivals, choices, strict=True):
            fits.append(fit_one(rival.student, rival.problem, crossfit, *choice))
            steps.step()
        return fits


def _check_label_free(settings: Settings) -> None:
    needing = [rule for rule in settings.rules if getattr(rule, "needs_labels", False)]
    if needing:
        raise ValueError(
            f"X_unlabeled must be None with the target rule {needing[0]!r}, which "
            "needs labels."
        )
