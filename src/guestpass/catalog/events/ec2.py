"""EC2's records: lists under `{items: [...]}` with names of their own, newer calls wrapped in `…Request`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from guestpass.catalog.events.facts import facts
from guestpass.catalog.operations.rows import Row, row_of

_IDENTIFIER = re.compile(r"[A-Z]\w*")


def ec2_request(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an EC2 call as its API spells them."""
    # AWS: CloudTrail records of CreateNatGateway, CreateFlowLogs, CreateVpcEndpoint and other newer calls
    wrapped = given.get(f"{operation}Request")
    read = names_read(operation)
    if isinstance(wrapped, Mapping):
        return _wrapped(wrapped, read)
    return _members(_spread(operation, given), read)


@cache
def names_read(operation: str) -> frozenset[str]:
    """Every parameter that the operation's row reads."""
    row = row_of("ec2", operation)
    return frozenset(
        word for text in (_expressions(row) if row else ()) for word in _IDENTIFIER.findall(text)
    )


def _expressions(row: Row) -> Iterator[str]:
    yield from (*row.on.values(), *row.named.values(), *row.keys.values(), row.when, *row.refuse)
    for further in row.also:
        yield from _expressions(further)


def _spread(operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """RunInstances keeps image, key pair and counts inside `instancesSet`."""
    asked = given.get("instancesSet")
    if operation != "RunInstances" or not isinstance(asked, Mapping):
        return given
    inside = next(iter(_items(asked)), None)
    rest = {name: value for name, value in given.items() if name != "instancesSet"}
    return {**inside, **rest} if isinstance(inside, Mapping) else rest


def _members(given: Mapping[str, Any], read: frozenset[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in given.items():
        spelled, held = _member(str(name), value, read)
        out[spelled] = held
    return out


def _member(name: str, value: Any, read: frozenset[str]) -> tuple[str, Any]:
    known = facts().ec2
    if isinstance(value, Mapping) and (_is_list(value) or name in known.plain or name in known.lists):
        return _list(name, _items(value), read)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _list(name, list(value), read)
    spelled = known.members.get(name)
    if spelled is None or spelled not in read | {"Description"}:
        spelled = _capital(name)
    return spelled, _members(value, frozenset()) if isinstance(value, Mapping) else value


def _list(name: str, items: Sequence[Any], read: frozenset[str]) -> tuple[str, list[Any]]:
    """A list by its API name: of plain values where that is what its items hold."""
    known = facts().ec2
    stem = name.removesuffix("Set")
    keys = {str(key) for item in items if isinstance(item, Mapping) for key in item}
    key = next(iter(keys)) if len(keys) == 1 else ""
    if not items and name in known.plain:
        key = next(iter(known.plain[name]))
    candidates = known.plain.get(name, {}).get(key, ())
    if not candidates and name != stem and key == stem:
        candidates = (f"{_capital(stem)}s",)
    if candidates:
        spelled = next((each for each in candidates if each in read), candidates[0])
        return spelled, [item[key] for item in items if isinstance(item, Mapping)]
    spelled = known.lists.get(name) or (_capital(name) if name == stem else f"{_capital(stem)}s")
    return spelled, [_members(item, _INNER) if isinstance(item, Mapping) else item for item in items]


# What lists inside structures are called: a network interface's groups.
_INNER = frozenset({"Groups"})


def _is_list(value: Mapping[str, Any]) -> bool:
    return set(value) == {"items"}


def _items(value: Mapping[str, Any]) -> list[Any]:
    held = value.get("items")
    if isinstance(held, Sequence) and not isinstance(held, str | bytes):
        return list(held)
    return [] if held is None else [held]


def _wrapped(value: Mapping[str, Any], read: frozenset[str]) -> dict[str, Any]:
    """A request that was XML: names are the API's, but lists stand under their item's name, numbered by `tag`."""
    out: dict[str, Any] = {}
    for name, held in value.items():
        if name in ("tag", "xmlns"):
            continue
        elements = held if isinstance(held, list) else [held]
        if any(isinstance(element, Mapping) and "tag" in element for element in elements):
            plural = name if name in read or name.endswith("s") else f"{name}s"
            candidates = facts().ec2.elements.get(name, (plural,))
            spelled = next((each for each in candidates if each in read), candidates[0])
            out[spelled] = [_element(element) for element in elements]
        else:
            out[_capital(str(name))] = _wrapped(held, frozenset()) if isinstance(held, Mapping) else held
    return out


def _element(element: Any) -> Any:
    if not isinstance(element, Mapping):
        return element
    return element["content"] if "content" in element else _wrapped(element, frozenset())


def _capital(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"
