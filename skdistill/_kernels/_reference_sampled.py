"""What the kernel of sampled labels computes, formula by formula in float64."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ._sampled import SampledModel, SampledRows, SamplingRule

__all__ = ["sampled_draws", "sampled_gradient", "sampled_loss", "sampled_step"]

Floats = npt.NDArray[np.float64]
_WORD = 2**64 - 1


def _mix(z: int) -> int:
    """Return the output of SplitMix64 after state z."""
    z = (z + 0x9E3779B97F4A7C15) & _WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
    return z ^ (z >> 31)


def sampled_draws(
    rule: SamplingRule, n_classes: int, listed: set[int], i: int, count: int
) -> list[int]:
    """Labels drawn for row i: all that are not listed where `count` reaches them."""
    if count >= n_classes - len(listed):
        return [label for label in range(n_classes) if label not in listed]
    state, found = _mix(rule.seed ^ _mix(int(i))), list[int]()
    while len(found) < count:
        state = _mix(state)
        label = ((state >> 32) * n_classes) >> 32
        if rule.negatives == "frequency":
            assert rule.keep is not None
            assert rule.alias is not None
            if (state & 0xFFFFFF) / 2**24 >= rule.keep[label]:
                label = int(rule.alias[label])
        if label not in listed:
            found.append(label)
    return found


def sampled_loss(form: str, score: Floats, positive: Floats, negative: Floats) -> float:
    """Return the loss of one row in the scores of its support; papers.md 4.3."""
    gap = score - score[:, None]
    other = ~np.eye(len(score), dtype=bool)
    if form == "decoupled":
        up, down = np.logaddexp(0, -score), np.logaddexp(0, score)
        return float(positive @ up + negative @ down)
    if form == "pairwise":
        return float(positive @ (np.logaddexp(0, gap) * other) @ negative)
    with np.errstate(divide="ignore"):
        terms = np.where(other, gap + np.log(negative), -np.inf)
    own = np.zeros((len(score), 1))
    return float(positive @ np.logaddexp.reduce(np.hstack([own, terms]), axis=1))


def sampled_gradient(
    form: str, score: Floats, positive: Floats, negative: Floats
) -> Floats:
    """Return its gradient in the scores."""
    if form == "decoupled":
        down = np.exp(-np.logaddexp(0, score))  # sigmoid(-f)
        return np.asarray(negative * np.exp(-np.logaddexp(0, -score)) - positive * down)
    gap = score - score[:, None]
    other = ~np.eye(len(score), dtype=bool)
    if form == "pairwise":
        slope = np.outer(positive, negative) * np.exp(-np.logaddexp(0, -gap)) * other
    else:
        with np.errstate(divide="ignore"):
            terms = np.where(other, gap + np.log(negative), -np.inf)
        own = np.zeros((len(score), 1))
        whole = np.logaddexp.reduce(np.hstack([own, terms]), axis=1)
        slope = positive[:, None] * np.exp(terms - whole[:, None])
    return np.asarray(slope.sum(axis=0) - slope.sum(axis=1))


def sampled_step(
    rows: SampledRows,
    model: SampledModel,
    rule: SamplingRule,
    i: int,
    rate: float,
    coef_rate: float,
) -> dict[str, npt.NDArray[Any]]:
    """Take one step, at `model` of float64; return what row i saw before it."""
    part = slice(*(rows.list_start[i : i + 2]))
    listed = rows.label[part]
    x = np.zeros(rows.n_features)
    if rows.row_start is None:
        x[:] = rows.value[i * rows.n_features : (i + 1) * rows.n_features]
    else:
        entries = slice(*(rows.row_start[i : i + 2]))
        x[rows.feature[entries]] = rows.value[entries]
    hidden = x @ model.coef * model.scale

    def scores(label: npt.NDArray[Any]) -> Floats:
        if model.embedding is None:
            return np.asarray(model.bias[label] + hidden[label], np.float64)
        linear = model.scale * (model.embedding[label] @ hidden)
        return np.asarray(model.bias[label] + linear, np.float64)

    drawn, weight = _others(rows, rule, i, listed, scores)
    label = np.concatenate([listed, drawn]).astype(int)
    a = np.concatenate([rows.positive[part], 0 * weight]).astype(float)
    b = np.concatenate([rows.negative[part], weight]).astype(float)
    f = scores(label)
    g = sampled_gradient(rule.form, f, a, b)
    if rows.weight is not None:
        g = g * rows.weight[i]
    seen = {"label": label, "positive": a, "negative": b, "score": f, "gradient": g}
    _update(model, x, hidden, label, g, rate, coef_rate)
    return seen


def _others(
    rows: SampledRows, rule: SamplingRule, i: int, listed: npt.NDArray[Any], scores: Any
) -> tuple[npt.NDArray[Any], Floats]:
    """Labels that are not listed, and the weights that make them stand for the rest."""
    m, rest, others = rule.n_sampled, rows.rest[i], rows.n_classes - len(listed)
    if rule.negatives == "teacher":
        return np.zeros(0, int), np.zeros(0)
    hard = rule.negatives == "student" and m < others
    count = rule.n_candidates if hard else m
    names = set(listed.tolist())
    drawn = np.array(sampled_draws(rule, rows.n_classes, names, i, count), int)
    if m >= others:
        return drawn, np.full(others, float(rest))
    if hard:  # the highest scores carry the weight of all
        drawn = drawn[np.argsort(-scores(drawn), kind="stable")[:m]]
    if rule.negatives == "frequency":  # Hansen and Hurwitz
        assert rule.chance is not None
        left = 1 - rule.chance[listed].astype(float).sum()
        return drawn, rest * left / (m * rule.chance[drawn].astype(float))
    return drawn, np.full(m, float(rest) * others / m)


def _update(
    model: SampledModel,
    x: Floats,
    hidden: Floats,
    label: npt.NDArray[Any],
    g: Floats,
    rate: float,
    coef_rate: float,
) -> None:
    """AdaGrad with one sum a feature or label; a label drawn twice moves twice."""

    def step(total: Any, at: Any, squared: float, rate: float) -> float:
        total[at] += squared
        return float(rate / np.sqrt(total[at])) if total[at] > 0 else 0.0

    for q, k in enumerate(label):
        model.bias[k] -= g[q] * step(model.bias_sum, k, g[q] ** 2, rate)
    if model.embedding is None:
        back = np.zeros(len(model.bias))
        np.add.at(back, label, g)
        squared = g @ g
    else:
        back = np.zeros(len(hidden))
        for q, k in enumerate(label):
            back += g[q] * model.embedding[k] * model.scale
            move = step(model.embedding_sum, k, g[q] ** 2 * (hidden @ hidden), rate)
            model.embedding[k] -= (move * g[q] / model.scale * hidden).astype(
                model.embedding.dtype
            )
        squared = back @ back
    for d in np.flatnonzero(x):
        move = step(model.coef_sum, d, x[d] ** 2 * squared, coef_rate)
        model.coef[d] -= (move * x[d] / model.scale * back).astype(model.coef.dtype)
