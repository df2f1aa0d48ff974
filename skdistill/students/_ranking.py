"""What the routes share that fit a ranking: how it is named, its masses, the intercept.

A ranking loss says nothing about a constant added to all scores, so probabilities need
one number more. With the logistic function scores differ as log-odds do, and one
number is enough.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit

from skdistill.losses import BipartiteRanking
from skdistill.students._class_weight import class_weights
from skdistill.students._data import StudentData, refuse_negative

__all__ = ["RANKING", "as_ranking", "intercept", "loss_name", "ranking_targets"]

Array = npt.NDArray[Any]

RANKING = "bipartite_ranking"


def as_ranking(loss: Any) -> BipartiteRanking | None:
    """Return the ranking loss that `loss` is or names, None if it is another."""
    if isinstance(loss, BipartiteRanking):
        return loss
    return BipartiteRanking() if isinstance(loss, str) and loss == RANKING else None


def loss_name(loss: Any) -> Any:
    """Return the name of a ranking loss, and everything else as it is.

    Raises
    ------
    ValueError
        If its scores do not differ as log-odds do.
    """
    if not isinstance(loss, BipartiteRanking):
        return loss
    if loss.phi != "logistic":
        raise ValueError(
            f"loss must have phi='logistic' in a distiller, got {loss!r}: scores that "
            "minimise another one do not differ as log-odds do, so the student would "
            "have no probabilities."
        )
    return RANKING


def ranking_targets(data: StudentData, balance: Any = None) -> Array:
    """Targets of a ranking times the class weights, (n_samples, 2).

    Class weights multiply all pairs alike: they move the intercept, not the ranking.

    Raises
    ------
    ValueError
        If there are not two classes, or a target is negative.
    """
    values = data.targets.values
    if values.shape[1] != 2:
        raise ValueError(
            f"loss must be 'cross_entropy' with {values.shape[1]} classes, got "
            f"{RANKING!r}. Ranking is of positives above negatives: there is no order "
            "of more classes."
        )
    refuse_negative(
        values,
        "a ranking, whose pairs they weigh",
        "Use a rule that stays in [0, 1], or correction=None.",
    )
    if balance is None:
        return np.asarray(values)
    weighted: Array = values * class_weights(
        balance, data.classes, data.codes, data.label_weight
    )
    return weighted


def intercept(scores: Array, targets: Array) -> float:
    """Return what to add to `scores` for the cross-entropy of `targets` to be least.

    Then the mean probability is the mean target.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
    targets : ndarray of shape (n_samples, 2)
        Masses, each column with a positive sum.

    Returns
    -------
    float
    """
    scores = np.asarray(scores, dtype=np.float64)
    mass, positive = targets.sum(axis=1), targets[:, 1].sum()
    level = logit(positive / mass.sum())

    def excess(shift: float) -> float:
        return float(mass @ expit(scores + shift) - positive)

    low, high = level - scores.max(), level - scores.min()
    # At the ends all probabilities are on one side of the mean target, or on it.
    if excess(low) >= 0 or excess(high) <= 0:
        return float((low + high) / 2)
    return float(brentq(excess, low, high, xtol=1e-12))
