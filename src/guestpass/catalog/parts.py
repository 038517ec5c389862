"""What the catalogue is made of, and of which day: the packages that were distilled, and the tables of our own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import msgspec

from guestpass.catalog import distilled
from guestpass.catalog.values import Part

_RENEW = "raise the pins in requirements/catalogue.in, then: make lock catalogue"
_BY_HAND = "hold the table against AWS's pages, then set its `revised`"


class _Package(msgspec.Struct, frozen=True):
    version: str
    sha256: str
    licence: str
    day: date
    gave: tuple[str, ...]


class _About(msgspec.Struct, frozen=True):
    packages: dict[str, _Package]


@cache
def _packages() -> Mapping[str, _Package]:
    return distilled.needed("about.json", _About).packages


def package(name: str) -> _Package:
    """One of the packages that were distilled; raises KeyError for another."""
    return _packages()[name]


def parts() -> tuple[Part, ...]:
    """Every part with its source and its day, those of packages first."""
    from guestpass.catalog.doors import revised as doors_revised
    from guestpass.catalog.quotas import quotas_revised

    ours = (("doors", doors_revised()), ("quotas of IAM", quotas_revised()))
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
