"""A problem of very many labels whose relevance probabilities are known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.utils import check_array, check_random_state

from skdistill._validation import check_positive
from skdistill.datasets._concepts import Concepts, draw_concepts, draw_rows, narrow
from skdistill.datasets._known_bayes import _check_count

__all__ = ["RelevanceProblem", "make_relevance"]


@dataclass(frozen=True, eq=False)
class RelevanceProblem:
    """Rows, labels and true relevance of one draw of :func:`make_relevance`.

    Attributes
    ----------
    X : csr_array of shape (n_samples, n_features), float32
        Word counts times the logarithm of the word's rank, rows of length 1.
    Y : csr_array of shape (n_samples, n_labels), float32, or ndarray of int64
        Ones where a label was drawn; with ``multilabel=False`` the label's code,
        shape (n_samples,), in 0..n_labels - 1.
    relevance : csr_array of shape (n_samples, n_labels), float32, in [0, 1]
        P(label relevant | x); exactly 0 where nothing is stored. Rows sum to 1 with
        ``multilabel=False``.
    multilabel : bool
        Whether labels are drawn one by one or one a row.
    """

    X: sparse.csr_array
    Y: Any
    relevance: sparse.csr_array
    multilabel: bool
    _concepts: Concepts
    _noise: float
    _intercept: float

    def relevance_of(self, X: Any) -> sparse.csr_array:
        """Return the relevance of any rows, as (n, n_labels) float32.

        Parameters
        ----------
        X : array-like or sparse of shape (n, n_features)
            Finite numbers. The rows of `X` give `relevance`, bit for bit. A row that
            speaks for no concept is offered the labels of the first one.

        Returns
        -------
        csr_array of shape (n, n_labels), float32, sorted indices

        Raises
        ------
        ValueError
            If `X` has another number of columns, a negative number, NaN or infinity.
        """
        rows = sparse.csr_array(check_array(X, accept_sparse="csr", dtype=np.float32))
        n_features = self._concepts.to_concept.shape[0]
        if rows.shape[1] != n_features:
            raise ValueError(
                f"X must have {n_features} columns, got {rows.shape[1]}; "
                "give rows of this problem's features."
            )
        if rows.nnz and rows.data.min() < 0:
            raise ValueError(
                f"X must not be negative, got {rows.data.min()}; "
                "words are counted, not centred."
            )
        return _relevance(
            rows, self._concepts, self._noise, self._intercept, self.multilabel
        )

    def draw(self, *, random_state: Any = None) -> Any:
        """Draw the labels of all rows anew.

        Parameters
        ----------
        random_state : int, RandomState instance or None, default=None
            Seed of the labels.

        Returns
        -------
        csr_array or ndarray
            As the attribute `Y`.
        """
        return _draw(self.relevance, self.multilabel, check_random_state(random_state))


def make_relevance(
    n_samples: int = 10_000,
    n_labels: int = 100_000,
    n_features: int = 20_000,
    *,
    n_concepts: int | None = None,
    words_per_row: float = 30.0,
    labels_per_row: float = 3.0,
    multilabel: bool = True,
    noise: float = 1.0,
    random_state: Any = None,
) -> RelevanceProblem:
    """Draw a problem of very many labels together with its true relevance.

    Each word (feature) speaks with weights for two concepts and for two labels of
    the first of these. A row's three most active concepts offer their labels; an
    offered label j of concept c has the log-odds::

        (4 z_c / max z - log(1 + rank of j in c) + 6 words for j + intercept) / noise

    whose sigmoid is its relevance (`multilabel`), or whose softmax over the offered
    labels is. All other labels have relevance 0. Concepts, words and the labels of
    a concept are Zipf distributed, so most labels are rare. Split the rows of one
    call for a training and a test part: they share the concepts. Nothing of size
    n_samples x n_labels is held; memory is that of the stored numbers.

    Parameters
    ----------
    n_samples : int, default=10_000
        Number of rows, at least 1.
    n_labels : int, default=100_000
        Number of labels, at least `n_concepts`.
    n_features : int, default=20_000
        Number of words, at least `n_concepts`.
    n_concepts : int or None, default=None
        Number of concepts. A row is offered up to ``3 * n_labels / n_concepts``
        labels. None takes a twentieth of the labels, but at most a quarter of the
        features; raise `n_features` with `n_labels`, or the rows grow long.
    words_per_row : float, default=30.0
        Mean number of words drawn for a row, at least 1.
    labels_per_row : float, default=3.0
        Mean number of relevant labels, reached by the intercept on the rows drawn;
        below ``n_labels // n_concepts``. Not used with ``multilabel=False``. Single
        rows of `Y` may be empty, rows of `relevance` never are.
    multilabel : bool, default=True
        False draws one label a row.
    noise : float, default=1.0
        Divides the log-odds: more makes one draw of `Y` say less of the relevance.
    random_state : int, RandomState instance or None, default=None
        Seed of concepts, rows and labels.

    Returns
    -------
    RelevanceProblem
        Frozen record of `X`, `Y`, `relevance`, with `relevance_of` for other rows.

    Raises
    ------
    TypeError
        If a count is not an integer, or `noise` or a mean not a number.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from skdistill.datasets import make_relevance
    >>> problem = make_relevance(100, 200, 80, random_state=0)
    >>> problem.X.shape, problem.Y.shape, problem.relevance.shape
    ((100, 80), (100, 200), (100, 200))
    >>> print(round(float(problem.relevance.sum() / 100), 3))
    3.0
    """
    for name, value in [
        ("n_samples", n_samples),
        ("n_labels", n_labels),
        ("n_features", n_features),
    ]:
        _check_count(name, value, 1)
    if n_concepts is None:
        n_concepts = max(1, min(n_labels // 20, n_features // 4))
    _check_count("n_concepts", n_concepts, 1)
    _check_sizes(n_labels, n_features, n_concepts)
    noise = check_positive("noise", noise)
    if check_positive("words_per_row", words_per_row) < 1:
        raise ValueError(f"words_per_row must be at least 1, got {words_per_row}.")
    check_positive("labels_per_row", labels_per_row)
    if multilabel and labels_per_row >= n_labels // n_concepts:
        raise ValueError(
            f"labels_per_row must be below n_labels // n_concepts = "
            f"{n_labels // n_concepts}, got {labels_per_row}; take fewer concepts."
        )
    rng = check_random_state(random_state)
    concepts = draw_concepts(n_labels, n_features, n_concepts, rng)
    X = draw_rows(n_samples, words_per_row, concepts, rng)
    intercept = _intercept(X, concepts, noise, labels_per_row) if multilabel else 0.0
    relevance = _relevance(X, concepts, noise, intercept, multilabel)
    Y = _draw(relevance, multilabel, rng)
    return RelevanceProblem(
        X, Y, relevance, bool(multilabel), concepts, noise, intercept
    )


def _check_sizes(n_labels: int, n_features: int, n_concepts: int) -> None:
    for name, value in [("n_labels", n_labels), ("n_features", n_features)]:
        if value < n_concepts:
            raise ValueError(
                f"{name} must be at least n_concepts = {n_concepts}, got {value}; "
                "every concept needs one."
            )


def _intercept(X: Any, concepts: Concepts, noise: float, mean: float) -> float:
    """Bisect for the intercept of the wanted mean; 10,000 rows are enough for it."""
    part = X[:10_000]
    logits = np.concatenate([block.data for block in concepts.offered(part)])
    low, high = -logits.max() - 50 * noise, -logits.min() + 50 * noise
    for _ in range(40):
        middle = (low + high) / 2
        if expit((logits + middle) / noise).sum() < mean * part.shape[0]:
            low = middle
        else:
            high = middle
    return float(middle)


def _relevance(
    X: Any, concepts: Concepts, noise: float, intercept: float, multilabel: bool
) -> sparse.csr_array:
    blocks = []
    for block in concepts.offered(X):
        block.data = (block.data + intercept) / noise
        if multilabel:
            block.data = expit(block.data)
        else:
            size, start = np.diff(block.indptr), block.indptr[:-1]
            top = np.repeat(np.maximum.reduceat(block.data, start), size)
            block.data = np.exp(block.data - top)
            block.data /= np.repeat(np.add.reduceat(block.data, start), size)
        blocks.append(block.astype(np.float32))
    return narrow(sparse.vstack(blocks, format="csr"))


def _draw(relevance: sparse.csr_array, multilabel: bool, rng: Any) -> Any:
    start, stop = relevance.indptr[:-1], relevance.indptr[1:]
    if multilabel:
        drawn = rng.uniform(size=relevance.nnz) < relevance.data
        indptr = np.r_[0, np.cumsum(drawn)][relevance.indptr]
        ones = np.ones(int(drawn.sum()), dtype=np.float32)
        return sparse.csr_array(
            (ones, relevance.indices[drawn], indptr.astype(relevance.indptr.dtype)),
            shape=relevance.shape,
        )
    below = np.r_[0.0, np.cumsum(relevance.data, dtype=np.float64)]
    goal = below[start] + rng.uniform(size=len(start)) * (below[stop] - below[start])
    place = np.searchsorted(below, goal, side="right") - 1
    return relevance.indices[np.clip(place, start, stop - 1)].astype(np.int64)
