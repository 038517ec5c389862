"""The frame of every part: a heading, and, where the part is not told, why and what to run."""

from __future__ import annotations

from guestpass.report.html.element import Element, element
from guestpass.report.html.element import Part as Inside
from guestpass.report.html.words import prose
from guestpass.report.story import Part, Story


def part(place: str, title: str, *inside: Inside) -> Element:
    """Return a section of the page."""
    shown = element("h2", title, id=f"{place}-title")
    return element("section", shown, inside, id=place, aria_labelledby=f"{place}-title")


def missing(story: Story, what: Part, *, head: str = "Not told") -> Element:
    """Say why a part is not told, or not whole, and what brings it."""
    known = story.lacks(what)
    why = known.why if known else "nobody looked"
    run = (
        element("div", "To see it: ", element("code", known.run, class_="run"))
        if known and known.run
        else None
    )
    return element("div", element("p", f"{head}: ", prose(why), "."), run, class_="note")
