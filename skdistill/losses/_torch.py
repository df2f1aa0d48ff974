"""The ranking loss on tensors: for batches of a network's scores.

torch is imported when something here is first used.
"""

from importlib import import_module
from typing import Any

from skdistill.exceptions import MissingDependencyError

__all__ = ["BipartiteRankingLoss", "bipartite_ranking"]  # noqa: F822

_PHIS = ("logistic", "squared_hinge")


def bipartite_ranking(
    scores: Any, targets: Any, sample_weight: Any = None, *, phi: str = "logistic"
) -> Any:
    r"""Return :class:`skdistill.losses.BipartiteRanking` of a batch, with its graph.

    All pairs of the batch are formed, in O(n^2) memory: 64 MiB a matrix for a batch of
    4,096 in float32, of which backward keeps a few. Half precision is computed in
    float32. Nothing but shapes is checked, so that no device has to be waited for.

    Parameters
    ----------
    scores : Tensor of shape (n_samples,) or (n_samples, 1)
        Of the student; gradients flow to them.
    targets : Tensor of shape (n_samples,) or (n_samples, 2)
        Probabilities of the positive class in [0, 1], or of both classes.
    sample_weight : Tensor of shape (n_samples,), default=None
        Non-negative.
    phi : {"logistic", "squared_hinge"}, default="logistic"
        Function of the score differences.

    Returns
    -------
    Tensor of shape ()
        0 for a batch without a pair, which teaches nothing.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    ValueError
        If shapes disagree or `phi` is unknown.

    Examples
    --------
    >>> import torch                                              # doctest: +SKIP
    >>> from skdistill.losses._torch import bipartite_ranking
    >>> scores = torch.tensor([0.5, -0.5], requires_grad=True)    # doctest: +SKIP
    >>> bipartite_ranking(scores, torch.tensor([0.9, 0.2]))       # doctest: +SKIP
    tensor(0.3403, grad_fn=<DivBackward0>)
    """
    torch = _torch()
    _check_phi(phi)
    f, p = _check_shapes(scores, targets)
    dtype = torch.promote_types(f.dtype, torch.float32)
    f, p = f.to(dtype), p.to(dtype)
    positive, negative = p, 1 - p
    if sample_weight is not None:
        if sample_weight.shape != f.shape:
            raise ValueError(
                f"sample_weight must have shape {tuple(f.shape)}, got "
                f"{tuple(sample_weight.shape)}."
            )
        weight = sample_weight.to(dtype)
        positive, negative = weight * positive, weight * negative
    pairs = torch.outer(positive, negative)
    pairs = pairs - torch.diag(torch.diagonal(pairs))
    gaps = f[:, None] - f[None, :]
    if phi == "logistic":
        losses = torch.nn.functional.softplus(-gaps)
    else:
        losses = torch.relu(1 - gaps) ** 2
    smallest = torch.finfo(dtype).tiny
    return (pairs * losses).sum() / pairs.sum().clamp_min(smallest)


def _check_shapes(scores: Any, targets: Any) -> tuple[Any, Any]:
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim != 1:
        raise ValueError(
            "scores must have shape (n_samples,) or (n_samples, 1), got "
            f"{tuple(scores.shape)}."
        )
    if targets.ndim == 2 and targets.shape[1] == 2:
        targets = targets[:, 1]
    if targets.shape != scores.shape:
        n = scores.shape[0]
        raise ValueError(
            f"targets must have shape ({n},) or ({n}, 2), got {tuple(targets.shape)}."
        )
    return scores, targets


def _check_phi(phi: str) -> None:
    if phi not in _PHIS:
        raise ValueError(f"phi must be 'logistic' or 'squared_hinge', got {phi!r}.")


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise MissingDependencyError(
            "The ranking loss of tensors needs torch: pip install 'skdistill[torch]'."
        ) from error


def _module_class() -> Any:
    class BipartiteRankingLoss(_torch().nn.Module):  # type: ignore[misc]
        """:func:`bipartite_ranking` as a module.

        Parameters
        ----------
        phi : {"logistic", "squared_hinge"}, default="logistic"

        Raises
        ------
        ValueError
            If `phi` is neither.

        Examples
        --------
        >>> import torch
        >>> from skdistill.nn import BipartiteRankingLoss
        >>> loss = BipartiteRankingLoss()
        >>> targets = torch.tensor([[0.1, 0.9], [0.8, 0.2]])
        >>> ranked = loss(torch.tensor([2.0, -2.0]), targets)
        >>> bool(ranked < loss(torch.tensor([-2.0, 2.0]), targets))
        True
        """

        def __init__(self, phi: str = "logistic") -> None:
            super().__init__()
            _check_phi(phi)
            self.phi = phi

        def forward(self, scores: Any, targets: Any, sample_weight: Any = None) -> Any:
            """Return the loss of a batch."""
            return bipartite_ranking(scores, targets, sample_weight, phi=self.phi)

        def extra_repr(self) -> str:
            """Return the parameter, for the representation."""
            return f"phi={self.phi!r}"

    # Found again by name: modules are pickled with the models that hold them.
    BipartiteRankingLoss.__qualname__ = "BipartiteRankingLoss"
    return BipartiteRankingLoss


def __getattr__(name: str) -> Any:
    """Make the module's class when it is first asked for, as it derives from torch."""
    if name != "BipartiteRankingLoss":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = _module_class()
    return globals()[name]
