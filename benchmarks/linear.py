"""Softmax regression on soft targets: time, memory, solvers.

Processor times of one thread, contenders in turn in one process, ratios of medians;
objectives are recomputed in float64 from their definition. The targets lie halfway
between a teacher's probabilities and labels drawn from them, so that every row can also
be repeated once per class with its target as weight ("expanded").

fits      200,000 rows of 100 columns, 10 classes, penalty 1e-4 per row, gradient 1e-6.
          Required of float64: 20 times faster than LogisticRegression on expanded rows,
          1.8 times faster than LogisticRegression on labels; of float32 twice that,
          against the same two. Objectives must agree to 1e-9 (float32: 1e-8).
memory    Peak of one fit in a process of its own, rows and targets included, as a share
          of the rows (Linux only). Required: at most 1.3.
solvers   Iterations, time and distance from the best objective of every solver, and of
          scikit-learn's "saga" on expanded rows (300 steps at most); no requirement.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from _common import announce, interleaved, print_table, verdict
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from skdistill.students import SoftLogisticRegression

N_ROWS, N_FEATURES, N_CLASSES = 200_000, 100, 10
PENALTY, TOL = 1e-4, 1e-6
EXPANDED, LABELS, MEMORY = 20.0, 1.8, 1.3


def make_problem(n, d, k, seed=0):
    """Rows, targets between a linear teacher and its labels, and the labels."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    proba = softmax(X @ rng.normal(size=(d, k)) * 0.15, axis=1)
    y = (proba.cumsum(axis=1) > rng.uniform(size=(n, 1))).argmax(axis=1)
    return X, 0.5 * proba + 0.5 * np.eye(k)[y], y


def objective(model, X, T, l1_ratio=0.0):
    """Mean loss and penalty from their definition, in float64."""
    W = np.float64(model.coef_)
    logits = X @ W.T + np.float64(model.intercept_)
    loss = -(T * log_softmax(logits, axis=1)).sum(axis=1).mean()
    norm = (1 - l1_ratio) / 2 * (W**2).sum() + l1_ratio * np.abs(W).sum()
    return loss + norm / (model.C * len(X))


def expand(X, T):
    n, k = T.shape
    return np.repeat(X, k, axis=0), np.tile(np.arange(k), n), T.ravel()


def measure_fits(repeats, skip_expanded):
    X, T, y = make_problem(N_ROWS, N_FEATURES, N_CLASSES)
    options = {"C": 1 / (PENALTY * N_ROWS), "tol": TOL, "max_iter": 500}
    ours, theirs = SoftLogisticRegression(**options), LogisticRegression(**options)
    thin, thin_T = X.astype(np.float32), T.astype(np.float32)
    onehot = np.eye(N_CLASSES)[y]
    cases = {
        ("soft targets", "float64"): (clone(ours), X, T, T),
        ("soft targets", "float32"): (clone(ours), thin, thin_T, T),
        ("labels", "float64"): (clone(ours), X, y, onehot),
        ("labels, scikit-learn", "float64"): (clone(theirs), X, y, onehot),
        ("labels, scikit-learn", "float32"): (clone(theirs), thin, y, onehot),
    }
    contenders = {
        name: partial(model.fit, rows, target)
        for name, (model, rows, target, _) in cases.items()
    }
    medians = {
        name: float(np.median(times))
        for name, times in interleaved(contenders, repeats, warmup=1).items()
    }
    if not skip_expanded:
        model = clone(theirs)
        begin = time.thread_time()
        model.fit(*expand(X, T))
        name = ("expanded, scikit-learn", "float64")
        medians[name] = time.thread_time() - begin
        cases[name] = (model, X, None, T)
    best = {}
    values = {}
    for name, (model, _, _, target) in cases.items():
        values[name] = objective(model, X, target)
        key = name[0].startswith("labels")
        best[key] = min(best.get(key, np.inf), values[name])
    rows = []
    for name, (model, *_) in cases.items():
        gap = values[name] - best[name[0].startswith("labels")]
        passed = gap <= (1e-9 if name[1] == "float64" else 1e-8)
        own = "scikit-learn" not in name[0]
        rows.append(
            (*name, f"{medians[name]:.2f}", model.n_iter_[0], f"{values[name]:.10f}",
             f"{gap:.1e}", verdict(passed if own else None))
        )  # fmt: skip
    header = ("fit", "dtype", "s", "steps", "objective", "above the best", "<= 1e-9")
    print_table(header, rows)
    return rows + measure_ratios(medians)


def measure_ratios(medians):
    rows = []
    for dtype, factor in (("float64", 1), ("float32", 2)):
        for other, limit in (("expanded", EXPANDED), ("labels", LABELS)):
            for base in ("float64", "float32"):
                name = (f"{other}, scikit-learn", base)
                if name not in medians:
                    continue
                ratio = medians[name] / medians["soft targets", dtype]
                asked = base == "float64"
                rows.append(
                    (f"{other}, scikit-learn, {base}", f"soft targets, {dtype}",
                     f"{ratio:.1f}x", f">= {factor * limit:.1f}x" if asked else "",
                     verdict(ratio >= factor * limit if asked else None))
                )  # fmt: skip
    print_table(("slower", "faster", "ratio", "required", ""), rows)
    return rows


CHILD = """
import sys, numpy as np
from skdistill.students import SoftLogisticRegression
from sklearn.linear_model import LogisticRegression
folder, dtype, kind = sys.argv[1:]
def peak():  # not resource.getrusage, which starts with the parent's peak
    line = next(line for line in open("/proc/self/status") if "VmHWM" in line)
    return 1024 * int(line.split()[1])
small = np.zeros((64, 2))
small[:32] = 1
for model in (SoftLogisticRegression(), LogisticRegression()):
    model.fit(small, small[:, 0])  # what is loaded on first use
before = peak()
X = np.load(f"{folder}/X_{dtype}.npy")
T = np.load(f"{folder}/T_{dtype}.npy" if kind == "soft" else f"{folder}/y.npy")
model = SoftLogisticRegression if kind != "sklearn" else LogisticRegression
model(max_iter=5, tol=1e-12).fit(X, T)
print((peak() - before) / X.nbytes)
"""


def measure_memory(repeats, skip_expanded):
    X, T, y = make_problem(N_ROWS, N_FEATURES, N_CLASSES)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "y.npy", y)
        for dtype in ("float64", "float32"):
            np.save(Path(folder) / f"X_{dtype}.npy", X.astype(dtype))
            np.save(Path(folder) / f"T_{dtype}.npy", T.astype(dtype))
            for kind in ("soft", "labels", "sklearn"):
                command = [sys.executable, "-W", "ignore", "-c", CHILD]
                found = [
                    float(subprocess.check_output([*command, folder, dtype, kind]))
                    for _ in range(repeats)
                ]
                share = float(np.median(found))
                passed = None if kind == "sklearn" else share <= MEMORY
                name = "labels, scikit-learn" if kind == "sklearn" else kind
                rows.append((name, dtype, f"{share:.2f}", verdict(passed)))
    print_table(("fit", "dtype", "peak / rows", "<= 1.3"), rows)
    return rows


def measure_solvers(repeats, skip_expanded):
    rows = []
    n, d, k = 2000, 40, 5
    X, T, _ = make_problem(n, d, k)
    rough = X * 10.0 ** np.linspace(-1, 1, d)
    for title, data, C, l1_ratio in (
        ("ridge", X, 0.1, 0.0),
        ("ridge, scales 1 to 100", rough, 0.1, 0.0),
        ("no penalty, scales 1 to 100", rough, np.inf, 0.0),
        ("elastic net 0.5", X, 0.02, 0.5),
        ("lasso", X, 0.02, 1.0),
        ("lasso, scales 1 to 100", rough, 0.02, 1.0),
    ):
        options = {"C": C, "l1_ratio": l1_ratio, "tol": 1e-6, "max_iter": 3000}
        names = ["proximal"] if l1_ratio else ["lbfgs", "newton-cholesky", "proximal"]
        models = {
            name: SoftLogisticRegression(solver=name, **options) for name in names
        }
        fits = {name: partial(model.fit, data, T) for name, model in models.items()}
        if not skip_expanded:
            few = options | {"max_iter": 300}  # the most it is given time for
            models["saga, expanded"] = LogisticRegression(solver="saga", **few)
            fits["saga, expanded"] = partial(
                models["saga, expanded"].fit, *expand(data, T)
            )
        seconds = interleaved(fits, repeats, warmup=0)
        values = {name: objective(m, data, T, l1_ratio) for name, m in models.items()}
        for name, model in models.items():
            rows.append(
                (title, name, model.n_iter_[0], f"{np.median(seconds[name]):.3f}",
                 f"{values[name] - min(values.values()):.1e}",
                 f"{(model.coef_ == 0).mean():.0%}")
            )  # fmt: skip
    header = ("penalty", "solver", "steps", "s", "above the best", "zeros")
    print_table(header, rows)
    return rows


PARTS = {
    "fits": (measure_fits, 5),
    "memory": (measure_memory, 1),
    "solvers": (measure_solvers, 1),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--repeats", type=int, help="default: depends on the part")
    parser.add_argument("--skip-expanded", action="store_true")
    args = parser.parse_args()
    measure, repeats = PARTS[args.part]
    announce()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = measure(args.repeats or repeats, args.skip_expanded)
    return int(any(row[-1] == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
