"""What a trained net says: logits in batches, at the end or after each epoch."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special

from skdistill.nn._checkpoint import EpochWeights
from skdistill.nn._inputs import Rows
from skdistill.nn._memory import hinting
from skdistill.nn._objective import as_logits
from skdistill.nn._torch import torch

__all__ = ["logits", "softmax", "staged_logits", "whole"]

Array = npt.NDArray[Any]


def logits(net: Any, rows: Rows) -> Array:
    """Return the outputs for all rows, (n_samples, n_classes), float64."""
    net.module_.eval()

    def ask(batch: Any) -> Any:
        with torch.inference_mode():
            return as_logits(net.infer(batch)).float()

    def attempt(n: int) -> None:
        ask(first_batch(net, rows, n))

    with hinting(net.batch_size, net.device, attempt):
        found = [ask(batch) for batch, _ in net.get_iterator(rows, training=False)]
        logits: Array = torch.cat(found).cpu().numpy().astype(np.float64)
    lost: Array = np.any(np.isnan(logits), axis=1)
    if lost.any():
        raise ValueError(
            f"X must be finite, and logits of it numbers, got NaN for {lost.sum()} of "
            f"{len(lost)} rows, first for row {np.argmax(lost)}."
        )
    return logits


def first_batch(net: Any, rows: Rows, n: int) -> Any:
    """Return the first `n` rows, as batches hold them."""
    part = Rows(rows.images).take(np.arange(min(n, len(rows))))
    return next(iter(net.get_iterator(part, training=False)))[0]


def softmax(logits: Array) -> Array:
    """Return probabilities of rows of logits."""
    return np.asarray(scipy.special.softmax(logits, axis=1))


def staged_logits(net: Any, images: Any) -> Iterator[Array]:
    """Yield the outputs after each epoch whose weights were kept."""
    found = [one for _, one in net.callbacks_ if isinstance(one, EpochWeights)]
    if not found:
        raise ValueError(
            "keep_checkpoints must be True when fit is called, got False then. Fit "
            "again."
        )
    # Not copy.copy, for which skorch pickles all that the net holds.
    replay: Any = object.__new__(type(net))
    vars(replay).update(vars(net), module_=copy.deepcopy(net.module_))
    for weights in found[0].weights:
        replay.module_.load_state_dict(weights)
        yield logits(replay, Rows(images))


def whole(net: Any) -> Any:
    """Return copies of the first layer and the module as one, to evaluate."""
    module = getattr(net.module_, "_orig_mod", net.module_)
    return torch.nn.Sequential(copy.deepcopy(net.prepare), copy.deepcopy(module)).eval()
