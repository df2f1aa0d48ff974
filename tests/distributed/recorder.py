"""A learner that notes what it was shown; importable by worker processes."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Recorder(ClassifierMixin, BaseEstimator):
    """Says class frequencies; ``seen_`` holds rows, labels, weights of each call."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        return self.partial_fit(X, y, classes=np.unique(y))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        self.classes_ = np.asarray(classes)
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        ids = np.rint(np.asarray(X)[:, 0] * 1200).astype(int)
        self.seen_ = [*getattr(self, "seen_", []), (ids, np.asarray(y), weight)]
        return self

    def predict_proba(self, X):
        y = np.concatenate([labels for _, labels, _ in self.seen_])
        share = (y[:, None] == self.classes_).mean(axis=0)
        return np.tile(share, (len(X), 1))

    @property
    def ids_(self):
        return np.concatenate([ids for ids, _, _ in self.seen_])
