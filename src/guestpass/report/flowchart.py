"""What stands as a Mermaid flowchart: boxes in boxes, account, region, VPC and subnet. Ids are numbers, never names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from guestpass.inventory import Item
from guestpass.report.inert import inert

MANY = 40
"""So many boxes are drawn one by one; beyond it, things of one type in one place are one box."""
FEW = 3
"""So many things of one type in one place are drawn one by one all the same."""

_LONGEST = 48
_PLAIN = frozenset(" -_./:,()+=@?")


def flowchart(account: str, items: Sequence[Item]) -> str:
    """Return the flowchart's text, without a fence. What a drawn thing brought along stands in its box as a number."""
    arns = {item.arn for item in items}
    shown = [item for item in items if item.parent not in arns and not _is_place(item, items)]
    along: dict[str, list[Item]] = {}
    for item in items:
        if item.parent in arns:
            along.setdefault(item.parent or "", []).append(item)
    top = _Box(title=f"account {account}")
    networks = _networks(items)
    for item in shown:
        box = top.box(item.region or "in no region")
        subnet = _place(item, "subnet-")
        network = _place(item, "vpc-") or networks.get(subnet, "")
        for name in (network, subnet):
            box = box.box(name) if name else box
        box.things.append(item)
    numbers = (f"n{number}" for number in count(1))
    rows = _drawn(top, along, numbers, indent=1, one_by_one=len(shown) <= MANY)
    return "\n".join(("flowchart TB", *rows)) + "\n"


@dataclass(kw_only=True)
class _Box:
    title: str
    boxes: dict[str, _Box] = field(default_factory=dict)
    things: list[Item] = field(default_factory=list)

    def box(self, title: str) -> _Box:
        return self.boxes.setdefault(title, _Box(title=title))


def _drawn(
    box: _Box, along: dict[str, list[Item]], numbers: Iterator[str], *, indent: int, one_by_one: bool
) -> Iterator[str]:
    lead = "  " * indent
    yield f'{lead}subgraph {next(numbers)}["{label(box.title)}"]'
    for title in sorted(box.boxes):
        yield from _drawn(box.boxes[title], along, numbers, indent=indent + 1, one_by_one=one_by_one)
    for text in _texts(box.things, along, one_by_one=one_by_one):
        yield f'{lead}  {next(numbers)}["{text}"]'
    if not box.boxes and not box.things:
        yield f'{lead}  {next(numbers)}["nothing"]'
    yield f"{lead}end"


def _texts(things: Sequence[Item], along: dict[str, list[Item]], *, one_by_one: bool) -> Iterator[str]:
    for kind in sorted({item.type for item in things}):
        mine = sorted((item for item in things if item.type == kind), key=lambda item: item.id)
        if one_by_one or len(mine) <= FEW:
            yield from (_text(item, along.get(item.arn, ())) for item in mine)
        else:
            yield f"{len(mine)} × {label(kind)}"


def _text(item: Item, along: Iterable[Item]) -> str:
    unsure = " ?" if item.still == "not known" else ""
    rows = [label(item.type), label(item.id) + unsure]
    rows += [label(item.name)] if item.name and item.name != item.id else []
    kinds = [child.type.partition(":")[2] for child in along]
    rows += [label(f"with {kinds.count(kind)} {kind}") for kind in sorted(set(kinds))]
    return "<br/>".join(rows)


def _networks(items: Iterable[Item]) -> dict[str, str]:
    """Which VPC each subnet lies in, as far as any thing says both."""
    found: dict[str, str] = {}
    for item in items:
        subnet = item.id if item.type == "ec2:subnet" else _place(item, "subnet-")
        if subnet and _place(item, "vpc-"):
            found[subnet] = _place(item, "vpc-")
    return found


def _place(item: Item, letters: str) -> str:
    told = (part.rsplit("/", 1)[-1] for part in item.within)
    return next((part for part in told if part.startswith(letters)), "")


def _is_place(item: Item, items: Iterable[Item]) -> bool:
    """Whether the thing is a network that others stand in: then it is a box already."""
    letters = {"ec2:vpc": "vpc-", "ec2:subnet": "subnet-"}.get(item.type)
    return letters is not None and any(_place(each, letters) == item.id for each in items)


def label(text: str) -> str:
    """Return the text as Mermaid shows it: whatever could end a label or begin markup stands as a number."""
    shown = inert(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return "".join(sign if sign.isalnum() or sign in _PLAIN else f"#{ord(sign)};" for sign in shown)
