"""Learning rates across fits: a schedule goes on where the last fit left it."""

from typing import Any

__all__ = ["go_on", "schedule_of"]


def schedule_of(net: Any) -> Any:
    """Return the state of the net's schedules, or None before its first fit.

    skorch makes schedules anew when a fit begins and tells them how many epochs are
    done, upon which some take their last step once more: with ``MultiStepLR`` and fits
    of one epoch, as of a student that follows stages, each milestone counted twice.

    Parameters
    ----------
    net : Net
    """
    states = {
        name: (one.lr_scheduler_.state_dict(), getattr(one, "batch_idx_", None))
        for name, one in net.callbacks_
        if getattr(one, "lr_scheduler_", None) is not None
    }
    if not states:
        return None
    groups = [
        {name: value for name, value in group.items() if name != "params"}
        for group in net.optimizer_.param_groups
    ]
    return states, groups


def go_on(net: Any, saved: Any) -> None:
    """Set what :func:`schedule_of` returned, after ``on_train_begin``."""
    if saved is None:
        return
    states, groups = saved
    for name, one in net.callbacks_:
        if name in states:
            state, batch = states[name]
            one.lr_scheduler_.load_state_dict(state)
            if batch is not None:
                one.batch_idx_ = batch
    for group, own in zip(net.optimizer_.param_groups, groups, strict=True):
        group.update(own)
