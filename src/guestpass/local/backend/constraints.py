"""What AWS's own models demand of a name: its characters and its length.

moto keeps whatever it is given. A user whose name holds a control character would make every later listing
unreadable, and a `*` in a name would end up in ARNs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from guestpass.local.backend.wire import Asked
from guestpass.local.exchange import Refusal

# The services whose names become part of principals, ARNs and policies.
_HELD = frozenset({"iam", "sts"})


def hold_to_model(asked: Asked) -> None:
    """Raise Refusal (ValidationError) when a text of an IAM or STS request is not what the model allows."""
    if asked.service not in _HELD or asked.model.input_shape is None:
        return
    for name, shape, value in _texts(asked.model.input_shape, asked.parameters, ""):
        wanted = _broken(shape.metadata, value)
        if wanted is not None:
            # AWS: Common errors, ValidationError: "1 validation error detected: Value ... failed to satisfy ..."
            raise Refusal(
                "ValidationError",
                f"1 validation error detected: Value at '{name[:1].lower()}{name[1:]}' failed to satisfy "
                f"constraint: Member must {wanted}",
                status=400,
                literal=True,
            )


def _texts(shape: Any, value: Any, name: str) -> Iterator[tuple[str, Any, str]]:
    match value:
        case str() if shape.type_name == "string":
            yield name, shape, value
        case Mapping() if shape.type_name == "structure":
            for member, inner in value.items():
                if member in shape.members:
                    yield from _texts(shape.members[member], inner, member)
        case list() if shape.type_name == "list":
            for inner in value:
                yield from _texts(shape.member, inner, name)


def _broken(metadata: Mapping[str, Any], value: str) -> str | None:
    """What the value fails to be, in AWS's words, or None."""
    if len(value) < metadata.get("min", 0):
        return f"have length greater than or equal to {metadata['min']}"
    if len(value) > metadata.get("max", len(value)):
        return f"have length less than or equal to {metadata['max']}"
    pattern = metadata.get("pattern")
    if pattern is not None and not _fits(pattern, value):
        return f"satisfy regular expression pattern: {pattern}"
    return None


def _fits(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    if compiled is not None:
        return compiled.fullmatch(value) is not None
    return not any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in value)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern, whose `\\w` is ASCII as in AWS's own; None for classes that `re` does not know (`\\p{L}`)."""
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None
