"""The Gaussian problem of paper 4: two classes with known probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

N_FEATURES = 10
L2 = 1e-4


@dataclass(frozen=True)
class Draw:
    """Rows, labels, and true probabilities of both classes."""

    X: np.ndarray
    y: np.ndarray
    proba: np.ndarray


def draw(n, r, seed):
    """Draw from N(-r 1, I) and N(+r 1, I) in ten dimensions, equally often."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = rng.normal(size=(n, N_FEATURES)) + r * (2 * y - 1)[:, None]
    return Draw(X, y, true_proba(X, r))


def true_proba(X, r):
    log_odds = 2 * r * X.sum(axis=1)
    return np.column_stack([expit(-log_odds), expit(log_odds)])


def student(n):
    """Minimise the mean loss of n rows plus L2 / 2 |w|^2, without an intercept."""
    return LogisticRegression(
        C=1 / (L2 * n), fit_intercept=False, tol=1e-8, max_iter=10_000
    )


def best_auc(r):
    """AUC of the true probabilities: the scores are normal, 2 r sqrt(10) apart."""
    return float(norm.cdf(r * np.sqrt(2 * N_FEATURES)))


def power(proba, a):
    """Odds to the power a: the same class is the most probable one."""
    raised = proba**a
    return raised / raised.sum(axis=1, keepdims=True)


def argmax(proba):
    return np.eye(2)[proba.argmax(axis=1)]


def same_side(proba, seed):
    """Uniform on the side of one half that the probability is on."""
    top = np.random.default_rng(seed).uniform(0.5, 1, len(proba))
    column = np.where(proba[:, 1] > 0.5, top, 1 - top)
    return np.column_stack([1 - column, column])


def distance(proba, truth):
    """Mean squared error of the probability of class 1."""
    return np.mean((proba[:, 1] - truth[:, 1]) ** 2)
