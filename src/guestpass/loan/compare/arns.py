"""ARNs that stand for patterns: one of a pattern, one that two patterns share, the pattern of a whole type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from guestpass import catalog
from guestpass.access.policy import glob_matches
from guestpass.catalog.operations.ids import TYPES

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_FIELDS = 6


def concrete(pattern: str, type_: str | None, name: str) -> str:
    """One ARN of a pattern: an id where EC2 gives ids, else `name` in the place of each `*`."""
    if pattern == "*":
        return pattern
    service, _, kind = (type_ or "").partition(":")
    letters = _letters().get(kind) if service == "ec2" else None
    if letters and pattern.endswith("/*"):
        # the id says whose it is to nobody: two names make two ids
        digits = f"{sum(map(ord, name)):x}".rjust(17, "0")
        pattern = f"{pattern[:-1]}{letters}-{digits}"
    return pattern.replace("*", name).replace("?", "0")


def in_region(pattern: str, region: str, *, anyway: bool = False) -> str:
    """The pattern in one region where it leaves the region open; `anyway`: where it names one, too."""
    fields = pattern.split(":", _FIELDS - 1)
    if len(fields) == _FIELDS and (fields[3] == "*" or (anyway and fields[3])):
        fields[3] = region
    return ":".join(fields)


@lru_cache(maxsize=16384)
def meeting(one: str, other: str, *, type_: str | None, name: str) -> str | None:
    """An ARN that both patterns match field by field, or None where none was found."""
    first, second = _fields(one), _fields(other)
    found = [_both(a, b, name) for a, b in zip(first[:-1], second[:-1], strict=True)]
    last = concrete(first[-1], type_, name)
    if not glob_matches(second[-1], last):
        # a name has no colon: a pattern that asks for one more is met by nothing of the type
        last = _both(first[-1], second[-1], name) or ""
        if first[-1] != "*" and last.count(":") != first[-1].count(":"):
            return None
    return None if None in found or not last else ":".join([*map(str, found), last])


def pattern_of(type_: str, *, partition: str, region: str, account: str) -> str:
    """The pattern of every resource of a type in one region of one account; `*` where AWS lists no format."""
    listed = catalog.resource_type(type_)
    if isinstance(listed, catalog.Unmapped) or not listed.arn:
        return "*"
    where: Mapping[str, str] = {
        "${Partition}": partition,
        "${Region}": region,
        "${Account}": account,
    }
    return _VARIABLE.sub(lambda found: where.get(found[0], "*"), listed.arn)


def _fields(pattern: str) -> tuple[str, ...]:
    fields = _VARIABLE.sub("*", pattern).split(":", _FIELDS - 1)
    return (*fields, *["*"] * (_FIELDS - len(fields)))


def _both(one: str, other: str, name: str) -> str | None:
    """A text that both match: the wildcards of one filled with a name, or with what the other says."""
    for pattern, against in ((one, other), (other, one)):
        said = against.replace("?", "0")
        for filling in (name, said.replace("*", name), said.replace("*", "")):
            text = pattern.replace("*", filling).replace("?", "0")
            if glob_matches(pattern, text) and glob_matches(against, text):
                return text
    return None


@cache
def _letters() -> Mapping[str, str]:
    return {kind: letters for letters, kind in TYPES.items()}
