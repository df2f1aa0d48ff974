"""Scores of a linear model with very many labels, in blocks of rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.extreme._student import StudentWeights
from skdistill.extreme._top_k import row_blocks

__all__ = ["best_labels", "score_blocks"]

Array = npt.NDArray[Any]


def score_blocks(
    X: Any, student: StudentWeights, limit: int | None = None
) -> Iterator[tuple[slice, Array]]:
    """Yield slices of rows and their scores, (n_rows, n_classes) float32.

    Parameters
    ----------
    X : {ndarray, csr} of shape (n_samples, n_features), float32
    student : StudentWeights
    limit : int, default=None
        Most scores of a block, unless one row has more; None is 4 million.
    """
    n_classes = len(student.intercept)
    sizes = {} if limit is None else {"limit": limit}
    for rows in row_blocks(X.shape[0], n_classes, **sizes):
        inner = X[rows]
        if student.components is not None:
            inner = inner @ student.components.T
        scores = np.asarray(inner @ student.coef.T)
        scores += student.intercept
        yield rows, scores


def best_labels(scores: Array, k: int) -> tuple[Array, Array]:
    """Return the k best labels of each row and their scores, best first.

    Of equal scores the first labels come first.
    """
    n_classes = scores.shape[1]
    if k == 1:
        best = scores.argmax(axis=1)[:, None]
        return best, np.take_along_axis(scores, best, axis=1)
    if k < n_classes:
        # Among equals a partition takes any: take all that reach the k-th, then sort.
        kth = np.partition(scores, n_classes - k, axis=1)[:, n_classes - k, None]
        row, label = np.nonzero(scores >= kth)
    else:
        row, label = (part.ravel() for part in np.indices(scores.shape))
    found = scores[row, label]
    order = np.lexsort((label, -found, row))
    start = np.searchsorted(row, np.arange(len(scores)))
    chosen = order[start[:, None] + np.arange(k)]
    return label[chosen], found[chosen]
