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
        return torch.cat(found).cpu().numpy().astype(np.float64)


def first_batch(net: Any, rows: Rows, n: int) -> Any:
    """Return the first `n` rows, as batches hold them."""
    part = Rows(rows.images).take(np.arange(min(n, len(rows))))
    return next(iter(net.get_iterator(part, training=False)))[0]


def softmax(logits: Array) -> Array:
    """Return probabilities of rows of logits."""
    return scipy.special.softmax(logits, axis=1)


def staged_logits(net: Any, images: Any) -> Iterator[Array]:
    """Yield the outputs after each epoch whose weights were kept."""
    kept = next(one for _, one in net.callbacks_ if isinstance(one, EpochWeights))
    # Not copy.copy, for which skorch writes and reads all that the net holds.
    replay = object.__new__(type(net))
    vars(replay).update(vars(net), module_=copy.deepcopy(net.module_))
    for weights in kept.weights:
        replay.module_.load_state_dict(weights)
        yield logits(replay, Rows(images))


def whole(net: Any) -> Any:
    """Return copies of the first layer and the module as one, to evaluate."""
    module = getattr(net.module_, "_orig_mod", net.module_)
    return torch.nn.Sequential(copy.deepcopy(net.prepare), copy.deepcopy(module)).eval()
