"""Knowledge distillation for scikit-learn: train the big model, ship the small one."""

from importlib.metadata import version

from skdistill.crossfit import cross_fit_proba
from skdistill.estimators import (
    CrossFitDistiller,
    DistilledClassifier,
    OnlineDistiller,
)

__all__ = [
    "CrossFitDistiller",
    "DistilledClassifier",
    "OnlineDistiller",
    "__version__",
    "cross_fit_proba",
]

__version__ = version("skdistill")
