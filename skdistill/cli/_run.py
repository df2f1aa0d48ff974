"""``skdistill demo``: check, load, run, print, draw."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skdistill.cli._demo import Result, run_demo
from skdistill.cli._outputs import check_name
from skdistill.cli._problem import Problem, load_problem
from skdistill.cli._progress import Progress
from skdistill.cli._table import format_table
from skdistill.cli._verdict import format_verdict
from skdistill.exceptions import MissingDependencyError

_FIGURE = Path("skdistill-demo.png")
_FIGURE_SUFFIXES = (".png", ".pdf", ".svg")
_Draw = Callable[[list[Result], str, Path], None]


def run(arguments: argparse.Namespace) -> int:
    """Run the demo with parsed arguments.

    Parameters
    ----------
    arguments : argparse.Namespace
        As the parser of `skdistill.cli` makes it.

    Returns
    -------
    int
        The exit code: 0, or 2 for unusable input (one line on stderr).
    """
    progress = Progress(quiet=arguments.quiet)
    try:
        _check(arguments)
        draw = None if arguments.no_figure else _import_figure(arguments, progress)
        progress.step("reading the data")
        problem = load_problem(arguments.data, arguments.target, seed=arguments.seed)
    except (ValueError, TypeError, MissingDependencyError) as error:
        # Only what the user gave can fail up to here; a later error is a bug of
        # ours, whose traceback must not be hidden.
        print(f"skdistill demo: error: {_in_one_line(error)}", file=sys.stderr)
        return 2
    _report(problem, arguments, draw, progress)
    return 0


def _in_one_line(error: Exception) -> str:
    """Name the options where the message names the parameters of `read_table`."""
    text = " ".join(str(error).split())
    return text.replace("`path`", "`--data`").replace("`target`", "`--target`")


def _check(arguments: argparse.Namespace) -> None:
    """Refuse now what could otherwise only fail after minutes of fitting."""
    if (arguments.data is None) != (arguments.target is None):
        given = "data" if arguments.target is None else "target"
        raise ValueError(
            f"`--data` and `--target` must be given together, got only `--{given}`."
        )
    if arguments.figure is not None:
        check_name(arguments.figure, "--figure", _FIGURE_SUFFIXES)


def _import_figure(arguments: argparse.Namespace, progress: Progress) -> _Draw | None:
    """Return the drawing function; None, with a note, if matplotlib is missing.

    A figure asked for by name is an error without matplotlib; the default one is not.
    """
    try:
        from skdistill.cli._figure import draw_comparison  # noqa: PLC0415
    except ImportError as error:
        message = (
            "The figure needs matplotlib, which is not installed. Install it with: "
            'pip install "skdistill[plot]"'
        )
        if arguments.figure is not None:
            raise MissingDependencyError(message) from error
        progress.step(f"no figure: {message}")
        return None
    return draw_comparison


def _report(
    problem: Problem, arguments: Any, draw: _Draw | None, progress: Progress
) -> None:
    print(problem.describe())
    for note in problem.notes:
        print(f"Note: {note}.")
    with progress.warnings_as_notes():
        results = list(
            run_demo(
                problem,
                n_trees=arguments.teacher_trees,
                seed=arguments.seed,
                n_jobs=arguments.n_jobs,
                say=progress,
            )
        )
    print(f"\n{format_table(results)}\n")
    print(
        "The teacher's out-of-fold probabilities were made once, by five fits, and "
        "served all students; more fits, on parts of the rows, judged them.\n"
    )
    print(format_verdict(results))
    if draw is not None:
        path = arguments.figure or _FIGURE
        progress.step("drawing the figure")
        draw(results, problem.title, path)
        print(f"\nFigure: {path}")
    print(f"Time: {progress.elapsed():.0f} s")
