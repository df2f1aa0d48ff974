"""What a typed program does with skdistill; CI checks it against the installed wheel.

Every ``assert_type`` here is a promise: ``mypy --strict`` fails if a name loses it.
"""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

from skdistill import CrossFitDistiller, DistilledClassifier, cross_fit_proba
from skdistill.crossfit import CrossFit
from skdistill.diagnostics import LeakageCheck, leakage_check, teacher_quality
from skdistill.losses import CrossEntropy
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LossCorrection, Temperature, TopK

Array = npt.NDArray[np.float64]


def distil(teacher: Any, X: Array, y: npt.NDArray[np.int64]) -> str:
    """Fit, refit, and ask for evidence."""
    distiller = CrossFitDistiller(teacher, cv=5, alpha="auto", random_state=0)
    assert_type(distiller.fit(X, y), CrossFitDistiller)
    assert_type(distiller.refit_student(student__max_depth=3), CrossFitDistiller)
    plain = DistilledClassifier(teacher, SoftLogisticRegression(), temperature=2.0)
    assert_type(plain.fit(X, y), DistilledClassifier)
    found = cross_fit_proba(teacher, X, y)
    assert_type(found, CrossFit)
    check = leakage_check(plain.teacher_proba_, found.proba, y)
    assert_type(check, LeakageCheck)
    assert_type(check.sentence, str)
    return f"{teacher_quality(found.proba, y)} {check.sentence}"


def rules(P: Array, y: npt.NDArray[np.int64]) -> float:
    """Targets and objective, without an estimator."""
    for rule in (Temperature(2.0), TopK(2), LossCorrection("fast")):
        P = rule(P, y)
    assert_type(CrossEntropy().value(P, np.log(P)), float)
    return CrossEntropy().value(P, np.log(P))
