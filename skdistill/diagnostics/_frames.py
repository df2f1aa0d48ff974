"""Records as data frames, where pandas is installed."""

from typing import Any

from skdistill.exceptions import MissingDependencyError

__all__ = ["as_frame"]


def as_frame(rows: list[dict[str, Any]], index: str | None = None) -> Any:
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
    frame = pd.DataFrame(rows)
    return frame if index is None else frame.set_index(index)
