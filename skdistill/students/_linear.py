"""Route ``linear``: logistic regression on soft targets, solved by the fused kernel.

What comes out is a fitted :class:`sklearn.linear_model.LogisticRegression`.
"""

import math
import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import validate_data

from skdistill.losses import CrossEntropy
from skdistill.students._class_weight import class_weights
from skdistill.students._data import StudentData
from skdistill.students._softmax_solver import fit_softmax

__all__ = ["LinearRoute"]

#: Solvers that minimise the objective solved here; liblinear penalises the intercept.
_SAME_OBJECTIVE = ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")


class LinearRoute:
    """``LogisticRegression`` with an L2 penalty or none."""

    name = "linear"
    any_temperature = True
    any_sign = True

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return (
            type(student) is LogisticRegression
            and student.solver in _SAME_OBJECTIVE
            and _ridge_strength(student) is not None
        )

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises."""
        return ("cross_entropy",)

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if student.class_weight is not None and temperature != 1:
            # The tempered and the hard part of a row would need different weights.
            return (
                "class_weight of the student must be None with a temperature, got "
                f"{student.class_weight!r}. Use sample_weight, or temperature=1."
            )
        return ""

    def fit(self, student: Any, data: StudentData, loss: str) -> Any:
        """Fit `student` in place and return it."""
        X = validate_data(
            student,
            data.X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            order="C",
            accept_large_sparse=False,
        )
        targets = data.targets
        weights = class_weights(
            student.class_weight, data.classes, data.codes, data.label_weight
        )
        solution = fit_softmax(
            X.astype(np.float64) if sparse.issparse(X) else X,
            targets.values * weights,
            loss=CrossEntropy(targets.temperature, targets.alpha),
            sample_weight=data.sample_weight,
            C=_ridge_strength(student) or math.inf,
            fit_intercept=student.fit_intercept,
            tol=student.tol,
            max_iter=student.max_iter,
        )
        if not solution.converged:
            warnings.warn(
                f"The student's solver stopped after max_iter={student.max_iter} "
                "iterations without converging. Increase max_iter or scale the data.",
                ConvergenceWarning,
                stacklevel=2,
            )
        student.classes_ = data.classes
        student.coef_ = solution.coef
        student.intercept_ = np.asarray(solution.intercept, dtype=solution.coef.dtype)
        student.n_iter_ = np.array([solution.n_iter], dtype=np.int32)
        return student


def _ridge_strength(student: LogisticRegression) -> float | None:
    """C of an L2 penalty (inf for none); None if there is an L1 part.

    scikit-learn 1.8 replaced ``penalty`` by ``l1_ratio`` and ``C=inf``; both spellings
    are read.
    """
    penalty = getattr(student, "penalty", "deprecated")
    if penalty is None:
        return math.inf
    if penalty in ("l1", "elasticnet") or (
        penalty == "deprecated" and student.l1_ratio
    ):
        return None
    return float(student.C)
