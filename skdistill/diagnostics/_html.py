"""Elements of HTML from Python; whatever is not an element is escaped."""

import re
from html import escape
from typing import Any

__all__ = ["Html", "tag"]

#: Characters HTML cannot hold, and halves of surrogate pairs, which UTF-8 cannot.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_VOID = {"img", "meta"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *content: Any, **attributes: Any) -> Html:
    """Build an element; strings are escaped unless they are `Html`.

    Attributes lose a final underscore (``class_``), and underscores become hyphens.

    Examples
    --------
    >>> from skdistill.diagnostics._html import tag
    >>> tag("p", "1 < 2", tag("b", "!"), class_="a")
    '<p class="a">1 &lt; 2<b>!</b></p>'
    """
    opening = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_clean(value))}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{opening}>")
    inner = "".join(
        one if isinstance(one, Html) else escape(_clean(one), quote=False)
        for one in content
    )
    return Html(f"<{opening}>{inner}</{name}>")


def _clean(text: Any) -> str:
    return _FORBIDDEN.sub("\ufffd", str(text))
