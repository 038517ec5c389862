"""A bill's files in, a `Bill` out: whole and exact, or refused with the file, the line and what to do.

A bill that is read in part would be a wrong bill, so nothing is skipped: one line that cannot be understood refuses all.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, cast

from guestpass.bill.amounts import read_amount
from guestpass.bill.headings import NEEDED, Headings, kind_of, tag_key
from guestpass.bill.values import Bill, Line
from guestpass.errors import InputError, Place
from guestpass.findings import Finding

LONGEST = 1 << 17
"""The most bytes that a field, or a line of the file, may have: more is no bill."""

RESOURCES_HINT = (
    "make the export with INCLUDE_RESOURCES=TRUE, as `guestpass guard` does; in a legacy report: "
    '"Include resource IDs"'
)
_NO_BILL = "CSV, plain or gzip: CUR 2.0, a legacy Cost and Usage Report or FOCUS"
_REGION = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9]+)(?:[a-z]|-[a-z]+-[0-9]+[a-z])?")
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive", "unzip it first"),
    (b"PAR1", "a Parquet file", "export the bill as `text/csv`"),
)
# what a credit, a tax or a fee never has
_USAGE = frozenset({"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"})


def read_bill(files: Sequence[tuple[str, bytes]], *, source: str) -> Bill:
    """Read the files of one delivery of a bill: each its name and its bytes, CSV as it is or gzip.

    A later delivery replaces an earlier one, so the files must be of one only. Raises InputError, with file and line,
    for what is no bill, is cut short, has no resource ids, mixes currencies, or has an amount that is no number.
    """
    if not files:
        raise InputError("there is no file of a bill to read", hint="--file FILE")
    sums = _digests(files)
    lines: list[Line] = []
    unread: list[Place] = []
    whole = _Whole()
    for name, data in files:
        for row in _Table(name, data).rows():
            line = row.line(unread)
            whole.take(row, line)
            lines.append(line)
    if any(line.type in _USAGE for line in lines) and not any(line.resource for line in lines):
        raise InputError(
            "no line of the bill names a resource",
            place=Place(file=files[0][0], line=1),
            expected="ids in the column of the resource",
            hint=RESOURCES_HINT,
        )
    return Bill(
        lines=tuple(lines),
        currency=whole.currency,
        source=source,
        sha256=sums,
        findings=_unread_tags(unread),
    )


class _Whole:
    """What must be one in all files: the currency, and of each period the delivery."""

    def __init__(self) -> None:
        self.currency = ""
        self._first: Place | None = None
        self._deliveries: dict[tuple[str, str], str] = {}

    def take(self, row: _Row, line: Line) -> None:
        self._one_currency(row.text("currency"), line)
        name = row.place.file
        key = (name.rsplit("/", 1)[-1], row.text("period"))
        other = self._deliveries.setdefault(key, name)
        if other != name:
            raise InputError(
                f"`{name}` and `{other}` are two deliveries of one period",
                place=row.place,
                expected="the files of the last delivery alone: a later one replaces the earlier",
            )

    def _one_currency(self, currency: str, line: Line) -> None:
        if not currency and line.amount:
            raise InputError(
                "the amount has no currency", place=line.place, expected="a currency, as in `USD`"
            )
        if currency and self.currency and currency != self.currency:
            raise InputError(
                f"the bill mixes currencies: `{_short(currency)}` here, `{_short(self.currency)}` at {self._first}",
                place=line.place,
                expected="one currency; amounts of two are never added",
                hint="give the files of each currency to a run of its own",
            )
        if currency and not self.currency:
            self.currency, self._first = currency, line.place


def _digests(files: Sequence[tuple[str, bytes]]) -> Mapping[str, str]:
    sums: dict[str, str] = {}
    for name, data in files:
        digest = hashlib.sha256(data).hexdigest()
        twin = next((other for other, known in sums.items() if known == digest), None)
        if twin is not None or name in sums:
            raise InputError(
                f"`{name}` is given twice"
                if twin in (None, name)
                else f"`{name}` is the same file as `{twin}`",
                place=Place(file=name),
                expected="each file once: its charges would count double",
            )
        sums[name] = digest
    return sums


def _unread_tags(places: Sequence[Place]) -> tuple[Finding, ...]:
    if not places:
        return ()
    return (
        Finding(
            code="BIL008",
            severity="warning",
            says=f"the tags of {len(places)} line{'s' if len(places) > 1 else ''} are no JSON map",
            because="a charge that only its tag explains stays undocumented",
            fix="look at the column `resource_tags` there",
            place=places[0],
        ),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its fields by what they hold."""

    fields: Sequence[str]
    columns: Mapping[str, tuple[int, ...]]
    tag_columns: Sequence[tuple[int, str]]
    kind: Headings
    place: Place

    def text(self, what: str) -> str:
        """The first field of these that is not empty."""
        return next((self.fields[at].strip() for at in self.columns[what] if self.fields[at].strip()), "")

    def line(self, unread: list[Place]) -> Line:
        start = self._moment("start")
        kind = self.text("type")
        return Line(
            start=start,
            end=self._moment("end") if self.text("end") else start,
            type=self.kind.types.get(kind, kind),
            service=self.text("service"),
            usage_type=self.text("usage_type"),
            operation=self.text("operation"),
            account=self.text("account"),
            region=region_of(self.text("region")),
            amount=self._amount("amount"),
            resource=self.text("resource") or None,
            place=self.place,
            description=self.text("description"),
            quantity=self._amount("quantity") if self.text("quantity") else Decimal(0),
            tags=self._tags(unread),
        )

    def _heading(self, what: str) -> str:
        names: tuple[str, ...] = getattr(self.kind, what)
        return names[0]

    def _amount(self, what: str) -> Decimal:
        text = self.text(what)
        amount = read_amount(text)
        if amount is None:
            raise InputError(
                f"`{_short(text)}` in the column `{self._heading(what)}` is no amount",
                place=self.place,
                expected="a decimal number, as in `0.0416000000`",
                hint="give the file as AWS delivered it",
            )
        return amount

    def _moment(self, what: str) -> datetime:
        text = self.text(what)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InputError(
                f"`{_short(text)}` in the column `{self._heading(what)}` is no time",
                place=self.place,
                expected="a time, as in `2026-11-01T00:00:00Z`",
                hint="give the file as AWS delivered it",
            ) from None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def _tags(self, unread: list[Place]) -> dict[str, str]:
        found = {key: self.fields[at] for at, key in self.tag_columns if self.fields[at]}
        text = self.text("tags")
        if text and text.lower() != "null":
            try:
                told = json.loads(text)
            except (ValueError, RecursionError):
                told = None
            if isinstance(told, dict):
                found |= {tag_key(key): value for key, value in told.items() if isinstance(value, str)}
            else:
                unread.append(self.place)
        return found


class _Table:
    """One file as rows; what stops the reading is said with the line it stopped at."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = data
        self._line = 0

    def rows(self) -> Iterator[_Row]:
        for magic, what, hint in _OTHER_FORMATS:
            if self._data.startswith(magic):
                raise self._error(f"this is {what}", expected=_NO_BILL, hint=hint)
        reader = csv.reader(self._lines(), strict=True)
        headings = self._next(reader.__next__)
        if headings is None:
            raise self._error("the file is empty", expected=_NO_BILL)
        headings = [heading.strip() for heading in headings]
        kind = self._kind(headings)
        columns = {
            what: tuple(headings.index(name) for name in names if name in headings)
            for what, names in ((what, getattr(kind, what)) for what in _FIELDS)
        }
        self._complete(kind, columns)
        tags = [
            (at, tag_key(heading))
            for at, heading in enumerate(headings)
            if kind.tag_columns and heading.startswith(kind.tag_columns)
        ]
        while True:
            first = self._line + 1
            fields = self._next(reader.__next__)
            if fields is None:
                return
            place = Place(file=self._name, line=first)
            if not fields:
                continue
            if len(fields) != len(headings):
                raise InputError(
                    f"the line has {len(fields)} fields and the heading {len(headings)}",
                    place=place,
                    expected="as many as the heading",
                    hint="the file may be cut short: fetch it again",
                )
            yield _Row(fields, columns, tags, kind, place)

    def _next(self, step: Callable[[], list[str]]) -> list[str] | None:
        try:
            return step()
        except StopIteration:
            return None
        except csv.Error as error:
            hint = "the file may be cut short: fetch it again" if "end of data" in str(error) else None
            raise self._error(
                f"the line cannot be read: {error}", expected="CSV as AWS writes it", hint=hint
            ) from None

    def _lines(self) -> Iterator[str]:
        opened: IO[bytes] = io.BytesIO(self._data)
        if self._data[:2] == b"\x1f\x8b":
            opened = cast("IO[bytes]", gzip.GzipFile(fileobj=opened))
        while raw := self._raw(opened):
            self._line += 1
            if len(raw) > LONGEST:
                raise self._error(f"the line is longer than {LONGEST} bytes", expected="a line of a bill")
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                raise self._error("the line is no text in UTF-8", expected=_NO_BILL) from None
            yield text.removeprefix("\ufeff") if self._line == 1 else text

    def _raw(self, opened: IO[bytes]) -> bytes:
        try:
            return opened.readline(LONGEST + 1)
        except EOFError:
            says = "the gzip file ends before its end"
        except (gzip.BadGzipFile, zlib.error) as error:
            says = f"the gzip file is damaged: {error}"
        raise self._error(says, expected="a whole file", hint="fetch it again")

    def _kind(self, headings: Sequence[str]) -> Headings:
        kind = kind_of(headings)
        if kind is not None:
            return kind
        raise self._error(
            f"this is no bill: its first heading is `{_short(headings[0] if headings else '')}`",
            expected=_NO_BILL,
            hint="a manifest (`.json`) is no bill: give the `.csv.gz` files beside it",
        )

    def _complete(self, kind: Headings, columns: Mapping[str, tuple[int, ...]]) -> None:
        lacking = [getattr(kind, what)[0] for what in NEEDED if not columns[what]]
        if not columns["resource"]:
            raise self._error(
                f"the bill has no column `{kind.resource[0]}`, so no charge names what it is for",
                expected=f"a {kind.name} file with resource ids",
                hint=RESOURCES_HINT,
            )
        if lacking:
            raise self._error(
                f"the bill lacks {', '.join(f'`{name}`' for name in lacking)}",
                expected=f"a {kind.name} file with these columns",
                hint="select them in the export's query",
            )

    def _error(self, says: str, *, expected: str, hint: str | None = None) -> InputError:
        return InputError(
            says, place=Place(file=self._name, line=max(1, self._line)), expected=expected, hint=hint
        )


_FIELDS = (
    *NEEDED,
    "end",
    "operation",
    "region",
    "quantity",
    "description",
    "period",
    "tags",
)


def region_of(text: str) -> str:
    """Return the region of a region's or an availability zone's name; as it is where it is neither (`global`)."""
    found = _REGION.fullmatch(text)
    return found[1] if found else text


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
