"""Metrics scikit-learn does not have: of soft targets, and of ranked labels."""

from ._propensity import label_propensities, propensity_scored_precision_at_k
from ._ranking import ndcg_at_k, precision_at_k, recall_at_k
from ._soft import fidelity_score, kl_divergence, soft_brier_score, soft_log_loss

__all__ = [
    "fidelity_score",
    "kl_divergence",
    "label_propensities",
    "ndcg_at_k",
    "precision_at_k",
    "propensity_scored_precision_at_k",
    "recall_at_k",
    "soft_brier_score",
    "soft_log_loss",
]
