"""From teachers to targets, partition by partition; sums are all that comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.crossfit import label_losses
from skdistill.distributed._dask import compute_each, delayed
from skdistill.distributed._groups import Groups
from skdistill.distributed._partitions import Partitions, encode
from skdistill.distributed._teachers import Opinion
from skdistill.targets import LossCorrection, make_targets

__all__ = ["Recipe", "Sums", "label", "measure", "targets_of"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How probabilities and labels become targets.

    Attributes
    ----------
    rules : tuple of callables
    correction : LossCorrection or None
    alpha : float
    """

    rules: tuple[Any, ...]
    correction: LossCorrection | None
    alpha: float


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a partition adds up to.

    Attributes
    ----------
    loss : float
        Log-loss of the teacher on the labels, in nats.
    mass : ndarray of shape (n_classes,)
        Targets.
    """

    loss: float
    mass: Array


def label(opinions: Sequence[Opinion], data: Partitions, groups: Groups) -> list[Any]:
    """Return teacher probabilities of every partition, as delayed.

    A partition without rows has no group, and any teacher says nothing of it.
    """
    holder = delayed(_itself)
    held = [holder(opinion) for opinion in opinions]
    task = delayed(Opinion.proba)
    return [
        task(held[max(int(group), 0)], X)
        for group, X in zip(groups.of, data.rows, strict=True)
    ]


def targets_of(proba: Sequence[Any], data: Partitions, recipe: Recipe) -> list[Any]:
    """Return the targets of every partition, as delayed."""
    task = delayed(_targets)
    return [
        task(P, y, data.classes, recipe, place)
        for place, (P, y) in enumerate(zip(proba, data.labels, strict=True))
    ]


def measure(proba: Sequence[Any], data: Partitions, recipe: Recipe) -> list[Sums]:
    """Compute what every partition adds up to, in one pass over the rows."""
    task = delayed(_sums)
    return compute_each(
        lambda i: task(proba[i], data.labels[i], data.classes, recipe, i),
        range(len(proba)),
    )


def _itself(opinion: Opinion) -> Opinion:
    return opinion


def _targets(proba: Array, y: Any, classes: Array, recipe: Recipe, place: int) -> Array:
    values = make_targets(
        proba,
        encode(proba, y, classes),
        rules=recipe.rules,
        correction=recipe.correction,
        alpha=recipe.alpha,
    ).values
    if (values < 0).any() or not np.allclose(values.sum(axis=1), 1, rtol=0, atol=1e-9):
        raise ValueError(
            "target must make rows that are non-negative and sum to 1 for students "
            f"that are fed in partitions, got others in partition {place}. Use rules "
            "that stay on the simplex."
        )
    return np.asarray(values)


def _sums(proba: Array, y: Any, classes: Array, recipe: Recipe, place: int) -> Sums:
    codes = encode(proba, y, classes)
    values = _targets(proba, y, classes, recipe, place)
    return Sums(float(label_losses(proba, codes).sum()), values.sum(axis=0))
