"""Features, concepts and labels of the problem with known relevance: x -> log-odds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

_OFFERING = 3  # concepts of a row that offer their labels
_TOPICS = np.array([0.5, 0.7, 0.8])  # tokens from the first, second, third topic
_ZIPF = 0.75  # of the concepts; the features' own exponent is 1
_GAIN, _BOOST, _TAIL = 4.0, 6.0, 1.0
_BLOCK = 10_000  # rows at a time: bounds what is held beside the results


@dataclass(frozen=True, eq=False)
class Concepts:
    """Which features speak for which concepts and labels; equal for every row."""

    to_concept: sparse.csr_array  # (n_features, n_concepts), weights > 0
    to_label: sparse.csr_array  # (n_features, n_labels): which label of the concept
    members: sparse.csr_array  # (n_concepts, n_labels), offset of each label

    def offered(self, X: sparse.csr_array) -> Iterator[sparse.csr_array]:
        """Yield the log-odds of the offered labels, a block of rows at a time."""
        for start in range(0, X.shape[0], _BLOCK):
            yield self._block(X[start : start + _BLOCK])

    def _block(self, X: sparse.csr_array) -> sparse.csr_array:
        rows, concepts, activation = _most_active(X @ self.to_concept)
        sizes = np.diff(self.members.indptr)[concepts]
        first = np.repeat(np.cumsum(sizes) - sizes, sizes)
        entry = np.repeat(self.members.indptr[concepts], sizes)
        entry += np.arange(len(entry)) - first
        logits = _GAIN * np.repeat(activation, sizes) + self.members.data[entry]
        where = np.repeat(rows, sizes), self.members.indices[entry]
        shape = (X.shape[0], self.members.shape[1])
        offers = sparse.csr_array((np.ones(len(entry)), where), shape=shape)
        # Not stored where the row has no word for the label: added to, not multiplied.
        spoken = _BOOST * offers.multiply(X @ self.to_label)
        # One is added so that no log-odds of exactly 0 can leave the pattern.
        base = logits - logits.min() + 1.0
        total = sparse.csr_array((base, where), shape=shape) + spoken
        total = sparse.csr_array(total)
        total.data += logits.min() - 1.0
        total.sort_indices()
        return total


def _most_active(z: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, concept, activation of each row's few largest; concept 0 where none is."""
    z.sort_indices()
    rows = np.repeat(np.arange(z.shape[0]), np.diff(z.indptr))
    order = np.lexsort((z.indices, -z.data, rows))  # equal activations: lower concept
    place = np.arange(len(order)) - z.indptr[rows]
    kept = order[place < _OFFERING]
    # Relative to the row's largest, so that every row offers about as many labels.
    largest = np.zeros(z.shape[0])
    largest[rows[order[place == 0]]] = z.data[order[place == 0]]
    silent = np.flatnonzero(np.diff(z.indptr) == 0)
    return (
        np.r_[rows[kept], silent],
        np.r_[z.indices[kept], np.zeros(len(silent), dtype=z.indices.dtype)],
        np.r_[z.data[kept] / largest[rows[kept]], np.zeros(len(silent))],
    )


def draw_concepts(
    n_labels: int, n_features: int, n_concepts: int, rng: Any
) -> Concepts:
    """Draw the weights. Every concept has a feature and every label a concept."""
    label_of = rng.permutation(n_labels)
    place = np.arange(n_labels)
    members = sparse.csr_array(
        (-_TAIL * np.log1p(place // n_concepts), (place % n_concepts, label_of)),
        shape=(n_concepts, n_labels),
    )
    main = rng.permutation(n_features) % n_concepts
    second = rng.randint(n_concepts, size=n_features)
    feature = np.arange(n_features)
    weights = rng.lognormal(sigma=0.5, size=(2, n_features)) * [[1.0], [0.4]]
    to_concept = sparse.csr_array(
        (weights.ravel(), (np.tile(feature, 2), np.r_[main, second])),
        shape=(n_features, n_concepts),
    )
    size = (n_labels - main - 1) // n_concepts + 1
    pick = (rng.uniform(size=(2, n_features)) * size).astype(np.int64)
    chosen = label_of[main + n_concepts * pick]
    to_label = sparse.csr_array(
        (
            rng.lognormal(sigma=0.5, size=2 * n_features),
            (np.tile(feature, 2), chosen.ravel()),
        ),
        shape=(n_features, n_labels),
    )
    return Concepts(to_concept, to_label, members)


def draw_rows(n: int, mean_length: float, concepts: Concepts, rng: Any) -> Any:
    """Draw tf-idf rows: words of up to three topics, a fifth of them from no topic."""
    n_features, n_concepts = concepts.to_concept.shape
    length = 1 + rng.poisson(mean_length - 1, size=n)
    row = np.repeat(np.arange(n), length)
    topics = _zipf(n_concepts, _ZIPF, (n, len(_TOPICS)), rng)
    source = np.searchsorted(_TOPICS, rng.uniform(size=len(row)), side="right")
    words = sparse.csc_array(concepts.to_concept)
    topic = topics[row, np.minimum(source, len(_TOPICS) - 1)]
    size = np.diff(words.indptr)[topic]
    token = words.indices[
        words.indptr[topic] + (rng.uniform(size=len(row)) * size).astype(int)
    ]
    background = source == len(_TOPICS)
    token[background] = _zipf(n_features, 1.0, int(background.sum()), rng)
    X = sparse.csr_array((np.ones(len(row)), (row, token)), shape=(n, n_features))
    X.sum_duplicates()
    # A word's weight is the logarithm of its rank: the first ones say little.
    X.data *= np.log(np.e + X.indices)
    norm = np.sqrt(np.add.reduceat(X.data**2, X.indptr[:-1]))
    X.data /= np.repeat(norm, np.diff(X.indptr))
    return narrow(X.astype(np.float32))


def narrow(X: Any) -> Any:
    """Store places in 32 bits where they fit: trees and liblinear read no others."""
    kind = sparse.get_index_dtype(maxval=max(*X.shape, X.nnz))
    places = X.indices.astype(kind), X.indptr.astype(kind)
    return sparse.csr_array((X.data, *places), shape=X.shape)


def _zipf(n: int, exponent: float, size: Any, rng: Any) -> np.ndarray:
    below = np.cumsum(np.arange(1, n + 1) ** -exponent)
    drawn: np.ndarray = np.searchsorted(below, rng.uniform(size=size) * below[-1])
    return np.asarray(np.minimum(drawn, n - 1))
