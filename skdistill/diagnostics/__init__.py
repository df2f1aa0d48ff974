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

__all__ = [
    "DistillationReport",
    "GradientRescaling",
    "LeakageCheck",
    "ModelMeasure",
    "TeacherQuality",
    "distillation_report",
    "gradient_rescaling",
    "leakage_check",
    "measure_model",
    "teacher_quality",
]
