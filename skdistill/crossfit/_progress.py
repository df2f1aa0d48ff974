"""How far the teachers are: told to a listener, and printed for who asked."""

import sys
import time
from collections.abc import Callable

from skdistill.crossfit._jobs import FoldResult, Result

__all__ = ["Heard", "Progress"]

#: Gets the place of a batch and the result of one of its jobs.
Heard = Callable[[int, Result], None]


class Progress:
    """Counts jobs as they end.

    Parameters
    ----------
    total : int
        Number of jobs.
    heard : callable or None
        Called once a job, in the process that called ``fit``.
    verbose : int
        1 prints a line a job to standard error.
    """

    def __init__(self, total: int, heard: Heard | None = None, *, verbose: int) -> None:
        self._total, self._heard, self._verbose = total, heard, verbose
        self._done = self._read = 0
        self._started = time.perf_counter()

    def step(self, batch: int, result: Result) -> None:
        """Take note of a job that has ended, or was found in the store."""
        read = isinstance(result, FoldResult) and result.read
        self._done += 1
        self._read += read
        if self._heard is not None:
            self._heard(batch, result)
        if self._verbose:
            seconds = time.perf_counter() - self._started
            print(self._line(read, seconds), file=sys.stderr, flush=True)

    def _line(self, read: bool, seconds: float) -> str:
        fitted = self._done - self._read
        where = f"[cross-fit] teacher {self._done}/{self._total}"
        line = f"{where} {'read' if read else 'done'} after {seconds:.1f} s"
        if not fitted:
            return line
        left = seconds / fitted * (self._total - self._done)
        return f"{line}, about {left:.1f} s left"
