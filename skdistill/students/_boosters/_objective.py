"""Soft cross-entropy as boosters want it: derivatives in place, of their margins."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from skdistill import _kernels
from skdistill.losses import CrossEntropy

__all__ = ["SoftObjective"]

Array = npt.NDArray[Any]

#: Smallest share of a class in the starting margins.
_SMALLEST_SHARE = 1e-12


class SoftObjective:
    """Cross-entropy of soft targets as a function of a booster's margins.

    Two classes have one margin, the logit of the second class against the first, as in
    every library served here; more classes have one margin each.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, n_classes)
        Non-negative; rows need not sum to 1.
    weight : ndarray of shape (n_samples,) or None
    loss : CrossEntropy
    curvature : float
        Factor of the Hessian; libraries differ in it.
    dtype : {float32, float64}
        Of the derivatives, and of the stored targets.
    order : {"C", "F"}
        Of the margins the library hands over.
    smallest_hessian : float
        Lower bound of the Hessian.
    """

    def __init__(
        self,
        targets: Array,
        weight: Array | None,
        loss: CrossEntropy,
        *,
        curvature: float = 1.0,
        dtype: Any = np.float32,
        order: Any = "C",
        smallest_hessian: float = 0.0,
    ) -> None:
        # Rows are weighted through their targets: the loss is linear in them.
        weighted = targets if weight is None else targets * weight[:, None]
        self.targets = np.asarray(weighted, dtype=dtype, order=order)
        self.loss = loss
        self.options = {
            "curvature": curvature,
            "dtype": dtype,
            "order": order,
            "smallest_hessian": smallest_hessian,
        }
        self._buffers: tuple[Array, Array] | None = None

    @property
    def n_classes(self) -> int:
        """Number of columns of the targets."""
        return int(self.targets.shape[1])

    def take(self, rows: Array) -> Self:
        """Return the objective of some of the rows."""
        return type(self)(self.targets[rows], None, self.loss, **self.options)

    def shift(self, margins: Array) -> float:
        """Return what to add to the margins of a fitted booster: here nothing."""
        return 0.0

    def prior(self) -> Array:
        """Margins of the mean target, (1,) or (n_classes,): where boosting starts.

        At temperature 1 no other constant has a smaller loss.
        """
        mass = self.targets.sum(axis=0, dtype=np.float64)
        share = np.log(np.maximum(mass / mass.sum(), _SMALLEST_SHARE))
        margins: Array = share[1:] - share[:1] if self.n_classes == 2 else share
        return margins

    def value(self, margins: Array) -> float:
        """Mean loss over the weight of the rows, in nats."""
        if self.n_classes == 2:
            margins = np.column_stack([np.zeros(margins.size), margins.ravel()])
        losses = _kernels.soft_ce_value(
            self.targets, margins, self.loss.temperature, self.loss.alpha
        )
        return float(losses.sum() / self.targets.sum(dtype=np.float64))

    def derivatives(self, margins: Array) -> tuple[Array, Array]:
        """Gradient and Hessian diagonal, in buffers that the next call overwrites."""
        if self._buffers is None or self._buffers[0].shape != margins.shape:
            self._buffers = tuple(
                np.empty(margins.shape, self.options["dtype"], self.options["order"])
                for _ in range(2)
            )  # type: ignore[assignment]
        self.write(margins, *self._buffers)  # type: ignore[misc]
        return self._buffers  # type: ignore[return-value]

    def write(self, margins: Array, grad: Array, hess: Array) -> None:
        """Write gradient and Hessian diagonal, in the order of `margins`."""
        _kernels.margin_derivatives(
            self.targets,
            margins,
            self.loss.temperature,
            self.loss.alpha,
            out=(grad, hess),
            curvature=self.options["curvature"],
            floor=self.options["smallest_hessian"],
        )
