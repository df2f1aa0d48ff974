"""Boosters as students: soft targets through each library's own objective hook."""

from skdistill.students._boosters._route import BoosterRoute

__all__ = ["BoosterRoute"]
