"""Intervals by the bootstrap over held-out rows, all models on the same draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.diagnostics._measure import held_out_brier, scaled

__all__ = ["METRICS", "Interval", "bootstrap", "row_losses"]

Array = npt.NDArray[Any]

#: What is resampled, in the order of the tables.
METRICS = ("log_loss", "brier", "accuracy", "auc")
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95% interval.

    Attributes
    ----------
    model : str
        A model, or two of them as ``"a - b"``: then the difference, paired over rows.
    metric : str
        One of "log_loss" (nats), "brier", "accuracy", "auc".
    value : float
        On the rows as they are.
    low, high : float
        2.5 and 97.5 percentiles over bootstrap draws of the rows; NaN without draws.
    """

    model: str
    metric: str
    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether all of the interval lies on one side of 0."""
        return bool(self.low > 0 or self.high < 0)


def row_losses(proba: Array, codes: Array, losses: Array) -> Array:
    """Return what the first three metrics are means of, (n, 3)."""
    correct = proba.argmax(axis=1) == codes
    return np.column_stack([losses, held_out_brier(proba, codes), correct])


def bootstrap(
    models: dict[str, tuple[Array, Array]],
    codes: Array,
    pairs: Iterable[tuple[str, str]],
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[Interval, ...]:
    """Draw rows with replacement and score every model on each draw.

    Parameters
    ----------
    models : dict of name to (proba, losses)
        Probabilities (n, K) and log-losses (n,) of each model.
    codes : ndarray of shape (n,), int
        Labels encoded 0..K-1.
    pairs : iterable of two names
        Models whose difference is wanted, first minus second.
    n_draws : int
        0 gives values without intervals.
    rng : Generator
        The draws are the same for all models, so differences are paired.

    Returns
    -------
    tuple of Interval
        Of every model, then of every pair; four metrics each. The area under the
        curve is NaN where the rows lack a class, and of draws that lack one none is
        taken.
    """
    rows = {name: row_losses(p, codes, losses) for name, (p, losses) in models.items()}
    curves = {name: _curves(proba, codes) for name, (proba, _) in models.items()}
    # The first line of each table is of the rows as they are.
    scores = {name: np.empty((n_draws + 1, len(METRICS))) for name in models}
    n = len(codes)
    for draw in range(n_draws + 1):
        counts = np.ones(n)
        if draw:
            counts = np.bincount(rng.integers(n, size=n), minlength=n).astype(float)
        for name, table in scores.items():
            table[draw, :3] = counts @ rows[name] / n
            table[draw, 3] = _area(curves[name], counts)
    for one, other in pairs:
        scores[f"{one} - {other}"] = scores[one] - scores[other]
    return tuple(
        Interval(name, metric, float(table[0, j]), *_limits(table[1:, j]))
        for name, table in scores.items()
        for j, metric in enumerate(METRICS)
    )


def _limits(drawn: Array) -> tuple[float, float]:
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, _PERCENTILES)
    return float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """Rows in the order of one class's probability, sorted once for all draws.

    `starts` are the places where a new probability begins: rows of one probability
    count one another half.
    """

    order: Array
    positive: Array
    starts: Array


def _curves(proba: Array, codes: Array) -> Sequence[_Curve]:
    """One curve for two classes, else one against the rest each."""
    n_classes = proba.shape[1]
    if n_classes > 2:
        proba = scaled(proba)
    made = []
    for k in range(n_classes) if n_classes > 2 else (1,):
        order = np.argsort(proba[:, k], kind="stable")
        ranked = proba[order, k]
        starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        made.append(_Curve(order, (codes == k)[order].astype(float), starts))
    return made


def _area(curves: Sequence[_Curve], counts: Array) -> float:
    """Mean over curves of the share of pairs that are in order, ties a half."""
    areas = []
    for curve in curves:
        drawn = counts[curve.order]
        ups = np.add.reduceat(drawn * curve.positive, curve.starts)
        downs = np.add.reduceat(drawn, curve.starts) - ups
        n_pairs = ups.sum() * downs.sum()
        if not n_pairs:
            return float("nan")
        areas.append(ups @ (np.cumsum(downs) - downs / 2) / n_pairs)
    return float(np.mean(areas))
