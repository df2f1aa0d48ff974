"""What the package costs in time, as ratios within one run.

All contenders of a row run in turn in one process on the same arrays; the one that
begins changes every round; a number is the ratio of medians. The column "noise" is the
same ratio for two identical contenders (the base measured twice in the same rounds):
what is not further from 1 than that is not seen. Times are processor times of one
thread, with BLAS limited to one thread, so that a shared machine can be used;
wall-clock times where two threads are asked for (oob, n_jobs=2).

predict   A distiller's ``predict_proba`` against its ``student_`` alone, at 100,000
          rows of 20 columns, for every route, 2 and 10 classes. The base is the
          student's ``predict_proba``; for a regressor its ``predict``, which does not
          make probabilities. Required: at most 1.05.
oob       ``cross_fit_proba(cv="oob")`` against one fit of the same forest on 13,314
          rows of MAGIC. Required: at most 1.25.
"""

import argparse
import sys
import time
from functools import partial

import numpy as np
from _common import announce, interleaved, print_table, verdict
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from skdistill import CrossFitDistiller, cross_fit_proba
from skdistill.datasets import load_magic
from skdistill.students import SoftLogisticRegression

STUDENTS = (
    LogisticRegression(max_iter=1000),
    SoftLogisticRegression(max_iter=1000),
    DecisionTreeClassifier(max_leaf_nodes=16),
    DecisionTreeClassifier(),
    DecisionTreeRegressor(max_leaf_nodes=16),
    DecisionTreeRegressor(),
    RandomForestRegressor(5),
)
N_TRAIN, N_ROWS = 5000, 100_000
PREDICT_LIMIT, OOB_LIMIT = 1.05, 1.25


def times(seconds, name, base):
    """Return the ratio of medians, its noise and the milliseconds of the base."""
    median = {key: float(np.median(values)) for key, values in seconds.items()}
    noise = median["base again"] / median[base]
    return median[name] / median[base], noise, 1e3 * median[base]


def predict_row(student, X, y, proba, teacher, repeats):
    distiller = CrossFitDistiller(
        teacher, student, alpha=1.0, correction=None, random_state=0
    ).fit(X[:N_TRAIN], y, teacher_proba=proba)
    rows, plain = X[N_TRAIN:], distiller.student_
    base = plain.predict_proba if hasattr(plain, "predict_proba") else plain.predict
    contenders = {
        "base": partial(base, rows),
        "distiller": partial(distiller.predict_proba, rows),
        "base again": partial(base, rows),
    }
    ratio, noise, ms = times(interleaved(contenders, repeats), "distiller", "base")
    return distiller.route_, base.__name__, ms, ratio, noise


def measure_predict(repeats):
    """Rows: route, student, classes, base, its milliseconds, ratio, noise, verdict."""
    rows = []
    for n_classes in (2, 10):
        X, y = make_classification(
            N_TRAIN + N_ROWS, 20, n_informative=10, n_classes=n_classes, random_state=0
        )
        teacher, y = RandomForestClassifier(50, random_state=0), y[:N_TRAIN]
        proba = cross_fit_proba(teacher, X[:N_TRAIN], y, random_state=0).proba
        cases = [(student, teacher, "") for student in STUDENTS]
        # Its teacher refuses missing values, so the distiller looks for them.
        strict = LogisticRegression(max_iter=1000)
        cases.append((STUDENTS[2], strict, ", teacher refuses NaN"))
        for student, one_teacher, note in cases:
            route, base, ms, ratio, noise = predict_row(
                student, X, y, proba, one_teacher, repeats
            )
            passed = ratio <= PREDICT_LIMIT
            rows.append(
                (f"{student!r}{note}", route, n_classes, base, f"{ms:.2f}",
                 f"{ratio:.3f}", f"{noise:.3f}", verdict(passed))
            )  # fmt: skip
    header = ("student", "route", "classes", "base", "ms", "ratio", "noise", "<= 1.05")
    print_table(header, rows)
    return rows


def measure_oob(repeats, n_trees):
    X, y = load_magic(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, test_size=0.3, random_state=2357)
    rows = []
    for n_jobs in (1, 2):
        teacher = RandomForestClassifier(n_trees, n_jobs=n_jobs, random_state=0)
        fit = partial(lambda model: clone(model).fit(X, y), teacher)
        contenders = {
            "base": fit,
            "oob": partial(cross_fit_proba, teacher, X, y, cv="oob", random_state=0),
            "base again": fit,
        }
        clock = time.thread_time if n_jobs == 1 else time.perf_counter
        seconds = interleaved(contenders, repeats, warmup=1, clock=clock)
        ratio, noise, ms = times(seconds, "oob", "base")
        row = (n_trees, n_jobs, f"{ms / 1e3:.2f}", f"{ratio:.3f}", f"{noise:.3f}")
        rows.append((*row, verdict(ratio <= OOB_LIMIT)))
    print_table(("trees", "n_jobs", "fit, s", "ratio", "noise", "<= 1.25"), rows)
    return rows


PARTS = {
    "predict": (measure_predict, 100),
    "oob": (measure_oob, 5),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--repeats", type=int, help="default: depends on the part")
    parser.add_argument("--teacher-trees", type=int, default=200, help="part oob only")
    args = parser.parse_args()
    measure, repeats = PARTS[args.part]
    options = {"n_trees": args.teacher_trees} if args.part == "oob" else {}
    announce()
    with threadpool_limits(1):
        rows = measure(args.repeats or repeats, **options)
    return int(any(row[-1] == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
