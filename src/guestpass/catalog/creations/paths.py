"""Finding a value in a record by a path: CloudTrail's spellings of one and the same list or name are read alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = (str, int)


def texts_at(record: Any, path: str) -> tuple[str, ...]:
    """All non-empty texts at one path (no bars)."""
    return tuple(text for value in values_at(record, path) if (text := _text(value)))


def values_at(record: Any, path: str) -> tuple[Any, ...]:
    """All values at one path; none where the record does not have it."""
    found = [record]
    for part in path.split("."):
        if part:
            found = [value for each in found for value in _step(each, part)]
    return tuple(found)


def unwrapped(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The content without the element that some EC2 records keep: `{"CreateNatGatewayResponse": {…}}`."""
    for wrapper in (f"{name}Response", f"{name}Result", f"{name}Request"):
        inner = content.get(wrapper)
        if isinstance(inner, Mapping):
            return inner
    return content


def _step(value: Any, part: str) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        return
    name = part.rstrip("[]?")
    key = next((key for key in value if key.lower() == name.lower()), None)
    if key is None:
        if part.endswith("?"):
            yield value
        return
    held = value[key]
    if part.endswith("[]"):
        yield from _elements(held)
    elif held is not None:
        yield held


def _elements(held: Any) -> Iterator[Any]:
    """A list as JSON has it, as EC2's `{"items": […]}`, or as XML's `{"item": …}`, one alone without a list."""
    if isinstance(held, Mapping):
        lists = [held[key] for key in ("items", "item", "member") if key in held]
        held = lists[0] if lists else held
    if isinstance(held, list | tuple):
        yield from held
    elif held is not None:
        yield held


def _text(value: Any) -> str:
    """A text; `{"content": …}` and an element that holds nothing but one text are that text."""
    if isinstance(value, Mapping):
        inner = value.get("content", next(iter(value.values())) if len(value) == 1 else None)
        return inner if isinstance(inner, str) else ""
    return str(value) if isinstance(value, _TEXT) and not isinstance(value, bool) else ""
