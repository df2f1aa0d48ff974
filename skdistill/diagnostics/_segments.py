"""Where a model does worst: found on one half of the rows, measured on the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeRegressor

from skdistill.diagnostics._features import Features

__all__ = ["Segment", "worst_segments"]

Array = npt.NDArray[Any]

_MAX_DEPTH = 3
#: A segment holds this share of the rows at least, and this many.
_SMALLEST_SHARE, _SMALLEST = 0.05, 20
#: Rows the tree is grown on at most: more would not change splits this coarse.
_MOST_ROWS = 50_000
#: A difference counts when it exceeds this many standard errors.
_N_ERRORS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows that a few conditions on the features pick out.

    All numbers are of the half of the rows that the segment was not found on.

    Attributes
    ----------
    words : str
        The conditions, such as ``"age > 30.5 and colour is red"``.
    rows : ndarray of int
        Places of its rows in X.
    share : float
        Of that half of the rows.
    inside, outside : float
        Mean departure of its rows, and of all others.
    error : float
        Standard error of ``inside - outside``.
    """

    words: str
    rows: Array
    share: float
    inside: float
    outside: float
    error: float

    @property
    def is_worse(self) -> bool:
        """Whether it is worse than the rest by more than two standard errors."""
        return bool(self.inside - self.outside > _N_ERRORS * self.error)


def worst_segments(
    features: Features,
    departure: Array,
    rng: np.random.Generator,
    *,
    n_segments: int = 3,
) -> tuple[Segment, ...]:
    """Segments with the largest mean departure, the worst first.

    A regression tree of depth 3 is grown on a random half of the rows. Its leaves with
    means above that of all rows are the segments; what they are worth is measured on
    the other half, since the largest of several means is too large by selection alone.

    Parameters
    ----------
    features : Features
    departure : ndarray of shape (n_samples,)
        What is large where the model does badly.
    rng : Generator
        Draws the halves.
    n_segments : int, default=3
        At most so many.

    Returns
    -------
    tuple of Segment
        Empty where there are too few rows to split, or nothing differs.
    """
    drawn = rng.permutation(len(departure))
    half = len(drawn) // 2
    found_on, measured_on = drawn[:half][:_MOST_ROWS], np.sort(drawn[half:])
    smallest = max(_SMALLEST, int(np.ceil(_SMALLEST_SHARE * len(found_on))))
    if len(found_on) < 2 * smallest:
        return ()
    tree = DecisionTreeRegressor(
        max_depth=_MAX_DEPTH,
        min_samples_leaf=smallest,
        random_state=int(rng.integers(2**31)),
    ).fit(features.values[found_on], departure[found_on])
    grown = tree.tree_
    leaves = np.flatnonzero(grown.children_left < 0)
    means = grown.value[leaves].ravel()
    worst = leaves[np.argsort(-means, kind="stable")][:n_segments]
    place = tree.apply(features.values[measured_on])
    paths = _paths(grown)
    segments = []
    for leaf in worst:
        inside = place == leaf
        if grown.value[leaf].item() <= grown.value[0].item() or not inside.any():
            continue
        words = _in_words(paths[int(leaf)], features)
        segments.append(_measure(words, inside, measured_on, departure))
    return tuple(sorted(segments, key=lambda one: -one.inside))


def _measure(words: str, inside: Array, rows: Array, departure: Array) -> Segment:
    mine, others = departure[rows[inside]], departure[rows[~inside]]
    error = float("inf")
    if min(len(mine), len(others)) > 1:
        error = float(
            np.sqrt(mine.var(ddof=1) / len(mine) + others.var(ddof=1) / len(others))
        )
    return Segment(
        words=words,
        rows=rows[inside],
        share=len(mine) / len(rows),
        inside=float(mine.mean()),
        outside=float(others.mean()) if len(others) else float("nan"),
        error=error,
    )


def _paths(grown: Any) -> dict[int, list[tuple[int, float, bool]]]:
    """Give the splits above each node: column, threshold, whether it lies right."""
    paths: dict[int, list[tuple[int, float, bool]]] = {0: []}
    # Children come after their parents.
    for node in range(grown.node_count):
        split = (int(grown.feature[node]), float(grown.threshold[node]))
        if grown.children_left[node] >= 0:
            paths[int(grown.children_left[node])] = [*paths[node], (*split, False)]
            paths[int(grown.children_right[node])] = [*paths[node], (*split, True)]
    return paths


def _in_words(path: list[tuple[int, float, bool]], features: Features) -> str:
    """One condition a column, in the order the tree asked."""
    limits: dict[int, tuple[float, float]] = {}
    for column, threshold, right in path:
        low, high = limits.get(column, (-np.inf, np.inf))
        limits[column] = (max(low, threshold), high) if right else (low, threshold)
    return " and ".join(
        features.columns[column].words(low, high)
        for column, (low, high) in limits.items()
    )
