"""Walks through what a record holds, without recursion: whoever made a call chose how deep its parameters go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DEEPEST = 64
"""No API that a row speaks of nests its parameters deeper."""


def walked(value: Any) -> Iterator[tuple[str, Any, int]]:
    """Everything in a value with the name it stands under (`""` for none, an item's is its list's) and its depth."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        name, held, depth = waiting.pop()
        yield name, held, depth
        if isinstance(held, Mapping):
            waiting += [(str(key), inner, depth + 1) for key, inner in held.items()]
        elif isinstance(held, Sequence) and not isinstance(held, str | bytes):
            waiting += [(name, inner, depth + 1) for inner in held]


def texts_under(value: Any, member: str) -> Iterator[str]:
    """Every text that stands under this name, however deep; case does not matter."""
    wanted = member.lower()
    return (held for name, held, _ in walked(value) if isinstance(held, str) and name.lower() == wanted)


def too_deep(value: Any) -> bool:
    """Whether a value is nested deeper than any API's parameters are."""
    return any(depth > DEEPEST for _, _, depth in walked(value))
