"""ExtremeDistiller: precision by mode, time, cost a row, memory, threads.

* modes: bibtex (159 labels) and cooking (736), 80 % of the rows to learn from: every
  weighting and kind of negatives, narrow (16) and full linear student, one-hot against
  distilled from a wide teacher (full linear, its own hardest negatives), 10 epochs.
  One-hot and distilled students of a seed start from the same weights and draw the same
  negatives, so differences are paired. With negatives="teacher" one-hot students have
  the teacher's labels as negatives (alpha=0).
* widths: the same by width and number of epochs.
* time: full students against one-vs-rest logistic regression on cooking.
* rows: time a row at 10^3, 10^4, 10^5 labels, 20 listed (5 of them observed) and 100
  drawn (the hardest 100 of 500), 30 features a row: an epoch without its set-up.
* instructions: the same counted by valgrind, 10^3 and 10^5 labels, AVX2.
* memory: peak of a cross-fitted fit of 50,000 rows and 10^5 labels, width 64.
* threads: two against one, 10^4 labels, width 64.
* known: Omniglot (1,623 classes) and `make_relevance` with 10^5 labels, where students
  of the true relevance show what a perfect teacher is worth.
* retrieval: 200 classes, rank-8 student, 3,000 rows, teacher of 30,000 others.

Required: distilled at least .01 P@1 above one-hot; the best student at least as good as
one-vs-rest, and 10 times faster; a row at 10^5 labels less than 1.5 times one at 10^3;
memory far from n x K; two threads at least 1.6 times one; retrieval: uniform and double
.01 above one-hot, and within .01 of each other.
"""

import argparse
import csv
import sys
from pathlib import Path

import _extreme_cost as cost
import _extreme_known as known
import _extreme_modes as modes
from _common import announce

PARTS = (
    "modes",
    "widths",
    "time",
    "rows",
    "instructions",
    "memory",
    "threads",
    "known",
    "retrieval",
)
#: Seeds 0 and 1 were looked at when the default learning rates were chosen.
FIRST_SEED = 10


def save(runs, path):
    """Write a row a seed, model and metric to a CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ("part", "data", "seed", "width", "weighting", "negatives", "epochs",
             "target", "metric", "value")
        )  # fmt: skip
        writer.writerows((*row[:-1], f"{row[-1]:.6g}") for row in runs.rows)


def load(part, path):
    """Read the runs of a part from what `save` wrote."""
    runs = modes.Runs(part)
    with path.open(newline="") as file:
        for row in list(csv.reader(file))[1:]:
            runs.rows.append((*row[:2], int(row[2]), *row[3:-1], float(row[-1])))
    return runs


def measured(part, args):
    """Run a part that judges students by seed."""
    seeds = range(FIRST_SEED, FIRST_SEED + (1 if args.smoke else args.seeds))
    if part == "retrieval":
        return known.retrieval(seeds)
    if part == "known":
        return known.known(args.data_dir, seeds, args.smoke)
    sets = modes.SETS[:1] if args.smoke else modes.SETS
    measure = modes.modes if part == "modes" else modes.widths
    return measure(args.data_dir, seeds, sets, args.smoke)


def show(part, runs):
    """Print the tables of a part that judges students; return the passes."""
    if part == "retrieval":
        return known.show_retrieval(runs)
    if part == "known":
        known.show(runs)
        return []
    passes = []
    for data in dict.fromkeys(row[1] for row in runs.rows):
        if part == "modes":
            modes.show_references(runs, data)
            passes += modes.summarise(runs, data)
        else:
            modes.show_gains(runs, data)
    return passes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--data-dir", type=Path, help="folder of the npz files")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--csv", type=Path, help="every run, of parts with seeds")
    parser.add_argument("--show", type=Path, help="tables of a CSV file, no new runs")
    parser.add_argument("--smoke", action="store_true", help="seconds; proves nothing")
    parser.add_argument("--alone", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        alone = {"memory": cost.memory_alone, "instructions": cost.count_alone}
        return alone[args.part](*args.alone)
    reads = args.part in ("modes", "widths", "time", "known") and not args.show
    if args.data_dir is None and reads:
        parser.error("--data-dir must name the folder of the npz files.")
    announce()
    if args.part == "time":
        passes = cost.against_one_vs_rest(args.data_dir, FIRST_SEED, args.smoke)
    elif args.part == "memory":
        passes = cost.memory(__file__, args.smoke)
    elif args.part == "instructions":
        passes = cost.instructions(__file__)
    elif args.part in ("rows", "threads"):
        passes = getattr(cost, args.part)(args.smoke)
    else:
        stored = args.show
        runs = load(args.part, stored) if stored else measured(args.part, args)
        if args.csv:
            save(runs, args.csv)
        passes = show(args.part, runs)
    return int(not all(passes))


if __name__ == "__main__":
    sys.exit(main())
