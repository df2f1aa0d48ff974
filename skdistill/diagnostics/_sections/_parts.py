"""What a section of a report consists of."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from skdistill.diagnostics._intervals import Interval

__all__ = ["Drawing", "Section", "Table", "number", "with_interval"]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are shown; the first of a row is its name.

    Attributes
    ----------
    caption : str
    header : tuple of str
    rows : tuple of tuple of str
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure that is drawn when the report is shown.

    Attributes
    ----------
    display : object
        With ``plot(ax)``.
    caption : str
    alt : str
        What the figure shows, for those who do not see it.
    size : tuple of float
        Width and height in inches.
    """

    display: Any
    caption: str
    alt: str
    size: tuple[float, float] = (6.4, 4.8)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One part of the evidence.

    Attributes
    ----------
    title : str
    findings : tuple of str
        Whole sentences.
    tables : tuple of Table
    drawings : tuple of Drawing
    """

    title: str
    findings: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()


def number(value: float, form: str = ".4f") -> str:
    """Format a number; a dash where there is none."""
    return "–" if isnan(value) else format(value, form)


def with_interval(one: Interval, *, signed: bool = False) -> str:
    """Format a value with its limits on a line below."""
    form = "+.4f" if signed else ".4f"
    value = number(one.value, form)
    if isnan(one.low):
        return value
    return f"{value}\n[{one.low:{form}}, {one.high:{form}}]"
