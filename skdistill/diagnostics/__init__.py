"""Step 5 of five: evidence that distilling paid, or did not."""

from skdistill.diagnostics._ablation import AblationRow, KnowledgeAblation, Part
from skdistill.diagnostics._ablation_run import knowledge_ablation
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
    "AblationRow",
    "DistillationReport",
    "GradientRescaling",
    "KnowledgeAblation",
    "LeakageCheck",
    "ModelMeasure",
    "Part",
    "TeacherQuality",
    "distillation_report",
    "gradient_rescaling",
    "knowledge_ablation",
    "leakage_check",
    "measure_model",
    "teacher_quality",
]
