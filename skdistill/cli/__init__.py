"""The command ``skdistill``: read the arguments, run, answer with an exit code.

Only the standard library is imported here, so that ``--help`` and a mistyped option
answer at once; each subcommand imports what it needs when it runs.
"""

import importlib
import os
import sys
from collections.abc import Sequence

from skdistill import __version__
from skdistill.cli._parser import build_parser

__all__ = ["main"]

#: Where each subcommand's ``run(arguments)`` is.
_ROOMS = {
    "demo": "skdistill.cli._run",
    "distill": "skdistill.cli._distill",
    "report": "skdistill.cli._report",
    "models": "skdistill.cli._list",
    "completion": "skdistill.cli._completion",
}


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
        stderr; 3 if no student is within the budget; 4 if distilling is not advised
        and ``--strict`` was given; 130 if interrupted.

    Examples
    --------
    >>> from skdistill.cli import main
    >>> main(["--version"])  # doctest: +ELLIPSIS
    skdistill ...
    0
    """
    try:
        arguments = build_parser(__version__).parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        # Imported here: scikit-learn takes a second, which --help should not cost.
        room = importlib.import_module(_ROOMS[arguments.command])
        code = int(room.run(arguments))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:  # while importing or reading, too
        print(f"skdistill {arguments.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `skdistill models | head -1`: enough was read
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
