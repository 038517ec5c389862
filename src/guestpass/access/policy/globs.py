"""Patterns with `*` and `?`, matched in linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache


class Wild(Enum):
    """A wildcard of a pattern."""

    ANY = "*"
    ONE = "?"


Piece = str | Wild
"""A part of a pattern: literal text, or a wildcard."""

Matcher = Callable[[str], bool]

_WILDCARD = re.compile(r"([*?])")


@lru_cache(maxsize=8192)
def pieces_of(pattern: str) -> tuple[Piece, ...]:
    """Split a pattern into literal text and wildcards; runs of `*` become one."""
    return tuple(tidy(Wild(part) if part in ("*", "?") else part for part in _WILDCARD.split(pattern)))


def tidy(pieces: Iterator[Piece] | Sequence[Piece]) -> Iterator[Piece]:
    """Join neighbouring text, drop empty text, fold `**` into `*`."""
    last: Piece | None = None
    for piece in pieces:
        if piece == "" or (piece is Wild.ANY and last is Wild.ANY):
            continue
        if isinstance(piece, str) and isinstance(last, str):
            last += piece
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


@lru_cache(maxsize=8192)
def matcher_of(pieces: tuple[Piece, ...]) -> Matcher:
    """Make a function that says whether a text matches; `*` and `?` take any character."""
    match pieces:
        case ():
            return lambda text: text == ""
        case (Wild.ANY,):
            return lambda _: True
        case (str() as literal,):
            return lambda text: text == literal
        case (str() as head, Wild.ANY):
            return lambda text: text.startswith(head)
        case several:
            full = re.compile(_regex_of(several), re.DOTALL).fullmatch
            return lambda text: full(text) is not None


def _regex_of(pieces: Sequence[Piece]) -> str:
    """The pattern as a regular expression that cannot backtrack far.

    INVARIANT: between two `*` the earliest match is as good as any later one, so those stretches may be
    atomic groups: no pattern, however hostile, takes more than time proportional to its length times the
    text's.
    """
    stretches: list[str] = [""]
    for piece in pieces:
        if piece is Wild.ANY:
            stretches.append("")
        else:
            stretches[-1] += "." if piece is Wild.ONE else re.escape(str(piece))
    if len(stretches) == 1:
        return stretches[0]
    head, *middle, tail = stretches
    return head + "".join(f"(?>.*?{stretch})" for stretch in middle) + f".*{tail}"


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches the pattern: case counts, `*` and `?` take any character, `:` and `/`
    too.

    AWS: IAM JSON policy elements: Condition operators (StringLike); compare in lower case for actions.
    """
    return matcher_of(pieces_of(pattern))(text)
