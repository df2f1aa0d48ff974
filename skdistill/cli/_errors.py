"""Exit codes, and the one line that an error is."""

import sys

from skdistill.exceptions import MissingDependencyError

__all__ = [
    "DONE",
    "NOT_ADVISED",
    "NOT_IN_BUDGET",
    "USAGE",
    "WRONG_INPUT",
    "refuse",
]

#: Exit codes, as docs/guide/command_line.md has them.
DONE, USAGE, NOT_IN_BUDGET, NOT_ADVISED = 0, 2, 3, 4

#: What wrong input raises; anything else is a bug of ours, and keeps its traceback.
WRONG_INPUT = (ValueError, TypeError, OSError, MissingDependencyError)


def refuse(command: str, error: object, code: int = USAGE) -> int:
    """Print an error in one line on stderr.

    Parameters
    ----------
    command : str
        The subcommand.
    error : object
        What is said; its line breaks become blanks.
    code : int, default=2

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> from skdistill.cli._errors import refuse
    >>> refuse("distill", ValueError("no"))
    2
    """
    text = " ".join(str(error).split())
    print(f"skdistill {command}: error: {text}", file=sys.stderr)
    return code
