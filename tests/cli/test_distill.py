"""``skdistill distill``: a table in, a student, a verdict and exit codes out."""

import os
import re
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest
from commands import command, distill, make_table, reload, work_in

pandas = pytest.importorskip("pandas", reason="the command reads tables with pandas")

SMALL = ("tree:max_leaf_nodes=4", "tree:max_leaf_nodes=16")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a table of numbers."""
    return work_in(tmp_path, monkeypatch, numbers_only=True)


@pytest.fixture
def mixed(tmp_path, monkeypatch):
    """The same with text and gaps in the table."""
    return work_in(tmp_path, monkeypatch)


def test_student_is_a_plain_pipeline_that_takes_the_raw_table(mixed):
    done = distill()
    assert done.code == 0, done.err
    (said,), imported = reload(mixed, "s.joblib")
    assert not imported
    assert set(said) <= {"low", "mid", "high"}
    labels = pandas.read_csv("t.csv")["label"]
    assert np.mean(said == labels) > 0.55
    assert done.json["written"] == {"student": "s.joblib"}


def test_json_is_all_of_stdout_and_progress_is_on_stderr(folder):
    done = distill("--student", *SMALL)
    found = done.json
    assert done.out.count("\n") == 1
    assert re.search(r"^\[ +\d+\.\d s\] reading t\.csv$", done.err, flags=re.M)
    assert found["classes"] == ["high", "low", "mid"]
    assert (found["n_train"], found["n_test"]) == (270, 90)
    assert [one["name"] for one in found["students"]] == list(SMALL)
    best = min(found["students"], key=lambda one: one["log_loss"])
    assert found["chosen"] == best["name"]
    report = found["report"]
    assert [one["name"] for one in report["models"]][:2] == ["distilled", "labels only"]
    gap = report["models"][1]["log_loss"] - report["models"][0]["log_loss"]
    assert report["gain"] == pytest.approx(gap)


def test_text_has_the_students_the_verdict_and_the_files(folder):
    done = command(
        *("distill", "t.csv", "--target", "label", "--out", "s.joblib", "--quiet"),
        *("--teacher", "forest:n_estimators=5", "--student", *SMALL, "--n-jobs", 1),
    )
    assert done.code == 0, done.err
    assert done.err == ""
    assert "270 rows to train on, 90 to test on" in done.out
    assert re.search(r"^[* ] tree:max_leaf_nodes=4  +0\.\d{4} ", done.out, flags=re.M)
    assert done.out.count("* tree") == 1
    assert "\n* chosen; log-loss in cross-validation, bytes of the pickle, " in done.out
    assert re.search(
        r"^(Distilling helped\.|(No difference|Distilling hurt): train it on labels\.)",
        done.out,
        flags=re.M,
    )
    assert re.search(r"^labels only +0\.\d{4} ", done.out, flags=re.M)
    assert re.search(r"^student: s\.joblib\ntime: \d+ s\n", done.out, flags=re.M)


def test_a_budget_takes_the_best_of_those_within(folder):
    free = distill("--student", *SMALL, "forest").json
    sizes = {one["name"]: one["n_bytes"] for one in free["students"]}
    assert sizes["forest"] > max(sizes[name] for name in SMALL)
    limit = sizes[SMALL[1]] / 1000
    done = distill("--student", *SMALL, "forest", "--budget-kb", limit)
    assert done.code == 0
    within = {one["name"]: one["within_budget"] for one in done.json["students"]}
    assert within == {SMALL[0]: True, SMALL[1]: True, "forest": False}
    losses = {one["name"]: one["log_loss"] for one in done.json["students"]}
    assert done.json["chosen"] == min(SMALL, key=losses.get)
    assert joblib.load("s.joblib").max_leaf_nodes in (4, 16)


def test_a_best_student_beyond_the_budget_is_not_the_one_written(folder):
    # Stumps are worse than trees of 16 leaves, and the only ones within.
    done = distill("--student", "tree:max_leaf_nodes=2", "forest", "--budget-kb", 4.5)
    losses = [one["log_loss"] for one in done.json["students"]]
    assert losses[1] < losses[0]
    assert done.json["chosen"] == "tree:max_leaf_nodes=2"
    assert joblib.load("s.joblib").get_n_leaves() == 2
    size = done.json["students"][0]["n_bytes"]
    assert done.json["report"]["models"][0]["n_bytes"] == pytest.approx(size, rel=0.02)


def test_nothing_within_the_budget_is_code_3_and_says_what_came_nearest(folder):
    done = distill("--student", *SMALL, "--budget-kb", "0.5", "--budget-us", "1e6")
    assert done.code == 3
    assert re.search(
        r"error: no student is within 1e\+06 us per row and 0\.5 kB; nearest came "
        r"tree:max_leaf_nodes=4 with \d\.\d kB and \d+\.\d\d us per row\.\n$",
        done.err,
    )
    assert (done.json["chosen"], done.json["report"]) == (None, None)
    assert not os.path.exists("s.joblib")


def test_parquet_and_arrow_read_like_csv(mixed):
    pytest.importorskip("pyarrow", reason="Parquet and Arrow files")
    table = make_table(90)
    table.to_csv("t.csv", index=False)
    table.to_parquet("t.parquet")
    table.to_feather("t.arrow")
    said = [distill(data=f"t.{end}").json for end in ("csv", "parquet", "arrow")]
    assert len({one["students"][0]["log_loss"] for one in said}) == 1


def test_dates_of_parquet_are_noted_as_what_the_student_takes(mixed):
    pytest.importorskip("pyarrow", reason="Parquet files")
    table = make_table()
    day = pandas.Timestamp("2020-01-01") + pandas.to_timedelta(table.index, unit="D")
    whole = pandas.array([1, None] * (len(table) // 2), dtype="Int64")
    table.assign(day=day, date=day.date, whole=whole).to_parquet("dates.parquet")
    done = distill("--quiet", data="dates.parquet")
    assert done.err.count("note: ") == 1
    assert (
        "note: column(s) 'day', 'date', 'whole' hold dates, decimals or pandas.NA and "
        "were read as floats (dates as days since 1970-01-01)" in done.err
    )


def test_a_test_table_of_its_own(mixed):
    # Columns in another order, a strange one, and a text column without any entry.
    other = make_table()[::4].assign(text=None, strange=1)[::-1]
    other[sorted(other)].to_csv("other.csv", index=False)
    found = distill("--test", "other.csv").json
    assert (found["n_train"], found["n_test"]) == (360, 90)


def test_strict_writes_no_student_where_labels_do_as_well(folder):
    # One tree, certain of all it says, teaches nothing that labels do not.
    teacher = "forest:n_estimators=1"
    done = distill("--strict", "--report", "r.html", teacher=teacher)
    assert done.code == 4
    assert done.json["report"]["advised"] is False
    assert done.json["written"] == {"report": "r.html"}
    assert "error: train it on labels (--strict: no student was written).\n" in done.err
    assert not os.path.exists("s.joblib")
    assert distill(teacher=teacher).code == 0


def test_labels_of_xgboost_and_catboost_are_those_of_the_table(mixed):
    pytest.importorskip("xgboost", reason="its students")
    pytest.importorskip("catboost", reason="its students")
    names = ("xgboost", "catboost")
    for name in names:
        given = ("--student", f"{name}:n_estimators=3", "--out", f"{name}.joblib")
        assert distill(*given).code == 0
    answers, imported = reload(mixed, *(f"{name}.joblib" for name in names))
    assert not imported
    for said in answers:
        assert set(said) <= {"low", "mid", "high"}


def test_an_interrupt_leaves_nothing_behind(folder):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "skdistill", "distill", "t.csv"),
            *("--target", "label", "--out", "s.joblib", "--n-jobs", "1"),
            *("--teacher", "forest:n_estimators=2000", "--student", "tree"),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = []
    while "fitting the teacher" not in "".join(said[-1:]):
        said.append(process.stderr.readline())
        assert said[-1], said
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.endswith("skdistill distill: interrupted\n")
    assert "Traceback" not in err
    assert out == ""
    assert sorted(os.listdir()) == ["t.csv"]
