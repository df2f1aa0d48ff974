"""Teachers of many labels: real, small, and some that keep notes of what they did."""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier


class Centroids(ClassifierMixin, BaseEstimator):
    """Margins of K labels: the inner product of a row with each label's mean row.

    `asked` are the numbers of rows of the blocks it was asked about.
    """

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, Y, sample_weight=None):
        Y = sparse.csr_array(Y, dtype=np.float32)
        counts = np.maximum(np.asarray(Y.sum(axis=0)).ravel(), 1)
        self.centres_ = (Y.T @ X) / counts[:, None]
        self.classes_ = np.arange(Y.shape[1])
        self.weight_ = sample_weight
        self.asked_ = []
        return self

    def decision_function(self, X):
        self.asked_.append(len(X))
        ASKED.append(len(X))
        return (X @ self.centres_.T).astype(np.float32)

    def predict(self, X):
        return self.decision_function(X) > 0


#: Rows of the blocks that all :class:`Centroids` of this process were asked about.
ASKED = []


class TopLabels(Centroids):
    """The same, which answers with the k best labels and their margins only."""

    def predict_topk(self, X, k):
        scores = super().decision_function(X)
        labels = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return self.classes_[labels], np.take_along_axis(scores, labels, axis=1)


class Counting(OneVsRestClassifier):
    """Counts its fits in `folder`; waits to be killed once ``folder/limit`` are done.

    What it does depends on the files alone: its parameters, and so its key in the
    store, are always the same.
    """

    def __init__(self, folder=None, estimator=None):
        super().__init__(LogisticRegression() if estimator is None else estimator)
        self.folder = folder

    def fit(self, X, Y):
        folder = Path(self.folder)
        limit = folder / "limit"
        if limit.exists() and fits(folder) >= int(limit.read_text()):
            (folder / f"waiting-{os.getpid()}").touch()
            time.sleep(600)
        super().fit(X, Y)
        tempfile.mkstemp(prefix="fit-", dir=folder)
        return self


def fits(folder):
    return len(list(Path(folder).glob("fit-*")))
