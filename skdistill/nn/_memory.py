"""Out of memory: what did fit, as a hint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from skdistill.nn._torch import torch

__all__ = ["hinting", "is_memory"]

#: CUDA has a class for it; the processor's allocator says it in words.
_CLASSES = tuple(
    one
    for one in (
        getattr(torch, "OutOfMemoryError", None),
        getattr(torch.cuda, "OutOfMemoryError", None),
        MemoryError,
    )
    if one is not None
)
_WORDS = ("can't allocate memory", "not enough memory", "out of memory")


def is_memory(error: BaseException) -> bool:
    """Whether the device or the processor ran out of memory."""
    return isinstance(error, _CLASSES) or (
        isinstance(error, RuntimeError) and any(one in str(error) for one in _WORDS)
    )


@contextmanager
def hinting(
    batch_size: int, device: Any, attempt: Callable[[int], Any]
) -> Iterator[None]:
    """Turn an out-of-memory error into one that names a batch size that fits.

    Parameters
    ----------
    batch_size : int
    device : str or torch.device
    attempt : callable
        ``attempt(n)`` does the work of one batch of n rows, and leaves no trace.

    Raises
    ------
    MemoryError
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_memory(error):
            raise
        # Its frames hold the tensors of the batch that did not fit.
        error.__traceback__ = None
        fits = _largest(batch_size, attempt)
        hint = (
            f"A batch of {fits} fits: set batch_size={fits}."
            if fits
            else "Not even one row fits: use a smaller module or smaller images, or "
            "leave them where they are (iterator_train__resident=False)."
        )
        raise MemoryError(
            f"batch_size must fit into the memory of the device {str(device)!r}, got "
            f"{batch_size}. {hint}"
        ) from error


def _largest(batch_size: int, attempt: Callable[[int], Any]) -> int:
    """Return the first of a half, a quarter, ... that fits; 0 if none does."""
    n = batch_size // 2
    while n:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            attempt(n)
        except (RuntimeError, MemoryError) as error:
            if not is_memory(error):
                raise
            error.__traceback__ = None
            n //= 2
        else:
            return n
    return 0
