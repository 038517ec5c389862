"""Answers about access: may they, why, who may, what may they; as pages and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from guestpass.access import Allowed, Decision, Denied, Request, Undecided
from guestpass.access.evaluate.classes import Reach
from guestpass.report.decision import decision_json, refused_by, trace_page, verdict_line
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line

_SHOWN = 6


def can_page(decision: Decision, *, who: str, request: Request) -> Page:
    """Say yes, no or not known, with one line of why."""
    out = [verdict_line(decision, who=who, action=request.action, resource=request.resource)]
    if isinstance(decision, Denied):
        out.append(line(Span(refused_by(decision), "dim"), indent=4))
    return tuple(out)


def why_page(decision: Decision, *, who: str, request: Request) -> Page:
    """Say what each layer said, and where the nearest statement parted from the request."""
    out = [verdict_line(decision, who=who, action=request.action, resource=request.resource), EMPTY]
    out += trace_page(decision.trace)
    match decision:
        case Denied(blocked_by=layers) if layers:
            out += [EMPTY, line(f"without {' and '.join(layers)} it would be allowed")]
        case Undecided(reasons=reasons):
            out += [
                EMPTY,
                heading("what is not known"),
                *(line(f"- {each}", indent=2, hang=4) for each in reasons),
            ]
        case _:
            pass
    return tuple(out)


def asked_json(decision: Decision, request: Request, who: str) -> dict[str, Any]:
    """Return the answer with its trace (`guestpass.decision/1`)."""
    return {
        "schema": "guestpass.decision/1",
        "principal": who,
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(values) for key, values in sorted(request.context.values.items())},
        "not_known": sorted(request.context.unknown),
        **decision_json(decision),
    }


def who_can_page(found: Sequence[tuple[str, Decision]], *, action: str, resource: str) -> Page:
    """Name who may, and for whom it is not known."""
    out: list[Line] = [heading(f"{action} on {resource}")]
    may = [arn for arn, decision in found if isinstance(decision, Allowed)]
    open_ = [(arn, decision) for arn, decision in found if isinstance(decision, Undecided)]
    out += [line(Span("✓ ", "good"), f"may         {arn}", indent=2, hang=16) for arn in may]
    for arn, decision in open_:
        out.append(line(Span("? ", "warn"), f"undecided   {arn}", indent=2, hang=16))
        out += [line(Span(each, "dim"), indent=16) for each in decision.reasons[:1]]
    rest = len(found) - len(may) - len(open_)
    out.append(line(Span(f"{rest} of {len(found)} principals may not", "dim"), indent=2))
    return tuple(out)


def who_can_json(found: Sequence[tuple[str, Decision]], *, action: str, resource: str) -> dict[str, Any]:
    """Return everybody's answer (`guestpass.who-can/1`)."""
    return {
        "schema": "guestpass.who-can/1",
        "action": action,
        "resource": resource,
        "principals": [
            {"arn": arn, "decision": _word(decision), **_reasons(decision)} for arn, decision in found
        ],
    }


def what_can_page(found: Reach, *, who: str, resource: str | None) -> Page:
    """Name the actions service by service, the first few of each."""
    where = f"on {resource}" if resource is not None else "on some resource, in some context"
    if not found.allowed and not found.undecided:
        return (line(Span("nothing: ", "bad"), f"{who} may do nothing {where}"),)
    out: list[Line] = [heading(f"{who} may do {len(found.allowed):,} actions {where}")]
    out += _by_service(found.allowed, Span("✓ ", "good"))
    if found.undecided:
        out += [EMPTY, heading(f"and {len(found.undecided):,} of which it is not known")]
        out += _by_service(found.undecided, Span("? ", "warn"))
    return tuple(out)


def what_can_json(found: Reach, *, who: str, resource: str | None) -> dict[str, Any]:
    """Return every action (`guestpass.what-can/1`)."""
    return {
        "schema": "guestpass.what-can/1",
        "principal": who,
        "resource": resource,
        "allowed": list(found.allowed),
        "undecided": list(found.undecided),
    }


def _by_service(actions: Sequence[str], sign: Span) -> Page:
    grouped: dict[str, list[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        grouped.setdefault(service, []).append(name)
    return tuple(
        line(
            sign,
            f"{service:<20} {len(names):>4}  ",
            Span(", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else ""), "dim"),
            indent=2,
            hang=30,
        )
        for service, names in grouped.items()
    )


def _word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied(kind=kind):
            return f"{kind}_deny"
        case Undecided():
            return "undecided"
        case _:
            assert_never(decision)


def _reasons(decision: Decision) -> dict[str, Any]:
    return {"reasons": list(decision.reasons)} if isinstance(decision, Undecided) else {}
