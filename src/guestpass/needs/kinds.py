"""What tells own things of a type from others': by the table where it is in there, else by what AWS lists of the type.

What AWS's lists do not tell (what people call it, which keys hold more, what nothing holds) is in `held_by.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from guestpass import catalog
from guestpass.catalog.actions import condition_keys
from guestpass.needs.resource_types import ResourceType, resource_types

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_GIVEN = {"Partition": "{partition}", "Region": "{region}", "Account": "{account}"}
_OWN_TAG = "aws:ResourceTag/${TagKey}"
_SET_TAG = "aws:RequestTag/${TagKey}"
_REACH = "how many there are, and what is in them"
_PAGES = "https://docs.aws.amazon.com/service-authorization/latest/reference/"


class HeldBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of one type; the fields are explained at the top of `held_by.toml`. `page` is AWS's."""

    page: str
    word: str = ""
    plural: str = ""
    own: Literal["tag", "name", "nothing"] | None = None
    arn: str = ""
    keys: Mapping[str, str] = {}
    reach: str = ""


@cache
def held_by() -> Mapping[str, HeldBy]:
    """All that is told of types beyond AWS's lists, by `service:type` (`lambda:function`)."""
    text = resources.files("guestpass.needs").joinpath("held_by.toml").read_text("utf-8")
    return {
        f"{service}:{name}": msgspec.convert({**row, "page": _PAGES + told["page"]}, HeldBy)
        for service, told in tomllib.loads(text).items()
        for name, row in told.items()
        if name != "page"
    }


@cache
def kind_of(name: str) -> ResourceType:
    """Say by what things of a type (`sqs:queue`) can be held; of a type that no table knows as AWS's lists allow.

    A type whose ARN ends in a name that people choose is held by name; else by its tag, where AWS lists the key at the
    type; else nothing tells own ones from others'.
    """
    known = resource_types().get(name)
    return known if known is not None else _derived(name)


def _derived(name: str) -> ResourceType:
    service, _, kind = name.partition(":")
    listed = catalog.resource_type(name)
    arn = "*" if isinstance(listed, catalog.Unmapped) or not listed.arn else listed.arn
    variables = [each for each in _VARIABLE.findall(arn) if each not in _GIVEN]
    named = bool(variables) and re.search(r"Name(WithPath)?$", variables[0]) is not None
    keys = frozenset() if isinstance(listed, catalog.Unmapped) else listed.keys
    told = held_by().get(name) or HeldBy(
        page=_PAGES + "reference_policies_actions-resources-contextkeys.html"
    )
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[-_/]", " ", kind)
    own = told.own or ("name" if named else "tag" if _OWN_TAG in keys else "nothing")
    return ResourceType(
        word=told.word
        or "".join(word[:1].upper() + word[1:] for word in words.split())
        or service.capitalize(),
        plural=told.plural or f"{service}'s {words.lower()}s",
        arn=told.arn or _template(arn, "{own}" if named else "*"),
        own=own,
        tagged=_made_with_tags(service, kind),
        reach=told.reach
        or (_REACH if own != "nothing" else "which of them it is: nothing tells own ones from others'"),
        source=told.page,
    )


def _template(arn: str, own: str) -> str:
    """AWS's format with the first name of the reader's own as `{own}`, and `*` for what AWS makes up."""
    seen: list[str] = []

    def fill(found: re.Match[str]) -> str:
        variable = found[1]
        if variable in _GIVEN:
            return _GIVEN[variable]
        seen.append(variable)
        return own if len(seen) == 1 else "*"

    return _VARIABLE.sub(fill, arn)


def _made_with_tags(service: str, kind: str) -> bool:
    for maker in catalog.actions_matching(f"{service}:Create*"):
        types = catalog.resource_types(maker)
        if (
            not isinstance(types, catalog.Unmapped)
            and kind in types
            and _SET_TAG in condition_keys(maker, kind)
        ):
            return True
    return False


@cache
def made_by(action: str) -> str | None:
    """The type told by a key whose things an action makes without a resource that AWS would ask about, if there is one."""
    service, _, verb = action.partition(":")
    return next(
        (
            name
            for name, kind in resource_types().items()
            if name.startswith(f"{service}:") and kind.own == "key" and verb in kind.creating
        ),
        None,
    )


def reaches_all(name: str, arn: str) -> bool:
    """Whether a pattern is of every thing of a type (`acm:certificate`, `arn:aws:acm:*:*:certificate/*`), whoever made it."""
    if arn == "*":
        return True
    listed = catalog.resource_type(name)
    formats = () if isinstance(listed, catalog.Unmapped) else listed.arn.split(", ")
    return any(_last(_VARIABLE.sub("*", each)) == _last(arn) for each in formats)


def _last(arn: str) -> str:
    """What follows the account."""
    return arn.split(":", 5)[-1]
