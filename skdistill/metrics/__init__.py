"""Metrics scikit-learn does not have: of soft targets against predictions."""

from ._soft import fidelity_score, kl_divergence, soft_brier_score, soft_log_loss

__all__ = ["fidelity_score", "kl_divergence", "soft_brier_score", "soft_log_loss"]
