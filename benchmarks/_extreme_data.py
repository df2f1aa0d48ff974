"""Data sets of very many labels for `extreme.py`, their splits, and what is judged."""

from pathlib import Path

import numpy as np
from scipy import sparse

from skdistill.datasets import make_relevance
from skdistill.metrics import (
    label_propensities,
    precision_at_k,
    propensity_scored_precision_at_k,
)

#: Share of the rows that are learned from.
TRAIN_SHARE = 0.8
#: Drawers of each Omniglot class that are learned from; there are 20.
N_DRAWERS = 15
METRICS = ("P@1", "P@3", "P@5", "PSP@1")


def read_multilabel(name, data_dir):
    """Return X, Y as csr and the number of rows without features, dropped here.

    Counts or 0/1 as in the file, as float32; Y as int32: of uint8 and more than 255
    labels LabelBinarizer of scikit-learn 1.9.1 moves the columns without a word.
    """
    X, Y = (
        sparse.csr_array(sparse.load_npz(Path(data_dir) / f"{name}_{part}.npz"))
        for part in "XY"
    )
    full = np.diff(X.indptr) > 0
    X, Y = X[full].astype(np.float32), Y[full].astype(np.int32)
    return X, Y, int((~full).sum())


def split(X, Y, seed):
    """Return X, Y, X_test, Y_test."""
    order = np.random.default_rng(seed).permutation(X.shape[0])
    cut = int(TRAIN_SHARE * len(order))
    return X[order[:cut]], Y[order[:cut]], X[order[cut:]], Y[order[cut:]]


def split_omniglot(data_dir, seed):
    """Return X, y, X_test, y_test: ink in [0, 1], 15 and 5 drawers of each class."""
    with np.load(Path(data_dir) / "omniglot28.npz") as file:
        images, y = file["X"].reshape(len(file["y"]), -1), file["y"].astype(np.int64)
    ink = (255 - images) if np.median(images) > 127 else images
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    start = np.searchsorted(y[order], y[order])
    train = np.arange(len(y)) - start < N_DRAWERS
    X = sparse.csr_array((ink / 255).astype(np.float32))
    left, right = order[train], order[~train]
    return X[left], y[left], X[right], y[right]


def split_relevance(seed, n_labels, n_train, n_test, n_features=20_000):
    """Return the split and the true relevance of its training and test rows."""
    problem = make_relevance(
        n_train + n_test, n_labels, n_features, random_state=np.random.RandomState(seed)
    )
    X, Y, P = problem.X, problem.Y, problem.relevance
    return X[:n_train], Y[:n_train], X[n_train:], Y[n_train:], P[:n_train], P[n_train:]


def judge(model, X_test, Y_test, propensities=None):
    """Return the METRICS of the best five labels of a fitted ExtremeDistiller."""
    return judge_ranked(model.predict_topk(X_test, 5)[0], Y_test, propensities)


def judge_ranked(ranked, Y_test, propensities=None):
    """Return the METRICS of ranked labels, or of the scores of all."""
    found = {f"P@{k}": precision_at_k(Y_test, ranked, k) for k in (1, 3, 5)}
    if propensities is not None:
        found["PSP@1"] = propensity_scored_precision_at_k(Y_test, ranked, propensities)
    return found


def propensities_of(Y):
    """Propensities by the number of training rows of each label."""
    return label_propensities(Y)
