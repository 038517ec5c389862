"""What the worst actions let a stranger do, in words: dated data for comparing a template with a job."""

from __future__ import annotations

import datetime
import tomllib
from functools import cache
from importlib import resources

import msgspec

from guestpass.catalog.values import Power
from guestpass.errors import Bug


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: str
    words: str
    rank: int
    source: str
    doors: tuple[int, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    revised: datetime.date
    powers: tuple[_Entry, ...]


def _text() -> str:
    return resources.files("guestpass.catalog").joinpath("powers.toml").read_text(encoding="utf-8")


def powers_revised() -> datetime.date:
    """The day on which the table was last held against AWS's pages."""
    head = tomllib.loads(_text().partition("[[powers]]")[0])
    return msgspec.convert(head["revised"], datetime.date)


@cache
def powers() -> tuple[Power, ...]:
    """The powers, worst first, then by action; raises `Bug` if the file breaks the schema."""
    try:
        file = msgspec.convert(tomllib.loads(_text()), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug(f"the catalogue's own `powers.toml` is wrong: {error}") from error
    found = [
        Power(action=each.action, words=each.words, rank=each.rank, source=each.source, doors=each.doors)
        for each in file.powers
    ]
    return tuple(sorted(found, key=lambda power: (power.rank, power.action)))
