"""Refusals as JSON tells them: CloudTrail's events in their wrappings, and what AWS's decoder of messages answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guestpass import catalog
from guestpass.catalog import Check, PassedRole, Unmapped, Where
from guestpass.errors import InputError, Place
from guestpass.loan.more.refusal import DECODE, Refusal, Unsaid, known_action, of_message, operation_of
from guestpass.trail import Deed, Event, read_event
from guestpass.trail.nested import too_deep, walked
from guestpass.trail.refusals import NOT_SAID, told_by
from guestpass.trail.uses import Map, Nothing, Use
from guestpass.trail.witness import Witness

_DEEPEST = 200
_NOT_ALLOWED = "is not authorized to perform"
_FORMS = (
    "one event of CloudTrail's, what `aws sts decode-authorization-message` answers, or a client's message"
)


def of_text(text: str, *, file: str, account: str, partition: str) -> tuple[Refusal | Unsaid, ...]:
    """Read whatever was pasted: a message, or JSON. Raises `InputError` with the place of what cannot be read."""
    if not text.strip():
        raise InputError("there is nothing to read", place=Place(file=file), expected=_FORMS)
    if text.lstrip()[0] not in "{[":
        return of_message(text)
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        if _NOT_ALLOWED in text:
            return of_message(text)  # a Python client's answer as it prints itself
        place = Place(file=file, line=error.lineno, column=error.colno)
        raise InputError(f"not JSON: {error.msg.lower()}", place=place, expected=_FORMS) from None
    except (RecursionError, ValueError):
        raise InputError("the JSON is nested too deep", place=Place(file=file), expected=_FORMS) from None
    if any(depth > _DEEPEST for _, _, depth in walked(told)):
        raise InputError("the JSON is nested too deep", place=Place(file=file), expected=_FORMS)
    if (decoded := _decoded(told)) is not None:
        return (_of_decoded(decoded, file),)
    records = tuple(_records(told, file, "$"))
    if not records:
        messages = [held for _, held, _ in walked(told) if isinstance(held, str) and _NOT_ALLOWED in held]
        if messages:
            return tuple(each for message in messages for each in of_message(message))
        raise InputError("no event is in this", place=Place(file=file, path="$"), expected=_FORMS)
    events = tuple(_event(record, file, path) for path, record in records)
    refused = tuple(event for event in events if event.error_code is not None)
    if not refused:
        path = f"{records[0][0]}.errorCode"
        raise InputError(
            "nothing was refused here",
            place=Place(file=file, path=path),
            expected="an event with `errorCode`",
        )
    deeds = tuple(Deed(event=event, by=event.actor.issuer_arn or event.actor.arn or "") for event in refused)
    found = of_deeds(deeds, account=account, partition=partition)
    if not found:
        code = str(refused[0].error_code)[:60]
        raise InputError(
            f"AWS did not refuse this for want of permission: `{code}`",
            place=Place(file=file, path=f"{records[0][0]}.errorCode"),
            expected="`AccessDenied`, `UnauthorizedOperation` or the like",
        )
    return found


def of_deeds(
    deeds: Sequence[Deed], *, account: str, partition: str, profiles: Mapping[str, str] | None = None
) -> tuple[Refusal | Unsaid, ...]:
    """What the refused ones among the deeds were refused, in order of time; the same again is counted, not repeated."""
    calls = Map(Witness.of(deeds, account=account, partition=partition, profiles=profiles or {}))
    found: dict[object, Refusal | Unsaid] = {}
    for deed in sorted(deeds, key=lambda deed: (deed.event.time, deed.event.id)):
        if not _was_refused(deed.event):
            continue
        for each in _of_deed(
            deed, calls, Where(account=account, region=deed.event.region, partition=partition)
        ):
            key = (
                (each.says,)
                if isinstance(each, Unsaid)
                else (each.who, each.action, each.resource, each.region, each.by)
            )
            earlier = found.get(key)
            found[key] = replace(each, count=earlier.count + 1) if earlier else each
    return tuple(found.values())


def _was_refused(event: Event) -> bool:
    return event.refused or (event.error_code is not None and told_by(event.error_message) is not None)


def _of_deed(deed: Deed, calls: Map, where: Where) -> Iterator[Refusal | Unsaid]:
    event = deed.event
    told = told_by(event.error_message)
    uses = calls.uses_of(deed)
    if isinstance(uses, Nothing):
        says = (
            f"`{event.source.partition('.')[0]}:{event.name}` was refused, and AWS's message names no action"
        )
        yield Unsaid(says=says, hint="guestpass usage pass.yaml --refused", source=event.id)
        return
    if told is not None:
        named = [use for use in uses if use.action.lower() == told.action.lower()]
        yield _of_use(named[-1] if named else uses[-1], deed, where, sure=True)
        return
    checks = _checks(event, where)
    if not checks:
        yield _of_use(uses[0], deed, where, sure=True)
    for check in checks:
        resource = check.resource if isinstance(check.resource, str) else None
        if resource is None and not isinstance(check.resource, str):
            names, _ = calls.witness.resources(check.resource, deed)
            resource = names[0]
        use = Use(action=check.action, resource=resource or "*", refused_by=NOT_SAID)
        yield _of_use(use, deed, where, sure=len(checks) == 1)


def _of_use(use: Use, deed: Deed, where: Where, *, sure: bool) -> Refusal:
    event = deed.event
    action = known_action(use.action)
    resource = use.resource if use.resource != "*" or not catalog.resource_types(action) else None
    operation = catalog.operation_of_event(event.source, event.name, event.parameters)
    mapped = not isinstance(operation, Unmapped) and not too_deep(event.parameters)
    check = next(
        (each for each in _checks(event, where) if each.action == action and _about(each, resource)), None
    )
    return Refusal(
        action=action,
        resource=resource,
        by=use.refused_by or NOT_SAID,
        who=deed.by,
        region=event.region or None,
        at=event.time,
        operation=operation if mapped and not isinstance(operation, Unmapped) else None,
        parameters=_asked(event) if mapped else None,
        context=check.context if check else _passed(event, where, action),
        settled=check.settled if check else frozenset(),
        sure=sure,
        source=event.id,
    )


def _about(check: Check, resource: str | None) -> bool:
    return not isinstance(check.resource, str) or check.resource == (resource or "*")


def _asked(event: Event) -> Mapping[str, Any] | None:
    operation = catalog.operation_of_event(event.source, event.name, event.parameters)
    if isinstance(operation, Unmapped):
        return None
    return catalog.request_of_event(*operation, event.parameters)


def _found(event: Event, where: Where) -> tuple[Check | PassedRole, ...]:
    operation = catalog.operation_of_event(event.source, event.name, event.parameters)
    if isinstance(operation, Unmapped) or too_deep(event.parameters):
        return ()
    asked = catalog.request_of_event(*operation, event.parameters)
    found = catalog.authorizations(*operation, asked, where)
    return () if isinstance(found, Unmapped) else tuple(found)


def _checks(event: Event, where: Where) -> tuple[Check, ...]:
    return tuple(each for each in _found(event, where) if isinstance(each, Check))


def _passed(event: Event, where: Where, action: str) -> Mapping[str, tuple[str, ...]]:
    """To which service a role was handed, where the call names its instance profile."""
    if action != "iam:PassRole":
        return {}
    services = {each.service for each in _found(event, where) if isinstance(each, PassedRole)}
    return {"iam:PassedToService": (services.pop(),)} if len(services) == 1 else {}


def _records(told: Any, file: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The records with their places: one alone, a trail's file, LookupEvents' answer, EventBridge's wrapping."""
    if isinstance(told, list):
        for number, each in enumerate(told):
            yield from _records(each, file, f"{path}[{number}]")
        return
    if not isinstance(told, Mapping):
        return
    for member in ("Records", "Events", "events"):
        if isinstance(told.get(member), list):
            yield from _records(told[member], file, f"{path}.{member}")
            return
    if isinstance(told.get("CloudTrailEvent"), str):
        inner = f"{path}.CloudTrailEvent"
        try:
            yield inner, json.loads(told["CloudTrailEvent"])
        except (ValueError, RecursionError):
            raise InputError(
                "the event is not JSON", place=Place(file=file, path=inner), expected="CloudTrail's record"
            ) from None
    elif isinstance(told.get("detail"), Mapping):
        yield f"{path}.detail", told["detail"]
    elif "eventName" in told or "eventSource" in told or "eventID" in told:
        yield path, told


def _event(record: Any, file: str, path: str) -> Event:
    try:
        return read_event(record)
    except InputError as error:
        raise InputError(error.says, place=Place(file=file, path=path), expected=error.expected) from None
    except AttributeError:
        raise InputError(
            "a record of the trail is not an event", place=Place(file=file, path=path), expected="an object"
        ) from None


def _decoded(told: Any) -> Mapping[str, Any] | None:
    """What `DecodeAuthorizationMessage` answers, with or without its wrapping."""
    if isinstance(told, Mapping) and isinstance(told.get("DecodedMessage"), str):
        try:
            told = json.loads(told["DecodedMessage"])
        except (ValueError, RecursionError):
            return None
    context = told.get("context") if isinstance(told, Mapping) else None
    return context if isinstance(context, Mapping) and "action" in context else None


def _of_decoded(context: Mapping[str, Any], file: str) -> Refusal:
    """AWS's own words on the request: every key that it had.

    AWS: STS API Reference, DecodeAuthorizationMessage: the principal, the action, the resource and the condition keys.
    """
    action, resource = context.get("action"), context.get("resource")
    if not isinstance(action, str):
        raise InputError(
            "the decoded message names no action",
            place=Place(file=file, path="$.context.action"),
            expected="a text",
            hint=DECODE,
        )
    known = known_action(action)
    principal = context.get("principal")
    who = principal.get("arn") if isinstance(principal, Mapping) else None
    keys = dict(_keys(context.get("conditions")))
    region = keys.get("aws:Region") or keys.get("ec2:Region")
    if region:
        keys["aws:RequestedRegion"] = region
    tags = {key.partition("/")[2]: value for key, value in keys.items() if key.startswith("ec2:ResourceTag/")}
    keys |= {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    named = resource if isinstance(resource, str) and resource.startswith("arn:") else None
    return Refusal(
        action=known,
        resource=named if catalog.resource_types(known) else "*",
        who=who if isinstance(who, str) else None,
        region=region[0] if region else None,
        operation=operation_of(known, None),
        context=keys,
        source="the decoded message",
    )


def _keys(conditions: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in _items(conditions):
        key = item.get("key")
        values = tuple(str(each["value"]) for each in _items(item.get("values")) if "value" in each)
        if isinstance(key, str) and values:
            yield key, values


def _items(value: Any) -> tuple[Mapping[str, Any], ...]:
    items = value.get("items") if isinstance(value, Mapping) else None
    return tuple(each for each in items if isinstance(each, Mapping)) if isinstance(items, list) else ()
