"""Tables of ``peers.py``."""

import numpy as np
import pandas as pd
from _common import announce, mean_error, print_table

BASE = "skdistill"


def read(path):
    """Return the results; a set and seed must have been split alike everywhere."""
    results = pd.read_csv(path, dtype={"split": str}).fillna({"student": ""})
    splits = results.groupby(["set", "seed"])["split"].nunique()
    if (splits > 1).any():
        raise ValueError(f"{path} mixes splits: {splits[splits > 1].index.tolist()}.")
    return results


def report(path):
    results = read(path)
    announce()
    for teacher, part in results.groupby("teacher", sort=False):
        print(f"Teacher: {teacher}\n")
        teachers(part[part["student"] == ""])
        for student in part["student"].unique():
            if student:
                print(f"Student: {student}\n")
                losses(part[part["student"] == student])
                summary(part[part["student"] == student])


def teachers(part):
    """Log-loss of the teachers."""
    cells(part, "log-loss of teachers", lambda one, name: mean_error(one["log_loss"]))


def cells(part, title, cell):
    sets = list(part["set"].unique())
    rows = []
    for method in part["method"].unique():
        row = [method]
        for name in sets:
            one = part[(part["set"] == name) & (part["method"] == method)]
            row.append(cell(one, name) if len(one) else "")
        rows.append(row)
    print_table((title, *sets), rows)


def losses(part):
    """Log-loss of the default, and what the others have more."""
    base = part[part["method"] == BASE].set_index(["set", "seed"])["log_loss"]

    def cell(one, _):
        if one["method"].iloc[0] == BASE:
            return mean_error(one["log_loss"])
        difference = one.set_index(["set", "seed"])["log_loss"] - base
        return signed(difference.dropna())

    cells(in_order(part), "log-loss", cell)


def signed(values):
    text = mean_error(values)
    return text if text.startswith("-") else f"+{text}"


def in_order(part):
    """Return the lines of the default before the others."""
    return part.sort_values("method", key=lambda names: names != BASE, kind="stable")


def summary(part):
    """Means over the sets a method was run on, against the default on the same."""
    index = ["set", "seed"]
    base = part[part["method"] == BASE].set_index(index)
    rows = []
    for method in in_order(part)["method"].unique():
        one = part[part["method"] == method].set_index(index)
        ours = base.reindex(one.index)
        more = (one["log_loss"] - ours["log_loss"]).groupby("set").agg(["mean", "sem"])
        clear = more["mean"].abs() > 2 * more["sem"]
        better, worse = (
            int((clear & side).sum()) for side in (more["mean"] < 0, more["mean"] > 0)
        )
        accuracy = 100 * (one["accuracy"] - ours["accuracy"]).groupby("set").mean()
        auc = (one["auc"] - ours["auc"]).groupby("set").mean().dropna()
        rows.append(
            (
                method,
                f"{better} / {len(more) - better - worse} / {worse}",
                f"{accuracy.mean():+.2f}",
                f"{auc.mean():+.4f}" if len(auc) else "",
                int(one["zeros"].astype(int).sum()),
                f"{np.exp(np.log(one['seconds'] / ours['seconds']).mean()):.3f}",
                f"{np.exp(np.log(one['us_row'] / ours['us_row']).mean()):.2f}",
            )
        )
    header = ("against skdistill", "sets better / even / worse", "accuracy, points")
    print_table((*header, "AUC", "zeros", "time of fit", "time a row"), rows)
