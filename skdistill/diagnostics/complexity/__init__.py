"""How hard targets are for a student: its kernel, and the complexity on it."""

from skdistill.diagnostics.complexity._features import (
    LeafKernel,
    LinearKernel,
    PairwiseKernel,
)
from skdistill.diagnostics.complexity._gram import ArrayKernel, Kernel
from skdistill.diagnostics.complexity._margin import MarginBound, margin_bound
from skdistill.diagnostics.complexity._mlp import PerceptronKernel
from skdistill.diagnostics.complexity._rank import (
    SupervisionRanking,
    rank_supervision,
)
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._students import student_kernel
from skdistill.diagnostics.complexity._supervision import supervision_complexity
from skdistill.diagnostics.complexity._targets import center_targets
from skdistill.diagnostics.complexity._torch import ModuleKernel

__all__ = [
    "ArrayKernel",
    "Kernel",
    "LeafKernel",
    "LinearKernel",
    "MarginBound",
    "ModuleKernel",
    "PairwiseKernel",
    "PerceptronKernel",
    "SupervisionComplexity",
    "SupervisionRanking",
    "center_targets",
    "margin_bound",
    "rank_supervision",
    "student_kernel",
    "supervision_complexity",
]
