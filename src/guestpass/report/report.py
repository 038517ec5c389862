"""What `guestpass report` says of the page that it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestpass.report.page import EMPTY, Line, Page, Span, line
from guestpass.report.story import Part, Story

WORDS: Mapping[Part, str] = {
    "access": "who may do what",
    "refusals": "what was refused",
    "timeline": "what happened when",
    "usage": "what was used",
    "inventory": "what was built",
    "bill": "what it cost",
    "certificate": "how sure it is",
}


def report_page(story: Story, told: Mapping[str, bool], *, path: str) -> Page:
    """Return each part with whether it is told; what is missing with its reason and the command that brings it."""
    out: list[Line] = [line(Span(story.pass_name, "bold"), f"  account {story.account}"), EMPTY]
    for part, words in WORDS.items():
        sign = Span("✓ ", "good") if told[part] else Span("? ", "warn")
        out.append(line(sign, f"{words:<20}", "" if told[part] else "not told", indent=2, hang=24))
        for lack in story.missing:
            if lack.part == part:
                out.append(line(Span(lack.why, "dim"), indent=24, hang=24))
                if lack.run:
                    out.append(line(Span(lack.run, "hint"), indent=24, hang=26, wrap=False))
    out += [EMPTY, line(Span("report: ", "bold"), Span(path, "hint"), wrap=False)]
    return tuple(out)


def report_json(story: Story, told: Mapping[str, bool], *, path: str) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.report/1`); amounts are text, so that no decimal is lost."""
    bill, certificate = story.reconciliation, story.certificate
    return {
        "schema": "guestpass.report/1",
        "report": path,
        "pass": story.pass_name,
        "account": story.account,
        "at": story.made_at.isoformat(),
        "state": story.standing.state if story.standing else None,
        "told": [part for part, known in told.items() if known],
        "missing": [{"part": each.part, "why": each.why, "run": each.run} for each in story.missing],
        "built": len(story.inventory.items) if story.inventory else None,
        "refused": sum(each.count for each in story.refusals) if story.refusals is not None else None,
        "bill": {
            "total": f"{bill.total:f}",
            "currency": bill.currency,
            "explained": f"{bill.explained:f}",
            "undocumented": len(bill.undocumented),
        }
        if bill
        else None,
        "doors": dict(certificate.counts) if certificate else None,
        "findings": [
            {"code": each.code, "severity": each.severity, "says": each.says, "fix": each.fix}
            for each in story.findings
        ],
    }
