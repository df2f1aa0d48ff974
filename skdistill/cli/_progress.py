"""Progress on stderr: one line a step, with the seconds since the start."""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skdistill._sklearn_compat import progress_bar


class Progress:
    """Say on stderr what is being done.

    Parameters
    ----------
    quiet : bool, default=False
        Say nothing; notes and warnings are still shown.
    bar : bool, default=True
        Whether a terminal gets a bar, which needs standard output for itself.

    Examples
    --------
    >>> from skdistill.cli._progress import Progress
    >>> Progress(quiet=True).step("fitting")
    """

    def __init__(self, *, quiet: bool = False, bar: bool = True) -> None:
        self.quiet = quiet
        self.bar = bar
        self._start = time.perf_counter()

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    def step(self, text: str) -> None:
        """Print one line, unless quiet.

        Parameters
        ----------
        text : str
            What is about to be done.
        """
        if not self.quiet:
            self._print(text)

    def note(self, text: str) -> None:
        """Print what the reader should know, even if quiet.

        Parameters
        ----------
        text : str
            One sentence.
        """
        self._print(f"note: {text}")

    def watch(self, distiller: Any) -> Any:
        """Let a distiller show how far it is: a bar in a terminal, or lines.

        The bar is scikit-learn's, of version 1.9 and with rich.
        """
        if self.quiet:
            return distiller
        in_terminal = sys.stdout.isatty() and sys.stderr.isatty()
        bar = progress_bar() if self.bar and in_terminal else None
        if bar is not None:
            return distiller.set_callbacks(bar)
        return distiller.set_params(verbose=1)

    @contextmanager
    def warnings_as_notes(self) -> Iterator[None]:
        """Print each different warning once, as one line, even if quiet.

        Python's own form has two lines and a path inside the installed package,
        which in the middle of a progress report reads like a failure.
        """
        seen = set()

        def show(message: Warning | str, *_: object, **__: object) -> None:
            text = " ".join(str(message).split())
            if text not in seen:
                seen.add(text)
                self.note(text)

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show
            yield

    def _print(self, text: str) -> None:
        print(f"[{self.elapsed():6.1f} s] {text}", file=sys.stderr, flush=True)
