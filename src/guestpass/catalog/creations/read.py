"""From one event's request and response to what it made or ended, by the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guestpass.catalog.actions import arn_format
from guestpass.catalog.creations.paths import texts_at, unwrapped, values_at
from guestpass.catalog.creations.rows import Ended, Made, ended_rows, made_rows, table_of
from guestpass.catalog.creations.values import Creation, Ending
from guestpass.catalog.services import is_global
from guestpass.catalog.values import Unmapped, Where

_LOOKS_LIKE_MAKING = re.compile(
    r"(Create|Run|Allocate|Copy|Import|Restore|Register|Request|Purchase|Provision|Publish|Upload|Launch)[A-Z]"
    r"|Put[A-Za-z]*Policy"
)
_LOOKS_LIKE_ENDING = re.compile(r"(Delete|Terminate|Release|Deregister)[A-Z]")
# AWS: Lambda, CloudFront: an event's name may end in the API's version
_VERSION = re.compile(r"(?<=[A-Za-z])\d{4}_?\d{2}_?\d{2}(v\d+)?$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def looks_like_making(name: str) -> bool:
    """Whether an event of this name might make something."""
    return _LOOKS_LIKE_MAKING.match(name) is not None


def rows_of(source: str, name: str) -> tuple[Made, ...] | Unmapped:
    """What the tables say that an event makes; none: nothing. `Unmapped` where it looks as if it made something."""
    table = table_of(source)
    plain = plain_name(name)
    rows = made_rows(table, plain) if table else ()
    known = table is not None and plain in table.nothing
    if rows or known or not looks_like_making(plain):
        return rows
    return Unmapped(why=f"no table says what `{name}` of `{source}` makes")


def created(
    source: str, name: str, *, parameters: Mapping[str, Any], response: Mapping[str, Any], where: Where
) -> tuple[Creation, ...] | Unmapped:
    """What a successful call made, from its event's source, name, request and response.

    An empty tuple: it makes nothing. `Unmapped`: it looks as if it made something and no table speaks of it, or its
    record does not say what. The caller must not ask about calls that failed.
    """
    plain = plain_name(name)
    rows = rows_of(source, name)
    if isinstance(rows, Unmapped):
        return rows
    record = {"request": unwrapped(parameters, plain), "response": unwrapped(response, plain)}
    found: list[Creation] = []
    for row in rows:
        made = tuple(_made(row, record, where))
        if any(each is None for each in made) or (not made and not (row.where or row.unless)):
            return Unmapped(why=f"the record of `{name}` does not say what was made ({row.type})")
        found += [each for each in made if each is not None]
    return tuple(found)


def ended(
    source: str, name: str, *, parameters: Mapping[str, Any], response: Mapping[str, Any], where: Where
) -> tuple[Ending, ...] | Unmapped:
    """What a successful call ended; an empty tuple and `Unmapped` mean the like of what they mean in `created`."""
    table = table_of(source)
    plain = plain_name(name)
    rows = ended_rows(table, plain) if table else ()
    if not rows:
        known = table is not None and plain in table.nothing
        if known or not _LOOKS_LIKE_ENDING.match(plain):
            return ()
        return Unmapped(why=f"no table says what `{name}` of `{source}` ends")
    record = {"request": unwrapped(parameters, plain), "response": unwrapped(response, plain)}
    off = table is not None and plain in table.kept
    found = tuple(replace(ending, off=off) for row in rows for ending in _ended(row, record, where))
    if not found and not any(row.where or row.unless for row in rows):
        return Unmapped(why=f"the record of `{name}` does not say what was ended ({rows[0].type})")
    return tuple(dict.fromkeys(found))


def plain_name(name: str) -> str:
    """An event's name without the API version that Lambda and CloudFront put behind it."""
    return _VERSION.sub("", name)


@dataclass(frozen=True)
class _Spot:
    """A record, and the element of it that is looked at."""

    record: Mapping[str, Any]
    element: Any = None

    def texts(self, paths: str) -> tuple[str, ...]:
        """The texts at the first of several paths (between bars) that has any."""
        for path in paths.split("|"):
            parts = [self._at(part.strip()) for part in path.split(" + ")]
            if len(parts) > 1:
                return (" ".join(part[0] for part in parts),) if all(parts) else ()
            if parts[0]:
                return parts[0]
        return ()

    def _at(self, path: str) -> tuple[str, ...]:
        return texts_at(self.element if path.startswith(".") else self.record, path) if path else ()

    def text(self, paths: str) -> str:
        return next(iter(self.texts(paths)), "")

    def spots(self, each: str) -> Iterator[_Spot]:
        """This spot itself, or one for every element of the list at `each`."""
        if not each:
            yield self
            return
        for path in each.split("|"):
            bare = path.strip()
            found = values_at(self.element if bare.startswith(".") else self.record, bare)
            if found:
                yield from (_Spot(self.record, element) for element in found)
                return

    def holds(self, where: str) -> bool:
        """Whether the record has something at a path, or one of the words behind `=`."""
        path, equals, words = where.partition("=")
        found = self.texts(path) or tuple(str(v).lower() for v in values_at(self.record, path.strip()))
        return any(text in words.split() for text in found) if equals else bool(found)


def _meant(row: Made | Ended, spot: _Spot) -> bool:
    return not (row.where and not spot.holds(row.where)) and not (row.unless and spot.holds(row.unless))


def _made(row: Made, record: Mapping[str, Any], where: Where) -> Iterator[Creation | None]:
    for spot in _Spot(record).spots(row.each):
        if not _meant(row, spot):
            continue
        thing = _thing(row, spot, where)
        yield thing
        if thing is not None:
            yield from _brought(row, spot, where, thing)


def _brought(row: Made, spot: _Spot, where: Where, parent: Creation) -> Iterator[Creation]:
    """What came along, as far as the record names it: at a launch the volumes often have no id yet."""
    for child in row.brings:
        for inner in spot.spots(child.each):
            made = _thing(child, inner, where, parent=parent.arn)
            if made is not None:
                yield made


def _thing(row: Made, spot: _Spot, where: Where, parent: str | None = None) -> Creation | None:
    told = next((text for text in spot.texts(row.arn) if text.startswith("arn:")), "") if row.arn else ""
    called = _written(spot.text(row.id), row) if row.id else ""
    called = called or _last(told)
    built = told or (called if row.bare else _arn(row, spot, called, where))
    if not built or not called:
        return None
    return Creation(
        type=row.type,
        arn=built,
        id=called,
        region=_region(row, spot, built, where),
        name=spot.text(row.name) or None,
        within=tuple(dict.fromkeys(text for path in row.within for text in spot.texts(path))),
        parent=parent or spot.text(row.parent) or None,
        again=row.again and not (row.anew and spot.text(row.anew)),
    )


def _arn(row: Made, spot: _Spot, called: str, where: Where) -> str:
    """The ARN by AWS's format; empty where the record lacks one of its variables."""
    prefix, _, kind = row.type.partition(":")
    pattern = (arn_format(prefix, kind) or "").split(", ")[0]
    if row.spells:
        pattern = pattern.replace(row.spells, called)
    values = {"Partition": where.partition, "Region": where.region, "Account": where.account}
    values |= {name: _written(spot.text(path), row) for name, path in row.fill.items()}
    values |= dict.fromkeys(row.unsaid, "*")
    open_ = [name for name in _VARIABLE.findall(pattern) if name not in values]
    values |= dict.fromkeys(open_[-1:], called)
    if not pattern or any(not values.get(name) for name in _VARIABLE.findall(pattern)):
        return ""
    return _VARIABLE.sub(lambda found: values[found.group(1)], pattern)


def _region(row: Made, spot: _Spot, arn: str, where: Where) -> str:
    if row.region:
        return spot.text(row.region) or where.region
    if not arn.startswith("arn:"):
        return "" if is_global(row.type.partition(":")[0]) else where.region
    return arn.split(":")[3]


def _ended(row: Ended, record: Mapping[str, Any], where: Where) -> Iterator[Ending]:
    for spot in _Spot(record).spots(row.each):
        if not _meant(row, spot):
            continue
        for said in spot.texts(row.said):
            written = _written(said, row)
            yield Ending(type=row.type, said=written, region=where.region, later=row.later)


def _written(text: str, row: Made | Ended) -> str:
    last = text.rstrip("/").rpartition("/")[2] if row.tail else text.removeprefix(row.strip)
    return last.lower() if row.lower else last


def _last(arn: str) -> str:
    """What a service calls a thing of which only the ARN is known: what stands behind the type."""
    resource = arn.split(":", 5)[-1] if arn.startswith("arn:") else ""
    kind, cut, rest = resource.partition("/") if "/" in resource else resource.partition(":")
    return rest if cut else kind
