"""Losses of rows of logits: what the compiled kernels compute, with a graph."""

from typing import Any

from skdistill.nn._torch import torch

__all__ = ["soft_cross_entropy", "squared_error"]


def soft_cross_entropy(
    logits: Any, targets: Any, *, temperature: float = 1.0, alpha: float = 1.0
) -> Any:
    r"""Soft cross-entropy of every row: :func:`skdistill._kernels.soft_ce` on tensors.

    For a row with target `t` of mass :math:`m = \sum_j t_j` and logits `f`,

    .. math:: m [\alpha\tau^2 \mathrm{lse}(f/\tau) + (1-\alpha) \mathrm{lse}(f)]
              - (\alpha\tau + 1 - \alpha)\, t \cdot f .

    Only shapes are checked, so that no device has to be waited for.

    Parameters
    ----------
    logits : Tensor of shape (n_samples, n_classes)
        Of the student; gradients flow to them. -inf is allowed where `targets` is 0.
    targets : Tensor of shape (n_samples, n_classes)
        Real numbers of any sign and any row sum, without a gradient.
    temperature : float, default=1.0
        :math:`\tau`, positive.
    alpha : float, default=1.0
        Weight of the tempered term, in [0, 1]; without effect at temperature 1.

    Returns
    -------
    Tensor of shape (n_samples,), in nats
        In the precision of `logits`, float32 at least.

    Raises
    ------
    ValueError
        If shapes disagree.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, section 2. :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import soft_cross_entropy
    >>> soft_cross_entropy(torch.zeros(2, 2), torch.eye(2))
    tensor([0.6931, 0.6931])
    """
    f, t = _operands(logits, targets)
    if temperature == 1 or alpha == 1:  # one softmax is enough
        return _tempered(f, t, temperature) * temperature**2
    rows = (1 - alpha) * _tempered(f, t, 1.0)
    if alpha == 0:
        return rows
    return rows + alpha * temperature**2 * _tempered(f, t, temperature)


def squared_error(logits: Any, targets: Any) -> Any:
    """Half the squared distance of every row of logits to its target.

    Parameters
    ----------
    logits : Tensor of shape (n_samples, n_classes)
        Of the student; gradients flow to them.
    targets : Tensor of shape (n_samples, n_classes)
        Without a gradient.

    Returns
    -------
    Tensor of shape (n_samples,)
        In the precision of `logits`, float32 at least.

    Raises
    ------
    ValueError
        If shapes disagree.

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import squared_error
    >>> squared_error(torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [2.0, 2.0]]))
    tensor([0.5000, 4.0000])
    """
    f, t = _operands(logits, targets)
    return 0.5 * (f - t).square().sum(dim=1)


def _operands(logits: Any, targets: Any) -> tuple[Any, Any]:
    """Both in the precision of the logits; half precision is computed in float32."""
    if logits.ndim != 2:
        raise ValueError(
            f"logits must have shape (n_samples, n_classes), got {tuple(logits.shape)}."
        )
    if targets.shape != logits.shape:
        raise ValueError(
            f"targets must have shape {tuple(logits.shape)}, got "
            f"{tuple(targets.shape)}."
        )
    dtype = torch.promote_types(logits.dtype, torch.float32)
    return logits.to(dtype), targets.detach().to(dtype)


def _tempered(f: Any, t: Any, temperature: float) -> Any:
    """Cross-entropy of the rows `t` and softmax(f / temperature)."""
    log_q = torch.log_softmax(f if temperature == 1 else f / temperature, dim=1)
    # A class of logit -inf and target 0 costs nothing, and 0 * inf is not a number.
    log_q = log_q.masked_fill((t == 0) & log_q.isneginf(), 0.0)
    return -(t * log_q).sum(dim=1)
