"""Tangent kernel of scikit-learn's multilayer perceptrons, without automatic gradients.

For a layer with inputs a and pre-activations z, the Jacobian of an output is the outer
product of a and the back-propagated d = df/dz. So the kernel is, layer by layer, the
product ``(a a' + 1) * (d d')`` of two small kernels: the Jacobian, which has as many
columns as the network has weights, is never formed.
"""

from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.utils import check_array

__all__ = ["PerceptronKernel", "check_outputs", "initialised"]

Array = npt.NDArray[Any]

#: Slope of an activation, from the activation itself.
_SLOPES: dict[str, Callable[[Array], Array]] = {
    "identity": np.ones_like,
    "logistic": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0).astype(a.dtype),
}
_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "logistic": lambda z: (1 + np.tanh(z / 2)) / 2,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


class PerceptronKernel:
    """Empirical neural tangent kernel of an ``MLPClassifier`` or ``MLPRegressor``.

    Entry ((i, c), (j, d)) is the inner product of the gradients, over all weights, of
    output c at row i and output d at row j. Outputs are those before the last
    activation: one log-odds for two classes, K logits for more.

    Parameters
    ----------
    network : MLPClassifier or MLPRegressor
        Fitted, or as `initialised` returns it.
    X : array-like of shape (n_samples, n_features)
    outputs : {"block", "mean"}, default="block"
        "block" is the matrix-valued kernel; "mean" averages it over equal outputs, and
        takes all outputs to share one kernel: smaller by the square of their number.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skdistill.diagnostics.complexity import PerceptronKernel
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), random_state=0)
    >>> network = network.partial_fit(X, y, classes=[0, 1, 2])
    >>> PerceptronKernel(network, X).gram(slice(0, 4), slice(0, 2)).shape
    (12, 6)
    """

    def __init__(self, network: Any, X: Any, *, outputs: str = "block") -> None:
        check_outputs(outputs)
        rows = check_array(X, dtype=np.float64, input_name="X")
        weights = [np.asarray(w, dtype=np.float64) for w in network.coefs_]
        shifts = [np.asarray(b, dtype=np.float64) for b in network.intercepts_]
        if rows.shape[1] != len(weights[0]):
            raise ValueError(
                f"X must have the student's {len(weights[0])} features, got "
                f"{rows.shape[1]}."
            )
        self._mean = outputs == "mean"
        self._inputs = _activations(rows, weights, shifts, network.activation)
        self._deltas = _deltas(self._inputs, weights, network.activation)
        self._digest = joblib.hash((outputs, network.activation, rows, weights, shifts))
        width = weights[-1].shape[1]
        self.n_samples, self.n_outputs = len(rows), 1 if self._mean else width
        self.name = f"neural tangent kernel of {type(network).__name__}"

    @property
    def fingerprint(self) -> str:
        """Hash of the weights and the rows."""
        return str(self._digest)

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows, times the number of outputs."""
        total: Any = 0.0
        for a, d in zip(self._inputs, self._deltas, strict=True):
            inputs = a[rows] @ a[cols].T + 1
            left, right = d[rows], d[cols]
            if self._mean:
                slopes = _flat(left) @ _flat(right).T / d.shape[1]
                total = total + inputs * slopes
                continue
            slopes = left.reshape(-1, d.shape[2]) @ right.reshape(-1, d.shape[2]).T
            blocks = slopes.reshape(len(left), d.shape[1], len(right), d.shape[1])
            total = total + blocks * inputs[:, None, :, None]
        if self._mean:
            return np.asarray(total)
        n, k, m, _ = total.shape
        return np.asarray(total.reshape(n * k, m * k))

    def jacobian(self, rows: Any) -> Array:
        """Gradients of the outputs, (n_rows, n_outputs, n_weights): for few rows.

        The weights are in the order of ``coefs_``, then ``intercepts_``, flattened.
        """
        parts = [
            (a[rows][:, None, :, None] * d[rows][:, :, None, :])
            for a, d in zip(self._inputs, self._deltas, strict=True)
        ]
        parts = [part.reshape(*part.shape[:2], -1) for part in parts]
        return np.concatenate([*parts, *(d[rows] for d in self._deltas)], axis=2)


def check_outputs(outputs: str) -> None:
    """Refuse all but the two ways to treat several outputs."""
    if outputs not in ("block", "mean"):
        raise ValueError(f"outputs must be 'block' or 'mean', got {outputs!r}.")


def initialised(network: Any, X: Any, y: Any) -> Any:
    """Return a clone of an unfitted perceptron with the weights it would start from.

    One step of a length that no float notices; the same ``random_state`` starts its
    own `fit` from the same weights.
    """
    if y is None:
        raise ValueError(
            f"student must be fitted or come with y, got an unfitted "
            f"{type(network).__name__}. Pass y to take the kernel at initialisation."
        )
    step = {"solver": "sgd", "learning_rate_init": 1e-300, "momentum": 0.0}
    return (
        clone(network)
        .set_params(**step, early_stopping=False)
        .partial_fit(
            X,
            y,
            **({"classes": np.unique(y)} if hasattr(network, "predict_proba") else {}),
        )
    )


def _flat(deltas: Array) -> Array:
    return deltas.reshape(len(deltas), -1)


def _activations(
    rows: Array, weights: list[Array], shifts: list[Array], activation: str
) -> list[Array]:
    """Return the inputs of every layer, (n_samples, width) each."""
    inputs = [rows]
    for w, b in zip(weights[:-1], shifts[:-1], strict=True):
        inputs.append(_ACTIVATIONS[activation](inputs[-1] @ w + b))
    return inputs


def _deltas(inputs: list[Array], weights: list[Array], activation: str) -> list[Array]:
    """Return df/dz of every layer, (n_samples, n_outputs, width) each."""
    width = weights[-1].shape[1]
    deltas = [np.broadcast_to(np.eye(width), (len(inputs[0]), width, width))]
    for a, w in zip(inputs[:0:-1], weights[:0:-1], strict=True):
        deltas.append((deltas[-1] @ w.T) * _SLOPES[activation](a)[:, None, :])
    return deltas[::-1]
