"""Knowledge distillation for scikit-learn: train the big model, ship the small one."""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_ROOMS = {
    "CrossFitDistiller": "estimators",
    "DistilledClassifier": "estimators",
    "OnlineDistiller": "estimators",
    "cross_fit_proba": "crossfit",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: scikit-learn's second is not for ``--help`` to pay."""
    if name in _ROOMS:
        return getattr(importlib.import_module(f"skdistill.{_ROOMS[name]}"), name)
    if name in _ROOMS.values():
        return importlib.import_module(f"skdistill.{name}")
    raise AttributeError(f"module 'skdistill' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
