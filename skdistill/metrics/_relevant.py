"""Which labels are relevant to each row, whatever container says so; never dense."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["RelevantLabels", "canonical_csr", "check_relevant", "refuse_labels_above"]

AnyArray = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RelevantLabels:
    """Relevant labels of each row, one row after the other.

    Attributes
    ----------
    starts : ndarray of shape (n_samples + 1,), int64
        Row i owns ``labels[starts[i]:starts[i + 1]]``.
    labels : ndarray of shape (n_relevant,), int64
        Ascending within a row, each once.
    n_labels : int or None
        None where codes were given, which do not tell the number of labels.
    """

    starts: Labels
    labels: Labels
    n_labels: int | None

    @property
    def counts(self) -> Labels:
        """Number of relevant labels of each row, (n_samples,)."""
        return np.diff(self.starts)

    @property
    def rows(self) -> Labels:
        """Row of each entry of `labels`."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def hits(self, columns: Labels) -> npt.NDArray[np.bool_]:
        """Whether each of the `columns`, (n_samples, k), is relevant; -1 is not."""
        if self.n_labels is None:  # codes are without bound: a key could overflow
            return np.asarray(columns == self.labels[:, None], dtype=np.bool_)
        keys = self.rows * self.n_labels + self.labels
        if not len(keys):
            return np.zeros(columns.shape, dtype=np.bool_)
        wanted = np.arange(len(columns))[:, None] * self.n_labels + columns
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.asarray((keys[place] == wanted) & (columns >= 0), dtype=np.bool_)


def check_relevant(Y: Any) -> RelevantLabels:
    """Return the relevant labels, from integer codes or a 0-1 indicator.

    Raises
    ------
    TypeError
        If `Y` holds neither integer codes nor real numbers.
    ValueError
        If `Y` has another shape or no row, a code is negative, or an indicator holds
        anything but 0 and 1.
    """
    if not sparse.issparse(Y):
        Y = np.asarray(Y)
    if len(Y.shape) not in (1, 2) or (sparse.issparse(Y) and len(Y.shape) != 2):
        raise ValueError(
            "Y must have shape (n_samples,), of codes, or (n_samples, n_labels), of 0 "
            f"and 1, got {Y.shape}."
        )
    if Y.shape[0] == 0:
        raise ValueError("Y must have at least one row, got 0.")
    if Y.dtype.kind not in ("iub" if len(Y.shape) == 1 else "iubf"):
        raise TypeError(
            "Y must hold integer codes or, in a column for each label, 0 and 1, got "
            f"dtype {Y.dtype} of shape {Y.shape}."
        )
    return _from_codes(Y) if len(Y.shape) == 1 else _from_indicator(Y)


def _from_codes(Y: AnyArray) -> RelevantLabels:
    codes = Y.astype(np.int64)
    if (codes < 0).any():
        row = int((codes < 0).argmax())
        raise ValueError(
            f"Y must hold codes from 0 upwards, got {Y[row]!s} in row {row}. Leave out "
            "rows without a label, or pass a column for each label."
        )
    return RelevantLabels(np.arange(len(codes) + 1), codes, None)


def _from_indicator(Y: Any) -> RelevantLabels:
    csr = canonical_csr(Y)
    if csr.shape[1] == 0:
        raise ValueError(f"Y must have at least one column, got shape {csr.shape}.")
    wrong = (csr.data != 0) & (csr.data != 1)  # NaN is neither
    if wrong.any():
        place = int(wrong.argmax())
        row = int(np.searchsorted(csr.indptr, place, side="right")) - 1
        raise ValueError(
            f"Y must hold 0 and 1 only, got {csr.data[place]!s} in row {row}, column "
            f"{csr.indices[place]}. If all that is not 0 is relevant, pass Y != 0."
        )
    kept = csr.data != 0
    starts = np.concatenate([[0], np.cumsum(kept, dtype=np.int64)])[csr.indptr]
    return RelevantLabels(starts, csr.indices[kept].astype(np.int64), csr.shape[1])


def canonical_csr(Y: Any) -> Any:
    """Return `Y` as CSR with sorted indices, each once; the caller's is not changed."""
    if not sparse.issparse(Y):
        half = Y.dtype == np.float16  # which SciPy does not store
        return sparse.csr_array(Y.astype(np.float32) if half else Y)
    csr = Y.tocsr()
    if not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    return csr


def refuse_labels_above(relevant: RelevantLabels, n_labels: int) -> None:
    """Refuse codes that are no column of what says that there are `n_labels`."""
    wrong = relevant.labels >= n_labels
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"Y must hold codes in 0..{n_labels - 1}, got {relevant.labels[place]} in "
            f"row {relevant.rows[place]}."
        )
