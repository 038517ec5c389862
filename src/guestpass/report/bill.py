"""What it cost and why, as a page and as JSON. Amounts keep all their digits; as JSON they are strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from guestpass.bill.amounts import exact_difference, exact_sum, written
from guestpass.bill.reconcile import CLASSES
from guestpass.bill.values import Class, Judged, Reconciliation
from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.inventory.values import Item
from guestpass.report.page import EMPTY, Line, Page, Span, Style, heading, line, listed
from guestpass.report.status import clock

WORDS: Mapping[Class, str] = {
    "exact": "the guest's things, by their own ids",
    "normalised": "the guest's things, spelled otherwise",
    "child": "what a thing of theirs brought along",
    "tag": "what carries the pass's tag",
    "service": "use without an id, where the guest was then",
    "owner": "the owner's, or made by others",
    "account-level": "tax, credits, fees, support",
    "undocumented": "an id that nobody documented",
    "unexplained": "use without an id that nothing explains",
}
"""What each class means, for the reader."""

_THEIRS: tuple[Class, ...] = ("exact", "normalised", "child", "tag", "service")
_BAD: tuple[Class, ...] = ("undocumented", "unexplained")
_SIGNS: Mapping[str, tuple[str, Style]] = {
    "error": ("✗", "bad"),
    "warning": ("!", "warn"),
    "note": ("·", "dim"),
}
_MOST = 24
"""The widest column of amounts that still leaves room for words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """One thing of the guest's and what it cost: by its own lines, and by those that it explains."""

    item: Item
    amount: Decimal
    lines: int
    listed: bool | None


def costs_of(told: Reconciliation) -> tuple[Cost, ...]:
    """Return the guest's things that were charged, the dearest first."""
    found: dict[str, list[Judged]] = {}
    items: dict[str, Item] = {}
    for each in told.judged:
        if each.item is not None:
            items[each.item.arn] = each.item
            found.setdefault(each.item.arn, []).append(each)
    costs = [
        Cost(
            item=items[arn],
            amount=exact_sum(each.line.amount for each in rows),
            lines=len(rows),
            listed=rows[0].listed,
        )
        for arn, rows in found.items()
    ]
    return tuple(
        sorted(sorted(costs, key=lambda cost: cost.item.arn), key=lambda cost: cost.amount, reverse=True)
    )


def part_of(told: Reconciliation) -> Decimal:
    """Return what the guest's things and their use cost; taxes and credits are not shared out."""
    return exact_sum(told.sums[kind] for kind in _THEIRS)


def provisional(told: Reconciliation, now: datetime) -> str | None:
    """Return the month of the bill that is not over yet (`2026-11`), or None."""
    month = f"{now:%Y-%m}"
    return month if any(f"{each.line.start:%Y-%m}" >= month for each in told.judged) else None


def bill_page(told: Reconciliation, *, pass_name: str, account: str, now: datetime) -> Page:
    """Return the total, what each class cost, the guest's things, and what there is to ask about."""
    out: list[Line] = [line(Span(pass_name, "bold"), f"  in account {account}: {_span(told)}", hang=4)]
    out.append(line(f"from {told.source}", hang=5))
    if month := provisional(told, now):
        says = f"{month} is not over: its charges are provisional, and AWS may still change a closed month's"
        out.append(line(Span("! ", "warn"), says))
    out += [EMPTY, *_classes(told)]
    if costs := costs_of(told):
        out += [EMPTY, heading("the guest's things, and what they cost so far"), *_things(costs)]
    for title, rows in (
        ("in the inventory, and never charged on this bill", told.never_charged),
        ("never cost anything", told.free),
    ):
        if rows:
            out += [EMPTY, heading(title), *listed(_names(rows), sign="·")]
    out += _findings(told.findings)
    if not any(told.counts[kind] for kind in _BAD):
        out += [EMPTY, line(Span("✓ ", "good"), "every charge is explained")]
    return tuple(out)


def bill_json(told: Reconciliation, *, pass_name: str, account: str, now: datetime) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.bill/1`): every line's class, every amount a string."""
    return {
        "schema": "guestpass.bill/1",
        "pass": pass_name,
        "account": account,
        "source": told.source,
        "currency": told.currency,
        "provisional": provisional(told, now),
        "total": written(told.total),
        "explained": written(told.explained),
        "undocumented": written(exact_difference(told.total, told.explained)),
        "guest": written(part_of(told)),
        "classes": {
            kind: {"lines": told.counts[kind], "amount": written(told.sums[kind])} for kind in CLASSES
        },
        "things": [
            {
                "arn": cost.item.arn,
                "type": cost.item.type,
                "region": cost.item.region,
                "still": cost.item.still,
                "amount": written(cost.amount),
                "lines": cost.lines,
                "listed": cost.listed,
            }
            for cost in costs_of(told)
        ],
        "never_charged": [item.arn for item in told.never_charged],
        "free": [item.arn for item in told.free],
        "findings": [_finding_json(finding) for finding in told.findings],
        "lines": [_line_json(each) for each in told.judged],
    }


def _span(told: Reconciliation) -> str:
    if not told.judged:
        return "no charge yet"
    first = min(each.line.start for each in told.judged)
    last = max(each.line.end for each in told.judged)
    lines = len(told.judged)
    return f"{clock(first)} to {clock(last)}, {lines} line{'s' if lines != 1 else ''}"


def _classes(told: Reconciliation) -> Page:
    shown = [kind for kind in CLASSES if told.counts[kind]]
    amounts = aligned([told.total, *(told.sums[kind] for kind in shown)])
    width = max(len(amounts[0]), len(told.currency), 4)
    digits = max(5, len(str(len(told.judged))))
    out = [line(Span(f"{told.currency or 'cost':>{width}}  {'lines':>{digits}}  class", "dim"))]
    for kind, amount in zip(shown, amounts[1:], strict=True):
        style: Style = "bad" if kind in _BAD else "plain"
        out.append(
            line(
                f"{amount:>{width}}  {told.counts[kind]:>{digits}}  ",
                Span(f"{kind:<14}", style),
                WORDS[kind],
                hang=width + digits + 18,
            )
        )
    total = f"{amounts[0]:>{width}}  {len(told.judged):>{digits}}  total"
    part = f"{written(part_of(told))} {told.currency}".strip()
    return (*out, line(Span(total, "bold")), line(f"the guest's part of it is {part}"))


def _things(costs: Sequence[Cost]) -> Page:
    amounts = aligned([cost.amount for cost in costs])
    out: list[Line] = []
    for cost, amount in zip(costs, amounts, strict=True):
        item = cost.item
        about = ", ".join(part for part in (item.type, item.region, _standing(cost)) if part)
        out.append(line(f"{amount}  ", Span(item.id, "bold"), f"  {about}", indent=2, hang=len(amount) + 4))
    return tuple(out)


def _standing(cost: Cost) -> str:
    parts = ["gone" if cost.item.still == "gone" else "", "not on their list" if cost.listed is False else ""]
    return ", ".join(part for part in parts if part)


def aligned(amounts: Sequence[Decimal]) -> list[str]:
    """Return the amounts with their points one below the other, all digits kept."""
    parts = [written(amount).split(".") for amount in amounts]
    before = max((len(whole) for whole, _ in parts), default=0)
    after = max((len(rest) for _, rest in parts), default=0)
    if before + after + 1 > _MOST:
        return [f"{whole}.{rest}" for whole, rest in parts]
    return [f"{whole:>{before}}.{rest:<{after}}" for whole, rest in parts]


def _names(items: Iterable[Item]) -> list[str]:
    """Things of one type and region on one line: what costs nothing should not take the page."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in items:
        groups.setdefault((item.type, item.region), []).append(item.id)
    return [
        f"{kind}{f', {region}' if region else ''}: {', '.join(ids)}" for (kind, region), ids in groups.items()
    ]


def _findings(findings: Sequence[Finding]) -> list[Line]:
    out: list[Line] = []
    for finding in findings:
        sign, style = _SIGNS[finding.severity]
        out += [
            EMPTY,
            line(Span(f"{sign} {finding.code}", style), f"  {finding.says}", hang=4),
            line(Span("because  ", "dim"), finding.because, indent=4, hang=13),
            line(Span("do       ", "dim"), finding.fix, indent=4, hang=13),
        ]
        if finding.place is not None:
            out.append(line(Span("at       ", "dim"), str(finding.place), indent=4, hang=13))
    return out


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "says": finding.says,
        "because": finding.because,
        "fix": finding.fix,
        "place": _place(finding.place) if finding.place else None,
    }


def _line_json(each: Judged) -> dict[str, Any]:
    row = each.line
    return {
        "class": each.kind,
        "why": each.why,
        "amount": written(row.amount),
        "resource": row.resource,
        "thing": each.item.arn if each.item else None,
        "listed": each.listed,
        "type": row.type,
        "service": row.service,
        "usage_type": row.usage_type,
        "region": row.region,
        "account": row.account,
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "place": _place(row.place),
    }


def _place(place: Place) -> str:
    return str(place)
