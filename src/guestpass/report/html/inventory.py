"""What was built: where it stands, each thing with who made it and when, and the guest's own list beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guestpass.inventory.values import Difference, Inventory, Item, Still, Strange
from guestpass.report.html.drawing import drawing
from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import (
    Column,
    Tone,
    code,
    counted,
    fold_long,
    foreign,
    kind_of,
    moment,
    prose,
    sign,
    table,
    who,
)
from guestpass.report.story import Story

_STILL: dict[Still, tuple[str, Tone, str]] = {
    "there": ("there", "good", "✓"),
    "gone": ("gone", "plain", "×"),
    "not known": ("not known", "warn", "?"),
}


def inventory_part(story: Story) -> Element:
    """Return what was built."""
    told = story.inventory
    if told is None:
        return part("built", "What was built", missing(story, "inventory"))
    if not told.items:
        nothing = element("p", "The record and the account show nothing that the guest made.", class_="intro")
        return part("built", "What was built", nothing, list(_strange(told.strange)))
    return part(
        "built",
        "What was built",
        element(
            "p",
            f"{counted(len(told.items), 'thing')}, by the record of who called and by the account as read at ",
            moment(told.at),
            ".",
            class_="intro",
        ),
        element(
            "div",
            element("h3", "Where it stands"),
            drawing(told, story.pass_.network if story.pass_ else None),
            class_="part wide",
        ),
        _things(told),
        list(_compared(story)),
        list(_strange(told.strange)),
    )


def _things(told: Inventory) -> Element:
    columns = (Column("Thing", 40), Column("Made by", 20), Column("When", 25), Column("Still there?", 15))
    rows = [_row(item) for item in told.items]
    shown = table("Each thing, by the event that made it", columns, rows)
    return element(
        "div",
        element("h3", "Each thing"),
        fold_long(len(rows), counted(len(rows), "thing"), shown),
        class_="part wide",
    )


def _row(item: Item) -> tuple[Part, ...]:
    word, tone, mark = _STILL[item.still]
    ended = (
        element("small", "deleted ", moment(item.ended.at), " by ", who(item.ended.by))
        if item.ended
        else None
    )
    named = element("small", foreign(item.name)) if item.name and item.name != item.id else None
    brought = element("small", "came with ", code(item.parent.rsplit("/", 1)[-1])) if item.parent else None
    return (
        (
            element("span", kind_of(item.type), class_="kind"),
            code(item.id),
            named,
            element("small", code(item.arn)),
        ),
        (who(item.made.by), element("small", item.made.call))
        if item.made
        else element("span", "no event says; known by its tag or name", class_="muted"),
        (moment(item.made.at), element("small", "event ", code(item.made.event))) if item.made else "–",
        (sign(word, tone, mark=mark), ended, brought),
    )


def _compared(story: Story) -> Iterator[Element]:
    told = story.difference
    if told is None:
        return
    file = f" `{story.hand_in.file}`" if story.hand_in else ""
    title = element("h3", "Against the guest's own list")
    says = element(
        "p", prose(f"The list{file} names {counted(len(told.both), 'thing')} of the record."), class_="intro"
    )
    yield element("div", title, says, list(_differences(told)), class_="part")


def _differences(told: Difference) -> Iterator[Element]:
    if told.unlisted:
        columns = (Column("Not on the list", 50), Column("Made by", 20), Column("When", 25))
        rows = [
            (
                (kind_of(item.type), " ", code(item.id)),
                who(item.made.by) if item.made else "–",
                moment(item.made.at) if item.made else "–",
            )
            for item in told.unlisted
        ]
        yield table("Made, and not on the guest's list", columns, rows)
    if told.unfound:
        listed = (
            Column("On the list", 40),
            Column("Kind", 20),
            Column("For", 30),
            Column("Line", 10, number=True),
        )
        rows_: Sequence[Sequence[Part]] = [
            (code(entry.resource), foreign(entry.kind), foreign(entry.purpose), str(entry.place.line or "–"))
            for entry in told.unfound
        ]
        yield table("On the guest's list, and in no record", listed, rows_)
    if not told.unlisted and not told.unfound:
        yield element("p", sign("The list and the record agree.", "good"))


def _strange(strange: Sequence[Strange]) -> Iterator[Element]:
    if not strange:
        return
    columns = (Column("Call", 35), Column("By", 20), Column("When", 25), Column("Why it is not known", 20))
    rows = [
        (
            (code(each.call), element("small", "event ", code(each.event))),
            who(each.by),
            moment(each.at),
            prose(each.why),
        )
        for each in strange
    ]
    yield element(
        "div",
        element("h3", sign("Made something, not known what", "warn", mark="?")),
        table("Calls of which the record does not say what they made", columns, rows),
        class_="part wide",
    )
