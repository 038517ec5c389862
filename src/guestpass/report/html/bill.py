"""What it cost: each line of the bill in one class, amounts to the last decimal, what nobody documented by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from guestpass.bill.values import Class, Judged, Reconciliation
from guestpass.inventory.values import Item
from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import (
    Column,
    amount,
    code,
    counted,
    date,
    fold_long,
    folded,
    foreign,
    kind_of,
    places_of,
    prose,
    sign,
    table,
)
from guestpass.report.story import Story

_CLASSES: Mapping[Class, tuple[str, str]] = {
    "exact": ("The guest's things", "the line names the thing as the record does"),
    "normalised": ("The guest's things, other spelling", "the line spells the thing's id in another way"),
    "child": ("What came with them", "a volume, an interface: brought along by a known thing"),
    "tag": ("By the pass's tag", "the line carries the tag and no record names the thing"),
    "service": ("By service", "no thing on the line; the guest used the service there and then"),
    "owner": ("Not the guest's", "of things that were there before, or that others made"),
    "account-level": ("Account level", "tax, credit, fee, support"),
    "undocumented": ("Undocumented", "a thing that is in no record"),
    "unexplained": ("Unexplained", "no thing on the line, and nothing that explains it"),
}
_STRANGE = ("undocumented", "unexplained")


def bill_part(story: Story) -> Element:
    """Return what it cost."""
    told = story.reconciliation
    if told is None:
        return part("bill", "What it cost", missing(story, "bill"))
    if not told.judged:
        return part("bill", "What it cost", element("p", "The bill has no lines.", class_="intro"))
    return part(
        "bill",
        "What it cost",
        _intro(told),
        _bars(told),
        _strange(told),
        list(_details(told)),
        list(_beside(told)),
    )


def _intro(told: Reconciliation) -> Element:
    start, end = min(each.line.start for each in told.judged), max(each.line.end for each in told.judged)
    return element(
        "p",
        f"{counted(len(told.judged), 'line')} for {date(start)} to {date(end)}, from ",
        code(told.source),
        ". Each line is in exactly one class, and the classes add up to the bill to the last decimal.",
        class_="intro",
    )


def _bars(told: Reconciliation) -> Element:
    sums = [(kind, told.sums[kind]) for kind in _CLASSES if told.counts.get(kind)]
    most = max((abs(value) for _, value in sums), default=Decimal(0))
    places = places_of([*(value for _, value in sums), told.total])
    rows = []
    for kind, value in sums:
        title, says = _CLASSES[kind]
        share = f"{abs(value) / most * 100:.2f}%" if most else "0%"
        bar = element("svg", element("rect", width=share, height="100%"), aria_hidden="true")
        name: Part = sign(title, "bad") if kind in _STRANGE else title
        lines = element("small", f"{counted(told.counts[kind], 'line')}: {says}")
        strange = "bad" if kind in _STRANGE else None
        rows.append(
            element(
                "li",
                element("span", name),
                bar,
                amount(value, None, places=places),
                lines,
                class_=strange,
            )
        )
    total = element(
        "li",
        element("strong", "The bill"),
        element("span"),
        element("strong", amount(told.total, told.currency, places=places)),
        class_="total",
    )
    return element("ul", rows, total, class_="bars", aria_label="The bill by class")


def _strange(told: Reconciliation) -> Element:
    if not told.undocumented:
        return element("p", sign("Every line is explained.", "good"), class_="note")
    return element(
        "div",
        element("h3", sign("Charged, and documented by nobody", "bad")),
        element("p", "Ask the guest what these are. What nobody claims is switched off.", class_="intro"),
        _lines("Undocumented charges", told.undocumented, told.currency),
        class_="part wide",
    )


def _details(told: Reconciliation) -> Iterator[Element]:
    yield element("h3", "Every class, thing by thing")
    for kind, (title, _) in _CLASSES.items():
        if kind in _STRANGE or not told.counts.get(kind):
            continue
        lines = [each for each in told.judged if each.kind == kind]
        head = (
            f"{title} ",
            element("small", counted(len(lines), "line"), ", ", amount(told.sums[kind], told.currency)),
        )
        yield folded(head, _lines(title, lines, told.currency))


def _lines(caption: str, lines: Sequence[Judged], currency: str) -> Element:
    """Return the lines by thing and usage type, dearest first."""
    groups: dict[tuple[str, str, str], list[Judged]] = defaultdict(list)
    for each in lines:
        groups[(each.line.resource or "", each.line.service, each.line.usage_type)].append(each)
    sums = {key: sum((each.line.amount for each in same), Decimal(0)) for key, same in groups.items()}
    places = places_of(sums.values())
    order = sorted(groups, key=lambda key: (-sums[key], key))
    columns = (
        Column("Charged for", 30),
        Column("Because", 35),
        Column("Period", 15),
        Column("Amount", 20, number=True),
    )
    rows = [_line(groups[key], amount(sums[key], None, places=places)) for key in order]
    total = ("Together", "", "", amount(sum(sums.values(), Decimal(0)), currency, places=places))
    return table(caption, columns, rows, foot=total)


def _line(same: Sequence[Judged], shown: Element) -> tuple[Part, ...]:
    first = same[0].line
    start, end = min(each.line.start for each in same), max(each.line.end for each in same)
    place = ", ".join(filter(None, (first.region, counted(len(same), "line"))))
    days = date(start) if date(start) == date(end) else f"{date(start)} to {date(end)}"
    thing: Part = (
        code(first.resource) if first.resource else element("span", "no thing named", class_="muted")
    )
    return (
        (thing, element("small", foreign(first.service), " ", code(first.usage_type or first.type))),
        (prose(same[0].why), element("small", place)),
        days,
        shown,
    )


def _beside(told: Reconciliation) -> Iterator[Element]:
    kinds = (
        ("Free of charge", "They cost nothing by their kind, so no bill ever shows them.", told.free),
        (
            "Never charged",
            "Their kind costs money, and no line names them: a free tier, a late export, or a life too short.",
            told.never_charged,
        ),
    )
    for title, says, items in kinds:
        if items:
            rows = element(
                "ul",
                [element("li", element("span", "·", aria_hidden="true"), _named(item)) for item in items],
                class_="ticks",
            )
            inside = (
                element("p", says, class_="intro"),
                fold_long(len(items), counted(len(items), "thing"), rows),
            )
            yield element("div", element("h3", title), inside, class_="part")


def _named(item: Item) -> Element:
    return element("span", element("span", kind_of(item.type), class_="muted"), " ", code(item.id))
