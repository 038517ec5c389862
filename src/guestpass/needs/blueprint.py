"""Blueprints: what known kinds of backend need, as data that ships with the package."""

from __future__ import annotations

from functools import cache
from importlib import resources

_SUFFIX = ".yaml"


@cache
def blueprints() -> tuple[str, ...]:
    """The names of the blueprints that guestpass knows."""
    folder = resources.files("guestpass.needs").joinpath("blueprints")
    return tuple(
        sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))
    )
