"""Gradients for the objective hooks of boosting libraries: written in place, any order.

Boosting asks for the same two arrays once a round, in its own order and precision, and
has no use for the loss. Nothing is copied here; what would need a copy is refused.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _soft_cross_entropy
from ._arrays import AnyArray, as_weight, in_chunks

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def soft_ce_gradients(
    target: AnyArray,
    logit: AnyArray,
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.ArrayLike | None = None,
    out: tuple[AnyArray, AnyArray] | None = None,
    n_threads: int = 1,
    floor: float = 0.0,
) -> tuple[AnyArray, AnyArray]:
    """Gradient and Hessian diagonal of :func:`soft_ce`, without the loss or a copy.

    Everything is computed in float32 if all arrays are float32, else in float64.

    Parameters
    ----------
    target, logit : ndarray of shape (n_samples, n_classes)
        Each float32 or float64; both C-contiguous or both Fortran-contiguous.
    temperature, alpha : float, default=1.0
        As in :func:`soft_ce`.
    sample_weight : array-like of shape (n_samples,), default=None
        Multiplies both results.
    out : pair of ndarray of shape (n_samples, n_classes), default=None
        Gradient and Hessian: both float32 or both float64, in the order of `logit`.
        The first may be `logit` itself. By default both are like `logit`.
    n_threads : int, default=1
        The result does not depend on it, to the last bit.
    floor : float, default=0.0
        Least entry of the Hessian of a row with a weight other than 0; after a row of
        weight 0 it is 0. A NaN stays one.

    Returns
    -------
    grad, hess : ndarray of shape (n_samples, n_classes)
        `out`, if it is given.

    Raises
    ------
    TypeError
        If an array is no ndarray of float32 or float64, or the two of `out` differ.
    ValueError
        If shapes or orders of memory disagree, or `out` cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._kernels import soft_ce_gradients
    >>> grad, hess = soft_ce_gradients(np.array([[0.75, 0.25]]), np.zeros((1, 2)))
    >>> grad, hess
    (array([[-0.25,  0.25]]), array([[0.25, 0.25]]))
    """
    _refuse("target", target, None)
    _refuse("logit", logit, target.shape)
    grad, hess = (np.empty_like(logit), np.empty_like(logit)) if out is None else out
    for name, buffer in (("gradient", grad), ("Hessian", hess)):
        _refuse(f"out's {name}", buffer, logit.shape)
        if not buffer.flags.writeable:
            raise ValueError(f"out's {name} must be writeable, got a read-only array.")
    if grad.dtype != hess.dtype:
        raise TypeError(
            f"out must hold two arrays of one dtype, got {grad.dtype} and {hess.dtype}."
        )
    step = _columns_apart(target, logit, grad, hess)
    weight = as_weight(sample_weight, len(logit))

    def run(rows: slice) -> None:
        _soft_cross_entropy.soft_ce(
            target[rows],
            logit[rows],
            float(temperature),
            float(alpha),
            None if weight is None else weight[rows],
            None,
            grad[rows],
            hess[rows],
            float(floor),
            step,
        )

    in_chunks(run, logit.shape, n_threads)
    return grad, hess


def _refuse(name: str, array: Any, shape: tuple[int, ...] | None) -> None:
    if not isinstance(array, np.ndarray) or array.dtype not in FLOATS:
        kind = getattr(array, "dtype", type(array).__name__)
        raise TypeError(
            f"{name} must be an ndarray of float32 or float64, got {kind}. "
            "Convert it once, outside the rounds of boosting."
        )
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}.")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (n_samples, n_classes) with a class or more, "
            f"got {array.shape}."
        )


def _columns_apart(*arrays: AnyArray) -> int:
    """Entries from one class to the next: 1 in C order, n_samples in Fortran order."""
    flags = [array.flags for array in arrays]
    if all(f.c_contiguous for f in flags):
        return 1
    if all(f.f_contiguous for f in flags):
        return len(arrays[0])
    found = [
        "C" if f.c_contiguous else "F" if f.f_contiguous else "strided" for f in flags
    ]
    target, logit, grad, hess = found
    raise ValueError(
        "target, logit and out must all be C-contiguous or all Fortran-contiguous, got "
        f"target {target}, logit {logit}, out {grad if grad == hess else found[2:]}. "
        "np.asarray(target, order=...) converts the target once."
    )
