"""Route ``linear``: logistic regression on soft targets, solved by the fused kernel.

What comes out is a fitted :class:`sklearn.linear_model.LogisticRegression`.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import validate_data

from skdistill._sklearn_compat import caller_level
from skdistill.losses import BipartiteRanking, CrossEntropy
from skdistill.students._class_weight import class_weights
from skdistill.students._data import StudentData
from skdistill.students._linear_predictions import previous_solution
from skdistill.students._linear_ranking import fit_linear_ranking
from skdistill.students._ranking import RANKING, as_ranking, ranking_targets
from skdistill.students._softmax_checks import MOST_NEWTON_UNKNOWNS
from skdistill.students._softmax_solver import fit_softmax
from skdistill.targets import TopKTargets

__all__ = ["LinearRoute"]

#: Solvers that minimise the objective solved here; liblinear penalises the intercept.
_SAME_OBJECTIVE = ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")


class LinearRoute:
    """``LogisticRegression`` with any penalty, but not one classifier per class."""

    name = "linear"
    any_temperature = True

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return (
            type(student) is LogisticRegression
            and student.solver in _SAME_OBJECTIVE
            and getattr(student, "multi_class", None) != "ovr"
        )

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises."""
        smooth = not _penalty(student).l1_ratio
        return ("cross_entropy", RANKING) if smooth else ("cross_entropy",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets: with a penalty."""
        return math.inf != _penalty(student).C

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if student.class_weight is not None and temperature != 1:
            # The tempered and the hard part of a row would need different weights.
            return (
                "class_weight of the student must be None with a temperature, got "
                f"{student.class_weight!r}. Use sample_weight, or temperature=1."
            )
        penalty = _penalty(student)
        if penalty.l1_ratio is None:
            return (
                "l1_ratio of the student must be a number in [0, 1] with "
                "penalty='elasticnet', got None."
            )
        if penalty.l1_ratio and student.solver != "saga":
            # Solved as well, but what comes out could not be fitted again.
            return (
                "solver of the student must be 'saga' with an L1 penalty, as in "
                f"scikit-learn, got {student.solver!r}."
            )
        return ""

    def fit(self, student: Any, data: StudentData, loss: Any) -> Any:
        """Fit `student` in place and return it."""
        X = validate_data(
            student,
            data.X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            order="C",
            accept_large_sparse=False,
        )
        ranking = as_ranking(loss)
        if ranking is None:
            solution = _fit_cross_entropy(student, X, data)
        else:
            solution = _fit_ranking(student, X, data, ranking)
        if not solution.converged:
            warnings.warn(
                f"The student's solver stopped after max_iter={student.max_iter} "
                "iterations without converging. Increase max_iter or scale the data.",
                ConvergenceWarning,
                stacklevel=caller_level(),
            )
        student.classes_ = data.classes
        student.coef_ = solution.coef
        student.intercept_ = np.asarray(solution.intercept, dtype=solution.coef.dtype)
        student.n_iter_ = np.array([solution.n_iter], dtype=np.int32)
        return student


def _fit_cross_entropy(student: LogisticRegression, X: Any, data: StudentData) -> Any:
    targets, penalty = data.targets, _penalty(student)
    values = targets.values
    if student.class_weight is not None:
        if isinstance(values, TopKTargets):
            values = values.to_dense()
        values = values * class_weights(
            student.class_weight, data.classes, data.codes, data.label_weight
        )
    return fit_softmax(
        X.astype(np.float64) if sparse.issparse(X) else X,
        values,
        loss=CrossEntropy(targets.temperature, targets.alpha),
        sample_weight=data.sample_weight,
        C=penalty.C,
        l1_ratio=penalty.l1_ratio or 0.0,
        fit_intercept=student.fit_intercept,
        solver=_solver(student, penalty, X.shape[1], len(data.classes)),
        tol=student.tol,
        max_iter=student.max_iter,
        **previous_solution(student, data.classes, X.shape[1]),
    )


def _fit_ranking(
    student: LogisticRegression, X: Any, data: StudentData, loss: BipartiteRanking
) -> Any:
    targets = ranking_targets(data, student.class_weight)
    return fit_linear_ranking(
        X,
        targets * data.row_weight[:, None],
        loss=loss,
        total=float(data.row_weight.sum()),
        C=_penalty(student).C,
        fit_intercept=student.fit_intercept,
        tol=student.tol,
        max_iter=student.max_iter,
        coef=previous_solution(student, data.classes, X.shape[1]).get("coef"),
    )


@dataclass(frozen=True, slots=True)
class _Penalty:
    C: float
    l1_ratio: float | None


def _penalty(student: LogisticRegression) -> _Penalty:
    """Read both spellings.

    scikit-learn 1.8 replaced ``penalty`` by ``l1_ratio`` and ``C=inf``.
    """
    name = getattr(student, "penalty", "deprecated")
    if name is None:
        return _Penalty(math.inf, 0.0)
    if name == "elasticnet":
        return _Penalty(student.C, student.l1_ratio)
    if name == "deprecated":
        return _Penalty(student.C, student.l1_ratio or 0.0)
    return _Penalty(student.C, float(name == "l1"))


def _solver(
    student: LogisticRegression, penalty: _Penalty, n_features: int, n_classes: int
) -> str:
    """Newton steps if the student asks for them and there are not too many unknowns."""
    n_columns = 1 if n_classes == 2 else n_classes
    unknowns = n_columns * (n_features + bool(student.fit_intercept))
    small = unknowns <= MOST_NEWTON_UNKNOWNS and not penalty.l1_ratio
    return "newton-cholesky" if small and "cholesky" in student.solver else "auto"
