"""What asks for the owner's attention, most pressing first, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from guestpass.report.html.element import Element, Part, element
from guestpass.report.html.parts import part
from guestpass.report.html.words import LONG, amount, counted, folded, sentence
from guestpass.report.story import Story


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mind:
    """One line: `act` is what somebody must do something about, `look` what somebody must look at."""

    word: Literal["act", "look"]
    says: Part
    more: Part
    place: str


def attention_part(story: Story) -> Element:
    """Return what the owner should look at; it says so where there is nothing."""
    minds = sorted(_minds(story), key=lambda mind: mind.word)
    title = "What asks for attention"
    if not minds:
        at_the_end = element("a", "at the end", href="#unknown")
        says = ("Nothing that was looked at asks for it. What was not looked at stands ", at_the_end, ".")
        return part("attention", title, element("p", says, class_="intro"))
    rows = list(map(_row, minds))
    more = None
    if len(rows) > LONG:
        more = folded(f"and {len(rows) - LONG} more", element("ul", rows[LONG:], class_="minds"))
    return part("attention", title, element("ul", rows[:LONG], class_="minds"), more)


def _row(mind: _Mind) -> Element:
    mark, tone = ("✗", "bad") if mind.word == "act" else ("!", "warn")
    shown = element("span", mark, role="img", aria_label=mind.word, class_=f"mark {tone}")
    head = element("a", mind.says, href=mind.place)
    return element("li", shown, element("div", head, element("span", mind.more, class_="more")))


def _minds(story: Story) -> Iterator[_Mind]:
    yield from _of_certificate(story)
    yield from _of_bill(story)
    yield from _of_inventory(story)
    for finding in story.findings:
        if finding.severity != "note":
            more = (*sentence(finding.because), " ", *sentence(finding.fix))
            word: Literal["act", "look"] = "act" if finding.severity == "error" else "look"
            yield _Mind(word=word, says=sentence(finding.says), more=more, place="#unknown")


def _of_certificate(story: Story) -> Iterator[_Mind]:
    if story.standing is not None and story.standing.left:
        says = "Something is still to be taken back."
        left = sentence(", ".join(story.standing.left))
        yield _Mind(word="look", says=says, more=left, place="#certificate")
    if story.certificate is None:
        return
    for verdict in story.certificate.open:
        says = f"A way back in stands open: {verdict.door.title}."
        yield _Mind(word="act", says=says, more=sentence(verdict.says), place="#certificate")
    number = story.certificate.counts.get("not_judged", 0)
    if number:
        says = f"{counted(number, 'way')} back in could not be judged."
        yield _Mind(word="look", says=says, more="Treat as open until you have looked.", place="#certificate")


def _of_bill(story: Story) -> Iterator[_Mind]:
    bill = story.reconciliation
    if bill is not None and bill.undocumented:
        strange = sum((each.line.amount for each in bill.undocumented), Decimal(0))
        says = (amount(strange, bill.currency), " is charged for what nobody documented.")
        more = "Ask the guest what it is; what nobody claims is switched off."
        yield _Mind(word="act", says=says, more=more, place="#bill")


def _of_inventory(story: Story) -> Iterator[_Mind]:
    difference, inventory = story.difference, story.inventory
    if difference is not None and difference.unlisted:
        says = f"The guest's list leaves out {counted(len(difference.unlisted), 'thing')} of the record."
        yield _Mind(word="look", says=says, more="Made, and not handed in.", place="#built")
    if difference is not None and difference.unfound:
        number = counted(len(difference.unfound), "entry", "entries")
        says = f"The guest's list has {number} that no record knows."
        yield _Mind(word="look", says=says, more="Listed, and nothing of that name was made.", place="#built")
    if inventory is not None and inventory.strange:
        says = f"The record does not say what {counted(len(inventory.strange), 'call')} made."
        yield _Mind(word="look", says=says, more="The events are listed; look them up.", place="#built")
