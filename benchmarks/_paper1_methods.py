"""Methods of paper1.py: teachers, students and the choice of c, all by public means."""

import math
from collections import defaultdict

import numpy as np
from _paper1_data import SPLIT_SEED
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from skdistill import CrossFitDistiller, DistilledClassifier, cross_fit_proba
from skdistill.targets import LossCorrection

SCALES = {"p": "prob", "logp": "log"}  # the authors' names and the package's
COMBINATIONS = tuple(
    (scale, split) for scale in SCALES for split in ("none", "crossfit")
)
DECADES = tuple(10.0**power for power in range(-5, 4))
# Method of the authors' code: rule of LossCorrection, grid of c (mixed: of alpha).
GRIDS = {
    "kd_mse": (None, ()),
    "kd_ortholoss": ("orthogonal", ()),
    "kd_boundfast": ("fast", DECADES),
    "kd_boundslow": ("slow", DECADES),
    "kd_relerr": ("relative", (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)),
    "kd_abserr": ("absolute", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)),
    "kd_power": ("power", (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)),
    "kd_mixed": ("mixed", tuple(round(0.1 * k, 1) for k in range(11))),
}
FLOOR = 1 / 500
KEPT = 1 / 3  # of the values of c after each fold of a halving search


def methods_of(scale, *, orthogonal):
    """Names of the methods that the authors ran on a scale, those with c last."""
    left_out = {"kd_mixed"} if scale == "logp" else {"kd_ortholoss"}
    if not orthogonal:
        left_out.add("kd_ortholoss")
    return [name for name in GRIDS if name not in left_out]


def correction_of(method, value, scale):
    """Return the loss correction of a method, None where the targets are the teacher.

    The authors' mixed weight is the teacher's, a strength is the labels'. With tmax 1
    the interval of "power" is the point P, so that gamma is 0.
    """
    rule, grid = GRIDS[method]
    if rule is None or (rule, value) in {("mixed", 1.0), ("power", 1.0)}:
        return None
    strength = round(1 - value, 1) if rule == "mixed" else value
    return LossCorrection(
        rule,
        strength if grid else None,
        variance="observed",
        scale=SCALES[scale],
        per_class=True,
        floor=FLOOR,
    )


def teacher_in_sample(teacher, split, seed):
    """Return probabilities of the training rows and the test AUC of one teacher."""
    fitted = clone(teacher).set_params(random_state=seed).fit(split.X, split.y)
    score = fitted.predict_proba(split.X_test)[:, 1]
    return fitted.predict_proba(split.X), [roc_auc_score(split.y_test, score)]


def teacher_crossfit(teacher, split, seed):
    """Return out-of-fold probabilities and the test AUC of each fold's teacher.

    Fold by fold, so that one teacher is in memory at a time.
    """
    proba = np.empty((len(split.y), 2))
    aucs = []
    folds = KFold(10, shuffle=True, random_state=SPLIT_SEED).split(split.X)
    for fold, (train, test) in enumerate(folds):
        record = cross_fit_proba(
            teacher,
            split.X,
            split.y,
            cv=[(train, test)],
            keep_teachers=True,
            random_state=100 * seed + fold,
        )
        proba[test] = record.proba[test]
        score = record.teachers[0].predict_proba(split.X_test)[:, 1]
        aucs.append(roc_auc_score(split.y_test, score))
    return proba, aucs


def prefix_aucs(forest, X, y, sizes):
    """AUCs of the first k trees for k in sizes, which are forests of k trees.

    A random forest draws the seeds of its trees one after the other, so that with one
    random state the smaller forest is the beginning of the larger. Averages are taken
    on the student's scale; the exponential that would follow keeps the order.
    """
    column = -1 if hasattr(forest, "classes_") else None
    total, aucs = np.zeros(len(X)), {}
    for k, tree in enumerate(forest.estimators_[: max(sizes)], start=1):
        total += tree.predict(X) if column is None else tree.predict_proba(X)[:, 1]
        if k in sizes:
            aucs[k] = roc_auc_score(y, total)
    return aucs


def fit_student(X, y, proba, *, scale, split, correction, n_trees, seed):
    """Return the forest distilled from given probabilities."""
    distiller = CrossFitDistiller if split == "crossfit" else DistilledClassifier
    fitted = distiller(
        student=RandomForestRegressor(n_trees),
        alpha=1.0,
        correction=correction,
        scale=SCALES[scale],
        random_state=seed,
    ).fit(X, y, teacher_proba=proba)
    return fitted.student_


def scratch_aucs(data, sizes, seed):
    """Test AUCs of forests that learn the labels, by method and size."""
    aucs = {}
    for name, forest in (
        ("scratch_classifier", RandomForestClassifier(max(sizes), random_state=seed)),
        ("scratch_regressor", RandomForestRegressor(max(sizes), random_state=seed)),
    ):
        forest.fit(data.X, data.y)
        found = prefix_aucs(forest, data.X_test, data.y_test, sizes)
        aucs.update({(name, size): auc for size, auc in found.items()})
    return aucs


def student_aucs(data, proba, scale, split, chosen, seed):
    """Test AUCs of the distilled forests by (method, size), as `chosen` (value of c).

    Methods and sizes that come to the same targets share one forest.
    """
    groups = defaultdict(list)
    for (method, size), value in chosen.items():
        groups[correction_of(method, value, scale)].append((method, size))
    aucs = {}
    for correction, cells in groups.items():
        sizes = {size for _, size in cells}
        forest = fit_student(
            data.X,
            data.y,
            proba,
            scale=scale,
            split=split,
            correction=correction,
            n_trees=max(sizes),
            seed=seed,
        )
        found = prefix_aucs(forest, data.X_test, data.y_test, sizes)
        aucs.update({(method, size): found[size] for method, size in cells})
    return aucs


def search(data, proba, scale, split, methods, sizes, *, full, seed=0):
    """Choose c for every method and size by cross-validation on the hard labels.

    Five unshuffled folds of the training rows, AUC, teacher probabilities held fixed,
    as the authors' GridSearchCV. Unless `full`, a third of the values (those best on
    average so far) goes on to the next fold, until one is left.
    """
    left = {(m, size): list(GRIDS[m][1]) for m in methods for size in sizes}
    scores = defaultdict(list)
    for fold, (train, test) in enumerate(KFold(5).split(data.X)):
        wanted = defaultdict(set)
        for (method, size), values in left.items():
            if len(values) > 1:
                for value in values:
                    wanted[correction_of(method, value, scale)].add(size)
        for correction, its_sizes in wanted.items():
            forest = fit_student(
                data.X[train],
                data.y[train],
                proba[train],
                scale=scale,
                split=split,
                correction=correction,
                n_trees=max(its_sizes),
                seed=1000 + 5 * seed + fold,
            )
            found = prefix_aucs(forest, data.X[test], data.y[test], its_sizes)
            for size, auc in found.items():
                scores[correction, size].append(auc)
        if not full:
            left = {cell: _best(cell, left[cell], scores, scale) for cell in left}
    return {
        cell: _best(cell, values, scores, scale, kept=0)[0] if values else None
        for cell, values in left.items()
    }


def _best(cell, values, scores, scale, kept=KEPT):
    """Return the best values, at least one; of equals the first, as GridSearchCV."""
    if len(values) < 2:
        return values
    method, size = cell
    means = [np.mean(scores[correction_of(method, v, scale), size]) for v in values]
    order = np.argsort(-np.array(means), kind="stable")
    n_kept = max(1, math.ceil(kept * len(values)))
    return [values[i] for i in sorted(order[:n_kept])]


def check_prefixes(data):
    """Refuse a scikit-learn whose forests do not begin with their smaller selves."""
    X, y = data.X[:500], data.y[:500]
    for kind in (RandomForestClassifier, RandomForestRegressor):
        large, small = (kind(k, random_state=0).fit(X, y) for k in (5, 2))
        pairs = zip(large.estimators_, small.estimators_, strict=False)
        if not all(np.array_equal(a.predict(X), b.predict(X)) for a, b in pairs):
            raise RuntimeError("A forest of 5 trees does not begin with that of 2.")
