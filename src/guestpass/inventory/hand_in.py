"""The guest's own list of what they made: read from a Markdown table or CSV, and held against the record."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guestpass.errors import InputError, Place
from guestpass.findings import Finding
from guestpass.inventory.values import Difference, Entry, HandIn, Inventory, Item

FORM = "| resource | id or ARN | region | what it is for | keep or delete | how to update it |"
"""The heading of the form that the hand-over letter carries."""

_COLUMNS: Mapping[str, frozenset[str]] = {
    "resource": frozenset(
        {"id or arn", "arn or id", "id", "arn", "id/arn", "arn/id", "identifier", "resource id"}
    ),
    "kind": frozenset({"resource", "type", "kind", "what", "service"}),
    "region": frozenset({"region", "aws region"}),
    "purpose": frozenset({"what it is for", "purpose", "for", "used for", "description"}),
}
_RULE = re.compile(r"\s*\|?(\s*:?-{1,}:?\s*\|)+\s*(:?-{1,}:?)?\s*")
_ID = re.compile(r"(arn:[^\s,;]+|[a-z]{1,12}-[0-9a-f]{6,40}|AKIA[A-Z0-9]{8,})")
_NAME = re.compile(r"((?i:A|AAAA|CAA|CNAME|MX|NS|PTR|SOA|SPF|SRV|TXT) )?[^\s|`<>\"\\]{1,600}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_MOST = 10_000
_NO_VALUE = frozenset({"", "-", "–", "—", "n/a", "none"})


def read_hand_in(text: str, *, file: str) -> HandIn:
    """The list in a text: every Markdown table with a column `id or ARN`, or CSV with such a heading.

    Empty rows are passed over. A row that names nothing (prose where an id belongs) is a finding (`INV004`) with its
    line. Raises InputError when there is no such table, or nothing in it.
    """
    tables = [*_of_tables(text)] or [*_of_csv(text)]
    if not tables:
        raise InputError(
            f"`{file}` holds no table of what was made",
            place=Place(file=file),
            expected=f"a Markdown table headed `{FORM}`, or CSV with a column `id or ARN`",
            hint="the hand-over letter carries the form: one row for each thing",
        )
    rows = [row for table in tables for row in table.rows]
    if not rows:
        raise InputError(
            f"the table in `{file}` has no row that is filled in",
            place=Place(file=file, line=tables[0].line),
            expected="one row for each thing that was made",
            hint="if nothing was made there is nothing to compare: leave `--compare` out",
        )
    if len(rows) > _MOST:
        raise InputError(
            f"the table in `{file}` has {len(rows):,} rows",
            place=Place(file=file),
            expected=f"at most {_MOST:,}",
        )
    entries: list[Entry] = []
    findings: list[Finding] = []
    for row in rows:
        place = Place(file=file, line=row.line)
        named = _named(row.cells.get("resource", ""))
        if named is None:
            findings.append(_says_nothing(row, place))
        entries += [_entry(name, row, place) for name in named or ()]
    return HandIn(file=file, entries=tuple(entries), findings=tuple(findings))


def compare(inventory: Inventory, hand_in: HandIn) -> Difference:
    """The guest's list held against what they made: by ARN, id or name, and by region where a row gives one.

    `unlisted` are things that may still stand and that no row names: neither what is gone, nor what another thing that
    is told of here brought along (an instance its volume).
    """
    by_word: dict[str, list[Item]] = {}
    for item in inventory.items:
        for word in {item.arn, item.id, item.name or item.id, item.arn.split(":", 5)[-1], _tail(item.arn)}:
            by_word.setdefault(word, []).append(item)
    both: list[tuple[Item, Entry]] = []
    unfound: list[Entry] = []
    for entry in hand_in.entries:
        found = [item for item in by_word.get(entry.resource, ()) if _in_region(item, entry)]
        both += [(item, entry) for item in found]
        if not found:
            unfound.append(entry)
    listed = {item.arn for item, _ in both}
    told = listed | {item.arn for item in inventory.items if item.still != "gone"}
    unlisted = [
        item
        for item in inventory.items
        if item.still != "gone" and item.arn not in listed and item.parent not in told
    ]
    return Difference(both=tuple(both), unlisted=tuple(unlisted), unfound=tuple(unfound))


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]
    """By `_COLUMNS`; cells of other columns do not count."""


@dataclass(frozen=True, slots=True)
class _Table:
    line: int
    rows: tuple[_Row, ...]


def _entry(name: str, row: _Row, place: Place) -> Entry:
    region = row.cells.get("region", "")
    return Entry(
        resource=name,
        place=place,
        kind=row.cells.get("kind", ""),
        region=region if _REGION.fullmatch(region) else "",
        purpose=row.cells.get("purpose", ""),
    )


def _named(cell: str) -> tuple[str, ...] | None:
    """The things a cell names: several ids, or one name; None where it names nothing."""
    parts = [part for part in re.split(r"[\s,;]+|<br */?>", cell) if part]
    if len(parts) > 1 and all(_ID.fullmatch(part) for part in parts):
        return tuple(dict.fromkeys(parts))
    return (cell,) if cell.lower() not in _NO_VALUE and _NAME.fullmatch(cell) else None


def _says_nothing(row: _Row, place: Place) -> Finding:
    said = row.cells.get("resource", "")[:60]
    return Finding(
        code="INV004",
        severity="warning",
        says=f"`{said}` is neither an id nor an ARN nor a name"
        if said
        else "the row names no id, ARN or name",
        because="what the row is about cannot be held against the record",
        fix="write the id or ARN that AWS shows into the column `id or ARN`, one thing a row",
        place=place,
    )


def _in_region(item: Item, entry: Entry) -> bool:
    return not entry.region or not item.region or entry.region == item.region


def _tail(arn: str) -> str:
    """What stands behind the type in an ARN: `my-db` of `arn:…:db:my-db`, `web` of `…:role/path/web`."""
    return re.split(r"[:/]", arn)[-1]


# ---- Markdown


def _of_tables(text: str) -> Iterator[_Table]:
    lines = text.lstrip("\ufeff").splitlines()
    for number, (head, rule) in enumerate(itertools.pairwise(lines), start=1):
        columns = _columns(_cells(head)) if "|" in head and _RULE.fullmatch(rule) else {}
        if "resource" in columns:
            below = itertools.takewhile(lambda line: "|" in line, lines[number + 1 :])
            rows = (_row(at, columns, _cells(line)) for at, line in enumerate(below, start=number + 2))
            yield _Table(number, tuple(row for row in rows if row is not None))


def _cells(line: str) -> list[str]:
    """The cells of a table's row, as their writer meant them: without markup, escapes undone."""
    inner = line.strip()
    inner = inner.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_plain(cell) for cell in re.split(r"(?<!\\)\|", inner)]


def _plain(cell: str) -> str:
    text = cell.strip()
    link = re.fullmatch(r"\[([^]]*)\]\([^)]*\)", text)
    text = (link[1] if link else text).strip()
    fence = re.fullmatch(r"(`+)(.*?)\1", text)
    if fence:
        return fence[2].strip().replace("\\|", "|")
    return re.sub(r"\\([\\`*_{}\[\]<>#|!~&()+.-])", r"\1", text.strip("*")).strip()


# ---- CSV


def _of_csv(text: str) -> Iterator[_Table]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=max(",;\t", key=first.count))
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error:
        return
    filled = [(number, cells) for number, cells in lines if any(cells)]
    columns = _columns(filled[0][1]) if filled else {}
    if "resource" in columns:
        rows = (_row(number, columns, cells) for number, cells in filled[1:])
        yield _Table(filled[0][0], tuple(row for row in rows if row is not None))


# ---- both


def _columns(heads: Sequence[str]) -> Mapping[str, int]:
    """Which column stands where, by its heading; a name stands for an id where a column beside it says of what."""
    found: dict[str, int] = {}
    words = [re.sub(r"\s+", " ", head).strip().lower() for head in heads]
    for at, word in enumerate(words):
        for column, known in _COLUMNS.items():
            if word in known:
                found.setdefault(column, at)
    if "resource" not in found and found and "name" in words:
        found["resource"] = words.index("name")
    return found


def _row(line: int, columns: Mapping[str, int], cells: Sequence[str]) -> _Row | None:
    """A row, or None for an empty one; the form comes with the region filled in."""
    held = {column: cells[at] for column, at in columns.items() if at < len(cells)}
    said = [cell for column, cell in held.items() if column != "region" and cell.lower() not in _NO_VALUE]
    return _Row(line, held) if said else None
