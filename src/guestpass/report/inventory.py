"""Who built what, as a page and as JSON; and the guest's own list held against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guestpass.findings import Finding
from guestpass.inventory import Difference, Entry, Inventory, Item, Made
from guestpass.report.page import EMPTY, Line, Page, Span, Style, heading, line

_SIGNS: dict[str, tuple[str, Style]] = {
    "there": ("✓", "good"),
    "gone": ("-", "dim"),
    "not known": ("?", "warn"),
}


def inventory_page(
    told: Inventory, difference: Difference | None = None, *, rows: Sequence[Finding] = ()
) -> Page:
    """Say what stands, what is gone, what the record cannot say, and where the guest's list differs.

    `rows` are the findings about the list's own rows.
    """
    stands = sum(item.still == "there" for item in told.items)
    out: list[Line] = [
        line(
            Span(f"{told.pass_name}: ", "bold"),
            f"{len(told.items)} {'thing' if len(told.items) == 1 else 'things'}, {stands} there at {told.at:%Y-%m-%d %H:%M} UTC",
        )
    ]
    for still, title in (
        ("there", "there"),
        ("not known", "whether these stand is not known"),
        ("gone", "gone"),
    ):
        items = [item for item in told.items if item.still == still]
        if items:
            out += [EMPTY, heading(title), *(row for item in items for row in _item(item))]
    if told.strange:
        out += [EMPTY, heading("made or ended, and the record does not say what")]
        out += [
            line(
                Span("? ", "warn"),
                f"{each.call} at {each.at:%m-%d %H:%M} (event {each.event}): {each.why}",
                indent=2,
                hang=4,
            )
            for each in told.strange
        ]
    if told.findings:
        out += [EMPTY, heading("to mind")]
        out += [
            line(Span(f"{finding.code}  ", "warn"), finding.says, indent=2, hang=10)
            for finding in told.findings
        ]
    return (*out, *(_difference(difference, rows) if difference else ()))


def inventory_json(
    told: Inventory, difference: Difference | None = None, *, rows: Sequence[Finding] = ()
) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.inventory/1`)."""
    return {
        "schema": "guestpass.inventory/1",
        "pass": told.pass_name,
        "account": told.account,
        "at": told.at.isoformat(),
        "items": [item_json(item) for item in told.items],
        "strange": [
            {"event": s.event, "call": s.call, "by": s.by, "at": s.at.isoformat(), "why": s.why}
            for s in told.strange
        ],
        "read_types": list(told.read_types),
        "findings": [
            {"code": f.code, "severity": f.severity, "says": f.says, "fix": f.fix} for f in told.findings
        ],
        "difference": {**_difference_json(difference), "unread": [_unread_json(row) for row in rows]}
        if difference
        else None,
    }


def item_json(item: Item) -> dict[str, Any]:
    """Say one thing as JSON."""
    return {
        "arn": item.arn,
        "type": item.type,
        "id": item.id,
        "name": item.name,
        "region": item.region,
        "still": item.still,
        "made": _made_json(item.made),
        "ended": _made_json(item.ended),
        "parent": item.parent,
        "within": list(item.within),
        "tags": dict(item.tags),
    }


def _item(item: Item) -> Page:
    sign, style = _SIGNS[item.still]
    name = f"  {item.name}" if item.name and item.name != item.id else ""
    out = [
        line(
            Span(f"{sign} ", style),
            Span(item.id, "bold"),
            f"{name}  ",
            Span(f"{item.type}  {item.region}".rstrip(), "dim"),
            indent=2,
            hang=4,
        )
    ]
    if item.made is not None:
        out.append(line(Span(_by("by", item.made), "dim"), indent=4, hang=6))
    elif item.parent is not None:
        out.append(line(Span(f"came with {item.parent.split(':', 5)[-1]}", "dim"), indent=4, hang=6))
    else:
        out.append(
            line(Span("its tag or name says whose it is; no event says who made it", "dim"), indent=4, hang=6)
        )
    if item.ended is not None:
        out.append(line(Span(_by("ended by", item.ended), "dim"), indent=4, hang=6))
    return tuple(out)


def _by(word: str, made: Made) -> str:
    return f"{word} {made.by.rsplit('/', 1)[-1]}, {made.at:%Y-%m-%d %H:%M}, {made.call}, event {made.event}"


def _unread_json(row: Finding) -> dict[str, Any]:
    return {"code": row.code, "says": row.says, "line": row.place.line if row.place else None}


def _difference(told: Difference, rows: Sequence[Finding]) -> Page:
    out: list[Line] = [EMPTY, heading("held against the guest's own list")]
    out.append(line(Span("✓ ", "good"), f"{len(told.both)} on the list and in the record", indent=2, hang=4))
    out += [
        line(Span("✗ not on the list: ", "bad"), f"{item.id}  {item.type}  {item.region}", indent=2, hang=4)
        for item in told.unlisted
    ]
    out += [
        line(Span("? not in the record: ", "warn"), f"{entry.resource} ({_place(entry)})", indent=2, hang=4)
        for entry in told.unfound
    ]
    out += [
        line(Span(f"! {row.code}: ", "warn"), f"{row.says} ({row.place})", indent=2, hang=4) for row in rows
    ]
    return tuple(out)


def _place(entry: Entry) -> str:
    return f"line {entry.place.line}" if entry.place.line else entry.place.file


def _difference_json(told: Difference) -> dict[str, Any]:
    def row(entry: Entry) -> dict[str, Any]:
        return {"resource": entry.resource, "region": entry.region, "line": entry.place.line}

    return {
        "both": [{"arn": item.arn, **row(entry)} for item, entry in told.both],
        "unlisted": [item.arn for item in told.unlisted],
        "unfound": [row(entry) for entry in told.unfound],
    }


def _made_json(made: Made | None) -> dict[str, Any] | None:
    if made is None:
        return None
    return {"by": made.by, "at": made.at.isoformat(), "event": made.event, "call": made.call}
