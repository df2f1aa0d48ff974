"""Holding the teacher's probabilities fixed flatters the teacher: by how much.

The out-of-fold probability of a training row comes from a teacher that was fitted on
the validation rows: their labels reach the student through it. Here the student of the
teacher alone (``alpha=1``) is compared with the same student on labels, by log-loss:
on validation folds with the probabilities held fixed, as in the code of Dao et al.
(ICLR 2021); on validation folds with teachers that were cross-fitted again without
their rows, as CrossFitDistiller does; and on 30 % test rows, with all training rows.
A ratio below 1 says that distilling helps. Means of the log-ratio over seeds, which
redraw the split.
"""

import argparse
import warnings

import numpy as np
from _common import announce, print_table
from _sets import SETS, split_set
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from suite import make_students, make_teachers

from skdistill import CrossFitDistiller
from skdistill.exceptions import MissingClassWarning
from skdistill.students import student_proba

STUDENTS = ("logistic regression", "boosting, 20 rounds", "tree of 16 leaves")
DEFAULT_SETS = ("adult", "bank_marketing", "breast_w", "cmc", "credit_g", "segment")


def log_ratio(selection):
    """Log-loss of the teacher alone over that of the labels alone."""
    loss = {one.alpha: one.log_loss for one in selection}
    return np.log(loss[1.0] / loss[0.0])


def measure(name, teacher_name, args, seed):
    """Yield student, and the log-ratio held fixed, nested and on the test rows."""
    X, y, X_test, y_test, categorical = split_set(
        name, args.data_dir, max_rows=args.max_rows, seed=seed
    )
    teacher = make_teachers(categorical, X.shape[1])[teacher_name]
    students = make_students(categorical, X.shape[1])
    options = {
        "correction": None,
        "calibration": None,
        "bag_votes": False,
        "synthetic": False,
        "random_state": seed,
    }
    distiller = CrossFitDistiller(teacher, students[STUDENTS[0]], **options).fit(X, y)
    for student_name in STUDENTS:
        student = students[student_name]
        distiller.set_params(alpha="auto").refit_student(student)
        nested = log_ratio(distiller.selection_)
        fixed = CrossFitDistiller(student=student, **options)
        fixed.fit(X, y, teacher_proba=distiller.teacher_proba_)
        distiller.refit_student(alpha=1.0)
        labels = student_proba(
            distiller.baseline_student(), X_test, distiller.classes_, "prob"
        )
        taught = distiller.predict_proba(X_test)
        test = np.log(log_loss(y_test, taught) / log_loss(y_test, labels))
        yield student_name, log_ratio(fixed.selection_), nested, test


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of Parquet files; else OpenML")
    sets = {"nargs": "+", "choices": list(SETS), "default": list(DEFAULT_SETS)}
    parser.add_argument("--sets", **sets)
    teachers = {"nargs": "+", "choices": ["random forest", "gradient boosting"]}
    parser.add_argument("--teachers", **teachers, default=teachers["choices"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-rows", type=int, default=4000)
    args = parser.parse_args()
    warnings.simplefilter("ignore", MissingClassWarning)
    warnings.simplefilter("ignore", ConvergenceWarning)
    announce()
    rows, everything = [], {name: [] for name in STUDENTS}
    for name in args.sets:
        for teacher in args.teachers:
            found = {student: [] for student in STUDENTS}
            for seed in range(args.seeds):
                for student, *ratios in measure(name, teacher, args, seed):
                    found[student].append(ratios)
            for student, ratios in found.items():
                everything[student] += ratios
                rows.append((name, teacher, student, *_cells(ratios)))
    rows += [("all", "", student, *_cells(r)) for student, r in everything.items()]
    columns = ("held fixed", "nested", "test rows", "fixed / test", "nested / test")
    print_table(("ratio of log-losses", "teacher", "student", *columns), rows)


def _cells(ratios):
    fixed, nested, test = np.transpose(ratios)
    cells = [f"{np.exp(values.mean()):.3f}" for values in (fixed, nested, test)]
    for values in (fixed - test, nested - test):
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        cells.append(f"{np.exp(values.mean()):.3f} ± {error:.3f}")
    return cells


if __name__ == "__main__":
    main()
