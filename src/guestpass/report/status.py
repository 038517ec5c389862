"""The passes that an account knows and how each stands, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from guestpass.loan.status import Standing, State
from guestpass.report.page import EMPTY, Line, Page, Span, Style, line, listed

_SIGNS: Mapping[State, tuple[str, Style]] = {
    "drafted": ("· drafted", "dim"),
    "granted": ("! granted", "warn"),
    "expired": ("✗ expired", "bad"),
    "frozen": ("✗ frozen", "bad"),
    "revoked": ("✓ revoked", "good"),
    "certified": ("✓ certified", "good"),
}


def status_page(
    standings: Sequence[Standing], *, account: str, at: datetime, gaps: Mapping[str, str] | None = None
) -> Page:
    """Return each pass with its state and what it waits for; what could not be read is said last."""
    out: list[Line] = [line(f"account {account}, read at {clock(at)}")]
    if not standings:
        out += [EMPTY, line("no pass: nothing in this account was made by guestpass")]
    for each in standings:
        out += [EMPTY, *_standing(each)]
    if gaps:
        out += [EMPTY, line(Span("not read, so not known:", "warn"))]
        out += listed((f"{what}: {why}" for what, why in gaps.items()), sign="?", style="warn")
    return tuple(out)


def status_json(
    standings: Sequence[Standing], *, account: str, at: datetime, gaps: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.status/1`)."""
    return {
        "schema": "guestpass.status/1",
        "account": account,
        "at": at.isoformat(),
        "passes": [
            {
                "name": each.name,
                "state": each.state,
                "says": each.says,
                "until": _iso(each.until),
                "tightened_at": _iso(each.tightened_at),
                "frozen_at": _iso(each.frozen_at),
                "waits_until": _iso(each.waits_until),
                "handed_over": list(each.handed_over),
                "left": list(each.left),
            }
            for each in standings
        ],
        "gaps": dict(gaps or {}),
    }


def clock(moment: datetime) -> str:
    """Return a moment as people read it: `2027-01-31 18:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _standing(each: Standing) -> Page:
    sign, style = _SIGNS[each.state]
    facts = (
        ("until", each.until),
        ("tightened", each.tightened_at),
        ("frozen", each.frozen_at),
        ("deletable", each.waits_until),
    )
    out = [line(Span(f"{each.name}  ", "bold"), Span(sign, style), f"  {each.says}", hang=4)]
    out += [line(f"{name:<11}", clock(at), indent=4, hang=15) for name, at in facts if at is not None]
    if each.left:
        out.append(line(f"{'left':<11}", ", ".join(each.left), indent=4, hang=15))
    if each.handed_over:
        out.append(line(f"{'yours now':<11}", ", ".join(each.handed_over), indent=4, hang=15))
    return tuple(out)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
