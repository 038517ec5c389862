"""What a sweep of instances found, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guestpass.findings import Finding
from guestpass.report.inert import inert
from guestpass.report.page import EMPTY, Line, Page, Span, line

NO_PROOF = (
    "the instance's own word: whoever was root there can make it lie; a rebuild from a trusted image is proof"
)


def sweep_page(findings: Sequence[Finding], *, name: str, machines: Sequence[str]) -> Page:
    """Return each finding with why it matters and what to do, and what a sweep is worth."""
    count = f"{len(findings)} finding" + ("" if len(findings) == 1 else "s")
    out: list[Line] = [
        line(Span("sweep ", "bold"), Span(name, "bold"), f" on {', '.join(machines)}: ", count)
    ]
    for each in findings:
        out += [
            EMPTY,
            line(Span(f"! {each.code}", "warn"), f"  {inert(each.says)}", hang=10),
            line(Span("because  ", "dim"), each.because, indent=4, hang=13),
            line(Span("do       ", "dim"), each.fix, indent=4, hang=13),
        ]
        if each.place is not None and len(machines) > 1:
            out.append(line(Span("at       ", "dim"), inert(str(each.place)), indent=4, hang=13))
    out += [EMPTY, line(Span("mind: ", "warn"), NO_PROOF)]
    return tuple(out)


def sweep_json(findings: Sequence[Finding], *, name: str, machines: Sequence[str]) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.sweep/1`)."""
    return {
        "schema": "guestpass.sweep/1",
        "pass": name,
        "instances": list(machines),
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "confidence": each.confidence,
                "says": each.says,
                "because": each.because,
                "fix": each.fix,
                "instance": each.place.file if each.place else None,
            }
            for each in findings
        ],
        "mind": NO_PROOF,
    }
