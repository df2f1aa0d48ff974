"""What the networks share: checks of their arguments, their first weights."""

from numbers import Integral
from typing import Any

from skdistill.nn._torch import torch

__all__ = ["check_count", "check_images", "he_init"]


def check_count(name: str, value: Any, least: int = 1) -> int:
    """Return an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"{name} must be an integer of at least {least}, got {value!r}."
        )
    return int(value)


def check_images(images: Any, in_channels: int, least: int = 1) -> None:
    """Refuse what is not (n, in_channels, height, width), `least` pixels a side."""
    shape = tuple(images.shape)
    if len(shape) != 4 or shape[1] != in_channels or min(shape[2:]) < least:
        raise ValueError(
            f"images must have shape (n, {in_channels}, height, width) with at least "
            f"{least} pixels a side, got {shape}. The number of channels is set by "
            "in_channels."
        )


def he_init(module: Any) -> None:
    """Draw all weights for rectified units: normal, variance 2 / inputs; no bias."""
    for part in module.modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                torch.nn.init.zeros_(part.bias)
