"""A small table, and the command in this process or a fresh one."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest

from skdistill.cli import main
from skdistill.diagnostics import _evidence

pandas = pytest.importorskip("pandas", reason="the command reads tables with pandas")

#: What a user writes to use a student, and whether that imported skdistill.
RELOAD = """
import json, sys, joblib, pandas
rows = pandas.read_csv("t.csv")
said = [joblib.load(name).predict(rows).tolist() for name in sys.argv[1:]]
print(json.dumps([said, "skdistill" in sys.modules]))
"""


def make_table(n=360, *, numbers_only=False):
    """Numbers, text, gaps, booleans; three classes, noisy labels."""
    rng = np.random.RandomState(1)
    number, other = rng.normal(size=(2, n))
    text = rng.choice(["red", "green", "blue"], size=n)
    score = number + (text == "red") + 0.5 * other * number
    label = np.digitize(score + rng.normal(scale=0.5, size=n), [-0.3, 0.9])
    frame = pandas.DataFrame({"number": number, "other": other, "flag": number > 1})
    if numbers_only:
        frame["red"] = (text == "red").astype(int)
    else:
        frame["text"] = text
        frame.loc[::7, "number"] = np.nan
        frame.loc[::11, "text"] = None
    frame["label"] = np.array(["low", "mid", "high"])[label]
    return frame


def work_in(folder, monkeypatch, **options):
    """Make a folder the working directory, with the table as t.csv."""
    monkeypatch.chdir(folder)
    # Reports time single rows for half a second a model, which is not looked at here.
    monkeypatch.setattr(_evidence, "_SINGLE_ROWS", 3)
    monkeypatch.setattr(_evidence, "_TIMING_SECONDS", 0.01)
    make_table(**options).to_csv("t.csv", index=False)
    return folder


def command(*arguments):
    """Run the command here; numbers become text."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(one) for one in arguments])
    return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def distill(*arguments, data="t.csv", teacher="forest:n_estimators=5"):
    """Run ``distill`` with small models where none are given, and read the JSON."""
    given = [str(one) for one in arguments]
    fixed = ["--teacher", teacher, "--n-jobs", "1", "--json"]
    if "--out" not in given:
        fixed += ["--out", "s.joblib"]
    if "--student" not in given:
        fixed += ["--student", "tree:max_leaf_nodes=8"]
    done = command("distill", data, "--target", "label", *fixed, *given)
    done.json = json.loads(done.out) if done.out else None
    return done


def hide(monkeypatch, library):
    """Make a library one that is not installed."""
    parts = [name for name in sys.modules if name.startswith(f"{library}.")]
    for name in [library, *parts]:
        monkeypatch.setitem(sys.modules, name, None)


def reload(folder, *names):
    """Return what students say in a fresh process, and whether without us."""
    done = subprocess.run(
        [sys.executable, "-c", RELOAD, *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
