"""What was used, by whom, on what, how often, and what was refused by what; as a page and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guestpass.findings import Finding
from guestpass.report.page import EMPTY, Line, Page, Span, line
from guestpass.trail import NotMapped, Reading, Usage, Used

_SHOWN = 3


def usage_page(told: Usage, reading: Reading) -> Page:
    """Say it identity by identity: each action, on what, when, how often; refusals with what refused them."""
    out: list[Line] = []
    for by in sorted(told.identities, key=lambda arn: (":user/" not in arn, arn)):
        silent = [row for row in told.not_mapped if row.by == by]
        rows = [row for row in told.rows if row.by == by and (not row.dependent or row.refused)]
        own = [row for row in rows if not row.dependent]
        refused = sum(row.refused for row in own) + sum(row.refused for row in silent)
        calls = sum(row.calls for row in own) + sum(row.count for row in silent)
        says = f": {calls:,} {'call' if calls == 1 else 'calls'}, {refused:,} refused"
        out += [*([EMPTY] if out else []), line(Span(by.rsplit("/", 1)[-1], "bold"), says)]
        out.append(line(Span(by, "dim"), indent=2))
        for action in dict.fromkeys(row.action for row in rows):
            out += _action([row for row in rows if row.action == action])
        out += [_silent(row) for row in silent]
    if not told.identities:
        out.append(line("no call of the guest's is in the record"))
    dependent = sum(row.dependent and not row.refused for row in told.rows)
    if dependent:
        some = "permission that those calls" if dependent == 1 else "permissions that those calls"
        says = f"{dependent} {some} needed beside their own: `--json` lists them"
        out += [EMPTY, line(Span(says, "dim"))]
    return (*out, EMPTY, *_reach(reading))


def usage_json(told: Usage, reading: Reading, *, pass_name: str) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.usage/1`), every row."""
    return {
        "schema": "guestpass.usage/1",
        "pass": pass_name,
        "identities": list(told.identities),
        "events": told.events,
        "rows": [_row_json(row) for row in told.rows],
        "not_mapped": [_silent_json(row) for row in told.not_mapped],
        "reading": {
            "source": reading.source,
            "files": reading.files,
            "events": len(reading.events),
            "repeats": reading.repeats,
            "regions": list(reading.regions),
            "since": _iso(reading.since),
            "until": _iso(reading.until),
            "findings": [_finding_json(each) for each in reading.findings],
        },
    }


def _action(rows: Sequence[Used]) -> Page:
    # one call may touch several things: it is counted at one of them
    count = sum(row.calls for row in rows) or max(row.count for row in rows)
    refused = sum(row.refused for row in rows)
    first, last = min(row.first for row in rows), max(row.last for row in rows)
    sign = (
        Span("✗ ", "bad") if refused == count else Span("✓ ", "good") if not refused else Span("! ", "warn")
    )
    times = f"{first:%m-%d %H:%M}" + (f" to {last:%m-%d %H:%M}" if last > first else "")
    some = f", {refused:,} refused" if refused and refused < count else ", refused" if refused else ""
    regions = ", ".join(dict.fromkeys(row.region for row in rows))
    action = rows[0].action
    out = [line(sign, action, Span(f"  {count:,}{some}  {regions}  {times}", "dim"), indent=2, hang=6)]
    on = [_short(resource) for resource in dict.fromkeys(row.resource for row in rows) if resource != "*"]
    if on:
        more = f" and {len(on) - _SHOWN} more" if len(on) > _SHOWN else ""
        out.append(line(Span(f"{', '.join(on[:_SHOWN])}{more}", "dim"), indent=6, hang=6))
    by = dict.fromkeys(why for row in rows for why in row.refused_by)
    out += [line(Span(f"refused: {why}", "warn"), indent=6, hang=8) for why in by]
    gaps = list(dict.fromkeys(row.gap for row in rows if row.gap))[:_SHOWN]
    out += [line(Span("? ", "warn"), Span(_after(gap, action), "dim"), indent=6, hang=8) for gap in gaps]
    return tuple(out)


def _silent(row: NotMapped) -> Line:
    count = f"{row.count:,}{f', {row.refused:,} refused' if row.refused else ''}"
    service = row.source.partition(".")[0]
    sign = Span("? ", "warn") if row.asks else Span("· ", "dim")
    why = _after(_after(row.why, row.name), f"{service}:{row.name}")
    return line(
        sign, f"{service}: {row.name}", Span(f"  {count}  {row.region}  {why}", "dim"), indent=2, hang=6
    )


def _after(why: str, name: str) -> str:
    """A reason without the name that stands before it: the line has it already."""
    return why.removeprefix(f"{name}: ")


def _reach(reading: Reading) -> Page:
    span = f"{_clock(reading.since)} to {_clock(reading.until)}"
    says = f"{reading.files:,} files of {', '.join(reading.regions) or 'no region'}, delivered {span}"
    return (
        line(Span("read: ", "bold"), says),
        line(Span("management events; what a service does not log, nobody sees here", "dim"), indent=2),
        *(
            line(Span(f"{each.code}  ", "warn"), f"{each.place}: " if each.place else "", each.says, hang=8)
            for each in reading.findings
        ),
    )


def _short(resource: str) -> str:
    return resource.split(":", 5)[-1] if resource.startswith("arn:") else resource


def _row_json(row: Used) -> dict[str, Any]:
    return {
        "by": row.by,
        "action": row.action,
        "resource": row.resource,
        "region": row.region,
        "first": _iso(row.first),
        "last": _iso(row.last),
        "count": row.count,
        "calls": row.calls,
        "refused": row.refused,
        "refused_by": list(row.refused_by),
        "event_name": row.cause,
        "dependent": row.dependent,
        "gap": row.gap,
        "events": list(row.events),
    }


def _silent_json(row: NotMapped) -> dict[str, Any]:
    return {
        "by": row.by,
        "source": row.source,
        "event_name": row.name,
        "region": row.region,
        "count": row.count,
        "first": _iso(row.first),
        "last": _iso(row.last),
        "refused": row.refused,
        "asks": row.asks,
        "why": row.why,
        "event": row.event,
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "place": str(finding.place) if finding.place else None,
        "says": finding.says,
        "fix": finding.fix,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _clock(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "no time"
