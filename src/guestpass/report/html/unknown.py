"""What the report does not know: parts that were not told, records that could not be read, calls nobody understands."""

from __future__ import annotations

from collections.abc import Iterator

from guestpass.findings import Finding
from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import part
from guestpass.report.html.words import (
    Column,
    Tone,
    code,
    counted,
    fold_long,
    folded,
    moment,
    prose,
    sign,
    table,
    who,
)
from guestpass.report.report import WORDS
from guestpass.report.story import Story
from guestpass.trail.values import NotMapped, Reading

_FEW = 4
"""So many regions are named in a sentence; more are folded."""


def unknown_part(story: Story) -> Element:
    """Return how far the report reaches, and where it does not."""
    inside = [
        *_reach(story.reading),
        *_missing(story),
        *_gaps(story),
        *_findings(story),
        *_not_mapped(tuple(row for row in story.usage.not_mapped if row.asks) if story.usage else ()),
    ]
    return part("unknown", "What this report does not know", inside, _always())


def _reach(reading: Reading | None) -> Iterator[Part]:
    if reading is None:
        return
    span: Part = "no file was there"
    if reading.since and reading.until:
        span = ("from ", moment(reading.since), " to ", moment(reading.until))
    few = len(reading.regions) <= _FEW
    regions = (", ".join(reading.regions) or "no region") if few else f"{len(reading.regions)} regions"
    yield element(
        "p",
        f"The record: {counted(len(reading.events), 'event')} in {counted(reading.files, 'file')} of ",
        code(reading.source),
        ", ",
        span,
        f", of {regions}. It says nothing of any other time or region, and nothing of calls inside a host or a database.",
        class_="intro",
    )
    if not few:
        names = element("p", [(code(region), " ") for region in reading.regions])
        yield folded(f"The {len(reading.regions)} regions that files came from", names)


def _missing(story: Story) -> Iterator[Element]:
    if story.missing:
        rows = [
            (WORDS[each.part], prose(each.why), element("code", each.run) if each.run else "–")
            for each in story.missing
        ]
        yield element(
            "div",
            element("h3", "Parts that are not told"),
            table(
                "What is missing, and what brings it",
                (Column("Part", 20), Column("Why", 40), Column("To see it", 40)),
                rows,
            ),
            class_="part",
        )


def _gaps(story: Story) -> Iterator[Element]:
    gaps = dict(story.gaps) | (dict(story.certificate.gaps) if story.certificate else {})
    if gaps:
        rows = [(prose(what), prose(why)) for what, why in gaps.items()]
        yield element(
            "div",
            element("h3", "Could not be read"),
            table(
                "Parts of the account that could not be read", (Column("What", 35), Column("Why", 60)), rows
            ),
            class_="part",
        )


_SEVERITIES: dict[str, tuple[Tone, str]] = {
    "note": ("plain", "·"),
    "warning": ("warn", "!"),
    "error": ("bad", "✗"),
}


def _findings(story: Story) -> Iterator[Element]:
    found = story.findings
    if found:
        columns = (Column("Finding", 15), Column("What", 40), Column("Why it matters, and what to do", 40))
        shown = table("Findings of the record, the inventory and the bill", columns, map(_finding, found))
        yield element(
            "div",
            element("h3", "Findings"),
            fold_long(len(found), counted(len(found), "finding"), shown),
            class_="part wide",
        )


def _finding(each: Finding) -> tuple[Part, ...]:
    tone, mark = _SEVERITIES[each.severity]
    place = element("small", code(str(each.place))) if each.place else None
    likely = element("small", "likely, not certain") if each.confidence == "likely" else None
    return (
        (sign(each.severity, tone, mark=mark), element("small", code(each.code))),
        (prose(each.says), place, likely),
        (prose(each.because), element("small", prose(each.fix))),
    )


def _not_mapped(rows: tuple[NotMapped, ...]) -> Iterator[Element]:
    if rows:
        columns = (
            Column("Event", 30),
            Column("By", 15),
            Column("When", 20),
            Column("Why", 25),
            Column("Times", 10, number=True),
        )
        told = [
            (
                (code(f"{row.source} {row.name}"), element("small", row.region)),
                who(row.by),
                moment(row.first)
                if row.count == 1
                else (moment(row.first), element("small", "last ", moment(row.last))),
                prose(row.why),
                f"{row.count:,}",
            )
            for row in rows
        ]
        shown = table("Events of which no action is known", columns, told)
        yield element(
            "div",
            element("h3", "Calls that nobody could read"),
            fold_long(len(told), counted(len(told), "kind of call", "kinds of calls"), shown),
            class_="part wide",
        )


def _always() -> Element:
    """Return what no report of this kind can know."""
    says = (
        "What the guest has read, they know; no page can take it back.",
        "What was done inside an instance or a database leaves no record here.",
        "Logs arrive late: a call of the last quarter of an hour may be missing.",
        "A bill is provisional until the month is closed, and credits can come later.",
    )
    rows = [element("li", element("span", "○", aria_hidden="true"), element("span", each)) for each in says]
    return element(
        "div", element("h3", "Beyond any report"), element("ul", rows, class_="ticks"), class_="part"
    )
