"""The one door to torch and skorch: whatever needs them imports them from here."""

from skdistill.exceptions import MissingDependencyError

try:
    import skorch
    import torch
except ImportError as error:
    raise MissingDependencyError(
        f"skdistill.nn needs torch and skorch, and {error.name or 'one of them'} is "
        'not installed. Install both with: pip install "skdistill[torch]"'
    ) from error

__all__ = ["skorch", "torch"]
