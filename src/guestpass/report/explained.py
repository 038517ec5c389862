"""The long form of a finding's code: what it is, why it matters, an example, what to do instead."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from guestpass.catalog.doors import doors
from guestpass.catalog.values import Door
from guestpass.errors import InputError
from guestpass.report.inert import code_span, inert_markdown
from guestpass.report.page import EMPTY, Line, Page, Span, line

_NEED = {
    "L": "anyone with full access to EC2 and RDS can open it",
    "P": "anyone with PowerUserAccess can open it",
    "A": "it takes more than PowerUserAccess to open it",
    "O": "it takes a log-in on the host or the database",
    "K": "it is in hand by doing the job at all",
    "X": "it is opened outside of AWS",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One code's long form; `example` and `instead` are code, `notes` further facts by name."""

    code: str
    what: str
    why: str
    instead: str
    example: str | None = None
    notes: Mapping[str, str]


@cache
def codes() -> tuple[str, ...]:
    """Return every code that can be explained, sorted."""
    return tuple(sorted((*_written(), *(door.code for door in doors()))))


def explained(code: str) -> Explanation:
    """Return the long form. Raises InputError for a code that nothing has."""
    wanted = code.strip().upper()
    if told := _written().get(wanted):
        return Explanation(
            code=wanted, what=told["what"], why=told["why"], example=told["example"], instead=told["instead"],
            notes={},
        )  # fmt: skip
    for door in doors():
        if door.code == wanted:
            return _of_door(door)
    raise InputError(
        f"there is no finding `{code[:40]}`",
        expected=f"one of {codes()[0]} to {codes()[-1]}",
        hint="the code stands before a finding, as in `POL020`",
    )


def explained_page(told: Explanation) -> Page:
    """Return the long form as a page."""
    out: list[Line] = [line(Span(told.code, "bold"), "  ", told.what, hang=len(told.code) + 2), EMPTY]
    out.append(line(Span("why it matters  ", "dim"), told.why, hang=16))
    if told.example:
        out += [line(Span("example         ", "dim"), Span(told.example, "bad"), hang=16)]
    out.append(line(Span("instead         ", "dim"), Span(told.instead, "good"), hang=16))
    out += [line(Span(f"{name:<16}", "dim"), text, hang=16) for name, text in told.notes.items()]
    return tuple(out)


def explained_json(told: Explanation) -> dict[str, Any]:
    """Return the long form as JSON (`guestpass.explanation/1`)."""
    return {
        "schema": "guestpass.explanation/1",
        "code": told.code,
        "what": told.what,
        "why": told.why,
        "example": told.example,
        "instead": told.instead,
        "notes": dict(told.notes),
    }


def explained_markdown(told: Explanation) -> str:
    """Return the long form as a part of the reference page."""
    rows = [
        f"## {told.code}",
        "",
        inert_markdown(told.what),
        "",
        f"**Why it matters.** {inert_markdown(told.why)}",
        "",
    ]
    if told.example:
        rows += [f"**Example.** {code_span(told.example)}", "", f"**Instead.** {code_span(told.instead)}", ""]
    else:
        rows += [f"**Instead.** {inert_markdown(told.instead)}", ""]
    rows += [f"- {name}: {inert_markdown(text)}" for name, text in told.notes.items()]
    return "\n".join(rows).rstrip() + "\n"


@cache
def _written() -> Mapping[str, Mapping[str, str]]:
    folder = resources.files("guestpass.report").joinpath("explanations")
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name
    )
    return {code: told for each in files for code, told in tomllib.loads(each.read_text("utf-8")).items()}


def _of_door(door: Door) -> Explanation:
    notes = {
        "planted by": "; or ".join(" with ".join(ways) for ways in door.planting) or "nothing needs planting",
        "found by": ", ".join(door.finders) or "no call of AWS",
        "on the host": "; ".join(f"`{command}`" for command in door.host),
        "in the database": "; ".join(f"`{statement}`" for statement in door.sql),
        "outside": door.outside or "",
        "in the logs": ", ".join(door.events) or "no event",
        "mind": door.catch,
    }
    if door.by_hand:
        notes["by hand"] = door.by_hand
    return Explanation(
        code=door.code,
        what=f"A way back in: {door.title}.",
        why=f"{_NEED[door.need][0].upper()}{_NEED[door.need][1:]}.",
        instead=f"close it with {', '.join(door.closers)}" if door.closers else "no call closes it",
        notes={name: text for name, text in notes.items() if text},
    )
