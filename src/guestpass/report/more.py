"""Refused calls answered: what to add to the pass, what else that lets happen, which doors it opens, or why nothing helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from guestpass.loan.agreement import Also
from guestpass.loan.more import Answer, Effects, Kind, More, Reached, Refusal
from guestpass.loan.writing import also_text
from guestpass.report.inert import inert
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line

_SHOWN = 12


def more_page(told: More, *, written: str | None = None) -> Page:
    """Say what each refused call lacks, then the lines for the pass and what they bring; `written` is the file that has
    them now.
    """
    out: list[Line] = []
    for answer in told.answers:
        out += _answer(answer)
    if not told.also:
        return tuple(out)
    where = f"added to {written}, under `job:`" if written else "to add to the pass, under `job:`"
    out += [EMPTY, heading(where), line("also:", indent=2, wrap=False)]
    for also in told.also:
        out += [line(each, indent=0, wrap=False) for each in also_text(also).splitlines()]
    if told.effects is not None:
        out += [EMPTY, *_effects(told.effects)]
    if told.unfit is not None:
        out += [EMPTY, line(Span("✗ too much: ", "bad"), told.unfit)]
    return tuple(out)


def more_json(told: More, *, written: bool) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.more/1`); `written` is whether the pass has the lines now."""
    effects = told.effects
    return {
        "schema": "guestpass.more/1",
        "pass": told.pass_.name,
        "answers": [_answer_json(answer) for answer in told.answers],
        "also": [_also_json(also) for also in told.also],
        "yaml": "".join(also_text(also) for also in told.also),
        "written": written,
        "unfit": told.unfit,
        "effects": None if effects is None else _effects_json(effects),
    }


def _answer(answer: Answer) -> Iterator[Line]:
    sign = _sign(answer.kind)
    yield line(sign, answer.says, hang=4)
    refusal = answer.refusal
    if isinstance(refusal, Refusal):
        seen = f"{refusal.action} on {refusal.resource or 'what nobody says'}; "
        seen = "" if answer.kind == "add" else seen  # there it is said already
        count = f", {refusal.count} times" if refusal.count > 1 else ""
        when = f" on {refusal.at:%Y-%m-%d %H:%M} UTC" if refusal.at else ""
        yield line(Span(f"{seen}AWS: {refusal.by}{when}{count}", "dim"), indent=4, hang=4)
    elif refusal.count > 1:
        yield line(Span(f"{refusal.count} times", "dim"), indent=4)
    if answer.because:
        yield line(Span("so wide: ", "dim"), answer.because, indent=4, hang=13)
    for note in answer.notes:
        yield line("- ", note, indent=4, hang=6)
    if answer.statements and answer.kind == "limit":
        yield line(Span("by: ", "dim"), ", ".join(answer.statements), indent=4, hang=8)
    if answer.do:
        # a command is copied, so it stays on one line
        yield line(
            Span("instead: ", "hint"), answer.do, indent=4, hang=13, wrap="guestpass " not in answer.do
        )


def _sign(kind: Kind) -> Span:
    match kind:
        case "add":
            return Span("+ more: ", "warn")
        case "allowed":
            return Span("✓ allowed: ", "good")
        case "conditional":
            return Span("✓ allowed so: ", "good")
        case "limit":
            return Span("✗ a limit: ", "bad")
        case "never":
            return Span("✗ never lent: ", "bad")
        case "other":
            return Span("- not the guest's: ", "dim")
        case "unclear":
            return Span("? not told: ", "warn")
        case _:
            assert_never(kind)


def _effects(told: Effects) -> Iterator[Line]:
    yield heading("what that would allow")
    for each in told.allowed:
        yield line(f"{each.action}  ", Span(each.level, "bold"), indent=2, hang=4)
        yield line(Span("on: ", "dim"), ", ".join(each.on), indent=4, hang=8)
        others = [call for call in each.calls if not _is_named(call, each.action)]
        if others:
            yield line(Span("other calls of that action: ", "dim"), _few(others), indent=4, hang=6)
    for held in told.held:
        how = held.how_held or "nothing but the names above holds it"
        yield line(Span(f"held by `{held.sid}`: ", "dim"), how, indent=2, hang=4)
    for reach in told.reached or ():
        yield _reached(reach)
    if told.reached is None and any("*" in arn for each in told.allowed for arn in each.on):
        yield line("which things that are there it reaches is not looked at here: --snapshot FILE", indent=2)
    for warning in told.warnings:
        yield line(Span("! ", "warn"), warning, indent=2, hang=4)
    for power in told.powers:
        yield line(Span("! ", "warn"), f"{power.words}  ", Span(power.action, "dim"), indent=2, hang=4)
    yield EMPTY
    yield heading("which doors it would open")
    if not told.doors and not told.ways:
        yield line("none that was shut", indent=2)
    for door in told.doors[:_SHOWN]:
        yield line(Span(f"! {door.code}  ", "warn"), door.title, indent=2, hang=12)
    if len(told.doors) > _SHOWN:
        yield line(f"and {len(told.doors) - _SHOWN} more: `--json` lists them", indent=4)
    for way in told.ways:
        yield line(
            Span(f"! {way.name}  ", "warn"), f"more rights, by {' with '.join(way.actions)}", indent=2, hang=4
        )
    if told.doors:
        yield line(Span(f"guestpass explain {told.doors[0].code}", "hint"), indent=2, wrap=False)
    if told.doors or told.ways:
        yield line(Span("judged by action: the names above narrow them", "dim"), indent=2)
    yield EMPTY
    yield line(f"the wall: {told.was:,} characters, then {told.size:,} of {told.most:,}")


def _is_named(call: str, action: str) -> bool:
    return call.partition(":")[2] == action.partition(":")[2]


def _reached(reach: Reached) -> Line:
    others = f"; not the pass's own: {_few(reach.others)}" if reach.others else ", none of anybody else's"
    count = len(reach.own) + len(reach.others)
    things = f"{count} {'thing' if count == 1 else 'things'} that {'is' if count == 1 else 'are'} there"
    sign = Span("! ", "warn") if reach.others else Span("- ", "plain")
    return line(
        sign,
        f"`{reach.pattern}` reaches {things if count else 'nothing that is there'}",
        others if count else "",
        indent=2,
        hang=4,
    )


def _few(words: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _answer_json(answer: Answer) -> dict[str, Any]:
    refusal = answer.refusal
    told: dict[str, Any] = {
        "kind": answer.kind,
        "says": inert(answer.says),
        "source": refusal.source,
        "count": refusal.count,
        "because": answer.because,
        "notes": [inert(note) for note in answer.notes],
        "statements": list(answer.statements),
        "instead": answer.do,
        "also": [_also_json(also) for also in answer.also],
    }
    if isinstance(refusal, Refusal):
        told |= {
            "action": refusal.action,
            "resource": refusal.resource,
            "refused_by": refusal.by,
            "by": refusal.who,
            "region": refusal.region,
            "at": refusal.at.isoformat() if refusal.at else None,
        }
    return told


def _also_json(also: Also) -> dict[str, Any]:
    return {
        "actions": list(also.actions),
        "on": list(also.on),
        **({"to": list(also.to)} if also.to else {}),
        "why": also.why,
    }


def _effects_json(told: Effects) -> dict[str, Any]:
    return {
        "allowed": [
            {"action": each.action, "level": each.level, "on": list(each.on), "calls": list(each.calls)}
            for each in told.allowed
        ],
        "held": [{"sid": each.sid, "limit": each.limit, "how_held": each.how_held} for each in told.held],
        "reached": None
        if told.reached is None
        else [
            {"pattern": each.pattern, "own": list(each.own), "others": list(each.others)}
            for each in told.reached
        ],
        "doors": [{"code": door.code, "title": door.title} for door in told.doors],
        "escalations": [
            {"name": way.name, "actions": list(way.actions), "page": way.page} for way in told.ways
        ],
        "powers": [
            {"action": power.action, "words": power.words, "rank": power.rank} for power in told.powers
        ],
        "warnings": [inert(warning) for warning in told.warnings],
        "wall": {"was": told.was, "size": told.size, "most": told.most},
    }
