"""What fitting a booster to soft targets costs, against its own fit on labels.

The student is fitted by its route, ``booster``, to the probabilities of a teacher that
did not see the rows; the base is the library's own fit on the labels of the same rows,
with its native objective. Required: at most 1.1 (XGBoost, LightGBM), 1.2
(HistGradientBoosting), 3 (CatBoost). 20 columns, 20 rounds, depth 6 (31 leaves where
the library counts leaves), one thread. XGBoost has both values of ``multi_strategy``,
which differ for more than two classes only.

"objective" is the share of the soft fit that is spent inside the hook, in a run of its
own; what the library does to call it is not in it. CatBoost takes the targets of two
classes itself, and the Hessian of more, made when CatBoost reads it, is not in it.
"mean dp" is the mean |dp| between the probabilities of the route given labels as
targets and those of the own fit; required: at most .03.

All contenders of a row run in turn in one process, the one that begins changes every
round, and a number is the ratio of medians of processor times; "noise" is the same
ratio for the base measured twice in the same rounds.
"""

import argparse
import sys
import time
from functools import partial
from unittest.mock import patch

import numpy as np
from _common import announce, interleaved, print_table, teacher_targets, verdict
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from skdistill import _sklearn_compat
from skdistill._kernels import SoftRow
from skdistill.students import StudentData, fit_student
from skdistill.students._boosters import _catboost, _lightgbm, _xgboost
from skdistill.targets import Targets

LARGEST_DIFFERENCE = 0.03
XGB = {"n_estimators": 20, "max_depth": 6, "n_jobs": 1, "random_state": 0}

#: Name, booster, most that the ratio may be, classes it is asked for.
BOOSTERS = (
    (
        "HistGradientBoosting",
        HistGradientBoostingClassifier(
            max_iter=20, max_depth=6, early_stopping=False, random_state=0
        ),
        1.2,
        (2, 10),
    ),
    ("XGBoost", XGBClassifier(**XGB), 1.1, (2, 10)),
    (
        "XGBoost, multi_output_tree",
        XGBClassifier(**XGB, multi_strategy="multi_output_tree"),
        1.1,
        (10,),
    ),
    (
        "LightGBM",
        LGBMClassifier(
            n_estimators=20, max_depth=6, n_jobs=1, random_state=0, verbose=-1
        ),
        1.1,
        (2, 10),
    ),
    (
        "CatBoost",
        CatBoostClassifier(
            iterations=20,
            depth=6,
            learning_rate=0.3,
            thread_count=1,
            random_seed=0,
            verbose=0,
            allow_writing_files=False,
        ),
        3.0,
        (2, 10),
    ),
)


def soft_fit(booster, data):
    return fit_student(clone(booster), data)


def own_fit(booster, data):
    return clone(booster).fit(data.X, data.labels)


def objective_share(booster, data, clock=time.process_time):
    """Share of one soft fit that is spent inside the hook."""
    inside = 0.0

    def timed(call):
        def wrapper(*args, **options):
            nonlocal inside
            start = clock()
            result = call(*args, **options)
            inside += clock() - start
            return result

        return wrapper

    class TimedRow:
        def __init__(self, *parameters):
            self.derivatives = timed(SoftRow(*parameters).derivatives)

    hist = _sklearn_compat._SoftTargetsLoss
    with (
        patch.object(hist, "gradient_hessian", timed(hist.gradient_hessian)),
        patch.object(_xgboost._Hook, "__call__", timed(_xgboost._Hook.__call__)),
        patch.object(_lightgbm._Hook, "__call__", timed(_lightgbm._Hook.__call__)),
        patch.object(_catboost, "SoftRow", TimedRow),
    ):
        start = clock()
        soft_fit(booster, data)
        return inside / (clock() - start)


def mean_difference(booster, data):
    """Mean |dp| between the route on labels as targets and the own fit."""
    k = len(data.classes)
    targets = Targets(np.eye(k)[data.codes])
    hard = StudentData(data.X, targets, data.classes, data.codes, None, {})
    soft, own = soft_fit(booster, hard), own_fit(booster, data)
    return np.abs(soft.predict_proba(data.X) - own.predict_proba(data.X)).mean()


def measure(name, booster, limit, data, repeats):
    base = partial(own_fit, booster, data)
    contenders = {
        "base": base,
        "soft": partial(soft_fit, booster, data),
        "base again": base,
    }
    # Not the time of the thread: CatBoost may fit in one of its own.
    seconds = interleaved(contenders, repeats, warmup=1, clock=time.process_time)
    median = {key: float(np.median(values)) for key, values in seconds.items()}
    ratio = median["soft"] / median["base"]
    difference = mean_difference(booster, data)
    return (
        name,
        len(data.classes),
        f"{median['base']:.2f}",
        f"{ratio:.3f}",
        f"<= {limit}",
        f"{100 * objective_share(booster, data):.1f} %",
        f"{median['base again'] / median['base']:.3f}",
        f"{difference:.1g}",
        verdict(ratio <= limit and difference <= LARGEST_DIFFERENCE),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="5,000 rows, 1 repeat")
    parser.add_argument("--only", default="", help="libraries whose name begins so")
    args = parser.parse_args()
    n_samples, repeats = (5000, 1) if args.quick else (args.rows, args.repeats)
    announce("xgboost", "lightgbm", "catboost")
    rows = []
    with threadpool_limits(1):
        for n_classes in (2, 10):
            data = teacher_targets(n_samples, n_classes)
            rows += [
                measure(name, booster, limit, data, repeats)
                for name, booster, limit, asked in BOOSTERS
                if n_classes in asked and name.startswith(args.only)
            ]
    header = (
        "library", "classes", "own fit, s", "ratio", "required", "objective", "noise",
        "mean dp", "",
    )  # fmt: skip
    print_table(header, rows)
    return int(any(row[-1] == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
