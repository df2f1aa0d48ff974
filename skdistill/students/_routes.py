"""Step 4 of five: which route takes soft targets to a given student.

The registry asks the learner what it is; it imports no optional library.
"""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from skdistill.students._boosters import BoosterRoute
from skdistill.students._data import StudentData
from skdistill.students._expansion import ExpansionRoute
from skdistill.students._linear import LinearRoute
from skdistill.students._native import NativeRoute
from skdistill.students._pipeline import fit_transformers, with_last_step
from skdistill.students._ranking import RANKING, loss_name
from skdistill.students._regression import RegressionRoute, to_proba
from skdistill.students._tree import TreeRoute
from skdistill.targets import TopKTargets

__all__ = [
    "LOSSES",
    "Route",
    "any_sign",
    "check_route",
    "find_route",
    "fit_student",
    "last_step",
    "student_proba",
]

Array = npt.NDArray[Any]

#: What `loss=` of a distiller may be.
LOSSES = ("auto", "cross_entropy", "squared_error", RANKING)


class Route(Protocol):
    """How one kind of learner minimises an objective of soft targets.

    Attributes
    ----------
    name : str
    any_temperature : bool
        Whether the student's own probabilities can be tempered in the objective.
    """

    name: str
    any_temperature: bool

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises exactly, the preferred one first."""

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""

    def fit(self, student: Any, data: StudentData, loss: Any) -> Any:
        """Fit `student` and return it, or what holds it."""


#: In order of preference: the first that serves a learner is used.
ROUTES: tuple[Route, ...] = (
    NativeRoute(),
    LinearRoute(),
    BoosterRoute(),
    RegressionRoute(),
    TreeRoute(),
    ExpansionRoute(),
)


def find_route(
    student: Any,
    *,
    loss: Any = "auto",
    scale: str = "prob",
    temperature: float = 1.0,
    weighted: bool = False,
) -> Route:
    """Return the route for `student`, or say why there is none.

    Called before any teacher is fitted.

    Parameters
    ----------
    student : estimator
        A learner, or a pipeline that ends in one.
    loss : str or BipartiteRanking
    scale : {"prob", "log"}
    temperature : float
    weighted : bool
        Whether rows have weights.

    Raises
    ------
    TypeError
        If `student` is no learner.
    ValueError
        If no route serves it, or not with this loss, scale, temperature or weights.
    """
    learner = last_step(student)
    route = next((route for route in ROUTES if route.serves(learner)), None)
    if route is None:
        raise ValueError(_why_not(learner))
    check_route(
        route,
        learner,
        loss=loss,
        scale=scale,
        temperature=temperature,
        weighted=weighted,
    )
    return route


def check_route(
    route: Route,
    learner: Any,
    *,
    loss: Any,
    scale: str,
    temperature: float,
    weighted: bool,
) -> None:
    """Refuse parameters with which `route` cannot fit `learner`.

    Raises
    ------
    ValueError
    """
    name = type(learner).__name__
    if is_classifier(learner) and not hasattr(learner, "predict_proba"):
        raise ValueError(
            f"student must have predict_proba, got {name}. Use LogisticRegression, or "
            "a regressor such as LinearSVR."
        )
    loss = loss_name(loss)
    if loss not in LOSSES:
        names = ", ".join(repr(one) for one in LOSSES)
        raise ValueError(f"loss must be one of {names}, got {loss!r}.")
    _check_possible(loss, route, learner)
    _check_scale(scale, loss, route, learner, temperature)
    if temperature != 1 and loss == RANKING:
        raise ValueError(
            f"temperature must be 1 for the loss {RANKING!r}, which has no "
            f"probabilities to temper, got {temperature!r}. Soften the teacher alone "
            "with target=skdistill.targets.Temperature(...)."
        )
    if temperature != 1 and not route.any_temperature:
        raise ValueError(
            f"temperature must be 1 for the student {name} (route {route.name!r}), "
            f"whose own probabilities cannot be tempered, got {temperature!r}. Soften "
            "the teacher alone with target=skdistill.targets.Temperature(...), or use "
            "LogisticRegression or SoftLogisticRegression."
        )
    objection = route.objection(learner, weighted=weighted, temperature=temperature)
    if objection:
        raise ValueError(objection)


def _check_scale(
    scale: str, loss: str, route: Route, learner: Any, temperature: float
) -> None:
    """Refuse a scale that the learner does not match by this loss.

    A native learner may name its scales by loss in ``target_scales``: the outputs of a
    network are fitted to log-probabilities, as which its softmax reads them.
    """
    name = type(learner).__name__
    named = getattr(learner, "target_scales", None) if route.name == "native" else None
    if not named:
        if scale == "log" and route.name != "regression":
            raise ValueError(
                f"scale must be 'prob' for the student {name} (route {route.name!r}), "
                "got 'log'. The log scale needs squared error: use a regressor as "
                "student."
            )
        return
    scales = {one: tuple(named.get(one, ("prob",))) for one in route.losses(learner)}
    chosen = next(iter(scales)) if loss == "auto" else loss
    if scale not in scales[chosen]:
        others = [one for one, known in scales.items() if scale in known]
        remedy = f"Use scale={scales[chosen][0]!r}" + "".join(
            f", or loss={one!r}" for one in others
        )
        raise ValueError(
            f"scale must be {scales[chosen][0]!r} for the loss {chosen!r} of the "
            f"student {name}, got {scale!r}. {remedy}."
        )
    if scale == "log" and temperature != 1:
        raise ValueError(
            "temperature must be 1 on the log scale, where the outputs themselves are "
            f"matched, got {temperature!r}."
        )


def _check_possible(loss: str, route: Route, learner: Any) -> None:
    possible = route.losses(learner)
    if loss == "auto" or loss in possible:
        return
    if loss == RANKING:
        remedy = (
            "A ranking is learned by LogisticRegression without an L1 penalty, "
            "HistGradientBoostingClassifier, XGBClassifier, and LGBMClassifier "
            "without linear_tree."
        )
    elif route.name == "regression":
        remedy = "Use a classifier as student for a cross-entropy."
    else:
        remedy = "Use a regressor as student for squared error."
    raise ValueError(
        f"loss must be {possible[0]!r} for the student {type(learner).__name__} (route "
        f"{route.name!r}), got {loss!r}. {remedy}"
    )


def any_sign(route: Route, student: Any) -> bool:
    """Whether `student`, reached by `route`, has a best fit to negative targets."""
    return route.any_sign(last_step(student))


def fit_student(student: Any, data: StudentData, *, loss: Any = "auto") -> Any:
    """Fit `student` (a fresh clone) to the targets and return the plain learner.

    A pipeline fits its transformers on the rows as they are, with the labels, and its
    last step by the route; what is returned is a fitted pipeline. Targets stored as
    :class:`~skdistill.targets.TopKTargets` are made dense for students that cannot
    learn from them: all but ``LogisticRegression`` (without class weights) and those
    with a true attribute ``takes_top_k``.
    """
    learner = last_step(student)
    route = next(route for route in ROUTES if route.serves(learner))
    automatic = isinstance(loss, str) and loss == "auto"
    chosen = route.losses(learner)[0] if automatic else loss
    if isinstance(student, Pipeline):
        head, X = fit_transformers(student, data)
        inner = replace(data, X=X)
        last = fit_student(student.steps[-1][1], inner, loss=loss)
        return with_last_step(student, head, last)
    return route.fit(student, _readable(data, route, student), chosen)


def student_proba(
    student: Any, X: Any, classes: Array, scale: str, *, projected: bool = False
) -> Array:
    """Probabilities of a fitted student, columns in the order of `classes`.

    A classifier's own ``predict_proba`` is passed on untouched when it knows all the
    classes in their order, which is the rule (CatBoost puts "9" before "10"); a
    regressor's predictions are projected unless they are known to be probabilities.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
    """
    speaks = hasattr(student, "predict_proba")
    proba = student.predict_proba(X) if speaks else NotImplemented
    if proba is NotImplemented:  # what the method of imodels' regressors returns
        return to_proba(student.predict(X), scale, projected=projected)
    labels = classes.tolist()
    own = np.asarray(getattr(student, "classes_", classes)).tolist()
    if len(own) == len(labels):
        known: Array = proba
        # XGBoost knows its classes by number, in our order.
        moved = own != labels and set(own) == set(labels)
        return known[:, [own.index(label) for label in labels]] if moved else known
    # A class whose targets were all 0 never reached the learner.
    column_of = {label: j for j, label in enumerate(labels)}
    columns = [column_of[label] for label in own]
    aligned = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    aligned[:, columns] = proba
    return aligned


def _readable(data: StudentData, route: Route, student: Any) -> StudentData:
    """Make stored targets dense, unless the student reads them as they are."""
    values = data.targets.values
    if not isinstance(values, TopKTargets):
        return data
    if route.name == "linear" or getattr(student, "takes_top_k", False):
        return data
    return replace(data, targets=replace(data.targets, values=values.to_dense()))


def last_step(student: Any) -> Any:
    """Return the learner of a student: the last step of a pipeline, of any depth."""
    while isinstance(student, Pipeline):
        student = student.steps[-1][1]
    if isinstance(student, type) or not hasattr(student, "fit"):
        raise TypeError(
            f"student must be a scikit-learn classifier or regressor, got {student!r}. "
            "Pass an instance, such as DecisionTreeClassifier(max_depth=4)."
        )
    return student


def _why_not(learner: Any) -> str:
    name = type(learner).__name__
    if not is_classifier(learner):
        return (
            f"student must be a classifier or a regressor, got {name}. Wrap it, or "
            "give it fit_targets(X, T, *, loss, sample_weight)."
        )
    return (
        f"student must accept sample_weight or soft targets, got {name}, whose fit "
        "does neither. Use its regressor if there is one (it is fitted to the "
        "probabilities), or another learner."
    )
