"""Step 5 of five: evidence that distilling paid, or did not."""

from skdistill.diagnostics._ablation import (
    AblationRow,
    KnowledgeAblation,
    KnowledgePart,
)
from skdistill.diagnostics._ablation_run import (
    knowledge_ablation,
)
from skdistill.diagnostics._intervals import (
    Interval,
)
from skdistill.diagnostics._measure import (
    ModelMeasure,
    measure_model,
)
from skdistill.diagnostics._quality import (
    LeakageCheck,
    TeacherQuality,
    leakage_check,
    teacher_quality,
)
from skdistill.diagnostics._report import (
    DistillationReport,
    distillation_report,
)
from skdistill.diagnostics._rescaling import (
    GradientRescaling,
    gradient_rescaling,
)
from skdistill.diagnostics._risk import (
    RiskDecomposition,
    risk_decomposition,
)
from skdistill.diagnostics._segments import (
    Segment,
)
from skdistill.diagnostics._teachers import (
    RankedTeacher,
    TeacherRanking,
    rank_teachers,
)
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
from skdistill.diagnostics.displays import (
    GradientRescalingDisplay,
    ParetoDisplay,
    ReliabilityDisplay,
    SelectionDisplay,
    TrajectoryDisplay,
)

__all__ = [
    "AblationRow",
    "DistillationReport",
    "GradientRescaling",
    "GradientRescalingDisplay",
    "Interval",
    "KnowledgeAblation",
    "KnowledgePart",
    "LeakageCheck",
    "MarginBound",
    "ModelMeasure",
    "ParetoDisplay",
    "RankedTeacher",
    "ReliabilityDisplay",
    "RiskDecomposition",
    "Segment",
    "SelectionDisplay",
    "SupervisionComplexity",
    "SupervisionRanking",
    "TeacherQuality",
    "TeacherRanking",
    "TrajectoryDisplay",
    "center_targets",
    "distillation_report",
    "gradient_rescaling",
    "knowledge_ablation",
    "leakage_check",
    "margin_bound",
    "measure_model",
    "rank_supervision",
    "rank_teachers",
    "risk_decomposition",
    "student_kernel",
    "supervision_complexity",
    "teacher_quality",
]
