"""How sure it is: every way back in that was judged, with what stands behind the verdict, and what nobody judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guestpass.catalog.doors import categories
from guestpass.loan.certificate import Certificate
from guestpass.loan.doors import KINDS, Kind, Verdict
from guestpass.report.certificate import MEANS, WORDS
from guestpass.report.html.element import Element, element
from guestpass.report.html.parts import missing, part
from guestpass.report.html.words import Column, Tone, code, counted, folded, moment, prose, sign, table
from guestpass.report.story import Story

_TONES: dict[Kind, tuple[Tone, str]] = {
    "could_not": ("good", "✓"),
    "did_not": ("good", "✓"),
    "is_not": ("good", "✓"),
    "closed": ("good", "✓"),
    "open": ("bad", "✗"),
    "not_judged": ("warn", "?"),
}
_TO_ACT_ON: tuple[Kind, ...] = ("open", "not_judged")


def certificate_part(story: Story) -> Element:
    """Return the certificate."""
    told = story.certificate
    title = "How sure it is"
    if told is None:
        return part("certificate", title, missing(story, "certificate"))
    intro = element(
        "p",
        f"{counted(len(told.verdicts), 'way')} back in, judged at ",
        moment(told.at),
        f", when the pass was {told.state}. Three kinds of evidence can stand behind a verdict: what no policy admitted, "
        "what the log does not show, what is not in the account.",
        class_="intro",
    )
    return part(
        "certificate",
        title,
        intro,
        _counts(told),
        list(_single(told)),
        list(_groups(told)),
        _beyond(told),
        _evidence(told),
    )


def _word(kind: Kind) -> Element:
    tone, mark = _TONES[kind]
    return sign(WORDS[kind].lower() if kind == "open" else WORDS[kind], tone, mark=mark)


def _counts(told: Certificate) -> Element:
    rows = [
        (element("dt", _word(kind), f" {told.counts.get(kind, 0)}"), element("dd", MEANS[kind]))
        for kind in KINDS
    ]
    return element("dl", rows, class_="kinds")


def _single(told: Certificate) -> Iterator[Element]:
    """Yield the verdicts that somebody must act on: what is open one by one, what is not known by category."""
    opened = [verdict for verdict in told.verdicts if verdict.kind == "open"]
    if opened:
        yield element("h3", _word("open"))
        yield element("ul", map(_verdict, opened), class_="verdicts")
    unknown = [verdict for verdict in told.verdicts if verdict.kind == "not_judged"]
    if unknown:
        yield element("h3", _word("not_judged"))
    for letter, says in sorted(categories().items()):
        alike = [verdict for verdict in unknown if verdict.door.category == letter]
        if alike:
            title = (prose(says), element("small", f" {counted(len(alike), 'door')}"))
            yield folded(title, element("ul", map(_verdict, alike), class_="verdicts"))


def _verdict(verdict: Verdict) -> Element:
    return element(
        "li",
        code(verdict.door.code),
        element("h4", prose(verdict.door.title)),
        element("p", prose(verdict.says)),
        [element("p", prose(fact), class_="evidence") for fact in verdict.evidence],
        element("p", element("strong", "To do: "), prose(verdict.fix)) if verdict.fix else None,
    )


def _groups(told: Certificate) -> Iterator[Element]:
    yield element("h3", "Judged, and not open")
    for kind in KINDS:
        verdicts = [verdict for verdict in told.verdicts if verdict.kind == kind]
        if verdicts and kind not in _TO_ACT_ON:
            yield folded(
                (_word(kind), element("small", f" {counted(len(verdicts), 'door')}")), _table(kind, verdicts)
            )


def _table(kind: Kind, verdicts: Sequence[Verdict]) -> Element:
    columns = (Column("Door", 10), Column("Way back in", 30), Column("Because", 30), Column("Evidence", 30))
    rows = [
        (
            code(each.door.code),
            prose(each.door.title),
            prose(each.says),
            [element("small", prose(fact)) for fact in each.evidence] or "–",
        )
        for each in verdicts
    ]
    return table(f"Doors: {WORDS[kind]}", columns, rows)


def _beyond(told: Certificate) -> Element | None:
    if not told.not_judged:
        return None
    rows = [element("li", code(letter), element("span", says)) for letter, says in told.not_judged.items()]
    says = f"{counted(len(rows), 'kind')} of doors that nobody looked at. They may be open."
    return element(
        "div",
        element("h3", sign("Not judged at all", "warn", mark="?")),
        element("p", says, class_="intro"),
        element("ul", rows, class_="ticks"),
        class_="part",
    )


def _evidence(told: Certificate) -> Element:
    none = "none on the machine that judged"
    rows = (
        ("The account as read, sha256", code(told.snapshot)),
        ("The account before the loan, sha256", code(told.baseline) if told.baseline else none),
        ("The ledger's last hash", code(told.ledger_head) if told.ledger_head else none),
    )
    inside = element(
        "dl", [(element("dt", name), element("dd", value)) for name, value in rows], class_="kinds"
    )
    return element("div", element("h3", "What this rests on"), inside, class_="part")
