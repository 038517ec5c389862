"""The owner's acts as moments: from this machine's ledger, or from the trail where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from guestpass.ledger import Entry
from guestpass.loan.names import Names
from guestpass.report.story import Moment
from guestpass.trail import Deed, Event

_SAYS: Mapping[str, str] = {
    "guard": "set up the record and the alarms",
    "grant": "lent the pass",
    "adopt": "put the pass around a user who was there before",
    "tighten": "took off what was not used",
    "freeze": "refused everything to the guest",
    "revoke": "took back what was lent",
    "certify": "judged the ways back in, and wrote the certificate",
}
_PAUSE = timedelta(minutes=30)
"""Entries of one verb that lie further apart are two acts."""


def moments_of_entries(entries: Sequence[Entry]) -> Iterator[Moment]:
    """Yield one moment for each run of a verb: what was done, and what failed on the way."""
    number = 0
    marks: list[int] = []
    for before, entry in zip((None, *entries), entries, strict=False):
        if before is not None and (entry.verb != before.verb or entry.time - before.time > _PAUSE):
            number += 1
        marks.append(number)
    for _, group in groupby(zip(marks, entries, strict=True), key=lambda each: each[0]):
        yield _act([entry for _, entry in group])


def _act(entries: Sequence[Entry]) -> Moment:
    verb = entries[0].verb
    done = {entry.of for entry in entries if entry.kind == "outcome"}
    whys = {
        entry.seq: str(entry.data.get("why") or entry.step or "")
        for entry in entries
        if entry.kind == "intent"
    }
    failed = [entry for entry in entries if entry.kind == "refused"]
    details = [why for seq, why in whys.items() if seq in done]
    details += [f"not done: {whys.get(entry.of or 0, entry.step or '')}" for entry in failed]
    says = _SAYS.get(verb, "acted")
    if failed:
        says += f"; {len(failed)} of {len(whys)} steps did not go through at first"
    return Moment(at=entries[0].time, whose="owner", act=verb, says=says, details=tuple(details))


def moments_of_acts(events: Iterable[Event], deeds: Iterable[Deed], names: Names) -> Iterator[Moment]:
    """Yield what others than the guest changed of the pass's own things, by the trail: one moment for each spell."""
    theirs = {deed.event.id for deed in deeds}
    spell: list[Event] = []
    for event in events:
        if (
            event.id in theirs
            or event.read_only
            or event.error_code is not None
            or not _speaks_of(event, names)
        ):
            continue
        if spell and (event.time - spell[-1].time > _PAUSE or event.actor.arn != spell[-1].actor.arn):
            yield _spell(spell)
            spell = []
        spell.append(event)
    if spell:
        yield _spell(spell)


def _spell(events: Sequence[Event]) -> Moment:
    calls = [f"`{event.source.removesuffix('.amazonaws.com')}:{event.name}`" for event in events]
    says = "changed the pass's own users, roles and policies"
    first = events[0]
    return Moment(
        at=first.time,
        whose="owner",
        act="change",
        says=says,
        by=_by(first),
        event=first.id,
        details=tuple(calls),
    )


def _by(event: Event) -> str | None:
    return event.actor.issuer_arn or event.actor.arn


def _speaks_of(event: Event, names: Names) -> bool:
    """Say whether the call's parameters name something that is the pass's own."""
    own = {
        names.user,
        names.group,
        names.instance_role,
        names.instance_profile,
        names.wall,
        names.budget,
        names.path,
    }
    return any(word in own or names.path in word for word in _words(event.parameters))


def _words(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _words(inner)
        case list() | tuple():
            for inner in value:
                yield from _words(inner)
