"""The guest's deeds joined with the account: every thing, who made it, who ended it, whether it still stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from guestpass.account.snapshot import Resource, Snapshot
from guestpass.catalog import Creation, Ending, Unmapped, Where, created, ended, iam_prefix
from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.inventory.standing import Standing, standing_of
from guestpass.inventory.values import Inventory, Item, Made, Strange
from guestpass.trail import Deed, Event

TAG_KEY = "guestpass"
"""The tag that everything made under a pass carries (`loan.names` says the same; this room stands above it)."""


@dataclass(kw_only=True)
class _Life:
    """One thing from its making to its end."""

    creation: Creation
    made: Made
    ended: Made | None = None
    later: bool = False
    replaced: bool = False


@dataclass(kw_only=True)
class _Story:
    """What the record tells, in order of time."""

    lives: list[_Life] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def begin(self, life: _Life) -> None:
        arn = life.creation.arn
        last = next((each for each in reversed(self.lives) if each.creation.arn == arn), None)
        if last is not None and last.ended is None:
            if life.creation.again:
                return
            # AWS makes no second thing of one name: the first one's end is in no event that was read
            last.replaced = True
        self.lives.append(life)

    def end(self, ending: Ending, by: Made) -> None:
        for life in reversed(self.lives):
            thing = life.creation
            arn_region = thing.arn.split(":")[3] if thing.arn.startswith("arn:") else ""
            names = (thing.arn, thing.id, thing.name)
            if life.ended is None and ending.ends(type=thing.type, region=arn_region, names=names):
                life.ended, life.later = by, ending.later
                return


def inventory_of(
    deeds: Sequence[Deed], snapshot: Snapshot, *, pass_name: str, events: Iterable[Event] = ()
) -> Inventory:
    """Everything that the guest's identities made, and whether the account still holds it.

    `events` may be the whole reading: deletions by others are then known too, and a thing that another made first is
    not taken for the guest's. Things that only the pass's tag, or a name that begins with the pass's name, tells to be
    the guest's have no `made`. Changes to things (a rule in a security group) are no items, nor is what failed.

    A thing of the same ARN made twice has two lives: the latest one may stand, each earlier one is an item of its own
    that is gone, with its end if an event says it. Where the call answers alike when the thing is there already
    (CreateTopic), a second call without an end between is the same life, and its first maker stays. Source of `still`:
    `Snapshot.read`; of a type or region that was not read, nothing is claimed but an end that an event shows.
    """
    partition = snapshot.caller.partition
    account = snapshot.caller.account
    story = _told(deeds, events, Where(account=account, region="", partition=partition))
    stand = standing_of(snapshot)
    ours = frozenset(deed.event.id for deed in deeds)
    items = [
        *_of_lives(story, stand, ours, snapshot),
        *_marked(snapshot, story, pass_name, stand),
    ]
    return Inventory(
        account=account,
        pass_name=pass_name,
        at=snapshot.taken_at,
        items=tuple(
            sorted(items, key=lambda item: (item.arn, item.made.at.isoformat() if item.made else ""))
        ),
        strange=tuple(story.strange),
        read_types=stand.types,
        findings=(*story.findings, *_gaps(snapshot)),
    )


def _told(deeds: Sequence[Deed], events: Iterable[Event], here: Where) -> _Story:
    """The record in order of time: the guest's deeds, and what others did to the same things."""
    acts: dict[str, tuple[Event, str, bool]] = {event.id: (event, _doer(event), False) for event in events}
    acts |= {deed.event.id: (deed.event, deed.by, True) for deed in deeds}
    story = _Story()
    for event, by, guests in sorted(acts.values(), key=lambda act: (act[0].time, act[0].id)):
        if event.error_code is not None:
            continue
        where = replace(here, region=event.region)
        made = Made(by=by, at=event.time, event=event.id, call=_call(event))
        for ask in (created, ended):
            said = ask(
                event.source, event.name, parameters=event.parameters, response=event.response, where=where
            )
            if isinstance(said, Unmapped):
                if guests:
                    strange = Strange(event=event.id, call=made.call, by=by, at=event.time, why=said.why)
                    story.strange.append(strange)
                continue
            for each in said:
                if isinstance(each, Creation):
                    story.begin(_Life(creation=each, made=made))
                else:
                    story.end(each, made)
    return story


def _doer(event: Event) -> str:
    actor = event.actor
    return actor.issuer_arn or actor.arn or actor.invoked_by or actor.type or "not known"


def _call(event: Event) -> str:
    prefix = iam_prefix(event.source.partition(".")[0])
    return f"{event.source.partition('.')[0] if isinstance(prefix, Unmapped) else prefix}:{event.name}"


def _of_lives(story: _Story, stand: Standing, ours: frozenset[str], snapshot: Snapshot) -> list[Item]:
    latest = {life.creation.arn: life for life in story.lives}
    items: list[Item] = []
    for life in story.lives:
        thing = life.creation
        if life.made.event not in ours:
            continue
        found = stand.there.get(thing.arn) if latest[thing.arn] is life else None
        if found and found.created and thing.again and found.created < life.made.at - timedelta(minutes=5):
            story.findings.append(_older(thing, life.made))
            continue
        still = (
            "there" if found
            else "gone" if life.replaced or latest[thing.arn] is not life
            else stand.without(thing, ended=life.ended is not None and not life.later, made_at=life.made.at)
        )  # fmt: skip
        items.append(
            Item(
                arn=thing.arn,
                type=thing.type,
                id=thing.id,
                region=thing.region,
                still=still,
                made=life.made,
                ended=life.ended,
                parent=thing.parent,
                name=thing.name or (found.tags.get("Name") if found else None),
                within=thing.within,
                tags=dict(found.tags) if found else {},
            )
        )
        items += _brought(items[-1], found, snapshot, {each.creation.arn for each in story.lives})
    return items


def _brought(parent: Item, found: Resource | None, snapshot: Snapshot, told: set[str]) -> list[Item]:
    """What the account says came with a thing and no event names: an instance's volumes and interfaces."""
    if found is None:
        return []
    return [
        _item_of(each, made=parent.made, parent=parent.arn)
        for each in snapshot.resources
        if each.attached_to == parent.arn
        and each.arn not in told
        and each.created is not None
        and parent.made is not None
        and abs(each.created - parent.made.at) < timedelta(minutes=10)
    ]


def _marked(snapshot: Snapshot, story: _Story, pass_name: str, stand: Standing) -> list[Item]:
    """Things that carry the pass's tag or its name and that no event of the guest's made."""
    told = {life.creation.arn for life in story.lives}
    brought = {
        each.arn
        for each in snapshot.resources
        if each.attached_to in told and each.attached_to in stand.there
    }
    return [
        _item_of(each)
        for each in snapshot.resources
        if each.arn not in told
        and each.arn not in brought
        and (each.tags.get(TAG_KEY) == pass_name or _last(each.arn).startswith(f"{pass_name}-"))
    ]


def _item_of(found: Resource, *, made: Made | None = None, parent: str | None = None) -> Item:
    return Item(
        arn=found.arn,
        type=found.type,
        id=_last(found.arn),
        region=found.region,
        still="there",
        made=made,
        parent=parent or found.attached_to,
        name=found.tags.get("Name"),
        within=found.within,
        tags=dict(found.tags),
    )


def _last(arn: str) -> str:
    resource = arn.split(":", 5)[-1]
    return resource.partition("/")[2] if "/" in resource else resource.rpartition(":")[2]


def _older(thing: Creation, made: Made) -> Finding:
    return Finding(
        code="INV001",
        severity="note",
        says=f"`{thing.arn}` is older than the call `{made.call}` (event {made.event}), so the guest did not make it",
        because="the call answers in the same way when the thing is there already",
        fix="look at who made it, if you do not know it",
        place=Place(file=made.event),
    )


def _gaps(snapshot: Snapshot) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="INV002",
            severity="warning",
            says=f"`{what}` could not be read: {why}",
            because="whether things of that type still stand is not known",
            fix="run it again with credentials that may read it",
        )
        for what, why in _resource_gaps(snapshot.gaps).items()
    )


def _resource_gaps(gaps: Mapping[str, str]) -> Mapping[str, str]:
    return {what: why for what, why in gaps.items() if what.split(":")[0] not in ("iam", "budgets")}
