"""Who may do what: what is allowed within limits, what the wall holds, and what is watched and held by nothing."""

from __future__ import annotations

from guestpass.loan.explain import WallLine
from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import Column, code, prose, sign, table
from guestpass.report.story import Access, Story

_COLUMNS = (
    Column("What", 30),
    Column("Held by", 40),
    Column("What the limit does not reach", 30),
)


def access_part(story: Story) -> Element:
    """Return the access in words, by what holds each line."""
    told = story.access
    if told is None:
        return part("access", "Who may do what", missing(story, "access"))
    return part("access", "Who may do what", _intro(story), _allowed(told), _held(told), _watched(told))


def _intro(story: Story) -> Element:
    over = story.standing is not None and story.standing.state in (
        "frozen",
        "revoked",
        "certified",
        "expired",
    )
    tense = (
        "This is what the guest could do while the pass held." if over else "This is what the guest can do."
    )
    return element(
        "p", f"{tense} Nothing else is allowed: what no line here names is refused.", class_="intro"
    )


def _allowed(told: Access) -> Element:
    shown = table("What the guest may do, and what limits it", _COLUMNS, map(_row, told.allowed))
    return element("div", element("h3", sign("Allowed, within limits", "good")), shown, class_="part wide")


def _held(told: Access) -> Element | None:
    if not told.held:
        return None
    shown = table("What is refused, whatever else would allow it", _COLUMNS, map(_row, told.held))
    return element("div", element("h3", sign("Held by the wall", "bad", mark="■")), shown, class_="part")


def _row(line: WallLine) -> tuple[Part, ...]:
    return (
        (prose(line.limit), element("small", code(line.sid)) if line.sid else None),
        prose(line.how_held) or ("the list of actions alone" if line.sid else "–"),
        prose(line.not_reached) or "–",
    )


def _watched(told: Access) -> Element:
    rows = [
        element("li", element("span", "○", aria_hidden="true", class_="warn"), element("span", prose(each)))
        for each in told.watched
    ]
    return element(
        "div",
        element("h3", sign("Watched, held by nothing", "warn", mark="○")),
        element(
            "p",
            "No policy can hold these. They are looked at in the record, the budget and the inventory.",
            class_="intro",
        ),
        element("ul", rows, class_="ticks"),
        class_="part",
    )
