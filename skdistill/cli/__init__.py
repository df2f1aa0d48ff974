"""The command ``skdistill``: read the arguments, run, answer with an exit code.

Only the standard library is imported here, so that ``--help`` and a mistyped option
answer at once; each subcommand imports what it needs when it runs.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from skdistill import __version__

__all__ = ["main"]


class _Parser(argparse.ArgumentParser):
    """Report wrong usage in one line; argparse prints the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        The arguments after the program's name; None means ``sys.argv[1:]``.

    Returns
    -------
    int
        0 if all went well; 2 for wrong usage or unusable input, said in one line on
        stderr; 130 if interrupted.

    Examples
    --------
    >>> from skdistill.cli import main
    >>> main(["--version"])  # doctest: +ELLIPSIS
    skdistill ...
    0
    """
    try:
        arguments = _build_parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        # Imported here: scikit-learn takes a second, which --help should not cost.
        from skdistill.cli._run import run  # noqa: PLC0415

        return run(arguments)
    except KeyboardInterrupt:  # while importing or reading, too
        print(f"skdistill {arguments.command}: interrupted", file=sys.stderr)
        return 130


def _integer(lowest: int, *, zero: bool = True) -> Callable[[str], int]:
    """Return an argparse type: an integer not below `lowest`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = lowest - 1
        if value < lowest or (value == 0 and not zero):
            besides = "" if zero else " other than 0"
            raise argparse.ArgumentTypeError(
                f"must be an integer of at least {lowest}{besides}, got {text!r}"
            )
        return value

    return parse


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="skdistill", description="Knowledge distillation.")
    parser.add_argument(
        "--version", action="version", version=f"skdistill {__version__}"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="distil a random forest into three small students and compare",
        description="Fit a random forest, distil it into a small tree, a forest of "
        "five trees and a logistic regression, and compare each with the same "
        "student trained on labels. Without --data it runs on the MAGIC gamma "
        "telescope data, which are part of the package.",
    )
    add = demo.add_argument
    add("--data", type=Path, metavar="FILE", help="your CSV or Parquet file")
    add("--target", metavar="COLUMN", help="its column with the class labels")
    add("--teacher-trees", type=_integer(1), default=500, metavar="N",
        help="trees of the teacher (default: %(default)s)")  # fmt: skip
    add("--seed", type=_integer(0), default=0, metavar="N",
        help="seed of the split and of every model (default: %(default)s)")  # fmt: skip
    add("--n-jobs", type=_integer(-1, zero=False), default=-1, metavar="N",
        help="cores to use; -1, the default, means all")  # fmt: skip
    figure = demo.add_mutually_exclusive_group()
    figure.add_argument("--figure", type=Path, metavar="PATH",
        help="where to draw the comparison (default: skdistill-demo.png)")  # fmt: skip
    figure.add_argument("--no-figure", action="store_true", help="draw nothing")
    add("--quiet", action="store_true", help="no progress on stderr")
    return parser
