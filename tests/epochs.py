"""A softmax regression that learns in epochs, named as ``NeuralClassifier`` is."""

from typing import ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if


class Epochs(ClassifierMixin, BaseEstimator):
    """Stochastic gradients, row by row; ``max_epochs`` more of them when warm."""

    target_losses = ("cross_entropy", "squared_error")
    target_scales: ClassVar = {"squared_error": ("log",)}

    def __init__(
        self,
        *,
        max_epochs=6,
        lr=0.05,
        warm_start=False,
        keep_checkpoints=False,
        callbacks=None,
        random_state=None,
    ):
        self.max_epochs = max_epochs
        self.lr = lr
        self.warm_start = warm_start
        self.keep_checkpoints = keep_checkpoints
        self.callbacks = callbacks
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        classes, codes = np.unique(y, return_inverse=True)
        T = np.eye(len(classes))[codes]
        return self.fit_targets(X, T, sample_weight=sample_weight, classes=classes)

    def fit_targets(self, X, T, *, loss=None, sample_weight=None, classes=None):
        if not (self.warm_start and hasattr(self, "coef_")):
            self.coef_ = np.zeros((X.shape[1], T.shape[1]))
            self.rng_ = np.random.RandomState(
                check_random_state(self.random_state).randint(2**31)
            )
            self.checkpoints_ = []
        self.classes_, self.loss_, self.targets_ = classes, loss, T
        squared = type(loss).__name__ == "SquaredError"
        weight = np.ones(len(T)) if sample_weight is None else sample_weight
        for _ in range(self.max_epochs):
            for i in self.rng_.permutation(len(T)):
                out = X[i] @ self.coef_
                gradient = out - T[i] if squared else softmax(out) - T[i]
                self.coef_ -= self.lr * weight[i] * np.outer(X[i], gradient)
            self.checkpoints_.append(self.coef_.copy())
        return self

    def predict_proba(self, X):
        return softmax(X @ self.coef_, axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @available_if(lambda self: self.keep_checkpoints)
    def staged_predict_proba(self, X):
        for coef in self.checkpoints_:
            yield softmax(X @ coef, axis=1)


class EarlyStopping:
    """Of the name of skorch's, which is not imported to find it."""


class Patient(EarlyStopping):
    """A class of the user's that stops too."""
