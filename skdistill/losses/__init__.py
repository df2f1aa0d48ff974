"""Objectives of real-valued targets and a student's scores: values and derivatives."""

from ._base import Loss
from ._bipartite import BipartiteRanking
from ._cross_entropy import CrossEntropy
from ._squared_error import SquaredError

__all__ = ["BipartiteRanking", "CrossEntropy", "Loss", "SquaredError"]
