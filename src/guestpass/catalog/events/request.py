"""CloudTrail's `requestParameters` as the API's parameters.

A name has its first letter small in the record, whatever the API has; EC2 wraps lists, some of its calls altogether;
S3 keeps headers and query parameters as they came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from guestpass.catalog.events.ec2 import ec2_request
from guestpass.catalog.events.facts import facts, members_of
from guestpass.catalog.services import client_name

# AWS: "Logging … with AWS CloudTrail" of KMS, RDS, EC2 and others: what a service keeps out of the record.
MASKS = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "<sensitiveDataRemoved>", "***", "****", "*****"})
_WORD = re.compile(r"[A-Za-z]\w*")


def request_of_event(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call as its API spells them, from how CloudTrail does; masked values are left out.

    `service` and `operation` are `operation_of_event`'s. Never raises: what has an unexpected shape stays as it is.
    """
    client = client_name(service)
    shown = {str(name): value for name, value in unmasked(parameters).items()}
    match client:
        case "ec2":
            return ec2_request(operation, shown)
        case "s3" | "s3control":
            return _s3(shown)
        case _:
            return _plain(client, operation, _unwrapped(operation, shown))


def _unwrapped(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """API Gateway keeps the body of a request beside what the path names: `createRestApiInput`."""
    wrapper = f"{operation[:1].lower()}{operation[1:]}Input"
    body = given.get(wrapper)
    if not isinstance(body, Mapping):
        return given
    return {**{name: value for name, value in given.items() if name != wrapper}, **body}


def unmasked(value: Any) -> Any:
    """The value without what CloudTrail masked, however deep."""
    match value:
        case Mapping():
            return {name: unmasked(held) for name, held in value.items() if not _masked(held)}
        case Sequence() if not isinstance(value, str | bytes):
            return [unmasked(item) for item in value if not _masked(item)]
        case _:
            return value


def _masked(value: Any) -> bool:
    return isinstance(value, str) and value in MASKS


def _plain(client: str, operation: str, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Names with the API's first letter, and the API's where the record has the wire's (EKS's `name` of a cluster)."""
    members = members_of(client)
    given = {members.member(operation, name): value for name, value in recorded.items()}
    if members.small:
        odd = {f"{name[:1].lower()}{name[1:]}": name for name in members.but}
        return {odd.get(name, name): value for name, value in given.items()}
    return {
        name if name in members.but else capital(name): capitals(value, members.maps, named=capital(name))
        for name, value in given.items()
    }


def capital(name: str) -> str:
    """A member's name with a capital; what is no name (a header, a path) stays."""
    return f"{name[:1].upper()}{name[1:]}" if _WORD.fullmatch(name) else name


def capitals(value: Any, maps: frozenset[str] = frozenset(), *, named: str = "") -> Any:
    """A structure with capitals all the way down; the keys of `maps`, and of tags, are the user's own words.

    `named` is the member that holds the value.
    """
    match value:
        case Mapping():
            own = named in maps or named == "Tags"
            return {
                (str(name) if own else capital(str(name))): capitals(
                    held, maps, named="" if own else capital(str(name))
                )
                for name, held in value.items()
            }
        case Sequence() if not isinstance(value, str | bytes):
            return [capitals(item, maps) for item in value]
        case _:
            return value


@cache
def _s3_names() -> Mapping[str, str]:
    return facts().s3.members


def _s3(given: Mapping[str, Any]) -> dict[str, Any]:
    """S3's parameters; what only names a sub-resource in the query (`acl=`) says nothing."""
    out: dict[str, Any] = {}
    for name, value in given.items():
        held = (
            value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else value
        )
        if held in ("", None):
            continue
        known = _s3_names().get(name)
        # a member of the request's body, or a name of the box's or an SDK's making
        out[known or capital(name)] = held if known else _body(held)
    return out


def _body(value: Any) -> Any:
    """An XML body: capitals, and a list wherever one element or several stand under its item's name."""
    match value:
        case Mapping():
            out = {capital(str(name)): _body(held) for name, held in value.items() if name != "xmlns"}
            # AWS: S3 API reference, PutBucketTagging: TagSet holds Tag elements
            for wrapper in ("TagSet", "Tags"):
                if isinstance(out.get(wrapper), Mapping) and "Tag" in out[wrapper]:
                    held = out[wrapper]["Tag"]
                    out[wrapper] = held if isinstance(held, list) else [held]
            return out
        case Sequence() if not isinstance(value, str | bytes):
            return [_body(item) for item in value]
        case _:
            return value
