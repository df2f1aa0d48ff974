"""Arguments that all of export takes: where to write, how far two answers may be."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["check_file", "check_out", "check_tolerance"]


def check_out(path: Any) -> Path:
    """Return the file to write, before anything is computed for it.

    Raises
    ------
    TypeError
        If `path` is no path.
    FileNotFoundError, IsADirectoryError
        If its folder does not exist, or it is a folder.
    """
    file = _as_path(path)
    if not file.parent.is_dir():
        raise FileNotFoundError(
            f"path must be in a folder that exists, got {str(file)!r}. Create "
            f"{str(file.parent)!r} first."
        )
    if file.is_dir():
        raise IsADirectoryError(
            f"path must be a file, got the folder {str(file)!r}. Add a name to it."
        )
    return file


def check_file(path: Any) -> Path:
    """Return the file to read.

    Raises
    ------
    TypeError
        If `path` is no path.
    FileNotFoundError
        If there is no such file.
    """
    file = _as_path(path)
    if not file.is_file():
        raise FileNotFoundError(f"path must be a file that exists, got {str(file)!r}.")
    return file


def check_tolerance(tolerance: Any) -> None:
    """Refuse a tolerance that nothing can be within.

    Raises
    ------
    ValueError
    """
    if tolerance is None:
        return
    number = isinstance(tolerance, int | float | np.number)
    if isinstance(tolerance, bool) or not number or not tolerance >= 0:
        raise ValueError(
            f"tolerance must be None or a number of at least 0, got {tolerance!r}."
        )


def _as_path(path: Any) -> Path:
    if not isinstance(path, str | PathLike):
        raise TypeError(f"path must be a str or Path, got {path!r:.80}.")
    return Path(path)
