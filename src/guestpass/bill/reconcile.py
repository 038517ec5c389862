"""Every line of a bill in exactly one class, and what there is to ask about."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, get_args

from guestpass.account.snapshot import Snapshot
from guestpass.bill.amounts import exact_sum
from guestpass.bill.facts import is_free
from guestpass.bill.judge import FEES, Judge
from guestpass.bill.known import Known, keys_of
from guestpass.bill.listed import Listed
from guestpass.bill.timing import sum_of, timed
from guestpass.bill.values import Bill, Class, Judged, Reconciliation
from guestpass.errors import Bug
from guestpass.findings import Finding
from guestpass.inventory.values import HandIn, Inventory, Item
from guestpass.trail.values import Usage

CLASSES: tuple[Class, ...] = get_args(Class)
"""Every class, in the order in which reports tell them."""

_T = TypeVar("_T", bound=Hashable)


def reconcile(
    bill: Bill,
    inventory: Inventory,
    *,
    usage: Usage | None,
    hand_in: HandIn | None,
    owners: frozenset[str],
    pass_name: str,
    since: datetime | None = None,
    account: Snapshot | None = None,
) -> Reconciliation:
    """Hold a bill against what is known: the guest's things, their use, their own list, the owner's things.

    `owners` are ARNs that stood there before the loan or that others made. `since` is when the loan began, UTC: what
    was charged before it was nobody's but the owner's. `account` is the account as it stands: it tells which volume a
    snapshot is of. `guestpass.bill.judge` says in which order a line is judged.
    """
    known = Known(inventory, usage, owners, account)
    listed = Listed(hand_in, inventory) if hand_in else None
    judge = Judge(known, pass_name=pass_name, since=since, lines=bill.lines)
    judged = tuple(_with_list(judge(line), known, listed) for line in bill.lines)
    total = exact_sum(line.amount for line in bill.lines)
    sums = {kind: exact_sum(each.line.amount for each in judged if each.kind == kind) for kind in CLASSES}
    # INVARIANT: the classes' sums are the bill
    if exact_sum(sums.values()) != total:
        raise Bug("the classes' sums are not the bill's total")
    charged = {key for each in judged if each.item for key in keys_of(each.item, inventory.account)}
    idle = [item for item in inventory.items if not charged.intersection(keys_of(item, inventory.account))]
    return Reconciliation(
        judged=judged,
        total=total,
        currency=bill.currency,
        sums=sums,
        counts={kind: sum(each.kind == kind for each in judged) for kind in CLASSES},
        source=bill.source,
        never_charged=tuple(item for item in idle if not is_free(item.type)),
        free=tuple(item for item in idle if is_free(item.type)),
        findings=(
            *_undocumented(judged, bill.currency),
            *_unexplained(judged, bill.currency),
            *timed(judged, inventory, bill.currency),
            *(_unlisted(judged, listed, bill.currency) if listed else ()),
            *_purchases(judged, bill.currency),
            *bill.findings,
        ),
    )


def _with_list(each: Judged, known: Known, listed: Listed | None) -> Judged:
    if listed is None:
        return each
    if each.item is not None:
        above = known.parent(each.item)
        return replace(each, listed=listed.has(each.item) or (above is not None and listed.has(above)))
    if each.kind == "undocumented" and (entry := listed.names(known.identify(each.line), each.line)):
        why = f"only the guest's own list names it ({entry.place}); no event says who made it"
        return replace(each, listed=True, why=why)
    return each


def _groups(
    judged: Iterable[Judged], name: Callable[[Judged], _T | None]
) -> tuple[tuple[_T, Sequence[Judged]], ...]:
    found: dict[_T, list[Judged]] = {}
    for each in judged:
        if (key := name(each)) is not None:
            found.setdefault(key, []).append(each)
    return tuple(found.items())


def _cost(rows: Sequence[Judged], currency: str) -> str:
    return sum_of((each.line for each in rows), currency)


def _undocumented(judged: Sequence[Judged], currency: str) -> tuple[Finding, ...]:
    groups = _groups(judged, lambda each: each.line.resource if each.kind == "undocumented" else None)
    return tuple(
        Finding(
            code="BIL001",
            severity="error",
            says=f"`{name}` ({_where(rows[0])}) cost {_cost(rows, currency)} and nobody documented it",
            because=rows[0].why,
            fix=f"ask the guest what `{name}` is; look at it in {rows[0].line.region or 'the account'}; "
            "end it if nobody needs it",
            place=rows[0].line.place,
        )
        for name, rows in groups
    )


def _unexplained(judged: Sequence[Judged], currency: str) -> tuple[Finding, ...]:
    groups = _groups(
        judged,
        lambda each: (
            (each.line.service, each.line.usage_type, each.line.region)
            if each.kind == "unexplained"
            else None
        ),
    )
    return tuple(
        Finding(
            code="BIL002",
            severity="error",
            says=f"{usage_type or 'a usage without a type'} of {_where(rows[0])} cost {_cost(rows, currency)} "
            "and names no resource",
            because=rows[0].why,
            fix=f"ask who uses {service} there; the trail of that region tells",
            place=rows[0].line.place,
        )
        for (service, usage_type, _), rows in groups
    )


def _where(each: Judged) -> str:
    return f"{each.line.service}, {each.line.region}" if each.line.region else each.line.service


def _unlisted(judged: Sequence[Judged], listed: Listed, currency: str) -> tuple[Finding, ...]:
    def by(each: Judged) -> Item | None:
        made = each.item is not None and (each.item.made is not None or each.item.parent is not None)
        return each.item if made and each.listed is False else None

    rows_of: dict[str, tuple[Item, list[Judged]]] = {}
    for each in judged:
        if (item := by(each)) is not None:
            rows_of.setdefault(item.arn, (item, []))[1].append(each)
    return tuple(
        Finding(
            code="BIL006",
            severity="warning",
            says=f"`{item.id}` ({item.type}, {item.region}) cost {_cost(rows, currency)} and is not in `{listed.file}`",
            because="the record says that the guest made it, and their own list does not",
            fix="ask the guest to add it, or to delete it",
            place=rows[0].line.place,
        )
        for item, rows in rows_of.values()
    )


def _purchases(judged: Sequence[Judged], currency: str) -> tuple[Finding, ...]:
    groups = _groups(
        judged,
        lambda each: (
            (each.line.service, each.line.description)
            if each.kind == "account-level" and each.line.type in FEES and each.line.amount > 0
            else None
        ),
    )
    return tuple(
        Finding(
            code="BIL007",
            severity="note",
            says=f"a fee of {_cost(rows, currency)} for {service}: {description or 'no description'}",
            because="a fee is for something that was bought; the bill does not say by whom",
            fix="look in the trail who bought it",
            place=rows[0].line.place,
        )
        for (service, description), rows in groups
    )
