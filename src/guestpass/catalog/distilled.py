"""The distilled facts: one zip file of JSON members, each read when a question first needs it.

`tools/distill_catalogue.py` makes the file from pinned packages; `parts` says which, and of which day.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

FILE = "catalogue.zip"


_other: Path | None = None


@cache
def _file() -> zipfile.ZipFile:
    # the file itself is read whole, which is a millisecond's work; its members are unpacked one at a time
    place = _other or resources.files("guestpass.catalog").joinpath(FILE)
    return zipfile.ZipFile(io.BytesIO(place.read_bytes()))


@cache
def _names() -> frozenset[str]:
    return frozenset(_file().namelist())


def use(path: Path) -> None:
    """Read another file from now on: for one that was just built. What was answered before stays answered."""
    global _other
    _other = path
    _file.cache_clear()
    _names.cache_clear()


def member(name: str) -> bytes | None:
    """A member's bytes (`iam/ec2.json`), None if the file has none of that name."""
    return _file().read(name) if name in _names() else None


def read(name: str, shape: type[T]) -> T | None:
    """A member in the shape that its reader expects, None if the file has none of that name."""
    content = member(name)
    return None if content is None else msgspec.json.decode(content, type=shape)


def needed(name: str, shape: type[T]) -> T:
    """A member that every file has."""
    return msgspec.json.decode(_file().read(name), type=shape)
