"""From what a user has done to the pass that would have been enough for it: proposals, which the owner reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestpass.account.snapshot import IamGroup, IamUser, Snapshot
from guestpass.catalog import Unmapped, managed_policy
from guestpass.trail import Deed, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What the record says a pass for this user must hold; each empty where the record says nothing.

    `regions` are sorted by use, most used first; `calls` is how many calls were looked at.
    """

    regions: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    database_classes: tuple[str, ...] = ()
    vpc: str | None = None
    subnets: tuple[str, ...] = ()
    calls: int = 0


def proposed(deeds: Sequence[Deed]) -> Proposal:
    """What a pass must hold for the user to go on with what they did: only what was carried out counts."""
    events = [deed.event for deed in deeds if deed.event.error_code is None]
    regions: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    networks: Counter[str] = Counter()
    subnets: Counter[str] = Counter()
    for event in events:
        # IAM, STS and other global services log to us-east-1, which says nothing of where the work is
        if event.read_only is False and event.source.split(".")[0] not in ("iam", "sts", "signin"):
            regions[event.region] += 1
        match event.name:
            case "RunInstances":
                _count(sizes, event.parameters.get("instanceType"))
                for item in _items(event.response.get("instancesSet")):
                    _count(networks, item.get("vpcId"))
                    _count(subnets, item.get("subnetId"))
                    _count(sizes, item.get("instanceType"))
            case "CreateDBInstance" | "RestoreDBInstanceFromDBSnapshot":
                _count(classes, event.parameters.get("dBInstanceClass"))
            case "CreateDBSubnetGroup":
                for subnet in event.parameters.get("subnetIds") or ():
                    _count(subnets, subnet)
            case "CreateSecurityGroup":
                _count(networks, event.parameters.get("vpcId"))
    return Proposal(
        regions=tuple(name for name, _ in regions.most_common()),
        instance_types=tuple(sorted(sizes)),
        database_classes=tuple(sorted(classes)),
        vpc=networks.most_common(1)[0][0] if networks else None,
        subnets=tuple(sorted(subnets)),
        calls=len(deeds),
    )


def held_by(user: IamUser, snapshot: Snapshot) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Everything the user's own and groups' policies say, as one document, and the names of what could not be read.

    A policy of AWS's that the catalogue has no copy of is not guessed at.
    """
    groups = [group for group in snapshot.groups if group.name in user.groups]
    statements: list[Any] = []
    unread: list[str] = []
    holders: tuple[IamUser | IamGroup, ...] = (user, *groups)
    for holder in holders:
        for document in holder.inline.values():
            statements += _statements(document)
        for arn in holder.attached:
            policy = next((each for each in snapshot.policies if each.arn == arn), None)
            known = policy.document if policy else _managed(arn)
            if known is None:
                unread.append(arn)
            else:
                statements += _statements(known)
    return {"Version": "2012-10-17", "Statement": _named(statements)}, tuple(dict.fromkeys(unread))


def used_beyond(usage: Usage, needed: Iterable[str]) -> tuple[str, ...]:
    """The actions they used with success that the pass does not give, sorted."""
    wanted = {action.lower() for action in needed}
    used = {row.action for row in usage.rows if row.count > row.refused}
    return tuple(sorted(action for action in used if action.lower() not in wanted))


def _managed(arn: str) -> Mapping[str, Any] | None:
    if ":iam::aws:policy/" not in arn:
        return None
    found = managed_policy(arn.rsplit("/", 1)[-1])
    return None if isinstance(found, Unmapped) else found.document


def _statements(document: Mapping[str, Any]) -> list[Any]:
    told = document.get("Statement", [])
    return list(told) if isinstance(told, list | tuple) else [told]


def _named(statements: list[Any]) -> list[Any]:
    """Statement ids must differ within a document; these come from several, and nobody reads them."""
    return [
        {key: value for key, value in each.items() if key != "Sid"} if isinstance(each, Mapping) else each
        for each in statements
    ]


def _items(told: Any) -> list[Mapping[str, Any]]:
    items = told.get("items") if isinstance(told, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def _count(counter: Counter[str], value: Any) -> None:
    if isinstance(value, str) and value:
        counter[value] += 1
