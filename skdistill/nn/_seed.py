"""torch's global random numbers, lent to one training at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skdistill.nn._torch import torch

__all__ = ["borrowed_generator", "generator_state", "set_generator_state"]

#: Layers draw from the global generator, which all threads share: trainings of one
#: process take turns, or their results would depend on who comes first.
_TURN = threading.RLock()


@contextmanager
def borrowed_generator(state: Any) -> Iterator[None]:
    """Set torch's global generators to `state`; afterwards they are as they were.

    Parameters
    ----------
    state : int or dict
        A seed, or what :func:`generator_state` returned.
    """
    with _TURN:
        devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
        with torch.random.fork_rng(devices=list(devices)):
            if isinstance(state, dict):
                set_generator_state(state)
            else:
                torch.manual_seed(state)
            yield


def generator_state() -> dict[str, Any]:
    """State of the global generators of the processor and of the CUDA devices."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def set_generator_state(state: dict[str, Any]) -> None:
    """Set what :func:`generator_state` returned."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
