"""State of a training on disk after every epoch, so that a killed one goes on."""

import os
import pickle
from pathlib import Path
from typing import Any

import joblib

from skdistill.nn._seed import generator_state, set_generator_state
from skdistill.nn._torch import skorch, torch

__all__ = ["Checkpoint", "EpochWeights", "aim", "resume"]

#: Goes up when what is written changes.
_LAYOUT = 1


class Checkpoint(skorch.callbacks.Callback):
    """Write the state of a training after every epoch; read it when fit starts again.

    The last callback of an epoch, so that it sees what the others left. It does nothing
    before :func:`aim` has told it where.

    Attributes
    ----------
    path : Path or None
    before : int
        Epochs of earlier fits (``warm_start``).
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.before = 0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Write the state; a kill in between leaves the last one."""
        if self.path is None:
            return
        state = {
            "module": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "generator": net.generator.get_state(),
            "torch": generator_state(net.device),
            "history": net.history.to_list(),
            "callbacks": [_state_of(one) for _, one in net.callbacks_],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}.part")
        torch.save(state, unfinished)
        os.replace(unfinished, self.path)

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Remove the file: the training is over."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def aim(net: Any, folder: Any, key: str | None, before: int) -> None:
    """Tell the net where the state of its next training is.

    Parameters
    ----------
    net : Net
        Built with a :class:`Checkpoint` among its callbacks.
    folder : str, Path or None
        None writes nothing. Trainings of other data, parameters or seeds have files of
        their own in it.
    key : str or None
        Hash of all that determines the training.
    before : int
        Epochs of the fits that are done.
    """
    (checkpoint,) = (one for _, one in net.callbacks_ if isinstance(one, Checkpoint))
    checkpoint.before = before
    if folder is None:
        checkpoint.path = None
        return
    own = joblib.hash((_LAYOUT, torch.__version__, skorch.__version__, key))
    checkpoint.path = Path(folder) / f"{own}.pt"


def resume(net: Any) -> int:
    """Restore a state after ``on_train_begin``; return the number of epochs done."""
    found = [one for _, one in net.callbacks_ if isinstance(one, Checkpoint)]
    if not found or found[0].path is None or not found[0].path.exists():
        return 0
    state = _read(found[0].path, net.device)
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    net.generator.set_state(state["generator"].cpu())
    host = {k: _on_host(one) for k, one in state["torch"].items()}
    set_generator_state(host, net.device)
    net.history_ = skorch.history.History(state["history"])
    for (_, one), saved in zip(net.callbacks_, state["callbacks"], strict=True):
        _restore(one, saved)
    return len(net.history_) - found[0].before


def _read(path: Path, device: Any) -> Any:
    try:
        # Its own file, which holds callbacks and generators besides tensors.
        return torch.load(path, map_location=device, weights_only=False)
    except (EOFError, OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"checkpoint must hold states that can be read, got {str(path)!r}, which "
            f"says: {error}. Remove the file: the training starts from its first epoch."
        ) from error


class EpochWeights(skorch.callbacks.Callback):
    """Keep the weights of every epoch, in the processor's memory.

    Attributes
    ----------
    weights : list of dict
    """

    def __init__(self) -> None:
        self.weights: list[Any] = []

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Copy the weights of the epoch."""
        state = net.module_.state_dict()
        self.weights.append({k: v.detach().cpu().clone() for k, v in state.items()})


def _on_host(state: Any) -> Any:
    return [one.cpu() for one in state] if isinstance(state, list) else state.cpu()


def _state_of(callback: Any) -> dict[str, Any]:
    """Return what a callback has become, so far as it can be written."""
    state = {}
    for name, value in vars(callback).items():
        if name == "lr_scheduler_":
            state[name] = value.state_dict()
            continue
        try:
            pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            continue  # files and functions are made again by the callback itself
        state[name] = value
    return state


def _restore(callback: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        if name == "lr_scheduler_":
            callback.lr_scheduler_.load_state_dict(value)
        else:
            setattr(callback, name, value)
