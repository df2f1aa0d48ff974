"""Tables of paper1.py: how many cells pass, key methods, the defaults."""

import csv
from collections import Counter, defaultdict

import numpy as np
from _common import print_table
from _paper1_results import (
    CELL_COLUMNS,
    DEFAULTS,
    DEPTH_SWEEP,
    SIZE_SWEEP,
    cells,
    ours,
)

NAMES = {SIZE_SWEEP: "student size", DEPTH_SWEEP: "teacher depth"}


def print_report(results, path=None):
    """Print the tables, write the cells to `path`; return whether a cell failed."""
    rows = cells(results)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([CELL_COLUMNS, *rows])
    failed = _print_verdicts(rows)
    aucs = results.aucs()
    _print_methods(results, aucs, SIZE_SWEEP, (1, 10, 40), SIZE_COLUMNS)
    _print_methods(results, aucs, DEPTH_SWEEP, (1, 5, 20), DEPTH_COLUMNS)
    _print_defaults(results, aucs)
    return failed


def _print_verdicts(rows):
    groups = defaultdict(list)
    for row in rows:
        if row[-1]:
            groups[row[0], row[1]].append(row)
    table = []
    for (experiment, dataset), group in groups.items():
        count = Counter(row[-1] for row in group)
        worst = min(group, key=lambda row: float(row[14]) / float(row[15]))
        repeats = max(row[6] for row in group if row[5] != "teacher")
        counts = [count[word] for word in ("within", "better", "FAIL")]
        words = f"{name_of(worst)}: {float(worst[7]):.4f} for {float(worst[11]):.4f}"
        sweep = NAMES[experiment]
        table.append((sweep, dataset, repeats, len(group), *counts, words))
    header = ("sweep", "data", "repeats", "cells", "within", "better", "FAIL", "worst")
    print_table(header, table)
    return any(row[-1] == "FAIL" for row in rows)


def name_of(row):
    experiment, _, scale, split, x, method = row[:6]
    words = [method]
    if not method.startswith("scratch"):
        words += ["in sample" if split == "none" else "cross-fitted"]
        words += [] if method == "teacher" else [scale]
    if x != "":
        words.append(f"{x} tree(s)" if experiment == SIZE_SWEEP else f"depth {x}")
    return ", ".join(words)


SIZE_COLUMNS = (
    ("scratch clf", "scratch_classifier", "p", "crossfit"),
    ("scratch reg", "scratch_regressor", "p", "crossfit"),
    ("KD none, p", "kd_mse", "p", "none"),
    ("KD none, logp", "kd_mse", "logp", "none"),
    ("KD CF, p", "kd_mse", "p", "crossfit"),
    ("KD CF, logp", "kd_mse", "logp", "crossfit"),
    ("CF fast, p", "kd_boundfast", "p", "crossfit"),
    ("CF slow, p", "kd_boundslow", "p", "crossfit"),
    ("CF mixed, p", "kd_mixed", "p", "crossfit"),
)
#: A default has to lose no more than this, and to win this in a third of the cells.
TOLERATED, BETTER = 0.001, 0.002
DEPTH_COLUMNS = (
    ("teacher", "teacher", "p", "none"),
    ("KD none, p", "kd_mse", "p", "none"),
    ("KD CF, p", "kd_mse", "p", "crossfit"),
    ("fast none, p", "kd_boundfast", "p", "none"),
    ("fast CF, p", "kd_boundfast", "p", "crossfit"),
    ("fast CF, logp", "kd_boundfast", "logp", "crossfit"),
    ("ortho CF, logp", "kd_ortholoss", "logp", "crossfit"),
)


def _print_methods(results, aucs, experiment, xs, columns):
    """Key methods, each cell ours (official)."""
    datasets = dict.fromkeys(key[1] for key in aucs if key[0] == experiment)
    rows = []
    for dataset in datasets:
        for x in xs:
            row = [dataset, x]
            for _, method, scale, split in columns:
                where = (experiment, dataset, scale, split, x, method)
                values = ours(aucs, where)
                text = f"{np.mean(values):.3f}".lstrip("0") if values else ""
                if values and where in results.official:
                    text += f" ({results.official[where].mean:.3f})".replace("0.", ".")
                row.append(text)
            rows.append(row)
    if rows:
        x_name = "trees" if experiment == SIZE_SWEEP else "depth"
        print_table(("AUC, ours (official)", x_name, *(c[0] for c in columns)), rows)


def _print_defaults(results, aucs):
    """Defaults beside the best of the methods with official numbers, as found here."""
    rows, gains = [], {method: [] for method in DEFAULTS}
    found = [key for key in aucs if key[5] in DEFAULTS]
    for dataset, x in dict.fromkeys((key[1], key[4]) for key in found):
        official = _distilled(results.official, dataset, x)
        rivals = {where: np.mean(ours(aucs, where)) for where in official}
        best = max(rivals, key=rivals.get)
        published = max(results.official[where].mean for where in official)
        row = [dataset, x, f"{rivals[best]:.4f} {_short(best)}", f"{published:.4f}"]
        for method in DEFAULTS:
            values = aucs.get((SIZE_SWEEP, dataset, "", "", x, method), [])
            gain = np.mean(values) - rivals[best]
            gains[method].append(gain)
            row.append(f"{np.mean(values):.4f} ({gain:+.4f})")
        rows.append(row)
    if not rows:
        return
    header = ("data", "trees", "best official method, here", "published", *DEFAULTS)
    print_table(header, rows)
    for method, differences in gains.items():
        values = np.array(differences)
        print(
            f"{method}: {(values >= -TOLERATED).sum()} of {len(values)} cells at least "
            f"as good (tolerance {TOLERATED}), {(values >= BETTER).sum()} better by "
            f"{BETTER} or more, mean {values.mean():+.4f}  "
        )
    print()


def _distilled(keys, dataset, x):
    """Cells of one data set and size that compete: all but teacher and defaults."""
    return [
        key
        for key in keys
        if (key[0], key[1], key[4]) == (SIZE_SWEEP, dataset, x)
        and key[5] != "teacher"
        and key[5] not in DEFAULTS
    ]


def _short(where):
    _, _, scale, split, _, method = where
    split = {"none": "in sample", "crossfit": "cross-fitted", "": ""}[split]
    words = [method] if method.startswith("scratch") else [method, split, scale]
    return f"({', '.join(words)})"
