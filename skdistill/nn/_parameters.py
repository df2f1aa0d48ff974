"""Parameters of a network: those of its own, and those with a prefix for its parts."""

import inspect
from numbers import Integral, Real
from typing import Any, Self

from sklearn.base import BaseEstimator

from skdistill._validation import check_positive
from skdistill.nn._torch import torch

__all__ = ["PrefixedParameters", "check_parameters", "resolve_device", "sized"]

#: Whose parameters are written ``prefix__name``, as in skorch.
PREFIXES = ("module__", "optimizer__", "callbacks__", "compile__", "iterator_train__")


_OPTIONS: dict[str, tuple[Any, ...]] = {
    "standardize": ("auto", True, False),
    "channels": ("auto", "first", "last"),
    "amp": ("auto", True, False),
    "memory_format": ("auto", "contiguous", "channels_last"),
}


class PrefixedParameters(BaseEstimator):
    """``get_params`` and ``set_params`` that know ``module__width`` and its like."""

    def _set_prefixed(self, given: dict[str, Any]) -> None:
        for name, value in given.items():
            if not name.startswith(PREFIXES):
                known = ", ".join(one + "*" for one in PREFIXES)
                raise TypeError(
                    f"{type(self).__name__} must get parameters of its own or {known}, "
                    f"got {name!r}."
                )
            setattr(self, name, value)

    def _prefixed(self) -> dict[str, Any]:
        own = {k: v for k, v in vars(self).items() if k.startswith(PREFIXES)}
        return dict(sorted(own.items()))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, those with a prefix among them.

        Parameters
        ----------
        deep : bool, default=True
            As in scikit-learn.

        Returns
        -------
        dict
        """
        return {**super().get_params(deep=deep), **self._prefixed()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those with a prefix among them.

        Parameters
        ----------
        **params
            Such as ``lr=0.1`` or ``module__width=32``.

        Returns
        -------
        NeuralClassifier
            Itself.
        """
        prefixed = {k: v for k, v in params.items() if k.startswith(PREFIXES)}
        self._set_prefixed(prefixed)
        super().set_params(**{k: v for k, v in params.items() if k not in prefixed})
        return self


def check_parameters(net: Any) -> None:
    """Refuse parameters that no training could have.

    Raises
    ------
    TypeError, ValueError
    """
    _check_numbers(net)
    for name, allowed in _OPTIONS.items():
        if getattr(net, name) not in allowed:
            names = ", ".join(repr(one) for one in allowed)
            raise ValueError(
                f"{name} must be one of {names}, got {getattr(net, name)!r}."
            )
    if net.augment is not None and not callable(net.augment):
        raise TypeError(
            "augment must be None or callable as augment(images, generator), got "
            f"{net.augment!r}. See skdistill.nn.RandomCrop."
        )
    if net.optimizer is not None and not callable(net.optimizer):
        raise TypeError(
            "optimizer must be None or a class of torch.optim, got "
            f"{net.optimizer!r}. Its parameters are given as optimizer__*."
        )
    _check_module(net)


def _check_numbers(net: Any) -> None:
    for name, least in (("max_epochs", 0), ("batch_size", 1)):
        value = getattr(net, name)
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"{name} must be an int, got {value!r}.")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value!r}.")
    check_positive("lr", net.lr)
    fraction = net.validation_fraction
    if not isinstance(fraction, Real) or not 0 <= float(fraction) < 1:
        raise ValueError(f"validation_fraction must be in [0, 1), got {fraction!r}.")


def _check_module(net: Any) -> None:
    made = isinstance(net.module, torch.nn.Module)
    arguments = [one for one in net._prefixed() if one.startswith("module__")]
    if made and arguments:
        raise ValueError(
            f"module must be a class or a function where {arguments[0]} is given, got "
            f"an instance of {type(net.module).__name__}, which is made already."
        )
    if not made and not callable(net.module):
        raise TypeError(
            "module must be a torch.nn.Module, a class of them or a function that "
            f"makes one, got {net.module!r}."
        )


def resolve_device(device: Any) -> Any:
    """Return the device; None is CUDA if there is one, else the processor."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (AssertionError, RuntimeError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise ValueError(
            f"device must be one that torch has here, or None, got {device!r}, of "
            f"which it says: {first}"
        ) from error


def sized(
    module: Any, given: dict[str, Any], shape: tuple[int, ...], k: int
) -> dict[str, Any]:
    """Arguments of a module, with the sizes that it asks for and nobody gave.

    Parameters
    ----------
    module : class, function or instance
    given : dict
        Its arguments so far.
    shape : tuple of int
        Of one row, channels first.
    k : int
        Number of classes.

    Returns
    -------
    dict
        With ``n_classes``, ``in_channels`` and ``n_features`` where the module has
        arguments of these names.
    """
    if isinstance(module, torch.nn.Module):
        return given
    try:
        taken = inspect.signature(module).parameters
    except (TypeError, ValueError):  # made in C, or callable only
        return given
    known = {"n_classes": k}
    if len(shape) > 1:
        known["in_channels"] = shape[0]
    if len(shape) < 3:  # sequences have their features last
        known["n_features"] = shape[-1]
    return {**{name: known[name] for name in known if name in taken}, **given}
