"""What all displays share: colours, shapes, names, checked vectors."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "ALARM",
    "COLOURS",
    "GREY",
    "MARKERS",
    "check_names",
    "check_vector",
    "plain",
    "styles_of",
]

Array = npt.NDArray[Any]

#: Okabe and Ito's colours, told apart by the colour-blind; shapes serve those who see
#: none, and print. Their yellow is left out: on white it is hardly there.
COLOURS = (
    "#009E73", "#000000", "#CC79A7", "#0072B2", "#E69F00", "#56B4E9", "#D55E00",
)  # fmt: skip
MARKERS = ("D", "o", "^", "s", "v", "P", "X", "<", ">")
ALARM, GREY = "#D55E00", "0.55"
#: The models of a report, the same in every figure.
_ROLES = {"distilled": 0, "labels only": 1, "teacher": 2}


def styles_of(names: Sequence[str]) -> list[dict[str, str]]:
    """Colour and marker of each: those of a known model, else the next free ones."""
    taken = {_ROLES[name] for name in names if name in _ROLES}
    free = (place for place in count() if place not in taken)
    places = [_ROLES[name] if name in _ROLES else next(free) for name in names]
    return [
        {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[place % len(MARKERS)],
        }
        for place in places
    ]


def plain(text: Any) -> str:
    """Text that matplotlib draws as it is: a pair of dollars would be a formula."""
    return str(text).replace("$", r"\$")


def check_vector(name: str, values: npt.ArrayLike, n: int | None = None) -> Array:
    """Return `values` as finite float64 of shape (n,).

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If the shape is another, there are none, or one is not finite.
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must hold real numbers, got {values!r:.60}."
        ) from error
    wanted = "(n,) with n >= 1" if n is None else f"({n},)"
    if found.ndim != 1 or not len(found) or (n is not None and len(found) != n):
        raise ValueError(f"{name} must have shape {wanted}, got {found.shape}.")
    if not np.isfinite(found).all():
        place = int(np.argmin(np.isfinite(found)))
        raise ValueError(f"{name} must be finite, got {found[place]} at {place}.")
    return found


def check_names(names: Sequence[Any] | None, n: int, what: str) -> tuple[str, ...]:
    """Return one name each; numbered where there are none."""
    if names is None:
        return tuple(f"{what} {i + 1}" for i in range(n))
    if len(names) != n:
        raise ValueError(f"names must have length {n}, got {len(names)}.")
    return tuple(str(name) for name in names)
