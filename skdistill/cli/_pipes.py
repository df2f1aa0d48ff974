"""Output whose reader has gone, as in ``skdistill models | head -1``."""

import os
import sys
from typing import TextIO

__all__ = ["mute", "tell"]


def tell(text: str) -> None:
    """Print what a run has found, after its files are written.

    A reader who has gone changes nothing: the exit code is still the run's.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> from skdistill.cli._pipes import tell
    >>> tell("Distilling helped.")
    Distilling helped.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        mute(sys.stdout)


def mute(stream: TextIO) -> None:
    """Send a stream nowhere, so that Python's flush at exit cannot fail.

    Parameters
    ----------
    stream : TextIO
        Standard output or error.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
