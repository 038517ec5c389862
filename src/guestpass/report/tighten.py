"""What tightening takes away and what stays, in words; or why the record does not carry it."""

from __future__ import annotations

from typing import Any

from guestpass.loan.plan import Tightening
from guestpass.needs import Need
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line
from guestpass.report.plan import plan_json, plan_page

_KINDS = {
    "observed": "stays: it was used",
    "dependent": "stays: calls that were used need it",
    "self-service": "stays: the guest's own login",
    "teardown": "stays: taking down will need it",
    "blueprint": "stays: no trail shows whether it was used",
    "declared": "stays: you asked to keep it",
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
    """Each action that stays, once, under the best reason there is for it."""
    told: dict[str, Need] = {}
    for need in needs:
        told.setdefault(need.action, need)
    out: list[Line] = []
    for kind, heading_ in _KINDS.items():
        mine = sorted((need for need in told.values() if need.kind == kind), key=lambda need: need.action)
        if not mine:
            continue
        wide = max(len(need.action) for need in mine) + 2
        out += [EMPTY, heading(heading_)]
        out += [
            line(f"{need.action:<{wide}}", Span(need.why, "dim"), indent=2, hang=min(wide + 2, 40))
            for need in mine
        ]
    return tuple(out)
