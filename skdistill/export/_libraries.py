"""The one place where the optional libraries of exporting are imported, on demand."""

import importlib
from typing import Any

from skdistill.exceptions import MissingDependencyError

__all__ = ["library"]


def library(name: str, purpose: str) -> Any:
    """Import a library, or a module of one, of the extra ``skdistill[export]``.

    Parameters
    ----------
    name : str
        Such as "onnx" or "skops.io".
    purpose : str
        What needs it, as the start of a sentence; it opens the error message.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs {name.partition('.')[0]}, which is not installed. "
            'Install it with: pip install "skdistill[export]"'
        ) from error
