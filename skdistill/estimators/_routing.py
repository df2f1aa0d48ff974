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
    distiller: Any, teachers: list[Any], students: list[Any], cv: Any
) -> MetadataRouter:
    """Build the router of a distiller: itself, teachers, students and splitter."""
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    router = MetadataRouter(owner=type(distiller).__name__)
    router.add_self_request(distiller)
    for kind, parts in (("teacher", teachers), ("student", students)):
        for name, part in zip(_names(kind, parts), parts, strict=True):
            router.add(**{name: part}, method_mapping=to_fit)
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
    students: list[Any],
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
        arguments = [dict(routed[name].fit) for name in _names("student", students)]
        weighted = [one.pop("sample_weight", None) is not None for one in arguments]
        (student, student_weight), *others = (
            (one, weight if has_weight else None)
            for one, has_weight in zip(arguments, weighted, strict=True)
        )
        return Routed(
            teachers=tuple(
                dict(routed[name].fit) for name in _names("teacher", teachers)
            ),
            student=student,
            student_weight=student_weight,
            split=dict(routed.splitter.split) if has_splitter else {},
            others=tuple(others),
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
        others=(({}, weight),) * (len(students) - 1),
    )


def _names(kind: str, parts: list[Any]) -> list[str]:
    if len(parts) == 1:
        return [kind]
    return [f"{kind}{i}" for i in range(len(parts))]
