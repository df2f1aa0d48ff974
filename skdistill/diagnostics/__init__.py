"""Step 5 of five: evidence that distilling paid, or did not."""

from skdistill.diagnostics._measure import ModelMeasure, measure_model
from skdistill.diagnostics._quality import (
    LeakageCheck,
    TeacherQuality,
    leakage_check,
    teacher_quality,
)
from skdistill.diagnostics._report import DistillationReport, distillation_report
from skdistill.diagnostics._rescaling import GradientRescaling, gradient_rescaling
from skdistill.diagnostics._risk import RiskDecomposition, risk_decomposition
from skdistill.diagnostics._teachers import (
    RankedTeacher,
    TeacherRanking,
    rank_teachers,
)

__all__ = [
    "DistillationReport",
    "GradientRescaling",
    "LeakageCheck",
    "ModelMeasure",
    "RankedTeacher",
    "RiskDecomposition",
    "TeacherQuality",
    "TeacherRanking",
    "distillation_report",
    "gradient_rescaling",
    "leakage_check",
    "measure_model",
    "rank_teachers",
    "risk_decomposition",
    "teacher_quality",
]
