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
    SupervisionComplexity,
    center_targets,
    student_kernel,
    supervision_complexity,
)

__all__ = [
    "DistillationReport",
    "LeakageCheck",
    "ModelMeasure",
    "SupervisionComplexity",
    "TeacherQuality",
    "center_targets",
    "distillation_report",
    "leakage_check",
    "measure_model",
    "student_kernel",
    "supervision_complexity",
    "teacher_quality",
]
