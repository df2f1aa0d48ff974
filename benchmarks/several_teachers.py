"""Several teachers, averaged by out-of-fold log-loss, against the best of them.

A random forest and gradient boosting are cross-fitted alone and as a list, whose
weights minimise the out-of-fold log-loss of the average. The test rows are handed in as
``X_unlabeled``, so that what is scored there is the mean of the fold teachers, weighted
for the list. The best teacher is chosen with knowledge of the test rows.
"""

import argparse
import sys
import warnings

import numpy as np
from _common import announce, mean_error, print_table, verdict
from _sets import SETS, split_set
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier
from suite import make_teachers

from skdistill import CrossFitDistiller
from skdistill.exceptions import MissingClassWarning

DEFAULT_SETS = ("adult", "breast_w", "cmc", "credit_g", "magic", "segment", "splice")
TEACHERS = ("random forest", "gradient boosting")


def measure(name, args, seed):
    """Return the test log-loss of each teacher and of the list, and its weights."""
    X, y, X_test, y_test, categorical = split_set(
        name, args.data_dir, max_rows=args.max_rows, seed=seed
    )
    made = make_teachers(categorical, X.shape[1])
    teachers = [made[one] for one in TEACHERS]
    losses, weights = [], ()
    for teacher in (*teachers, teachers):
        distiller = CrossFitDistiller(
            teacher,
            DecisionTreeClassifier(max_leaf_nodes=16),
            alpha=1.0,
            correction=None,
            random_state=seed,
        ).fit(X, y, X_unlabeled=X_test)
        losses.append(log_loss(y_test, distiller.crossfit_.unlabeled_proba))
        weights = distiller.crossfit_.teacher_weights
    return losses, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of Parquet files; else OpenML")
    sets = {"nargs": "+", "choices": list(SETS), "default": list(DEFAULT_SETS)}
    parser.add_argument("--sets", **sets)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-rows", type=int, default=4000)
    args = parser.parse_args()
    warnings.simplefilter("ignore", MissingClassWarning)
    announce()
    rows, failed = [], False
    for name in args.sets:
        found = [measure(name, args, seed) for seed in range(args.seeds)]
        losses = np.array([one for one, _ in found])
        weight = np.mean([weights[0] for _, weights in found])
        ratio = losses[:, -1] / losses[:, :-1].min(axis=1)
        error = ratio.std(ddof=1) / np.sqrt(len(ratio)) if len(ratio) > 1 else 0.0
        passed = bool(ratio.mean() <= 1 + 2 * error)
        failed |= not passed
        rows.append(
            (
                name,
                *(f"{value:.4f}" for value in losses.mean(axis=0)),
                f"{weight:.2f}",
                mean_error(ratio, 3),
                verdict(passed),
            )
        )
    header = ("test log-loss", *TEACHERS, "both", "weight of forest", "both / best")
    print_table((*header, ""), rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
