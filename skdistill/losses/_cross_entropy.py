"""Cross-entropy of tempered logits against soft, possibly corrected targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skdistill import _kernels
from skdistill._kernels import SoftCrossEntropyRows
from skdistill._kernels._arrays import AnyArray, Buffers
from skdistill._validation import check_positive, check_unit

from ._base import Loss

__all__ = ["CrossEntropy"]


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    r"""Distillation's cross-entropy of a student's logits against one soft target.

    For a row with target `t` of mass :math:`m = \sum_j t_j`, logits `f`, temperature
    :math:`\tau` and weight :math:`\alpha` of the tempered part, the loss in nats is

    .. math:: m [\alpha\tau^2 \mathrm{lse}(f/\tau) + (1-\alpha) \mathrm{lse}(f)]
              - (\alpha\tau + 1 - \alpha)\, t \cdot f ,

    with lse the log of the sum of exponentials. For probabilities `t` this is
    :math:`\alpha\tau^2 H(t, \mathrm{softmax}(f/\tau)) + (1-\alpha) H(t,
    \mathrm{softmax}(f))`. The usual pair of targets, `w` for the tempered and `y` for
    the plain part [1]_, equals the single target :math:`t = (\alpha\tau w +
    (1-\alpha)y) / (\alpha\tau + 1 - \alpha)`.

    Targets need not be non-negative nor sum to one (corrected targets do neither); the
    loss is convex in `f` where :math:`m \ge 0`.

    Parameters
    ----------
    temperature : float, default=1.0
        :math:`\tau`, positive and finite.
    alpha : float, default=1.0
        :math:`\alpha` in [0, 1]. Without effect at temperature 1.

    Raises
    ------
    TypeError
        If a parameter is not a number.
    ValueError
        If `temperature` is not positive and finite, or `alpha` is outside [0, 1].

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, section 2. :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> from skdistill.losses import CrossEntropy
    >>> loss = CrossEntropy(temperature=2.0)
    >>> round(loss.value([[0.8, 0.2], [0.1, 0.9]], [[1.0, 0.0], [0.0, 1.0]]), 4)
    2.1963
    """

    temperature: float = 1.0
    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check_unit("alpha", self.alpha)

    def _row_values(
        self, T: AnyArray, F: AnyArray, weight: AnyArray | None
    ) -> npt.NDArray[np.float64]:
        return _kernels.soft_ce_value(
            T, F, self.temperature, self.alpha, sample_weight=weight
        )

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
        return _kernels.soft_ce(
            T,
            F,
            self.temperature,
            self.alpha,
            sample_weight=weight,
            hessian=hessian,
            out=out,
            n_threads=n_threads,
        )
