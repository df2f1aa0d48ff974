"""How far the teachers are: told to a listener, and printed for who asked."""

import sys
import time
from typing import Any, Protocol

from skdistill.crossfit._jobs import Failure

__all__ = ["Listener", "Progress"]


class Listener(Protocol):
    """Who wants to know how far the teachers are."""

    def stage(self, name: str, total: int, step: str) -> None:
        """So many steps are to come."""

    def step(self) -> None:
        """One is done."""


class Progress:
    """Counts jobs as they end.

    Parameters
    ----------
    total : int
        Number of jobs.
    listener : Listener or None
    verbose : int
        1 prints a line a job to standard error.
    """

    def __init__(
        self, total: int, listener: Listener | None = None, *, verbose: int
    ) -> None:
        self._total, self._listener, self._verbose = total, listener, verbose
        if listener is not None:
            listener.stage("teachers", total, "teacher")
        self._done = self._read = 0
        self._started = time.perf_counter()

    def step(self, result: Any) -> None:
        """Take note of a job that has ended, or was found in the store."""
        read = not isinstance(result, Failure) and result.read
        self._done += 1
        self._read += read
        if self._listener is not None:
            self._listener.step()
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
