"""Figures in scikit-learn's form: ``from_estimator``, ``from_predictions``, ``plot``.

matplotlib is imported when something is drawn, and not before.
"""

from skdistill.diagnostics.displays._gradient_rescaling import GradientRescalingDisplay
from skdistill.diagnostics.displays._matplotlib import can_draw, svg_of
from skdistill.diagnostics.displays._pareto import ParetoDisplay
from skdistill.diagnostics.displays._reliability import ReliabilityDisplay
from skdistill.diagnostics.displays._selection import SelectionDisplay
from skdistill.diagnostics.displays._trajectory import TrajectoryDisplay

__all__ = [
    "GradientRescalingDisplay",
    "ParetoDisplay",
    "ReliabilityDisplay",
    "SelectionDisplay",
    "TrajectoryDisplay",
    "can_draw",
    "svg_of",
]
