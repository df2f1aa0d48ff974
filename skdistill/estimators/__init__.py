"""The five steps wired together as scikit-learn classifiers."""

from skdistill.estimators._candidates import Candidate
from skdistill.estimators._crossfit import CrossFitDistiller
from skdistill.estimators._distilled import DistilledClassifier
from skdistill.estimators._online import OnlineDistiller
from skdistill.estimators._several import FittedStudent

__all__ = [
    "Candidate",
    "CrossFitDistiller",
    "DistilledClassifier",
    "FittedStudent",
    "OnlineDistiller",
]
