"""The command: what it prints, what it refuses, what it draws."""

import os
import re
import struct
import subprocess
import sys

import numpy as np
import pytest
from commands import command, hide

import skdistill
from skdistill.cli import main

pandas = pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

METHODS = ["labels", "plain distillation", "cross-fitted", "cross-fitted, chosen"]
STUDENTS = ["tree of 32 leaves", "forest of 5 trees", "logistic regression"]


@pytest.fixture(scope="module")
def table():
    """Numbers, text, booleans, gaps, three classes and a fourth with one row."""
    rng = np.random.RandomState(0)
    n = 240
    number = rng.normal(size=n)
    text = rng.choice(["red", "green", "blue"], size=n)
    noise = rng.normal(scale=0.7, size=n)
    label = np.digitize(number + (text == "red") + noise, [-0.3, 0.9])
    frame = pandas.DataFrame({"number": number, "text": text, "flag": number > 1})
    frame.loc[::7, "number"] = np.nan
    frame.loc[::11, "text"] = None
    frame["label"] = np.array(["low", "mid", "high"])[label]
    frame.loc[5, "label"] = "lonely"
    return frame


def run(*arguments, cwd):
    """Run the command in a process of its own, as a user does."""
    code = "import sys; from skdistill.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


@pytest.fixture(scope="module")
def demo(table, tmp_path_factory):
    """One run on a CSV file, with everything it left behind."""
    folder = tmp_path_factory.mktemp("demo")
    table.to_csv(folder / "table.csv", index=False)
    done = run(
        *("demo", "--data", "table.csv", "--target", "label"),
        *("--teacher-trees", 10, "--n-jobs", 1),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done, folder


def test_table_has_the_teacher_and_every_student_by_every_method(demo):
    lines = demo[0].stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("teacher "))
    rows = [re.split(r"\s{2,}", line) for line in lines[start:] if line]
    rows = rows[: 1 + len(STUDENTS) * len(METHODS)]
    assert [row[1] for row in rows] == ["labels", *METHODS * len(STUDENTS)]
    assert [row[0] for row in rows if row[0]] == ["teacher", *STUDENTS]
    for row in rows:
        # A class with one row cannot be tested, so there is no AUC over all classes.
        assert row[2] == "-"
        log_loss, accuracy, n_bytes, micro = (
            float(cell.replace(",", "")) for cell in row[3:7]
        )
        assert 0 < log_loss < 37
        assert 0 < accuracy <= 1
        assert n_bytes > 500
        assert 0 < micro < 1e5
    for row in rows[4::4]:
        assert re.match(r"labels only|the teacher alone|\d+% teacher, ", row[7])


def test_counts_and_the_untestable_class_are_said(demo):
    out = demo[0].stdout
    assert "table.csv, target 'label': 240 rows, 3 features, 4 classes; " in out
    assert "168 rows to train on, 72 to test" in out
    assert "1 class(es) with a single row are trained on but cannot be tested: lon" in (
        out
    )


def test_verdict_names_every_student_and_the_shared_teacher(demo):
    out = demo[0].stdout
    assert "made once, by five fits, and served all students" in out
    for name in STUDENTS:
        assert re.search(rf"  {name}: [+-]\d\.\d{{4}} \+- \d\.\d{{4}}: .*\.", out)
    assert out.count("Lowest of the four: ") == 3


def test_progress_counts_steps_folds_and_seconds_on_stderr(demo):
    err = demo[0].stderr
    steps = re.findall(r"^\[ *\d+\.\d s\] (\d+)/14 ", err, flags=re.MULTILINE)
    assert [int(step) for step in steps] == list(range(1, 15))
    assert re.search(r"teacher (\d+)/\1 done", err)
    assert "[" not in demo[0].stdout.splitlines()[0]


def test_a_terminal_gets_the_bar_of_scikit_learn(table, tmp_path):
    """In a real terminal: the process talks to a pseudo-terminal."""
    pytest.importorskip("rich", reason="the bar is drawn with rich")
    pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
    table.to_csv(tmp_path / "table.csv", index=False)
    ours, theirs = os.openpty()
    arguments = "demo --data table.csv --target label --teacher-trees 2 --n-jobs 1"
    process = subprocess.Popen(
        [sys.executable, "-m", "skdistill", *arguments.split()],
        stdout=theirs, stderr=theirs, cwd=tmp_path, env={**os.environ, "COLUMNS": "90"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(60) == 0
    text = shown.decode()
    assert "teachers" in text
    assert "100%" in text
    assert "[cross-fit]" not in text


def test_warnings_are_notes_of_one_line(demo):
    notes = [line for line in demo[0].stderr.splitlines() if "note: " in line]
    assert any("'lonely'" in note for note in notes)
    assert len(set(notes)) == len(notes)
    assert "Warning" not in demo[0].stderr


def test_figure_is_a_png_of_a_sensible_size(demo):
    figure = (demo[1] / "skdistill-demo.png").read_bytes()
    assert figure[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", figure[16:24])
    assert 1200 <= width <= 2400
    assert 500 <= height <= 1200
    assert len(figure) > 20_000


def test_quiet_parquet_without_a_figure(table, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two = table[table["label"].isin(["low", "high"])]
    two.to_parquet("table.parquet")
    code = main(
        [
            *("demo", "--data", "table.parquet", "--target", "label"),
            *("--teacher-trees", "5", "--n-jobs", "1", "--no-figure", "--quiet"),
        ]
    )
    out, err = capfd.readouterr()
    assert code == 0
    assert err == ""
    assert "nan" not in out
    assert re.search(r"^teacher +labels +0\.\d{4} ", out, flags=re.MULTILINE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.parquet"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: command"),
        (["demo", "--teacher-trees", "0"], "integer of at least 1, got '0'"),
        (["demo", "--seed", "-1"], "integer of at least 0, got '-1'"),
        (["demo", "--n-jobs", "0"], "at least -1 other than 0, got '0'"),
        (["demo", "--n-jobs", "two"], "at least -1 other than 0, got 'two'"),
        (["demo", "--figure", "a.png", "--no-figure"], "not allowed with"),
        (["demo", "--data", "x.csv"], "must be given together, got only `--data`"),
        (["demo", "--target", "x"], "must be given together, got only `--target`"),
        (
            ["demo", "--figure", "a.txt"],
            "`--figure` must end in .png or .pdf or .svg, got",
        ),
        (["demo", "--figure", "no/a.png"], "`--figure` must lie in an existing folder"),
        (
            ["demo", "--quiet", "--data", "no.csv", "--target", "x"],
            "`--data` must name an existing file, got 'no.csv'",
        ),
        (
            ["demo", "--quiet", "--data", "t.csv", "--target", "lable"],
            "`--target` must name a column of t.csv, got 'lable'. Did you mean 'label'",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(
    table, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    table.to_csv("t.csv", index=False)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_help_and_version_answer_with_code_0(capsys):
    assert main(["demo", "--help"]) == 0
    assert "--teacher-trees" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"skdistill {skdistill.__version__}\n"


@pytest.mark.parametrize(
    ("argument", "code", "out"),
    [("--version", 0, f"skdistill {skdistill.__version__}\n"), ("--verison", 2, "")],
)
def test_the_module_runs_as_the_command_does(argument, code, out):
    done = subprocess.run(
        [sys.executable, "-m", "skdistill", argument],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, out)


def test_without_pandas_a_table_is_refused_and_the_extra_named(
    table, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    table.to_csv("t.csv", index=False)
    hide(monkeypatch, "pandas")
    done = command("demo", "--data", "t.csv", "--target", "label", "--quiet")
    assert done.code == 2
    assert done.err == (
        "skdistill demo: error: Reading a table needs pandas, which is not installed. "
        'Install it with: pip install "skdistill[data]"\n'
    )


@pytest.fixture
def no_matplotlib(monkeypatch):
    hide(monkeypatch, "matplotlib")
    monkeypatch.delitem(sys.modules, "skdistill.cli._figure", raising=False)


def test_without_matplotlib_a_figure_by_name_is_refused(no_matplotlib):
    done = command("demo", "--figure", "a.png")
    assert done.code == 2
    assert (
        'needs matplotlib, which is not installed. Install it with: pip install "'
        in done.err
    )


def test_without_matplotlib_the_default_figure_is_left_out_with_a_note(
    table, tmp_path, monkeypatch, no_matplotlib
):
    monkeypatch.chdir(tmp_path)
    table[table["label"] != "lonely"].to_csv("t.csv", index=False)
    done = command(
        *("demo", "--data", "t.csv", "--target", "label"),
        *("--teacher-trees", 2, "--n-jobs", 1),
    )
    assert done.code == 0
    assert "no figure: The figure needs matplotlib" in done.err
    assert os.listdir() == ["t.csv"]


def test_too_few_rows_to_fold_are_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "tiny.csv"
    path.write_text("x,y\n1,a\n2,a\n3,b\n4,b\n")
    assert main(["demo", "--data", str(path), "--target", "y", "--no-figure"]) == 2
    assert "2 training rows or more of some class" in capsys.readouterr().err


def test_an_interrupt_is_one_line_and_code_130(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("skdistill.cli._run.run", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "skdistill demo: interrupted\n"
