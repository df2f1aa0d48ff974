"""Reproduction of paper 1: sizes of the student, depths of the teacher.

Reproduces the tabular experiments of Dao, Kamath, Syrgkanis and Mackey, "Knowledge
Distillation as Semiparametric Inference" (ICLR 2021), on MAGIC, Adult and FICO. Two
sweeps: a forest of 500 trees teaches forests of 1 to 40 trees; forests of 100 trees
of depth 1 to 20 teach forests of 10 trees. Measured is the test AUC, beside the
numbers of the authors' result files (`paper1_official.csv`; the standard deviation is
that of their 5 runs). In-sample and cross-fitted teachers are crossed with both scales
of the squared error; the authors' student-size files hold two of the four
combinations, those of their figure. A cell passes within twice the pooled standard
error of both means, at least 0.004, or better.

As in their code: 30 % test rows, one split; standardised features; the teacher and its
ten unstratified folds are drawn once, and repeats redraw the students alone, so that
no standard error here or there holds the teacher's share; corrections take their
variance from the observed label; c is chosen for every method and size by five
unshuffled folds of the training rows, by AUC on the labels, once for all repeats.

What differs from their code:

* `--search halving`, the default: after each fold a third of the values of c goes on
  to the next; sizes above 10 take the choice for 10. `--search full` is their protocol.
  `--search official` takes the value in their files where there is one, and leaves
  out the other cells.
* Forests of 1 to 40 trees are the first trees of one forest of 40, and methods share
  the seeds of a repeat, so that cells of a repeat are not independent.
* The minimax rules and "slow" are solved, not read off a grid of gamma. Theirs ends at
  10 and at 100, which on the log scale cuts off gammas up to 500; and that of "slow"
  has a step of 0.2 without 0, so that with a small c their gamma is 0.1, here near 0.
* Where P is below 1/500, "orthogonal" takes y / P_floored - P / P_floored, they
  y / P_floored - 1.
* Tables of `--data-dir` are taken to be in the order of UCI and of FICO's own file
  (OpenML has Adult's test rows first: they are moved there). Then the split is theirs
  to all appearance: teachers of depth 10 agree with their AUC to 0.0005, where other
  seeds of the split differ by 0.003 (MAGIC) and 0.007 (FICO).

`--default` adds CrossFitDistiller with its own defaults to the sizes, three ways: a
regressor as student, a classifier, and both as a list to choose from. Finished repeats
are appended to the runs file; `--resume` continues it, with the c that it holds.
"""

import argparse
import sys
import warnings
from pathlib import Path

import joblib
from _common import announce
from _paper1_data import load
from _paper1_methods import (
    COMBINATIONS,
    GRIDS,
    check_prefixes,
    methods_of,
    scratch_aucs,
    search,
    student_aucs,
    teacher_crossfit,
    teacher_in_sample,
)
from _paper1_report import print_report
from _paper1_results import DEPTH_SWEEP, SIZE_SWEEP, Results, read_official
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score

from skdistill import CrossFitDistiller
from skdistill.exceptions import CoverageWarning, ProbabilityWarning

SIZES = (1, 2, 3, 5, 10, 15, 20, 30, 40)
SEARCHED = (1, 2, 3, 5, 10)
DEPTHS = (1, 2, 3, 5, 10, 15, 20)
SWEEPS = {"students": SIZE_SWEEP, "depths": DEPTH_SWEEP}
DATASETS = ("magic", "adult", "fico")


class Study:
    """One data set: its split, and teachers that all repeats share."""

    def __init__(self, name, args, results):
        self.name = name
        self.args = args
        self.results = results
        self.data = load(name, args.data_dir, args.rows)
        check_prefixes(self.data)
        memory = joblib.Memory(args.cache, verbose=0)
        self._ask = {
            "none": memory.cache(teacher_in_sample),
            "crossfit": memory.cache(teacher_crossfit),
        }
        self._answers = {}

    def teach(self, teacher, split, seed=0):
        """Return probabilities and test AUCs, computed once."""
        key = repr(teacher), split, seed
        if key not in self._answers:
            self._answers[key] = self._ask[split](teacher, self.data, seed)
        return self._answers[key]

    def choose(self, sweep, proba, scale, split, cells):
        """Return the value of c of each (method, x): known, official, or searched.

        The x of a cell is its size, or the depth of the teacher of 10 trees.
        """
        chosen = {cell: None for cell in cells if not GRIDS[cell[0]][1]}
        open_cells = []
        for method, x in cells:
            where = (sweep, self.name, scale, split, x, method)
            if (method, x) in chosen:
                continue
            if where in self.results.values:
                chosen[method, x] = self.results.values[where]
            elif self.args.search != "official":
                open_cells.append((method, x))
            elif where in self.results.official_values:
                chosen[method, x] = self.results.official_values[where]
        if not open_cells:
            return chosen
        full = self.args.search == "full"
        methods = list(dict.fromkeys(method for method, _ in open_cells))
        sizes = (10,) if sweep == DEPTH_SWEEP else SIZES if full else SEARCHED
        found = search(self.data, proba, scale, split, methods, sizes, full=full)
        for method, x in open_cells:
            size = 10 if sweep == DEPTH_SWEEP or (x not in sizes) else x
            chosen[method, x] = found[method, size]
        return chosen

    def teacher_rows(self, sweep, teacher, x, repeat):
        """AUCs of the teacher itself: one a repeat in sample, one a fold otherwise."""
        aucs = self.teach(teacher, "none", repeat)[1]
        yield self.row(sweep, "", "none", x, "teacher", repeat, aucs[0])
        if repeat == 0:
            for fold, auc in enumerate(self.teach(teacher, "crossfit")[1]):
                yield self.row(sweep, "", "crossfit", x, "teacher", fold, auc)

    def row(self, sweep, scale, split, x, method, repeat, auc, value=None):
        """Return a row of the runs file, but for its first column."""
        value = "" if value is None else value
        return (sweep, self.name, scale, split, x, method, repeat, float(auc), value)

    def sizes(self, repeat):
        """Rows of one repeat of the student-size sweep."""
        teacher = RandomForestClassifier(self.args.teacher_trees)
        yield from self.teacher_rows(SIZE_SWEEP, teacher, "", repeat)
        for (method, x), auc in scratch_aucs(self.data, SIZES, repeat).items():
            yield self.row(SIZE_SWEEP, "", "", x, method, repeat, auc)
        for scale, split in COMBINATIONS:
            proba = self.teach(teacher, split)[0]
            cells = [(m, x) for m in methods_of(scale, orthogonal=False) for x in SIZES]
            chosen = self.choose(SIZE_SWEEP, proba, scale, split, cells)
            found = student_aucs(self.data, proba, scale, split, chosen, repeat)
            for (method, x), auc in found.items():
                value = chosen[method, x]
                yield self.row(SIZE_SWEEP, scale, split, x, method, repeat, auc, value)

    def depths(self, repeat):
        """Rows of one repeat of the teacher-depth sweep."""
        for (method, _), auc in scratch_aucs(self.data, (10,), repeat).items():
            yield self.row(DEPTH_SWEEP, "", "", "", method, repeat, auc)
        for depth in DEPTHS:
            n_trees = min(100, self.args.teacher_trees)
            teacher = RandomForestClassifier(n_trees, max_depth=depth)
            yield from self.teacher_rows(DEPTH_SWEEP, teacher, depth, repeat)
            for scale, split in COMBINATIONS:
                proba = self.teach(teacher, split)[0]
                cells = [(m, depth) for m in methods_of(scale, orthogonal=True)]
                chosen = self.choose(DEPTH_SWEEP, proba, scale, split, cells)
                by_size = {(m, 10): value for (m, _), value in chosen.items()}
                found = student_aucs(self.data, proba, scale, split, by_size, repeat)
                for (method, _), auc in found.items():
                    yield self.row(
                        DEPTH_SWEEP, scale, split, depth, method, repeat, auc,
                        chosen[method, depth],
                    )  # fmt: skip

    def defaults(self, repeat):
        """Rows of CrossFitDistiller as it comes; one cross-fit serves all sizes.

        Both kinds of student are a list, of which the distiller keeps the better by
        its own cross-validation; each of the two is a row as well.
        """
        X_test, y_test = self.data.X_test, self.data.y_test
        teacher = RandomForestClassifier(self.args.teacher_trees)
        distiller = CrossFitDistiller(
            teacher, RandomForestRegressor(1), random_state=repeat
        ).fit(self.data.X, self.data.y)
        for size in SIZES:
            kinds = RandomForestRegressor(size), RandomForestClassifier(size)
            distiller.refit_student(list(kinds))
            regressor, classifier = distiller.students_
            best = distiller.student_ is classifier.student
            said = (
                ("default", regressor, regressor.student.predict(X_test)),
                (
                    "default_clf",
                    classifier,
                    classifier.student.predict_proba(X_test)[:, 1],
                ),
                (
                    "default_both",
                    classifier if best else regressor,
                    distiller.predict_proba(X_test)[:, 1],
                ),
            )
            for method, one, score in said:
                auc = roc_auc_score(y_test, score)
                words = [type(one.student).__name__, f"alpha={one.alpha}"]
                if one.correction is not None:
                    words.append(f"{one.correction.rule}={one.correction.strength:g}")
                value = " ".join(words)
                yield self.row(SIZE_SWEEP, "", "", size, method, repeat, auc, value)


def run(args, results):
    """Add what is asked for and not there yet; an interrupt keeps finished repeats."""
    parts = [(sweep, getattr(Study, sweep_of)) for sweep, sweep_of in args.parts]
    studies = {}
    for repeat in range(args.repeats):
        for part, rows_of in parts:
            for name in args.datasets:
                if results.has(part, name, repeat):
                    continue
                if name not in studies:
                    studies[name] = Study(name, args, results)
                results.add(part, list(rows_of(studies[name], repeat)))
                print(f"{part}, {name}: repeat {repeat + 1}", file=sys.stderr)
                sys.stderr.flush()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=DATASETS, choices=DATASETS)
    parser.add_argument("--sweeps", nargs="*", default=tuple(SWEEPS), choices=SWEEPS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--search", default="halving", choices=("halving", "full", "official")
    )
    parser.add_argument("--default", action="store_true", help="add the defaults")
    parser.add_argument("--data-dir", help="local tables instead of fetch_openml")
    parser.add_argument("--csv", type=Path, help="every cell beside the official one")
    parser.add_argument("--runs", type=Path, help="every run; grows as repeats finish")
    parser.add_argument("--resume", action="store_true", help="continue --runs")
    parser.add_argument("--figure", type=Path, help="<name>.png, one file a sweep")
    parser.add_argument("--cache", help="folder for the teachers' probabilities")
    parser.add_argument("--teacher-trees", type=int, default=500, help="for a trial")
    parser.add_argument("--rows", type=int, help="for a trial: random rows to keep")
    args = parser.parse_args()
    args.parts = [(SWEEPS[name], {"students": "sizes"}.get(name, name))
                  for name in args.sweeps]  # fmt: skip
    if args.default:
        args.parts.append(("default", "defaults"))
    return args


def main():
    args = parse()
    # Expected throughout: logarithms of P = 0, and one fold of ten at a time.
    for category in (ProbabilityWarning, CoverageWarning):
        warnings.filterwarnings("ignore", category=category)
    official = read_official(Path(__file__).with_name("paper1_official.csv"))
    results = Results(official, args.runs, resume=args.resume)
    try:
        run(args, results)
    except KeyboardInterrupt:
        if not results.rows:
            raise
    announce()
    failed = print_report(results, args.csv)
    if args.figure is not None:
        from _paper1_figure import draw  # noqa: PLC0415 (matplotlib is optional)

        draw(results, args.figure)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
