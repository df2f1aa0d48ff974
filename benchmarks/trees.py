"""What fitting a tree or a forest to soft targets costs, against labels.

The student is fitted by its route, ``tree``, to the probabilities of a teacher; the
base is the same learner's own fit on the labels of the same rows. Required: at most
1.30. The column "expansion" is the fit on rows repeated once per class, over the same
base (for forests tree by tree, as the route ``expansion`` grows them). The columns
"nodes" count the nodes of the student and those of the tree on labels: a full tree of
soft targets ends at single rows, one of labels at nodes of one class.

Continuous features, 20 of them; the teacher is a forest that did not see the rows.
All contenders of a row run in turn in one process, the one that begins changes every
round, and a number is the ratio of medians of processor times of one thread; "noise"
is the same ratio for the base measured twice in the same rounds.
"""

import argparse
import sys
from dataclasses import replace
from functools import partial

import numpy as np
from _common import announce, interleaved, print_table, teacher_targets, verdict
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from skdistill.students._expansion import ExpansionRoute
from skdistill.students._tree import TreeRoute
from skdistill.targets import LabelSmoothing, Targets

STUDENTS = (
    DecisionTreeClassifier(random_state=0),
    DecisionTreeClassifier(max_leaf_nodes=64, random_state=0),
    RandomForestClassifier(20, random_state=0),
    ExtraTreesClassifier(20, random_state=0),
)
LIMIT = 1.30


def make_data(n_samples, n_classes):
    """Rows and labels with two kinds of targets: a teacher's and smoothed labels."""
    data = teacher_targets(n_samples, n_classes)
    smoothed = LabelSmoothing(0.1)(np.eye(n_classes)[data.codes], data.codes)
    return {
        "teacher": data,
        "smoothed labels": replace(data, targets=Targets(smoothed)),
    }


def n_nodes(fitted):
    trees = getattr(fitted, "estimators_", [fitted])
    return int(np.mean([tree.tree_.node_count for tree in trees]))


def fit_by(route, student, data):
    return route.fit(clone(student), data, "cross_entropy")


def fit_labels(student, data):
    return clone(student).fit(data.X, data.labels)


def measure(student, data, name, repeats):
    base = partial(fit_labels, student, data)
    tree = partial(fit_by, TreeRoute(), student, data)
    contenders = {
        "base": base,
        "tree": tree,
        "expansion": partial(fit_by, ExpansionRoute(), student, data),
        "base again": base,
    }
    seconds = interleaved(contenders, repeats, warmup=1)
    median = {key: float(np.median(values)) for key, values in seconds.items()}
    ratio = {key: value / median["base"] for key, value in median.items()}
    return (
        f"{student!r}",
        len(data.classes),
        name,
        n_nodes(tree()),
        n_nodes(base()),
        f"{1e3 * median['base']:.0f}",
        f"{ratio['tree']:.2f}",
        f"{ratio['expansion']:.2f}",
        f"{ratio['base again']:.2f}",
        verdict(ratio["tree"] <= LIMIT),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    announce()
    rows = []
    with threadpool_limits(1):
        for n_classes in (2, 10):
            for name, data in make_data(args.rows, n_classes).items():
                rows += [
                    measure(student, data, name, args.repeats) for student in STUDENTS
                ]
    header = (
        "student", "classes", "targets", "nodes", "on labels", "ms", "tree",
        "expansion", "noise", "<= 1.30",
    )  # fmt: skip
    print_table(header, rows)
    return int(any(row[-1] == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
