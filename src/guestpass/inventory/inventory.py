"""The guest's deeds joined with the account: every thing, who made it, who ended it, whether it still stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from guestpass.account.snapshot import Resource, Snapshot
from guestpass.catalog import Creation, Where
from guestpass.findings import Finding
from guestpass.inventory.lives import Life, Record, record_of
from guestpass.inventory.standing import Standing, standing_of
from guestpass.inventory.values import Inventory, Item, Made, Still
from guestpass.trail import Deed, Event

TAG_KEY = "guestpass"
"""The tag that everything made under a pass carries (`loan.names` says the same; this room stands above it)."""

_BROUGHT = timedelta(minutes=10)
_CLOCKS = timedelta(minutes=5)
_LISTED = re.compile(r"(?P<call>[\w-]+:(?:Describe|List)\w+)(?: (?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?")
_NOT_THINGS = ("iam:", "budgets:", "cloudtrail:")


def inventory_of(
    deeds: Sequence[Deed], snapshot: Snapshot, *, pass_name: str, events: Iterable[Event] = ()
) -> Inventory:
    """Everything that the guest's identities made, and whether the account still holds it.

    `events` may be the whole reading: deletions by others are then known too, and a thing that another made is not
    taken for the guest's. Things that only the pass's tag, or a name that begins with the pass's name, tells to be
    the guest's have no `made`. Changes to things (a rule in a security group) are no items, nor is what failed.

    A thing of the same ARN made twice has two lives: the latest one may stand, each earlier one is an item of its own
    that is gone, with its end if an event says it. Where the call answers alike when the thing is there already
    (CreateTopic), a second call without an end between is the same life, and its first maker stays; whether that
    maker found it there is a finding (INV003) unless AWS's date settles it. Source of `still`: `Snapshot.read`; of a
    type or region that was not read, nothing is claimed but an end that an event shows.
    """
    caller = snapshot.caller
    events = tuple(events)
    record = record_of(deeds, events, Where(account=caller.account, region="", partition=caller.partition))
    stand = standing_of(snapshot)
    ours = frozenset(deed.event.id for deed in deeds)
    joined = _Joined(record=record, stand=stand, snapshot=snapshot, ours=ours, pass_name=pass_name)
    items = [*joined.made(), *joined.marked()]
    return Inventory(
        account=caller.account,
        pass_name=pass_name,
        at=snapshot.taken_at,
        items=tuple(
            sorted(items, key=lambda item: (item.arn, item.made.at.isoformat() if item.made else ""))
        ),
        strange=tuple(record.strange),
        read_types=stand.types,
        findings=(*joined.findings, *_gaps(snapshot.gaps)),
    )


class _Joined:
    """The record and the account, held against each other."""

    def __init__(
        self, *, record: Record, stand: Standing, snapshot: Snapshot, ours: frozenset[str], pass_name: str
    ) -> None:
        self.record = record
        self.stand = stand
        self.snapshot = snapshot
        self.ours = ours
        self.pass_name = pass_name
        self.findings: list[Finding] = []
        self.standing = {
            id(life): found
            for life in record.lives
            if not life.replaced and (found := stand.find(life.creation)) is not None
        }
        self.told = {life.creation.arn for life in record.lives}
        self.told |= {found.arn for found in self.standing.values()}

    def made(self) -> list[Item]:
        """What the guest's calls made, and what came along with it."""
        items: list[Item] = []
        for life in self.record.lives:
            if life.made.event not in self.ours:
                continue
            found = self.standing.get(id(life))
            if life.creation.again and not self._new(life, found):
                continue
            items.append(_item_of_life(life, found, self._still(life, found)))
            items += [_item_of(each, items[-1]) for each in self._brought(items[-1])]
        return items

    def marked(self) -> list[Item]:
        """What carries the pass's tag or its name, and no event says who made it."""
        along = {each.arn for each in self.snapshot.resources if each.attached_to in self.told}
        return [
            _item_of(each, None)
            for each in self.snapshot.resources
            if each.arn not in self.told and each.arn not in along and self._is_marked(each)
        ]

    def _is_marked(self, thing: Resource) -> bool:
        tagged = thing.tags.get(TAG_KEY) == self.pass_name
        return tagged or _last(thing.arn).startswith(f"{self.pass_name}-")

    def _still(self, life: Life, found: Resource | None) -> Still:
        if found is not None:
            return "there"
        if life.replaced:
            return "gone"
        over = life.ended is not None and not life.later
        return self.stand.without(life.creation, ended=over, made_at=life.made.at)

    def _new(self, life: Life, found: Resource | None) -> bool:
        """Whether a call that answers alike when the thing is there already made it, as far as can be told."""
        if found is not None and found.created is not None:
            older = found.created < life.made.at - _CLOCKS
            if older:
                self.findings.append(_older(life))
            return not older
        self.findings.append(_perhaps_older(life))
        return True

    def _brought(self, parent: Item) -> list[Resource]:
        """What the account says came with a thing and no event names: an instance's volumes and interfaces."""
        if parent.still != "there" or parent.made is None:
            return []
        return [
            each
            for each in self.snapshot.resources
            if each.attached_to == parent.arn
            and each.arn not in self.told
            and each.created is not None
            and abs(each.created - parent.made.at) < _BROUGHT
        ]


def _item_of_life(life: Life, found: Resource | None, still: Still) -> Item:
    thing = life.creation
    return Item(
        arn=found.arn if found else thing.arn,
        type=thing.type,
        id=thing.id,
        region=thing.region,
        still=still,
        made=life.made,
        ended=life.ended,
        parent=thing.parent,
        name=(found.tags.get("Name") if found else None) or thing.name,
        within=tuple(dict.fromkeys((*thing.within, *(found.within if found else ())))),
        tags=dict(found.tags) if found else {},
    )


def _item_of(found: Resource, parent: Item | None) -> Item:
    """A thing that the account alone shows; `made` is its parent's where it came along with one."""
    made: Made | None = parent.made if parent else None
    return Item(
        arn=found.arn,
        type=found.type,
        id=_last(found.arn),
        region=found.region,
        still="there",
        made=made,
        parent=parent.arn if parent else found.attached_to,
        name=found.tags.get("Name"),
        within=found.within,
        tags=dict(found.tags),
    )


def _last(arn: str) -> str:
    resource = arn.split(":", 5)[-1]
    return resource.partition("/")[2] if "/" in resource else resource.rpartition(":")[2]


def _shown(thing: Creation) -> str:
    return thing.arn if thing.arn.startswith("arn:") else f"{thing.type} {thing.id}"


def _older(life: Life) -> Finding:
    return Finding(
        code="INV001",
        severity="note",
        says=f"`{_shown(life.creation)}` is older than the guest's `{life.made.call}` (event `{life.made.event}`)",
        because="the call answers in the same way when the thing is there already: the guest did not make it",
        fix="look who made it, if you do not know it",
    )


def _perhaps_older(life: Life) -> Finding:
    return Finding(
        code="INV003",
        severity="note",
        says=f"whether `{life.made.call}` (event `{life.made.event}`) made `{_shown(life.creation)}` or found it there "
        "is not known",
        because="the call answers in the same way when the thing is there already, and AWS gives no date",
        fix="ask who knows the account whether it was there before the loan",
        confidence="likely",
    )


def _gaps(gaps: Mapping[str, str]) -> tuple[Finding, ...]:
    """One finding for each list that AWS refused, with its regions."""
    refused: dict[tuple[str, str], list[str]] = {}
    for what, why in gaps.items():
        found = _LISTED.fullmatch(what)
        if found and not what.startswith(_NOT_THINGS):
            refused.setdefault((found["call"], why), []).append(found["region"] or "")
    return tuple(
        Finding(
            code="INV002",
            severity="warning",
            says=f"`{call}` could not be read{_in(regions)}: {why}",
            because="whether things of that type still stand is not known",
            fix="run it again with credentials that may read it",
        )
        for (call, why), regions in refused.items()
    )


def _in(regions: list[str]) -> str:
    named = [region for region in regions if region]
    return f" in {', '.join(named)}" if named else ""
