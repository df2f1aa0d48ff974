"""A problem whose true class probabilities are known."""

from numbers import Integral
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.utils import check_random_state

_N_SIGNAL_FEATURES = 6


def _check_count(name: str, value: Any, lowest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(
            f"`{name}` must be an integer, got {value!r} of type "
            f"{type(value).__name__}."
        )
    if value < lowest:
        raise ValueError(f"`{name}` must be at least {lowest}, got {value}.")


def make_known_bayes(
    n_samples: int = 2000, *, n_features: int = 10, random_state: Any = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a binary problem together with its true probabilities.

    With x standard normal, the log-odds of class 1 are::

        2 sin(2 x1 x2) + 1.2 x3 - 0.8 x4^2 + 0.8 + x5 [x6 > 0]

    and the label is drawn from them: an interaction, a slope, a curve and a switch,
    so a forest learns it, a small tree learns part of it, and a linear model little.
    Features after the sixth are noise. A teacher's distance from the truth can be
    measured here, where on real data only its log-loss is known.

    Parameters
    ----------
    n_samples : int, default=2000
        Number of rows, at least 1.
    n_features : int, default=10
        Number of columns, at least 6.
    random_state : int, RandomState instance or None, default=None
        Seed of the features and the labels.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        Independent standard normal features.
    y : ndarray of shape (n_samples,), int64
        Labels 0 or 1, drawn from `proba`.
    proba : ndarray of shape (n_samples, 2), float64, in (0, 1)
        True (Bayes) probabilities of class 0 and class 1; rows sum to 1.

    Raises
    ------
    TypeError
        If `n_samples` or `n_features` is not an integer.
    ValueError
        If `n_samples` is below 1 or `n_features` below 6.

    Examples
    --------
    >>> from skdistill.datasets import make_known_bayes
    >>> X, y, proba = make_known_bayes(500, random_state=0)
    >>> X.shape, y.shape, proba.shape
    ((500, 10), (500,), (500, 2))
    """
    _check_count("n_samples", n_samples, 1)
    _check_count("n_features", n_features, _N_SIGNAL_FEATURES)
    rng = check_random_state(random_state)
    X = rng.normal(size=(n_samples, n_features))
    x1, x2, x3, x4, x5, x6 = X[:, :_N_SIGNAL_FEATURES].T
    log_odds = 2 * np.sin(2 * x1 * x2) + 1.2 * x3 - 0.8 * x4**2 + 0.8 + x5 * (x6 > 0)
    # Each column from its own sign: 1 - expit(z) would lose the small ones.
    proba = np.column_stack([expit(-log_odds), expit(log_odds)])
    y = (rng.uniform(size=n_samples) < proba[:, 1]).astype(np.int64)
    return X, y, proba
