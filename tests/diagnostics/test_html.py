"""Elements: everything is escaped that is not an element itself."""

import pytest

from skdistill.diagnostics._html import Html, tag


def test_text_and_attributes_are_escaped():
    made = tag("p", "<script>&", title='a"b<c', class_="x", aria_label="y")
    assert made == (
        '<p title="a&quot;b&lt;c" class="x" aria-label="y">&lt;script&gt;&amp;</p>'
    )


def test_elements_stay_elements():
    assert tag("p", tag("b", "<")) == "<p><b>&lt;</b></p>"
    assert isinstance(tag("b"), Html)


def test_void_elements_have_no_end():
    assert tag("meta", charset="utf-8", name="a") == '<meta charset="utf-8" name="a">'


@pytest.mark.parametrize("wrong", ["\x00", "\x08", "\x1b", "\x7f", "\ud800"])
def test_characters_html_cannot_hold_are_replaced(wrong):
    assert tag("p", f"a{wrong}b") == "<p>a\ufffdb</p>"
    assert tag("p", title=wrong) == '<p title="\ufffd"></p>'
