"""A loan's whole story as one value: who may do what, what was tried, done and paid, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guestpass.bill.values import Reconciliation
from guestpass.findings import Finding
from guestpass.inventory.values import Difference, HandIn, Inventory, Made
from guestpass.loan.agreement import Pass
from guestpass.loan.certificate import Certificate
from guestpass.loan.explain import WallLine, access_in_words, explain_wall, watched
from guestpass.loan.status import Standing
from guestpass.loan.wall import guest_holds
from guestpass.trail.event import Event
from guestpass.trail.refusals import NOT_SAID, told_by
from guestpass.trail.values import Deed, Reading, Usage

Whose = Literal["owner", "guest"]
Part = Literal["access", "refusals", "timeline", "usage", "inventory", "bill", "certificate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The access in words, by what holds it: `allowed` within limits, `held` by the wall's Denies, `watched` alone."""

    allowed: tuple[WallLine, ...]
    held: tuple[WallLine, ...]
    watched: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """What was tried and refused: `call` as in `iam:CreateUser`, `by` the ARN of a user or role.

    `resource` is what it was tried on, `*` where the record names none. `refused_by` are AWS's words on why (none
    where it gave none), `events` the ids of the first and the last of `count`.
    """

    call: str
    by: str
    resource: str
    region: str
    first: datetime
    last: datetime
    count: int
    refused_by: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Something that happened: `act` is a verb (`grant`), or `made`, `deleted`, `refused`; `says` the rest in words.

    `by` is the ARN of a user or role where one is known, `event` the trail's id; `details` are further lines.
    """

    at: datetime
    whose: Whose
    act: str
    says: str
    by: str | None = None
    event: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A part that is not told: why, and the command that brings it (None where there is none)."""

    part: Part
    why: str
    run: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Everything that the one page tells. A part that is None was not looked at: `missing` says why.

    `pass_` is None where only the pass's name is known. `made_at` is AWS's clock, UTC; `version` guestpass's own.
    `gaps` are what of the account could not be read, and why.
    """

    pass_name: str
    account: str
    made_at: datetime
    version: str
    pass_: Pass | None = None
    standing: Standing | None = None
    access: Access | None = None
    refusals: tuple[Refusal, ...] | None = None
    timeline: tuple[Moment, ...] | None = None
    usage: Usage | None = None
    reading: Reading | None = None
    inventory: Inventory | None = None
    hand_in: HandIn | None = None
    difference: Difference | None = None
    reconciliation: Reconciliation | None = None
    certificate: Certificate | None = None
    missing: tuple[Missing, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every part, once each."""
        parts = (self.reading, self.inventory, self.reconciliation)
        return tuple(
            dict.fromkeys(finding for part in parts if part is not None for finding in part.findings)
        )

    def lacks(self, part: Part) -> Missing | None:
        """Say why a part is not told."""
        return next((each for each in self.missing if each.part == part), None)


def access_of(pass_: Pass) -> Access:
    """Say in words what the pass allows and what holds each line of it."""
    if pass_.guest.login == "instance-only":
        lines = tuple(
            WallLine(limit=says, how_held="", not_reached="", sid="", characters=0)
            for says in access_in_words(pass_)
        )
        return Access(allowed=lines, held=(), watched=watched(pass_))
    limits = guest_holds(pass_).keys()
    lines = explain_wall(pass_)
    return Access(
        allowed=tuple(line for line in lines if line.sid in limits),
        held=tuple(line for line in lines if line.sid not in limits),
        watched=watched(pass_),
    )


def refusals_of(deeds: Iterable[Deed]) -> tuple[Refusal, ...]:
    """Say what of the guest's was refused, one row a call, caller, region, resource and reason, first tried first."""
    groups: dict[tuple[str, str, str, str, str], list[Event]] = {}
    for deed in deeds:
        event = deed.event
        if not event.refused:
            continue
        told = told_by(event.error_message)
        call = told.action if told else f"{event.source.removesuffix('.amazonaws.com')}:{event.name}"
        resource = (told.resource if told else None) or "*"
        by = told.by if told and told.by != NOT_SAID else ""
        groups.setdefault((call, deed.by, event.region, resource, by), []).append(event)
    rows = (
        _refusal(key, sorted(same, key=lambda event: (event.time, event.id))) for key, same in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.first, row.call, row.by, row.resource)))


def _refusal(key: tuple[str, str, str, str, str], events: Sequence[Event]) -> Refusal:
    call, by, region, resource, reason = key
    return Refusal(
        call=call,
        by=by,
        resource=resource,
        region=region,
        first=events[0].time,
        last=events[-1].time,
        count=len(events),
        refused_by=(reason,) if reason else (),
        events=tuple(dict.fromkeys((events[0].id, events[-1].id))),
    )


def timeline_of(*groups: Iterable[Moment]) -> tuple[Moment, ...]:
    """Lay moments from several records into one order of time."""
    return tuple(sorted((moment for group in groups for moment in group), key=lambda each: each.at))


def moments_of_things(inventory: Inventory) -> Iterator[Moment]:
    """Say when each thing was made and deleted, by the events that show it."""
    for item in inventory.items:
        named = f"{item.type} `{item.id}`"
        if item.made is not None:
            yield _moment("made", named, item.made)
        if item.ended is not None:
            yield _moment("deleted", named, item.ended)


def moments_of_refusals(refusals: Iterable[Refusal]) -> Iterator[Moment]:
    """Say when each kind of call was first refused; what was tried many times is one moment."""
    for each in refusals:
        often = (f"{each.count} times until {each.last:%Y-%m-%d %H:%M} UTC",) if each.count > 1 else ()
        yield Moment(
            at=each.first,
            whose="guest",
            act="refused",
            says=f"`{each.call}`",
            by=each.by,
            event=each.events[0] if each.events else None,
            details=(*often, *each.refused_by),
        )


def _moment(act: str, says: str, by: Made) -> Moment:
    return Moment(at=by.at, whose="guest", act=act, says=says, by=by.by, event=by.event, details=(by.call,))
