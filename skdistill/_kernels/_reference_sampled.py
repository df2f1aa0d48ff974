"""What the kernel for very many labels computes, formula by formula in float64.

Slow and short of special cases on purpose: the tests compare the kernel with these.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from skdistill._kernels._sampled import SampledModel, SampledRows, SamplingRule

__all__ = [
    "features_of",
    "sampled_gradient",
    "sampled_loss",
    "sampled_step",
    "sampled_support",
    "scores_of",
]

Floats = npt.NDArray[np.float64]
_64 = (1 << 64) - 1


def _mix(z: int) -> int:
    """SplitMix64."""
    z = (z + 0x9E3779B97F4A7C15) & _64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _64
    return z ^ (z >> 31)


def features_of(rows: SampledRows, i: int) -> Floats:
    """Return row `i` of X, dense."""
    x = np.zeros(rows.n_features)
    if rows.row_start is None:
        x[:] = rows.value.reshape(-1, rows.n_features)[i]
    else:
        part = slice(rows.row_start[i], rows.row_start[i + 1])
        np.add.at(x, rows.feature[part], rows.value[part])
    return x


def scores_of(model: SampledModel, x: Floats) -> Floats:
    """Scores of all labels."""
    coef = model.coef.astype(np.float64) * model.scale
    if model.embedding is None:
        return np.asarray(x @ coef + model.bias)
    embedding = model.embedding.astype(np.float64) * model.scale
    return np.asarray(embedding @ (x @ coef) + model.bias)


def sampled_support(
    rows: SampledRows, model: SampledModel, rule: SamplingRule, i: int
) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Labels of row `i`, listed first, with their positive and negative weights."""
    part = slice(rows.list_start[i], rows.list_start[i + 1])
    listed = rows.label[part].astype(np.intp)
    n_labels, m = len(model.bias), rule.n_sampled
    others = np.setdiff1d(np.arange(n_labels), listed)
    rest = float(rows.rest[i])
    if rule.negatives == "teacher":
        drawn, weight = others[:0], np.zeros(0)
    elif m >= len(others):
        drawn, weight = others, np.full(len(others), rest)
    elif rule.negatives == "student":
        pool = others
        if rule.n_candidates < len(others):
            pool = _draws(rule, i, listed, n_labels, rule.n_candidates)
        scores = scores_of(model, features_of(rows, i))
        drawn = pool[np.argsort(-scores[pool], kind="stable")[:m]]
        weight = np.full(m, rest * len(others) / m)
    else:
        drawn = _draws(rule, i, listed, n_labels, m)
        chance = np.full(n_labels, 1 / n_labels)
        if rule.negatives == "frequency" and rule.chance is not None:
            chance = rule.chance.astype(np.float64)
        # Expected number of times that a label is drawn: Hansen and Hurwitz.
        expected = m * chance[drawn] / (1 - chance[listed].sum())
        weight = rest / expected
    label = np.concatenate([listed, drawn])
    positive = np.concatenate([rows.positive[part], np.zeros(len(drawn))])
    return label, positive, np.concatenate([rows.negative[part], weight])


def _draws(
    rule: SamplingRule, i: int, listed: npt.NDArray[Any], n_labels: int, count: int
) -> npt.NDArray[np.intp]:
    """Draw with replacement from the labels that are not listed."""
    state, found = _mix(rule.seed ^ _mix(i)), []
    while len(found) < count:
        state = _mix(state)
        label = ((state >> 32) * n_labels) >> 32
        if rule.negatives == "frequency":
            assert rule.keep is not None and rule.alias is not None
            coin = (state & 0xFFFFFF) / (1 << 24)
            label = label if coin < rule.keep[label] else int(rule.alias[label])
        if label not in listed:
            found.append(label)
    return np.array(found, dtype=np.intp)


def _phi(z: Floats) -> Floats:
    return np.logaddexp(0, -z)


def sampled_loss(form: str, score: Floats, positive: Floats, negative: Floats) -> float:
    """Loss of one row, in nats: positives a, negatives b, scores f."""
    a, b, f = positive, negative, score
    if form == "decoupled":
        return float(a @ _phi(f) + b @ _phi(-f))
    own = np.eye(len(f), dtype=bool)
    gap = f[:, None] - f[None]  # f_j - f_k
    if form == "pairwise":
        return float((np.outer(a, b) * ~own * _phi(gap)).sum())
    inner = np.where(own, 0.0, b[None] * np.exp(-gap)).sum(axis=1)
    return float(a @ np.log1p(inner))


def sampled_gradient(
    form: str, score: Floats, positive: Floats, negative: Floats
) -> Floats:
    """Derivative of :func:`sampled_loss` in the scores."""
    a, b, f = positive, negative, score
    if form == "decoupled":
        return np.asarray(b * expit(f) - a * expit(-f))
    own = np.eye(len(f), dtype=bool)
    if form == "pairwise":
        slope = np.outer(a, b) * ~own * expit(f[None] - f[:, None])
        return np.asarray(slope.sum(axis=0) - slope.sum(axis=1))
    # s_j is a softmax with weights b_k, its own weight 1; the gradient a_j (s_j - e_j).
    log_weight = np.full((len(f), len(f)), -np.inf)
    np.log(np.broadcast_to(b, own.shape), out=log_weight, where=(b > 0)[None] & ~own)
    log_weight[own] = 0
    z = log_weight + f[None]
    share = np.exp(z - z.max(axis=1, keepdims=True, initial=-np.inf))
    share /= share.sum(axis=1, keepdims=True)
    return np.asarray(a @ (share - own))


def sampled_step(
    rows: SampledRows,
    model: SampledModel,
    rule: SamplingRule,
    i: int,
    rate: float,
    coef_rate: float,
) -> None:
    """Take the step of row `i`: AdaGrad with one sum a row of weights."""
    x = features_of(rows, i)
    label, positive, negative = sampled_support(rows, model, rule, i)
    score = scores_of(model, x)[label]
    g = sampled_gradient(rule.form, score, positive, negative)
    g = g * (1.0 if rows.weight is None else float(rows.weight[i]))
    coef = model.coef.astype(np.float64) * model.scale
    hidden, back = x @ coef, np.zeros(coef.shape[1])

    def step(sums: npt.NDArray[Any], at: int, squared: float, size: float) -> float:
        sums[at] += squared
        return size / np.sqrt(sums[at]) if sums[at] > 0 else 0.0

    for place, slope in zip(label, g, strict=True):
        model.bias[place] -= slope * step(model.bias_sum, place, slope**2, rate)
    if model.embedding is None:
        np.add.at(back, label, g)
        whole = float(g @ g)
    else:
        for place, slope in zip(label, g, strict=True):
            back += slope * model.embedding[place] * model.scale
            length = slope**2 * float(hidden @ hidden)
            size = step(model.embedding_sum, place, length, rate)  # type: ignore[arg-type]
            model.embedding[place] -= slope * size * hidden / model.scale
        whole = float(back @ back)
    for j in np.flatnonzero(x):
        size = step(model.coef_sum, int(j), x[j] ** 2 * whole, coef_rate)
        model.coef[j] -= size * x[j] * back / model.scale
