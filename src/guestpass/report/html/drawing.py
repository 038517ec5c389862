"""The drawing: account, region, VPC, subnet, and the things in them, as boxes that are lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guestpass.inventory.values import Inventory, Item
from guestpass.loan.agreement import Network
from guestpass.report.html.element import Element, element
from guestpass.report.html.words import code, foreign, kind_of, sign

_DEEP = 8
"""Who follows a chain of things that stand in one another gives up after so many."""


@dataclass(kw_only=True, slots=True)
class Box:
    """A place and what stands in it; `kind` is `region`, `VPC` or `subnet`."""

    kind: str
    name: str
    items: list[Item] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)

    def inner(self, kind: str, name: str) -> Box:
        """Return the box of this name in this one, made when it is not there."""
        return self.boxes.setdefault(name, Box(kind=kind, name=name))


def placed(inventory: Inventory, network: Network | None) -> Box:
    """Put each thing where the record says that it stands; what stands in several subnets stands in their VPC."""
    account = Box(kind="account", name=inventory.account)
    known = {key: item for item in inventory.items for key in (item.arn, item.id)}
    vpcs = _vpcs(inventory, network)
    for item in inventory.items:
        region = account.inner("region", item.region or "global")
        subnets, vpc = _place(item, known, vpcs)
        where = region
        if vpc is not None and vpc != item.id:
            where = where.inner("VPC", vpc)
            if len(subnets) == 1 and subnets[0] != item.id:
                where = where.inner("subnet", subnets[0])
        where.items.append(item)
    return account


def _vpcs(inventory: Inventory, network: Network | None) -> Mapping[str, str]:
    """Return which VPC each subnet is known to stand in."""
    told = dict.fromkeys(network.subnets, network.vpc) if network else {}
    for item in inventory.items:
        vpc = next((name for name in map(_tail, item.within) if name.startswith("vpc-")), None)
        subnets = [name for name in (item.id, *map(_tail, item.within)) if name.startswith("subnet-")]
        if vpc is not None:
            told |= dict.fromkeys(subnets, vpc)
    return told


def _place(
    item: Item, known: Mapping[str, Item], vpcs: Mapping[str, str]
) -> tuple[tuple[str, ...], str | None]:
    names = list(dict.fromkeys(_around(item, known, _DEEP)))
    subnets = tuple(name for name in names if name.startswith("subnet-"))
    found = [name for name in names if name.startswith("vpc-")] + [
        vpcs[name] for name in subnets if name in vpcs
    ]
    return subnets, found[0] if found else None


def _around(item: Item, known: Mapping[str, Item], deep: int) -> Iterable[str]:
    """Yield the ids of everything that the thing stands in, through groups and through what brought it along."""
    for name in (*item.within, *((item.parent,) if item.parent else ())):
        yield _tail(name)
        inner = known.get(name) or known.get(_tail(name))
        if inner is not None and inner is not item and deep:
            yield from _around(inner, known, deep - 1)


def _tail(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def drawing(inventory: Inventory, network: Network | None) -> Element:
    """Return the boxes."""
    return element("ul", _drawn(placed(inventory, network)), class_="map", aria_label="What stands where")


def _drawn(box: Box) -> Element:
    boxes = [_drawn(inner) for inner in _sorted(box.boxes.values())]
    label = element("span", element("strong", _LABELS[box.kind]), " ", code(box.name), class_="label")
    inside = (element("ul", rows) for rows in (boxes, list(map(_thing, box.items))) if rows)
    return element("li", label, inside, class_=f"box {_CLASSES[box.kind]}")


_LABELS = {"account": "Account", "region": "Region", "VPC": "VPC", "subnet": "Subnet"}
_CLASSES = {"account": "account", "region": "region", "VPC": "vpc", "subnet": "subnet"}


def _sorted(boxes: Iterable[Box]) -> Sequence[Box]:
    return sorted(boxes, key=lambda box: (box.name == "global", box.name))


def _thing(item: Item) -> Element:
    name = (foreign(item.name), " ") if item.name and item.name != item.id else None
    state = None
    if item.still == "gone":
        state = sign("gone", "plain", mark="×")
    elif item.still == "not known":
        state = sign("not known", "plain", mark="?")
    kind = element("span", kind_of(item.type), class_="kind")
    return element(
        "li", kind, name, code(item.id), state, class_="thing gone" if item.still == "gone" else "thing"
    )
