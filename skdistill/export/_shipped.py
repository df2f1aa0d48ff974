"""Which learner of a model is shipped: the student, wherever the distiller is."""

from dataclasses import dataclass
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

__all__ = ["Shipped", "shipped"]


@dataclass(frozen=True, slots=True)
class Shipped:
    """What of a fitted model leaves the house.

    Attributes
    ----------
    speaker : estimator
        Whose classes, and whose way from predictions to probabilities, hold: the
        distiller if there is one.
    student : estimator
        What is converted: with the steps of a pipeline in front of the distiller.
    """

    speaker: Any
    student: Any


def shipped(model: Any) -> Shipped:
    """Find the distiller of a search or a pipeline, and the student in it.

    Parameters
    ----------
    model : estimator
        A fitted distiller, a learner, or a search, pipeline or frozen estimator that
        holds one.

    Returns
    -------
    Shipped
        `model` itself, twice, if there is no distiller in it.
    """
    if hasattr(model, "student_"):
        return Shipped(model, model.student_)
    if isinstance(model, FrozenEstimator):
        return _around(model, shipped(model.estimator))
    if hasattr(model, "best_estimator_"):
        return _around(model, shipped(model.best_estimator_))
    if isinstance(model, Pipeline):
        inner = shipped(model.steps[-1][1])
        if hasattr(inner.speaker, "student_"):
            steps = [*model.steps[:-1], ("student", inner.student)]
            return Shipped(inner.speaker, Pipeline(steps))
    return Shipped(model, model)


def _around(model: Any, inner: Shipped) -> Shipped:
    return inner if hasattr(inner.speaker, "student_") else Shipped(model, model)
