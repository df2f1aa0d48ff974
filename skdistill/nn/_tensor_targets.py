"""From a teacher's logits or probabilities to targets, on tensors.

Spec: ``skdistill.targets._assemble.make_targets``. Targets are made in float64 where
the device has it: a minimax gamma needs it.
"""

from typing import Any

from skdistill._validation import check_positive, check_unit
from skdistill.nn._gamma import gamma
from skdistill.nn._torch import torch
from skdistill.targets import RULES, LossCorrection

__all__ = [
    "PROBA_FLOOR",
    "RATIO_FLOOR",
    "check_choice",
    "check_options",
    "exact_targets",
    "label_rows",
    "needs_labels",
]

#: Lower bound of P under a logarithm and in 1/P: the authors' 1 / number of trees.
PROBA_FLOOR = 1 / 500
#: The corrections that divide by P of the label clamp it here (the authors' config).
RATIO_FLOOR = 1e-2


def check_options(
    *,
    alpha: float,
    temperature: float,
    loss: str,
    correction: str | LossCorrection | None,
    teacher: str,
    proba_floor: float,
    ratio_floor: float,
) -> LossCorrection | None:
    """Check the parameters of targets and return the correction a name stands for."""
    check_unit("alpha", alpha)
    check_positive("temperature", temperature)
    check_choice("loss", loss, ("cross_entropy", "squared_error"))
    check_choice("teacher", teacher, ("logits", "proba"))
    check_unit("proba_floor", check_positive("proba_floor", proba_floor))
    check_unit("ratio_floor", check_positive("ratio_floor", ratio_floor))
    if loss == "squared_error" and temperature != 1:
        raise ValueError(
            f"temperature must be 1 for the squared error, got {temperature!r}. "
            'Use loss="cross_entropy", or divide both logits by the temperature.'
        )
    scale = "prob" if loss == "cross_entropy" else "log"
    if isinstance(correction, LossCorrection):
        if correction.scale != scale:
            raise ValueError(
                f'correction must have scale="{scale}" for loss="{loss}", got '
                f"{correction!r}."
            )
        return correction
    if correction is None:
        return None
    if not (isinstance(correction, str) and correction in RULES):
        names = ", ".join(repr(name) for name in RULES)
        raise ValueError(
            f"correction must be None, one of {names}, or a LossCorrection, got "
            f"{correction!r}."
        )
    return LossCorrection(
        correction, scale="prob" if scale == "prob" else "log", floor=proba_floor
    )


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices."""
    if not (isinstance(value, str) and value in choices):
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {names}, got {value!r}.")


def needs_labels(alpha: float, correction: LossCorrection | None) -> bool:
    """Whether targets depend on the labels."""
    return alpha < 1 or correction is not None


def exact_targets(
    outputs: Any,
    labels: Any,
    *,
    alpha: float,
    temperature: float,
    loss: str,
    correction: LossCorrection | None,
    teacher: str,
    proba_floor: float,
    ratio_floor: float,
) -> Any:
    """Targets of a batch from the teacher's outputs, without a gradient.

    Float64 but on a device without it. The squared error of raw logits has a part for
    the labels that no target can express: there `alpha` is left to the loss.
    """
    if outputs.ndim != 2:
        raise ValueError(
            "teacher must have shape (n_samples, n_classes), got "
            f"{tuple(outputs.shape)}."
        )
    given = outputs.detach().to(_exact(outputs))
    onehot = None
    if needs_labels(alpha, correction):
        onehot = label_rows(labels, given)
    proba = given if teacher == "proba" else torch.softmax(given, dim=1)
    if loss == "cross_entropy":
        soft = _tempered(given, proba, temperature, teacher)
        if correction is not None:
            ratio = _label_ratio(soft, proba, onehot, temperature, ratio_floor)
            soft = soft + gamma(proba, onehot, correction) * ratio * (onehot - soft)
        weight = alpha * temperature
        # (weight + 1) - 1 is not always weight, and without labels it has to be.
        return _mixed(soft, onehot, weight / (weight + (1 - alpha)))
    if teacher == "logits":
        return _logit_targets(given, proba, onehot, correction, ratio_floor)
    floor = proba_floor if correction is None else correction.floor
    targets = _mixed(proba, onehot, alpha).clamp_min(floor).log()
    if correction is None:
        return targets
    return targets + alpha * gamma(proba, onehot, correction) * (onehot - proba)


def label_rows(labels: Any, like: Any) -> Any:
    """Labels 0..K-1 as rows of an identity matrix, shaped and typed as `like`."""
    _check_labels(labels, like.shape)
    return torch.zeros_like(like).scatter_(1, labels.long()[:, None], 1.0)


def _check_labels(labels: Any, shape: tuple[int, ...]) -> None:
    if labels is None:
        raise ValueError(
            "labels must be given where alpha is below 1 or a correction is set, got "
            "None. Pass them as the third argument, or use alpha=1, correction=None."
        )
    if labels.dtype.is_floating_point or labels.dtype in (torch.bool, torch.complex64):
        raise TypeError(
            f"labels must be integers, got {labels.dtype}. Soft labels are the second "
            "argument, the teacher's."
        )
    if tuple(labels.shape) != (shape[0],):
        raise ValueError(
            f"labels must have shape ({shape[0]},), got {tuple(labels.shape)}."
        )
    # To look at labels on another device, the host would have to wait for it; there
    # scatter_ stops the program by itself.
    if labels.device.type != "cpu" or torch.compiler.is_compiling() or not len(labels):
        return
    low, high = labels.min().item(), labels.max().item()
    if low < 0 or high >= shape[1]:
        raise ValueError(
            f"labels must be encoded 0..{shape[1] - 1}, got labels from {low} to "
            f"{high}. Use np.unique(y, return_inverse=True)[1]."
        )


def _exact(outputs: Any) -> Any:
    return torch.float32 if outputs.device.type == "mps" else torch.float64


def _mixed(soft: Any, onehot: Any, share: float) -> Any:
    return soft if share == 1 else share * soft + (1 - share) * onehot


def _tempered(given: Any, proba: Any, temperature: float, teacher: str) -> Any:
    """Probabilities to the power 1 / temperature, as ``skdistill.targets.temper``."""
    if temperature == 1:
        return proba
    if teacher == "logits":
        return torch.softmax(given / temperature, dim=1)
    powered = (proba / proba.amax(dim=1, keepdim=True)) ** (1 / temperature)
    return powered / powered.sum(dim=1, keepdim=True)


def _label_ratio(
    soft: Any, proba: Any, onehot: Any, temperature: float, ratio_floor: float
) -> Any:
    """``rho / tau`` with rho = w_y / P_y: 1 where nothing is tempered."""
    if temperature == 1:
        return 1.0
    label_proba = (proba * onehot).sum(dim=1, keepdim=True).clamp_min(ratio_floor)
    return (soft * onehot).sum(dim=1, keepdim=True) / label_proba / temperature


def _logit_targets(
    logits: Any,
    proba: Any,
    onehot: Any,
    correction: LossCorrection | None,
    ratio_floor: float,
) -> Any:
    """Raw logits, corrected as the authors' KDMSEOrthoLoss and KDMSEBoundFast."""
    if correction is None:
        return logits
    if correction.rule == "orthogonal":
        return logits + onehot / proba.clamp_min(ratio_floor) - 1
    return logits + gamma(proba, onehot, correction) * (onehot - proba)
