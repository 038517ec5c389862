"""The guest's own list of what they made: a Markdown table, as the hand-over letter's form has it, or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from guestpass.errors import InputError, Place
from guestpass.inventory.values import Difference, Entry, HandIn, Inventory, Item

_FORM = "| resource | id or ARN | region | what it is for | keep or delete | how to update it |"
_RULE = re.compile(r"\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?")
_ID = ("id or arn", "id", "arn", "identifier", "name", "resource id")
_KIND = ("resource", "type", "kind", "what")
_REGION = ("region",)
_PURPOSE = ("what it is for", "purpose", "for", "use")
_MOST = 10_000


def read_hand_in(text: str, *, file: str) -> HandIn:
    """Read the list. Empty rows are passed over; a table of another shape is not taken for one.

    Raises InputError, with the place and the form, where there is no table with a column of ids, or none filled in.
    """
    tables = list(_tables(text)) or list(_csv(text))
    usable = [(names, rows) for names, rows in tables if _column(names, _ID) is not None]
    if not usable:
        raise InputError(
            "this is no list: there is no table with a column `id or ARN`",
            place=Place(file=file, line=1),
            expected="a Markdown table, or CSV, with one row for each thing",
            hint=f"the form stands in the hand-over letter: {_FORM}",
        )
    entries = tuple(entry for names, rows in usable for entry in _entries(names, rows, file))
    if not entries:
        raise InputError(
            "the list is empty: its table has no row that names a thing",
            place=Place(file=file, line=usable[0][1][0][0] if usable[0][1] else 1),
            expected="one row for each thing that was made",
        )
    if len(entries) > _MOST:
        raise InputError(
            f"the list has {len(entries):,} rows", place=Place(file=file), expected=f"at most {_MOST:,}"
        )
    return HandIn(file=file, entries=entries)


def compare(inventory: Inventory, hand_in: HandIn) -> Difference:
    """Hold the guest's list against the record: by ARN, by id, or by name, in the region that the row names.

    A thing that another brought along (an instance its volume) need not be listed; a thing that is gone need not
    either, and may be.
    """
    both: list[tuple[Item, Entry]] = []
    unfound: list[Entry] = []
    found: set[int] = set()
    for entry in hand_in.entries:
        match = next((item for item in inventory.items if _names(entry, item)), None)
        if match is None:
            unfound.append(entry)
            continue
        both.append((match, entry))
        found.update(number for number, item in enumerate(inventory.items) if _names(entry, item))
    unlisted = tuple(
        item
        for number, item in enumerate(inventory.items)
        if number not in found and item.still != "gone" and item.parent is None
    )
    return Difference(both=tuple(both), unlisted=unlisted, unfound=tuple(unfound))


def _names(entry: Entry, item: Item) -> bool:
    told = entry.resource
    if entry.region and item.region and entry.region != item.region and entry.region.lower() != "global":
        return False
    return told in (item.arn, item.id, item.name) or told == item.arn.split(":", 5)[-1]


def _entries(names: Sequence[str], rows: Sequence[tuple[int, list[str]]], file: str) -> Iterator[Entry]:
    at = {
        field: _column(names, known)
        for field, known in (("id", _ID), ("kind", _KIND), ("region", _REGION), ("purpose", _PURPOSE))
    }
    for number, cells in rows:
        told = {
            field: _plain(cells[column]) if column is not None and column < len(cells) else ""
            for field, column in at.items()
        }
        if told["id"]:
            yield Entry(
                resource=told["id"],
                place=Place(file=file, line=number),
                kind=told["kind"],
                region=told["region"],
                purpose=told["purpose"],
            )


def _column(names: Sequence[str], known: Sequence[str]) -> int | None:
    lowered = [name.strip().lower() for name in names]
    return next((lowered.index(name) for name in known if name in lowered), None)


def _plain(cell: str) -> str:
    """The text of a cell: without the marks that Markdown puts around an id."""
    return cell.strip().strip("`*_ ").replace("\\|", "|").replace("\\_", "_").replace("\\-", "-")


def _tables(text: str) -> Iterator[tuple[list[str], list[tuple[int, list[str]]]]]:
    lines = text.splitlines()
    for at in range(1, len(lines)):
        if "|" in lines[at - 1] and "-" in lines[at] and _RULE.fullmatch(lines[at].strip()):
            rows: list[tuple[int, list[str]]] = []
            for number in range(at + 1, len(lines)):
                if "|" not in lines[number]:
                    break
                rows.append((number + 1, _cells(lines[number])))
            yield _cells(lines[at - 1]), rows


def _cells(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare.removesuffix("|") if not bare.endswith("\\|") else bare
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", bare)]


def _csv(text: str) -> Iterator[tuple[list[str], list[tuple[int, list[str]]]]]:
    reader = csv.reader(io.StringIO(text))
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error:
        return
    if len(rows) > 1 and len(rows[0][1]) > 1:
        yield rows[0][1], rows[1:]
