"""Step 5 of five: evidence that distilling paid, or did not."""

from skdistill.diagnostics._measure import ModelMeasure, measure_model
from skdistill.diagnostics._quality import (
    LeakageCheck,
    TeacherQuality,
    leakage_check,
    teacher_quality,
)
from skdistill.diagnostics._report import DistillationReport, distillation_report
from skdistill.diagnostics.complexity import (
    MarginBound,
    SupervisionComplexity,
    SupervisionRanking,
    center_targets,
    margin_bound,
    rank_supervision,
    student_kernel,
    supervision_complexity,
)

__all__ = [
    "DistillationReport",
    "LeakageCheck",
    "MarginBound",
    "ModelMeasure",
    "SupervisionComplexity",
    "SupervisionRanking",
    "TeacherQuality",
    "center_targets",
    "distillation_report",
    "leakage_check",
    "margin_bound",
    "measure_model",
    "rank_supervision",
    "student_kernel",
    "supervision_complexity",
    "teacher_quality",
]
