"""Figures of paper1.py: the authors' two, with prob and log scale apart."""

import matplotlib as mpl
import numpy as np
from _paper1_report import NAMES
from _paper1_results import DEPTH_SWEEP, SIZE_SWEEP, ours

mpl.use("Agg")
import matplotlib.pyplot as plt

# Method, fold handling and colour of a line, as in the authors' figures.
LINES = (
    ("Student without KD", "scratch_regressor", "crossfit", "#1f4fbf"),
    ("KD student", "kd_mse", "none", "#19b0c4"),
    ("Cross-fit KD student", "kd_mse", "crossfit", "#2a8a3a"),
    ("Enhanced KD student", "kd_boundfast", "crossfit", "#d62728"),
    ("Teacher", "teacher", "none", "#b04fc4"),
)
SCALES = {"p": "prob scale", "logp": "log scale"}
TITLES = {"magic": "MAGIC", "adult": "Adult", "fico": "FICO"}
X_NAMES = {SIZE_SWEEP: "Student's number of trees", DEPTH_SWEEP: "Teacher's depth"}


def draw(results, path):
    """Write one figure a sweep, ``<path>_sizes.png`` and ``<path>_depths.png``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aucs = results.aucs()
    for experiment, suffix in ((SIZE_SWEEP, "sizes"), (DEPTH_SWEEP, "depths")):
        datasets = [
            name
            for name in TITLES
            if any(key[:2] == (experiment, name) for key in aucs)
        ]
        if datasets:
            figure = _sweep(results.official, aucs, experiment, datasets)
            figure.savefig(path.with_name(f"{path.stem}_{suffix}.png"), dpi=78)
            plt.close(figure)


def _sweep(official, aucs, experiment, datasets):
    figure, panels = plt.subplots(
        len(SCALES),
        len(datasets),
        figsize=(4 * len(datasets) + 0.4, 6.9),
        squeeze=False,
        sharex=True,
        sharey="col",
    )
    xs = sorted({key[4] for key in aucs if key[0] == experiment and key[4] != ""})
    for row, scale in enumerate(SCALES):
        for column, dataset in enumerate(datasets):
            axes = panels[row, column]
            for line in LINES:
                _line(axes, official, aucs, (experiment, dataset, scale), xs, line)
            axes.set_title(f"{TITLES[dataset]}, {SCALES[scale]}", fontsize=11)
            axes.grid(color="0.92")
            axes.set_axisbelow(True)
            axes.set_xticks(xs)
            if experiment == SIZE_SWEEP:
                # 1, 2, 3 and 5 are too close on a linear axis for labels of their own.
                axes.set_xticks([1, 5, 10, 15, 20, 30, 40])
            if row:
                axes.set_xlabel(X_NAMES[experiment])
            if not column:
                axes.set_ylabel("Test AUC")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    handles.append(
        plt.Line2D([], [], color="0.4", ls=":", marker="o", mfc="none", ms=4)
    )
    figure.legend(
        handles,
        [*labels, "official, where there is a number"],
        loc="lower center",
        ncol=3,
        frameon=False,
    )
    figure.suptitle(f"{NAMES[experiment].capitalize()}: ours and official", y=0.985)
    figure.tight_layout(rect=(0, 0.075, 1, 1))
    return figure


def _line(axes, official, aucs, panel, xs, line):
    """Ours as a line with a band of one standard error, theirs as hollow circles."""
    label, method, split, color = line
    here, theirs = [], []
    for x in xs:
        where = _where(official, panel, split, x, method)
        values = ours(aucs, where)
        error = np.std(values) / np.sqrt(max(len(values), 1)) if values else np.nan
        here.append((np.mean(values) if values else np.nan, error))
        theirs.append(official[where].mean if where in official else np.nan)
    mean, error = np.transpose(here)
    style = "--" if method == "teacher" else "-"
    # The enhanced student is often on top of the cross-fit one: leave it an edge.
    width = 3 if (method, split) == ("kd_mse", "crossfit") else 1.5
    axes.plot(xs, mean, style, color=color, label=label, lw=width)
    axes.fill_between(xs, mean - error, mean + error, color=color, alpha=0.15, lw=0)
    axes.plot(xs, theirs, ":", marker="o", mfc="none", ms=4, color=color, lw=0.9)


def _where(official, panel, split, x, method):
    """Key of a cell; methods without an x of their own are level lines.

    Labels and teachers know no scale: where the file of this scale lacks them, the
    number is that of the other file.
    """
    experiment, dataset, scale = panel
    level = (method == "teacher") == (experiment == SIZE_SWEEP)
    if method in {"teacher", "scratch_regressor"} and level:
        x = ""
    where = (experiment, dataset, scale, split, x, method)
    if where in official or method.startswith("kd"):
        return where
    return next(
        (
            key
            for key in official
            if (key[0], key[1], key[4], key[5]) == (experiment, dataset, x, method)
            and (method != "teacher" or key[3] == split)
        ),
        where,
    )
