"""KD-sim: what a teacher knows about classes, whatever the row."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from skdistill._validation import check_matrix, check_positive, check_unit
from skdistill.targets._rules import check_codes, one_hot

__all__ = ["ClassSimilarity", "mean_distributions"]

Array = npt.NDArray[Any]


def mean_distributions(proba: Array, y: Array) -> Array:
    """Mean teacher probabilities of the rows of each class, (K, K).

    A class without rows gets its unit vector: it is similar to others only as far as
    the teacher takes their rows for it.
    """
    n_classes = proba.shape[1]
    counts = np.bincount(y, minlength=n_classes)
    sums = one_hot(y, n_classes).T @ proba
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
    vectors : array-like of shape (n_classes, n_dimensions), default=None
        One vector a class, in the order of the columns, for example the last linear
        layer of a teacher (:func:`class_vectors`). With them the rule needs no teacher.
        None takes the mean teacher distribution of the rows of each class.

    Raises
    ------
    TypeError
        If a parameter does not hold numbers.
    ValueError
        If a parameter is out of range or a vector is zero; when called, if there are
        no labels, they do not fit, or the vectors are not one a class.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020, section on partial knowledge. :doi:`10.48550/arXiv.2002.03532`

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
    vectors: Any = None
    needs_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check_unit("mix", self.mix)
        if self.vectors is None:
            return
        vectors = check_matrix("vectors", self.vectors).astype(np.float64)
        if (vectors == 0).all(axis=1).any():
            row = int((vectors == 0).all(axis=1).argmax())
            raise ValueError(
                f"vectors must have a direction for every class, got zeros in row "
                f"{row}. Leave vectors=None for the mean teacher distributions."
            )
        vectors.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)

    @property
    def needs_teacher(self) -> bool:
        """Whether the probabilities matter: they do not where vectors are given."""
        return self.vectors is None

    def __eq__(self, other: object) -> bool:
        """Whether all parameters are equal, the vectors entry by entry."""
        if not isinstance(other, ClassSimilarity):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        vectors = self.vectors
        stored = None if vectors is None else (vectors.shape, vectors.tobytes())
        return self.temperature, self.mix, stored

    def cosines(self, proba: Array, y: Array) -> Array:
        """Cosines of the vectors of each pair of classes, (K, K)."""
        vectors = self.vectors
        if vectors is None:
            vectors = mean_distributions(proba, y)
        elif len(vectors) != proba.shape[1]:
            raise ValueError(
                f"vectors must have one row for each of the {proba.shape[1]} classes, "
                f"got {len(vectors)} rows."
            )
        # By the largest entry first: squares of tiny numbers would underflow.
        vectors = vectors / np.abs(vectors).max(axis=1, keepdims=True)
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors @ vectors.T)

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
