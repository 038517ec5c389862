"""A page is lines of styled spans; `text_of` makes a terminal's text of it, with or without colour.

Every span passes `inert` when it is made, so nothing that reaches a terminal by way of a page can command it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from guestpass.report.inert import inert

Style = Literal["plain", "bold", "dim", "good", "bad", "warn", "hint"]

# Green for done, red for refused, yellow to mind, cyan for what to type; a word always stands beside a
# colour.
_CODES: dict[Style, str] = {"bold": "1", "dim": "2", "good": "32", "bad": "31", "warn": "33", "hint": "36"}


@dataclass(frozen=True, slots=True, init=False)
class Span:
    """Text in one style; made inert here, once, for everybody."""

    text: str
    style: Style

    def __init__(self, text: str, style: Style = "plain") -> None:
        object.__setattr__(self, "text", inert(text))
        object.__setattr__(self, "style", style)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line, or several once wrapped: `indent` spaces at first, `hang` before what follows.

    `wrap` is False where the reader will copy the line (a command, a path).
    """

    spans: tuple[Span, ...]
    indent: int = 0
    hang: int = 0
    wrap: bool = True


Page = tuple[Line, ...]

EMPTY = Line(spans=())


def line(*parts: str | Span, indent: int = 0, hang: int | None = None, wrap: bool = True) -> Line:
    """Make a line of strings and spans; `hang` is two more than `indent` unless told."""
    spans = tuple(part if isinstance(part, Span) else Span(part) for part in parts)
    return Line(spans=spans, indent=indent, hang=indent + 2 if hang is None else hang, wrap=wrap)


def heading(text: str) -> Line:
    """Make a line that opens a part."""
    return line(Span(text, "bold"))


def listed(says: Iterable[str], *, sign: str = "-", style: Style = "plain", indent: int = 2) -> Page:
    """Make one line each, with a sign before it."""
    return tuple(
        line(Span(f"{sign} ", style), text, indent=indent, hang=indent + len(sign) + 1) for text in says
    )


def next_line(command: str) -> Line:
    """Make the last line of an answer: the command to run next, never wrapped."""
    return line(Span("next: ", "bold"), Span(command, "hint"), wrap=False)


def text_of(page: Page, *, width: int = 80, colour: bool = False) -> str:
    """Return the page as text whose lines fit `width`, ending with a line end; empty for an empty page."""
    out: list[str] = []
    for each in page:
        rows = _wrapped(each, width) if each.wrap else [[*each.spans]]
        for number, row in enumerate(rows):
            lead = " " * (each.hang if number else each.indent)
            out.append((lead + "".join(_painted(span, colour) for span in row)).rstrip(" "))
    return "\n".join(out) + "\n" if out else ""


def width_of(text: str) -> int:
    """Return how many columns the text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def _painted(span: Span, colour: bool) -> str:
    code = _CODES.get(span.style)
    return f"\x1b[{code}m{span.text}\x1b[0m" if colour and code and span.text else span.text


def _wrapped(each: Line, width: int) -> list[list[Span]]:
    rows: list[list[Span]] = [[]]
    room = width - each.indent
    for word in _words(each.spans):
        gap = bool(rows[-1]) and word[0].text.startswith(" ")
        if width_of("".join(span.text for span in word)) > room and (gap or _long(word, room)):
            if gap:
                rows.append([])
                room = width - each.hang
                word = [Span(word[0].text.lstrip(" "), word[0].style), *word[1:]]
            for piece in _pieces(word, max(8, room), max(8, width - each.hang)):
                if piece is None:
                    rows.append([])
                    room = width - each.hang
                else:
                    rows[-1].append(piece)
                    room -= width_of(piece.text)
            continue
        rows[-1].extend(word)
        room -= width_of("".join(span.text for span in word))
    return [_joined(row) for row in rows]


def _long(word: list[Span], room: int) -> bool:
    return width_of("".join(span.text for span in word)) > room


def _words(spans: tuple[Span, ...]) -> list[list[Span]]:
    """Split into words that carry the spaces before them; a word may change its style inside."""
    words: list[list[Span]] = []
    for span in spans:
        start = 0
        for at in range(1, len(span.text) + 1):
            ends = at == len(span.text) or (span.text[at] == " " and span.text[at - 1] != " ")
            if ends:
                piece = Span(span.text[start:at], span.style)
                if words and not piece.text.startswith(" ") and not words[-1][-1].text.endswith(" "):
                    words[-1].append(piece)
                else:
                    words.append([piece])
                start = at
    return words


def _pieces(word: list[Span], first: int, then: int) -> list[Span | None]:
    """Cut a word that no line can hold; None marks a line's end."""
    out: list[Span | None] = []
    room = first
    for span in word:
        start = 0
        used = 0
        for at, sign in enumerate(span.text):
            if used + width_of(sign) > room:
                out += [Span(span.text[start:at], span.style), None]
                start, used, room = at, 0, then
            used += width_of(sign)
        out.append(Span(span.text[start:], span.style))
        room -= used
    return out


def _joined(row: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in row:
        if out and out[-1].style == span.style:
            out[-1] = Span(out[-1].text + span.text, span.style)
        else:
            out.append(span)
    return out
