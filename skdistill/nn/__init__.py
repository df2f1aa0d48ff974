"""Neural teachers and students in torch: ``pip install "skdistill[torch]"``.

Importing this package loads nothing; torch is imported with the first name.
"""

from importlib import import_module
from typing import Any

#: Public names and the modules they live in.
_ROOMS = {
    "Augmentation": "skdistill.nn._augment",
    "BipartiteRankingLoss": "skdistill.losses._torch",
    "Compose": "skdistill.nn._augment",
    "Cutout": "skdistill.nn._augment",
    "DeviceBatches": "skdistill.nn._batches",
    "DistillationLoss": "skdistill.nn._loss",
    "FixedViews": "skdistill.nn._views",
    "HorizontalFlip": "skdistill.nn._augment",
    "NeuralClassifier": "skdistill.nn._classifier",
    "QueriedTeachers": "skdistill.nn._sources",
    "RandomCrop": "skdistill.nn._augment",
    "ViewTargets": "skdistill.nn._sources",
    "distillation_targets": "skdistill.nn._loss",
    "fold_teachers": "skdistill.nn._fold_teachers",
    "soft_cross_entropy": "skdistill.nn._loss",
    "squared_error": "skdistill.nn._loss",
    "view_logits": "skdistill.nn._views",
}

__all__ = [*_ROOMS]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Import the room of a public name when it is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
