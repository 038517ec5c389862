"""The head of the page: whose loan, how it stands, and four figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from guestpass.loan.status import State
from guestpass.report.html.element import Element, Node, Part, element
from guestpass.report.html.words import (
    Tone,
    amount,
    code,
    counted,
    date,
    foreign,
    moment,
    prose,
    sign,
)
from guestpass.report.story import Story

_STATES: Mapping[State, Tone] = {
    "drafted": "plain",
    "granted": "warn",
    "expired": "warn",
    "frozen": "warn",
    "revoked": "good",
    "certified": "good",
}
_LOGINS = {
    "access-key": "by access key",
    "console": "by the console, with MFA",
    "role": "by a role, from their own account",
    "instance-only": "by SSH to one instance",
}


def header(story: Story) -> tuple[Part, ...]:
    """Return the page's own head."""
    state = story.standing.state if story.standing else None
    pill = sign(state, _STATES[state]) if state else sign("state not known", "plain", mark="?")
    return (
        element("p", "Guest pass report", class_="over"),
        element(
            "div",
            element("h1", foreign(story.pass_name)),
            element("span", pill, class_="pill"),
            class_="title",
        ),
        element("p", lead(story), class_="lead"),
        element("dl", (_fact(name, value) for name, value in _facts(story)), class_="facts"),
        element("ul", _figures(story), class_="strip"),
    )


def lead(story: Story) -> tuple[Node, ...]:
    """Return the loan in two or three sentences."""
    pass_ = story.pass_
    told: list[Node] = []
    if pass_ is not None:
        told += [
            foreign(pass_.guest.name),
            " was let in to build ",
            code(pass_.job.blueprint),
            f", until {date(pass_.until)}. ",
        ]
    if story.standing is not None:
        says = story.standing.says
        told += [*prose(says[:1].upper() + says[1:]), ". "]
    if story.certificate is not None:
        told.append(_open(len(story.certificate.open)))
    return tuple(told)


def _open(number: int) -> str:
    if not number:
        return "No way back in that was judged is open."
    return "One way back in stands open." if number == 1 else f"{number} ways back in stand open."


def _facts(story: Story) -> Iterator[tuple[str, Part]]:
    pass_, certificate = story.pass_, story.certificate
    yield "Account", code(story.account)
    if pass_ is not None:
        yield "Guest", (foreign(pass_.guest.name), f", {_LOGINS.get(pass_.guest.login, pass_.guest.login)}")
        yield "Regions", [code(region) for region in pass_.regions]
        yield "Budget", (amount(pass_.spend.monthly_usd, "USD"), " a month, watched")
    started = certificate.granted_at if certificate else _granted(story)
    if started is not None:
        yield "Lent", moment(started)
    until = pass_.until if pass_ else story.standing.until if story.standing else None
    if until is not None:
        yield "Until", moment(until)
    if story.standing is not None and story.standing.frozen_at is not None:
        yield "Frozen", moment(story.standing.frozen_at)


def _granted(story: Story) -> datetime | None:
    return next(
        (each.at for each in story.timeline or () if each.whose == "owner" and each.act == "grant"), None
    )


def _fact(name: str, value: Part) -> Element:
    return element("div", element("dt", name), element("dd", value))


def _figures(story: Story) -> Iterator[Element]:
    inventory, refusals = story.inventory, story.refusals
    if inventory is None:
        yield _figure("Built", "not known", "no record of it was read", "#built")
    else:
        there = sum(item.still == "there" for item in inventory.items)
        gone = sum(item.still == "gone" for item in inventory.items)
        unsure = len(inventory.items) - there - gone
        more = f"{there} still there, {gone} gone" + (f", {unsure} not known" if unsure else "")
        yield _figure("Built", counted(len(inventory.items), "thing"), more, "#built")
    if refusals is None:
        yield _figure("Refused", "not known", "no record of it was read", "#refused")
    else:
        calls = sum(each.count for each in refusals)
        yield _figure(
            "Refused",
            counted(calls, "call"),
            counted(len({each.call for each in refusals}), "kind"),
            "#refused",
        )
    yield _cost(story)
    certificate = story.certificate
    if certificate is None:
        yield _figure("Ways back in", "not judged", "no certificate was read", "#certificate")
    else:
        open_, unsure = certificate.counts.get("open", 0), certificate.counts.get("not_judged", 0)
        more = f"of {sum(certificate.counts.values())}; {unsure} could not be judged"
        yield _figure("Ways back in", f"{open_} open", more, "#certificate")


def _cost(story: Story) -> Element:
    told = story.reconciliation
    if told is None:
        return _figure("Cost", "not known", "no bill was read", "#bill")
    strange = sum((each.line.amount for each in told.undocumented), Decimal(0))
    more: Part = (
        "all of it explained"
        if not told.undocumented
        else (amount(strange, told.currency), " nobody documented")
    )
    return _figure("Cost", amount(told.total, told.currency), more, "#bill")


def _figure(name: str, figure: Part, more: Part, href: str) -> Element:
    return element(
        "li",
        element(
            "a",
            element("span", name, class_="name"),
            element("span", figure, class_="figure"),
            element("small", more),
            href=href,
        ),
    )
