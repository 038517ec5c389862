"""What was used: each deed as the actions that AWS authorised for it, on what, how often, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guestpass.trail.uses import Map, Nothing, Use
from guestpass.trail.values import Deed, NotMapped, Usage, Used
from guestpass.trail.witness import Witness


def usage_of(
    deeds: Sequence[Deed],
    *,
    account: str,
    partition: str = "aws",
    profiles: Mapping[str, str] | None = None,
) -> Usage:
    """What the guest's identities used: one row an action, resource, region and operation of each.

    A call that failed for another reason than want of permission was authorised and counts as used. Of a refused
    call only what was refused is a row. `profiles` gives the role's ARN by an instance profile's name or ARN, for who
    knows it: the record of a launch names the profile alone.
    """
    witness = Witness.of(deeds, account=account, partition=partition, profiles=profiles or {})
    calls = Map(witness)
    rows: dict[_Key, _Row] = {}
    silent: dict[tuple[str, str, str, str, str, bool], _Silent] = {}
    for deed in sorted(deeds, key=lambda deed: (deed.event.time, deed.event.id)):
        found = calls.uses_of(deed)
        if isinstance(found, Nothing):
            event = deed.event
            mark = (deed.by, event.source, event.name, event.region, found.why, found.asks)
            silent.setdefault(mark, _Silent()).add(deed)
            continue
        for number, use in enumerate(found):
            key = _Key.of(deed, use)
            rows.setdefault(key, _Row()).add(deed, use, first=number == 0)
    return Usage(
        rows=tuple(rows[key].used(key) for key in sorted(rows, key=_Key.order)),
        identities=tuple(sorted({deed.by for deed in deeds})),
        not_mapped=tuple(held.not_mapped(*mark) for mark, held in sorted(silent.items())),
        events=len(deeds),
    )


@dataclass(frozen=True, slots=True)
class _Key:
    by: str
    action: str
    resource: str
    region: str
    cause: str
    dependent: bool
    gap: str

    @classmethod
    def of(cls, deed: Deed, use: Use) -> _Key:
        event = deed.event
        return cls(deed.by, use.action, use.resource, event.region, event.name, use.dependent, use.gap)

    def order(self) -> tuple[str, str, str, str, str, bool, str]:
        return (self.by, self.action, self.resource, self.region, self.cause, self.dependent, self.gap)


@dataclass(slots=True)
class _Row:
    times: list[datetime] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    calls: int = 0
    refused: int = 0
    refused_by: dict[str, None] = field(default_factory=dict)

    def add(self, deed: Deed, use: Use, *, first: bool) -> None:
        self.times.append(deed.event.time)
        self.ids.append(deed.event.id)
        self.calls += first
        if use.refused_by is not None:
            self.refused += 1
            self.refused_by[use.refused_by] = None

    def used(self, key: _Key) -> Used:
        return Used(
            by=key.by,
            action=key.action,
            resource=key.resource,
            region=key.region,
            first=self.times[0],
            last=self.times[-1],
            count=len(self.times),
            refused=self.refused,
            refused_by=tuple(self.refused_by),
            cause=key.cause,
            dependent=key.dependent,
            events=tuple(dict.fromkeys((self.ids[0], self.ids[-1]))),
            calls=self.calls,
            gap=key.gap,
        )


@dataclass(slots=True)
class _Silent:
    times: list[datetime] = field(default_factory=list)
    event: str = ""
    refused: int = 0

    def add(self, deed: Deed) -> None:
        self.event = self.event or deed.event.id
        self.refused += deed.event.refused
        self.times.append(deed.event.time)

    def not_mapped(self, by: str, source: str, name: str, region: str, why: str, asks: bool) -> NotMapped:
        return NotMapped(
            by=by,
            source=source,
            name=name,
            region=region,
            count=len(self.times),
            first=self.times[0],
            last=self.times[-1],
            why=why,
            event=self.event,
            asks=asks,
            refused=self.refused,
        )
