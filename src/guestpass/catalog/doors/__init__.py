"""The doors: the ways in which a former guest can still get back in, as dated data.

One TOML file a category stands beside this module; `doors` reads and checks them. What finds, closes or settles
a door is said by name only: nothing here looks at an account.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from guestpass.catalog.values import Door, Evidence
from guestpass.errors import Bug


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    title: str
    need: Literal["L", "P", "A", "O", "K", "X"]
    planting: tuple[tuple[str, ...], ...]
    finders: tuple[str, ...]
    closers: tuple[str, ...]
    catch: str
    evidence: tuple[Evidence, ...]
    events: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    outside: str | None = None
    by_hand: str | None = None
    unlisted: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: str
    title: str
    revised: datetime.date
    doors: tuple[_Entry, ...]


def _texts() -> Iterator[tuple[str, str]]:
    """Every file's name and text, by name."""
    entries = (entry for entry in resources.files(__name__).iterdir() if entry.name.endswith(".toml"))
    for entry in sorted(entries, key=lambda each: each.name):
        yield entry.name, entry.read_text(encoding="utf-8")


@cache
def _files() -> tuple[_File, ...]:
    found = []
    for name, text in _texts():
        try:
            found.append(msgspec.convert(tomllib.loads(text), _File))
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise Bug(f"the catalogue's own doors in `{name}` are wrong: {error}") from error
    return tuple(found)


@cache
def doors() -> tuple[Door, ...]:
    """All doors by number; raises `Bug` if a file breaks the schema or a rule of `_checked`."""
    found = [_door(entry, file.category) for file in _files() for entry in file.doors]
    _checked(found)
    return tuple(sorted(found, key=lambda door: door.number))


def categories() -> dict[str, str]:
    """The titles of the categories that are here, by letter."""
    return {file.category: file.title for file in _files()}


def revised() -> datetime.date:
    """The day on which the oldest file was last revised."""
    heads = (text.partition("[[doors]]")[0] for _, text in _texts())
    return min(msgspec.convert(tomllib.loads(head)["revised"], datetime.date) for head in heads)


def unlisted_actions() -> dict[str, str]:
    """Planting actions that AWS's action list does not have, and why they are here all the same."""
    return {
        action: why for file in _files() for entry in file.doors for action, why in entry.unlisted.items()
    }


def _door(entry: _Entry, category: str) -> Door:
    return Door(
        number=entry.number,
        category=category,
        title=entry.title,
        need=entry.need,
        planting=entry.planting,
        finders=entry.finders,
        closers=entry.closers,
        catch=entry.catch,
        evidence=entry.evidence,
        events=entry.events,
        host=entry.host,
        sql=entry.sql,
        outside=entry.outside,
        by_hand=entry.by_hand,
    )


def _checked(found: list[Door]) -> None:
    """Raise `Bug` where the doors contradict themselves."""
    numbers = [door.number for door in found]
    if len(set(numbers)) != len(numbers):
        raise Bug("two doors of the catalogue have the same number")
    for door in found:
        if not door.evidence:
            raise Bug(f"{door.code}: nothing can settle it")
        if "could-not" in door.evidence and not door.planting:
            raise Bug(f"{door.code}: what needs no planting cannot be ruled out by a policy")
        if not (door.finders or door.events or door.host or door.sql or door.outside):
            raise Bug(f"{door.code}: nothing finds it")
        if not (door.closers or door.by_hand):
            raise Bug(f"{door.code}: nothing closes it")
