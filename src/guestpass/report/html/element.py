"""HTML as values: whatever is put in comes out as text, because nothing but `render` ever writes a `<`.

A string is text wherever it stands. Names of tags and attributes are ours alone (`Tag`, `_ATTRIBUTES`), so no string of
foreign origin becomes either; a link can only lead within the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeAlias

from guestpass.errors import Bug
from guestpass.report.inert import inert

Tag = Literal[
    "a", "bdi", "body", "caption", "code", "dd", "details", "div", "dl", "dt", "em", "footer", "h1", "h2", "h3", "h4",
    "header", "html", "head", "li", "main", "meta", "nav", "ol", "p", "rect", "section", "small", "span", "strong",
    "summary", "svg", "table", "tbody", "td", "tfoot", "th", "thead", "time", "title", "tr", "ul", "wbr",
]  # fmt: skip

_ATTRIBUTES = frozenset({
    "aria-hidden", "aria-label", "aria-labelledby", "charset", "class", "content", "data-label", "datetime", "height",
    "href", "http-equiv", "id", "lang", "name", "open", "role", "scope", "tabindex", "viewbox", "width", "x", "y",
})  # fmt: skip
_VOID = frozenset({"meta", "wbr"})
_INLINE = frozenset({
    "a", "bdi", "code", "em", "rect", "small", "span", "strong", "time", "title", "h1", "h2", "h3", "h4", "wbr", "caption",
})  # fmt: skip
_HERE = re.compile(r"#[a-z][a-z0-9-]*")
_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Element:
    """One element: tag, attributes in order, children. `element` makes it and checks it."""

    tag: Tag
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]


Node: TypeAlias = "Element | str"
Part: TypeAlias = "Node | Iterable[Part] | None"


def element(tag: Tag, *children: Part, **attributes: str | None) -> Element:
    """Make an element. Children may be nested or None; an attribute that is None is left out.

    `class_` is `class` and `data_label` is `data-label`. Raises Bug for an attribute that is not known, and for a
    link or an id that could be anything but a place in this page.
    """
    named = tuple(
        (key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None
    )
    for name, value in named:
        if name not in _ATTRIBUTES:
            raise Bug(f"the report knows no attribute `{name}`")
        if name == "href" and not _HERE.fullmatch(value):
            raise Bug(f"the report links within itself alone, not to `{value}`")
        if name == "id" and not _ID.fullmatch(value):
            raise Bug(f"`{value}` cannot be a place in the report")
    return Element(tag, named, tuple(_flat(children)))


def render(node: Node) -> str:
    """Write the node as HTML: every text and every value inert and escaped."""
    return "".join(_written(node))


def _flat(parts: Iterable[Part]) -> Iterator[Node]:
    for part in parts:
        if isinstance(part, Element | str):
            yield part
        elif part is not None:
            yield from _flat(part)


def _written(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield escape(inert(node))
        return
    values = "".join(f' {name}="{escape(inert(value))}"' for name, value in node.attributes)
    yield f"<{node.tag}{values}>"
    if node.tag not in _VOID:
        for child in node.children:
            yield from _written(child)
        yield f"</{node.tag}>"
    if node.tag not in _INLINE:
        yield "\n"
