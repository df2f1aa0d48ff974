"""Precision of every mode of ExtremeDistiller on real labels, by width and budget."""

import sys
import warnings
from itertools import product

import numpy as np
from _common import mean_error, print_table, verdict
from _extreme_data import (
    METRICS,
    judge,
    judge_ranked,
    propensities_of,
    read_multilabel,
    split,
)
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from skdistill.extreme import ExtremeDistiller

SETS = ("bibtex", "cooking")
WEIGHTINGS = ("uniform", "double", "pairwise", "softmax")
NEGATIVES = ("uniform", "frequency", "student", "teacher")
ONE_HOT = "one-hot"
ALPHAS = ("alpha=0.3", "alpha=0.5")
#: Required of the distilled student above the one-hot student.
LEAST_GAIN = 0.01
OVR = {f"one-vs-rest, C={C}": C for C in (1, 10, 100)}


def wide(seed=0, **parameters):
    """Return the teacher: a full linear model, against its own hardest negatives."""
    return ExtremeDistiller(negatives="student", random_state=seed, **parameters)


def one_vs_rest(C):
    return OneVsRestClassifier(LogisticRegression(C=C, max_iter=1000))


def teacher_scores(X, Y, seed):
    """Return the out-of-fold top 20 of the wide teacher, as they are kept in a fit.

    They are brought to all students of a seed, so that one-hot and distilled students
    start from the same weights and draw the same negatives.
    """
    student = ExtremeDistiller(wide(seed), max_epochs=1, random_state=seed)
    return student.fit(X, Y).crossfit_.scores


class Runs:
    """One row a fit: what was fitted, on which seed, and its metrics."""

    def __init__(self, part):
        self.part = part
        self.rows = []

    def add(self, data, seed, model, target, found):
        model = tuple(map(str, model))
        for metric, value in found.items():
            self.rows.append((self.part, data, seed, *model, target, metric, value))

    def values(self, data, model, target, metric):
        """Return the metric by seed."""
        key = (data, *map(str, model), target, metric)
        return np.array([row[-1] for row in self.rows if (row[1], *row[3:-1]) == key])

    def models(self, data):
        return list(dict.fromkeys(row[3:7] for row in self.rows if row[1] == data))


def fit_targets(runs, data, seed, parts, scores, model, alphas):
    """Fit the one-hot student, and one for each alpha, of one mode."""
    X, Y, X_test, Y_test = parts
    propensities = propensities_of(Y)
    n_components, weighting, negatives, epochs = model
    parameters = {
        "n_components": None if n_components == "full" else n_components,
        "weighting": weighting,
        "negatives": negatives,
        "max_epochs": epochs,
        "random_state": seed,
    }
    for alpha in (0.0, *alphas):
        # Without a teacher nothing says where "teacher" negatives are: it keeps them.
        brought = scores if alpha or negatives == "teacher" else None
        student = ExtremeDistiller(alpha=alpha, **parameters)
        student.fit(X, Y, teacher_proba=brought)
        target = f"alpha={alpha:g}" if alpha else ONE_HOT
        runs.add(
            data, seed, model, target, judge(student, X_test, Y_test, propensities)
        )


def modes(data_dir, seeds, sets, smoke):
    """Every weighting and kind of negatives, narrow and full, against one-vs-rest."""
    runs = Runs("modes")
    for data, seed in product(sets, seeds):
        X, Y, dropped = read_multilabel(data, data_dir)
        parts = split(X, Y, seed)
        print(f"{data}, seed {seed}; {dropped} empty rows dropped", file=sys.stderr)
        propensities = propensities_of(parts[1])
        for name, C in () if smoke else OVR.items():
            with warnings.catch_warnings():
                # Labels without a training row: scikit-learn says so for each.
                warnings.filterwarnings("ignore", "Label not .* is present")
                fitted = one_vs_rest(C).fit(parts[0], parts[1])
            # Not the decision function: a label without a training row has 0 there,
            # above nearly all others.
            scores = fitted.predict_proba(parts[2])
            found = judge_ranked(scores, parts[3], propensities)
            runs.add(data, seed, (name, "", "", ""), ONE_HOT, found)
        teacher = wide(seed).fit(parts[0], parts[1])
        found = judge(teacher, parts[2], parts[3], propensities)
        runs.add(data, seed, ("teacher", "", "", ""), ONE_HOT, found)
        scores = teacher_scores(parts[0], parts[1], seed)
        for width, weighting, negatives in product(
            (16, "full"), WEIGHTINGS[1:2] if smoke else WEIGHTINGS, NEGATIVES
        ):
            alphas = (0.3, 0.5) if negatives == "uniform" else (0.5,)
            model = (width, weighting, negatives, 10)
            fit_targets(runs, data, seed, parts, scores, model, alphas)
    return runs


def widths(data_dir, seeds, sets, smoke):
    """Fit students of several widths, in few and in many epochs."""
    runs = Runs("widths")
    sizes = (8, 64) if smoke else (8, 16, 32, 64, "full")
    for data, seed in product(sets, seeds):
        X, Y, _ = read_multilabel(data, data_dir)
        parts = split(X, Y, seed)
        print(f"{data}, seed {seed}", file=sys.stderr)
        scores = teacher_scores(parts[0], parts[1], seed)
        for width, weighting, epochs in product(
            sizes, ("double", "softmax"), (10,) if smoke else (10, 30)
        ):
            model = (width, weighting, "uniform", epochs)
            fit_targets(runs, data, seed, parts, scores, model, (0.5,))
    return runs


def show_references(runs, data):
    """Print one-vs-rest and the teacher itself."""
    rows = []
    for model in runs.models(data):
        if model[1] == "":
            values = [runs.values(data, model, ONE_HOT, metric) for metric in METRICS]
            rows.append((f"{data}, {model[0]}", *map(mean_error, values)))
    print_table(("", *METRICS), rows)


def show_gains(runs, data):
    """Print one-hot, distilled and paired differences; return the last by model."""
    rows, judged = [], []
    for model in runs.models(data):
        if model[1] == "":
            continue
        one_hot = runs.values(data, model, ONE_HOT, "P@1")
        for target in ALPHAS:
            taught = [runs.values(data, model, target, metric) for metric in METRICS]
            if not len(taught[0]):
                continue
            gain = taught[0] - one_hot
            judged.append((model, target, gain))
            rows.append((
                ", ".join(map(str, (*model[:3], target))) + f", {model[3]} epochs",
                mean_error(one_hot), *map(mean_error, taught), mean_error(gain),
                word(gain.mean()),
            ))  # fmt: skip
    header = (f"{data}: width, weighting, negatives", "one-hot P@1", *METRICS)
    print_table((*header, "gain of P@1", ""), rows)
    return judged


def word(gain):
    """Say plainly what a gain is."""
    if gain >= LEAST_GAIN:
        return "gain"
    return "loss" if gain < 0 else "less than .01"


def name_of(model, target):
    return ", ".join(map(str, (*model[:3], target)))


def best_of(runs, data, sizes, targets):
    """Return the P@1 by seed and the name of the best student on the mean of seeds."""
    found = [
        (runs.values(data, model, target, "P@1"), name_of(model, target))
        for model in runs.models(data)
        for target in targets
        if model[0] in sizes and len(runs.values(data, model, target, "P@1"))
    ]
    return max(found, key=lambda one: one[0].mean())


def summarise(runs, data):
    """Print all gains, then best against best; return the passes.

    The gain within a mode flatters those whose one-hot student is poor ("teacher"
    negatives): the best distilled student is judged against the best one-hot one too.
    """
    gains = show_gains(runs, data)
    rows = [
        (f"{name_of(model, target)} less one-hot, the default but for the width",
         mean_error(gain), ">= .01", gain.mean() >= LEAST_GAIN)
        for model, target, gain in gains
        if (*model[:3], target) == ("16", "double", "uniform", "alpha=0.5")
    ]  # fmt: skip
    for name, width in (("narrow", "16"), ("full", "full")):
        taught, taught_name = best_of(runs, data, (width,), ALPHAS)
        plain, plain_name = best_of(runs, data, (width,), (ONE_HOT,))
        gain = taught - plain
        rows.append((f"{name}: {taught_name} less {plain_name}", mean_error(gain),
                     ">= .01", gain.mean() >= LEAST_GAIN))  # fmt: skip
    best, best_name = best_of(runs, data, ("16", "full"), (ONE_HOT, *ALPHAS))
    for name in OVR:
        theirs = runs.values(data, (name, "", "", ""), ONE_HOT, "P@1")
        if len(theirs):
            above = best - theirs
            rows.append((f"{best_name} less {name}", mean_error(above), ">= 0",
                         above.mean() >= 0))  # fmt: skip
    print_table((data, "P@1", "required", ""),
                [(*row[:3], verdict(bool(row[3]))) for row in rows])  # fmt: skip
    counts = [(str(model[0]), word(gain.mean())) for model, _, gain in gains]
    said = "; ".join(
        f"{counts.count(one)} of width {one[0]}: {one[1]}"
        for one in sorted(set(counts))
    )
    print(f"{data}, {len(gains)} cells: {said}.\n")
    return [bool(row[3]) for row in rows]
