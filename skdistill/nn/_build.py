"""From the parameters of a NeuralClassifier to a net that is ready to train."""

import copy
import inspect
from typing import Any

from skdistill.nn._checkpoint import Checkpoint, EpochWeights
from skdistill.nn._inputs import Prepare, first_rows, measure
from skdistill.nn._memory import is_memory
from skdistill.nn._net import Net
from skdistill.nn._objective import Objective, as_logits, probabilities
from skdistill.nn._parameters import resolve_device, sized
from skdistill.nn._torch import torch

__all__ = ["build", "check_outputs"]


def build(
    estimator: Any, images: Any, shape: tuple[int, ...], k: int, seed: int
) -> Net:
    """Return the initialised net.

    torch's global generator must be seeded: it draws the weights.

    Parameters
    ----------
    estimator : NeuralClassifier
    images : Tensor or Dataset
    shape : tuple of int
        Of one row, channels first.
    k : int
        Number of classes.
    seed : int
        Of the order of rows and the augmentation.
    """
    own = estimator._prefixed()
    arguments = {
        name.removeprefix("module__"): own.pop(name)
        for name in list(own)
        if name.startswith("module__")
    }
    arguments = sized(estimator.module, arguments, shape, k)
    device = resolve_device(estimator.device)
    optimizer = estimator.optimizer or torch.optim.AdamW
    if device.type == "cuda" and "fused" in inspect.signature(optimizer).parameters:
        own.setdefault("optimizer__fused", True)
    if isinstance(estimator.compile, str):
        own.setdefault("compile__mode", estimator.compile)
    prepare = Prepare(shape, *measure(images, estimator.standardize)).to(device)
    net = Net(
        copy.deepcopy(estimator.module),
        Objective(),
        optimizer=optimizer,
        lr=estimator.lr,
        max_epochs=estimator.max_epochs,
        batch_size=estimator.batch_size,
        train_split=None,
        n_classes=k,
        predict_nonlinearity=probabilities,
        use_caching=True,
        callbacks=_callbacks(estimator),
        verbose=estimator.verbose,
        device=str(device),
        compile=bool(estimator.compile),
        prepare=prepare,
        generator=torch.Generator().manual_seed(seed),
        augment=copy.deepcopy(estimator.augment),
        amp=_use_bfloat16(estimator.amp, device),
        memory_format=_memory_format(estimator.memory_format, shape),
        validation_fraction=estimator.validation_fraction,
        **{f"module__{name}": value for name, value in arguments.items()},
        **own,
    )
    net.initialize()
    _check_names(net, own)
    return net


def _callbacks(estimator: Any) -> list[Any]:
    """Copy the user's callbacks, and put our own where they see every epoch whole."""
    # First: a callback that ends the training keeps those after it from the last epoch.
    found = (
        [("skdistill_weights", EpochWeights())] if estimator.keep_checkpoints else []
    )
    found += copy.deepcopy(list(estimator.callbacks or []))
    return [*found, ("skdistill_checkpoint", Checkpoint())]


def _check_names(net: Net, given: dict[str, Any]) -> None:
    """Refuse parameters of callbacks that are not there, which skorch passes over."""
    known = [name for name, _ in net.callbacks_]
    for name, value in given.items():
        kind, _, rest = name.partition("__")
        missing = kind == "callbacks" and rest.partition("__")[0] not in known
        if missing and value is not None:
            raise ValueError(f"{name} must name one of {known!r}, got {value!r}.")


def _use_bfloat16(amp: Any, device: Any) -> bool:
    if amp != "auto":
        return bool(amp)
    return bool(device.type == "cuda" and torch.cuda.is_bf16_supported())


def _memory_format(wanted: str, shape: tuple[int, ...]) -> Any:
    """Channels last by default, also on a processor.

    There an epoch of CNN5 takes .7 of the time it takes with channels first, of
    ResNet-8 .8, and predictions .5 and .9; LeNet-5x8 is as fast either way.
    """
    if len(shape) != 3:
        return None
    return torch.contiguous_format if wanted == "contiguous" else torch.channels_last


def check_outputs(net: Net, images: Any, k: int) -> None:
    """Ask the module about two rows, and refuse one that does not fit X or the classes.

    Raises
    ------
    ValueError
    """
    # A copy: a module may write to its input, and X is the user's.
    rows = first_rows(images, 2).clone()
    shape = net.prepare.shape
    training = net.module_.training
    net.module_.eval()
    try:
        with torch.no_grad():
            outputs = net.infer(rows)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        if is_memory(error):
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        remedy = (
            "Give grey images their axis of channels: X[:, None]."
            if len(shape) == 2
            else "Set the module's own sizes (module__in_channels=...), or "
            "channels='first' or 'last' if the axes of X are not what they seem."
        )
        raise ValueError(
            f"module must take rows of shape {shape}, got {_name(net.module_)}, which "
            f"says: {first} {remedy}"
        ) from error
    finally:
        net.module_.train(training)
    if not isinstance(outputs, torch.Tensor):
        raise ValueError(
            "module must return one tensor of logits, got "
            f"{type(outputs).__name__} from {_name(net.module_)}."
        )
    width = tuple(as_logits(outputs).shape)
    if width != (len(rows), k) or (outputs.ndim == 1 and k != 2):
        raise ValueError(
            f"module must return one logit a class, that is {k} a row, got an output "
            f"of shape {tuple(outputs.shape)} for {len(rows)} rows from "
            f"{_name(net.module_)}. Set its width (module__n_classes={k}), or let it "
            "take an argument n_classes, which is filled in: a fold may lack a class."
        )


def _name(module: Any) -> str:
    return type(getattr(module, "_orig_mod", module)).__name__
