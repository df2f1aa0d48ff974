"""Step 2 of five: rules that turn teacher probabilities and labels into targets."""

from skdistill.targets._assemble import (
    Targets,
    as_rules,
    make_targets,
    make_unlabeled_targets,
    on_simplex,
)
from skdistill.targets._correction import RULES, LossCorrection
from skdistill.targets._rules import LabelSmoothing, Temperature, one_hot, temper

__all__ = [
    "RULES",
    "LabelSmoothing",
    "LossCorrection",
    "Targets",
    "Temperature",
    "as_rules",
    "make_targets",
    "make_unlabeled_targets",
    "on_simplex",
    "one_hot",
    "temper",
]
