"""``report``, ``models``, ``completion``, the help, and a pipe that is closed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from commands import command, distill, make_table, work_in

import skdistill
from skdistill.cli import main
from skdistill.cli._completion import script
from skdistill.cli._parser import build_parser

pandas = pytest.importorskip("pandas", reason="the command reads tables with pandas")

COMMANDS = ("distill", "report", "models", "demo", "completion")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return work_in(tmp_path, monkeypatch)


def test_report_of_a_saved_distiller_is_that_of_the_run(folder):
    rows = make_table(600)[360:]
    rows.to_csv("new.csv", index=False)
    done = distill("--test", "new.csv", "--save-distiller", "d.joblib")
    assert done.code == 0, done.err
    given = ("d.joblib", "new.csv", "--target", "label", "--out", "r.html")
    again = command("report", *given, "--json")
    assert again.code == 0, again.err
    found, before = json.loads(again.out)["report"], done.json["report"]
    assert found["verdict"] == before["verdict"]
    assert found["models"][1]["log_loss"] == before["models"][1]["log_loss"]
    assert [one["name"] for one in found["models"]] == [
        *("distilled", "labels only", "teacher"),
    ]
    page = Path("r.html").read_text(encoding="utf-8")
    assert found["verdict"].split(":")[0] in page

    rows.assign(text=1).to_csv("odd.csv", index=False)
    done = command("report", "d.joblib", "odd.csv", *given[2:], "--quiet")
    assert done.code == 2
    assert "`DATA` must hold text in column 'text', as the training" in done.err


def test_report_of_a_distiller_saved_from_python_prints_text(folder):
    distill("--save-distiller", "d.joblib")
    saved = joblib.load("d.joblib")
    del saved._table_head, saved._baseline
    joblib.dump(saved, "d.joblib")
    done = command(
        *("report", "d.joblib", "t.csv", "--target", "label", "--out", "r.html"),
        "--quiet",
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("No verdict.\nNo verdict: the training data are gone")
    assert done.out.endswith("report: r.html\n")


def test_all_files_of_a_run(folder):
    pytest.importorskip("skops", reason="the model card")
    done = distill("--report", "r.html", "--card", "c.md")
    assert done.json["written"] == {
        **{"report": "r.html", "student": "s.joblib", "card": "c.md"},
    }
    assert "labels" in Path("c.md").read_text(encoding="utf-8")
    page = Path("r.html").read_text(encoding="utf-8")
    assert done.json["report"]["verdict"].split(":")[0] in page


def test_a_second_run_finds_the_teachers_in_the_store(folder):
    first = distill("--memory", "store")
    again = distill("--memory", "store")
    assert "[cross-fit] teacher 14/14 done" in first.err
    assert "[cross-fit] teacher 14/14 read" in again.err
    assert " done after" not in again.err
    assert again.json["report"]["gain"] == first.json["report"]["gain"]


def test_models_lists_every_name_of_both_roles():
    listed = json.loads(command("models", "--json").out)
    assert [one["name"] for one in listed["students"]][:2] == ["tree", "forest"]
    text = command("models").out
    for one in listed["teachers"] + listed["students"]:
        assert f"  {one['name']:<12}  {one['text']}" in text
    assert '(pip install "skdistill[boosting]")' in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_that_parse(name):
    text = command(name, "--help").out
    examples = text.partition("\nexample")[2].replace("\\\n", " ").splitlines()
    typed = [line.split(" > ")[0].split() for line in examples]
    typed = [line[1:] for line in typed if line[:1] == ["skdistill"]]
    assert typed
    for one in typed:
        build_parser("").parse_args(one)


@pytest.mark.parametrize(
    "arguments", [["distill", "--help"], ["models"], ["completion", "bash"], ["wrong"]]
)
def test_what_needs_no_data_imports_the_standard_library_alone(arguments):
    code = (
        "import sys; from skdistill.cli import main\n"
        "main(sys.argv[1:])\n"
        "print({name.split('.')[0] for name in sys.modules}\n"
        "      - set(sys.stdlib_module_names) - {'__main__'})"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *arguments],
        capture_output=True, text=True, check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "{'skdistill'}"


def test_the_package_imports_its_names_when_they_are_asked_for():
    for name in skdistill.__all__:
        assert getattr(skdistill, name) is not None
        assert name in dir(skdistill)
    assert skdistill.estimators.CrossFitDistiller is skdistill.CrossFitDistiller
    with pytest.raises(AttributeError, match="'skdistill' has no attribute 'Distil'"):
        skdistill.Distil  # noqa: B018


def test_a_closed_pipe_is_no_error():
    run = f"{sys.executable} -m skdistill models | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", run], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def closed(folder):
    """A stream whose reader has gone, and which keeps nothing back."""
    reader, fd = os.pipe()
    os.close(reader)
    with open(fd, "w", buffering=1) as stream:
        yield stream


@pytest.mark.parametrize(
    ("stream", "given", "code", "is_written"),
    [
        ("stdout", [], 0, True),
        ("stdout", ["--budget-kb", "0.1"], 3, False),
        ("stderr", [], 141, False),
    ],
)
def test_a_run_that_nobody_reads(closed, monkeypatch, stream, given, code, is_written):
    monkeypatch.setattr(sys, stream, closed)
    run = ["distill", "t.csv", "--target", "label", "--out", "s.joblib", *given]
    run += ["--teacher", "forest:n_estimators=2", "--student", "tree:max_depth=2"]
    assert main([*run, "--n-jobs", "1"]) == code
    assert Path("s.joblib").exists() is is_written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_a_full_disk_is_one_line():
    run = f"{sys.executable} -m skdistill models > /dev/full"
    done = subprocess.run(
        ["bash", "-c", run], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "skdistill models: error: OSError: [Errno 28] No space left on device\n"
    )


BASH = """
source comp.bash
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skdistill; echo "${COMPREPLY[@]}"; }
ask skdistill ""
ask skdistill distill --teacher fo
ask skdistill distill --student tree "lo"
ask skdistill distill t.csv --bu
ask skdistill distill --student tree --bu
ask skdistill completion ""
ask skdistill distill --out ""
complete -p skdistill
"""


def test_bash_completes(tmp_path):
    (tmp_path / "comp.bash").write_text(script("bash"))
    done = subprocess.run(
        ["bash", "-c", BASH], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        " ".join([*COMMANDS, "--help", "--version"]),
        "forest",
        "logistic",
        "--budget-us --budget-kb",
        "--budget-us --budget-kb",
        "bash zsh fish",
        "",
        "complete -o bashdefault -o default -F _skdistill skdistill",
    ]


FISH = """
source comp.fish
complete -C "skdistill " | cut -f 1
echo; complete -C "skdistill distill --teacher fo" | cut -f 1
echo; complete -C "skdistill distill --bud" | cut -f 1
echo; complete -C "skdistill completion " | cut -f 1
"""


def test_fish_completes(tmp_path):
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    (tmp_path / "comp.fish").write_text(script("fish"))
    done = subprocess.run(
        ["fish", "-c", FISH], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    answers = [set(part.split()) for part in done.stdout.split("\n\n")]
    assert answers[0] >= set(COMMANDS)
    assert answers[1:] == [
        *({"forest"}, {"--budget-us", "--budget-kb"}, {"bash", "zsh", "fish"}),
    ]


# What a reader types into a terminal, one Tab at its end; zsh has no way to ask.
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -U compinit; compinit -D -u; source comp.zsh; echo rea""dy'
zpty -r z out '*ready*'
for line in "$@"; do
  zpty -w -n z "$line"$'\\t'; sleep 1
  zpty -w -n z $'\\C-U'
done
zpty -w z 'echo do""ne'
zpty -r z out '*done*'
print -r -- "$out"
"""


def test_zsh_completes(tmp_path):
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    (tmp_path / "comp.zsh").write_text(script("zsh"))
    typed = ["skdistill distill --teacher boo", "skdistill comp"]
    done = subprocess.run(
        ["zsh", "-f", "-c", ZSH, "zsh", *typed],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    for line in ("--teacher boosting", "completion"):
        assert line in done.stdout
