"""The options of each subcommand, with examples at the end of its help."""

import argparse
from typing import Any

from skdistill.cli._parser import file_path, folds, integer, number, share

__all__ = ["add_completion", "add_demo", "add_distill", "add_models", "add_report"]

#: Students tried where none is named: one of each kind that needs no extra.
DEFAULT_STUDENTS = ("tree", "forest", "boosting", "logistic")

_DISTILL_EXAMPLES = """\
examples:
  skdistill distill table.csv --target churned --out student.joblib
  skdistill distill table.parquet --target churned --drop id --student tree \\
      --fill-text missing --out student.onnx --report report.html
  skdistill distill table.csv --target churned --budget-us 5 --budget-kb 50 \\
      --student tree tree:max_leaf_nodes=8 logistic --out student.skops --json
  skdistill distill table.csv --target churned --out student.joblib \\
      --teacher sklearn.ensemble.ExtraTreesClassifier:n_estimators=500

exit codes: 0 done; 2 wrong usage or unusable input; 3 no student within the
budget; 4 distilling is not advised (--strict); 130 interrupted; 141 nobody reads
the progress; 1 all else"""

_REPORT_EXAMPLES = """\
example:
  skdistill distill table.csv --target churned --out student.joblib \\
      --save-distiller distiller.joblib
  skdistill report distiller.joblib march.csv --target churned --out march.html

A .joblib file can run any code when it is loaded: open your own only."""

_DEMO_EXAMPLES = """\
examples:
  skdistill demo
  skdistill demo --data table.csv --target churned --teacher-trees 200"""

_COMPLETION_EXAMPLES = """\
examples:
  skdistill completion bash > ~/.local/share/bash-completion/completions/skdistill
  skdistill completion zsh > "${fpath[1]}/_skdistill"
  skdistill completion fish > ~/.config/fish/completions/skdistill.fish"""


def add_distill(commands: Any) -> None:
    """Add ``distill``: a table in, a student out.

    Parameters
    ----------
    commands : object
        What ``add_subparsers`` returned; here and below.
    """
    parser = _add(
        commands,
        "distill",
        "distil a table into a small student and write it",
        "Fit a teacher to a table, distil it into each student, choose the best, and "
        "compare it with the same student trained on labels alone.",
        _DISTILL_EXAMPLES,
    )
    add = parser.add_argument
    _add_table(parser, "DATA")
    add("--out", type=file_path, required=True, metavar="FILE",
        help="the student: .joblib, .skops or .onnx")  # fmt: skip
    models = parser.add_argument_group("models (see skdistill models)")
    models.add_argument("--teacher", metavar="MODEL",
        help="a name or an import path (default: forest below 2,000 training rows, "
        "else boosting)")  # fmt: skip
    models.add_argument("--student", nargs="+", action="extend", metavar="MODEL",
        help="names or import paths; the best is written (default: "
        f"{' '.join(DEFAULT_STUDENTS)})")  # fmt: skip
    models.add_argument("--budget-us", type=number, metavar="US",
        help="the most microseconds a row may take")  # fmt: skip
    models.add_argument("--budget-kb", type=number, metavar="KB",
        help="the most kilobytes (1000 bytes) a student may have")  # fmt: skip
    rows = parser.add_argument_group("rows")
    test = rows.add_mutually_exclusive_group()
    test.add_argument("--test", type=file_path, metavar="FILE",
        help="a table to test on; DATA is then all for training")  # fmt: skip
    test.add_argument("--test-size", type=share, default=0.25, metavar="SHARE",
        help="share of each class to test on (default: %(default)s)")  # fmt: skip
    rows.add_argument("--cv", type=folds, default=5, metavar="N",
        help="folds of the teacher, or oob for a forest (default: "
        "%(default)s)")  # fmt: skip
    _add_seed(rows)
    files = parser.add_argument_group("more files")
    files.add_argument("--report", type=file_path, metavar="FILE",
        help="the comparison as a page, .html")  # fmt: skip
    files.add_argument("--card", type=file_path, metavar="FILE",
        help="a model card, .md")  # fmt: skip
    files.add_argument("--save-distiller", type=file_path, metavar="FILE",
        help="all that was fitted, for skdistill report; .joblib")  # fmt: skip
    files.add_argument("--memory", type=file_path, metavar="DIR",
        help="store of fitted teachers, found again by the next run")  # fmt: skip
    _add_running(parser)
    add("--strict", action="store_true",
        help="exit with code 4, and no student, unless distilling helped")  # fmt: skip


def add_report(commands: Any) -> None:
    """Add ``report``: the page for a saved distiller and new rows."""
    parser = _add(
        commands,
        "report",
        "write the report of a saved distiller on other rows",
        "Compare a saved distiller's student with the same student trained on labels, "
        "on rows that neither was fitted on.",
        _REPORT_EXAMPLES,
    )
    parser.add_argument("distiller", type=file_path, metavar="DISTILLER",
        help="what skdistill distill --save-distiller wrote")  # fmt: skip
    _add_table(parser, "DATA")
    parser.add_argument("--out", type=file_path, required=True, metavar="FILE",
        help="the page, .html")  # fmt: skip
    _add_seed(parser)
    _add_running(parser, jobs=False)


def add_models(commands: Any) -> None:
    """Add ``models``: the names that --teacher and --student know."""
    parser = _add(
        commands,
        "models",
        "list the teachers and students that have a name",
        "List the names that --teacher and --student know.",
        "example:\n  skdistill models --json",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def add_demo(commands: Any) -> None:
    """Add ``demo``: one teacher, three students, four ways of training each."""
    demo = _add(
        commands,
        "demo",
        "distil a random forest into three small students and compare",
        "Fit a random forest, distil it into a small tree, a forest of five trees and "
        "a logistic regression, and compare each with the same student trained on "
        "labels. Without --data it runs on the MAGIC gamma telescope data, which are "
        "part of the package.",
        _DEMO_EXAMPLES,
    )
    add = demo.add_argument
    add("--data", type=file_path, metavar="FILE",
        help="your CSV, Parquet or Feather file")  # fmt: skip
    add("--target", metavar="COLUMN", help="its column with the class labels")
    add("--teacher-trees", type=integer(1), default=500, metavar="N",
        help="trees of the teacher (default: %(default)s)")  # fmt: skip
    _add_seed(demo)
    _add_jobs(demo)
    figure = demo.add_mutually_exclusive_group()
    figure.add_argument("--figure", type=file_path, metavar="PATH",
        help="where to draw the comparison (default: skdistill-demo.png)")  # fmt: skip
    figure.add_argument("--no-figure", action="store_true", help="draw nothing")
    add("--quiet", action="store_true", help="no progress on stderr")


def add_completion(commands: Any) -> None:
    """Add ``completion``: a script for the shell."""
    parser = _add(
        commands,
        "completion",
        "print a completion script for your shell",
        "Print a script that completes subcommands, options and names of models.",
        _COMPLETION_EXAMPLES,
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def _add(commands: Any, name: str, text: str, description: str, epilog: str) -> Any:
    return commands.add_parser(
        name,
        help=text,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_table(parser: Any, name: str) -> None:
    parser.add_argument("data", type=file_path, metavar=name,
        help="CSV, Parquet or Feather (Arrow) file")  # fmt: skip
    parser.add_argument("--target", required=True, metavar="COLUMN",
        help="the column with the class labels")  # fmt: skip
    parser.add_argument("--fill-text", metavar="WORD",
        help="what missing text becomes; ONNX needs it")  # fmt: skip
    parser.add_argument("--drop", nargs="+", action="extend", default=[],
        metavar="COLUMN", help="columns to leave out, such as identifiers")  # fmt: skip


def _add_seed(parser: Any) -> None:
    parser.add_argument("--seed", type=integer(0), default=0, metavar="N",
        help="seed of the split and of every model (default: %(default)s)")  # fmt: skip


def _add_jobs(parser: Any) -> None:
    parser.add_argument("--n-jobs", type=integer(-1, zero=False), default=-1,
        metavar="N",
        help="cores for models that take a number (default: -1, all)")  # fmt: skip


def _add_running(parser: Any, *, jobs: bool = True) -> None:
    if jobs:
        _add_jobs(parser)
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--quiet", action="store_true", help="no progress on stderr")
    add("--traceback", action="store_true", help="show where an error came from")
