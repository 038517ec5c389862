"""What AWS's pages say about charging, as data: `products.toml` and `charging.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Lingering:
    """A type that goes on costing: `stop` is the command that ends it, `when` what the usage type must contain."""

    type: str
    says: str
    stop: str
    page: str
    when: str = ""


@cache
def services_of(product: str) -> tuple[str, ...]:
    """Return the services that a bill's product code speaks of; one guessed from its name where none is written."""
    if not product:
        return ()
    if known := _products().get(product):
        return known
    bare = product.removeprefix("Amazon").removeprefix("AWS").lower()
    return (bare,) if bare.isalnum() and bare.isascii() else ()


def is_free(kind: str) -> bool:
    """Whether things of a type (`iam:role`) never cost anything by themselves."""
    return kind.lower() in _free()


@cache
def _free() -> frozenset[str]:
    return frozenset(kind.lower() for row in _charging()["free"] for kind in row["types"])


def lingering(kind: str) -> Lingering | None:
    """Return how things of a type go on costing when what used them is gone; None where they do not."""
    return _lingering().get(kind.lower())


def runs(kind: str) -> bool:
    """Whether things of a type run: once none stands, the site is torn down."""
    return kind.lower() in _running()


# AWS's pages spell one type `Secret` and `secret`: types are compared in small letters


@cache
def _lingering() -> Mapping[str, Lingering]:
    return {row["type"].lower(): Lingering(**row) for row in _charging()["lingers"]}


@cache
def _running() -> frozenset[str]:
    return frozenset(kind.lower() for kind in _charging()["running"]["types"])


@cache
def _products() -> Mapping[str, tuple[str, ...]]:
    return {code: tuple(services) for code, services in _read("products.toml").items()}


@cache
def _charging() -> Mapping[str, Any]:
    return _read("charging.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("guestpass.bill").joinpath(name).read_text("utf-8"))
