"""What long work costs: the store, a kill, the engine itself, threads, memory.

search    Grid search over 24 settings of the student and the loss, 3 outer folds, 5
          folds of the teacher, on 13,314 rows of MAGIC, with a store and without.
          Required: 15 times faster, with the same best parameters and scores to the
          last bit.
resume    A fit killed (SIGKILL) when 4 of 5 folds are done, fitted again with the same
          store, against one fold. Required: at most 1.3.
overhead  ``cross_fit_proba`` against five bare calls of ``fit`` and ``predict_proba``.
          What the engine takes for itself does not depend on the teacher, so it is
          measured with one that takes no time. Required: 3 % of the bare calls.
threads   Two jobs at a time against one, wall clock: a teacher of one thread (required:
          1.6 times faster), and one that takes all threads itself (0.95).
memory    Peak memory of ``CrossFitDistiller.fit`` (histogram boosting, logistic
          regression, its own defaults) on n x 50 float32, over that of the data, P and
          T; and of the bare five fits. Required at a million rows: 2.5 times the data.

Times are processor times, but for `threads`, which needs an idle machine.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial

import numpy as np
from _common import announce, interleaved, print_table, verdict
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from skdistill import CrossFitDistiller, cross_fit_proba
from skdistill.datasets import load_magic

GRID = {
    "student__max_leaf_nodes": [8, 16, 32, 64],
    "alpha": [0.5, 1.0],
    "correction": [None, "fast", "slow"],
}


def magic():
    X, y = load_magic(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, test_size=0.3, random_state=2357)
    return X, y


def measure_search(args):
    X, y = magic()
    student = DecisionTreeClassifier(random_state=0)
    teacher = RandomForestClassifier(args.trees)
    seconds, searches = [], []
    with tempfile.TemporaryDirectory() as folder:
        for memory in (folder, None):
            distiller = CrossFitDistiller(
                teacher, student, alpha=1.0, random_state=0, memory=memory
            )
            search = GridSearchCV(
                distiller, GRID, cv=StratifiedKFold(3), scoring="neg_log_loss",
                refit=False,
            )  # fmt: skip
            started = time.process_time()
            searches.append(search.fit(X, y))
            seconds.append(time.process_time() - started)
    stored, bare = (search.cv_results_ for search in searches)
    same = all(
        np.array_equal(stored[name], bare[name])
        for name in stored
        if name.endswith("_test_score")
    )
    same = same and searches[0].best_params_ == searches[1].best_params_
    ratio = seconds[1] / seconds[0]
    row = (
        f"forest of {args.trees}", *(f"{one:.0f}" for one in seconds), f"{ratio:.1f}",
        "yes" if same else "NO", verdict(ratio >= 15 and same),
    )  # fmt: skip
    header = ("teacher", "stored, s", "bare, s", "ratio", "same scores", ">= 15")
    print_table(header, [row])
    return [row]


def fit_stored(folder, trees, wait_at=None):
    """Cross-fit with a store; stop there once `wait_at` folds are in it."""
    X, y = magic()
    teacher = RandomForestClassifier(trees)
    if wait_at is not None:
        from skdistill.crossfit import _store  # noqa: PLC0415  # to stop in the middle

        keep, kept = _store.FoldStore.keep, []

        def keep_and_wait(store, key, result):
            keep(store, key, result)
            kept.append(key)
            if len(kept) == wait_at:
                print("ready", flush=True)
                time.sleep(600)

        _store.FoldStore.keep = keep_and_wait
    started = time.process_time()
    fit = cross_fit_proba(teacher, X, y, random_state=0, memory=folder)
    return time.process_time() - started, fit


def measure_resume(args):
    X, y = magic()
    rows = []
    for _ in range(args.repeats or 3):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable, __file__, "wait", "--folder", folder, "--trees",
                str(args.trees),
            ]  # fmt: skip
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
                child.stdout.readline()
                os.kill(child.pid, signal.SIGKILL)
            seconds, fit = fit_stored(folder, args.trees)
        train, test = fit.splits[-1]
        started = time.process_time()
        fold = RandomForestClassifier(args.trees).fit(X[train], y[train])
        fold.predict_proba(X[test])
        one = time.process_time() - started
        row = (f"forest of {args.trees}", fit.n_read, f"{one:.2f}", f"{seconds:.2f}")
        rows.append((*row, f"{seconds / one:.2f}", verdict(seconds <= 1.3 * one)))
    header = ("teacher", "folds kept", "one fold, s", "resumed, s", "ratio", "<= 1.3")
    print_table(header, rows)
    return rows


def bare_loop(teacher, X, y):
    proba = np.empty((len(y), len(np.unique(y))))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        proba[test] = clone(teacher).fit(X[train], y[train]).predict_proba(X[test])
    return proba


class Idle(DummyClassifier):
    """A teacher that takes no time."""

    def fit(self, X, y):
        """Look at the classes."""
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        """Give all classes the same."""
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def measure_overhead(args):
    X, y = make_classification(10_000, 20, n_informative=10, random_state=0)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    rows = []
    for teacher in (
        LogisticRegression(),
        HistGradientBoostingClassifier(max_iter=20),
        RandomForestClassifier(10),
        RandomForestClassifier(50),
    ):
        run = partial(cross_fit_proba, X=X, y=y, cv=cv, random_state=0)
        contenders = {
            "base": partial(bare_loop, teacher, X, y),
            "engine": partial(run, teacher),
            "base again": partial(bare_loop, teacher, X, y),
            "idle base": partial(bare_loop, Idle(), X, y),
            "idle engine": partial(run, Idle()),
        }
        seconds = interleaved(contenders, args.repeats or 15)
        base, engine, again, idle, own = (np.median(one) for one in seconds.values())
        own -= idle
        row = (repr(teacher), f"{1e3 * base:.0f}", f"{1e3 * own:.1f}")
        row += (f"{own / base:.1%}", f"{engine / base:.3f}", f"{again / base:.3f}")
        rows.append((*row, verdict(own < 0.03 * base)))
    header = ("teacher, 10,000 x 20", "bare, ms", "engine, ms", "share", "timed")
    print_table((*header, "noise", "< 3 %"), rows)
    return rows


def measure_threads(args):
    X, y = make_classification(40_000, 20, n_informative=10, random_state=0)
    rows = []
    for teacher, limit in (
        (RandomForestClassifier(50), 1.6),
        (HistGradientBoostingClassifier(max_iter=100), 0.95),
    ):
        run = partial(cross_fit_proba, teacher, X, y, cv=4, random_state=0)
        contenders = {n: partial(run, n_jobs=n) for n in (1, 2)}
        seconds = interleaved(
            contenders, args.repeats or 5, warmup=1, clock=time.perf_counter
        )
        one, two = (np.median(seconds[n]) for n in (1, 2))
        row = (repr(teacher), f"{one:.1f}", f"{two:.1f}", f"{one / two:.2f}")
        rows.append((*row, f">= {limit}", verdict(one / two >= limit)))
    header = ("teacher, 40,000 x 20", "1 job, s", "2 jobs, s", "faster", "required", "")
    print_table(header, rows)
    return rows


def fit_million(n_rows, bare):
    """Fit the default; print megabytes: of the data, of P and T, at the peak."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, 50), dtype=np.float32)
    y = (X[:, :5].sum(axis=1) + rng.standard_normal(n_rows) > 0).astype(int)
    teacher, student = HistGradientBoostingClassifier(max_iter=20), LogisticRegression()
    small = slice(0, 2000)  # imports and thread pools are not what is measured
    CrossFitDistiller(teacher, student).fit(X[small], y[small])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = 0
    if bare:
        bare_loop(teacher, X, y)
        student.fit(X, y)
    else:
        distiller = CrossFitDistiller(teacher, student, cv=5, random_state=0)
        distiller.fit(X, y)
        kept = distiller.teacher_proba_.nbytes + distiller.targets_.nbytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = {"data": X.nbytes / 2**20, "kept": kept / 2**20}
    print(json.dumps({**sizes, "grown": peak - before}))


def measure_memory(args):
    rows = []
    for n_rows in (100_000, 300_000, 1_000_000):
        ratios = []
        for kind in ("million", "bare"):
            command = [sys.executable, __file__, kind, "--rows", str(n_rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            # The data themselves were there before the fit.
            ratios.append(1 + (found["grown"] - found["kept"]) / found["data"])
            if kind == "million":
                sizes = [f"{found[name]:.0f}" for name in ("data", "kept", "grown")]
        passed = ratios[0] <= 2.5 if n_rows == 1_000_000 else None
        shown = (f"{ratio:.2f}" for ratio in ratios)
        rows.append((f"{n_rows:,}", *sizes, *shown, verdict(passed)))
    header = ("rows x 50", "data, MB", "P and T, MB", "fit adds, MB", "peak / data")
    print_table((*header, "five bare fits", "<= 2.5"), rows)
    return rows


PARTS = {
    "search": measure_search,
    "resume": measure_resume,
    "overhead": measure_overhead,
    "threads": measure_threads,
    "memory": measure_memory,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # The last three are what `resume` and `memory` run in processes of their own.
    parser.add_argument("part", choices=[*PARTS, "wait", "million", "bare"])
    parser.add_argument("--repeats", type=int, help="default: depends on the part")
    parser.add_argument("--trees", type=int, default=100, help="search, resume")
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part == "wait":
        fit_stored(args.folder, args.trees, wait_at=4)
    elif args.part in ("million", "bare"):
        fit_million(args.rows, args.part == "bare")
    else:
        announce()
        with threadpool_limits(None if args.part in ("threads", "memory") else 1):
            rows = PARTS[args.part](args)
        return int(any(row[-1] == "FAIL" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
