"""What the AWS in the box charges, from a small dated table. Decimal throughout, nothing is rounded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

# AWS: EC2 User Guide, "How Reserved Instances are applied": normalization factors of instance sizes
_SIZES: Mapping[str, Decimal] = {
    "nano": Decimal("0.25"),
    "micro": Decimal("0.5"),
    "small": Decimal(1),
    "medium": Decimal(2),
    "large": Decimal(4),
    "xlarge": Decimal(8),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """USD a unit. `stand_in` says that the table has no row for the thing and a rate was put in its place."""

    usd: Decimal
    stand_in: bool = False


def rate(kind: str, name: str, region: str) -> Rate:
    """The rate of a thing (`instance`, `t3.micro`) in a region."""
    table = _table()[kind]
    factor: Decimal = _region(region)["factor"]
    told = table["rates"].get(name)
    if told is not None:
        return Rate(usd=told * factor)
    family, _, size = name.rpartition(".")
    unit = table.get("families", {}).get(family)
    if unit is not None and _size(size) is not None:
        return Rate(usd=unit * (_size(size) or 1) * factor)
    dear: Decimal = table.get("stand_in") or max(table["rates"].values())
    return Rate(usd=dear * (_size(size) or 1) * factor, stand_in=True)


def usage_prefix(region: str) -> str:
    """What usage types of a region begin with: nothing in us-east-1, `EU-` in eu-west-1."""
    known = _table()["regions"]
    return str(known[region]["prefix"]) if region in known else f"{region}-"


def tax_rate() -> Decimal:
    """What the box adds to each service's charges."""
    told: Decimal = _table()["tax"]["rate"]
    return told


def dated() -> Mapping[str, tuple[str, str]]:
    """Where the rates of each kind are from, and as of which day."""
    return {
        kind: (str(table["source"]), str(table["as_of"]))
        for kind, table in _table().items()
        if "source" in table
    }


def _size(size: str) -> Decimal | None:
    if size in _SIZES:
        return _SIZES[size]
    count = size.removesuffix("xlarge")
    return Decimal(count) * 8 if count.isdigit() and count != size else None


def _region(region: str) -> Mapping[str, Any]:
    known: Mapping[str, Mapping[str, Any]] = _table()["regions"]
    return known.get(region, known["other"])


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files("guestpass.local").joinpath("prices.toml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = _decimals(tomllib.loads(text, parse_float=Decimal))
    return read


def _decimals(value: Any) -> Any:
    match value:
        case dict():
            return {key: _decimals(each) for key, each in value.items()}
        case bool():
            return value
        case int():
            return Decimal(value)
    return value
