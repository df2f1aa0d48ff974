"""Time, memory and threads of ExtremeDistiller."""

import json
import os
import re
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
from _common import interleaved, print_table, verdict
from _extreme_data import read_multilabel, split
from _extreme_modes import one_vs_rest, teacher_scores, wide
from scipy import sparse

from skdistill.extreme import ExtremeDistiller
from skdistill.extreme._parameters import settings_of
from skdistill.extreme._student import fit_student
from skdistill.extreme._weights import label_weights, mix_relevances
from skdistill.metrics import precision_at_k

#: Of the synthetic rows: words, observed labels and labels of the teacher.
N_WORDS, N_OBSERVED, TOP_K = 30, 5, 20
COUNTED_ROWS = 2000
MOST_GROWTH, LEAST_SPEED_UP, LEAST_THREADS = 1.5, 10, 1.6


def random_rows(n_samples, n_features, n_labels, seed=0):
    """Draw sparse X, 20 labels a row of a teacher, and 5 of these as observed."""
    rng = np.random.default_rng(seed)

    def places(width, each):
        # One place in each of `each` equal ranges: no two are the same.
        edges = np.linspace(0, width, each + 1).astype(np.int64)
        return rng.integers(edges[:-1], edges[1:], size=(n_samples, each))

    def matrix(columns, data, width):
        start = np.arange(n_samples + 1) * columns.shape[1]
        shape = (n_samples, width)
        values = data.astype(np.float32).ravel()
        return sparse.csr_array((values, columns.ravel().astype(np.int32),
                                 start.astype(np.int32)), shape=shape)  # fmt: skip

    # First, so that X is the same for any number of labels.
    words = places(n_features, N_WORDS)
    X = matrix(words, np.ones(words.shape), n_features)
    listed = places(n_labels, TOP_K)
    teacher = matrix(listed, rng.uniform(size=listed.shape), n_labels)
    observed = listed[:, :: TOP_K // N_OBSERVED]
    return X, matrix(observed, np.ones(observed.shape), n_labels), teacher


def training(X, Y, teacher, epochs, **parameters):
    """Return a function that trains a student, as `fit` does after its teacher."""
    distiller = ExtremeDistiller(max_epochs=epochs, **parameters)
    settings = settings_of(distiller, has_teacher=True)
    listed, observed = mix_relevances(Y, teacher, 0.5)
    weights = label_weights(
        listed, observed, weighting=distiller.weighting, negatives=distiller.negatives
    )

    def train():
        rng = np.random.RandomState(0)
        fit_student(X, weights, None, settings, rng)

    return train


def epoch_seconds(seconds, name):
    """Time of an epoch: three less one, halved, by the fastest run of each."""
    return (seconds[name, 3].min() - seconds[name, 1].min()) / 2


def rows(smoke):
    """Cost of a row against the number of labels; return the passes."""
    n_samples, repeats = (3000, 1) if smoke else (30_000, 3)
    counts, checks, cells = (1000, 10_000, 100_000), [], []
    for width, negatives in (
        (8, "uniform"), (16, "uniform"), (64, "uniform"), (64, "student"),
        (None, "uniform"),
    ):  # fmt: skip
        data = {K: random_rows(n_samples, 1000, K) for K in counts}
        runs = {
            (K, epochs): training(
                *data[K], epochs, n_components=width, negatives=negatives
            )
            for K in counts
            for epochs in (1, 3)
        }
        seconds = interleaved(runs, repeats, warmup=1)
        each = {K: epoch_seconds(seconds, K) for K in counts}
        ratios = [each[K] / each[1000] for K in counts]
        passed = ratios[-1] < MOST_GROWTH
        checks.append(passed)
        cells.append((
            f"{width or 'full, d = 1,000'}, {negatives}",
            f"{1e6 * each[1000] / n_samples:.1f}",
            *(f"{ratio:.2f}" for ratio in ratios), f"< {MOST_GROWTH}", verdict(passed),
        ))  # fmt: skip
    header = ("width, negatives", "µs a row, K = 10^3", *(f"K = {K}" for K in counts))
    print_table((*header, "required", ""), cells)
    return checks


def count_alone(n_labels, epochs):
    """Train on few rows, for valgrind to count."""
    training(*random_rows(COUNTED_ROWS, 1000, n_labels), epochs, n_components=64)()


def instructions(script):
    """Count instructions a row by valgrind; return the passes."""
    counts = {}
    for n_labels in (1000, 100_000):
        for epochs in (1, 3):
            command = [
                "valgrind", "--tool=cachegrind", "--cache-sim=no",
                "--cachegrind-out-file=/dev/null", sys.executable, script,
                "instructions", "--alone", str(n_labels), str(epochs),
            ]  # fmt: skip
            # valgrind does not know AVX-512.
            environment = {**os.environ, "SKDISTILL_CPU": "avx2"}
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=environment
            )
            found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
            counts[n_labels, epochs] = int(found.group(1).replace(",", ""))
    each = {
        K: (counts[K, 3] - counts[K, 1]) / 2 / COUNTED_ROWS for K in (1000, 100_000)
    }
    ratio = each[100_000] / each[1000]
    passed = ratio < MOST_GROWTH
    print_table(
        ("width, negatives", "instructions a row, K = 10^3", "10^5", "ratio",
         "required", ""),
        [("64, uniform", f"{each[1000]:,.0f}", f"{each[100_000]:,.0f}", f"{ratio:.2f}",
          f"< {MOST_GROWTH}", verdict(passed))],
    )  # fmt: skip
    return [passed]


def threads(smoke):
    """Two threads against one, on the wall clock; return the passes."""
    n_samples, repeats = (5000, 1) if smoke else (50_000, 6)
    parts = random_rows(n_samples, 1000, 10_000)
    runs = {
        (n, epochs): training(*parts, epochs, n_components=64, n_threads=n)
        for n in (1, 2)
        for epochs in (1, 3)
    }
    seconds = interleaved(runs, repeats, warmup=1, clock=time.perf_counter)
    one, two = (seconds[n, 3] - seconds[n, 1] for n in (1, 2))
    speed_up = np.median(one) / np.median(two)
    fastest = epoch_seconds(seconds, 1) / epoch_seconds(seconds, 2)
    passed = fastest >= LEAST_THREADS
    print_table(
        ("two threads against one", "times faster", "required", ""),
        [("medians", f"{speed_up:.2f}", "", ""),
         ("fastest runs", f"{fastest:.2f}", f">= {LEAST_THREADS}", verdict(passed))],
    )  # fmt: skip
    return [passed]


def scores_of(model, X):
    """Return scores; of one-vs-rest probabilities, which know of unseen labels."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return model.decision_function(X)


def against_one_vs_rest(data_dir, seed, smoke):
    """Time full students and one-vs-rest on cooking; return the passes."""
    X, Y, _ = read_multilabel("bibtex" if smoke else "cooking", data_dir)
    X, Y, X_test, Y_test = split(X, Y, seed)
    scores = teacher_scores(X, Y, seed)
    fitted = {}

    def fit(name, make, **extra):
        def run():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Label not .* is present")
                fitted[name] = make().fit(X, Y, **extra)

        return run

    names = {f"one-vs-rest, C={C}": (lambda C=C: one_vs_rest(C)) for C in (1, 10)}
    runs = {name: fit(name, make) for name, make in names.items()}
    for negatives in ("uniform", "student"):
        for weighting in ("double", "softmax"):
            name = f"full, {weighting}, {negatives}"
            make = {
                "weighting": weighting,
                "negatives": negatives,
                "random_state": seed,
            }
            runs[f"{name}, one-hot"] = fit(
                f"{name}, one-hot", lambda make=make: ExtremeDistiller(**make)
            )
            if negatives == "uniform" and weighting == "double":
                runs[f"{name}, distilled, teacher at hand"] = fit(
                    f"{name}, distilled, teacher at hand",
                    lambda make=make: ExtremeDistiller(**make),
                    teacher_proba=scores,
                )
                runs[f"{name}, distilled, with its teacher"] = fit(
                    f"{name}, distilled, with its teacher",
                    lambda make=make: ExtremeDistiller(wide(seed), **make),
                )
    seconds = interleaved(runs, 1 if smoke else 3, warmup=0)
    medians = {name: np.median(times) for name, times in seconds.items()}
    found = {
        name: precision_at_k(Y_test, scores_of(model, X_test), 1)
        for name, model in fitted.items()
    }
    slow = min(medians[name] for name in names)
    bar = max(found[name] for name in names)
    cells = [
        (name, f"{medians[name]:.2f}", f"{slow / medians[name]:.1f}",
         f"{found[name]:.4f}",
         verdict(bool(slow / medians[name] >= LEAST_SPEED_UP and found[name] >= bar))
         if name not in names else "")
        for name in runs
    ]  # fmt: skip
    header = ("fit", "seconds", "times faster than one-vs-rest", "P@1")
    print_table((*header, f">= {LEAST_SPEED_UP} x, P@1 as good"), cells)
    return [any(row[-1] == "pass" for row in cells)]


def memory_alone(n_samples, n_labels):
    """Fit in this process; print its peak memory, bytes in GiB, as JSON."""
    n_features = 20_000
    X, Y, _ = random_rows(n_samples, n_features, n_labels)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = {"n_components": 64, "random_state": 0}
    teacher = ExtremeDistiller(max_epochs=2, **size)
    student = ExtremeDistiller(teacher, cv=2, max_epochs=2, top_k=TOP_K, **size)
    start = time.perf_counter()
    student.fit(X, Y)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    gib = 2**30
    print(json.dumps({
        "before": before, "peak": peak, "seconds": time.perf_counter() - start,
        "model": 4 * 64 * (n_features + n_labels) / gib,
        "teacher's labels": 8 * n_samples * TOP_K / gib,
        "X and Y": 8 * (X.nnz + Y.nnz) / gib,
        "all scores": 4 * n_samples * n_labels / gib,
    }))  # fmt: skip


def memory(script, smoke):
    """Peak memory of a cross-fitted fit, in a process of its own; return the passes."""
    sizes = (5000, 10_000) if smoke else (50_000, 100_000)
    command = [sys.executable, script, "memory", "--alone", *map(str, sizes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    taken = found["peak"] - found["before"]
    parts = ("model", "teacher's labels", "X and Y")
    bound = sum(found[part] for part in parts)
    passed = taken < found["all scores"] / 4
    names = {
        "before": "process with X and Y, before the fit",
        "peak": "peak of the fit",
    }
    cells = [(names.get(key, key), f"{found[key]:.3f}", "", "")
             for key in ("before", "peak", *parts)]  # fmt: skip
    cells.append(("what the fit took", f"{taken:.3f}", "< all scores / 4",
                  verdict(passed)))  # fmt: skip
    cells.append(("that over model + labels + X and Y", f"{taken / bound:.2f}", "", ""))
    cells.append(("all scores (n x K float32)", f"{found['all scores']:.3f}", "", ""))
    print_table((f"n = {sizes[0]}, K = {sizes[1]}", "GiB", "required", ""), cells)
    print(f"{found['seconds']:.0f} seconds, two folds, two epochs each.\n")
    return [passed]
