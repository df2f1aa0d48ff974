"""The site: links that lead somewhere, no page and no public name left out."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import skdistill

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILT = ("_build", "gallery", "_templates", "generated", "sg_execution_times.rst")
PAGES = sorted(
    page
    for kind in ("md", "rst")
    for page in DOCS.glob(f"**/*.{kind}")
    if not set(page.relative_to(DOCS).parts) & set(BUILT)
)
#: Packages of the tree whose names are for users or for other floors.
ROOMS = [
    "skdistill",
    "skdistill.exceptions",
    *sorted(
        room.name
        for room in pkgutil.walk_packages(skdistill.__path__, "skdistill.")
        if room.ispkg and "._" not in room.name
    ),
]


def name_of(page):
    return page.relative_to(DOCS).with_suffix("").as_posix()


def text_of(page):
    """Return a page without its code, with what it includes from the root."""
    text = page.read_text("utf-8")
    for included in re.findall(r"```\{include\} (\S+)", text):
        text += (page.parent / included).read_text("utf-8")
    return re.sub(r"^ *```\w.*?^ *```", "", text, flags=re.S | re.M)


def anchors(page):
    """Return the anchors that MyST gives the headings of a page, as GitHub does."""
    heads = re.findall(r"^#+ (.+)$", text_of(page), re.M)
    plain = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]
    return set(plain) | set(re.findall(r"^\(([\w-]+)\)=$", text_of(page), re.M))


@pytest.mark.parametrize("page", [p for p in PAGES if p.suffix == ".md"], ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", text_of(page)):
        path, _, anchor = target.partition("#")
        if path.startswith("gallery/") or "/gallery/" in path or "/generated/" in path:
            continue  # written by the build
        there = page if not path else (page.parent / path).resolve()
        if not there.suffix:
            kinds = [there.with_suffix(kind) for kind in (".md", ".rst")]
            there = next(filter(Path.exists, kinds), there)
        if "benchmarks" in page.name and path.startswith("figures/"):
            there = ROOT / "benchmarks" / path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_is_in_one_table_of_contents():
    listed = []
    for page in PAGES:
        text = page.read_text("utf-8")
        trees = re.findall(r"```\{toctree\}\n(.*?)```", text, re.S)
        trees += re.findall(r"^\.\. toctree::\n((?: +.*\n|\n)*)", text, re.M)
        for line in "\n".join(trees).splitlines():
            entry = line.strip()
            if entry and not entry.startswith(":"):
                listed.append((page.parent / entry).relative_to(DOCS).as_posix())
    listed = [entry for entry in listed if not entry.startswith("gallery")]
    assert sorted(listed) == sorted({name_of(page) for page in PAGES} - {"index"})


def names_on(page):
    """Return the names that a page of the reference lists, with their room."""
    room, found = None, []
    for line in page.read_text("utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            room = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z_]\w*", line) and room:
            found.append((room, line.strip()))
    return found


def test_every_public_name_is_on_one_page_of_the_reference():
    pytest.importorskip("skorch", reason="needs skdistill[torch]")
    listed = [name for page in (DOCS / "api").glob("*.rst") for name in names_on(page)]
    things = []
    for room, name in listed:
        assert hasattr(importlib.import_module(room), name), f"{room}.{name}"
        things.append((name, _home(room, name)))
    assert sorted(set(things)) == sorted(things)  # none twice
    missing = [
        f"{room}.{name}"
        for room in ROOMS
        for name in getattr(importlib.import_module(room), "__all__", ())
        if name != "__version__" and (name, _home(room, name)) not in things
    ]
    assert missing == []


def _home(room, name):
    thing = getattr(importlib.import_module(room), name)
    return getattr(thing, "__module__", None) or room
