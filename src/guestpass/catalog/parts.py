"""What the catalogue is made of, and of which day: the packages that were distilled, and the tables of our own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from guestpass.catalog import distilled
from guestpass.catalog.values import Part

_RENEW = "raise the pins in requirements/catalogue.in, then: make lock catalogue"
_BY_HAND = "hold the table against AWS's pages, then set its `revised` (there, or in tables.toml)"


class _Package(msgspec.Struct, frozen=True):
    version: str
    sha256: str
    licence: str
    day: date
    gave: tuple[str, ...]


class _About(msgspec.Struct, frozen=True):
    packages: dict[str, _Package]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    files: str
    revised: date


@cache
def _packages() -> Mapping[str, _Package]:
    return distilled.needed("about.json", _About).packages


def package(name: str) -> _Package:
    """One of the packages that were distilled; raises KeyError for another."""
    return _packages()[name]


@cache
def tables() -> tuple[_Table, ...]:
    """The tables of our own that carry no day themselves."""
    text = resources.files("guestpass.catalog").joinpath("tables.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["tables"], tuple[_Table, ...])


def left_out(name: str) -> tuple[str, ...]:
    """What a package says that AWS's list does not bear out, sorted: no fact of the catalogue rests on it.

    `cfn-lint`: permissions of handlers that are no actions; `cloudsplaining`: actions of ways to escalate.
    """
    return distilled.read(f"left-out-{name}.json", tuple[str, ...]) or ()


def parts() -> tuple[Part, ...]:
    """Every part with its source and its day, those of packages first."""
    from guestpass.catalog.doors import revised as doors_revised
    from guestpass.catalog.powers import powers_revised
    from guestpass.catalog.quotas import quotas_revised

    ours = (
        *((table.name, table.revised) for table in tables()),
        ("doors", doors_revised()),
        ("powers of single actions", powers_revised()),
        ("quotas of IAM", quotas_revised()),
    )
    return (
        *(
            Part(
                name=gave,
                package=name,
                version=each.version,
                day=each.day,
                licence=each.licence,
                sha256=each.sha256,
                renew=_RENEW,
            )
            for name, each in _packages().items()
            for gave in each.gave
        ),
        *(
            Part(
                name=name,
                package="guestpass",
                version="",
                day=day,
                licence="Apache-2.0",
                sha256="",
                renew=_BY_HAND,
            )
            for name, day in ours
        ),
    )
