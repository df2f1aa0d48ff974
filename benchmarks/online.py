"""Online distillation: a student along the teacher's training, or its best stage.

Networks (paper 2): ten classes in 20 dimensions whose true probabilities are known,
``softmax(6 tanh(X A) B)`` with standard normal A (20, 32) and B (32, 10), divided by
the square roots of 20 and 32; 3,000 rows to learn from, 10,000 fresh rows to be judged
on. Teacher: a network of 256-256 units, student: 10-10, 60 epochs of Adam each, batches
of 64. A stage is an epoch of the teacher. Judged by agreement with the most probable
true class, and by the cross-entropy to the true probabilities (nats). "In sample" the
teacher labels the rows it is fitted on, as in the paper; "out of fold" rows that it did
not see (3 folds), as `OnlineDistiller` has it. The best stage is that of least
out-of-fold log-loss, for both. "Shuffled" follows the stages in random order.

Boosting: 100 rounds of HistGradientBoosting as teacher, 20 rounds with 8 leaves as
student, on real data (70 % to learn from): error and log-loss on the labels of the
rest (4,000 rows in all at most). Ten stages, 3 folds.

Required: networks that follow at temperature 4 are above those of the last stage at
temperature 4 on the mean of seeds (in sample; out of fold too). The
students of a seed start from the same weights: differences are paired.
"""

import argparse
import csv
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
from _common import announce, mean_error, print_table, verdict
from _sets import split_set
from scipy.special import softmax
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from skdistill.crossfit import cross_fit_stages
from skdistill.students import Course, StudentData, follow
from skdistill.targets import make_targets

N_TRAIN, N_FRESH, N_EPOCHS = 3000, 10_000, 60
NETWORK = {"max_iter": N_EPOCHS, "n_iter_no_change": N_EPOCHS, "batch_size": 64}
SETS = ("optdigits", "segment", "waveform5000", "adult", "magic")
SOURCES = ("in sample", "out of fold")
LAST, ONLINE, BEST, SHUFFLED, LABELS, TEACHER = (
    "last stage",
    "online",
    "best stage",
    "online, shuffled",
    "labels only",
    "teacher",
)


def known_problem(seed):
    """Return rows, labels and true probabilities."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(20, 32)) / np.sqrt(20)
    B = rng.normal(size=(32, 10)) / np.sqrt(32)
    X = rng.normal(size=(N_TRAIN + N_FRESH, 20))
    truth = softmax(6 * np.tanh(2 * X @ A) @ B, axis=1)
    y = (truth.cumsum(axis=1) > rng.uniform(size=(len(X), 1))).argmax(axis=1)
    return X.astype(np.float32), y, truth


def taught(student, trajectory, X, y, temperature):
    """Fit a clone of `student` along (n_stages, n_rows, n_classes) probabilities."""
    classes, codes = np.unique(y, return_inverse=True)

    def data(stage):
        targets = make_targets(trajectory[stage], codes, temperature=temperature)
        return StudentData(X, targets, classes, codes, None, {})

    n_stages = len(trajectory)
    stages = tuple((i + 1) / n_stages for i in range(n_stages))
    return follow(clone(student), Course(stages, data))


def in_sample(teacher, X, y, fresh, epochs):
    """Probabilities of the fitted rows after each epoch; of fresh rows after some."""
    teacher = clone(teacher)
    teacher.random_state = np.random.RandomState(teacher.random_state)
    own, others = [], {}
    for epoch in range(N_EPOCHS):
        teacher.partial_fit(X, y, classes=np.arange(10))
        own.append(teacher.predict_proba(X))
        if epoch in epochs:
            others[epoch] = teacher.predict_proba(fresh)
    return np.array(own), [others[epoch] for epoch in epochs]


def networks(seed):
    """Yield (source, method, temperature, accuracy, cross-entropy) of one seed."""
    X, y, truth = known_problem(seed)
    fresh, truth = X[N_TRAIN:], truth[N_TRAIN:]
    X, y = X[:N_TRAIN], y[:N_TRAIN]
    teacher = MLPClassifier((256, 256), random_state=seed, **NETWORK)
    student = MLPClassifier((10, 10), random_state=seed, **NETWORK)
    fit = partial(taught, student, X=X, y=y)

    def judge(proba):
        accuracy = (proba.argmax(axis=1) == truth.argmax(axis=1)).mean()
        floored = np.maximum(proba, np.finfo(float).tiny)
        return accuracy, -(truth * np.log(floored)).sum(axis=1).mean()

    held_out = cross_fit_stages(teacher, X, y, stages=N_EPOCHS, cv=3, random_state=seed)
    best = held_out.best
    own, (late, early) = in_sample(teacher, X, y, fresh, (N_EPOCHS - 1, best))
    yield "", f"{TEACHER}, {LAST}", "", *judge(late)
    yield "", f"{TEACHER}, {BEST}", "", *judge(early)
    labels = np.eye(10)[y][None]
    yield "", LABELS, 1, *judge(fit(labels, temperature=1.0).predict_proba(fresh))
    order = np.random.default_rng(seed).permutation(N_EPOCHS)
    for source, proba in zip(SOURCES, (own, held_out.proba), strict=True):
        for method, part, temperatures in (
            (LAST, proba[-1:], (1, 4)),
            (ONLINE, proba, (1, 4)),
            (BEST, proba[best : best + 1], (1, 4)),
            (SHUFFLED, proba[order], (4,)),
        ):
            for temperature in temperatures:
                fitted = fit(part, temperature=float(temperature))
                found = judge(fitted.predict_proba(fresh))
                yield source, method, temperature, *found


def boosters(name, data_dir, seed):
    """Yield (set, method, "", accuracy, log-loss) of one seed."""
    X, y, fresh, y_fresh, _ = split_set(name, data_dir, max_rows=4000, seed=seed)
    teacher = HistGradientBoostingClassifier(
        max_iter=100, early_stopping=False, random_state=seed
    )
    student = HistGradientBoostingClassifier(
        max_iter=20, max_leaf_nodes=8, random_state=seed
    )
    fit = partial(taught, student, X=X, y=y, temperature=1.0)

    def judge(fitted):
        proba = fitted.predict_proba(fresh)
        floored = np.maximum(proba, 1e-15)
        floored = floored / floored.sum(axis=1, keepdims=True)
        accuracy = (proba.argmax(axis=1) == y_fresh).mean()
        return accuracy, log_loss(y_fresh, floored, labels=np.arange(proba.shape[1]))

    staged = cross_fit_stages(teacher, X, y, stages=10, cv=3, random_state=seed)
    proba, order = staged.proba, np.random.default_rng(seed).permutation(10)
    yield name, TEACHER, "", *judge(clone(teacher).fit(X, y))
    for method, part in (
        (LABELS, np.eye(proba.shape[2])[y][None]),
        (LAST, proba[-1:]),
        (ONLINE, proba),
        (BEST, proba[staged.best][None]),
        (SHUFFLED, proba[order]),
    ):
        yield name, method, "", *judge(fit(part))


def collect(runs, seeds):
    """Run every seed; return (seed, part, method, temperature, accuracy, loss)."""
    rows = []
    for seed in range(seeds):
        for name, run in runs.items():
            started = time.perf_counter()
            rows += [(seed, *row) for row in run(seed=seed)]
            seconds = time.perf_counter() - started
            print(f"seed {seed} {name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return rows


def by_method(rows):
    """Group (accuracies, losses) over seeds by (part, method, temperature)."""
    groups = defaultdict(lambda: ([], []))
    for _, part, method, temperature, accuracy, loss in rows:
        groups[part, method, temperature][0].append(accuracy)
        groups[part, method, temperature][1].append(loss)
    return {key: np.array(values) for key, values in groups.items()}


def show(rows, head, second, required):
    """Print a table; return whether what is required holds."""
    groups, table, passed = by_method(rows), [], True
    for (part, method, temperature), (accuracy, loss) in groups.items():
        offline = groups.get((part, LAST, temperature))
        against, row_passed = "", None
        if offline is not None and method != LAST:
            gain = accuracy - offline[0]
            against = mean_error(gain)
            if method == ONLINE and temperature == required:
                row_passed = bool(gain.mean() > 0)
                passed = passed and row_passed
        cells = (mean_error(accuracy), against, mean_error(loss, 3))
        name = f"{part}: {method}" if part else method
        table.append((name, temperature, *cells, verdict(row_passed)))
    print_table((head, "tau", "accuracy", "against last stage", second, ""), table)
    return passed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--set-seeds", type=int, default=5, help="of the real data")
    parser.add_argument("--data-dir", help="folder of Parquet files; else OpenML")
    parser.add_argument("--parts", nargs="+", default=["networks", "boosters"])
    parser.add_argument("--csv", help="write every run here")
    arguments = parser.parse_args()
    rows, passed = [], True
    announce()
    if "networks" in arguments.parts:
        rows = collect({"networks": networks}, arguments.seeds)
        passed = show(rows, "networks", "cross-entropy to truth", required=4)
    if "boosters" in arguments.parts:
        runs = {name: partial(boosters, name, arguments.data_dir) for name in SETS}
        more = collect(runs, arguments.set_seeds)
        show(more, "boosters", "log-loss", required=None)
        rows += more
    if arguments.csv:
        with Path(arguments.csv).open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ("seed", "part", "method", "temperature", "accuracy", "loss")
            )
            for *keys, accuracy, loss in rows:
                writer.writerow((*keys, f"{accuracy:.6f}", f"{loss:.6f}"))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
