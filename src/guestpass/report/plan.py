"""A plan as access gained and lost in words, then the exact calls; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from guestpass.loan.step import Call, Effect, Fails, Generated, Plan, Shows, Step
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line, listed

NOTHING_TO_DO = "nothing to do: the account is as the pass says"


def plan_page(
    plan: Plan, *, verbose: bool = False, gained: Sequence[str] = (), watched: Sequence[str] = ()
) -> Page:
    """Say what would change: access in words, then each call with its reason (`verbose`: in full).

    `gained` are the pass's own words for the access, which stand in place of the steps'; `watched` is what
    no policy holds.
    """
    title = line(
        Span(f"{plan.verb} ", "bold"),
        Span(plan.pass_name, "bold"),
        f" in account {plan.account}: ",
        _count(plan),
    )
    if not plan.steps:
        return (line(title.spans[0], title.spans[1], f": {NOTHING_TO_DO}"), *_notes(plan))
    return (
        title,
        *access_page(plan, gained),
        *_watched(watched),
        *_calls(plan, verbose=verbose),
        *_notes(plan),
    )


def access_page(plan: Plan, gained: Sequence[str] = ()) -> Page:
    """Say in words which access comes and which goes; an empty page when neither does."""
    told = _once(gain for step in plan.steps for gain in step.gains)
    gains = tuple(gained) if told and gained else told
    loses = _once(loss for step in plan.steps for loss in step.loses)
    out: list[Line] = []
    if gains:
        out += [EMPTY, heading("access gained"), *listed(gains, sign="+", style="good")]
    if loses:
        out += [EMPTY, heading("access lost"), *listed(loses, sign="-", style="bad")]
    return tuple(out)


def _watched(watched: Sequence[str]) -> Page:
    if not watched:
        return ()
    return (
        EMPTY,
        heading("watched, because no policy can hold it"),
        *listed(watched, sign="~", style="warn"),
    )


def plan_json(plan: Plan, *, gained: Sequence[str] = (), watched: Sequence[str] = ()) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.plan/1`); a secret to come shows as `<generated: NAME>`."""
    return {
        "schema": "guestpass.plan/1",
        "verb": plan.verb,
        "pass": plan.pass_name,
        "account": plan.account,
        "access": list(gained) or list(_once(gain for step in plan.steps for gain in step.gains)),
        "watched": list(watched),
        "steps": [_step_json(step) for step in plan.steps],
        "notes": list(plan.notes),
    }


def call_words(call: Call) -> str:
    """Name the call and what it is about: `iam:CreateUser acme-guest`."""
    return " ".join([f"{call.service}:{call.operation}", *_about(call)])


def call_json(call: Call) -> dict[str, Any]:
    """Return the call with its parameters as JSON values."""
    return {
        "service": call.service,
        "operation": call.operation,
        "region": call.region,
        "parameters": _plain(call.parameters),
    }


# What a call is about, most telling first; the others are shown by --verbose.
_ABOUT = (
    "UserName", "GroupName", "RoleName", "InstanceProfileName", "PolicyName", "PolicyArn", "AccessKeyId",
    "SerialNumber", "Bucket", "Name", "BudgetName", "AWSServiceName", "TrailName",
)  # fmt: skip


def _about(call: Call) -> list[str]:
    return [str(call.parameters[key]) for key in _ABOUT if isinstance(call.parameters.get(key), str)]


def _count(plan: Plan) -> str:
    return f"{len(plan.steps)} call" + ("s" if len(plan.steps) != 1 else "")


def _calls(plan: Plan, *, verbose: bool) -> Page:
    out: list[Line] = [EMPTY, heading("calls, in this order")]
    places = len(str(len(plan.steps)))
    for number, step in enumerate(plan.steps, 1):
        region = f" in {step.call.region}" if step.call.region else ""
        lead = places + 4
        out.append(line(f"{number:>{places}}  ", call_words(step.call), region, indent=2, hang=lead + 2))
        out.append(line(Span(step.why, "dim"), indent=lead, hang=lead))
        if verbose:
            out += _document(step.call, lead)
    return tuple(out)


def _document(call: Call, indent: int) -> Page:
    told = json.dumps(_plain(call.parameters), indent=2, ensure_ascii=False)
    return tuple(line(Span(row, "dim"), indent=indent, hang=indent + 4) for row in told.splitlines())


def _notes(plan: Plan) -> Page:
    if not plan.notes:
        return ()
    return (EMPTY, heading("mind"), *listed(plan.notes, sign="!", style="warn"))


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "why": step.why,
        "call": call_json(step.call),
        "effect": _effect_json(step.effect),
        "inverse": call_json(step.inverse) if step.inverse else None,
        "gains": list(step.gains),
        "loses": list(step.loses),
        "accepts": list(step.accepts),
        "hands_over": sorted(step.handover.fields) if step.handover else [],
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    match effect:
        case Shows(call=call, path=path, value=value):
            return {"shows": _plain(value), "at": path, "of": call_json(call)}
        case Fails(call=call, codes=codes):
            return {"fails": list(codes), "of": call_json(call)}
        case _:
            assert_never(effect)


def _plain(value: Any) -> Any:
    match value:
        case Generated(name=name):
            return f"<generated: {name}>"
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case str() | bool() | int() | float() | None:
            return value
        case _:
            return str(value)


def _once(says: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(says))
