"""Which way of following stages serves a given student."""

from typing import Any, Protocol

from sklearn.pipeline import Pipeline

from skdistill.students._online._boosters import MovingBooster
from skdistill.students._online._course import Course
from skdistill.students._online._epochs import ClassifierEpochs, RegressorEpochs
from skdistill.students._online._network import Network
from skdistill.students._online._warm import (
    WarmClassifier,
    WarmLinear,
    WarmNative,
    WarmRegressor,
)
from skdistill.students._pipeline import fit_transformers, with_last_step
from skdistill.students._routes import check_route, last_step

__all__ = ["Follower", "find_follower", "follow"]


class Follower(Protocol):
    """How one kind of learner follows targets that move.

    Its names and checks are those of a :class:`~skdistill.students.Route`.
    """

    name: str
    any_temperature: bool

    def serves(self, student: Any) -> bool:
        """Whether `student` is followed so."""

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises, the preferred one first."""

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` along the course and return it, or what holds it."""


#: In order of preference: the first that serves a learner is used.
FOLLOWERS: tuple[Follower, ...] = (
    WarmNative(),
    WarmLinear(),
    MovingBooster(),
    Network(),
    RegressorEpochs(),
    ClassifierEpochs(),
    WarmRegressor(),
    WarmClassifier(),
)


def find_follower(
    student: Any,
    *,
    loss: str = "auto",
    scale: str = "prob",
    temperature: float = 1.0,
    weighted: bool = False,
) -> Follower:
    """Return how `student` follows stages, or say why it cannot.

    Called before any teacher is fitted; the parameters are those of
    :func:`skdistill.students.find_route`.

    Raises
    ------
    TypeError
        If `student` is no learner.
    ValueError
        If it has no trajectory, or not with this loss, scale, temperature or weights.
    """
    learner = last_step(student)
    follower = next((one for one in FOLLOWERS if one.serves(learner)), None)
    if follower is None:
        raise ValueError(
            "student must learn in rounds or epochs to follow stages (boosters, "
            "MLPClassifier, partial_fit with max_iter, warm_start with n_estimators, "
            f"max_iter or max_epochs), got {type(learner).__name__}. Use "
            "HistGradientBoostingClassifier or a RandomForestRegressor, or "
            "mode='best_stage', which serves every student."
        )
    check_route(
        follower,  # type: ignore[arg-type]
        learner,
        loss=loss,
        scale=scale,
        temperature=temperature,
        weighted=weighted,
    )
    return follower


def follow(student: Any, course: Course, *, loss: str = "auto") -> Any:
    """Fit `student` (a fresh clone) along the course and return the plain learner.

    A pipeline fits its transformers once, on the rows as they are, with the labels;
    its last step follows.
    """
    learner = last_step(student)
    follower = next(one for one in FOLLOWERS if one.serves(learner))
    chosen = follower.losses(learner)[0] if loss == "auto" else loss
    if isinstance(student, Pipeline):
        head, X = fit_transformers(student, course.data(0))
        last = follow(student.steps[-1][1], course.on_rows(X), loss=loss)
        return with_last_step(student, head, last)
    return follower.follow(student, course, chosen)
