"""What `guestpass catalog` answers: the fact as a page and as JSON, or the nearest names to one that nobody knows."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guestpass import catalog
from guestpass.catalog import EventMeaning, Unmapped, Where
from guestpass.cli.files import read_input
from guestpass.errors import InputError
from guestpass.report import catalog as told
from guestpass.report.page import Page
from guestpass.trail import Event, read_files


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A fact for people and for programs; `gap` where the catalogue has none for the very thing asked."""

    page: Page
    data: Mapping[str, Any]
    gap: bool = False


def answer_of(ask: str, name: str, parameters: Mapping[str, Any] | None, where: Where) -> Answer:
    """Answer one question. Raises InputError with the nearest names for one that nobody knows."""
    match ask:
        case "operation":
            return _operation(name, parameters, where)
        case "action":
            return _action(name)
        case "event":
            return _events(name, where)
        case "type":
            return _type(name)
        case "door":
            return _door(name)
        case "policy":
            return _policy(name)
        case "service":
            return _service(name)
        case "quota":
            return _quota(name)
        case _:
            today = datetime.now(UTC).date()
            parts = catalog.parts()
            return Answer(page=told.age_page(parts, today), data=told.age_json(parts, today))


def _operation(name: str, parameters: Mapping[str, Any] | None, where: Where) -> Answer:
    service, colon, word = name.partition(":")
    if not colon or not word:
        raise InputError(
            f"`{name}` names no operation",
            expected="`service:Operation`",
            hint="guestpass catalog operation rds:CreateDBInstance",
        )
    known = catalog.operations_of(service)
    if not known:
        raise _unknown("service", service, catalog.service_names(), "service", "{}")
    spelt = next((each for each in known if each.lower() == word.lower()), None)
    if spelt is None:
        raise _unknown(
            "operation", word, known, "operation", f"{service}:{{}}", what=f"`{service}` has no operation"
        )
    found = catalog.operation(service, spelt)
    if isinstance(found, Unmapped):
        return Answer(
            page=told.gap_page(f"{service}:{spelt}", found),
            data=told.gap_json("operation", f"{service}:{spelt}", found),
            gap=True,
        )
    if parameters is None:
        return Answer(page=told.operation_page(found), data=told.operation_json(found))
    needed = catalog.needed_by_call(service, spelt, parameters)
    touched = catalog.touched(service, spelt, parameters, where)
    gap = isinstance(needed, Unmapped) or isinstance(touched, Unmapped)
    return Answer(
        page=told.call_page(found, needed, touched), data=told.call_json(found, needed, touched), gap=gap
    )


def _action(name: str) -> Answer:
    prefix, colon, word = name.partition(":")
    found = catalog.action(name)
    if not isinstance(found, Unmapped):
        return Answer(page=told.action_page(found), data=told.action_json(found))
    of_service = [each.partition(":")[2] for each in catalog.actions_matching(f"{prefix}:*")] if colon else []
    if of_service:
        raise _unknown(
            "action", word, of_service, "action", f"{prefix.lower()}:{{}}", what=f"`{prefix}` has no action"
        )
    prefixes = sorted({each.partition(":")[0] for each in catalog.all_actions()})
    raise _unknown("service prefix", prefix, prefixes, "service", "{}")


def _events(name: str, where: Where) -> Answer:
    file = "standard input" if name == "-" else name
    reading = read_files([(file, _log_file(read_input(Path(name))))], source=file)
    if not reading.events:
        why = "; ".join(each.says for each in reading.findings) or "it holds no CloudTrail record"
        raise InputError(
            f"`{file}` cannot be read as events: {why}",
            expected="one CloudTrail record, or a log file with `Records`, as JSON",
            hint="guestpass catalog event FILE",
        )
    meanings = [
        told.Told(event=each, meaning=_meaning(each, where), made=_made(each, where))
        for each in reading.events
    ]
    if len(meanings) == 1 and isinstance(meanings[0].meaning, Unmapped):
        _refuse_unknown(meanings[0].event)
    return Answer(
        page=told.events_page(meanings, reading.findings),
        data=told.events_json(meanings, reading.findings),
        gap=any(isinstance(each.meaning, Unmapped) for each in meanings),
    )


def _refuse_unknown(event: Event) -> None:
    """Raise InputError with the nearest names for an event whose source or name nobody knows."""
    found = catalog.operation_of_event(event.source, event.name, event.parameters)
    known = not isinstance(found, Unmapped) and found[1] in catalog.operations_of(found[0])
    near = catalog.nearest_events(event.source, event.name)
    if known or not near or any(name.lower() == event.name.lower() for _, name in near):
        return
    raise InputError(
        f"`{event.source}` has no event `{event.name[:80]}`, as far as the catalogue knows",
        expected=" or ".join(f"`{name}` of `{source}`" for source, name in near),
        hint=f"guestpass catalog service {near[0][0]}",
    )


def _made(event: Event, where: Where) -> tuple[catalog.Creation, ...]:
    """What the call made, where its record says it."""
    if event.error_code is not None:
        return ()
    spot = replace(where, account=event.account or where.account, region=event.region or where.region)
    found = catalog.created(
        event.source, event.name, parameters=event.parameters, response=event.response, where=spot
    )
    return () if isinstance(found, Unmapped) else found


def _log_file(content: bytes) -> bytes:
    """One record by itself as a log file that holds it; anything else as it came."""
    try:
        found = json.loads(content)
    except ValueError:
        return content
    return (
        json.dumps({"Records": [found]}).encode()
        if isinstance(found, dict) and "eventName" in found
        else content
    )


def _meaning(event: Event, where: Where) -> EventMeaning | Unmapped:
    """What the event was, in the account and region that it names."""
    spot = replace(where, account=event.account or where.account, region=event.region or where.region)
    return catalog.event_meaning(event.source, event.name, event.parameters, spot, type=event.type)


def _type(name: str) -> Answer:
    found = catalog.resource_type(name)
    if not isinstance(found, Unmapped):
        return Answer(page=told.type_page(found), data=told.type_json(found))
    raise _unknown("resource type", name, catalog.resource_type_names(), "type", "{}")


def _door(name: str) -> Answer:
    number = name.upper().removeprefix("DOR")
    found = next((door for door in catalog.doors() if number.isdigit() and door.number == int(number)), None)
    if found is not None:
        return Answer(page=told.door_page(found), data=told.door_json(found))
    numbers = [door.number for door in catalog.doors()]
    raise InputError(
        f"there is no door `{name}`",
        expected=f"a number from {min(numbers):03d} to {max(numbers):03d}",
        hint="guestpass catalog door 025",
    )


def _policy(name: str) -> Answer:
    found = catalog.managed_policy(name)
    if not isinstance(found, Unmapped):
        return Answer(page=told.policy_page(found), data=told.policy_json(found))
    raise _unknown("AWS managed policy", name, catalog.managed_policy_names(), "policy", "{}")


def _service(name: str) -> Answer:
    found = catalog.service_spellings(name)
    if not isinstance(found, Unmapped):
        return Answer(page=told.service_page(found), data=told.service_json(found))
    raise _unknown("service", name, catalog.service_names(), "service", "{}")


def _quota(name: str) -> Answer:
    known = catalog.quotas()
    if name and name not in known:
        raise _unknown("quota", name, known, "quota", "{}")
    chosen = [known[name]] if name else list(known.values())
    return Answer(page=told.quotas_page(chosen), data=told.quotas_json(chosen))


def _unknown(
    kind: str, word: str, known: Iterable[str], ask: str, form: str, *, what: str | None = None
) -> InputError:
    """The error that offers the nearest names; case does not matter."""
    spelt = {each.lower(): each for each in known}
    near = [spelt[each] for each in difflib.get_close_matches(word.lower(), spelt, n=3, cutoff=0.5)]
    return InputError(
        f"{what or f'AWS has no {kind}'} `{word[:80]}`, as far as the catalogue knows",
        expected=" or ".join(f"`{each}`" for each in near) or None,
        hint=f"guestpass catalog {ask} {form.format(near[0])}" if near else "guestpass catalog age",
    )
