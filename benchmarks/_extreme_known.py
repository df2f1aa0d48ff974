"""Many more labels: Omniglot, 10^5 labels of known relevance, a retrieval problem."""

import sys
from itertools import product

import numpy as np
from _common import mean_error, print_table, verdict
from _extreme_data import (
    judge,
    judge_ranked,
    propensities_of,
    split_omniglot,
    split_relevance,
)
from _extreme_modes import LEAST_GAIN, ONE_HOT, Runs, word
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from skdistill.extreme import ExtremeDistiller, cross_fit_top_k

BAYES, TEACHER = "true relevance", "wide teacher"
SHOWN = ("P@1", "P@5", "PSP@1")


def students(runs, data, seed, parts, brought, width):
    """Fit students of labels, and of each teacher's scores with alpha .5."""
    X, Y, X_test, Y_test = parts
    propensities = propensities_of(Y)
    for weighting in ("double", "softmax"):
        model = (width, weighting, "uniform", 10)
        for target, scores in {ONE_HOT: None, **brought}.items():
            student = ExtremeDistiller(
                n_components=None if width == "full" else width,
                weighting=weighting,
                random_state=seed,
            )
            student.fit(X, Y, teacher_proba=scores)
            found = judge(student, X_test, Y_test, propensities)
            runs.add(data, seed, model, target, found)


def taught(runs, data, seed, parts, teacher, cv):
    """Fit the teacher on all rows to judge it; return its out-of-fold best labels."""
    X, Y, X_test, Y_test = parts
    found = judge(teacher.fit(X, Y), X_test, Y_test, propensities_of(Y))
    runs.add(data, seed, ("teacher", "", "", ""), ONE_HOT, found)
    return cross_fit_top_k(teacher, X, Y, k=20, cv=cv, random_state=seed).scores


def known(data_dir, seeds, smoke):
    """Omniglot, and 10^5 labels with a known relevance."""
    runs = Runs("known")
    for seed in seeds:
        print(f"seed {seed}", file=sys.stderr)
        parts = split_omniglot(data_dir, seed)
        if smoke:
            parts = tuple(part[::5] for part in parts)
        teacher = ExtremeDistiller(
            n_components=128, weighting="softmax", random_state=seed
        )
        scores = taught(runs, "omniglot", seed, parts, teacher, 5)
        for width in (16, 64, "full"):
            students(runs, "omniglot", seed, parts, {TEACHER: scores}, width)
        sizes = (2000, 5000, 500) if smoke else (100_000, 50_000, 5000)
        *parts, truth, truth_test = split_relevance(seed, *sizes)
        found = judge_ranked(truth_test, parts[3], propensities_of(parts[1]))
        runs.add("10^5 labels", seed, (BAYES, "", "", ""), ONE_HOT, found)
        teacher = ExtremeDistiller(
            n_components=128, weighting="softmax", random_state=seed
        )
        scores = taught(runs, "10^5 labels", seed, parts, teacher, 2)
        brought = {BAYES: truth, TEACHER: scores}
        students(runs, "10^5 labels", seed, parts, brought, 16)
    return runs


def show(runs):
    """Print every model and its paired gain over one-hot; nothing is required."""
    for data in dict.fromkeys(row[1] for row in runs.rows):
        cells = []
        for model in runs.models(data):
            one_hot = runs.values(data, model, ONE_HOT, "P@1")
            for target in (ONE_HOT, TEACHER, BAYES):
                values = [runs.values(data, model, target, name) for name in SHOWN]
                if not len(values[0]):
                    continue
                gain = values[0] - one_hot
                gains = (mean_error(gain), word(gain.mean()))
                name = ", ".join((*model[:2], target)) if model[1] else model[0]
                cells.append((
                    name, *map(mean_error, values),
                    *(("", "") if target == ONE_HOT else gains),
                ))  # fmt: skip
        header = (f"{data}: width, weighting, targets", *SHOWN, "gain of P@1")
        print_table((*header, ""), cells)


def retrieval_problem(seed, n_classes=200, n_features=40, scale=2.0):
    """Return rows of a softmax of random linear scores: X, y, probabilities."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n_features, n_classes)) * scale / np.sqrt(n_features)
    X = rng.standard_normal((3000 + 30_000 + 10_000, n_features)).astype(np.float32)
    P = softmax(X @ W, axis=1)
    y = (P.cumsum(axis=1) > rng.uniform(size=(len(X), 1))).argmax(axis=1)
    return X, y, P


def retrieval(seeds):
    """Students of rank 8 on 3,000 rows, taught by a teacher of 30,000 other rows.

    All students see all 200 labels and negatives that sum to 1 in a row, unless said
    otherwise. Hits are those of fresh labels, by their probabilities.
    """
    runs = Runs("retrieval")
    for seed in seeds:
        print(f"seed {seed}", file=sys.stderr)
        X, y, P = retrieval_problem(seed)
        rows, others, fresh = slice(0, 3000), slice(3000, 33_000), slice(33_000, None)
        teacher = LogisticRegression(max_iter=50).fit(X[others], y[others])
        scores = teacher.predict_proba(X[rows])
        hits = {"teacher": teacher.predict_proba(X[fresh]), BAYES: P[fresh]}
        for name, proba in hits.items():
            ranked = np.argsort(-proba, axis=1)[:, :5]
            runs.add(
                "retrieval", seed, (name, "", "", ""), ONE_HOT, hit(ranked, P[fresh])
            )
        Y = np.zeros((3000, P.shape[1]), np.int32)
        Y[np.arange(3000), y[rows]] = 1
        for (weighting, mass), target in product(
            (("uniform", 1), ("double", 1), ("pairwise", 1), ("softmax", 1),
             ("double", None), ("softmax", None)),
            (ONE_HOT, TEACHER),
        ):  # fmt: skip
            student = ExtremeDistiller(
                n_components=8, weighting=weighting, negative_mass=mass, alpha=1.0,
                top_k=200, n_negatives=200, max_epochs=30, random_state=seed,
            )  # fmt: skip
            student.fit(X[rows], Y, teacher_proba=None if target == ONE_HOT else scores)
            ranked = student.predict_topk(X[fresh], 5)[0]
            model = (8, weighting, f"mass {mass or 'of each 1'}", 30)
            runs.add("retrieval", seed, model, target, hit(ranked, P[fresh]))
    return runs


def hit(ranked, P):
    """Return the expected share of rows whose label comes first, or in the first 5."""
    found = np.take_along_axis(P, ranked, axis=1)
    return {"hit@1": found[:, 0].mean(), "hit@5": found.sum(axis=1).mean()}


def show_retrieval(runs):
    """Print hits; return the passes."""
    cells, gains, taught_hits = [], {}, {}
    for model in runs.models("retrieval"):
        hits = {
            (target, name): runs.values("retrieval", model, target, name)
            for target in (ONE_HOT, TEACHER)
            for name in ("hit@1", "hit@5")
        }
        name = ", ".join(map(str, model[1:3])) if model[1] else model[0]
        row = [name, *(mean_error(one) if len(one) else "" for one in hits.values())]
        if model[1]:
            taught_hits[model[1:3]] = hits[TEACHER, "hit@1"]
            gains[model[1:3]] = hits[TEACHER, "hit@1"] - hits[ONE_HOT, "hit@1"]
            row.append(mean_error(gains[model[1:3]]))
        cells.append(row if model[1] else [*row, ""])
    header = ("weighting, negatives", "one-hot hit@1", "hit@5", "distilled hit@1")
    print_table((*header, "hit@5", "gain of hit@1"), cells)
    uniform, double = ("uniform", "mass 1"), ("double", "mass 1")
    apart = taught_hits[double] - taught_hits[uniform]
    checks = [
        (f"{one[0]}, distilled less one-hot", mean_error(gains[one]), ">= .01",
         bool(gains[one].mean() >= LEAST_GAIN))
        for one in (uniform, double)
    ]  # fmt: skip
    checks.append(("double less uniform", mean_error(apart), "within .01",
                   bool(abs(apart.mean()) <= LEAST_GAIN)))  # fmt: skip
    print_table(("hit@1", "measured", "required", ""),
                [(*row[:3], verdict(row[3])) for row in checks])  # fmt: skip
    return [row[3] for row in checks]
