"""Published AUCs on MAGIC: forest of 500 trees, students of 1 and 40 trees.

Reproduces the tabular experiment of Dao, Kamath, Syrgkanis and Mackey, "Knowledge
Distillation as Semiparametric Inference" (ICLR 2021): 30 % of the rows are test rows
(one split for all repeats), features are standardised, the teacher is a
RandomForestClassifier, the student a RandomForestRegressor that minimises squared
error, cross-fitting uses 10 unstratified folds. Measured is the test AUC, mean and
standard error over repeats that redraw folds, teacher and student.

The official numbers (mean ± standard deviation of 5 runs) are those of the plots in
the authors' code. A row passes if it is within 0.004 of them; the cross-fitted
students must reach 0.904 and 0.919. In-sample distillation on the probability scale
and this package's "auto" have no official number. The teacher is fitted once a repeat
in sample and once a fold, and both sizes of student use the same probabilities.
Interrupted, the script prints the table of the repeats that are done.
"""

import argparse
import sys
from collections import Counter, defaultdict

from _common import announce, mean_error, print_table, verdict
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import StandardScaler

from skdistill import CrossFitDistiller, DistilledClassifier, cross_fit_proba
from skdistill.datasets import load_magic, read_table

TOLERANCE = 0.004
AT_LEAST = {1: 0.904, 40: 0.919}  # cross-fitted students
SIZES = (1, 40)
LABELS = "labels only"
IN_SAMPLE_LOG = "in sample, log scale"
IN_SAMPLE_PROB = "in sample, prob scale"
CROSS_FITTED = "cross-fitted, prob scale"
DEFAULTS = 'cross-fitted, alpha and correction "auto"'
OFFICIAL = {
    ("teacher", ""): (0.9369, 0.0004),
    (LABELS, 1): (0.7874, 0.0024),
    (IN_SAMPLE_LOG, 1): (0.8940, 0.0022),
    (CROSS_FITTED, 1): (0.9084, 0.0005),
    (LABELS, 40): (0.9279, 0.0011),
    (IN_SAMPLE_LOG, 40): (0.9240, 0.0003),
    (CROSS_FITTED, 40): (0.9236, 0.0002),
}


def read_split(path, target, seed):
    X, y = load_magic(return_X_y=True) if path is None else read_table(path, target)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), y, scaler.transform(X_test), y_test


def students(split, frozen, proba, trees, seed):
    """Yield the name of each student of one size, a classifier, and what it chose."""
    X, y, *_ = split
    student = RandomForestRegressor(trees)
    plain = DistilledClassifier(frozen, student, random_state=seed).fit(X, y)
    yield IN_SAMPLE_PROB, plain.predict_proba, None
    yield LABELS, plain.baseline_student().predict, None
    plain.refit_student(scale="log")
    yield IN_SAMPLE_LOG, plain.predict_proba, None
    fixed = CrossFitDistiller(
        student=student, alpha=1.0, correction=None, random_state=seed
    ).fit(X, y, teacher_proba=proba)
    yield CROSS_FITTED, fixed.predict_proba, None
    auto = CrossFitDistiller(student=student, n_jobs=2, random_state=seed)
    auto.fit(X, y, teacher_proba=proba)
    yield DEFAULTS, auto.predict_proba, auto


def one_repeat(split, teacher_trees, seed):
    """Return the AUC of every row of the table, and what "auto" chose."""
    X, y, X_test, y_test = split
    positive = y_test == max(set(y))
    teacher = RandomForestClassifier(teacher_trees, n_jobs=2, random_state=seed)
    teacher.fit(X, y)
    crossfit = cross_fit_proba(
        RandomForestClassifier(teacher_trees),
        X,
        y,
        cv=KFold(10, shuffle=True, random_state=seed),
        n_jobs=2,
        random_state=seed,
    )
    score = teacher.predict_proba(X_test)[:, 1]
    aucs, choices = {("teacher", ""): roc_auc_score(positive, score)}, {}
    frozen = FrozenEstimator(teacher.set_params(n_jobs=None))
    for trees in SIZES:
        for name, predict, auto in students(split, frozen, crossfit.proba, trees, seed):
            score = predict(X_test)
            score = score[:, 1] if score.ndim == 2 else score
            aucs[name, trees] = roc_auc_score(positive, score)
            if auto is not None:
                rule = auto.correction_
                strength = "none" if rule is None else f"{rule.rule} {rule.strength:g}"
                choices[trees] = f"alpha {auto.alpha_:g}, correction {strength}"
    return aucs, choices


def requirement(name, trees, mean):
    """Return in words what a row has to reach, and whether its mean does."""
    if name == CROSS_FITTED:
        least = AT_LEAST[trees]
        return f">= {least}", bool(mean >= least)
    if (name, trees) not in OFFICIAL:
        return "", None
    return "within 0.004", bool(abs(mean - OFFICIAL[name, trees][0]) <= TOLERANCE)


def table(aucs):
    rows, failed = [], False
    order = [("teacher", "")]
    names = (LABELS, IN_SAMPLE_LOG, IN_SAMPLE_PROB, CROSS_FITTED, DEFAULTS)
    order += [(name, trees) for trees in SIZES for name in names]
    for name, trees in order:
        values = aucs[name, trees]
        required, passed = requirement(name, trees, sum(values) / len(values))
        failed |= passed is False
        published = ""
        if (name, trees) in OFFICIAL:
            published = "{:.4f} ± {:.4f}".format(*OFFICIAL[name, trees])
        here = mean_error(values)
        rows.append((name, trees, published, here, required, verdict(passed)))
    return rows, failed


def run(args):
    """Return AUCs and choices of all repeats, or of those done when interrupted."""
    split = read_split(args.data, args.target, args.split_seed)
    aucs, chosen = defaultdict(list), defaultdict(Counter)
    try:
        for seed in range(args.repeats):
            one, choices = one_repeat(split, args.teacher_trees, seed)
            for key, value in one.items():
                aucs[key].append(value)
            for trees, choice in choices.items():
                chosen[trees][choice] += 1
            print(f"repeat {seed + 1} of {args.repeats}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        if not aucs:
            raise
    return aucs, chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher-trees", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", help="a CSV or Parquet file instead")
    parser.add_argument("--target", default="target", help="label column of --data")
    parser.add_argument("--split-seed", type=int, default=2357)
    aucs, chosen = run(parser.parse_args())
    announce()
    rows, failed = table(aucs)
    n_repeats = len(aucs["teacher", ""])
    here = f"here, {n_repeats} repeat(s) ± s.e."
    header = ("AUC", "trees", "official ± std", here, "required", "")
    print_table(header, rows)
    for trees in SIZES:
        counts = "; ".join(f"{text} ({n}x)" for text, n in chosen[trees].items())
        print(f'"auto", {trees} tree(s): {counts}  ')
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
