"""Serving an exported student: onnxruntime and NumPy, nothing fitted."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.exceptions import MissingDependencyError
from skdistill.export._door import check_file
from skdistill.export._inputs import as_column, as_matrix
from skdistill.export._session import session

__all__ = ["OnnxPredictor"]

Array = npt.NDArray[Any]


class OnnxPredictor:
    """Predictions of a model written by :func:`to_onnx`.

    Runs on one thread of the processor; it can be pickled and shared by threads.

    Parameters
    ----------
    model : str, Path, bytes or onnx.ModelProto
        The file, or what it holds, or what :func:`to_onnx` returned.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or None
        Labels of the columns; None of a regressor by itself.
    input_names : tuple of str
        ``("X",)``, or the columns that a data frame must have.

    Raises
    ------
    MissingDependencyError
        If onnxruntime is not installed.
    ValueError
        If `model` was written by others, or is no ONNX model.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.export import OnnxPredictor, to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    >>> served = OnnxPredictor(to_onnx(tree, X))
    >>> served.predict_proba(X[:1])
    array([[1., 0., 0.]], dtype=float32)
    """

    def __init__(self, model: Any) -> None:
        if hasattr(model, "SerializeToString"):
            model = model.SerializeToString()
        data = model if isinstance(model, bytes) else check_file(model).read_bytes()
        self.__setstate__({"data": data})

    def predict_proba(self, X: Any) -> Array:
        """Return class probabilities.

        Parameters
        ----------
        X : array-like or data frame
            Rows like those that were exported with; columns of a data frame are found
            by their names, and floats of another precision are converted.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32 or float64

        Raises
        ------
        AttributeError
            Of a regressor by itself.
        """
        if self.classes_ is None:
            raise AttributeError("The model is a regressor, use predict.")
        return self._run("probabilities", X)

    def predict(self, X: Any) -> Array:
        """Return the most probable labels; of a regressor by itself its predictions.

        Parameters
        ----------
        X : array-like or data frame

        Returns
        -------
        ndarray of shape (n_samples,), or (n_samples, n_outputs) of a regressor
        """
        if self.classes_ is None:
            said = self._run("prediction", X)
            return said[:, 0] if said.ndim == 2 and said.shape[1] == 1 else said
        return self._run("label", X).astype(self.classes_.dtype)

    def _run(self, output: str, X: Any) -> Array:
        inputs = self._session.get_inputs()
        if self._columns:
            feeds = {one.name: as_column(X, one.name, _kind(one)) for one in inputs}
        else:
            feeds = {"X": as_matrix(X, _kind(inputs[0]), self._features)}
            _check_shape(feeds["X"], inputs[0].shape)
        found: Array = self._session.run([output], feeds)[0]
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {"data": self._data}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._data = state["data"]
        try:
            self._session = session(self._data)
        except MissingDependencyError:
            raise
        except Exception as error:
            raise ValueError(
                "model must be an ONNX model, got what onnxruntime cannot read: "
                f"{error!s:.200}"
            ) from error
        notes = self._session.get_modelmeta().custom_metadata_map
        if "skdistill" not in notes:
            raise ValueError(
                "model must be written by skdistill.export.to_onnx, got another ONNX "
                "model. Serve it with onnxruntime."
            )
        self.classes_ = None
        if "classes" in notes:
            self.classes_ = np.array(
                json.loads(notes["classes"]), dtype=np.dtype(notes["classes_dtype"])
            )
        self.input_names = tuple(one.name for one in self._session.get_inputs())
        self._features = tuple(json.loads(notes["features"]))
        self._columns = "columns" in notes

    def __repr__(self) -> str:
        names = ", ".join(self.input_names)
        return f"OnnxPredictor(<{len(self._data)} bytes>, inputs: {names})"


def _kind(one: Any) -> str:
    """Return what stands in ``tensor(...)``."""
    kind: str = one.type[7:-1]
    return kind


def _check_shape(rows: Array, known: list[Any]) -> None:
    if rows.ndim != len(known) or [*rows.shape[1:]] != known[1:]:
        wanted = ", ".join(["n", *(str(one) for one in known[1:])])
        raise ValueError(f"X must have shape ({wanted}), got {rows.shape}.")
