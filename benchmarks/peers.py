"""skdistill, imodels, AutoGluon, TabTune and scikit-learn by hand on the same rows.

One teacher (a forest of 100 trees) into students of the same kind and size: a tree of
32 leaves, a forest of 10 trees, boosting of 20 rounds; everything else is each
package's default. AutoGluon finds its own teacher, in at most ``--time-limit`` seconds
(a third of it for a student), and TabTune's xRFM is its own, too: there what they give
is compared, not how they distil. Their boosting has as many rounds as they choose;
"TabTune, our teacher" has 20. About 4,000 rows train, all others are held out; a seed
redraws the split, so that differences are paired.

Log-loss is of probabilities clipped to [1e-6, 1] and scaled to a sum of 1: a regressor
may give a row's class 0, which counts in the column "zeros" of the CSV. Seconds are
processor seconds of all that a student needed, the teacher included.

Results are appended to a CSV, so that packages that cannot share an environment can be
measured from several: ``--packages`` says which of them this run is for. ``--report``
prints the tables of what is there.
"""

import argparse
import csv
import logging
import os
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
from _peers_methods import PACKAGES, STUDENTS, TEACHERS, Case
from _sets import SETS, read_set, split_set
from sklearn.metrics import log_loss, roc_auc_score

DEFAULT_SETS = (
    *("adult", "bank_marketing", "magic"),
    *("dry_bean", "letter", "waveform5000"),
)
FIELDS = (
    *("set", "seed", "teacher", "student", "method", "split"),
    *("n_train", "n_test", "n_classes"),
    *("log_loss", "zeros", "accuracy", "auc", "seconds", "us_row"),
)
CLIP = 1e-6
TIMED_ROWS = 1000


def scores(proba, y):
    """Return log-loss, rows whose class got 0, accuracy, and AUC of two classes."""
    proba = np.asarray(proba, dtype=float)
    rows = np.arange(len(y))
    clipped = np.clip(proba, CLIP, 1.0)
    clipped /= clipped.sum(axis=1, keepdims=True)
    labels = np.arange(proba.shape[1])
    two = proba.shape[1] == 2
    return {
        "log_loss": log_loss(y, clipped, labels=labels),
        "zeros": int((proba[rows, y] <= 0).sum()),
        "accuracy": float((proba.argmax(axis=1) == y).mean()),
        "auc": roc_auc_score(y, proba[:, 1]) if two else np.nan,
    }


def microseconds(proba, X):
    """Return processor time a row, of the best of five batches."""
    X = X[:TIMED_ROWS]
    times = []
    for _ in range(5):
        started = time.process_time()
        proba(X)
        times.append(time.process_time() - started)
    return 1e6 * min(times) / len(X)


def one_split(name, seed, args):
    """Return the split of a set and its checksum."""
    n_rows = len(read_set(name, args.data_dir)[1])
    split = split_set(
        name,
        args.data_dir,
        max_rows=n_rows,
        seed=seed,
        test_size=max(0.3, 1 - args.rows / n_rows),
    )
    return split, f"{zlib.crc32(np.ascontiguousarray(split[0]).tobytes()):08x}"


def measure(name, seed, package, args):
    """Yield a line of results for each student and way of a package."""
    (X, y, X_test, y_test, categorical), checksum = one_split(name, seed, args)
    case = Case(X, y, categorical, args.teacher, args.students, seed, args.time_limit)
    for fitted in PACKAGES[package](case):
        line = {
            "set": name,
            "seed": seed,
            "teacher": args.teacher,
            "student": fitted.student,
            "method": fitted.method,
            "split": checksum,
            "n_train": len(y),
            "n_test": len(y_test),
            "n_classes": len(case.classes),
            **scores(fitted.proba(X_test), y_test),
            "seconds": fitted.seconds,
            "us_row": microseconds(fitted.proba, X_test),
        }
        yield {
            key: f"{value:.6g}" if isinstance(value, float) else value
            for key, value in line.items()
        }


def run(args):
    """Measure what the journal beside the CSV does not hold, seed by seed."""
    path = Path(args.csv)
    journal = path.with_suffix(".done")
    done = set(journal.read_text().splitlines()) if journal.exists() else set()
    if not path.exists():
        path.write_text(",".join(FIELDS) + "\n")
    for seed in args.seeds:
        for name in args.sets:
            for package in args.packages:
                what = f"{name} {seed} {args.teacher} {package} {args.students}"
                if what in done:
                    continue
                started = time.perf_counter()
                lines = list(measure(name, seed, package, args))
                with path.open("a") as file:
                    csv.DictWriter(file, FIELDS, lineterminator="\n").writerows(lines)
                with journal.open("a") as file:
                    file.write(what + "\n")
                elapsed = time.perf_counter() - started
                print(what, f"{elapsed:.0f} s", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of Parquet files; else OpenML")
    sets = {"nargs": "+", "choices": list(SETS), "default": list(DEFAULT_SETS)}
    parser.add_argument("--sets", **sets)
    several = {"nargs": "+", "choices": list(PACKAGES)}
    parser.add_argument("--packages", **several, default=["hand", "skdistill"])
    students = {"nargs": "+", "choices": list(STUDENTS), "default": list(STUDENTS)}
    parser.add_argument("--students", **students)
    parser.add_argument("--teacher", choices=list(TEACHERS), default="forest")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rows", type=int, default=4000, help="training rows")
    parser.add_argument("--time-limit", type=float, default=60, help="AutoGluon's")
    parser.add_argument("--csv", help="default: peers.csv")
    parser.add_argument("--report", action="store_true", help="print, measure nothing")
    parser.add_argument("--quick", action="store_true", help="one small set, one seed")
    args = parser.parse_args()
    if args.quick:
        args.sets, args.seeds, args.rows, args.time_limit = ["magic"], [0], 500, 10
    args.csv = args.csv or ("peers_quick.csv" if args.quick else "peers.csv")
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")  # the other packages' own
    if not args.report:
        run(args)
    from _peers_report import report  # noqa: PLC0415  # pandas, for the tables alone

    report(args.csv)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
