"""The report as one HTML file, and in a notebook."""

import pickle
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import distillation_report

pd = pytest.importorskip("pandas")
matplotlib = pytest.importorskip("matplotlib")

VOID = {"meta", "img"}
EVIL = "<script>alert('x')</script> & \"$x^$"


class Outline(HTMLParser):
    """Elements with their attributes; checks that all are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open = [], []
        self.text = {}
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)

    def named(self, *names):
        return [one for name, one in self.elements if name in names]


@pytest.fixture(scope="module")
def report():
    """Of features and labels with names that are no text of HTML."""
    X, *_ = make_known_bayes(1600, random_state=0)
    noise = np.random.default_rng(0).integers(2, size=len(X))
    y = np.where(X[:, 0] > 0.5, noise, X[:, 1] > 0)  # where nobody does well
    frame = pd.DataFrame(X, columns=[f"{EVIL}{j}" for j in range(X.shape[1])])
    labels = np.array(["<b>no</b>", "yes"])[y]
    distiller = CrossFitDistiller(
        RandomForestClassifier(10),
        [DecisionTreeClassifier(max_depth=4), DecisionTreeClassifier(max_depth=1)],
        keep_teachers=True,
        calibration=None,
        random_state=0,
    ).fit(frame[:800], labels[:800])
    return distillation_report(
        distiller, frame[800:], labels[800:], n_bootstrap=20, random_state=0
    )


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    file = report.save(tmp_path_factory.mktemp("page") / "report.html")
    return file.read_text(encoding="utf-8")


def test_the_page_is_a_whole_document(page):
    assert page.startswith('<!DOCTYPE html>\n<html lang="en"><head>')
    outline = Outline(page)
    assert outline.text["title"] == ["Distillation report"]
    assert {"charset": "utf-8"} in outline.named("meta")
    names = [one["name"] for one in outline.named("meta") if "name" in one]
    assert names == ["viewport"]


def test_nothing_is_fetched(page):
    outline = Outline(page)
    assert not outline.named("script", "link", "iframe", "object", "embed")
    for _, attributes in outline.elements:
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
    css = page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in css
    assert "@import" not in css


def test_every_link_has_its_place(page):
    outline = Outline(page)
    ids = [one["id"] for _, one in outline.elements if "id" in one]
    assert len(ids) == len(set(ids))
    targets = [one["href"][1:] for one in outline.named("a")]
    assert len(targets) == 8
    assert set(targets) <= set(ids)


def test_tables_can_be_read_aloud(page):
    outline = Outline(page)
    n_tables = len(outline.named("table"))
    assert n_tables >= 8
    assert len(outline.named("caption")) == len(outline.named("thead")) == n_tables
    assert all(one["scope"] in ("col", "row") for one in outline.named("th"))
    regions = [one for one in outline.named("div") if one.get("role") == "region"]
    assert len(regions) == n_tables
    assert all(one["aria-label"] and one["tabindex"] == "0" for one in regions)


def test_figures_are_inside_and_described(page, report):
    images = Outline(page).named("img")
    assert len(images) == sum(len(one.drawings) for one in report.sections) == 7
    assert all(len(one["alt"]) > 40 for one in images)
    assert all(one["src"].startswith("data:image/svg+xml;base64,") for one in images)


def test_what_comes_from_the_data_is_escaped(page, report):
    assert any(EVIL in one.words for one in report.segments)  # the name is on the page
    assert "<script" not in page
    assert "&lt;script&gt;alert('x')&lt;/script&gt; &amp; \"$x^$" in page
    shown = report._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_both_schemes_and_phones_are_served(page):
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page
    assert re.search(r"\.scroll \{ overflow-x: auto", page)


def test_a_page_is_the_same_each_time(page, report, tmp_path):
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 3}):
        again = report.save(str(tmp_path / "again.html"))
    assert again.read_text(encoding="utf-8") == page


def test_drawing_leaves_matplotlib_alone(report):
    import matplotlib.pyplot as plt

    before, backend = plt.get_fignums(), matplotlib.get_backend()
    report._repr_html_()
    assert plt.get_fignums() == before
    assert matplotlib.get_backend() == backend


def test_without_matplotlib_the_page_says_so(report, tmp_path, monkeypatch):
    for name in [one for one in sys.modules if one.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = report.save(tmp_path / "bare.html").read_text(encoding="utf-8")
    assert not Outline(page).named("img", "figure")
    assert "The figures are left out" in page
    assert "pip install 'skdistill[plot]'" in page
    assert "The figures are left out" in report._repr_html_()


def test_a_notebook_shows_verdict_findings_table_and_folded_figures(report):
    shown = report._repr_html_()
    outline = Outline(shown)
    assert report.verdict in outline.text["strong"]
    assert len(outline.named("li")) == len(report.findings)
    assert len(outline.named("details")) == 1
    assert len(outline.named("img")) == 7


def test_a_report_is_pickled_before_and_after_it_was_shown(report):
    report._repr_html_()
    displays = [one.display for section in report.sections for one in section.drawings]
    assert not any(hasattr(one, "figure_") for one in displays)
    again = pickle.loads(pickle.dumps(report))
    assert again.verdict == report.verdict
    assert again.findings == report.findings


@pytest.mark.parametrize("name", ["report.pdf", "report"])
def test_a_page_is_written_under_the_name_of_a_page_only(report, tmp_path, name):
    with pytest.raises(ValueError, match=f"path must end in .html, got '.*{name}'"):
        report.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
