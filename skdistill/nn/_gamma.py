"""Strength of the loss correction on tensors, rule by rule as the compiled kernel.

Spec: ``skdistill._kernels._reference.gamma``. Nothing here waits for the device, and no
branch looks at a value. The searches of the minimax rules are unrolled: about a
thousand operations a call, which a training loop with a fixed teacher saves by caching
its targets (:func:`skdistill.nn._tensor_targets.distillation_targets`).
"""

from typing import Any

from skdistill.nn._torch import torch
from skdistill.targets import RULES, LossCorrection

__all__ = ["gamma"]

#: Values of p looked at on the log scale, as in the authors' code.
_POINTS = 10
#: A bracket of width 1, or 500, shrinks below one unit in the last place of 1.
_HALVINGS = 53
_HALVINGS_LOG = 62


def gamma(proba: Any, onehot: Any, correction: LossCorrection) -> Any:
    """Correction strength of every entry, :meth:`LossCorrection.gamma` on tensors.

    Parameters
    ----------
    proba : Tensor of shape (n_samples, n_classes)
        Teacher probabilities in [0, 1]; float64 where the device has it, since a flat
        maximum fixes a minimax gamma to the root of the precision only.
    onehot : Tensor of shape (n_samples, n_classes)
        Labels; used when the variance is the observed one.
    correction : LossCorrection

    Returns
    -------
    Tensor of shape (n_samples, n_classes)
        Of the dtype of `proba`; in [0, 1] on the prob scale.

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn._gamma import gamma
    >>> from skdistill.targets import LossCorrection
    >>> gamma(torch.full((1, 2), 0.5), torch.eye(2)[:1], LossCorrection("fast", 0.25))
    tensor([[0.5000, 0.5000]])
    """
    found = _entries(proba, onehot, correction)
    if correction.per_class or correction.scale == "log":
        return found
    return _shared(found, proba).expand_as(found)


def _entries(proba: Any, onehot: Any, correction: LossCorrection) -> Any:
    rule, on_log = correction.rule, correction.scale == "log"
    c = RULES[rule] if correction.strength is None else float(correction.strength)
    if rule == "mixed":
        return torch.full_like(proba, c)
    p0 = proba.clamp_min(correction.floor) if on_log else proba
    full = 1 / p0 if on_log else torch.ones_like(proba)
    if rule == "orthogonal":
        return full
    if rule in ("fast", "slow"):
        observed = correction.variance == "observed"
        e2 = (onehot - proba).square() if observed else proba * (1 - proba)
        return full * c / (c + e2) if rule == "fast" else _slow(e2, c, full)
    # Half the floor is the authors' 1e-3 at their floor of 1/500, and never above p0.
    low, high = _bounds(p0, rule, c, 0.5 * correction.floor if on_log else 0.0)
    return _minimax_log(p0, low, high) if on_log else _minimax(p0, low, high)


def _slow(e2: Any, c: float, r: Any) -> Any:
    """Minimise e2 g^2 + c (g - r)^4: the real root u = r - g of u^3 + a u = a r."""
    a = e2 / (2 * c)
    # u < (a r)^(1/3) is lost in rounding, and u^3 would underflow.
    least = 1e-50 if a.dtype == torch.float64 else 1e-30
    lost, a = a <= least, a.clamp_min(least)
    u = 2 * (a / 3).sqrt() * torch.sinh(torch.asinh(1.5 * r * (3 / a).sqrt()) / 3)
    u = u - (u * (u * u + a) - a * r) / (3 * u * u + a)  # one Newton step
    # g = u^3 / a and not r - u, which cancels when u is nearly r.
    return torch.where(lost, r, torch.minimum(u * u * u / a, r))


def _bounds(p0: Any, rule: str, c: float, least: float) -> tuple[Any, Any]:
    """Smallest and largest probability that a minimax rule considers."""
    if rule == "relative":
        low, high = p0 / (1 + c), p0 * (1 + c)
    elif rule == "absolute":
        low, high = p0 - c, p0 + c
    else:
        power = p0 ** (1 / c)
        low, high = torch.minimum(p0, power), torch.maximum(p0, power)
    return low.clamp_min(least), high.clamp_max(1.0)


def _minimax(p0: Any, low: Any, high: Any) -> Any:
    """Minimise over g the largest (1 - g)^2 (p - p0)^2 + g^2 p (1 - p) over p."""
    far_low, far_high = (low - p0).square(), (high - p0).square()
    wide_low, wide_high = low * (1 - low), high * (1 - high)

    def rises(g: Any) -> Any:
        here, there = (g - 1).square(), g.square()
        above = here * far_high + there * wide_high > here * far_low + there * wide_low
        p = torch.where(above, high, low)
        # Only for g > 1/2 concave in p, with its maximum inside.
        inner = (there - 2 * p0 * here) / (4 * g - 2)
        p = torch.where((g > 0.5) & (inner > low) & (inner < high), inner, p)
        # Danskin: the slope of the largest is that of the parabola which attains it.
        return (g - 1) * (p - p0).square() + g * (p * (1 - p)) >= 0

    # Every slope is <= 0 at 0 and >= 0 at 1.
    return _halved(rises, torch.zeros_like(p0), torch.ones_like(p0), _HALVINGS)


def _minimax_log(p0: Any, low: Any, high: Any) -> Any:
    """Minimise over g the largest (g (p - p0) - log p / p0)^2 + g^2 p (1 - p)."""
    steps = torch.arange(_POINTS, dtype=p0.dtype, device=p0.device)[:, None, None]
    p = low + (high - low) * steps / (_POINTS - 1)
    a, b, v = p - p0, torch.log(p / p0), p * (1 - p)
    size = a.square() + v
    nothing = size <= 0  # p = p0 = 1
    own = torch.where(nothing, 0.0, a * b / size.masked_fill(nothing, 1.0))

    def rises(g: Any) -> Any:
        gap = g * a - b
        worst = (gap.square() + g.square() * v).argmax(dim=0, keepdim=True)
        return (gap * a + g * v).gather(0, worst)[0] >= 0

    # All parabolas fall before the first own minimum and rise after the last.
    return _halved(rises, own.amin(dim=0), own.amax(dim=0), _HALVINGS_LOG)


def _halved(rises: Any, low: Any, high: Any, steps: int) -> Any:
    """Where increasing functions, one per entry, change their sign."""
    for _ in range(steps):
        middle = 0.5 * (low + high)
        beyond = rises(middle)
        high = torch.where(beyond, middle, high)
        low = torch.where(beyond, low, middle)
    return 0.5 * (low + high)


def _shared(found: Any, proba: Any) -> Any:
    """One gamma a row: the average over classes weighted by the label variance."""
    variance = proba * (1 - proba)
    certain = variance.sum(dim=1, keepdim=True) <= torch.finfo(proba.dtype).tiny
    weights = variance.masked_fill(certain, 1.0)
    shared = (weights * found).sum(dim=1, keepdim=True)
    return shared / weights.sum(dim=1, keepdim=True)
