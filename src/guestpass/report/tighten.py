"""What tightening takes away and what stays, in words; or why the record does not carry it."""

from __future__ import annotations

from typing import Any

from guestpass.loan.plan import Tightening
from guestpass.needs import Need
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line
from guestpass.report.plan import plan_json, plan_page

_KINDS = {
    "observed": "stays because it was used",
    "teardown": "stays because taking down will need it",
    "dependent": "stays because other calls need it",
    "blueprint": "stays because the record cannot show it",
    "self-service": "stays because everyone may look after their own login",
    "declared": "stays because you asked for it",
}


def tighten_page(told: Tightening) -> Page:
    """Say what goes, what stays and why; where the record does not carry it, what is missing and how to mend it."""
    if told.plan is None:
        out: list[Line] = [line(Span("undecided: ", "warn"), "the record does not carry a tightening")]
        for gap in told.gaps:
            out += [
                line(Span(f"{gap.code}  ", "warn"), gap.says, indent=2, hang=10),
                line(Span(gap.because, "dim"), indent=10, hang=10),
                line(Span("fix: ", "hint"), gap.fix, indent=10, hang=15),
            ]
        return tuple(out)
    return (*plan_page(told.plan), *_stays(told.stays))


def tighten_json(told: Tightening) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.tighten/1`)."""
    return {
        **(plan_json(told.plan) if told.plan else {}),
        "schema": "guestpass.tighten/1",
        "decided": told.plan is not None,
        "goes": [
            {
                "action": lost.action,
                "resources": list(lost.resources),
                "purpose": lost.purpose,
                "left": list(lost.left),
            }
            for lost in told.goes
        ],
        "stays": [
            {
                "action": need.action,
                "resources": list(need.resources),
                "kind": need.kind,
                "why": need.why,
                "source": need.source,
            }
            for need in told.stays
        ],
        "gaps": [
            {
                "code": gap.code,
                "severity": gap.severity,
                "says": gap.says,
                "because": gap.because,
                "fix": gap.fix,
            }
            for gap in told.gaps
        ],
    }


def _stays(needs: tuple[Need, ...]) -> Page:
    out: list[Line] = []
    for kind in dict.fromkeys(need.kind for need in needs):
        actions = dict.fromkeys(need.action for need in needs if need.kind == kind)
        out += [EMPTY, heading(_KINDS[kind]), line(", ".join(actions), indent=2, hang=2)]
    return tuple(out)
