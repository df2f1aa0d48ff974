"""The parser of the command line; the standard library only."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Parser", "build_parser", "integer"]

_Subparsers = Any


class Parser(argparse.ArgumentParser):
    """Report wrong usage in one line; argparse prints the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        """Leave with code 2."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def build_parser(version: str) -> Parser:
    """Return the parser with all subcommands.

    Parameters
    ----------
    version : str
        What ``--version`` says.

    Returns
    -------
    Parser
    """
    from skdistill.cli import _options  # noqa: PLC0415

    parser = Parser(
        prog="skdistill",
        description="Knowledge distillation: train the big model, ship the small one.",
        epilog="exit codes: 0 done; 2 wrong usage or unusable input; 3 no student "
        "within the budget; 4 distilling is not advised (--strict); 130 interrupted; "
        "141 nobody reads the progress; 1 all else",
    )
    parser.add_argument("--version", action="version", version=f"skdistill {version}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for add in (
        _options.add_distill,
        _options.add_report,
        _options.add_models,
        _options.add_demo,
        _options.add_completion,
    ):
        add(commands)
    return parser


def integer(lowest: int, *, zero: bool = True) -> Callable[[str], int]:
    """Return an argparse type: an integer not below `lowest`.

    Parameters
    ----------
    lowest : int
    zero : bool, default=True
        Whether 0 will do.

    Returns
    -------
    callable
    """

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


def number(text: str, *, below: float = math.inf) -> float:
    """Parse a number in (0, `below`).

    Parameters
    ----------
    text : str
    below : float, default=inf

    Returns
    -------
    float

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < below:
        upper = "" if math.isinf(below) else f" and below {below:g}"
        raise argparse.ArgumentTypeError(
            f"must be a number above 0{upper}, got {text!r}"
        )
    return value


def share(text: str) -> float:
    """Parse a number in (0, 1)."""
    return number(text, below=1.0)


def folds(text: str) -> int | str:
    """Parse a number of folds, or "oob"."""
    return "oob" if text == "oob" else integer(2)(text)


def file_path(text: str) -> Path:
    """Parse a path, ``~`` being the home folder."""
    return Path(text).expanduser()
