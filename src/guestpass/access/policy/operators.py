"""The condition operators, and how the values they compare are read."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

Family = Literal["String", "Numeric", "Date", "Bool", "Binary", "Ip", "Arn", "Null"]
Comparison = Literal["equal", "like", "less", "less_or_equal", "greater", "greater_or_equal"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """What an operator compares, how, and whether it holds when the values do *not* match."""

    name: str
    family: Family
    comparison: Comparison = "equal"
    negated: bool = False
    ignore_case: bool = False

    @property
    def variables(self) -> bool:
        """Whether its values may hold policy variables (rule 69)."""
        return self.family in ("String", "Arn", "Bool")


def _ordered(family: Literal["Numeric", "Date"]) -> tuple[Operator, ...]:
    return (
        Operator(name=f"{family}Equals", family=family),
        Operator(name=f"{family}NotEquals", family=family, negated=True),
        Operator(name=f"{family}LessThan", family=family, comparison="less"),
        Operator(name=f"{family}LessThanEquals", family=family, comparison="less_or_equal"),
        Operator(name=f"{family}GreaterThan", family=family, comparison="greater"),
        Operator(name=f"{family}GreaterThanEquals", family=family, comparison="greater_or_equal"),
    )


# AWS: IAM JSON policy elements: Condition operators
OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator(name="StringEquals", family="String"),
        Operator(name="StringNotEquals", family="String", negated=True),
        Operator(name="StringEqualsIgnoreCase", family="String", ignore_case=True),
        Operator(name="StringNotEqualsIgnoreCase", family="String", ignore_case=True, negated=True),
        Operator(name="StringLike", family="String", comparison="like"),
        Operator(name="StringNotLike", family="String", comparison="like", negated=True),
        *_ordered("Numeric"),
        *_ordered("Date"),
        Operator(name="Bool", family="Bool"),
        Operator(name="BinaryEquals", family="Binary"),
        Operator(name="IpAddress", family="Ip"),
        Operator(name="NotIpAddress", family="Ip", negated=True),
        # ArnEquals and ArnLike behave the same (rule 61)
        Operator(name="ArnEquals", family="Arn", comparison="like"),
        Operator(name="ArnNotEquals", family="Arn", comparison="like", negated=True),
        Operator(name="ArnLike", family="Arn", comparison="like"),
        Operator(name="ArnNotLike", family="Arn", comparison="like", negated=True),
        Operator(name="Null", family="Null"),
    )
}

# AWS: AWS global condition context keys ("Value type – Multivalued"); all in lower case
MULTIVALUED_KEYS = frozenset(
    {
        "aws:tagkeys",
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:principalservicenameslist",
        "sts:transitivetagkeys",
    }
)

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_EPOCH = re.compile(r"[0-9]{5,}(\.[0-9]+)?")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})"
    r"(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}))?)?"
)

Network = tuple[int, int, int]
"""An IP range: the version (4 or 6), the mask and the masked address."""


def number_of(text: str) -> Decimal | None:
    """An integer or decimal number, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def instant_of(text: str) -> Decimal | None:
    """Seconds since 1970 of a W3C form of ISO 8601 or of epoch seconds, or None.

    NOTE: four digits alone could be a year or four digits of seconds: nobody says which, so None.
    """
    # AWS: IAM JSON policy elements: Condition operators, "Date condition operators"; W3C NOTE-datetime
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    part = {name: int(found[name] or first) for name, first in _DATE_PARTS.items()}
    try:
        moment = datetime(**part, tzinfo=_zone_of(found["zone"] or "Z"))
        return Decimal(int(moment.timestamp())) + Decimal(found["fraction"] or 0)
    except (ValueError, OverflowError):
        return None


_DATE_PARTS = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _zone_of(text: str) -> timezone:
    if text == "Z":
        return timezone.utc  # noqa: UP017 # `datetime.UTC` would hide that this is the zone of the text
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)


def truth_of(text: str) -> bool | None:
    """`true` or `false` in any case, or None."""
    return {"true": True, "false": False}.get(text.lower())


def network_of(text: str) -> Network | None:
    """A CIDR range or a single address, IPv4 or IPv6, or None."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network.netmask), int(network.network_address)


def address_of(text: str) -> tuple[int, int] | None:
    """An address as (version, number), or None."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)


def bytes_of(text: str) -> bytes | None:
    """What base64 text stands for, or None."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def value_parses(operator: Operator, text: str) -> bool:
    """Whether a policy's value without variables means anything to the operator."""
    match operator.family:
        case "Numeric":
            return number_of(text) is not None
        case "Date":
            return instant_of(text) is not None
        case "Bool" | "Null":
            return truth_of(text) is not None
        case "Ip":
            return network_of(text) is not None
        case "Binary":
            return bytes_of(text) is not None
        case "String" | "Arn":
            return True
