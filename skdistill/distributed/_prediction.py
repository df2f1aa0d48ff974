"""What a fitted distiller says of rows: lazily of Dask rows, plainly of others."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import n_rows
from skdistill.crossfit import raw_proba
from skdistill.distributed._dask import (
    compute_each,
    delayed,
    is_array,
    is_collection,
    tasks_of,
)
from skdistill.distributed._partitions import labels_of

__all__ = ["Predictions"]

Array = npt.NDArray[Any]


class Predictions:
    """Predictions of ``student_``, columns in the order of ``classes_``."""

    student_: Any
    classes_: Array

    def predict_proba(self, X: Any) -> Any:
        """Class probabilities of the student.

        Parameters
        ----------
        X : Dask array or dataframe, or rows in memory, of n_samples rows
            Like the X of ``fit``, or like one partition of it.

        Returns
        -------
        ndarray or lazy Dask array of shape (n_samples, n_classes), float64
        """
        check_is_fitted(self)
        if not is_collection(X):
            return _proba(X, self.student_, self.classes_)
        return _each(_proba, X, self, (len(self.classes_),), np.dtype(np.float64))

    def predict(self, X: Any) -> Any:
        """Most probable class of the student.

        Parameters
        ----------
        X : like that of ``predict_proba``

        Returns
        -------
        ndarray or lazy Dask array of shape (n_samples,)
        """
        check_is_fitted(self)
        if not is_collection(X):
            return _labels(X, self.student_, self.classes_)
        return _each(_labels, X, self, (), self.classes_.dtype)

    def score(self, X: Any, y: Any) -> float:
        """Accuracy on labels, counted partition by partition.

        Parameters
        ----------
        X : like that of ``predict_proba``
        y : Dask array or series with the partitions of X, or labels in memory

        Returns
        -------
        float
        """
        check_is_fitted(self)
        if not is_collection(X):
            return float(np.mean(self.predict(X) == np.asarray(y)))
        rows, labels = tasks_of(X, y)
        if len(rows) != len(labels):
            raise ValueError(
                f"y must have the partitions of X, got {len(labels)} for {len(rows)}. "
                "Use rechunk or repartition."
            )
        student = delayed(_itself)(self.student_)
        count = delayed(_hits)
        found = compute_each(
            lambda i: count(rows[i], labels[i], student, self.classes_),
            range(len(labels)),
        )
        hits, n_samples = np.sum(found, axis=0)
        return float(hits / n_samples)


def _each(
    function: Any, X: Any, fitted: Predictions, columns: tuple[int, ...], dtype: Any
) -> Any:
    """Apply `function` to each partition, lazily."""
    meta = np.empty((0, *columns), dtype=dtype)
    arguments = (fitted.student_, fitted.classes_)
    if not is_array(X):
        found = X.map_partitions(function, *arguments, meta=meta)
        found._chunks = ((np.nan,) * X.npartitions, *((k,) for k in columns))
        return found
    return X.map_blocks(
        function,
        *arguments,
        meta=meta,
        dtype=dtype,
        **({"chunks": (X.chunks[0], columns)} if columns else {"drop_axis": 1}),
    )


def _proba(X: Any, student: Any, classes: Array) -> Array:
    if not n_rows(X):
        return np.empty((0, len(classes)))
    return raw_proba(student, X)[0]


def _labels(X: Any, student: Any, classes: Array) -> Array:
    found: Array = classes[_proba(X, student, classes).argmax(axis=1)]
    return found


def _itself(student: Any) -> Any:
    return student


def _hits(X: Any, y: Any, student: Any, classes: Array) -> tuple[int, int]:
    hits = _labels(X, student, classes) == labels_of(X, y)
    return int(hits.sum()), len(hits)
