"""Linear models with very many labels: what the kernel reads and writes, and its calls.

A row costs its listed and sampled labels times its features (or the width of the
bottleneck), whatever the number of labels.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _cpu, _sampled_rows

__all__ = [
    "SampledModel",
    "SampledRows",
    "SamplingRule",
    "Support",
    "alias_table",
    "look_at_row",
    "sampled_epoch",
]

FloatArray = npt.NDArray[np.float32]

#: Vectors of the kernel read up to this many entries beyond the last.
_PADDING = 16


@dataclass(frozen=True, slots=True, eq=False)
class SampledRows:
    """Rows of X and the labels listed for each, with their weights.

    Attributes
    ----------
    n_features, n_classes : int
    row_start : ndarray of shape (n + 1,), int64, or None
        None where X is dense.
    feature : ndarray of shape (nnz,), int32
        Of dense X: 0, 1, ..., n_features - 1.
    value : ndarray of shape (nnz,), float32
    list_start : ndarray of shape (n + 1,), int64
    label : ndarray of shape (n_listed,), int32
        Increasing within a row.
    positive, negative : ndarray of shape (n_listed,), float32
        :math:`a_j` and :math:`b_j` of the listed labels.
    rest : ndarray of shape (n,), float32
        :math:`b_j` of every label that is not listed.
    weight : ndarray of shape (n,), float32, or None
    """

    n_features: int
    n_classes: int
    row_start: npt.NDArray[np.int64] | None
    feature: npt.NDArray[np.int32]
    value: FloatArray
    list_start: npt.NDArray[np.int64]
    label: npt.NDArray[np.int32]
    positive: FloatArray
    negative: FloatArray
    rest: FloatArray
    weight: FloatArray | None = None

    @property
    def longest_list(self) -> int:
        """Most labels that are listed for a row."""
        return int(np.diff(self.list_start).max(initial=0))


@dataclass(slots=True, eq=False)
class SampledModel:
    """Weights, and the sums of squared gradients of each of their rows.

    Attributes
    ----------
    coef : ndarray of shape (n_features, width), float32
        Times `scale`. Without a bottleneck `width` is the number of labels.
    embedding : ndarray of shape (n_labels, width), float32, or None
        Times `scale`; with a bottleneck.
    bias : ndarray of shape (n_labels,), float32
    coef_sum : ndarray of shape (n_features,), float32
    embedding_sum, bias_sum : ndarray of shape (n_labels,), float32
        With `bias` they may be columns of one array; all have the same stride.
    scale : float
        Decay of all weights so far: one number instead of a pass over them.
    """

    coef: FloatArray
    embedding: FloatArray | None
    bias: FloatArray
    coef_sum: FloatArray
    embedding_sum: FloatArray | None
    bias_sum: FloatArray
    scale: float = 1.0

    def fold(self) -> None:
        """Multiply the weights by `scale`, which becomes 1."""
        if self.scale != 1.0:
            self.coef *= np.float32(self.scale)
            if self.embedding is not None:
                self.embedding *= np.float32(self.scale)
            self.scale = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SamplingRule:
    """The objective's form, and how labels that are not listed are found.

    Attributes
    ----------
    form : {"decoupled", "pairwise", "softmax"}
    negatives : {"uniform", "frequency", "student", "teacher"}
        "teacher" takes none but the listed ones.
    n_sampled, n_candidates : int
        "student" keeps the `n_sampled` highest scores of `n_candidates`, at least as
        many.
    seed : int
        In [0, 2**64).
    keep, alias, chance : ndarray of shape (n_labels,), or None
        Of :func:`alias_table`, for "frequency".
    """

    form: str
    negatives: str
    n_sampled: int
    n_candidates: int
    seed: int
    keep: FloatArray | None = None
    alias: npt.NDArray[np.int32] | None = None
    chance: FloatArray | None = None


class Support:
    """The labels that one row sees, and room to work with them: one a thread.

    Attributes
    ----------
    label : ndarray of shape (capacity,), int32
    positive, negative, score, gradient : ndarray of shape (capacity + 16,), float32
    hidden, back : ndarray of shape (width,), float32, or None
    """

    def __init__(
        self, rows: SampledRows, model: SampledModel, rule: SamplingRule
    ) -> None:
        drawn = rule.n_sampled
        if rule.negatives == "student":
            drawn = max(drawn, rule.n_candidates)
        capacity = min(len(model.bias), rows.longest_list + drawn)
        self.label = np.zeros(capacity, np.int32)
        # Apart: lines of cache that two threads write to would go back and forth.
        places = np.zeros((4, capacity + 4 * _PADDING), np.float32)
        self.positive, self.negative, self.score, self.gradient = places
        width = 0 if model.embedding is None else model.coef.shape[1]
        self.hidden, self.back = np.zeros((2, width + 4 * _PADDING), np.float32)


def sampled_epoch(
    rows: SampledRows,
    model: SampledModel,
    rule: SamplingRule,
    order: npt.NDArray[np.int64],
    rates: tuple[float, float],
    coef_rate: float,
    *,
    supports: list[Support],
    pool: ThreadPoolExecutor | None = None,
    level: int | None = None,
) -> None:
    """Take a step a row, in `order`; with several supports, in as many threads.

    The draws of a row do not depend on threads. The weights do: threads write without
    locks, so that with more than one the last bits differ from run to run.

    Parameters
    ----------
    rows : SampledRows
    model : SampledModel
        Changed.
    rule : SamplingRule
    order : ndarray of shape (n_steps,), int64
    rates : pair of float
        Step size at the first and after the last row; linear in between.
    coef_rate : float
        Step size of `coef`, in units of that of the others.
    supports : list of Support
        One a thread.
    pool : ThreadPoolExecutor, default=None
        Needed for more than one.
    level : int, default=None
        Level of processor; None is the best.
    """
    level = _cpu.LEVEL if level is None else level

    def visit(support: Support, part: npt.NDArray[np.int64]) -> None:
        if len(part):
            _sampled_rows.sampled_rows(
                rows, model, rule, support, part, *rates, coef_rate, False, level
            )

    if len(supports) == 1:
        visit(supports[0], order)
        return
    if pool is None:
        raise ValueError("pool must be given for several supports, got None.")
    parts = np.array_split(order, len(supports))
    list(pool.map(visit, supports, parts))


def look_at_row(
    rows: SampledRows,
    model: SampledModel,
    rule: SamplingRule,
    i: int,
    *,
    level: int | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Return what row `i` would see, without a step.

    Returns
    -------
    dict of ndarray of shape (size,)
        "label", "positive", "negative", "score" and "gradient" (in the scores): listed
        labels first, then the others.
    """
    support = Support(rows, model, rule)
    size = _sampled_rows.sampled_rows(
        rows,
        model,
        rule,
        support,
        np.array([i], np.int64),
        0.0,
        0.0,
        0.0,
        True,
        _cpu.LEVEL if level is None else level,
    )
    names = ("label", "positive", "negative", "score", "gradient")
    return {name: getattr(support, name)[:size].copy() for name in names}


def alias_table(
    chance: npt.NDArray[Any],
) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Return Walker's table, for draws at a cost that does not depend on its length.

    Parameters
    ----------
    chance : ndarray of shape (n,)
        Positive probabilities with sum 1.

    Returns
    -------
    keep : ndarray of shape (n,), float32
        Probability that slot i answers i.
    alias : ndarray of shape (n,), int32
        What it answers otherwise.
    """
    n = len(chance)
    left = np.asarray(chance, np.float64) * n
    keep, alias = np.ones(n, np.float32), np.arange(n, dtype=np.int32)
    small, large = list(np.flatnonzero(left < 1)), list(np.flatnonzero(left >= 1))
    while small and large:
        slot, giver = small.pop(), large[-1]
        keep[slot], alias[slot] = left[slot], giver
        left[giver] -= 1 - left[slot]
        if left[giver] < 1:
            small.append(large.pop())
    return keep, alias
