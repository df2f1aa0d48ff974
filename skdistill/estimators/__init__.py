"""The five steps wired together as scikit-learn classifiers."""

from skdistill.estimators._crossfit import CrossFitDistiller
from skdistill.estimators._distilled import DistilledClassifier

__all__ = ["CrossFitDistiller", "DistilledClassifier"]
