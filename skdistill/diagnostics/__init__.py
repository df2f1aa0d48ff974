"""Step 5 of five: evidence that distilling paid, or did not."""

from skdistill.diagnostics._intervals import Interval
from skdistill.diagnostics._measure import ModelMeasure, measure_model
from skdistill.diagnostics._quality import (
    LeakageCheck,
    TeacherQuality,
    leakage_check,
    teacher_quality,
)
from skdistill.diagnostics._report import DistillationReport, distillation_report
from skdistill.diagnostics._segments import Segment
from skdistill.diagnostics.displays import (
    GradientRescalingDisplay,
    ParetoDisplay,
    ReliabilityDisplay,
    SelectionDisplay,
    TrajectoryDisplay,
)

__all__ = [
    "DistillationReport",
    "GradientRescalingDisplay",
    "Interval",
    "LeakageCheck",
    "ModelMeasure",
    "ParetoDisplay",
    "ReliabilityDisplay",
    "Segment",
    "SelectionDisplay",
    "TeacherQuality",
    "TrajectoryDisplay",
    "distillation_report",
    "leakage_check",
    "measure_model",
    "teacher_quality",
]
