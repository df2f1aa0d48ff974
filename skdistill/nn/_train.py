"""One fit of a network, from checked rows to weights."""

import warnings
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from skdistill._sklearn_compat import caller_level
from skdistill._validation import check_weights
from skdistill.crossfit import digest
from skdistill.exceptions import ScaleWarning
from skdistill.losses import CrossEntropy
from skdistill.nn._build import build, check_outputs
from skdistill.nn._checkpoint import aim
from skdistill.nn._inputs import Rows, as_tensor, first_rows, is_dataset
from skdistill.nn._memory import hinting
from skdistill.nn._parameters import resolve_device
from skdistill.nn._predict import first_batch
from skdistill.nn._seed import borrowed_generator, generator_state
from skdistill.nn._torch import torch

__all__ = ["check_rows", "train"]


def check_rows(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Return rows as a tensor or Dataset; remember their shape, or compare with it.

    Raises
    ------
    ValueError
        If rows have another shape than those of fit.
    """
    images = as_tensor(X, estimator.channels)
    shape = tuple(first_rows(images, 1).shape[1:])
    if len(shape) == 1 and not is_dataset(images):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    if reset:
        estimator.input_shape_ = shape
        estimator._scale = _scale(images)
    elif shape != estimator.input_shape_:
        raise ValueError(
            f"X must have rows of shape {estimator.input_shape_}, channels first, as "
            f"in fit, got {shape}."
        )
    elif {estimator._scale, found := _scale(images)} == {"bytes", "unit"}:
        kinds = {"bytes": "0 to 255 (uint8)", "unit": "at most 1"}
        warnings.warn(
            f"X must be on the scale of fit, {kinds[estimator._scale]}, got numbers "
            f"{kinds[found]}. Images are not rescaled.",
            ScaleWarning,
            stacklevel=caller_level(),
        )
    return images


def _scale(images: Any) -> str:
    """Tell bytes from images in [-1, 1], which are mistaken for each other."""
    if is_dataset(images) or images.ndim != 4:
        return "unknown"
    if images.dtype == torch.uint8:
        return "bytes"
    least, most = (float(one) for one in torch.aminmax(images))
    return "unit" if least >= -1 and most <= 1 else "unknown"


def train(
    estimator: Any,
    X: Any,
    targets: Any,
    loss: Any,
    sample_weight: Any,
    classes: Any,
    epochs: int | None = None,
) -> None:
    """Train `estimator` in place.

    Parameters
    ----------
    estimator : NeuralClassifier
    X : rows
    targets : ndarray of shape (n_samples,), int, or (n_samples, n_classes), or source
    loss : loss of skdistill or None
    sample_weight : array-like of shape (n_samples,) or None
    classes : ndarray of shape (n_classes,)
    epochs : int, default=None
        Of a ``partial_fit``, which goes on where there is a net already.
    """
    goes_on = "net_" in vars(estimator) and (epochs is not None or estimator._warm)
    images = check_rows(estimator, X, reset=not goes_on)
    rows = _rows(images, targets, sample_weight)
    _check_validation(estimator, rows)
    if not goes_on:
        vars(estimator).pop("net_", None)
        estimator._generator, order = estimator._seeds()
        estimator._epochs_before = 0
    elif not np.array_equal(classes, estimator.classes_):
        raise ValueError(
            f"classes must be those of the first fit, {estimator.classes_.tolist()!r}, "
            f"got {classes.tolist()!r}. Start anew: warm_start=False, or a clone."
        )
    k, device = len(classes), resolve_device(estimator.device)
    with borrowed_generator(estimator._generator, device):
        if goes_on:
            net = estimator.net_
            net.batch_size = estimator.batch_size
            if net.lr != estimator.lr:
                net.set_params(lr=estimator.lr)
        else:
            estimator.classes_ = classes
            net = build(estimator, images, estimator.input_shape_, k, order)
        with hinting(estimator.batch_size, net.device, partial(_attempt, net, rows)):
            if not goes_on:
                check_outputs(net, images, k)
                # Now: what ends the training leaves the last good weights here.
                estimator.net_ = net
            _run(estimator, rows, loss, epochs)
        estimator._generator = generator_state(device)
        estimator._epochs_before = len(net.history)


def _run(estimator: Any, rows: Rows, loss: Any, epochs: int | None) -> None:
    net = estimator.net_
    net.max_epochs = estimator.max_epochs if epochs is None else epochs
    net.criterion_.loss = CrossEntropy() if loss is None else loss
    folder = estimator.checkpoint
    key = None if folder is None else _key(estimator, rows, loss, epochs)
    aim(net, folder, key, estimator._epochs_before)
    net.partial_fit(rows)


def _attempt(net: Any, rows: Rows, n: int) -> None:
    """Do what a step on `n` rows needs memory for, and leave no trace."""
    net.optimizer_.zero_grad(set_to_none=True)
    kept = {k: v.clone() for k, v in net.module_.named_buffers()}
    try:
        net.infer(first_batch(net, rows, n)).float().square().mean().backward()
    finally:
        net.optimizer_.zero_grad(set_to_none=True)
        for name, buffer in net.module_.named_buffers():
            buffer.copy_(kept[name])


def _rows(images: Any, targets: Any, sample_weight: Any) -> Rows:
    n = len(images)
    if len(targets) != n if not hasattr(targets, "batch") else targets.shape[0] != n:
        m = targets.shape[0]
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"X must have one row a target, got {n} rows and {m} targets."
        )
    weight = check_weights("sample_weight", sample_weight, n)
    if weight is not None:
        weight = torch.from_numpy((weight / weight.mean()).astype(np.float32))
    if not hasattr(targets, "batch"):
        targets = torch.from_numpy(np.ascontiguousarray(targets))
    return Rows(images, targets, weight)


def _check_validation(estimator: Any, rows: Rows) -> None:
    """Refuse rows that cannot be split, and callbacks that miss the second part."""
    fraction = estimator.validation_fraction
    if not fraction:
        for given in estimator.callbacks or ():
            one = given[1] if isinstance(given, tuple) else given
            if str(getattr(one, "monitor", "")).startswith("valid_loss"):
                raise ValueError(
                    f"validation_fraction must be above 0 for {type(one).__name__}, "
                    f"which monitors {one.monitor!r}, got {fraction!r}. Or have it "
                    "monitor 'train_loss'."
                )
        return
    if hasattr(rows.targets, "batch"):
        raise ValueError(
            "validation_fraction must be 0 where targets are asked for per batch, got "
            f"{fraction!r}."
        )
    if len(rows) < 2 or round(fraction * len(rows)) == len(rows):
        raise ValueError(
            "validation_fraction must leave at least one row to train on, got "
            f"{fraction!r} of {len(rows)} rows."
        )


def _key(estimator: Any, rows: Rows, loss: Any, epochs: int | None) -> Any:
    """All that determines a training, for the file of its state."""
    asked = hasattr(rows.targets, "batch")
    if asked and not getattr(rows.targets, "repeatable", False):
        raise ValueError(
            "checkpoint must be None where targets are asked for per batch, got "
            f"{estimator.checkpoint!r}: what the source would say is not known. Use "
            "one of skdistill.nn, or set its `repeatable` to True if equal pickles of "
            "it say the same."
        )
    if estimator.random_state is None:
        raise ValueError(
            "random_state must be an int or RandomState for a checkpoint, got None: "
            "the next fit would be another training."
        )
    skipped = ("checkpoint", "verbose", "random_state")
    params = {k: v for k, v in estimator.get_params().items() if k not in skipped}
    data = (rows.images, rows.targets, rows.weight)
    return digest((params, repr(loss), epochs, estimator._generator, data))
