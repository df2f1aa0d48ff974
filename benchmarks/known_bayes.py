"""Distance of a student from the true probabilities, where these are known.

Draws ``make_known_bayes`` (2,000 rows to learn from, 20,000 fresh rows to be judged
on), takes a forest of 200 trees as teacher and regression forests of 1 and 10 trees as
students, and measures on the fresh rows the squared error to the true probability of
class 1, ``mean((p1 - p*)**2)``, and the AUC against the labels, of

* the student of the labels alone,
* the student of the teacher's in-sample probabilities,
* the student of cross-fitted probabilities (5 folds),
* the student of cross-fitted probabilities with the fully orthogonal correction on the
  log scale.

Every seed draws new data, teacher and student. Numbers are means over seeds with their
standard error; ratios are taken within a seed. Required: for one tree the cross-fitted
error is at most 0.6 of the in-sample one, and for both sizes the orthogonal student is
further from the truth than the cross-fitted one. The method is that of Dao, Kamath,
Syrgkanis and Mackey, "Knowledge Distillation as Semiparametric Inference" (ICLR 2021).
"""

import argparse
import sys
from collections import defaultdict

import numpy as np
from _common import announce, mean_error, print_table, verdict
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.datasets import make_known_bayes

SIZES = (1, 10)
N_TRAIN, N_FRESH = 2000, 20_000
SCRATCH, IN_SAMPLE, CROSS_FITTED, ORTHOGONAL = (
    "labels only",
    "in sample",
    "cross-fitted",
    "cross-fitted, orthogonal, log scale",
)
NAMES = (SCRATCH, IN_SAMPLE, CROSS_FITTED, ORTHOGONAL)


def one_seed(seed, teacher_trees):
    """Return (name, trees) -> (squared error, AUC), for the teachers too."""
    X, y, truth = make_known_bayes(N_TRAIN + N_FRESH, random_state=seed)
    fresh, y_fresh, truth = X[N_TRAIN:], y[N_TRAIN:], truth[N_TRAIN:, 1]
    X, y = X[:N_TRAIN], y[:N_TRAIN]

    def judge(proba):
        error = np.mean((np.clip(proba, 0, 1) - truth) ** 2)
        return error, roc_auc_score(y_fresh, proba)

    teacher = RandomForestClassifier(teacher_trees)
    forest = RandomForestClassifier(teacher_trees, random_state=seed).fit(X, y)
    scores = {("teacher", ""): judge(forest.predict_proba(fresh)[:, 1])}
    common = {"student": RandomForestRegressor(1), "random_state": seed}
    plain = DistilledClassifier(teacher, **common).fit(X, y)
    crossed = CrossFitDistiller(
        teacher, alpha=1.0, correction=None, n_jobs=2, **common
    ).fit(X, y)
    for trees in SIZES:
        student = RandomForestRegressor(trees)
        plain.refit_student(student)
        scores[SCRATCH, trees] = judge(plain.baseline_student().predict(fresh))
        scores[IN_SAMPLE, trees] = judge(plain.predict_proba(fresh)[:, 1])
        crossed.refit_student(student, correction=None, scale="prob")
        scores[CROSS_FITTED, trees] = judge(crossed.predict_proba(fresh)[:, 1])
        crossed.refit_student(student, correction="orthogonal", scale="log")
        scores[ORTHOGONAL, trees] = judge(crossed.predict_proba(fresh)[:, 1])
    return scores


def required_ratios(errors):
    """Yield the rows of the second table: what, trees, ratio, requirement, verdict."""
    for trees in SIZES:
        crossed = errors[CROSS_FITTED, trees]
        ratio = crossed / errors[IN_SAMPLE, trees]
        passed = bool(ratio.mean() <= 0.6) if trees == 1 else None
        yield "cross-fitted / in sample", trees, ratio, "<= 0.6", passed
        ratio = crossed / errors[SCRATCH, trees]
        yield "cross-fitted / labels only", trees, ratio, "", None
        ratio = errors[ORTHOGONAL, trees] / crossed
        yield "orthogonal / cross-fitted", trees, ratio, "> 1", bool(ratio.mean() > 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher-trees", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    scores = defaultdict(list)
    for seed in range(args.seeds):
        for key, pair in one_seed(seed, args.teacher_trees).items():
            scores[key].append(pair)
    errors = {key: np.array(pairs)[:, 0] for key, pairs in scores.items()}
    aucs = {key: np.array(pairs)[:, 1] for key, pairs in scores.items()}
    announce()
    order = [("teacher", ""), *((name, trees) for trees in SIZES for name in NAMES)]
    print_table(
        ("student", "trees", "squared error ± s.e.", "AUC ± s.e."),
        [(*key, mean_error(errors[key]), mean_error(aucs[key])) for key in order],
    )
    ratios = list(required_ratios(errors))
    print_table(
        ("squared errors, ratio", "trees", "ratio ± s.e.", "required", ""),
        [
            (
                what,
                trees,
                mean_error(ratio, 3),
                required if passed is not None else "",
                verdict(passed),
            )
            for what, trees, ratio, required, passed in ratios
        ],
    )
    return int(any(passed is False for *_, passed in ratios))


if __name__ == "__main__":
    sys.exit(main())
