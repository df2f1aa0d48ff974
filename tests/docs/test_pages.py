"""Every page's Python is run, in the order of the page, and its output compared."""

import doctest
import os
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Libraries that a page's programs use, beside what the package needs.
NEEDS = {
    "guide/choose_student": ("pandas",),
    "guide/choose_teacher": ("pandas",),
    "guide/deploying": ("onnxruntime", "skl2onnx", "skops", "pandas"),
    "guide/images": ("torch", "skorch"),
    "guide/interpretable": ("pandas",),
    "guide/scaling": ("dask", "pandas"),
    "guide/why_it_works": ("pandas",),
    "tutorial": ("pandas",),
}
#: Pages of prose, tables and commands: nothing to run.
PROSE = {
    "benchmarks",
    "changelog",
    "compare",
    "contributing",
    "development",
    "guide/command_line",
    "guide/index",
    "papers/index",
    "releasing",
}
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```", re.S | re.M)


def pages():
    built = ("_build", "gallery")
    found = (page.relative_to(DOCS) for page in DOCS.glob("**/*.md"))
    return sorted(
        page.with_suffix("").as_posix() for page in found if page.parts[0] not in built
    )


def blocks(page):
    """Return the fences of a page in Python: line of the first row, and code."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    return [
        (text.count("\n", 0, found.start()) + 1, found[3])
        for found in FENCE.finditer(text)
        if found[2] in {"python", "pycon"}
    ]


def run(code, names, where, line):
    """Run a fence: a session with its output, or a plain program."""
    if ">>>" not in code:
        exec(compile("\n" * line + code, where, "exec"), names)
        return ""
    test = doctest.DocTestParser().get_doctest(code, names, where, where, line)
    said = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    return "".join(said)


@pytest.fixture
def untouched(tmp_path, monkeypatch):
    """Give an empty folder, and see that the process is left as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    before = dict(os.environ), list(sys.path)
    yield
    after = dict(os.environ), list(sys.path)
    for environment in (before[0], after[0]):
        for name in ("TORCHINDUCTOR_CACHE_DIR", "PYTEST_CURRENT_TEST"):
            environment.pop(name, None)  # set by torch at import, and by pytest
    assert after == before
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("page", sorted(set(pages()) - PROSE))
def test_the_programs_of_a_page_run_and_print_what_it_says(page, untouched):
    missing = [one for one in NEEDS.get(page, ()) if find_spec(one) is None]
    if missing:
        pytest.skip(f"{page} needs {', '.join(missing)}")
    found = blocks(page)
    assert found, f"{page} has nothing to run: say so in PROSE"
    names = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for line, code in found:
            assert run(code, names, f"{page}.md", line) == ""


def test_pages_of_prose_have_nothing_to_run():
    here = set(pages())
    assert PROSE - here == set()
    assert NEEDS.keys() - here == set()
    assert [page for page in PROSE if blocks(page)] == []
