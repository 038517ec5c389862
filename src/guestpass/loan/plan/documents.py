"""Policy documents as planners handle them: as the text of a call, and compared by what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def text_of(document: Mapping[str, Any]) -> str:
    """The document as a call's parameter, without white space."""
    return json.dumps(document, separators=(",", ":"))


def same_document(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two documents say the same in the same words: order of values and single values in lists aside."""
    if one is None or other is None:
        return one is other
    return bool(_settled(one) == _settled(other))


def _settled(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _listed(key, inner) for key, inner in value.items()}
        case list() | tuple():
            return sorted(
                (_settled(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True)
            )
        case _:
            return value


def _listed(key: Any, value: Any) -> Any:
    # AWS: IAM JSON policy grammar: a single value may stand without its list
    if key in ("Version", "Id", "Sid", "Effect") or isinstance(value, Mapping):
        return [_settled(value)] if key == "Statement" else _settled(value)
    return _settled(value) if isinstance(value, list | tuple) else [_settled(value)]


def allowed_by_service(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The actions that Allow statements name, by service prefix; what is not named (`NotAction`) stands under `*`."""
    found: dict[str, set[str]] = {}
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Allow":
            continue
        named = statement.get("Action", "*")
        for action in named if isinstance(named, list) else [named]:
            service, _, name = str(action).partition(":")
            found.setdefault(service, set()).add(name or "*")
    return {service: tuple(sorted(names)) for service, names in sorted(found.items())}
