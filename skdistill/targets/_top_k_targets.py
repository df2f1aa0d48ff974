"""Top-k targets as they are stored: 2 k numbers a row and the flat rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import SUM_TOLERANCE, check_matrix

__all__ = ["TopKTargets"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class TopKTargets:
    r"""Targets with k entries a row of their own and one number for all others.

    What :class:`TopK` keeps of n x K probabilities (KD-topk [1]_). A cross-entropy
    needs no more: with :math:`\nu_j` the negative log-probability of class j and K the
    set kept, it is

    .. math:: \sum_{j \in K} t_j \nu_j + r \sum_{j \notin K} \nu_j .

    :class:`~skdistill.students.SoftLogisticRegression` and scikit-learn's
    ``LogisticRegression`` as a student learn from it a block of rows at a time.

    Parameters
    ----------
    values : ndarray of shape (n_samples, k), float32 or float64
        Targets of the classes that were kept, non-negative.
    indices : ndarray of shape (n_samples, k), int
        Their columns, all different within a row.
    rest : ndarray of shape (n_samples,)
        Target of each of the other classes, non-negative.
    n_classes : int

    Raises
    ------
    TypeError
        If an array does not hold numbers, or `indices` no integers.
    ValueError
        If shapes disagree, an index is no column or occurs twice in its row, or a
        target is negative.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    Probabilities that come block by block never make an n x K matrix:

    >>> import numpy as np
    >>> from skdistill.targets import TopK, TopKTargets
    >>> blocks = [np.array([[0.6, 0.3, 0.05, 0.05]]), np.array([[0.0, 0.1, 0.1, 0.8]])]
    >>> targets = TopKTargets.concatenate([TopK(1).sparse(P) for P in blocks])
    >>> targets.shape, targets.to_dense().round(2).tolist()[0]
    ((2, 4), [0.6, 0.13, 0.13, 0.13])
    """

    values: Array
    indices: Array
    rest: Array
    n_classes: int

    def __post_init__(self) -> None:
        values = check_matrix("values", self.values)
        indices = np.asarray(self.indices)
        if indices.dtype.kind not in "iu":
            raise TypeError(f"indices must be integers, got dtype {indices.dtype}.")
        rest = np.asarray(self.rest, dtype=values.dtype)
        if indices.shape != values.shape or rest.shape != values.shape[:1]:
            raise ValueError(
                "values and indices must have one shape, and rest its rows, got "
                f"{values.shape}, {indices.shape} and {rest.shape}."
            )
        _check_columns(indices, self.n_classes)
        for array in (values, rest):
            if array.size and not array.min() >= 0:
                raise ValueError(
                    f"values and rest must be non-negative, got {array.min():.6g}."
                )
        for name, array in (("values", values), ("indices", indices), ("rest", rest)):
            object.__setattr__(self, name, array)

    @classmethod
    def from_top(
        cls, values: npt.ArrayLike, indices: npt.ArrayLike, n_classes: int
    ) -> "TopKTargets":
        """Build targets from probabilities whose rest is not at hand.

        What is missing to 1 is spread over the other classes; a sum above 1 by rounding
        (of at most 1e-3) leaves no rest.

        Raises
        ------
        ValueError
            If a row sums to more than 1, or to less with no class left for the rest.
        """
        values = check_matrix("values", values)
        missing = 1 - values.sum(axis=1, dtype=np.float64)
        n_others = n_classes - values.shape[1]
        off = np.abs(missing) if n_others == 0 else -missing
        if (off > SUM_TOLERANCE).any():
            row = int(off.argmax())
            raise ValueError(
                "values must have rows that sum to at most 1, and to 1 where all "
                f"classes are kept, got {1 - missing[row]:.6g} in row {row}."
            )
        rest = np.maximum(missing, 0) / max(n_others, 1)
        return cls(values, np.asarray(indices), rest, n_classes)

    @classmethod
    def concatenate(cls, parts: Sequence["TopKTargets"]) -> "TopKTargets":
        """Join blocks of rows that keep equally many of the same classes."""
        widths = {(part.values.shape[1], part.n_classes) for part in parts}
        if len(widths) != 1:
            raise ValueError(
                "parts must agree in k and in the number of classes, got "
                f"{sorted(widths)}."
            )
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.indices for part in parts]),
            np.concatenate([part.rest for part in parts]),
            parts[0].n_classes,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (n_samples, n_classes) of the matrix that is not stored."""
        return len(self.values), self.n_classes

    @property
    def nbytes(self) -> int:
        """Bytes that are stored."""
        return int(self.values.nbytes + self.indices.nbytes + self.rest.nbytes)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> "TopKTargets":
        """Keep some rows: a slice, a mask or places."""
        return TopKTargets(
            self.values[rows], self.indices[rows], self.rest[rows], self.n_classes
        )

    def to_dense(self, rows: Any = slice(None), dtype: Any = None) -> Array:
        """Return the matrix of some rows, (n_rows, n_classes)."""
        values, indices = self.values[rows], self.indices[rows]
        dense: Array = np.empty((len(values), self.n_classes), dtype or values.dtype)
        dense[:] = self.rest[rows, None]
        np.put_along_axis(dense, indices.astype(np.intp, copy=False), values, axis=1)
        return dense


def _check_columns(indices: Array, n_classes: int) -> None:
    if not indices.size:
        return
    if indices.min() < 0 or indices.max() >= n_classes:
        raise ValueError(
            f"indices must be columns 0..{n_classes - 1}, got {indices.min()} to "
            f"{indices.max()}."
        )
    in_order = np.sort(indices, axis=1)
    twice = (in_order[:, 1:] == in_order[:, :-1]).any(axis=1)
    if twice.any():
        row = int(twice.argmax())
        raise ValueError(
            f"indices must be different within a row, got {indices[row].tolist()!r:.80}"
            f" in row {row}."
        )
