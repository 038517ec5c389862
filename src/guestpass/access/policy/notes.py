"""Noting what puzzles a reader, and reading the scalars and lists that all elements share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


def quoted(value: object) -> str:
    """The user's word in backticks: short, without control characters and halves of characters."""
    text = value if isinstance(value, str) else type(value).__name__
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[:80])
    return f"`{safe}{'…' if len(text) > 80 else ''}`"


@dataclass
class Notes:
    """The puzzles of one statement, in the order they were met, each once."""

    all: list[str] = field(default_factory=list)

    def add(self, code: str, says: str) -> None:
        """Note one puzzle."""
        if (note := f"{code} {says}") not in self.all:
            self.all.append(note)

    def extend(self, code: str, several: Iterator[str]) -> None:
        """Note several of one kind."""
        for says in several:
            self.add(code, says)


def repeated_names(data: object) -> Iterator[str]:
    """The names that stand more than once in any object of a JSON tree, where the parser noticed."""
    if isinstance(data, Mapping):
        yield from getattr(data, "repeated", ())
        for value in data.values():
            yield from repeated_names(value)
    elif isinstance(data, list):
        for value in data:
            yield from repeated_names(value)


def texts_of(data: object, *, scalars: bool = False) -> tuple[str, ...] | None:
    """One string or a list of strings as a tuple (rule 35); None when it is neither, or empty.

    With `scalars`, JSON's true, false and whole or decimal numbers count as their text, as in conditions.
    """
    listed = data if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    values: list[str] = []
    for value in listed:
        text = _text_of(value) if scalars else value
        if not isinstance(text, str):
            return None
        values.append(text)
    return tuple(values) if values else None


def _text_of(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if abs(value) < 10**18:
            return str(value)
        case float() if re.fullmatch(r"-?[0-9]+\.[0-9]+", repr(value)):
            return repr(value)
        case _:
            return None
