"""Rows and labels in partitions, checked at the door; what a pass over y tells."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import assert_all_finite

from skdistill._sklearn_compat import n_rows
from skdistill.distributed._dask import (
    compute_each,
    delayed,
    import_dask,
    is_array,
    is_collection,
    is_series,
    pin_each,
    tasks_of,
)

__all__ = ["Partitions", "encode", "labels_of", "partition"]

Array = npt.NDArray[Any]

#: Labels of one partition that are brought to the client; more are no classes.
MAX_CLASSES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Partitions:
    """Partitions of rows with their labels.

    Attributes
    ----------
    X : Dask collection, as the user gave it
    rows, labels : tuple of delayed
        One entry a partition.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    counts : ndarray of shape (n_partitions, n_classes), int
        Rows of each class.
    """

    X: Any
    rows: tuple[Any, ...]
    labels: tuple[Any, ...]
    classes: Array
    counts: Array

    @property
    def lengths(self) -> Array:
        """Rows of each partition, (n_partitions,)."""
        found: Array = self.counts.sum(axis=1)
        return found

    @property
    def filled(self) -> Array:
        """Partitions that hold rows."""
        return np.flatnonzero(self.lengths)

    def held(self) -> "Partitions":
        """Return the same, in the memory of the cluster."""
        rows, labels = pin_each(self.rows), pin_each(self.labels)
        return replace(self, rows=tuple(rows), labels=tuple(labels))

    def renamed(self) -> "Partitions":
        """Return the same under other keys, to be computed again."""
        return replace(self, rows=tasks_of(self.X)[0])

    def take(self, chosen: Array) -> Any:
        """Return the rows of some partitions as a collection."""
        parts = [self.rows[place] for place in chosen]
        if not is_array(self.X):
            return import_dask("dask.dataframe").from_delayed(parts, meta=self.X._meta)
        array, n_columns = import_dask("dask.array"), self.X.shape[1]
        return array.concatenate(
            [
                array.from_delayed(part, (int(length), n_columns), meta=self.X._meta)
                for part, length in zip(parts, self.lengths[chosen], strict=True)
            ]
        )


def partition(X: Any, y: Any) -> Partitions:
    """Check X and y and find the classes, in one pass over y.

    Raises
    ------
    TypeError
        If X or y is no Dask collection.
    ValueError
        If partitions do not match, columns are cut, or labels are no classes.
    """
    import_dask()
    _check_kinds(X, y)
    _check_shapes(X, y)
    rows, labels = tasks_of(X, y)
    count = delayed(_count)
    found = compute_each(lambda i: count(labels[i], i), range(len(labels)))
    try:
        classes = np.unique(np.concatenate([values for values, _ in found]))
    except TypeError as error:
        raise _mixed_labels(error) from error
    if len(classes) < 2:
        raise ValueError(f"y must hold at least 2 classes, got {len(classes)}.")
    counts = np.zeros((len(found), len(classes)), dtype=np.int64)
    for row, (values, numbers) in zip(counts, found, strict=True):
        row[np.searchsorted(classes, values)] = numbers
    return Partitions(X, rows, labels, classes, counts)


def labels_of(X: Any, y: Any) -> Array:
    """Return the labels of one partition as an array, one per row.

    Raises
    ------
    ValueError
        If rows lack labels, which only shows when both are read.
    """
    labels = np.asarray(y)
    if len(labels) != n_rows(X):
        raise ValueError(
            f"y must have one label per row of X, got {len(labels)} labels for "
            f"{n_rows(X)} rows in one partition. Cut X and y at the same rows."
        )
    return labels


def encode(X: Any, y: Any, classes: Array) -> Array:
    """Return the labels of one partition as 0..K-1."""
    return np.searchsorted(classes, labels_of(X, y))


def _check_kinds(X: Any, y: Any) -> None:
    if not is_collection(X):
        raise TypeError(
            f"X must be a Dask array or dataframe, got {type(X).__name__}. For rows in "
            "memory use skdistill.CrossFitDistiller, or dask.array.from_array."
        )
    if not is_collection(y):
        raise TypeError(
            f"y must be a Dask array or series, got {type(y).__name__}. Use "
            "dask.array.from_array with the chunks of X."
        )
    if is_series(X) or (is_array(X) and X.ndim != 2):
        raise ValueError(f"X must have two dimensions, got {X.ndim}. Use X[:, None].")
    if y.ndim != 1:
        raise ValueError(f"y must have one dimension, got {y.ndim}. Take its column.")


def _check_shapes(X: Any, y: Any) -> None:
    if is_array(X) and X.numblocks[1] != 1:
        raise ValueError(
            f"X must keep the columns of a row in one chunk, got {X.numblocks[1]} "
            "chunks of columns. Use X.rechunk({1: -1})."
        )
    if X.npartitions != y.npartitions:
        raise ValueError(
            f"y must have the partitions of X, got {y.npartitions} for "
            f"{X.npartitions}. Use rechunk or repartition."
        )
    if is_array(X) and is_array(y):
        for place, (rows, labels) in enumerate(
            zip(X.chunks[0], y.chunks[0], strict=True)
        ):
            if rows != labels and not np.isnan([rows, labels]).any():
                raise ValueError(
                    f"y must be cut at the rows of X, got {labels} labels for {rows} "
                    f"rows in partition {place}. Use y.rechunk(X.chunks[0])."
                )


def _count(y: Any, place: int) -> tuple[Array, Array]:
    labels = np.asarray(y)
    assert_all_finite(labels, input_name="y")
    try:
        values, numbers = np.unique(labels, return_counts=True)
    except TypeError as error:
        raise _mixed_labels(error) from error
    if labels.dtype.kind == "f" and (values != np.floor(values)).any():
        number = values[values != np.floor(values)][0]
        raise ValueError(
            f"y must hold classes, got the continuous number {number} in partition "
            f"{place}. Cut it into classes first."
        )
    if len(values) > MAX_CLASSES:
        raise ValueError(
            f"y must hold at most {MAX_CLASSES} classes, got {len(values)} labels in "
            f"partition {place}."
        )
    return values, numbers


def _mixed_labels(error: TypeError) -> TypeError:
    return TypeError(
        f"y must hold labels of one type, without missing ones, got a mixture ({error})"
        ". Convert it, for example with astype(str)."
    )
