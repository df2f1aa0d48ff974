"""Step 2 of five: rules that turn teacher probabilities and labels into targets."""

from skdistill.targets._assemble import (
    Targets,
    as_rules,
    make_targets,
    make_unlabeled_targets,
    needs_teacher,
    on_simplex,
)
from skdistill.targets._class_vectors import class_vectors
from skdistill.targets._correction import RULES, LossCorrection
from skdistill.targets._partial import PartialTeacher
from skdistill.targets._rules import LabelSmoothing, Temperature, one_hot, temper
from skdistill.targets._similarity import ClassSimilarity
from skdistill.targets._top_k import TopK
from skdistill.targets._top_k_targets import TopKTargets

__all__ = [
    "RULES",
    "ClassSimilarity",
    "LabelSmoothing",
    "LossCorrection",
    "PartialTeacher",
    "Targets",
    "Temperature",
    "TopK",
    "TopKTargets",
    "as_rules",
    "class_vectors",
    "make_targets",
    "make_unlabeled_targets",
    "needs_teacher",
    "on_simplex",
    "one_hot",
    "temper",
]
