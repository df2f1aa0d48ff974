"""What a network minimises: a loss of skdistill on batches of its outputs."""

from typing import Any

from skdistill.losses import BipartiteRanking, CrossEntropy, SquaredError
from skdistill.losses._torch import bipartite_ranking
from skdistill.nn._loss import soft_cross_entropy, squared_error
from skdistill.nn._torch import torch

__all__ = ["Objective", "as_logits", "probabilities"]


def as_logits(outputs: Any) -> Any:
    """Return outputs as (n, n_classes); one output is the second of two logits."""
    flat = outputs[:, None] if outputs.ndim == 1 else outputs
    if flat.ndim == 2 and flat.shape[1] == 1:
        return torch.cat([torch.zeros_like(flat), flat], dim=1)
    return flat


def probabilities(outputs: Any) -> Any:
    """Return softmax of outputs, (n, n_classes), float32."""
    return torch.softmax(as_logits(outputs).float(), dim=1)


class Objective(torch.nn.Module):
    """Mean loss of a batch.

    Parameters
    ----------
    loss : CrossEntropy, SquaredError or BipartiteRanking
        Of targets; labels are learned by plain cross-entropy.
    """

    def __init__(self, loss: Any = None) -> None:
        super().__init__()
        self.loss = CrossEntropy() if loss is None else loss

    def forward(self, outputs: Any, targets: Any, weight: Any = None) -> Any:
        """Return the loss, a scalar tensor.

        Parameters
        ----------
        outputs : Tensor of shape (n, n_classes), (n, 1) or (n,)
        targets : Tensor of shape (n,), int64, or (n, n_classes)
        weight : Tensor of shape (n,) or None
            Of mean 1 over all rows, not over those of the batch.
        """
        logits = as_logits(outputs).float()
        if isinstance(self.loss, BipartiteRanking):
            scores = logits[:, 1] - logits[:, 0]
            return bipartite_ranking(scores, targets, weight, phi=self.loss.phi)
        if targets.ndim == 1:
            rows = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        elif isinstance(self.loss, SquaredError):
            rows = squared_error(logits, targets)
        else:
            rows = soft_cross_entropy(
                logits,
                targets,
                temperature=self.loss.temperature,
                alpha=self.loss.alpha,
            )
        return (rows if weight is None else weight * rows).mean()
