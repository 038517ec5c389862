"""The facts in `events.toml`, `members.json` and `shared.json`, read once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec


class Ec2(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """EC2's lists: of plain values (by set and the item's member), of structures, by XML's elements, and odd members."""

    plain: dict[str, dict[str, tuple[str, ...]]]
    lists: dict[str, str]
    elements: dict[str, tuple[str, ...]]
    members: dict[str, str]


class S3(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """S3's headers and query parameters by the API's names."""

    members: dict[str, str]


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`events.toml`."""

    no_call: dict[str, str]
    service_events: dict[str, tuple[str, ...]]
    types: dict[str, str]
    sources: dict[str, tuple[str, ...]]
    prefixes: dict[str, tuple[str, ...]]
    authorised_as: dict[str, str]
    preferred: dict[str, str]
    renamed: dict[str, dict[str, str]]
    renamed_to: dict[str, dict[str, tuple[str, str]]]
    ec2: Ec2
    s3: S3


class Members(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an API begins its members: `small` letters, `but` for those that do not.

    `wire` are the names of paths, queries and headers that a record may have in a member's place, with the member and the
    operations that have it so (`*`: all). `maps` are members whose own keys are the user's words.
    """

    small: bool
    but: frozenset[str] = frozenset()
    maps: frozenset[str] = frozenset()
    wire: dict[str, dict[str, str]] = {}

    def member(self, operation: str, recorded: str) -> str:
        """The member that a record's name stands for in an operation; the name itself where no other is known."""
        names = self.wire.get(f"{recorded[:1].lower()}{recorded[1:]}", {})
        return next((name for name, of in names.items() if of == "*" or operation in of.split()), recorded)


_CAPITAL = Members(small=False)


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def facts() -> Facts:
    """What stands in `events.toml`."""
    return msgspec.convert(tomllib.loads(_text("events.toml")), Facts)


@cache
def _all_members() -> Mapping[str, Members]:
    return msgspec.convert(json.loads(_text("members.json"))["services"], dict[str, Members])


def members_of(client: str) -> Members:
    """How the API of a client begins its members; with a capital where nothing else is known."""
    return _all_members().get(client, _CAPITAL)


@cache
def _shared() -> Mapping[str, Mapping[str, frozenset[str]]]:
    return msgspec.convert(
        json.loads(_text("shared.json"))["operations"], dict[str, dict[str, frozenset[str]]]
    )


def telling_members(client: str, operation: str) -> frozenset[str]:
    """The members of an operation's request, with a small first letter, that an operation of the same name in another API
    of the same event source lacks.
    """
    return _shared().get(operation, {}).get(client, frozenset())
