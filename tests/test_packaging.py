"""The package as a whole: light to import, one version, a README that runs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import skdistill

ROOT = Path(__file__).parents[1]
OPTIONAL = (
    "pandas", "pyarrow", "polars", "matplotlib", "torch", "skorch", "xgboost",
    "lightgbm", "catboost", "dask", "distributed", "ray", "tqdm", "onnx",
    "onnxruntime", "skl2onnx", "onnxmltools", "skops",
)  # fmt: skip


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


# Hides the optional libraries and notes which modules ask for them. None in
# sys.modules would not do: SciPy looks there for torch. Nor would a look at
# sys.modules afterwards: scikit-learn imports pandas where it is installed.
HIDE = f"""
import sys

asked = set()

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL!r}:
            frame = sys._getframe(1)
            while "importlib" in frame.f_code.co_filename:
                frame = frame.f_back
            asked.add((frame.f_globals.get("__name__", "?"), name))
            raise ImportError(name)

sys.meta_path.insert(0, Hide())
"""


def test_importing_every_public_room_asks_for_no_optional_library():
    done = python(
        HIDE + "import skdistill, skdistill.targets, skdistill.losses\n"
        "import skdistill.students, skdistill.diagnostics, skdistill.datasets\n"
        "import skdistill.metrics, skdistill.cli, skdistill.distributed\n"
        "import skdistill.nn, skdistill.extreme, skdistill.export\n"
        "print(len(asked), sorted(a for a in asked if a[0].startswith('skdistill')))"
    )
    assert done.returncode == 0, done.stderr
    n_asked, by_us = done.stdout.split(maxsplit=1)
    assert int(n_asked) > 0  # scikit-learn's: the finder is in place
    assert by_us.strip() == "[]"


def test_distilling_works_without_optional_libraries():
    done = python(
        HIDE + "from sklearn.tree import DecisionTreeClassifier as Tree\n"
        "from skdistill import CrossFitDistiller\n"
        "from skdistill.datasets import make_known_bayes\n"
        "X, y, _ = make_known_bayes(100, random_state=0)\n"
        "print(CrossFitDistiller(Tree(), Tree(max_depth=2)).fit(X, y).predict(X).shape)"
    )
    assert done.stdout.strip() == "(100,)", done.stderr


@pytest.mark.parametrize("use", ["nn.NeuralClassifier", "DistillationLoss"])
def test_networks_say_which_extra_they_need(use):
    done = python(
        HIDE + "import skdistill.nn as nn\n"
        "print([one for one in asked if one[0].startswith('skdistill')])\n"
        "from skdistill.exceptions import MissingDependencyError\n"
        "try:\n"
        f"    {use if '.' in use else 'from skdistill.nn import ' + use}\n"
        "except MissingDependencyError as error:\n"
        "    print(error)"
    )
    loaded, *said = done.stdout.splitlines()
    assert loaded == "[]", done.stderr
    (message,) = said
    assert "needs torch and skorch" in message
    assert message.endswith('pip install "skdistill[torch]"')


def test_the_version_is_one():
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert skdistill.__version__ == version
    assert f"\nversion: {version}\n" in read("CITATION.cff")
    assert f"\n## {version}" in read("CHANGELOG.md")


def fenced(name):
    """Return the lines of the README's fence after the mark ``<!-- ci: name -->``."""
    found = re.search(
        rf"<!-- ci: {name} -->\n```\w+\n(.*?)```", read("README.md"), re.S
    )
    return found.group(1)


def test_the_example_of_the_readme_runs(capsys):
    names = {}
    exec(compile(fenced("example"), "README.md", "exec"), names)
    score = float(capsys.readouterr().out.split()[0])
    assert 0.6 < score < 0.9
    assert type(names["small"]).__module__.startswith("sklearn.")


def test_the_commands_of_the_readme_set_up_everything_in_one_line():
    for name in ("demo", "test"):
        command = fenced(name)
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv ")
        assert "pip install" in command
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert set(re.findall(r'"\.\[(\w+)\]"', fenced("demo") + fenced("test"))) <= {
        *extras
    }


def test_links_between_the_documents_lead_somewhere():
    # Pages of docs/: tests/docs/test_site.py.
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_modules_of_the_tests_have_names_of_their_own():
    # Without packages pytest imports them by their name alone.
    names = [path.name for path in ROOT.glob("tests/**/*.py")]
    names = [name for name in names if name != "conftest.py"]
    assert sorted(set(names)) == sorted(names)
