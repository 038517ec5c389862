"""Charges at the wrong time: before a thing was made, after it was deleted, and of what nobody needs any more."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from guestpass.bill.amounts import exact_sum, written
from guestpass.bill.facts import Lingering, lingering, runs
from guestpass.bill.known import SLACK
from guestpass.bill.values import Judged, Line
from guestpass.findings import Finding
from guestpass.inventory.values import Inventory, Item


def timed(judged: Iterable[Judged], inventory: Inventory, currency: str) -> tuple[Finding, ...]:
    """Return what is odd about when the guest's things were charged, one finding a thing and kind."""
    by_item: dict[int, tuple[Item, list[Judged]]] = {}
    for each in judged:
        if each.item is not None:
            by_item.setdefault(id(each.item), (each.item, []))[1].append(each)
    items = {item.arn: item for item in inventory.items}
    down = torn_down(inventory)
    found: list[Finding] = []
    for item, rows in by_item.values():
        # a child told by its name has its parent's item: when the child itself began and ended is not known
        own = [each.line for each in rows if each.kind != "child" or item.parent]
        found += _before(item, [line for line in own if _ends_before(line, item)], currency)
        found += _after(item, [line for line in own if _begins_after(line, item)], currency)
        found += _lingers(item, own, _idle(item, items, down), currency)
    return tuple(found)


def torn_down(inventory: Inventory) -> bool:
    """Whether something ran and nothing of it stands any more."""
    ran = [item for item in inventory.items if runs(item.type)]
    return bool(ran) and all(item.still == "gone" or item.ended for item in ran)


def sum_of(lines: Iterable[Line], currency: str) -> str:
    """Return the lines' cost for a sentence: `0.0416 USD`."""
    return f"{written(exact_sum(line.amount for line in lines))} {currency}".rstrip()


def _ends_before(line: Line, item: Item) -> bool:
    if item.made is None:
        return False
    end = line.end if line.end > line.start else line.start + timedelta(hours=1)
    return end <= item.made.at


def _begins_after(line: Line, item: Item) -> bool:
    return item.ended is not None and line.start >= item.ended.at + SLACK


def _idle(item: Item, items: Mapping[str, Item], down: bool) -> bool:
    above = items.get(item.parent) if item.parent else None
    return down or (above is not None and (above.still == "gone" or above.ended is not None))


def _before(item: Item, lines: Sequence[Line], currency: str) -> tuple[Finding, ...]:
    if not lines or item.made is None:
        return ()
    return (
        Finding(
            code="BIL003",
            severity="warning",
            says=f"`{item.id}` was charged {sum_of(lines, currency)} before {item.made.at:%Y-%m-%d %H:%M} UTC, "
            "when the record says it was made",
            because="the thing is older than its record says, or another of the same name was charged",
            fix=f"look for an older `{item.id}` in the trail",
            place=lines[0].place,
        ),
    )


def _after(item: Item, lines: Sequence[Line], currency: str) -> tuple[Finding, ...]:
    # a key is charged or not while it waits for its deletion: it is there, and `_lingers` says so
    if not lines or item.ended is None or item.type == "kms:key":
        return ()
    return (
        Finding(
            code="BIL004",
            severity="warning",
            says=f"`{item.id}` was charged {sum_of(lines, currency)} later than an hour after "
            f"{item.ended.at:%Y-%m-%d %H:%M} UTC, when it was deleted",
            because="it may still be there, or another has taken its name",
            fix=f"look whether `{item.id}` is gone from {item.region or 'the account'}",
            place=lines[0].place,
        ),
    )


def _lingers(item: Item, lines: Sequence[Line], idle: bool, currency: str) -> tuple[Finding, ...]:
    rule = lingering(item.type)
    if rule is None or not lines:
        return ()
    if item.type == "kms:key":
        late = [line for line in lines if _begins_after(line, item)]
    elif item.ended is not None or item.still == "gone":
        late = []
    elif rule.when:
        late = [line for line in lines if rule.when in line.usage_type]
    else:
        late = list(lines) if idle else []
    if not late:
        return ()
    return (
        Finding(
            code="BIL005",
            severity="warning",
            says=f"`{item.id}` in {item.region or 'the account'} goes on costing: {sum_of(late, currency)} so far",
            because=rule.says,
            fix=f"if nobody needs it: {_command(rule, item)}",
            place=late[0].place,
        ),
    )


def _command(rule: Lingering, item: Item) -> str:
    # names may be the guest's: what is copied to a shell must stay one word
    return rule.stop.format(
        id=shlex.quote(item.id), arn=shlex.quote(item.arn), region=shlex.quote(item.region)
    )
