"""Records as data frames, and as tables in notebooks, where pandas is installed."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Protocol, TypeVar

from skdistill.exceptions import MissingDependencyError

__all__ = ["FrameHtml", "Records", "as_frame"]


class _HasRow(Protocol):
    def as_row(self) -> dict[str, Any]: ...


Row = TypeVar("Row", bound=_HasRow)


def as_frame(rows: Iterable[Mapping[str, Any]], index: str | None = None) -> Any:
    """Return rows of named values as a :class:`pandas.DataFrame`.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependencyError(
            "to_frame needs pandas: pip install 'skdistill[data]'."
        ) from error
    frame = pd.DataFrame([*rows])
    return frame if index is None or frame.empty else frame.set_index(index)


class FrameHtml:
    """A record with ``to_frame``: shown as that frame in notebooks."""

    __slots__ = ()

    def to_frame(self) -> Any:
        """Return the record as a :class:`pandas.DataFrame`."""
        raise NotImplementedError

    def _repr_html_(self) -> str | None:
        """Sentence and table; None, so that the text is shown, without pandas."""
        try:
            frame = self.to_frame()
        except MissingDependencyError:
            return None
        sentence = getattr(self, "sentence", "")
        above = f"<p>{escape(sentence)}</p>" if sentence else ""
        return above + str(frame.to_html(float_format=lambda number: f"{number:.4g}"))


class Records(FrameHtml, tuple[Row, ...]):
    """A tuple of records that is a table, too.

    Parameters
    ----------
    iterable : iterable of records with ``as_row``
    """

    __slots__ = ()

    def to_frame(self) -> Any:
        """Return a :class:`pandas.DataFrame`, one row a record.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return as_frame(one.as_row() for one in self)
