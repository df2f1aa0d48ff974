"""Paper 4, "A statistical perspective on distillation": variance, bias, ranking.

Two Gaussian classes in ten dimensions with known probabilities (D1 to D4, D6), and
``make_known_bayes`` with six features (D5); protocols of Menon et al. (ICML 2021) as
far as they are known. Each block has numbers measured earlier by an independent
implementation ("printed"). A number passes within two standard errors of the
difference: its own over the trials here, and that of as many trials as were printed.
Where the printed AUCs of students of the truth are the same for all N, all its trials
had one set of test rows, and the error of one set counts too.

* D1: N times the variance of the empirical risk of a fixed linear scorer, with labels
  and with true probabilities, against draws of N rows. The printed scorer is unknown
  ("fixed random"), so its numbers must lie in the range over scorers from N(0, .09 I).
* D2: AUC of logistic regression on labels and on true probabilities, by N and r.
* D3: teachers whose most probable class stays what it is. The printed numbers are taken
  for those of one trial.
* D4: the squared error of the distilled risk is variance / N plus squared bias. The
  printed numbers are of an unknown scorer too; what must hold is the sum.
* D5: trees of growing depth as teachers of a quadratic logistic regression.
* D6: a linear scorer by ``loss="bipartite_ranking"``, on labels and on probabilities.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from _common import announce, print_table, verdict
from _paper4_problem import (
    argmax,
    best_auc,
    distance,
    draw,
    power,
    same_side,
    student,
)
from _paper4_trees import DEPTHS, draw_figure, tree_teachers
from scipy.special import expit, log_expit
from sklearn.metrics import roc_auc_score

from skdistill import DistilledClassifier
from skdistill.diagnostics import risk_decomposition

N_TEST, N_POPULATION, N_DRAWS, N_ROWS = 10_000, 100_000, 20_000, 100
ROUNDING = 0.0005

D1 = {0.1: (0.222, 0.0094), 0.2: (0.421, 0.0371), 0.5: (0.242, 0.0483)}
D2 = {
    0.2: {25: (0.661, 0.816), 50: (0.745, 0.816), 100: (0.774, 0.816)}
    | {400: (0.806, 0.816)},
    0.5: {25: (0.947, 0.987), 50: (0.961, 0.987), 100: (0.974, 0.987)}
    | {400: (0.985, 0.987)},
}
#: Distance of teacher and student to the truth, AUC, accuracy.
D3 = {
    "power .25": (0.035, 0.034, 0.816, None),
    "power 1": (0.0, 0.0, 0.816, 0.739),
    "power 4": (0.037, 0.037, 0.816, None),
    "argmax": (0.081, 0.070, 0.814, None),
    "random, same side": (0.039, None, 0.800, 0.723),
}
D4 = {0.25: (0.000357, 0.000086, 0.000278), 2: (0.000755, 0.000673, 0.000058)}
D5 = {
    2: (0.077, 0.646, 0.717),
    5: (0.059, 0.673, 0.772),
    8: (0.063, 0.663, 0.776),
    12: (0.095, 0.653, 0.773),
    None: (0.139, 0.634, 0.771),
    "labels": (None, None, 0.771),
    "truth": (None, None, 0.785),
}
D6 = {
    0.1: {50: (0.592, 0.673), 100: (0.616, 0.673), 200: (0.638, 0.673)},
    0.2: {50: (0.749, 0.815), 100: (0.775, 0.815), 200: (0.795, 0.815)},
}


class Table:
    """Rows of the Markdown table and of the CSV file."""

    def __init__(self):
        self.rows = []

    def add(self, check, setting, quantity, values, printed, n_printed, extra=0.0):
        """Add a mean over trials against a printed one, `extra` an error of that."""
        values = np.asarray(values, dtype=float)
        spread = values.std(ddof=1)
        error = spread / np.sqrt(len(values))
        passed = None
        if printed is not None:
            theirs = np.hypot(spread / np.sqrt(n_printed), extra)
            allowed = 2 * np.hypot(error, theirs) + ROUNDING
            passed = bool(abs(values.mean() - printed) <= allowed)
        self.put(check, setting, quantity, values.mean(), error, printed, passed)

    def put(self, check, setting, quantity, value, error, printed, passed):
        """Add a row that was judged elsewhere."""
        self.rows.append((check, setting, quantity, value, error, printed, passed))

    def show(self, check):
        """Print the rows of a check."""
        cells = [
            (
                setting,
                quantity,
                f"{value:.4g} ± {error:.2g}",
                "" if printed is None else printed,
                verdict(passed),
            )
            for name, setting, quantity, value, error, printed, passed in self.rows
            if name == check
        ]
        print(f"**{check}**\n")
        print_table(("setting", "quantity", "here ± s.e.", "printed", ""), cells)

    def save(self, path):
        """Write all rows to a CSV file."""
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            names = "check,setting,quantity,value,standard_error,printed,passed"
            writer.writerow(names.split(","))
            for *head, value, error, printed, passed in self.rows:
                numbers = [f"{value:.6g}", f"{error:.3g}"]
                told = ["" if printed is None else printed, verdict(passed)]
                writer.writerow([*head, *numbers, *told])


def auc(model, test):
    return roc_auc_score(test.y, model.decision_function(test.X))


def distil(rows, proba, **options):
    return DistilledClassifier(None, student(len(rows.y)), **options).fit(
        rows.X, rows.y, teacher_proba=proba
    )


def scorer(seed):
    """Draw a scorer at random."""
    return 0.3 * np.random.default_rng(seed).normal(size=10)


def of_scores(scores):
    return np.column_stack([expit(-scores), expit(scores)])


def empirical_risks(population, theta, teacher, seed):
    """Risks of N_DRAWS samples of N_ROWS rows: by labels, and by `teacher`."""
    scores = population.X @ theta
    losses = np.column_stack([-log_expit(-scores), -log_expit(scores)])
    terms = losses[np.arange(len(scores)), population.y], (teacher * losses).sum(axis=1)
    rows = np.random.default_rng(seed).integers(len(scores), size=(N_DRAWS, N_ROWS))
    return [term[rows].mean(axis=1) for term in terms]


def decompose(population, theta, teacher):
    return risk_decomposition(
        teacher,
        population.y,
        of_scores(population.X @ theta),
        bayes_proba=population.proba,
        n_bootstrap=10,
        random_state=0,
    )


def lemma(table, scorers):
    """D1."""
    for r, printed in D1.items():
        population = draw(N_POPULATION, r, 0)
        found = [
            decompose(population, scorer(seed), population.proba)
            for seed in range(scorers)
        ]
        risks = empirical_risks(population, scorer(0), population.proba, 1)
        ends = ("labels", found[0].variance_onehot), ("truth", found[0].variance_bayes)
        for risk, (name, expected) in zip(risks, ends, strict=True):
            drawn = N_ROWS * risk.var(ddof=1)
            error = drawn * np.sqrt(2 / (N_DRAWS - 1))
            passed = bool(abs(drawn - expected) <= 2 * error)
            what = f"{N_DRAWS} draws, variance by {name}; printed: decomposition"
            table.put("D1", f"r={r}", what, drawn, error, round(expected, 4), passed)
        for name, value in zip(("onehot", "bayes"), printed, strict=True):
            values = [getattr(one, f"variance_{name}") for one in found]
            passed = bool(min(values) <= value <= max(values))
            table.put(
                "D1",
                f"r={r}",
                f"variance_{name}, {scorers} scorers: {min(values):.3g} to "
                f"{max(values):.3g}",
                np.mean(values),
                np.std(values, ddof=1) / np.sqrt(scorers),
                value,
                passed,
            )
        ratios = [one.variance_ratio for one in found]
        error = np.std(ratios, ddof=1) / np.sqrt(scorers)
        passed = max(ratios) < 1
        table.put("D1", f"r={r}", "ratio < 1", np.mean(ratios), error, None, passed)


def students(table, trials):
    """D2."""
    for r, sizes in D2.items():
        for n, printed in sizes.items():
            found = []
            for seed in range(trials):
                rows, test = draw(n, r, [seed, n]), draw(N_TEST, r, [seed, n, 1])
                taught = distil(rows, rows.proba)
                gap = distance(taught.predict_proba(test.X), test.proba)
                aucs = auc(taught.baseline_student(), test), auc(taught.student_, test)
                found.append((*aucs, gap))
            onehot, distilled, gap = np.transpose(found)
            # The student of the truth is the truth: its AUC differs by test rows alone.
            add, one = table.add, distilled.std(ddof=1)
            setting = f"r={r}, N={n}"
            add("D2", setting, "AUC, labels", onehot, printed[0], 40, one)
            add("D2", setting, "AUC, truth", distilled, printed[1], 40, one)
            if n > 25:
                exact, error = best_auc(r), one / np.sqrt(trials)
                passed = bool(abs(distilled.mean() - exact) <= 2 * error)
                what = "AUC, truth; printed: exact"
                mean = distilled.mean()
                table.put("D2", setting, what, mean, error, f"{exact:.4f}", passed)
            error = gap.std(ddof=1) / np.sqrt(trials)
            passed = bool(gap.mean() - 2 * error <= 6e-5)
            what = "distance to truth; printed: at most"
            table.put("D2", setting, what, gap.mean(), error, 6e-5, passed)


def distortions(table, trials):
    """D3."""
    teachers = {
        "power .25": lambda p, _: power(p, 0.25),
        "power 1": lambda p, _: p,
        "power 4": lambda p, _: power(p, 4),
        "argmax": lambda p, _: argmax(p),
        "random, same side": same_side,
    }
    names = ("teacher's distance", "student's distance", "AUC", "accuracy")
    for name, teacher in teachers.items():
        found = []
        for seed in range(trials):
            rows, test = draw(100, 0.2, [seed, 3]), draw(N_TEST, 0.2, [seed, 3, 1])
            proba = teacher(rows.proba, seed)
            taught = distil(rows, proba)
            says = taught.predict_proba(test.X)
            found.append(
                (
                    distance(proba, rows.proba),
                    distance(says, test.proba),
                    auc(taught.student_, test),
                    np.mean(says.argmax(axis=1) == test.y),
                )
            )
        for what, values, printed in zip(
            names, np.transpose(found), D3[name], strict=True
        ):
            table.add("D3", name, what, values, printed, 1)


def decomposition(table):
    """D4."""
    population = draw(N_POPULATION, 0.2, 0)
    theta = scorer(0)
    for a, printed in D4.items():
        teacher = power(population.proba, a)
        found = decompose(population, theta, teacher)
        truth = found.risk_distilled - found.bias
        squares = (empirical_risks(population, theta, teacher, 2)[1] - truth) ** 2
        error = squares.std(ddof=1) / np.sqrt(N_DRAWS)
        parts = found.variance_distilled / N_ROWS, found.bias**2
        passed = bool(abs(squares.mean() - sum(parts)) <= 2 * error)
        what = (
            f"MSE of {N_DRAWS} draws; printed: {parts[0]:.3g} + {parts[1]:.3g}; with "
            f"the printed scorer {printed[0]} = {printed[1]} + {printed[2]}"
        )
        setting = f"power {a}, N={N_ROWS}"
        table.put(
            "D4", setting, what, squares.mean(), error, f"{sum(parts):.3g}", passed
        )


def trees(table, seeds):
    """D5; the numbers for the figure."""
    found = [tree_teachers(seed) for seed in range(seeds)]
    means = {}
    for key in (*DEPTHS, "labels", "truth"):
        values = np.array([one[key] for one in found], dtype=float)
        means[key] = values
        names = ("teacher's distance on the labelled rows", "teacher's accuracy")
        printed = D5.get(key, (None,) * 3)
        for i, name in enumerate((*names, "student's AUC")):
            if not np.isnan(values[:, i]).any():
                setting = key if isinstance(key, str) else f"depth {key}"
                table.add("D5", setting, name, values[:, i], printed[i], 4)
    gains = (
        ("student of depth 8 above depth 2", means[8][:, 2] - means[2][:, 2]),
        ("student of depth 8 above labels", means[8][:, 2] - means["labels"][:, 2]),
        ("teacher of depth 5 above depth 8, accuracy", means[5][:, 1] - means[8][:, 1]),
        ("Brier on fresh rows, depth 8 above 5", means[8][:, 3] - means[5][:, 3]),
    )
    for name, gain in gains:
        error = gain.std(ddof=1) / np.sqrt(seeds)
        passed = bool(gain.mean() > 2 * error)
        table.put("D5", "paired", f"{name} > 0", gain.mean(), error, None, passed)
    same = np.array([one["unpruned is labels"] for one in found])
    what = "rows where the unpruned teacher is the label"
    table.put("D5", "depth None", what, same.mean(), 0.0, 1, bool((same == 1).all()))
    return means


def ranking(table, trials):
    """D6."""
    for r, sizes in D6.items():
        for n, printed in sizes.items():
            found = []
            for seed in range(trials):
                rows, test = draw(n, r, [seed, n, 6]), draw(N_TEST, r, [seed, n, 7])
                taught = distil(rows, rows.proba, loss="bipartite_ranking")
                found.append(
                    (auc(taught.baseline_student(), test), auc(taught.student_, test))
                )
            names = ("AUC, labels", "AUC, truth")
            for name, values, told in zip(
                names, np.transpose(found), printed, strict=True
            ):
                table.add("D6", f"r={r}, N={n}", name, values, told, 25)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=20, help="of D5")
    parser.add_argument("--scorers", type=int, default=40, help="of D1")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    announce()
    table = Table()
    lemma(table, args.scorers)
    students(table, args.trials)
    distortions(table, args.trials)
    decomposition(table)
    means = trees(table, args.seeds)
    ranking(table, args.trials)
    for check in ("D1", "D2", "D3", "D4", "D5", "D6"):
        table.show(check)
    if args.csv:
        table.save(args.csv)
    if args.figure:
        draw_figure(means, args.figure)
    failed = sum(row[-1] is False for row in table.rows)
    judged = sum(row[-1] is not None for row in table.rows)
    print(f"{judged - failed} of {judged} pass.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
