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
def borrowed_generator(state: Any, device: Any) -> Iterator[None]:
    """Set torch's global generators to `state`; afterwards they are as they were.

    Parameters
    ----------
    state : int or dict
        A seed, or what :func:`generator_state` returned.
    device : torch.device
        Whose generator it is, besides the processor's. Other devices are left alone.
    """
    with _TURN, torch.random.fork_rng(devices=_cuda(device)):
        if isinstance(state, dict):
            set_generator_state(state, device)
        else:
            # Not torch.manual_seed, which seeds all devices.
            torch.default_generator.manual_seed(state)
            for one in _cuda(device):
                with torch.cuda.device(one):
                    torch.cuda.manual_seed(state)
        yield


def generator_state(device: Any) -> dict[str, Any]:
    """State of the global generators of the processor and of a CUDA device."""
    cuda = [torch.cuda.get_rng_state(one) for one in _cuda(device)]
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def set_generator_state(state: dict[str, Any], device: Any) -> None:
    """Set what :func:`generator_state` returned."""
    torch.set_rng_state(state["cpu"])
    for one, own in zip(_cuda(device), state["cuda"], strict=False):
        torch.cuda.set_rng_state(own, one)


def _cuda(device: Any) -> list[Any]:
    kind = torch.device(device)
    if kind.type != "cuda":
        return []
    return [torch.cuda.current_device() if kind.index is None else kind.index]
