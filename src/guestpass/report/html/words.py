"""What every part of the page says in the same way: moments, amounts, identities, signs, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from guestpass.report.html.element import Element, Node, Part, element
from guestpass.report.inert import inert

Tone = Literal["good", "bad", "warn", "plain"]
_SIGNS: dict[Tone, str] = {"good": "✓", "bad": "✗", "warn": "!", "plain": "·"}

LONG = 12
"""A list of more rows than this is folded: its head says how many there are."""


def sign(word: str, tone: Tone, *, mark: str | None = None) -> Element:
    """Return a word with a sign before it; the colour says nothing that the word does not."""
    shown = element("span", mark or _SIGNS[tone], aria_hidden="true", class_="mark")
    return element("span", shown, element("span", word), class_=f"sign {tone}")


def moment(at: datetime, *, short: bool = False) -> Element:
    """Return a moment as people read it, UTC; `short` is the time of the day alone."""
    there = at.astimezone(UTC)
    text = f"{there:%H:%M}" if short else f"{_short_day(there)}, {there:%H:%M} UTC"
    return element("time", text, datetime=f"{there:%Y-%m-%dT%H:%M:%SZ}")


def day(at: datetime) -> str:
    """Return the day as people read it, whatever the machine's language."""
    there = at.astimezone(UTC)
    return f"{_DAYS[there.weekday()]}, {_short_day(there)}"


def _short_day(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1][:3]} {at.year}"


def date(at: datetime) -> str:
    """Return the date alone."""
    there = at.astimezone(UTC)
    return f"{there.day} {_MONTHS[there.month - 1]} {there.year}"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def code(text: str) -> Element:
    """Return an id, an ARN, an action; a long one breaks after `:` and `/`, so that no id is cut in two."""
    if len(text) <= _BIT:
        return element("code", text, class_="bit")
    bits: list[Node] = []
    for bit in _BITS.findall(inert(text)):
        bits += [element("span", bit, class_="bit") if len(bit) <= _BIT else bit, element("wbr")]
    return element("code", bits)


_BIT = 26
_BITS = re.compile(r"[^:/]*[:/]+|[^:/]+")


def foreign(text: str) -> Element:
    """Return words of someone else's, which cannot turn the direction of what stands beside them."""
    return element("bdi", text)


def who(arn: str) -> Element:
    """Return a user or role by its name, with the account and the path told to whoever asks."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if not name:
        return code(arn)
    return element("span", f"{kind} ", code(name.rsplit("/", 1)[-1]), class_="who")


def prose(text: str) -> tuple[Node, ...]:
    """Return our own words; what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return (foreign(text),)
    return tuple(code(part) if spot % 2 else part for spot, part in enumerate(parts) if part)


def places_of(amounts: Iterable[Decimal]) -> int:
    """Return how many decimals a column of these amounts needs, so that none is cut: at least two."""
    return max((len(_decimals(each)) for each in amounts), default=2)


def _decimals(value: Decimal) -> str:
    return f"{value:f}".partition(".")[2].rstrip("0").ljust(2, "0")


def amount(value: Decimal, currency: str | None, *, places: int = 2) -> Element:
    """Return an amount to its last decimal; what is finer than a cent is set apart, never cut off."""
    whole, decimals = f"{value:f}".partition(".")[0], _decimals(value).ljust(places, "0")
    lead = "\u2212" if value < 0 else ""
    text = f"{lead}{int(whole.lstrip('-')):,}.{decimals[:2]}"
    unit = element("span", f"{currency} ", class_="currency") if currency else None
    fine = element("span", decimals[2:], class_="fine") if decimals[2:] else None
    return element("span", unit, text, fine, class_="amount")


def sentence(text: str) -> tuple[Node, ...]:
    """Return our own words with a capital and a full stop."""
    whole = text[:1].upper() + text[1:]
    return prose(whole if whole.endswith((".", "?", "!")) else whole + ".")


def kind_of(type_: str) -> str:
    """Return a thing's type as people say it: `ec2:instance` is `EC2 instance`."""
    service, _, name = type_.partition(":")
    return f"{service.upper() if len(service) <= 4 else service} {name}".strip()


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return `1 thing`, `2 things`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, how much of the width it takes (of 100), whether it holds numbers."""

    head: str
    width: Literal[10, 15, 20, 25, 30, 35, 40, 50, 60]
    number: bool = False


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Part]], *, foot: Sequence[Part] = ()
) -> Element:
    """Return a table that becomes a list of cards where the page is narrow.

    Roles are written out, because a browser forgets them once CSS lays a table out as something else.
    """
    head = [
        element("th", column.head, scope="col", role="columnheader", class_=_class(column))
        for column in columns
    ]
    body = [element("tr", _cells(columns, row), role="row") for row in rows]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", body, role="rowgroup"),
        element("tfoot", element("tr", _cells(columns, foot), role="row"), role="rowgroup") if foot else None,
        role="table",
    )


def _class(column: Column) -> str:
    return f"w{column.width} number" if column.number else f"w{column.width}"


def _cells(columns: Sequence[Column], row: Sequence[Part]) -> list[Element]:
    return [
        element(
            "td",
            element("div", cell, class_="cell"),
            role="cell",
            data_label=column.head,
            class_="number" if column.number else None,
        )
        for column, cell in zip(columns, row, strict=True)
    ]


def folded(title: Part, *inside: Part, open_: bool = False, class_: str | None = None) -> Element:
    """Return what is read when its head is asked for; it is printed whole."""
    return element("details", element("summary", title), inside, open="" if open_ else None, class_=class_)


def fold_long(number: int, title: Part, inside: Part) -> Part:
    """Return the inside as it is, or folded where it is long."""
    return folded(title, inside) if number > LONG else inside
