"""Derivatives for boosting: in the library's own buffers, of its own margins."""

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _margin
from ._arrays import AnyArray
from ._gradients import soft_ce_gradients

__all__ = ["margin_derivatives"]


def margin_derivatives(
    target: npt.NDArray[np.floating[Any]],
    margins: npt.NDArray[np.floating[Any]],
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    out: tuple[AnyArray, AnyArray],
    curvature: float = 1.0,
    floor: float = 0.0,
) -> None:
    r"""Write gradient and Hessian diagonal of the soft cross-entropy of every row.

    The objective is that of :func:`skdistill._kernels.soft_ce`. Two classes have one
    margin `f`, with logits (0, f).

    Parameters
    ----------
    target : ndarray of shape (n_samples, n_classes)
        Non-negative; float32 or float64, the dtype of `out`; in the memory order of
        `margins`.
    margins : ndarray of shape (n_samples, n_classes), or (n_samples,) or
        (n_samples, 1) for two classes; float32 or float64
    temperature, alpha : float
    out : pair of ndarray of the shape and order of `margins`
        Gradient and Hessian.
    curvature : float, default=1.0
        Factor of the Hessian.
    floor : float, default=0.0
        Least entry of the Hessian.

    Raises
    ------
    ValueError
        If shapes disagree.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._kernels import margin_derivatives
    >>> grad, hess = np.empty(1), np.empty(1)
    >>> margin_derivatives(np.array([[0.25, 0.75]]), np.zeros(1), out=(grad, hess))
    >>> grad, hess
    (array([-0.25]), array([0.25]))
    """
    grad, hess = out
    parameters = float(temperature), float(alpha)
    k = target.shape[1]
    expected = len(target) if k == 2 else len(target) * k
    for array in (margins, grad, hess):
        if array.size != expected:
            raise ValueError(
                f"margins and out must hold {expected} numbers for targets of shape "
                f"{target.shape}, got {margins.shape}, {grad.shape} and {hess.shape}."
            )
    if k == 2:
        flat = [a if a.ndim == 1 else a[:, 0] for a in (margins, grad, hess)]
        _margin.margin_derivatives(
            target, flat[0], *parameters, curvature, floor, *flat[1:]
        )
        return
    soft_ce_gradients(target, margins, *parameters, out=out, floor=floor / curvature)
    if curvature != 1:
        hess *= curvature
