"""Half the squared distance of a student's scores to its targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skdistill._kernels import SoftCrossEntropyRows
from skdistill._kernels._arrays import AnyArray, Buffers, as_buffers

from ._base import Loss

__all__ = ["SquaredError"]


@dataclass(frozen=True, slots=True)
class SquaredError(Loss):
    r"""Half the squared Euclidean distance between scores and targets.

    For one row with target `t` and score `f` the loss is :math:`\frac12 \|f - t\|^2`,
    its gradient :math:`f - t`, its Hessian the identity. The target may be a teacher's
    probability or log-probability, with or without a correction [1]_.

    References
    ----------
    .. [1] T. Dao, G. M. Kamath, V. Syrgkanis and L. Mackey, "Knowledge distillation as
       semiparametric inference", ICLR 2021. arXiv:2104.09732

    Examples
    --------
    >>> from skdistill.losses import SquaredError
    >>> SquaredError().value([[1.0, 0.0]], [[0.0, 0.0]])
    0.5
    """

    def _row_values(
        self, T: AnyArray, F: AnyArray, weight: AnyArray | None
    ) -> npt.NDArray[np.float64]:
        gap = F - T
        half: npt.NDArray[np.float64] = 0.5 * np.einsum(
            "ij,ij->i", gap, gap, dtype=np.float64
        )
        return half if weight is None else half * weight

    def _rows(
        self,
        T: AnyArray,
        F: AnyArray,
        weight: AnyArray | None,
        *,
        hessian: bool = False,
        out: Buffers | None = None,
        n_threads: int = 1,
    ) -> SoftCrossEntropyRows:
        # One subtraction per entry waits for memory: threads would not help.
        if n_threads < 1:
            raise ValueError(f"n_threads must be at least 1, got {n_threads}.")
        values = self._row_values(T, F, weight)
        grad, hess = as_buffers(out, np.result_type(T, F), F.shape, hessian)
        np.subtract(F, T, out=grad)
        scale = 1.0 if weight is None else weight[:, None].astype(grad.dtype)
        grad *= scale
        if hess is not None:
            hess[:] = scale
        return SoftCrossEntropyRows(values, grad, hess)
