"""What was tried and refused, and what was used."""

from __future__ import annotations

from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import Column, code, counted, fold_long, moment, prose, table, who
from guestpass.report.story import Refusal, Story
from guestpass.trail.values import Usage, Used


def refusals_part(story: Story) -> Element:
    """Return what was refused: what was tried, by whom, when, what refused it."""
    told = story.refusals
    if told is None:
        return part("refused", "What was refused", missing(story, "refusals"))
    if not told:
        return part(
            "refused",
            "What was refused",
            element("p", "The record shows no refused call of the guest's.", class_="intro"),
        )
    calls = sum(each.count for each in told)
    columns = (
        Column("Tried", 25),
        Column("On", 25),
        Column("Refused by", 20),
        Column("When", 20),
        Column("Times", 10, number=True),
    )
    rows = [_refusal(each) for each in told]
    return part(
        "refused",
        "What was refused",
        element(
            "p",
            f"{counted(calls, 'call')} of the guest's did not pass. "
            "A refusal is the wall at work; many of one kind are worth a question.",
            class_="intro",
        ),
        fold_long(
            len(rows),
            counted(len(rows), "kind of refused call", "kinds of refused calls"),
            table("Refused calls, by what was tried", columns, rows),
        ),
    )


def _refusal(each: Refusal) -> tuple[Part, ...]:
    return (
        (code(each.call), element("small", "by ", who(each.by))),
        (code(each.resource), element("small", each.region) if each.region else None),
        "; ".join(each.refused_by) or "AWS gave no reason",
        moment(each.first)
        if each.count == 1
        else (moment(each.first), element("small", "to ", moment(each.last))),
        f"{each.count:,}",
    )


def usage_part(story: Story) -> Element:
    """Return what was used: by identity, one row an action."""
    told = story.usage
    if told is None:
        return part("used", "What was used", missing(story, "usage"))
    own = [row for row in told.rows if not row.dependent]
    intro = f"{counted(told.events, 'event')} of {counted(len(told.identities), 'identity', 'identities')}, by action."
    tables = [_identity(told, arn) for arn in told.identities]
    return part(
        "used",
        "What was used",
        element("p", intro, class_="intro"),
        tables if own else element("p", "No action is on record."),
    )


def _identity(told: Usage, arn: str) -> Element:
    rows: dict[str, list[Used]] = {}
    for row in told.rows:
        if row.by == arn and row.count > row.refused:
            rows.setdefault(row.action, []).append(row)
    columns = (
        Column("Action", 25),
        Column("On", 25),
        Column("First", 20),
        Column("Last", 20),
        Column("Uses", 10, number=True),
    )
    shown = [
        (
            (
                code(action),
                [element("small", prose(gap)) for gap in dict.fromkeys(row.gap for row in same) if gap],
            ),
            code(same[0].resource)
            if len(same) == 1
            else counted(len({row.resource for row in same}), "resource"),
            moment(min(row.first for row in same)),
            moment(max(row.last for row in same)),
            f"{sum(row.count - row.refused for row in same):,}",
        )
        for action, same in rows.items()
    ]
    if not shown:
        return element(
            "div", element("h3", who(arn)), element("p", "used nothing", class_="muted"), class_="part"
        )
    inside = fold_long(
        len(shown), counted(len(shown), "action"), table("Actions that were used", columns, shown)
    )
    return element("div", element("h3", who(arn)), inside, class_="part wide")
