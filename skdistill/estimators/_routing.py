"""Who gets which argument of ``fit``, with metadata routing and without."""

from typing import Any

from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from skdistill._sklearn_compat import routing_enabled
from skdistill._validation import check_weights
from skdistill.crossfit import weight_params
from skdistill.estimators._problem import Routed

__all__ = ["make_router", "route_arguments"]


def make_router(
    distiller: Any, teachers: list[Any], student: Any, cv: Any
) -> MetadataRouter:
    """Build the router of a distiller: itself, teachers, student and splitter."""
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    router = MetadataRouter(owner=type(distiller).__name__)
    router.add_self_request(distiller)
    for name, teacher in zip(_names(teachers), teachers, strict=True):
        router.add(**{name: teacher}, method_mapping=to_fit)
    router.add(student=student, method_mapping=to_fit)
    if cv is not None:
        # An int makes grouped folds when groups come along (see make_splits).
        splitter = cv if hasattr(cv, "get_metadata_routing") else StratifiedGroupKFold()
        router.add(
            splitter=splitter,
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
    return router


def route_arguments(
    distiller: Any,
    teachers: list[Any],
    sample_weight: Any,
    params: dict[str, Any],
    n_samples: int,
) -> Routed:
    """Say who gets what.

    Without routing, `sample_weight` goes to the teachers and the student, and `groups`
    to the splitter; nothing else is accepted.

    Raises
    ------
    TypeError
        If an argument has nobody to go to.
    ValueError
        If there are weights that a teacher cannot take.
    """
    weight = check_weights("sample_weight", sample_weight, n_samples)
    has_splitter = hasattr(distiller, "cv")
    if routing_enabled():
        routed = process_routing(
            distiller, "fit", sample_weight=sample_weight, **params
        )
        student = dict(routed.student.fit)
        student_weight = student.pop("sample_weight", None)
        return Routed(
            teachers=tuple(dict(routed[name].fit) for name in _names(teachers)),
            student=student,
            student_weight=None if student_weight is None else weight,
            split=dict(routed.splitter.split) if has_splitter else {},
        )
    groups = params.pop("groups", None) if has_splitter else None
    if params:
        raise TypeError(
            f"fit of {type(distiller).__name__} must be called with known arguments, "
            f"got {sorted(params)}. Other arguments are routed when "
            "sklearn.set_config(enable_metadata_routing=True)."
        )
    return Routed(
        teachers=tuple(
            weight_params(teacher, weight, "teacher") for teacher in teachers
        ),
        student={},
        student_weight=weight,
        split={} if groups is None else {"groups": groups},
    )


def _names(teachers: list[Any]) -> list[str]:
    if len(teachers) == 1:
        return ["teacher"]
    return [f"teacher{i}" for i in range(len(teachers))]
