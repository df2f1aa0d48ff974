"""The one place where the data sets import pandas, on demand."""

import importlib
from types import ModuleType

from skdistill.exceptions import MissingDependencyError


def import_data_library(name: str, purpose: str) -> ModuleType:
    """Import an optional library of the extra ``skdistill[data]``.

    Parameters
    ----------
    name : {"pandas", "pyarrow"}
        The module to import.
    purpose : str
        What needs it, as the start of a sentence; it opens the error message.

    Returns
    -------
    ModuleType
        The imported module.

    Raises
    ------
    MissingDependencyError
        If the library is not installed.

    Examples
    --------
    >>> from skdistill.datasets._optional import import_data_library
    >>> import_data_library("pandas", "Reading a table").__name__
    'pandas'
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs {name}, which is not installed. "
            'Install it with: pip install "skdistill[data]"'
        ) from error
