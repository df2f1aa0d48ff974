"""Results of paper1.py: the file of runs and the verdict on every cell."""

import csv
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

FLOOR = 0.004
RUN_COLUMNS = (
    "part", "experiment", "dataset", "scale", "split", "x", "method", "repeat", "auc",
    "value",
)  # fmt: skip
CELL_COLUMNS = (
    "experiment", "dataset", "scale", "split", "x", "method", "n_runs", "mean", "std",
    "value", "official_n_runs", "official_mean", "official_std", "official_value",
    "difference", "tolerance", "verdict",
)  # fmt: skip
SIZE_SWEEP, DEPTH_SWEEP = "tabular_student_trees", "vary_teacher_max_depth"
DEFAULTS = ("default", "default_clf", "default_both")


@dataclass(frozen=True)
class Official:
    """One cell of the authors' result files; the standard deviation has ddof 0."""

    n_runs: int
    mean: float
    std: float
    value: float | None


def read_official(path):
    """Return the official cells by (experiment, dataset, scale, split, x, method)."""
    cells = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            x = int(float(row["x"])) if row["x"] else ""
            where = (row["experiment"], row["dataset"], row["scale"], row["split"], x)
            value = row["chosen_hyperparameter"]
            cells[*where, row["method"]] = Official(
                int(row["n_runs"]),
                float(row["mean"]),
                float(row["std"]),
                float(value.partition("=")[2]) if value else None,
            )
    return cells


class Results:
    """Runs so far, in memory and (if there is a file) on disk."""

    def __init__(self, official, path=None, *, resume=False):
        self.official = official
        self.official_values = {
            where: cell.value
            for where, cell in official.items()
            if cell.value is not None
        }
        self.path = path
        self.rows = []
        self.values = {}
        if path is not None:
            if resume and path.exists():
                with path.open(newline="") as file:
                    self._keep([_read(row) for row in csv.DictReader(file)])
            elif path.exists():
                raise FileExistsError(f"{path} is there: --resume continues it.")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("w", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerow(RUN_COLUMNS)

    def has(self, part, dataset, repeat):
        return (part, dataset, repeat) in {
            (row[0], row[2], row[7]) for row in self.rows if row[6] != "teacher"
        }

    def add(self, part, rows):
        rows = [(part, *row) for row in rows]
        self._keep(rows)
        if self.path is not None:
            with self.path.open("a", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([*row[:8], f"{row[8]:.6f}", row[9]] for row in rows)

    def _keep(self, rows):
        self.rows.extend(rows)
        for row in rows:
            if isinstance(row[9], float):
                self.values[row[1:7]] = row[9]

    def aucs(self):
        """AUCs by (experiment, dataset, scale, split, x, method)."""
        found = defaultdict(list)
        for row in self.rows:
            found[row[1:7]].append(row[8])
        return found


def _read(row):
    value = row["value"]
    if value and " " not in value:
        value = float(value)
    x = int(row["x"]) if row["x"] else ""
    return (
        row["part"], row["experiment"], row["dataset"], row["scale"], row["split"], x,
        row["method"], int(row["repeat"]), float(row["auc"]), value,
    )  # fmt: skip


def ours(aucs, where):
    """AUCs of a cell: those from scratch know no teacher, a teacher knows no scale."""
    experiment, dataset, scale, split, x, method = where
    if method.startswith("scratch") or method in DEFAULTS:
        scale, split = "", ""
    elif method == "teacher":
        scale = ""
    return aucs.get((experiment, dataset, scale, split, x, method), [])


def judge(values, official):
    """Return difference, tolerance and verdict of a cell."""
    difference = float(np.mean(values)) - official.mean
    squares = official.std**2 / (official.n_runs - 1)
    if len(values) > 1:
        squares += np.var(values, ddof=1) / len(values)
    tolerance = max(FLOOR, 2 * float(np.sqrt(squares)))
    if difference < -tolerance:
        return difference, tolerance, "FAIL"
    return difference, tolerance, "better" if difference > tolerance else "within"


def cells(results):
    """One row a cell, official or not, as in CELL_COLUMNS."""
    aucs = results.aucs()
    spread = {
        (*where[:2], *pair, *where[4:])
        for where in aucs
        for pair in (
            [where[2:4]] if where[2] or where[5] in DEFAULTS else _pairs(results, where)
        )
    }
    rows = []
    for where in sorted(
        spread, key=lambda w: (w[0], w[1], w[5], w[2], w[3], w[4] or 0)
    ):
        values = ours(aucs, where)
        row = [*where, len(values), f"{np.mean(values):.5f}", f"{np.std(values):.5f}"]
        row.append(results.values.get(where, ""))
        cell = results.official.get(where)
        if cell is None:
            row += [""] * 7
        else:
            difference, tolerance, verdict = judge(values, cell)
            value = "" if cell.value is None else cell.value
            row += [cell.n_runs, f"{cell.mean:.5f}", f"{cell.std:.5f}", value]
            row += [f"{difference:.5f}", f"{tolerance:.5f}", verdict]
        rows.append(row)
    return rows


def _pairs(results, where):
    """(scale, split) of the official cells that one of ours without them answers to."""
    experiment, dataset, _, split, x, method = where
    return [
        key[2:4]
        for key in results.official
        if (key[0], key[1], key[4], key[5]) == (experiment, dataset, x, method)
        and split in ("", key[3])
    ]
