"""Memory and time of a softmax regression on stored top-k targets, against dense ones.

Rows are standard normal, the teacher a linear softmax of many classes whose
probabilities come in blocks of 1,000 rows. *Dense* keeps the matrix of targets (n x K),
*stored* 2 k numbers a row (``TopK(k).sparse``). Both then fit a
``SoftLogisticRegression`` for a few iterations. Peaks are those of what NumPy
allocates, targets included, X and the teacher not; seconds are processor time of
targets and fit. Required: the stored peak is below a quarter of the dense one, and
coefficients agree to 1e-8.
"""

import argparse
import sys
import time
import tracemalloc
import warnings

import numpy as np
from _common import announce, print_table, verdict
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning

from skdistill.students import SoftLogisticRegression
from skdistill.targets import TopK, TopKTargets

BLOCK = 1000


def probabilities(X, W):
    """Yield the teacher's probabilities a block of rows at a time."""
    for start in range(0, len(X), BLOCK):
        yield softmax(X[start : start + BLOCK] @ W.T, axis=1)


def dense(X, W, rule):
    T = np.empty((len(X), len(W)))
    for i, P in enumerate(probabilities(X, W)):
        T[i * BLOCK : (i + 1) * BLOCK] = rule(P)
    return T


def stored(X, W, rule):
    return TopKTargets.concatenate([rule.sparse(P) for P in probabilities(X, W)])


def measure(make, X, W, rule, n_iterations):
    """Return coefficients, bytes of the targets, peak bytes and seconds."""
    start = time.process_time()
    tracemalloc.start()
    T = make(X, W, rule)
    model = SoftLogisticRegression(max_iter=n_iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, T)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return model.coef_, T.nbytes, peak, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--classes", type=int, default=2000)
    parser.add_argument("--features", type=int, default=20)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=3)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(args.rows, args.features))
    W = rng.normal(size=(args.classes, args.features))
    rows, coefs, peaks = [], [], []
    for name, make in (("dense", dense), ("stored", stored)):
        coef, size, peak, seconds = measure(make, X, W, TopK(args.k), args.iterations)
        rows.append((name, f"{size / 1e6:.1f}", f"{peak / 1e6:.0f}", f"{seconds:.1f}"))
        coefs.append(coef)
        peaks.append(peak)
    announce()
    print_table(("targets", "MB of targets", "peak MB", "seconds"), rows)
    error = np.abs(coefs[0] - coefs[1]).max()
    checks = [
        ("peak, stored / dense", f"{peaks[1] / peaks[0]:.2f}", "< 0.25",
         peaks[1] < peaks[0] / 4),
        ("largest difference of coefficients", f"{error:.1e}", "< 1e-8", error < 1e-8),
    ]  # fmt: skip
    print_table(
        ("", "measured", "required", ""),
        [(*row, verdict(bool(passed))) for *row, passed in checks],
    )
    return int(not all(passed for *_, passed in checks))


if __name__ == "__main__":
    sys.exit(main())
