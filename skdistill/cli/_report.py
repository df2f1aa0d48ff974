"""``skdistill report``: the page for a saved distiller and other rows."""

import argparse
import json
from pathlib import Path
from typing import Any

import joblib

from skdistill.cli._errors import DONE, WRONG_INPUT, refuse
from skdistill.cli._inputs import HEAD, read, select_columns
from skdistill.cli._outputs import check_outputs, write
from skdistill.cli._pipes import tell
from skdistill.cli._progress import Progress
from skdistill.cli._summary import headline, report_as_json

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> int:
    """Load, read, compare, write.

    Parameters
    ----------
    arguments : argparse.Namespace
        As the parser of `skdistill.cli` makes it.

    Returns
    -------
    int
        The exit code, see `skdistill.cli._errors`.
    """
    say = Progress(quiet=arguments.quiet, bar=False)
    try:
        with say.warnings_as_notes():
            return _run(arguments, say)
    except BrokenPipeError:  # an OSError, and nobody's input
        raise
    except WRONG_INPUT as error:
        if arguments.traceback:
            raise
        return refuse(arguments.command, error)


def _run(arguments: argparse.Namespace, say: Progress) -> int:
    check_outputs(arguments)
    say.step(f"loading {arguments.distiller.name}")
    distiller = _load(arguments.distiller)
    say.step(f"reading {arguments.data.name}")
    X, y = read(arguments.data, arguments, "DATA")
    # A distiller that was saved from Python has no head, and looks for itself.
    head = getattr(distiller, HEAD, None)
    X = X if head is None else select_columns(X, head, "DATA")
    say.step(f"comparing on {len(y)} rows")
    report = distiller.report(X, y, random_state=arguments.seed)
    write(arguments.out, report.save)
    if arguments.json:
        found = {"data": arguments.data.name, "n_rows": len(y)}
        written = {"report": str(arguments.out)}
        tell(
            json.dumps({**found, "report": report_as_json(report), "written": written})
        )
    else:
        tell(f"{headline(report)}\n{report}\n\nreport: {arguments.out}")
    return DONE


def _load(path: Path) -> Any:
    if not path.is_file():
        raise ValueError(f"`DISTILLER` must name an existing file, got {str(path)!r}.")
    try:
        distiller = joblib.load(path)
    except Exception as error:  # a pickle can fail in any way
        raise ValueError(
            f"`DISTILLER` must be a file of joblib, got {str(path)!r} "
            f"({type(error).__name__}: {error})."
        ) from error
    if not hasattr(distiller, "baseline_student"):
        raise ValueError(
            "`DISTILLER` must be what --save-distiller wrote, got "
            f"{type(distiller).__name__} in {path.name}."
        )
    return distiller
