"""What happened when: the owner's acts and the guest's, by day; a long run of one kind is folded into one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from guestpass.report.html.element import Element, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import counted, day, folded, moment, prose, who
from guestpass.report.story import Moment, Story

_RUN = 4
"""So many moments of one kind in a row stand one by one; more are folded."""


def timeline_part(story: Story) -> Element:
    """Return the days of the loan; a part that is not known is said."""
    told = story.timeline
    if told is None:
        return part("timeline", "What happened when", missing(story, "timeline"))
    gap = missing(story, "timeline", head="Not whole") if story.lacks("timeline") else None
    if not told:
        return part(
            "timeline", "What happened when", element("p", "No record shows anything.", class_="intro"), gap
        )
    days = [_day(list(group)) for _, group in groupby(told, key=lambda each: day(each.at))]
    return part("timeline", "What happened when", days, gap)


def _day(moments: Sequence[Moment]) -> Element:
    weekday, _, rest = day(moments[0].at).partition(", ")
    title = element("h3", rest, element("small", weekday), element("small", _summary(moments)))
    return element("div", title, element("ol", list(_rows(moments)), class_="moments"), class_="day")


def _summary(moments: Sequence[Moment]) -> str:
    owner = sum(each.whose == "owner" for each in moments)
    acts = Counter(each.act for each in moments if each.whose == "guest")
    told = [counted(owner, "act of the owner", "acts of the owner")] if owner else []
    told += [f"{number} {act}" for act, number in acts.items()]
    return ", ".join(told)


def _rows(moments: Sequence[Moment]) -> Iterator[Element]:
    for (whose, act), group in groupby(moments, key=lambda each: (each.whose, each.act)):
        same = list(group)
        if whose == "owner" or len(same) <= _RUN:
            yield from map(_row, same)
            continue
        yield from map(_row, same[:2])
        rest = same[2:]
        title = (f"and {len(rest)} more {act}, until ", moment(rest[-1].at, short=True))
        yield element(
            "li", folded(title, element("ol", list(map(_row, rest)), class_="moments")), class_="fold"
        )


_TONES = {"refused": "bad", "made": "good", "deleted": "plain"}


def _row(each: Moment) -> Element:
    act = element("span", each.act, class_=f"act {_TONES[each.act]}" if each.act in _TONES else "act")
    by = element("small", " by ", who(each.by)) if each.by else None
    more = _details(each)
    row_class = "owner" if each.whose == "owner" else None
    return element(
        "li", moment(each.at, short=True), act, element("div", prose(each.says), by, more), class_=row_class
    )


def _details(each: Moment) -> Element | None:
    if not each.details:
        return None
    if each.whose == "guest":
        return element("small", " – ", prose("; ".join(each.details)))
    rows = [element("li", prose(detail), class_="steps") for detail in each.details]
    return folded(element("small", counted(len(rows), "step")), element("ul", rows))
