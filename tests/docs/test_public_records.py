"""No public name without docstring, example and test.

Public is what a page of the reference lists, but for ``api/floors.rst``: what is there
is handed between the rooms of the package, and needs a docstring alone. A record that
users do not make themselves is shown by the example of the function that returns it.
"""

import ast
import dataclasses
import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from skdistill.exceptions import MissingDependencyError

ROOT = Path(__file__).parents[2]
API = ROOT / "docs" / "api"


def names_on(page):
    room, found = None, []
    for line in page.read_text("utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            room = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z_]\w*", line) and room:
            found.append((room, line.strip()))
    return found


PUBLIC = sorted(
    {
        name
        for page in API.glob("*.rst")
        if page.stem != "floors"
        for name in names_on(page)
    }
)
BETWEEN = names_on(API / "floors.rst")
shown = [f"{room.removeprefix('skdistill.')}.{name}" for room, name in PUBLIC]


def load(room, name):
    try:
        return getattr(importlib.import_module(room), name)
    except MissingDependencyError as error:  # CI has a session with every extra
        pytest.skip(f"{room}.{name}: {error}")


@cache
def words_of_tests():
    """Return the names that the code of the tests uses (not its texts or comments)."""
    used = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name):
                used.add(node.id)
            elif isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.Constant):  # getattr, parametrized names
                used.add(node.value)
    return used


def section(said, title):
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w+\n-+$|\Z)", said, re.S | re.M)
    return found[1] if found else ""


@cache
def documented():
    """Return (name, docstring of it, docstring that holds its example) of all."""
    found = []
    for room, name in PUBLIC:
        try:
            thing = load(room, name)
        except pytest.skip.Exception:
            continue
        said = inspect.getdoc(thing) or ""
        found.append((name, said, said))
        if inspect.isclass(thing):
            methods = inspect.getmembers(thing, inspect.isfunction)
            found += [(m, inspect.getdoc(one) or "", said) for m, one in methods]
    return found


@cache
def makers(name):
    """Return what gives a record to users: (name, docstring that holds its example).

    A function or method returns it, or an estimator or another record holds it.
    """
    mention = re.compile(rf"\b{name}\b")
    found = []
    for maker, said, shown in documented():
        if mention.search(section(said, "Returns") + section(said, "Yields")):
            found.append((maker, shown))
        if maker != name and mention.search(section(said, "Attributes")):
            found += [(maker, shown), *makers(maker)]
    return found


def is_record(thing):
    """Whether a class is one that functions return, and that users do not make."""
    return inspect.isclass(thing) and (
        dataclasses.is_dataclass(thing) or issubclass(thing, tuple)
    )


def is_exception(thing):
    return inspect.isclass(thing) and issubclass(thing, (Exception, Warning))


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=shown)
def test_a_public_name_has_docstring_and_example(room, name):
    thing = load(room, name)
    if not callable(thing):
        assert re.search(rf"^#: .*\n(#:.*\n)*{name}\b", _source_of(room, name), re.M)
        return
    said = inspect.getdoc(thing) or ""
    assert len(said) > 20
    if is_exception(thing):
        return
    if ">>> " not in said:
        assert is_record(thing), "no example"
        assert any(">>> " in text for _, text in makers(name)), "no function shows it"
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        if signature.parameters:
            assert "Parameters\n---" in said
        if signature.return_annotation not in (None, "None"):
            assert "Returns\n---" in said or "Yields\n---" in said


def _source_of(room, name):
    """Return the text of the module of a room in which a value is defined."""
    folder = Path(importlib.import_module(room).__file__).parent
    texts = [path.read_text("utf-8") for path in folder.glob("*.py")]
    (text,) = [one for one in texts if re.search(rf"^{name}\b[^=\n]*= ", one, re.M)]
    return text


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=shown)
def test_a_public_name_is_tested(room, name):
    thing = load(room, name)
    asked = {name}
    if is_record(thing):
        asked |= {maker for maker, _ in makers(name)}
    assert asked & words_of_tests()


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=shown)
def test_public_methods_have_docstrings(room, name):
    thing = load(room, name)
    if not inspect.isclass(thing):
        return
    lacking = [
        method
        for method, one in inspect.getmembers(thing)
        if not method.startswith("_")
        and (inspect.isfunction(one) or isinstance(one, property))
        and not inspect.getdoc(one)
    ]
    assert lacking == []


@pytest.mark.parametrize(("room", "name"), BETWEEN)
def test_names_between_the_floors_have_docstrings(room, name):
    thing = load(room, name)
    if callable(thing):
        assert len(inspect.getdoc(thing) or "") > 20
    else:
        assert re.search(rf"^#: .*\n(#:.*\n)*{name}\b", _source_of(room, name), re.M)
