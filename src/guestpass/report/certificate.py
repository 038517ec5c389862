"""The certificate as a page and as Markdown: every line says what stands behind it, and what nobody looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from guestpass.loan.certificate import Certificate
from guestpass.loan.doors import KINDS, Kind, Verdict
from guestpass.report.inert import cell, code_span, inert_markdown, prose
from guestpass.report.page import EMPTY, Line, Page, Span, Style, line
from guestpass.report.status import clock

WORDS: Mapping[Kind, str] = {
    "could_not": "could not",
    "did_not": "did not",
    "is_not": "is not there",
    "closed": "closed",
    "open": "OPEN",
    "not_judged": "not judged",
}
MEANS: Mapping[Kind, str] = {
    "could_not": "no policy that the guest ever held admits the call that opens it",
    "did_not": "the log was read, and shows no such call that succeeded",
    "is_not": "the account was read, and nothing of the kind is there",
    "closed": "an act of the loan closes it, whatever was done before",
    "open": "the guest can come back this way: see what to do",
    "not_judged": "not known; treat it as open until you have looked",
}
_SIGNS: Mapping[Kind, tuple[str, Style]] = {
    "could_not": ("✓ could not", "good"),
    "did_not": ("✓ did not", "good"),
    "is_not": ("✓ is not", "good"),
    "closed": ("✓ closed", "good"),
    "open": ("✗ OPEN", "bad"),
    "not_judged": ("? not judged", "warn"),
}


def certificate_page(told: Certificate) -> Page:
    """Return the certificate for a terminal: what is open or not known by its title, the rest by its code."""
    out: list[Line] = [
        _title(told),
        line(f"account {told.account} read at {clock(told.at)}", indent=2),
        EMPTY,
    ]
    grouped: tuple[Kind, ...] = ("closed", "is_not", "did_not", "could_not")
    for verdict in (each for each in told.verdicts if each.kind == "open"):
        out += _verdict(verdict)
    out += _not_known([each for each in told.verdicts if each.kind == "not_judged"])
    for kind in grouped:
        out += _group(kind, [verdict.door.code for verdict in told.verdicts if verdict.kind == kind])
    out += [EMPTY, line(counts_words(told.counts))]
    if told.not_judged:
        letters = f"{', '.join(told.not_judged)}: {'; '.join(told.not_judged.values())}"
        out += [EMPTY, line(Span("not judged at all: ", "warn"), f"the doors of categories {letters}")]
    if told.gaps:
        out.append(
            line(Span("not read: ", "warn"), "; ".join(f"{what} ({why})" for what, why in told.gaps.items()))
        )
    return tuple(out)


def certificate_markdown(told: Certificate) -> str:
    """Return the certificate as a document to keep."""
    parts = [
        f"# Certificate: pass {inert_markdown(told.pass_name)}\n",
        _facts(told),
        f"**{counts_words(told.counts)}**\n",
        "What the words mean:\n\n" + "".join(f"- *{WORDS[kind]}*: {MEANS[kind]}\n" for kind in KINDS),
        _table(told),
        _not_judged(told),
        _evidence(told),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def counts_words(counts: Mapping[Kind, int]) -> str:
    """Return how many doors came out how: `33 doors: 20 could not, 13 closed`."""
    told = ", ".join(f"{number} {WORDS[kind]}" for kind, number in counts.items() if number)
    return f"{sum(counts.values())} doors: {told}"


def _title(told: Certificate) -> Line:
    if told.open:
        return line(
            Span("✗ not closed: ", "bad"), f"{len(told.open)} ways back in of {told.pass_name} stand open"
        )
    if told.state != "revoked":
        return line(Span("! not over: ", "warn"), f"{told.pass_name} is {told.state}")
    return line(Span("✓ certified: ", "good"), f"no judged way back in of {told.pass_name} is open")


def _group(kind: Kind, codes: list[str]) -> Page:
    """Return one line for all the doors that came out the same way; the document has them one by one."""
    if not codes:
        return ()
    sign, style = _SIGNS[kind]
    return (
        line(Span(f"{sign:<13}", style), f"{len(codes)}: {MEANS[kind]}", indent=2, hang=15),
        line(Span(", ".join(codes), "dim"), indent=15, hang=15),
    )


def _not_known(verdicts: list[Verdict]) -> Page:
    """Return the doors of which nothing is known, by the reason; each by its title, for somebody has to look."""
    sign, style = _SIGNS["not_judged"]
    reasons = dict.fromkeys(verdict.says for verdict in verdicts)
    out: list[Line] = []
    for says in reasons:
        out.append(line(Span(f"{sign:<13}", style), says, indent=2, hang=15))
        alike = [verdict for verdict in verdicts if verdict.says == says]
        out += [
            line(Span(f"{verdict.door.code}  ", "dim"), verdict.door.title, indent=15, hang=23)
            for verdict in alike
        ]
    return tuple(out)


def _verdict(verdict: Verdict) -> Page:
    sign, style = _SIGNS[verdict.kind]
    out = [line(Span(f"{sign:<13}", style), f"{verdict.door.code}  {verdict.door.title}", indent=2, hang=23)]
    out.append(line(Span(verdict.says, "dim"), indent=23, hang=23))
    if verdict.kind == "open":
        out += [line(Span(each, "dim"), indent=23, hang=25) for each in verdict.evidence]
        if verdict.fix:
            out.append(line(Span("fix: ", "hint"), verdict.fix, indent=23, hang=28))
    return tuple(out)


def _facts(told: Certificate) -> str:
    rows = {
        "account": told.account,
        "read at": clock(told.at),
        "state": told.state,
        "granted": _when(told.granted_at),
        "frozen": _when(told.frozen_at),
    }
    return "| | |\n|---|---|\n" + "".join(
        f"| {name} | {inert_markdown(text)} |\n" for name, text in rows.items()
    )


def _when(moment: datetime | None) -> str:
    return clock(moment) if moment else "not known"


def _table(told: Certificate) -> str:
    rows = [
        "## The doors that were judged\n",
        "| door | way back in | verdict | because | evidence |",
        "|---|---|---|---|---|",
    ]
    for each in told.verdicts:
        evidence = "<br>".join(cell(fact) for fact in each.evidence) or "-"
        fix = f" **To do:** {cell(each.fix)}" if each.fix and each.kind in ("open", "not_judged") else ""
        word = f"**{WORDS[each.kind]}**" if each.kind == "open" else WORDS[each.kind]
        rows.append(
            f"| {each.door.code} | {inert_markdown(each.door.title)} | {word} "
            f"| {cell(each.says)}{fix} | {evidence} |"
        )
    return "\n".join(rows) + "\n"


def _not_judged(told: Certificate) -> str:
    rows = [f"- {letter}: {inert_markdown(says)}\n" for letter, says in told.not_judged.items()]
    gaps = [f"- {prose(what)}: {prose(why)}\n" for what, why in told.gaps.items()]
    out = ""
    if rows:
        out = (
            "## What was not judged\n\nNobody looked at these kinds of doors. They may be open.\n\n"
            + "".join(rows)
        )
    if gaps:
        out += "\n## What could not be read\n\n" + "".join(gaps)
    return out


def _evidence(told: Certificate) -> str:
    return (
        "## What this rests on\n\n"
        f"- account as read, sha256: {code_span(told.snapshot)}\n"
        f"- account before the loan, sha256: {code_span(told.baseline) if told.baseline else 'no baseline was found'}\n"
        f"- the ledger's last hash: {code_span(told.ledger_head) if told.ledger_head else 'no ledger on this machine'}\n"
    )
