"""The command ``skdistill``: read the arguments, run, answer with an exit code.

Only the standard library is imported here, so that ``--help`` and a mistyped option
answer at once; each subcommand imports what it needs when it runs.
"""

import importlib
import sys
from collections.abc import Sequence

from skdistill import __version__
from skdistill.cli._parser import build_parser
from skdistill.cli._pipes import mute

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
        0 if all went well; 1 if something unforeseen failed; 2 for wrong usage or
        unusable input, said in one line on stderr; 3 if no student is within the
        budget; 4 if distilling is not advised and ``--strict`` was given; 130 if
        interrupted; 141 if nobody reads the progress any more.

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
    except BrokenPipeError:
        return _after_a_closed_pipe(arguments.command)
    except Exception as error:
        asked = getattr(arguments, "traceback", None)
        if asked or (asked is None and not isinstance(error, OSError)):
            raise
        return _give_up(arguments.command, error, can_ask=asked is not None)


def _after_a_closed_pipe(command: str) -> int:
    if command in ("distill", "report"):
        # They tell what they found at their end: it was their progress that nobody
        # reads, and the work was stopped half-way. A shell calls SIGPIPE 128 + 13.
        mute(sys.stderr)
        return 141
    mute(sys.stdout)  # `skdistill models | head -1`: enough was read
    return 0


def _give_up(command: str, error: Exception, *, can_ask: bool) -> int:
    """Say in one line what nobody foresaw: a full disk, a bug, a model that fails."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    where = " (--traceback shows where)" if can_ask else ""
    print(f"skdistill {command}: error: {said}{where}", file=sys.stderr)
    if isinstance(error, OSError):
        mute(sys.stdout)  # it may be what is full, and Python flushes it at exit
    return 1
