"""The tables of creations in the words of a record: where an event says what it made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guestpass.catalog.actions import arn_format
from guestpass.catalog.creations.read import rows_of
from guestpass.catalog.creations.rows import Made
from guestpass.catalog.creations.values import CreationPath
from guestpass.catalog.values import Unmapped

_ROOTS = {"request": "requestParameters", "response": "responseElements"}


def creation_paths(source: str, name: str) -> tuple[CreationPath, ...] | Unmapped:
    """Where the record of an event (source, and name with any version behind it) names each thing that the call made.

    An empty tuple: it makes nothing. `Unmapped`: it looks as if it made something and no table speaks of it.
    """
    rows = rows_of(source.lower(), name)
    if isinstance(rows, Unmapped):
        return rows
    return tuple(path for row in rows for path in _paths(row, "", None))


def _paths(row: Made, outer: str, brought_by: str | None) -> Iterator[CreationPath]:
    each = next(iter(_places(row.each, outer)), outer)
    prefix, _, kind = row.type.partition(":")
    yield CreationPath(
        type=row.type,
        arn=_places(row.arn, each),
        id=_places(row.id, each),
        format=None if row.arn or row.bare else (arn_format(prefix, kind) or "").split(", ")[0],
        when=_limit(row.where, each),
        unless=_limit(row.unless, each),
        along_with=brought_by,
    )
    for child in row.brings:
        yield from _paths(child, each, row.type)


def _places(paths: str, each: str) -> tuple[str, ...]:
    """The alternatives of a path, each as it stands in a record: without a wrapper that it may lack, and with it."""
    alternatives = [path.strip() for path in paths.split("|") if path.strip()]
    shorter = [re.sub(r"\w+\?\.", "", path) for path in alternatives]
    longer = [path.replace("?", "") for path in alternatives]
    both = [path for pair in zip(shorter, longer, strict=True) for path in pair]
    places = [" + ".join(_place(part.strip(), each) for part in path.split(" + ")) for path in both]
    return tuple(dict.fromkeys(places))


def _place(path: str, each: str) -> str:
    if path.startswith("."):
        return each if path == "." else f"{each}{path}"
    root, _, rest = path.partition(".")
    return f"{_ROOTS[root]}.{rest}"


def _limit(where: str, each: str) -> str:
    path, equals, words = where.partition("=")
    place = " or ".join(_places(path, each))
    return f"{place} = {words.strip()}" if equals else place
