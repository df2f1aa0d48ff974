"""The student: a linear model, perhaps through a bottleneck, trained row by row."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from skdistill._kernels import (
    SampledModel,
    SampledRows,
    SamplingRule,
    Support,
    alias_table,
    sampled_epoch,
)
from skdistill.extreme._csr import rows_of
from skdistill.extreme._weights import LabelWeights

__all__ = ["Settings", "StudentWeights", "fit_student"]

Array = npt.NDArray[Any]

#: Rows between two looks at the clock of decay and at the keyboard.
_ROWS_A_CALL = 16_384
#: Sums of squared gradients start here, in units of a wrong positive's: with 0, the
#: first step of a label would be a whole one, however small its gradient.
_FIRST_SUM = 0.1
#: Draws "by frequency" are by its root: between frequent and rare labels.
_FREQUENCY_POWER = 0.5
#: Rows whose norms are beyond this power of 2, or its inverse, are scaled: their
#: squares are summed in float32.
_MOST_EXPONENT = 30
#: Weights are multiplied out before float32 loses them.
_LEAST_SCALE = 1e-4


@dataclass(frozen=True, slots=True)
class Settings:
    """How a student is trained; see ``ExtremeDistiller``."""

    form: str
    negatives: str
    n_components: int | None
    n_negatives: int
    n_candidates: int
    max_epochs: int
    learning_rate: float
    weight_decay: float
    n_threads: int


@dataclass(frozen=True, slots=True, eq=False)
class StudentWeights:
    """A trained linear model.

    Attributes
    ----------
    components : ndarray of shape (n_components, n_features), float32, or None
    coef : ndarray of shape (n_classes, n_features or n_components), float32
    intercept : ndarray of shape (n_classes,), float32
    """

    components: Array | None
    coef: Array
    intercept: Array


def fit_student(
    X: Any,
    weights: LabelWeights,
    sample_weight: Array | None,
    settings: Settings,
    rng: np.random.RandomState,
    tell: Callable[[int], None] = lambda epoch: None,
) -> StudentWeights:
    """Train on rows of float32, sparse (csr) or dense.

    Parameters
    ----------
    X : {ndarray, csr} of shape (n_samples, n_features), float32
    weights : LabelWeights
    sample_weight : ndarray of shape (n_samples,) or None
        Scaled to a mean of 1, so that steps do not depend on its unit. Rows of weight
        0 are left away.
    settings : Settings
    rng : RandomState
        First weights, order of the rows, and draws.
    tell : callable, default=nothing
        Called with the number of the epoch that has ended.

    Returns
    -------
    StudentWeights
    """
    X, weights, sample_weight = _weighted(X, weights, sample_weight)
    X, exponent = _in_range(X)
    norm = _mean_norm(X)
    rows = _rows(X, weights, sample_weight)
    model = _first_model(rows, norm, settings, rng)
    seeds = rng.randint(np.iinfo(np.int32).max, size=(settings.max_epochs, 2))
    rules = _Rules(weights, settings)
    supports = [Support(rows, model, rules.of(0)) for _ in range(settings.n_threads)]
    n_calls = settings.max_epochs * len(_parts(X.shape[0]))
    done = 0
    threads = (
        ThreadPoolExecutor(len(supports)) if len(supports) > 1 else nullcontext(None)
    )
    with threads as pool:
        for epoch, (order_seed, seed) in enumerate(seeds):
            order = np.random.RandomState(order_seed).permutation(X.shape[0])
            for part in _parts(X.shape[0]):
                first, last = (
                    settings.learning_rate * (1 - at / n_calls)
                    for at in (done, done + 1)
                )
                sampled_epoch(
                    rows,
                    model,
                    rules.of(int(seed)),
                    order[part].astype(np.int64),
                    (first, last),
                    1 / norm,
                    supports=supports,
                    pool=pool,
                )
                done += 1
                _decay(model, settings, (part.stop - part.start) / X.shape[0], first)
            tell(epoch + 1)
    model.fold()
    if exponent:
        model.coef[:] = np.ldexp(model.coef, -exponent)
    if model.embedding is None:
        return StudentWeights(None, model.coef.T, model.bias.copy())
    return StudentWeights(model.coef.T, model.embedding, model.bias.copy())


class _Rules:
    """Sampling rules that differ in their seed only."""

    def __init__(self, weights: LabelWeights, settings: Settings) -> None:
        self._settings = settings
        self._keep = self._alias = self._chance = None
        if settings.negatives == "frequency":
            listed = weights.listed
            mass = np.bincount(
                listed.indices, weights=weights.positive, minlength=listed.shape[1]
            )
            # Every label must be drawn at times, or its weight would be infinite.
            chance = (mass + mass.sum() / len(mass) / 10) ** _FREQUENCY_POWER
            chance /= chance.sum()
            self._keep, self._alias = alias_table(chance)
            self._chance = chance.astype(np.float32)

    def of(self, seed: int) -> SamplingRule:
        settings = self._settings
        return SamplingRule(
            settings.form,
            settings.negatives,
            settings.n_negatives,
            settings.n_candidates,
            seed,
            self._keep,
            self._alias,
            self._chance,
        )


def _parts(n_samples: int) -> list[slice]:
    edges = range(0, n_samples, _ROWS_A_CALL)
    return [slice(at, min(at + _ROWS_A_CALL, n_samples)) for at in edges]


def _decay(model: SampledModel, settings: Settings, share: float, rate: float) -> None:
    """Take the decay of a share of an epoch off all weights, by one number."""
    amount = settings.weight_decay * share * rate / settings.learning_rate
    model.scale *= float(np.exp(-amount))
    if model.scale < _LEAST_SCALE:
        model.fold()


def _weighted(
    X: Any, weights: LabelWeights, sample_weight: Array | None
) -> tuple[Any, LabelWeights, Array | None]:
    """Leave away rows of weight 0: they would count in means of the others."""
    if sample_weight is None or (sample_weight > 0).all():
        return X, weights, sample_weight
    kept = sample_weight > 0
    entry = kept[rows_of(weights.listed)]
    some = LabelWeights(
        weights.listed[kept],
        weights.positive[entry],
        weights.negative[entry],
        weights.rest[kept],
    )
    return X[kept], some, sample_weight[kept]


def _in_range(X: Any) -> tuple[Any, int]:
    """Take a power of 2 off rows whose squared norm float32 could not hold."""
    exponent = int(np.frexp(_mean_norm(X))[1])
    if abs(exponent) <= _MOST_EXPONENT:
        return X, 0
    if sparse.issparse(X):
        X = X.copy()
        X.data = np.ldexp(X.data, -exponent)
        return X, exponent
    return np.ldexp(X, -exponent), exponent


def _mean_norm(X: Any) -> float:
    """Root of the mean squared norm of the rows: steps are in its units."""
    values = X.data if sparse.issparse(X) else X.ravel()
    # Blocks: a copy of all values in float64 would be twice the data.
    squared = sum(
        float(np.dot(block, block))
        for block in (
            values[at : at + (1 << 16)].astype(np.float64)
            for at in range(0, len(values), 1 << 16)
        )
    )
    return float(np.sqrt(squared / X.shape[0])) or 1.0


def _rows(X: Any, weights: LabelWeights, sample_weight: Array | None) -> SampledRows:
    if sample_weight is not None:
        mean = sample_weight.mean()
        sample_weight = (sample_weight / mean).astype(np.float32)
    if sparse.issparse(X):
        start = X.indptr.astype(np.int64, copy=False)
        feature, value = X.indices.astype(np.int32, copy=False), X.data
    else:
        start, value = None, np.ascontiguousarray(X).ravel()
        feature = np.arange(X.shape[1], dtype=np.int32)
    listed = weights.listed
    return SampledRows(
        n_features=X.shape[1],
        n_classes=listed.shape[1],
        row_start=start,
        feature=feature,
        value=value.astype(np.float32, copy=False),
        list_start=listed.indptr.astype(np.int64, copy=False),
        label=listed.indices.astype(np.int32, copy=False),
        positive=weights.positive.astype(np.float32, copy=False),
        negative=weights.negative,
        rest=weights.rest,
        weight=sample_weight,
    )


def _first_model(
    rows: SampledRows, norm: float, settings: Settings, rng: np.random.RandomState
) -> SampledModel:
    d, n_classes = rows.n_features, rows.n_classes
    coef_sum = np.full(d, _FIRST_SUM * norm**2, np.float32)
    state = _lines_of_zeros(n_classes, 4)  # bias, its sum, that of the embedding
    state[:, 0] = _first_bias(rows)
    state[:, 1:3] = _FIRST_SUM
    bias, bias_sum, embedding_sum, _ = state.T
    width = settings.n_components
    if width is None:
        coef = np.zeros((d, n_classes), np.float32)
        return SampledModel(coef, None, bias, coef_sum, None, bias_sum)
    # So that what a row sends through the bottleneck has a norm of about 1.
    coef = rng.standard_normal((d, width)).astype(np.float32)
    coef /= np.float32(norm * np.sqrt(width))
    embedding = _lines_of_zeros(n_classes, width)
    return SampledModel(coef, embedding, bias, coef_sum, embedding_sum, bias_sum)


def _lines_of_zeros(n: int, width: int) -> Array:
    """Zeros of shape (n, width) that start with a line of cache.

    Rows of 16 numbers lie in one line then, not two. With 100,000 labels, most of them
    in no cache, a bottleneck of 32 and 55 labels, a row took 3.7 us before and 2.6 so.
    """
    line = 64
    room = np.zeros(n * width + line // 4, np.float32)
    first = -(room.ctypes.data // 4) % (line // 4)
    return room[first : first + n * width].reshape(n, width)


def _first_bias(rows: SampledRows) -> Array:
    """Scores that minimise the decoupled loss if they must be the same in all rows.

    From 0 a model spends its first epochs on learning that nearly all labels are rare:
    with 20 of 736 labels sampled, ten epochs reached .61 precision@1, from here .67
    (one split of cooking).
    """
    n_classes = rows.n_classes
    weight = np.ones(len(rows.rest)) if rows.weight is None else rows.weight
    row = np.repeat(np.arange(len(rows.rest)), np.diff(rows.list_start))

    def mass(values: Array) -> Array:
        found: Array = np.bincount(rows.label, weights=values, minlength=n_classes)
        return found

    up = mass(rows.positive * weight[row])
    # Where only listed labels compete the others still differ in how rare they are.
    rest = weight * (rows.rest if rows.rest.any() else 1.0)
    down = rest.sum() + mass(rows.negative * weight[row] - rest[row])
    # Half a row more on either side: no label is never, or always, relevant.
    bias: Array = np.log((up + 0.5) / (np.maximum(down, 0) + 0.5 * rest.mean()))
    return bias.astype(np.float32)
