"""The demo's summary: what was measured, and what did not go as it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guestpass.report.page import EMPTY, Line, Page, Span, heading, line, listed


def summary_page(
    told: Mapping[str, Any], *, problems: Sequence[str], seconds: float, folder: str, report: Path | None
) -> Page:
    """Return the summary; the problems come first where there are any."""
    out: list[Line] = [EMPTY, heading("Summary")]
    if problems:
        out.append(line(Span("✗ not everything went as it should:", "bad")))
        out += listed(problems, sign="✗", style="bad")
    out += [
        _fact("granted", told["granted"], "the guest got sealed credentials and could use them"),
        _fact("built", bool(told["built"]), f"{told['built']} things, by boto3 and by the aws command line"),
        _fact(
            "refused",
            bool(told["refused"]),
            f"{told['refused']} attempts, each by a named statement or layer",
        ),
        _fact(
            "expired",
            told["expired"],
            "past its date the key and a live session were refused by the wall alone",
        ),
        _fact(
            "locked out",
            told["seconds_to_lockout"] is not None,
            f"{told['seconds_to_lockout']} seconds after `guestpass freeze` the last call succeeded",
        ),
        _fact("revoked", told["revoked"], "the old key and the old session open nothing; the site runs on"),
    ]
    bill = told["bill"]
    if bill:
        says = f"{bill['explained']} explained, {bill['undocumented']} that nobody documented (US dollars)"
        out.append(_fact("bill", True, says))
    out.append(
        _fact(
            "tightened",
            told["tightened"],
            "to what was used and what taking it down needs, which still works",
        )
    )
    if told["doors"]:
        doors = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in told["doors"].items())
        out.append(_fact("doors", not told["doors"].get("open"), doors))
    out += [
        EMPTY,
        line(f"{seconds:.0f} seconds; every command's own words are in {folder}/transcript", wrap=False),
    ]
    if report is not None:
        out.append(line(Span("report: ", "bold"), Span(str(report), "hint"), wrap=False))
    return tuple(out)


def _fact(name: str, true: bool, says: str) -> Line:
    sign = Span("✓ ", "good") if true else Span("✗ ", "bad")
    return line(sign, f"{name:<11}", says if true else "no", indent=2, hang=15)
