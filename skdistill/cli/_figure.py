"""The comparison as a figure; the only module of the command that needs matplotlib."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

if TYPE_CHECKING:
    from skdistill.cli._demo import Result

# Okabe and Ito's colours, told apart by the colour-blind; the shapes serve print.
_STYLES = (
    ("o", "#000000"),
    ("s", "#56B4E9"),
    ("^", "#E69F00"),
    ("D", "#009E73"),
)
_TEACHER_COLOUR = "#CC79A7"
_LABELS = {"auc": "AUC", "accuracy": "accuracy"}


def draw_comparison(results: "Sequence[Result]", title: str, path: Path) -> None:
    """Draw AUC (or accuracy) and log-loss of every student beside the teacher's.

    Parameters
    ----------
    results : sequence of Result
        The teacher first, then the students, in the order of the table.
    title : str
        Heading of the figure.
    path : Path
        File to write; its suffix gives the format.
    """
    teacher, students = results[0], list(results[1:])
    names = list(dict.fromkeys(result.model for result in students))
    figure = Figure(figsize=(10, 1.6 + 1.0 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)  # needs no display, leaves the user's backend alone
    left, right = figure.subplots(1, 2, sharey=True)
    # Without test rows of every class there is no AUC.
    first = "accuracy" if isnan(teacher.measures.auc) else "auc"
    _draw_panel(left, students, names, first, getattr(teacher.measures, first))
    _draw_panel(right, students, names, "log_loss", teacher.measures.log_loss)
    left.set(xlabel=f"{_LABELS[first]} on test rows (higher is better)")
    right.set(xlabel="log-loss on test rows, nats (lower is better)")
    left.set_yticks(range(len(names)), [_tick(name, students) for name in names])
    left.set_ylim(len(names) - 0.5, -0.5)
    losses = [result.measures.log_loss for result in results]
    if max(losses) > 3 * min(losses) > 0:
        _use_log_scale(right, losses)
    figure.suptitle(title)
    handles, labels = left.get_legend_handles_labels()
    labels[-1] = f"teacher: {_size(teacher.measures)}"
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    figure.savefig(path, dpi=150)


def _draw_panel(
    axes: Any, students: "list[Result]", names: list[str], measure: str, teacher: float
) -> None:
    methods = list(dict.fromkeys(result.method for result in students))
    for k, (method, style) in enumerate(zip(methods, _STYLES, strict=True)):
        mine = [result for result in students if result.method == method]
        # A small step down for each method: equal values would hide one another.
        axes.scatter(
            [getattr(result.measures, measure) for result in mine],
            [names.index(r.model) + 0.16 * (k - 1.5) for r in mine],
            marker=style[0],
            color=style[1],
            edgecolors="black",
            linewidths=0.6,
            s=55,
            label=method,
            zorder=3,
        )
    axes.axvline(teacher, color=_TEACHER_COLOUR, ls="--", lw=2, label="teacher")
    axes.grid(axis="x", color="0.85", zorder=0)
    for row in range(len(names) - 1):
        axes.axhline(row + 0.5, color="0.7", lw=0.8)


def _tick(name: str, students: "list[Result]") -> str:
    """Name of a student with its size and speed when distilled."""
    last = [result for result in students if result.model == name][-1]
    return f"{name}\n{_size(last.measures)}"


def _size(measures: Any) -> str:
    time = measures.microseconds_per_row
    digits = f"{time:.2g}" if time < 10 else f"{time:,.0f}"
    return f"{measures.n_bytes / 1000:,.0f} kB, {digits} µs/row"


def _use_log_scale(axes: Any, losses: list[float]) -> None:
    axes.set_xscale("log")
    ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20]
    low, high = min(losses) / 1.15, max(losses) * 1.15
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
