"""KD-sim: what a teacher knows about classes, whatever the row."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from skdistill._validation import check_matrix, check_positive, check_unit
from skdistill.targets._correction import FLOOR
from skdistill.targets._rules import check_codes, one_hot

__all__ = ["ClassSimilarity", "mean_rows"]

Array = npt.NDArray[Any]

LOGITS, DISTRIBUTIONS = "logits", "distributions"


def mean_rows(values: Array, y: Array) -> Array:
    """Mean of the rows of each class, (K, K).

    A class without rows gets its unit vector: it is similar to others only as far as
    the teacher takes their rows for it.
    """
    n_classes = values.shape[1]
    counts = np.bincount(y, minlength=n_classes)
    sums = one_hot(y, n_classes).T @ values
    means: Array = sums / np.maximum(counts, 1)[:, None]
    means[counts == 0] = np.eye(n_classes)[counts == 0]
    return means


@dataclass(frozen=True, slots=True, eq=False)
class ClassSimilarity:
    r"""Labels mixed with the similarity of their class to the others.

    .. math:: t = (1 - m)\, Y + m\, S_y, \qquad
              S_{jk} \propto \exp(\cos(v_j, v_k) / a)

    The "domain" part of what a teacher gives: which classes are alike, the same for
    all rows of a class (KD-sim [1]_). How the paper mixes it with the label could not
    be verified; this is the plain mixture.

    Parameters
    ----------
    temperature : float, default=0.3
        The number a, in (0, inf); small ones leave the class itself.
    mix : float, default=0.5
        The weight m of the similarities, in [0, 1].
    vectors : {"logits", "distributions"} or array-like, default="logits"
        One vector a class. "logits" takes the mean of the teacher's log-probabilities,
        centred in each row and floored at 1/500, over the rows of each class;
        "distributions" the mean of its probabilities, among which small ones count for
        nothing: students of it were less accurate, by .026 and .003, in two problems
        with families of classes (benchmarks/paper3.py). An array of
        shape (n_classes, n_dimensions), in the order of the columns, may be the last
        linear layer of a teacher (:func:`class_vectors`); with it the rule needs no
        teacher.

    Raises
    ------
    TypeError
        If a parameter does not hold numbers.
    ValueError
        If a parameter is out of range or a vector is zero; when called, if there are
        no labels, they do not fit, or the vectors are not one a class.

    Notes
    -----
    A rule sees no sample weights: rows of weight 0 are in the means of classes, too.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    Cats and dogs are alike, cars are not:

    >>> import numpy as np
    >>> from skdistill.targets import ClassSimilarity
    >>> rule = ClassSimilarity(vectors=[[1.0, 0.1], [1.0, 0.2], [0.0, 1.0]])
    >>> rule(np.full((1, 3), 1 / 3), np.array([0])).round(2)
    array([[0.75, 0.24, 0.01]])
    """

    temperature: float = 0.3
    mix: float = 0.5
    vectors: Any = LOGITS
    needs_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check_unit("mix", self.mix)
        if isinstance(self.vectors, str):
            if self.vectors not in (LOGITS, DISTRIBUTIONS):
                raise ValueError(
                    "vectors must be 'logits', 'distributions' or one row a class, got "
                    f"{self.vectors!r}."
                )
            return
        vectors = check_matrix("vectors", self.vectors).astype(np.float64)
        if (vectors == 0).all(axis=1).any():
            row = int((vectors == 0).all(axis=1).argmax())
            raise ValueError(
                f"vectors must have a direction for every class, got zeros in row "
                f"{row}. Use vectors='logits' for those of the teacher's mean logits."
            )
        vectors.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)

    @property
    def needs_teacher(self) -> bool:
        """Whether the probabilities matter: they do not where vectors are given."""
        return isinstance(self.vectors, str)

    @property
    def by_row(self) -> bool:
        """Whether each row's target is its own: it is where vectors are given."""
        return not self.needs_teacher

    def __eq__(self, other: object) -> bool:
        """Whether all parameters are equal, the vectors entry by entry."""
        if not isinstance(other, ClassSimilarity):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        vectors = self.vectors
        if not isinstance(vectors, str):
            vectors = (vectors.shape, vectors.tobytes())
        return self.temperature, self.mix, vectors

    def cosines(self, proba: Array, y: Array) -> Array:
        """Cosines of the vectors of each pair of classes, (K, K)."""
        vectors = self.vectors_of(proba, y)
        # By the largest entry first: squares of tiny numbers would underflow.
        largest = np.abs(vectors).max(axis=1, keepdims=True)
        vectors = vectors / np.where(largest > 0, largest, 1)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors / np.where(length > 0, length, 1)
        cosines = np.asarray(vectors @ vectors.T)
        # A teacher that says nothing of a class (zeros) does not make it like others.
        np.fill_diagonal(cosines, 1)
        return cosines

    def vectors_of(self, proba: Array, y: Array) -> Array:
        """One vector a class, (K, n_dimensions): given, or what the teacher says."""
        if isinstance(self.vectors, str):
            if self.vectors == DISTRIBUTIONS:
                return mean_rows(proba, y)
            logits = np.log(np.maximum(proba, FLOOR))
            return mean_rows(logits - logits.mean(axis=1, keepdims=True), y)
        if len(self.vectors) != proba.shape[1]:
            raise ValueError(
                f"vectors must have one row for each of the {proba.shape[1]} classes, "
                f"got {len(self.vectors)} rows."
            )
        return np.asarray(self.vectors)

    def similarity(self, proba: Array, y: Array) -> Array:
        """Similarities of the classes, (K, K), rows summing to 1."""
        return np.asarray(softmax(self.cosines(proba, y) / self.temperature, axis=1))

    def others(self, proba: Array, y: Array) -> Array:
        """Similarities to the other classes alone, (K, K): 0 on the diagonal."""
        cosines = self.cosines(proba, y) / self.temperature
        np.fill_diagonal(cosines, -np.inf)
        return np.asarray(softmax(cosines, axis=1))

    def __call__(self, proba: Array, y: Array) -> Array:
        """Return targets (n, K) from probabilities (n, K) and labels 0..K-1 (n,)."""
        proba = check_matrix("proba", proba).astype(np.float64)
        y = check_codes(y, proba.shape, self)
        labels = np.eye(proba.shape[1])
        rows = (1 - self.mix) * labels + self.mix * self.similarity(proba, y)
        return np.asarray(rows[y])
