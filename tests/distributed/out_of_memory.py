"""Distils rows that would not fit: run by test_memory.py, in processes of its own.

Prints a line of JSON: bytes of the rows, of the workers' limits, and by how much the
client grew at most.
"""

import json
import logging
import resource
import sys

import dask
import dask.array as da
import distributed
import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from skdistill.distributed import CrossFitDistiller

N_WORKERS, LIMIT = 2, 304 * 2**20
N_ROWS, N_COLUMNS = 20_000, 100  # of a partition: 16 MB

# Nothing may hide on the disk, and a worker beyond its limit is killed, not paused.
MEMORY = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 1.0,
    "distributed.scheduler.allowed-failures": 0,
}


class FirstColumn(ClassifierMixin, BaseEstimator):
    """Two classes by the means of the first column: the rows cost, the learner not."""

    def fit(self, X, y):
        return self.partial_fit(X, y, np.unique(y))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        self.classes_ = classes
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        sums, mass = getattr(self, "state_", (np.zeros(2), np.zeros(2)))
        self.state_ = (
            sums + np.bincount(y, weight * X[:, 0], 2),
            mass + np.bincount(y, weight, 2),
        )
        return self

    def predict_proba(self, X):
        low, high = self.state_[0] / self.state_[1]
        second = expit((high - low) * (X[:, 0] - (low + high) / 2))
        return np.column_stack([1 - second, second])


def make_rows(place):
    """One partition; a block of noise, repeated, costs little time."""
    block = np.random.default_rng(place).standard_normal((N_ROWS // 20, N_COLUMNS))
    block[:, 0] += make_labels(place)[: len(block)]
    return np.tile(block, (20, 1))


def make_labels(place):
    """Labels of one partition, without its rows."""
    return np.tile(np.random.default_rng([place, 1]).integers(0, 2, N_ROWS // 20), 20)


def lazily(make, n_parts, *columns):
    shape = (N_ROWS, *columns)
    dtype = "float64" if columns else "int64"
    return da.concatenate(
        [
            da.from_delayed(dask.delayed(make)(place), shape, dtype)
            for place in range(n_parts)
        ]
    )


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(gather):
    n_parts = -(-4 * N_WORKERS * LIMIT // (8 * N_ROWS * N_COLUMNS))
    X, y = lazily(make_rows, n_parts, N_COLUMNS), lazily(make_labels, n_parts)
    distiller = CrossFitDistiller(FirstColumn(), FirstColumn(), cv=2, random_state=0)
    with (
        dask.config.set(MEMORY),
        distributed.LocalCluster(
            n_workers=N_WORKERS,
            threads_per_worker=1,
            processes=True,
            memory_limit=LIMIT,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster),
    ):
        before = peak()
        if gather:
            dask.delayed(len)(X.to_delayed().ravel().tolist()).compute()
        distiller.fit(X, y)
        accuracy = distiller.score(X.blocks[:4], y.blocks[:4])
        grown = peak() - before
    limits = N_WORKERS * LIMIT
    print(json.dumps([X.nbytes, limits, grown, accuracy, distiller.scores_.max()]))


if __name__ == "__main__":
    main("--gather" in sys.argv)
