"""How hard targets are for a student: its kernel, and the complexity on it."""

from skdistill.diagnostics.complexity._gram import ArrayKernel, Kernel
from skdistill.diagnostics.complexity._measure import supervision_complexity
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._targets import center_targets

__all__ = [
    "ArrayKernel",
    "Kernel",
    "SupervisionComplexity",
    "center_targets",
    "supervision_complexity",
]
