"""Compiled kernels behind wrappers that check shapes and types, and nothing else.

Values are not looked at: a NaN comes out as a NaN of its own row. Public functions
check values before they call. What is computed stands in ``_reference.py``.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _gamma, _simplex, _soft_cross_entropy
from ._arrays import (
    AnyArray,
    Buffers,
    as_buffers,
    as_codes,
    as_floats,
    as_operands,
    in_chunks,
    refuse_unknown,
)
from ._boosting import margin_derivatives
from ._gradients import soft_ce_gradients
from ._linear import FUSED_COLUMNS, LinearCrossEntropy, lasso_model, linear_ce
from ._row_derivatives import SoftRow
from ._sampled import (
    SampledModel,
    SampledRows,
    SamplingRule,
    Support,
    alias_table,
    look_at_row,
    sampled_epoch,
)

__all__ = [
    "FUSED_COLUMNS",
    "LinearCrossEntropy",
    "SampledModel",
    "SampledRows",
    "SamplingRule",
    "SoftCrossEntropyRows",
    "SoftRow",
    "Support",
    "alias_table",
    "gamma",
    "lasso_model",
    "linear_ce",
    "look_at_row",
    "margin_derivatives",
    "project_rows",
    "sampled_epoch",
    "soft_ce",
    "soft_ce_gradients",
    "soft_ce_value",
    "two_columns",
]

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class SoftCrossEntropyRows:
    """Soft cross-entropy of every row with its derivatives.

    Parameters
    ----------
    loss : ndarray of shape (n_samples,), float64, in nats
    grad : ndarray of shape (n_samples, n_classes)
        Derivative of `loss` with respect to the logits.
    hess : ndarray of shape (n_samples, n_classes) or None
        Diagonal of the second derivative, if it was asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill._kernels import soft_ce
    >>> soft_ce(np.eye(2), np.zeros((2, 2))).loss.round(4)
    array([0.6931, 0.6931])
    """

    loss: npt.NDArray[np.float64]
    grad: Floats
    hess: Floats | None = None


def soft_ce(
    target: npt.ArrayLike,
    logit: npt.ArrayLike,
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.ArrayLike | None = None,
    hessian: bool = False,
    out: Buffers | None = None,
    n_threads: int = 1,
) -> SoftCrossEntropyRows:
    r"""Soft cross-entropy of every row of logits, its gradient and Hessian diagonal.

    With tempered targets :math:`w`, other targets :math:`y` and logits :math:`f`,
    distillation [1]_ minimises :math:`\alpha\tau^2 H(w, \mathrm{softmax}(f/\tau)) +
    (1-\alpha) H(y, \mathrm{softmax}(f))`. As :math:`H(w, \mathrm{softmax}(f)) =
    m\,\mathrm{lse}(f) - w \cdot f` with mass :math:`m = \sum w = \sum y`, both targets
    act only through their products with `f`, that is through one target

    .. math:: t = \frac{\alpha\tau w + (1-\alpha) y}{c}, \qquad c = \alpha\tau+1-\alpha.

    So per row, with :math:`s_\tau = \mathrm{softmax}(f/\tau)`,

    .. math::

        \ell &= m [\alpha\tau^2 \mathrm{lse}(f/\tau) + (1-\alpha) \mathrm{lse}(f)]
                - c\,t \cdot f \\
        \nabla \ell &= m [\alpha\tau s_\tau + (1-\alpha) s_1] - c\,t \\
        \nabla^2_{jj} \ell &= m [\alpha s_\tau(1-s_\tau) + (1-\alpha) s_1(1-s_1)].

    At :math:`\tau = 1` this is the cross-entropy of `t` whatever `alpha`.

    Parameters
    ----------
    target : array-like of shape (n_samples, n_classes)
        Real numbers of any sign and any row sum. Denormal ones, below 1e-308 (float32:
        1e-38), count as 0 on x86, where they are ten times slower; elsewhere they are
        taken as they are.
    logit : array-like of shape (n_samples, n_classes)
        -inf is allowed where `target` is 0: such a class costs nothing. A NaN, or a row
        that holds +inf or only -inf, makes its own row NaN and no other.
    temperature : float, default=1.0
        :math:`\tau`, positive.
    alpha : float, default=1.0
        Weight of the tempered term, in [0, 1].
    sample_weight : array-like of shape (n_samples,), default=None
        Multiplies everything returned for a row.
    hessian : bool, default=False
        Whether to compute the diagonal of the Hessian.
    out : pair of ndarray of shape (n_samples, n_classes), default=None
        C-contiguous buffers for the gradient and the Hessian (None without one), of
        the dtype of the result.
    n_threads : int, default=1
        The result does not depend on it, to the last bit.

    Returns
    -------
    SoftCrossEntropyRows
        `grad` and `hess` are float32 if both arrays are float32, else float64.

    Raises
    ------
    TypeError
        If an array does not hold real numbers or a buffer is of another dtype.
    ValueError
        If shapes disagree, there is no class, or a buffer cannot be written.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, section 2. :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> from skdistill._kernels import soft_ce
    >>> rows = soft_ce([[0.75, 0.25]], [[0.0, 0.0]], hessian=True)
    >>> rows.grad, rows.hess
    (array([[-0.25,  0.25]]), array([[0.25, 0.25]]))
    """
    target, logit, weight = as_operands(target, logit, sample_weight)
    loss = np.empty(len(logit))
    grad, hess = as_buffers(out, logit.dtype, logit.shape, hessian)
    parameters = (float(temperature), float(alpha))
    _soft_ce_rows(target, logit, weight, loss, (grad, hess), parameters, n_threads)
    return SoftCrossEntropyRows(loss, grad, hess)


def soft_ce_value(
    target: npt.ArrayLike,
    logit: npt.ArrayLike,
    temperature: float = 1.0,
    alpha: float = 1.0,
    *,
    sample_weight: npt.ArrayLike | None = None,
    n_threads: int = 1,
) -> npt.NDArray[np.float64]:
    """Loss of :func:`soft_ce` alone, bit for bit.

    Parameters
    ----------
    target, logit, temperature, alpha, sample_weight, n_threads
        As in :func:`soft_ce`.

    Returns
    -------
    ndarray of shape (n_samples,), float64, in nats

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If shapes disagree or there is no class.

    Examples
    --------
    >>> from skdistill._kernels import soft_ce_value
    >>> soft_ce_value([[1, 0]], [[0, 0]]).round(4)
    array([0.6931])
    """
    target, logit, weight = as_operands(target, logit, sample_weight)
    loss = np.empty(len(logit))
    parameters = (float(temperature), float(alpha))
    _soft_ce_rows(target, logit, weight, loss, (None, None), parameters, n_threads)
    return loss


def gamma(
    proba: npt.ArrayLike,
    labels: npt.ArrayLike | None,
    rule: str,
    strength: float,
    *,
    variance: Literal["plugin", "observed"] = "plugin",
    scale: Literal["prob", "log"] = "prob",
    floor: float = 1 / 500,
    n_threads: int = 1,
) -> Floats:
    r"""Strength of the loss correction for every entry of the teacher's probabilities.

    A corrected target is :math:`g(P) + \gamma (Y - P)` with g the identity or the
    logarithm [1]_. :math:`\gamma = 0` trusts the teacher; :math:`\gamma = r`, which is
    1 or :math:`1/P`, removes its error to first order and adds the label's variance
    :math:`e^2`. With :math:`c` the strength, the rules minimise over :math:`\gamma`

    ============ =====================================================================
    fast         :math:`\gamma^2 e^2 + c (\gamma - r)^2`
    slow         :math:`\gamma^2 e^2 + c (\gamma - r)^4`
    relative     :math:`\max_p (\gamma(p-P) - g(p) + g(P))^2 + \gamma^2 p(1-p)` for p in
                 :math:`[P/(1+c), P(1+c)]`
    absolute     the same for p in :math:`[P-c, P+c]`
    power        the same for p between :math:`P` and :math:`P^{1/c}`
    orthogonal   nothing: :math:`\gamma = r`
    mixed        nothing: :math:`\gamma = c`
    ============ =====================================================================

    On the log scale the maximum runs over ten equidistant p, as in the authors' code;
    everything else is exact.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Teacher probabilities in [0, 1].
    labels : array-like of int of shape (n_samples,) or None
        Classes 0..n_classes-1; needed for the observed variance only.
    rule : {"fast", "slow", "relative", "absolute", "power", "orthogonal", "mixed"}
    strength : float
        Positive; in [0, 1] for "mixed"; not used by "orthogonal".
    variance : {"plugin", "observed"}, default="plugin"
        :math:`e^2` is :math:`P(1-P)`, which leaves an exact teacher unbiased, or
        :math:`(Y-P)^2`, which the authors' code uses and which sharpens.
    scale : {"prob", "log"}, default="prob"
        The function g.
    floor : float, default=1/500
        Smallest probability under a logarithm or in a denominator (log scale only).
    n_threads : int, default=1
        The result does not depend on it, to the last bit.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        float32 if `proba` is float32, else float64.

    Raises
    ------
    TypeError
        If `proba` does not hold real numbers or `labels` does not hold integers.
    ValueError
        If an option is unknown, the observed variance has no labels or shapes disagree.

    References
    ----------
    .. [1] T. Dao, G. M. Kamath, V. Syrgkanis and L. Mackey, "Knowledge distillation as
       semiparametric inference", ICLR 2021. arXiv:2104.09732

    Examples
    --------
    >>> from skdistill._kernels import gamma
    >>> gamma([[0.5, 0.5]], None, "fast", 0.25)
    array([[0.5, 0.5]])
    """
    refuse_unknown("rule", rule, _gamma.RULES)
    refuse_unknown("variance", variance, ("plugin", "observed"))
    refuse_unknown("scale", scale, ("prob", "log"))
    p = as_floats("proba", proba)
    codes = as_codes(labels, len(p)) if variance == "observed" else None
    out = np.empty_like(p)

    def run(rows: slice) -> None:
        _gamma.gamma(
            p[rows],
            None if codes is None else codes[rows],
            _gamma.RULES[rule],
            float(strength),
            scale == "log",
            floor,
            out[rows],
        )

    in_chunks(run, p.shape, n_threads)
    return out


def _soft_ce_rows(
    target: AnyArray,
    logit: AnyArray,
    weight: AnyArray | None,
    loss: AnyArray,
    buffers: Buffers | tuple[None, None],
    parameters: tuple[float, float],
    n_threads: int,
) -> None:
    def run(rows: slice) -> None:
        grad, hess = (None if a is None else a[rows] for a in buffers)
        _soft_cross_entropy.soft_ce(
            target[rows],
            logit[rows],
            *parameters,
            None if weight is None else weight[rows],
            loss[rows],
            grad,
            hess,
            -np.inf,
            1,
        )

    in_chunks(run, logit.shape, n_threads)


def two_columns(second: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Probabilities of two classes from predictions of the second one.

    Parameters
    ----------
    second : array-like of shape (n_samples,)
        Any real numbers; they are clipped to [0, 1].

    Returns
    -------
    ndarray of shape (n_samples, 2), float64
        Rows sum to 1; a NaN stays a NaN.

    Examples
    --------
    >>> from skdistill._kernels import two_columns
    >>> two_columns([0.25, 1.5])
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    second = np.ascontiguousarray(second, dtype=np.float64).reshape(-1)
    proba = np.empty((len(second), 2))
    _simplex.two_columns(second, proba)
    return proba


def project_rows(raw: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Probabilities from real numbers: negative ones count as 0, rows sum to 1.

    Parameters
    ----------
    raw : array-like of shape (n_samples, n_classes)
        Any real numbers. A row without a positive one becomes uniform.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        A NaN spoils its own row only.

    Examples
    --------
    >>> from skdistill._kernels import project_rows
    >>> project_rows([[-1.0, 1.0, 3.0], [0.0, 0.0, -1.0]]).round(2)
    array([[0.  , 0.25, 0.75],
           [0.33, 0.33, 0.33]])
    """
    raw = as_floats("raw", raw, np.float64)
    proba = np.empty(raw.shape)
    _simplex.project_rows(raw, proba)
    return proba
