"""What the compiled kernels compute, formula by formula in float64, to be read.

Slow and short of special cases on purpose: the tests compare the kernels with these.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

__all__ = [
    "gamma",
    "lasso_model",
    "linear_ce",
    "project_rows",
    "soft_ce",
    "soft_ce_value",
    "two_columns",
]

Floats = npt.NDArray[np.float64]


def soft_ce(
    target: npt.NDArray[Any],
    logit: npt.NDArray[Any],
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.NDArray[Any] | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Loss, gradient and Hessian diagonal of every row; see ``_kernels.soft_ce``."""
    t, f = _float64(target), _float64(logit)
    w = _float64(np.ones(len(f)) if sample_weight is None else sample_weight)
    mass = t.sum(axis=1, keepdims=True)
    scale = alpha * temperature + 1 - alpha
    # The two terms are cross-entropies of the same t: with weights share * tau^2 and
    # logits f / tau, t.f gets alpha * tau + 1 - alpha in all.
    loss = np.zeros(len(f))
    grad = -scale * t
    hess = np.zeros_like(f)
    for share, tau in ((alpha, temperature), (1 - alpha, 1.0)):
        if share == 0:  # 0 * log 0 is not a number, an absent term is
            continue
        log_q = log_softmax(f / tau, axis=1) if f.size else f
        q = np.exp(log_q)
        with np.errstate(invalid="ignore"):
            cost = np.where((t == 0) & np.isneginf(log_q), 0.0, t * log_q)
        loss -= share * tau**2 * cost.sum(axis=1)
        grad += share * tau * mass * q
        hess += share * mass * q * (1 - q)
    return w * loss, w[:, None] * grad, w[:, None] * hess


def soft_ce_value(
    target: npt.NDArray[Any],
    logit: npt.NDArray[Any],
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.NDArray[Any] | None = None,
) -> Floats:
    """Loss of every row."""
    return soft_ce(target, logit, temperature, alpha, sample_weight=sample_weight)[0]


def gamma(
    proba: npt.NDArray[Any],
    labels: npt.NDArray[np.integer[Any]] | None,
    rule: str,
    strength: float,
    *,
    variance: str = "plugin",
    scale: str = "prob",
    floor: float = 1 / 500,
) -> Floats:
    """Correction strength of every entry; see ``_kernels.gamma``."""
    p, c = _float64(proba), strength
    if variance == "observed":
        e2 = _float64((np.eye(p.shape[-1])[labels] - p) ** 2)
    else:
        e2 = p * (1 - p)
    p0 = p if scale == "prob" else _float64(np.maximum(p, floor))
    r = _float64(np.ones_like(p) if scale == "prob" else 1 / p0)
    if rule == "mixed":
        return np.full_like(p, c)
    if rule == "orthogonal":
        return r
    if rule == "fast":
        return r * c / (c + e2)
    if rule == "slow":  # derivative of e2 g^2 + c (g - r)^4
        return _root(lambda g: e2 * g + 2 * c * (g - r) ** 3, np.zeros_like(r), r)
    bounds = {
        "relative": (p0 / (1 + c), p0 * (1 + c)),
        "absolute": (p0 - c, p0 + c),
        "power": (np.minimum(p0, p0 ** (1 / c)), np.maximum(p0, p0 ** (1 / c))),
    }[rule]
    low: Floats = np.maximum(bounds[0], 0 if scale == "prob" else floor / 2)
    return _minimax(p0, low, np.minimum(bounds[1], 1), scale)


def _float64(array: npt.ArrayLike) -> Floats:
    return np.asarray(array, dtype=np.float64)


def _minimax(p0: Floats, low: Floats, high: Floats, scale: str) -> Floats:
    """Minimise over g the largest value over p of (g(p - p0) - b)^2 + g^2 p(1 - p).

    b is p - p0, or log p - log p0 on the log scale. The maximum of convex functions
    is convex, and the slope of the one that attains it is a subgradient (Danskin).
    """

    def slope(g: Floats) -> Floats:
        if scale == "prob":
            with np.errstate(divide="ignore", invalid="ignore"):
                inner = (2 * p0 * (g - 1) ** 2 - g**2) / (2 * (1 - 2 * g))
            inner = np.where(np.isfinite(inner), np.clip(inner, low, high), low)
            p = np.stack([low, high, inner])
            b = p - p0
        else:
            p = low + np.linspace(0, 1, 10)[:, None, None] * (high - low)
            b = np.log(p) - np.log(p0)
        a, v = p - p0, p * (1 - p)
        worst = ((g * a - b) ** 2 + g**2 * v).argmax(axis=0, keepdims=True)
        slopes = (g * a - b) * a + g * v
        return _float64(np.take_along_axis(slopes, worst, axis=0)[0])

    # b / a <= 1 / min(p, p0) by the mean value theorem: no parabola has its minimum
    # beyond 1 / low.
    largest: Floats = np.ones_like(p0) if scale == "prob" else 1 / low
    return _root(slope, np.zeros_like(p0), largest)


def _root(slope: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where increasing functions, one per entry, change their sign."""
    for _ in range(200):
        middle = (low + high) / 2
        right = slope(middle) >= 0
        low, high = np.where(right, low, middle), np.where(right, middle, high)
    return (low + high) / 2


def two_columns(second: npt.NDArray[Any]) -> Floats:
    """Clip to [0, 1] and put the complement before it."""
    clipped = np.clip(_float64(second), 0, 1)
    return np.column_stack([1 - clipped, clipped])


def project_rows(raw: npt.NDArray[Any]) -> Floats:
    """Drop negative parts and divide rows by their sums; uniform if nothing is left."""
    positive = np.where(raw < 0, 0.0, _float64(raw))
    total = positive.sum(axis=1, keepdims=True)
    uniform = np.full_like(positive, 1 / positive.shape[1])
    return np.asarray(
        np.divide(positive, total, out=uniform, where=total != 0), dtype=np.float64
    )


def lasso_model(
    gradient: npt.NDArray[Any],
    at: npt.NDArray[Any],
    lasso: npt.NDArray[Any],
    scale: float,
    left: npt.NDArray[Any],
    right: npt.NDArray[Any],
) -> Floats:
    """Minimise g.v + v'Bv / 2 + sum(lasso |at + v|) by many proximal gradient steps."""
    B = scale * np.eye(len(at)) - left @ right.T
    step = 1 / np.linalg.eigvalsh(B).max() if len(at) else 1.0
    move = np.zeros_like(at, dtype=np.float64)
    for _ in range(2000):
        z = at + move - step * (gradient + B @ move)
        move = np.sign(z) * np.maximum(np.abs(z) - step * lasso, 0) - at
    return move


def linear_ce(
    rows: npt.NDArray[Any],
    target: npt.NDArray[Any],
    coef: npt.NDArray[Any],
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.NDArray[Any] | None = None,
) -> tuple[float, Floats]:
    """Sum of the losses at linear logits, and its gradient in the coefficients."""
    ones = np.column_stack([_float64(rows), np.ones(len(rows))])
    W = _float64(coef)
    if len(W) < target.shape[1]:
        W = np.vstack([np.zeros_like(W), W])
    loss, grad, _ = soft_ce(
        target, ones @ W.T, temperature, alpha, sample_weight=sample_weight
    )
    return float(loss.sum()), grad[:, -len(coef) :].T @ ones
