"""Constructor parameters of the distillers, checked and resolved."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from skdistill._validation import check_positive, check_unit
from skdistill.students import Route, any_sign, find_route
from skdistill.targets import RULES, LossCorrection, as_rules

__all__ = ["Settings", "check_settings", "resolve_correction"]

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the objective is made of.

    Attributes
    ----------
    alpha : float or "auto"
    correction : LossCorrection, None or "auto"
    rules : tuple of callables
    temperature : float
    scale : {"prob", "log"}
    loss : str or BipartiteRanking
    route : Route
        How the student is going to be fitted.
    synthetic : bool or "auto"
        Whether the student learns from synthetic rows too.
    can_correct : bool
        Whether the student's objective has a minimum for corrected targets. A tempered
        correction may pass the label, which makes other targets negative.
    """

    alpha: Any
    correction: Any
    rules: tuple[Any, ...]
    temperature: float
    scale: Literal["prob", "log"]
    loss: Any
    route: Route
    can_correct: bool
    synthetic: Any = False

    @property
    def per_class(self) -> bool:
        """Whether a correction keeps one gamma per class: squared error has no sum."""
        return self.route.name == "regression"


def check_settings(
    distiller: Any,
    student: Any,
    *,
    weighted: bool,
    allow_auto: bool,
    find: Callable[..., Any] = find_route,
) -> Settings:
    """Check the parameters that the student's part depends on.

    `find` is what finds the route: ``find_route``, or ``find_follower`` for students
    that follow stages.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the requirement and the value.
    """
    alpha = distiller.alpha
    if not (allow_auto and isinstance(alpha, str) and alpha == AUTO):
        if isinstance(alpha, str):
            raise ValueError(
                "alpha must be a number in [0, 1]"
                + (" or 'auto'" if allow_auto else "")
                + f", got {alpha!r}."
            )
        alpha = check_unit("alpha", alpha)
    temperature = check_positive("temperature", distiller.temperature)
    scale = distiller.scale
    if scale not in ("prob", "log"):
        raise ValueError(f"scale must be 'prob' or 'log', got {scale!r}.")
    route = find(
        student,
        loss=distiller.loss,
        scale=scale,
        temperature=temperature,
        weighted=weighted,
    )
    settings = Settings(
        alpha=alpha,
        correction=None,
        rules=as_rules(distiller.target),
        temperature=temperature,
        scale=scale,
        loss=distiller.loss,
        route=route,
        can_correct=temperature == 1 or any_sign(route, student),
    )
    if allow_auto:
        synthetic = _check_synthetic(distiller.synthetic, settings)
        settings = replace(settings, synthetic=synthetic)
    correction = _check_correction(distiller.correction, settings, allow_auto)
    if isinstance(correction, LossCorrection) and not settings.can_correct:
        raise ValueError(
            f"correction must be None with a temperature for the student "
            f"{type(student).__name__} (route {route.name!r}), whose cross-entropy has "
            "no minimum for the negative targets of a tempered correction, got "
            f"{distiller.correction!r}. Use temperature=1, or LogisticRegression or "
            "SoftLogisticRegression with a penalty as student."
        )
    return replace(settings, correction=correction)


def _check_synthetic(synthetic: Any, settings: Settings) -> Any:
    if isinstance(synthetic, str) and synthetic == AUTO:
        # Whoever sets alpha asks for one objective, and gets it without a search. A
        # user's rule that does not say that it needs no labels may need them.
        free = all(not getattr(rule, "needs_labels", True) for rule in settings.rules)
        return AUTO if settings.alpha == AUTO and free else False
    if not isinstance(synthetic, bool | np.bool_):
        raise ValueError(f"synthetic must be a bool or 'auto', got {synthetic!r}.")
    needing = [rule for rule in settings.rules if getattr(rule, "needs_labels", False)]
    if synthetic and needing:
        raise ValueError(
            f"synthetic must be False or 'auto' with the target rule {needing[0]!r}, "
            "which needs labels, got True."
        )
    return bool(synthetic)


def resolve_correction(
    rule: str, settings: Settings, strength: float | None = None
) -> LossCorrection:
    """Build the correction of a name, on the scale and in the form of the student."""
    return LossCorrection(
        rule, strength, scale=settings.scale, per_class=settings.per_class
    )


def _check_correction(correction: Any, settings: Settings, allow_auto: bool) -> Any:
    named = isinstance(correction, str)
    if correction is None or (allow_auto and named and correction == AUTO):
        return correction
    if isinstance(correction, LossCorrection):
        if correction.scale != settings.scale:
            raise ValueError(
                f"correction must have scale={settings.scale!r}, as the distiller, got "
                f"{correction!r}."
            )
        return correction
    if named and correction in RULES:
        return resolve_correction(correction, settings)
    names = ", ".join(repr(name) for name in (*RULES, *([AUTO] if allow_auto else [])))
    raise ValueError(
        f"correction must be None, one of {names}, or a LossCorrection, got "
        f"{correction!r}."
    )
