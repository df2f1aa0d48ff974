"""A teacher that leaves a file for each fit, in whatever process it runs."""

import os
import tempfile
import time
from pathlib import Path

from sklearn.tree import DecisionTreeClassifier


class Counting(DecisionTreeClassifier):
    """Counts its fits in `folder`; waits to be killed once ``folder/limit`` are done.

    What it does depends on the files alone: its parameters, and so its key in the
    store, are always the same.
    """

    def __init__(self, folder=None, random_state=None):
        super().__init__(random_state=random_state)
        self.folder = folder

    def fit(self, X, y, sample_weight=None):
        folder = Path(self.folder)
        limit = folder / "limit"
        if limit.exists() and fits(folder) >= int(limit.read_text()):
            (folder / f"waiting-{os.getpid()}").touch()
            time.sleep(600)
        super().fit(X, y, sample_weight)
        tempfile.mkstemp(prefix="fit-", dir=folder)
        return self


def fits(folder):
    return len(list(Path(folder).glob("fit-*")))
