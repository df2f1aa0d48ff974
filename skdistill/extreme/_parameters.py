"""Parameters of ExtremeDistiller at the door, before any teacher is fitted."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from skdistill._validation import check_positive, check_unit
from skdistill.extreme._student import Settings
from skdistill.extreme._weights import WEIGHTINGS

__all__ = ["NEGATIVES", "check_sizes", "settings_of"]

NEGATIVES = ("uniform", "frequency", "student", "teacher")
#: Weights of a model that are refused: 64 GB of float32. Where less memory is there,
#: the system says so.
_MOST_WEIGHTS = 1 << 34


def settings_of(distiller: Any, *, has_teacher: bool) -> Settings:
    """Return the settings of the student, having checked all parameters.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong kind or out of range.
    """
    _check_choice("negatives", distiller.negatives, NEGATIVES)
    _check_choice("weighting", distiller.weighting, tuple(WEIGHTINGS))
    if distiller.negatives == "teacher" and not has_teacher:
        raise ValueError(
            "negatives must not be 'teacher' without one, got 'teacher'. Pass a "
            "teacher or teacher_proba, or use 'student'."
        )
    check_unit("alpha", distiller.alpha)
    for name in ("top_k", "n_negatives", "max_epochs", "n_threads"):
        _check_count(name, getattr(distiller, name))
    for name in ("n_components", "n_candidates"):
        if getattr(distiller, name) is not None:
            _check_count(name, getattr(distiller, name))
    for name in ("learning_rate", "negative_mass"):
        if getattr(distiller, name) is not None:
            check_positive(name, getattr(distiller, name))
    for name in ("negative_power", "weight_decay"):
        _check_non_negative(name, getattr(distiller, name))
    return Settings(
        form=WEIGHTINGS[distiller.weighting],
        negatives=distiller.negatives,
        n_components=distiller.n_components,
        n_negatives=int(distiller.n_negatives),
        n_candidates=_candidates(distiller),
        max_epochs=int(distiller.max_epochs),
        learning_rate=_learning_rate(distiller),
        weight_decay=float(distiller.weight_decay),
        n_threads=int(distiller.n_threads),
    )


def _learning_rate(distiller: Any) -> float:
    # Best of 1 and 3, and with a bottleneck of .3, 1 and 2, on one split of bibtex,
    # cooking and 10,000 drawn labels.
    if distiller.learning_rate is None:
        return 3.0 if distiller.n_components is None else 1.0
    return float(distiller.learning_rate)


def _candidates(distiller: Any) -> int:
    if distiller.n_candidates is None:
        return 5 * int(distiller.n_negatives)
    if distiller.n_candidates < distiller.n_negatives:
        raise ValueError(
            f"n_candidates must be at least n_negatives, {distiller.n_negatives}, got "
            f"{distiller.n_candidates}."
        )
    return int(distiller.n_candidates)


def check_sizes(n_features: int, n_classes: int, n_components: int | None) -> None:
    """Refuse a model that has no chance to fit into memory.

    Raises
    ------
    ValueError
        If it has more than 2**34 weights.
    """
    width = n_components
    n_weights = (
        n_features * n_classes if width is None else width * (n_features + n_classes)
    )
    if n_weights > _MOST_WEIGHTS:
        needed = "None" if width is None else f"{width}"
        raise ValueError(
            f"n_components must make a model that fits into memory, got {needed} for "
            f"{n_features} features and {n_classes} classes: "
            f"{n_weights * 4 / 1e9:,.0f} GB. Use a bottleneck such as n_components=64."
        )


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        known = ", ".join(repr(one) for one in choices)
        raise ValueError(f"{name} must be one of {known}, got {value!r}.")


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a positive int, got {value!r}.")
    if value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}.")


def _check_non_negative(name: str, value: Any) -> None:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of at least 0, got {value!r}.")
    if not (np.isfinite(float(value)) and float(value) >= 0):
        raise ValueError(f"{name} must be a number of at least 0, got {value!r}.")
