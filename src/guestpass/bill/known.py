"""Everything that is known to stand in the account, so that a bill's line finds its thing by any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property

from guestpass.account.snapshot import Snapshot
from guestpass.bill.facts import services_of
from guestpass.bill.identifiers import Identifier, identify, parse_arn
from guestpass.bill.values import Line
from guestpass.inventory.values import Inventory, Item
from guestpass.trail.values import Usage

SLACK = timedelta(hours=1)
"""AWS charges by the hour at most: a line may begin or end this much beside the thing's own times."""

_ANYWHERE = frozenset({"", "global"})
Key = tuple[str, ...]
_Touch = tuple[str, datetime, datetime | None]
"""A region, and from when to when; None where it goes on."""


class Known:
    """The guest's things by key, the owner's by key, and where and when the guest used which service."""

    def __init__(
        self,
        inventory: Inventory,
        usage: Usage | None,
        owners: Iterable[str],
        account: Snapshot | None = None,
    ) -> None:
        self.inventory = inventory
        self.usage = usage
        self._items: dict[Key, list[Item]] = {}
        for item in inventory.items:
            for key in keys_of(item, inventory.account):
                self._items.setdefault(key, []).append(item)
        self._by_arn = {item.arn: item for item in inventory.items}
        self._owners: dict[Key, str] = {}
        self._owner_places: dict[tuple[str, str], str] = {}
        for arn in sorted(owners):
            known = parse_arn(arn)
            self._owners[known.key if known else ("", arn)] = arn
            if known:
                self._owner_places.setdefault((known.service, known.region), arn)
        stands = account.resources if account else ()
        self._stands = {known.key: each for each in stands if (known := parse_arn(each.arn))}
        self._touched: dict[str, list[_Touch]] = {}
        for service, touch in _touches(inventory, usage):
            self._touched.setdefault(service, []).append(touch)

    def identify(self, line: Line) -> Identifier | None:
        """Return what the line's resource stands for."""
        if line.resource is None:
            return None
        account = line.account or self.inventory.account
        return identify(line.resource, product=line.service, region=line.region, account=account)

    def item(self, key: Key, line: Line) -> Item | None:
        """Return the thing of this key; where a name was used again, the one that stood at the line's time."""
        found = self._items.get(key, [])
        return next((item for item in found if _stood(item, line)), found[-1] if found else None)

    def parent(self, item: Item) -> Item | None:
        """Return the thing that brought this one along."""
        return self._by_arn.get(item.parent) if item.parent else None

    def holders(self, key: Key) -> tuple[Item, ...]:
        """Return the guest's things that the account says this one hangs on, or is a snapshot of."""
        found = self._stands.get(key)
        if found is None:
            return ()
        names = [found.attached_to] if found.attached_to else []
        # only a snapshot is made of what it stands in: an interface stands in a network that may be anybody's
        names += found.within if found.type.endswith("snapshot") else ()
        return tuple(item for item in self.inventory.items if item.arn in names or item.id in names)

    def named(self, kind: str, name: str, region: str) -> Item | None:
        """Return the thing of a type by its id or name in a region, or None where none or several are meant."""
        found = [
            item
            for item in self.inventory.items
            if item.type == kind and name in (item.id, item.name) and item.region in (region, "")
        ]
        return found[0] if len(found) == 1 else None

    def within(self, kind: str, holder: str) -> tuple[Item, ...]:
        """Return the things of a type whose id begins with `holder/`, as an ECS service's with its cluster."""
        return tuple(
            item for item in self.inventory.items
            if item.type == kind and (item.id.startswith(f"{holder}/") or f"/{holder}/" in item.arn)
        )  # fmt: skip

    def owner(self, key: Key) -> str | None:
        """Return the ARN of the owner's thing of this key."""
        return self._owners.get(key)

    def owner_uses(self, line: Line) -> str | None:
        """Return the ARN of one thing of the owner's in the line's service and region."""
        services = services_of(line.service)
        return next(
            (
                arn
                for (service, region), arn in self._owner_places.items()
                if service in services and (region == line.region or line.region in _ANYWHERE)
            ),
            None,
        )

    def touched(self, line: Line) -> bool:
        """Whether the guest used the line's service in its region at its time, or has a thing of it there then."""
        return any(
            (region == line.region or region in _ANYWHERE or line.region in _ANYWHERE)
            and first - SLACK <= line.end
            and (last is None or line.start <= last + SLACK)
            for service in services_of(line.service)
            for region, first, last in self._touched.get(service, ())
        )

    @cached_property
    def users(self) -> frozenset[str]:
        """Return the names of the guest's IAM users, as AWS's tag `aws:createdBy` writes them."""
        arns = [*(self.usage.identities if self.usage else ()), *(item.arn for item in self.inventory.items)]
        return frozenset(arn.rsplit("/", 1)[-1] for arn in arns if ":user/" in arn and ":iam::" in arn)


def keys_of(item: Item, account: str) -> tuple[Key, ...]:
    """Return the keys of a thing's spellings: its ARN's, and its type's with its own id."""
    service, _, kind = item.type.partition(":")
    known = parse_arn(item.arn)
    partition = known.partition if known else "aws"
    by_id = Identifier(
        partition=partition, service=service, type=kind, region=item.region, account=account, id=item.id
    )
    return tuple(dict.fromkeys((*((known.key,) if known else ()), by_id.key)))


def folded(key: str) -> str:
    """Return a tag's key as the bill's columns spell it: `aws:createdBy` and `aws:created_by` are one."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return re.sub(r"[^A-Za-z0-9]+", "_", snake).lower()


def tag(line: Line, key: str) -> str | None:
    """Return the value of the line's tag of this key, however the bill spells the key."""
    if key in line.tags:
        return line.tags[key]
    aws = key.startswith("aws:")
    return next(
        (
            value
            for name, value in line.tags.items()
            if name.startswith("aws:") == aws and folded(name) == folded(key)
        ),
        None,
    )


def _touches(inventory: Inventory, usage: Usage | None) -> Iterator[tuple[str, _Touch]]:
    for row in usage.rows if usage else ():
        if row.count > row.refused:
            yield row.action.partition(":")[0], (row.region, row.first, row.last)
    for item in inventory.items:
        if item.made is not None:
            gone = inventory.at if item.still == "gone" else None
            last = item.ended.at if item.ended else gone
            yield item.type.partition(":")[0], (item.region, item.made.at, last)


def _stood(item: Item, line: Line) -> bool:
    after = item.made is None or item.made.at - SLACK <= line.end
    return after and (item.ended is None or line.start <= item.ended.at + SLACK)
