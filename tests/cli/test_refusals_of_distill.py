"""What ``distill`` and ``report`` refuse: one line, code 2, nothing written."""

from pathlib import Path

import joblib
import numpy as np
import pytest
from commands import command, hide, make_table
from sklearn.tree import DecisionTreeClassifier

pandas = pytest.importorskip("pandas", reason="the command reads tables with pandas")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = make_table(60)
    table.to_csv("t.csv", index=False)
    table.drop(columns="text").to_csv("no_text.csv", index=False)
    table.assign(text=1.5).to_csv("numbers.csv", index=False)
    table.assign(label="new").assign(label=["new", "low"] * 30).to_csv("new.csv")
    table[["label", "text"]].to_csv("two.csv", index=False)
    codes = table.assign(label=table["label"].map({"low": 0, "mid": 1, "high": 2}))
    codes.to_csv("codes.csv", index=False)
    Path("student.joblib").write_bytes(b"no pickle")
    joblib.dump(DecisionTreeClassifier(), "tree.joblib")
    Path("folder.joblib").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "s.pkl"], "`--out` must end in .joblib or .skops or .onnx, got 's"),
        (["--out", "no/s.onnx"], "`--out` must lie in an existing folder, got 'no/s"),
        (["--out", "folder.joblib"], "`--out` must be a file, got the folder 'folder"),
        (["--report", "r.pdf"], "`--report` must end in .html, got 'r.pdf'"),
        (["--card", "r.txt"], "`--card` must end in .md, got 'r.txt'"),
        (["--save-distiller", "s.joblib"], "`--save-distiller` must be another file "
         "than --out, got 's.joblib'"),
        (["--memory", "t.csv"], "`--memory` must be a folder that can be written to, "
         "got 't.csv' (File exists)."),
        (["--test", "./t.csv"], "`--test` must be another file than DATA, got 't.csv': "
         "rows that were learnt from prove nothing."),
        (["--target", "lable"], "`--target` must name a column of t.csv, got 'lable'. "
         "Did you mean 'label'?"),
        (["--drop", "tekst"], "`--drop` must name columns of t.csv, got 'tekst'. Did "
         "you mean 'text'?"),
        (["--drop", "label"], "`--drop` must leave the target, got 'label'."),
        (["--drop", "number", "other", "flag", "text"], "must leave a column to learn"),
        (["--test", "none.csv"], "`--test` must name an existing file, got 'none.csv'"),
        (["--test", "no_text.csv"], "`--test` must have the columns trained on, got "
         "none named 'text'."),
        (["--test", "two.csv"], "got none named 'number' and 2 others."),
        (["--test", "numbers.csv"], "`--test` must hold text in column 'text', as the "
         "training rows do, got numbers."),
        (["--test", "new.csv"], "`--test` must hold labels of DATA, high, low, mid, "
         "got new."),
        (["--test", "codes.csv"], "`--test` must hold labels of DATA, high, low, mid, "
         "got 0, 1, 2."),
        (["--test", "t.csv", "--test-size", "0.5"], "not allowed with argument"),
        (["--test-size", "1"], "must be a number above 0 and below 1, got '1'"),
        (["--test-size", "0.001"], "`--test-size` must leave 2 classes or more to test "
         "on, got 0 in 0 test rows."),
        (["--budget-us", "0"], "must be a number above 0, got '0'"),
        (["--budget-kb", "much"], "must be a number above 0, got 'much'"),
        (["--cv", "1"], "must be an integer of at least 2, got '1'"),
        (["--teacher", "randomforest"], "Did you mean 'forest'?"),
        (["--student", "tree", "twig"], "`--student` must be one of tree, forest, "),
        (["--student", "tree:max_depth=-3"], "'max_depth' parameter of DecisionTreeCl"),
        (["--student", "sklearn.cluster.KMeans"], "student must be a classifier or a "),
        (["--teacher", "sklearn.tree.DecisionTreeRegressor"], "teacher must be a"),
        (["--teacher", "boosting", "--cv", "oob"], "a bagging ensemble with oob_s"),
        (["--out", "s.onnx"], "`--fill-text` must be given for s.onnx, such as "
         "`--fill-text missing`: column 'text' misses text in 5 rows"),
    ],
)  # fmt: skip
def test_distill_refuses(folder, arguments, message):
    fixed = ["t.csv", "--teacher", "forest:n_estimators=2", "--n-jobs", "1"]
    before = sorted(folder.iterdir())
    given = {"--target": "label", "--out": "s.joblib"}
    for option, value in given.items():
        fixed += [] if option in arguments else [option, value]
    done = command("distill", *fixed, *arguments, "--quiet")
    errors = [line for line in done.err.splitlines() if "note: " not in line]
    assert (done.code, done.out, len(errors)) == (2, "", 1), done.err
    assert errors[0].startswith("skdistill distill: error: ")
    assert message in errors[0]
    assert sorted(folder.iterdir()) == before


# Nobody, not even root, makes a file there; rights alone say that root may.
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux has /proc")
@pytest.mark.parametrize("option", ["--out", "--save-distiller"])
def test_a_folder_that_cannot_be_written_to_is_refused(folder, option):
    files = {"--out": "s.joblib", option: "/proc/s.joblib"}
    given = [part for pair in files.items() for part in pair]
    done = command("distill", "t.csv", "--target", "label", *given)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert (
        f"`{option}` must lie in a folder that can be written to, got '/proc/s.joblib' "
        "(No such file or directory)." in done.err
    )
    done = command("demo", "--figure", "/proc/a.png")
    assert done.code == 2
    assert "`--figure` must lie in a folder that can be written to, got" in done.err


def test_columns_without_entries_are_refused_with_what_to_drop(folder):
    sparse = [1.5] * 4 + [None] * 56
    table = make_table(60).assign(**{"a b": None, "few": sparse, "text": "red"})
    table.to_csv("gaps.csv", index=False)
    run = ("distill", "gaps.csv", "--target", "label", "--out", "s.joblib", "--quiet")
    done = command(*run)
    assert done.code == 2
    assert done.err.endswith(
        "`DATA` must have 5 entries or more of every column in its training rows, got "
        "0 in 'a b'. Leave out what is empty: --drop 'a b' few\n"
    )
    # Boosting is fitted; no budget is met, so that nothing need be compared.
    given = ("--teacher", "boosting:max_iter=3", "--student", "tree", "--n-jobs", "1")
    done = command(*run, *given, "--budget-kb", "0.1", "--drop", "a b", "few")
    assert done.code == 3, done.err


@pytest.mark.parametrize("option", ["--out", "--test"])
def test_an_input_is_never_an_output(folder, option):
    joblib.dump(1, "t.joblib")
    Path("link.joblib").symlink_to("t.joblib")
    fixed = ("--target", "label", "--test", "t.joblib")
    done = command("distill", "t.csv", *fixed, "--out", "link.joblib")
    assert done.code == 2
    assert "`--out` must be another file than --test, got 'link.joblib'." in done.err
    assert joblib.load("t.joblib") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.joblib"], "`DISTILLER` must name an existing file, got 'none.joblib'."),
        (["student.joblib"], "`DISTILLER` must be a file of joblib, got 'student.jobl"),
        (["tree.joblib"], "`DISTILLER` must be what --save-distiller wrote, got Decis"),
        (["tree.joblib", "--out", "r.png"], "`--out` must end in .html, got 'r.png'."),
    ],
)
def test_report_refuses(folder, arguments, message):
    fixed = ["t.csv", "--target", "label", "--quiet"]
    fixed += [] if "--out" in arguments else ["--out", "r.html"]
    done = command("report", arguments[0], *fixed, *arguments[1:])
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("skdistill report: error: ")
    assert message in done.err


def test_what_nobody_foresaw_is_one_line_and_code_1(folder):
    Path("broken_teacher.py").write_text(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "class Broken(RandomForestClassifier):\n"
        "    def fit(self, X, y, sample_weight=None):\n"
        "        raise KeyError('no such thing')\n"
    )
    run = ("distill", "t.csv", "--target", "label", "--out", "s.joblib", "--quiet")
    run += ("--teacher", "broken_teacher.Broken", "--student", "tree", "--n-jobs", "1")
    done = command(*run)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "skdistill distill: error: KeyError: 'no such thing' (--traceback shows where)"
        "\n"
    )
    with pytest.raises(KeyError, match="no such thing"):
        command(*run, "--traceback")


def test_traceback_shows_where_an_error_came_from(folder):
    with pytest.raises(ValueError, match="must be one of tree"):
        command(
            *("distill", "t.csv", "--target", "label", "--out", "s.joblib"),
            *("--student", "twig", "--traceback"),
        )


def test_one_test_class_is_too_few(folder):
    table = make_table(60)
    table["label"] = np.where(np.arange(60) < 2, "rare", "common")
    table.to_csv("rare.csv", index=False)
    done = command(
        *("distill", "rare.csv", "--target", "label", "--out", "s.joblib"),
        *("--test-size", "0.1", "--quiet"),
    )
    assert done.code == 2
    assert "must leave 2 classes or more to test on, got 1 in 6 test rows" in done.err


@pytest.mark.parametrize(
    ("hidden", "arguments"),
    [
        ("skl2onnx", ["--out", "s.onnx", "--drop", "text"]),
        ("skops", ["--out", "s.skops"]),
        ("skops", ["--out", "s.joblib", "--card", "c.md"]),
        ("lightgbm", ["--out", "s.joblib", "--student", "lightgbm"]),
    ],
)
def test_a_missing_extra_is_named_before_any_teacher(
    folder, monkeypatch, hidden, arguments
):
    hide(monkeypatch, hidden)
    done = command("distill", "t.csv", "--target", "label", *arguments)
    extra = "boosting" if hidden == "lightgbm" else "export"
    assert done.code == 2, done.err
    assert f'Install it with: pip install "skdistill[{extra}]"' in done.err
    assert "fitting the teacher" not in done.err
