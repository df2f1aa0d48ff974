"""What the benchmarks share: tables, statistics over seeds, interleaved times, data."""

import gc
import platform
import shlex
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

import skdistill
from skdistill.students import StudentData
from skdistill.targets import Targets

N_TEACHER = 5000


def announce(*libraries):
    """Print the command and the versions that the table below it belongs to."""
    others = "".join(f", {name} {version(name)}" for name in libraries)
    script = Path(sys.argv[0]).name
    print(f"\n`python {shlex.join([f'benchmarks/{script}', *sys.argv[1:]])}`  ")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, skdistill "
        f"{getattr(skdistill, '__version__', '0.1.0')}{others}\n",
        flush=True,
    )


def print_table(header, rows):
    """Print a Markdown table; the first column is left-aligned, the others right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    for row in (cells[0], rule, *cells[1:]):
        padded = [row[0].ljust(widths[0])]
        padded += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        print("| " + " | ".join(padded) + " |")
    print(flush=True)


def mean_error(values, digits=4):
    """Return "mean ± standard error" over seeds."""
    values = np.asarray(values, dtype=float)
    mean = f"{values.mean():.{digits}f}"
    if len(values) < 2:
        return mean
    error = values.std(ddof=1) / np.sqrt(len(values))
    return f"{mean} ± {error:.{digits}f}"


def verdict(passed):
    """Return the word of the pass/fail column; None is a row without a requirement."""
    return {None: "", True: "pass", False: "FAIL"}[passed]


def interleaved(contenders, repeats, *, warmup=2, clock=time.thread_time):
    """Time functions in turn, in one process; the one that begins changes each round.

    Parameters
    ----------
    contenders : dict of str to callable
    repeats : int
    warmup : int
    clock : callable
        The default counts the processor time of this thread alone, so that other
        processes do not count; what runs in several threads needs the wall clock.

    Returns
    -------
    dict of str to ndarray of shape (repeats,), seconds
    """
    names = list(contenders)
    seconds = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for round_ in range(warmup + repeats):
            shift = round_ % len(names)
            for name in names[shift:] + names[:shift]:
                start = clock()
                contenders[name]()
                elapsed = clock() - start
                if round_ >= warmup:
                    seconds[name].append(elapsed)
    finally:
        gc.enable()
    return {name: np.array(times) for name, times in seconds.items()}


def teacher_targets(n_samples, n_classes):
    """Rows, labels, and the probabilities of a forest that did not see the rows."""
    X, y = make_classification(
        N_TEACHER + n_samples,
        20,
        n_informative=10,
        n_classes=n_classes,
        flip_y=0.1,
        random_state=0,
    )
    teacher = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)
    teacher.fit(X[:N_TEACHER], y[:N_TEACHER])
    X, y = X[N_TEACHER:], y[N_TEACHER:]
    targets = Targets(teacher.predict_proba(X))
    return StudentData(X, targets, np.arange(n_classes), y, None, {})
