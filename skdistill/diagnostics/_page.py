"""A report as HTML: one file with everything in it, or a fragment for a notebook."""

import base64
import platform
from importlib.metadata import version

import sklearn

from skdistill.diagnostics._html import Html, tag
from skdistill.diagnostics._sections import Drawing, Section, Table
from skdistill.diagnostics.displays import can_draw, svg_of

__all__ = ["notebook_fragment", "page"]

_NO_FIGURES = (
    "The figures are left out: they need matplotlib (pip install 'skdistill[plot]')."
)

# Colours of at least 7:1 contrast in both schemes; figures keep a white ground. Tables
# wider than a phone scroll by themselves, not with the page.
_STYLE = """
:root { color-scheme: light dark;
  --ink: #1a1a1a; --ground: #ffffff; --soft: #4a4a4a; --line: #c4c4c4;
  --verdict: #e8f4f0; --stripe: #f5f5f5; --link: #00527d; }
@media (prefers-color-scheme: dark) { :root {
  --ink: #ececec; --ground: #16181b; --soft: #c0c0c0; --line: #4a4f55;
  --verdict: #12342b; --stripe: #1f2226; --link: #8fcbf0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem;
  border-top: 1px solid var(--line); padding-top: 1rem; }
.verdict { background: var(--verdict); padding: 1rem; border-radius: .4rem;
  font-size: 1.1rem; margin: 0 0 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; margin: 0;
  list-style: none; }
a { color: var(--link); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem;
  position: sticky; left: 0; max-width: min(58rem, calc(100vw - 2rem)); }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: pre; vertical-align: top; }
thead th { vertical-align: bottom; white-space: normal; }
tbody th, thead th:first-child { text-align: left; }
tbody th { font-weight: 600; white-space: normal; min-width: 8rem; max-width: 22rem; }
tbody tr:nth-child(even) { background: var(--stripe); }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1rem; }
figure { margin: 0; flex: 1 1 26rem; min-width: min(100%, 18rem); max-width: 38rem; }
img { display: block; width: 100%; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: .4rem; padding: .4rem; }
figcaption, footer { color: var(--soft); font-size: .9rem; margin-top: .4rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .6rem; }
@media print { .scroll { overflow: visible; } h2, figure { break-inside: avoid; } }
"""


def page(verdict: str, sections: tuple[Section, ...]) -> str:
    """Build a whole page: HTML 5, styles and figures inside, nothing to fetch."""
    title = "Distillation report"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(_STYLE)),
    )
    links = [
        tag("li", tag("a", section.title, href=f"#{_anchor(i)}"))
        for i, section in enumerate(sections)
    ]
    made = f"skdistill {version('skdistill')}, scikit-learn {sklearn.__version__}"
    notes = [f"Made by {made}, Python {platform.python_version()}."]
    if not can_draw():
        notes.append(_NO_FIGURES)
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", title),
            tag("p", verdict, class_="verdict"),
            *([tag("nav", tag("ul", *links), aria_label="Sections")] * bool(links)),
        ),
        tag("main", *(_section(i, one) for i, one in enumerate(sections))),
        tag("footer", *(tag("p", note) for note in notes)),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def notebook_fragment(
    verdict: str, table: Table, sections: tuple[Section, ...]
) -> Html:
    """Build what a notebook shows: verdict, findings, one table, folded figures."""
    findings = [tag("li", one) for section in sections for one in section.findings]
    parts = [tag("p", tag("strong", verdict)), _table(table)]
    if findings:
        parts.append(tag("ul", *findings))
    drawings = [one for section in sections for one in section.drawings]
    if drawings and can_draw():
        figures = (_figure(one) for one in drawings)
        parts.append(tag("details", tag("summary", "Figures"), *figures))
    elif drawings:
        parts.append(tag("p", _NO_FIGURES))
    return tag("div", *parts)


def _anchor(place: int) -> str:
    return f"section-{place + 1}"


def _section(place: int, section: Section) -> Html:
    heading = f"{_anchor(place)}-title"
    figures = [_figure(one) for one in section.drawings] if can_draw() else []
    return tag(
        "section",
        tag("h2", section.title, id=heading),
        *(tag("p", one) for one in section.findings),
        *(
            tag(
                "div",
                _table(one),
                class_="scroll",
                role="region",
                aria_label=one.caption,
                tabindex="0",
            )
            for one in section.tables
        ),
        *([tag("div", *figures, class_="figures")] * bool(figures)),
        id=_anchor(place),
        aria_labelledby=heading,
    )


def _table(table: Table) -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in table.header))
    rows = [
        tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in cells))
        for first, *cells in table.rows
    ]
    return tag(
        "table",
        tag("caption", table.caption),
        tag("thead", head),
        tag("tbody", *rows),
    )


def _figure(drawing: Drawing) -> Html:
    data = base64.b64encode(svg_of(drawing.display, drawing.size)).decode("ascii")
    image = tag("img", src=f"data:image/svg+xml;base64,{data}", alt=drawing.alt)
    return tag("figure", image, tag("figcaption", drawing.caption))
