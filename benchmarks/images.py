"""Image students: labels, distillation in and out of sample, corrected, online; speed.

CIFAR-10 as in the code of paper 1: SGD with rate .1, momentum .9, weight decay
5e-4, divided by 5 after 40, 60 and 80 % of the epochs; crops and flips; distillation
with alpha .5 and temperature 4. Judged by the loss on test images (nats) and accuracy.
The enhanced student takes the partial orthogonal correction of its cross-entropy, its
gamma chosen on a tenth of the rows it learns from. Without `--data-dir` the images are
scikit-learn's digits. See `_images_methods.py` for what each row is.

--quick   400 digits, ResNet-8 teacher, seconds; ends with status 1 if something did
          not run, or a loss is not finite or not below that of guessing
--cpu     2,000 images, ResNet-8 teacher, minutes
--gpu     all images, ResNet-56 and ResNet-20, 10 folds, 100 epochs; needs CUDA
views     teachers' logits under augmentation: kept, asked for again, or fixed views
speed     the trainer against loops written by hand: time, memory, images a second
"""

import argparse
import csv
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from _common import announce, mean_error, print_table, verdict
from _images_data import load_images
from _images_methods import (
    CROSS_FIT,
    ENHANCED,
    KD,
    METHODS,
    ONLINE,
    Setting,
    one_seed,
    views_of_one_seed,
)
from _images_speed import memory_child, speed

from skdistill.nn import RandomCrop

COLUMNS = [
    "images",
    "seed",
    "teacher",
    "student",
    "method",
    "loss",
    "accuracy",
    "seconds",
    "note",
]
SETTINGS = {
    "quick": Setting(
        n_rows=400,
        n_test=400,
        teachers=("ResNet-8",),
        students=("CNN5",),
        epochs=6,
        n_folds=2,
        stages=3,
        strengths=(0.1,),
        lr=0.03,
        batch_size=16,
        augment=RandomCrop(2),
    ),
    "cpu": Setting(
        n_rows=2000,
        n_test=5000,
        teachers=("ResNet-8",),
        students=("CNN5", "ResNet-8"),
        epochs=15,
        n_folds=5,
        stages=15,
        strengths=(0.1, 0.3),
        batch_size=64,
    ),
    "gpu": Setting(
        n_rows=None,
        n_test=None,
        teachers=("ResNet-56", "ResNet-20"),
        students=("CNN5", "ResNet-8"),
        epochs=100,
        n_folds=10,
        stages=20,
        strengths=(1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
        device="cuda",
    ),
}


def measured(setting, images, seeds, experiment, runs_file):
    """Return all rows of an experiment; a seed's are added to the file when it ends."""
    rows = []
    for seed in seeds:
        part = images.subset(setting.n_rows, setting.n_test, seed)
        for found in experiment(setting, part, seed):
            rows.append((images.name, seed, *found))
            print(*rows[-1], sep=", ", file=sys.stderr, flush=True)
        if runs_file:
            _append(runs_file, [row for row in rows if row[1] == seed])
    return rows


def _append(path, rows):
    fresh = not Path(path).exists()
    with open(path, "a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(f"{v:.5g}" if isinstance(v, float) else v for v in row)


def read_runs(path):
    """Return the rows that were written before."""
    with open(path, newline="") as file:
        runs = list(csv.DictReader(file))
    return [
        (
            run["images"],
            int(run["seed"]),
            *(run[name] for name in COLUMNS[2:5]),
            *(float(run[name]) for name in COLUMNS[5:8]),
            run["note"],
        )
        for run in runs
    ]


def summarize(rows):
    """Print means over seeds with standard errors, in the order they were made."""
    groups = defaultdict(list)
    for _, _, teacher, student, method, *found, note in rows:
        label = f"{method}, {note}" if not student else method
        groups[teacher, student, label].append((*found, note))
    table = []
    for key, found in groups.items():
        losses, accuracies, seconds, notes = zip(*found, strict=True)
        table.append(
            (
                *key,
                mean_error(losses, 3),
                mean_error(accuracies, 3),
                f"{np.mean(seconds):.0f}",
                len(found),
                " ".join(sorted(set(notes))) if key[1] else "",
            )
        )
    header = ["teacher", "student", "method", "test loss, nats", "accuracy"]
    print_table([*header, "seconds", "seeds", "gamma"], table)


def differences(rows, pairs):
    """Print paired differences of test losses over seeds; below 0: the first wins."""
    losses = {row[1:5]: row[5] for row in rows}
    keys = sorted({row[2:4] for row in rows if row[2] and row[3]})
    table = []
    for teacher, student in keys:
        for first, second in pairs:
            found = [
                losses[s, teacher, student, first] - losses[s, teacher, student, second]
                for s in sorted({row[1] for row in rows})
                if (s, teacher, student, first) in losses
                and (s, teacher, student, second) in losses
            ]
            if found:
                name = f"{first} - {second}"
                table.append((teacher, student, name, mean_error(found, 3), len(found)))
    print_table(["teacher", "student", "test loss", "difference", "seeds"], table)
    return table


def ordered(table):
    """Whether a ResNet-56's students are ordered as the authors': .520 .529 .632."""
    found = [float(row[3].split()[0]) for row in table if row[0] == "ResNet-56"]
    holds = all(value <= 0 for value in found) if found else None
    if found:
        print("enhanced <= cross-fitted <= in sample:", verdict(holds), "\n")
    return holds is not False


def check(rows, wanted):
    """Refuse, naming it, what did not run or is no better than guessing."""
    missing = set(wanted) - {row[4] for row in rows}
    poor = [row for row in rows if not 0 <= row[5] < np.log(10)]
    if missing or poor:
        sys.exit(f"FAIL: not run {sorted(missing)}, loss not below log 10 {poor}")
    print("pass: all ran, with losses below that of guessing")


def run_quick(setting, images, args):
    """Run each part once, small."""
    rows = measured(setting, images, range(1), one_seed, args.runs)
    summarize(rows)
    views = measured(setting, images, range(1), views_of_one_seed, None)
    summarize(views)
    sources = {row[4] for row in views if row[3]}
    if len(sources) != 3:
        sys.exit(f"FAIL: three sources of logits must run, got {sorted(sources)}")
    check([*rows, *views], METHODS)


def run_methods(setting, images, args):
    """Measure all methods over seeds."""
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    if args.runs and Path(args.runs).exists():
        done = {row[1] for row in read_runs(args.runs)}
        seeds = [seed for seed in seeds if seed not in done]
    rows = measured(setting, images, seeds, one_seed, args.runs)
    rows = read_runs(args.runs) if args.runs else rows
    summarize(rows)
    pairs = [(CROSS_FIT, KD), (ENHANCED, CROSS_FIT)]
    table = differences(rows, [*pairs, (ONLINE, CROSS_FIT)])
    if not ordered([row for row in table if not row[2].startswith(ONLINE)]):
        sys.exit(1)


def run_views(setting, images, args):
    """Measure the sources of logits over seeds."""
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    rows = measured(setting, images, seeds, views_of_one_seed, args.runs)
    rows = read_runs(args.runs) if args.runs else rows
    summarize(rows)
    plain, asked, kept = list(dict.fromkeys(row[4] for row in rows if row[3]))
    differences(rows, [(asked, plain), (kept, plain), (kept, asked)])


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("methods", "views", "speed"))
    size = parser.add_mutually_exclusive_group()
    for name in SETTINGS:
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name)
    parser.add_argument("--data-dir", help="folder with CIFAR-10 (see _images_data.py)")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--runs", help="CSV file to which each row is added")
    parser.add_argument("--epochs", type=int, help="instead of the setting's")
    parser.add_argument("--no-augment", action="store_true", help="teachers overfit")
    parser.add_argument("--students", nargs="+", help="instead of the setting's")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7, help="of a time")
    parser.add_argument("--batch-size", type=int, default=128, help="of `speed`")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = read_arguments()
    if args.child:
        memory_child(*args.child)
        return
    if args.size == "gpu" and not torch.cuda.is_available():
        sys.exit("--gpu needs a CUDA device, and torch finds none. Use --cpu.")
    images = load_images(args.data_dir)
    if args.what == "speed":
        sys.exit(0 if speed(args, images) else 1)
    setting = SETTINGS[args.size or "cpu"]
    setting = replace(
        setting,
        epochs=args.epochs or setting.epochs,
        augment=None if args.no_augment else setting.augment,
        students=tuple(args.students or setting.students),
    )
    if setting.device == "cpu":
        torch.set_num_threads(args.threads[0])
    announce("torch", "skorch")
    if torch.cuda.is_available():
        print(torch.cuda.get_device_name(), torch.version.cuda, "\n")
    if args.size == "quick":
        run_quick(setting, images, args)
    elif args.what == "views":
        run_views(setting, images, args)
    else:
        run_methods(setting, images, args)


if __name__ == "__main__":
    main()
