"""Templates held against a pass: what they lack, what they give beyond the job, what they open, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from guestpass.catalog import doors, escalations
from guestpass.catalog.doors import categories
from guestpass.loan.compare import Comparison, Held, How, Lack, Opened, Openings, Overstep, by_openness
from guestpass.report.page import EMPTY, Line, Page, Span, Style, heading, line

_NAME = 34
"""The columns of a template's name in the table."""

_ORDER = ("ec2:TerminateInstances", "rds:DeleteDBInstance", "s3:DeleteObject", "iam:PassRole")
"""Of several actions these are named first: everybody sees what they mean."""

_SIGN: dict[How, str] = {"lacks": "✗ ", "part": "✗ ", "unclear": "? "}
_SAYS: dict[How, str] = {"lacks": "", "part": " (in part)", "unclear": " (unclear)"}

_NOT_WEIGHED = (
    "not weighed: policies of resources and of an organisation; whether what a door or an escalation takes is there; "
    "of the actions beyond the job, on which resources they are given"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A comparison, and where the template's text came from: `version` and `date` are AWS's, None for a file."""

    comparison: Comparison
    source: str
    version: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """How many of each list are shown."""

    lacks: int
    powers: int
    doors: int
    escalations: int
    named: int


_ALONE = _Shown(lacks=12, powers=12, doors=8, escalations=5, named=3)
_AMONG = _Shown(lacks=4, powers=4, doors=4, escalations=3, named=2)


def compare_page(told: Sequence[Template], *, own: Held | None, until: datetime) -> Page:
    """Return the answer to the owner's own question, the template that opens least first.

    `own` is what the pass's own job policy and wall allow, None where they cannot be written; `until` the pass's end.
    """
    of = {id(each.comparison): each for each in told}
    ordered = by_openness(tuple(each.comparison for each in told))
    out: list[Line] = []
    if len(ordered) == 1:
        out += [_verdict(ordered[0])]
    else:
        out += _answers(ordered)
        out += [EMPTY, *_table(ordered, own), EMPTY, *_safer(ordered)]
    for each in ordered:
        if len(ordered) > 1:
            out += [EMPTY, heading(f"== {each.template}")]
        out.append(line(Span(of[id(each)].source, "dim"), indent=2))
        out += _details(each, own, until, _ALONE if len(ordered) == 1 else _AMONG)
    out += [EMPTY, line(Span(_NOT_WEIGHED, "dim"))]
    return tuple(out)


# ---- the answer


def _verdict(told: Comparison) -> Line:
    sign, words = _answer(told)
    return line(sign, f"{told.template} {words}")


def _answer(told: Comparison) -> tuple[Span, str]:
    if told.good is True:
        return Span("yes: ", "good"), f"gives what {told.pass_name} needs, and no more"
    if told.good is None:
        return Span(
            "unclear: ", "warn"
        ), f"seems to give what {told.pass_name} needs, but conditions are open"
    return Span("no: ", "bad"), f"{_why_not(told)}: not good for {told.pass_name}"


def _why_not(told: Comparison) -> str:
    surely = [lack for lack in told.lacks if lack.how != "unclear"]
    short = f"is not enough (it lacks {_few([lack.action for lack in surely], 2)})" if surely else ""
    much = f"{'' if surely else 'is enough, and '}too much ({_too_much(told)})" if told.too_much else ""
    return " and ".join(part for part in (short, much) if part)


def _too_much(told: Comparison) -> str:
    opened = told.held.openings
    counts = (
        (told.beyond, "action beyond the job", "actions beyond the job"),
        (len(opened.doors), "door", "doors"),
        (len(opened.escalations), "way to more rights", "ways to more rights"),
    )
    return ", ".join(_many(*count) for count in counts if count[0]) or "the job's own actions reach too far"


def _answers(ordered: Sequence[Comparison]) -> Iterator[Line]:
    good = [each for each in ordered if each.good is True]
    if good:
        yield line(
            Span("yes: ", "good"), f"{good[0].template} gives what {good[0].pass_name} needs, and no more"
        )
    else:
        yield line(
            Span("no: ", "bad"),
            f"none of these {len(ordered)} is known to be good for {ordered[0].pass_name}",
        )
    for each in ordered:
        if each.good is not True:
            sign = "✗ " if each.good is False else "? "
            why = _why_not(each) or "is unclear: conditions are open"
            yield line(
                Span(sign, "bad" if each.good is False else "warn"),
                f"{each.template} {why}",
                indent=2,
                hang=4,
            )


def _table(ordered: Sequence[Comparison], own: Held | None) -> Iterator[Line]:
    heads = f"{'':<{_NAME}}{'lacks':>7}{'beyond':>9}{'doors':>8}{'escalations':>13}"
    yield line(Span(heads, "dim"), indent=2, wrap=False)
    for each in ordered:
        yield _row(each.template, len(each.lacks), each.beyond, each.held.openings)
    if own is not None:
        yield _row("the pass itself", 0, 0, own.openings)


def _row(name: str, lacks: int, beyond: int, opened: Openings) -> Line:
    short = name if len(name) < _NAME else f"{name[: _NAME - 2]}…"
    figures = f"{lacks:>7,}{beyond:>9,}{len(opened.doors):>8,}{len(opened.escalations):>13,}"
    return line(f"{short:<{_NAME}}{figures}", indent=2, wrap=False)


def _safer(ordered: Sequence[Comparison]) -> Iterator[Line]:
    """Say which is the least bad, and for each next one what makes it worse."""
    first = ordered[0]
    if first.good is not True:
        lacking = (
            f"; yet it lacks {len(first.lacks)} of the job's {len(first.needed)} actions"
            if first.lacks
            else ""
        )
        yield line(Span("least bad: ", "warn"), f"{first.template}{lacking}")
    for safer, worse in pairwise(ordered):
        yield line(
            f"{safer.template} is safer than {worse.template} because {_because(safer, worse)}", indent=2
        )


def _because(safer: Comparison, worse: Comparison) -> str:
    one, other = safer.held.openings, worse.held.openings
    counts = (
        (len(other.doors) - len(one.doors), "door", "doors"),
        (len(other.escalations) - len(one.escalations), "way to more rights", "ways to more rights"),
        (worse.beyond - safer.beyond, "action", "actions"),
    )
    fewer = [_many(*count) for count in counts if count[0] > 0]
    has = {power.action for power in safer.worst}
    cannot = next((power for power in worse.worst if power.action not in has), None)
    said = f"it opens or gives {_and(fewer)} fewer" if fewer else "it opens no more"
    return f"{said}; it does not let the guest {cannot.words} ({cannot.action})" if cannot else said


# ---- one template


def _details(told: Comparison, own: Held | None, until: datetime, shown: _Shown) -> Iterator[Line]:
    yield from _lacking(told.lacks, shown)
    yield from (EMPTY, heading("it gives beyond the job"))
    yield line(
        f"{told.beyond:,} actions of {told.known:,} known (the job needs {len(told.needed)})", indent=2
    )
    levels = ", ".join(f"{number:,} {level.lower()}" for level, number in told.by_level.items() if number)
    if levels:
        yield line(levels, indent=2)
    if told.worst:
        yield from (EMPTY, heading("the worst of them"))
        for power in told.worst[: shown.powers]:
            yield line(Span("! ", "warn"), power.words, Span(f"  {power.action}", "dim"), indent=2, hang=4)
        yield from _rest(len(told.worst) - shown.powers)
    yield from _reaching(told.held.steps, until, shown)
    yield from _doors(told.held.openings, own, shown)
    yield from _escalations(told.held.openings, own, shown)
    open_ = (*told.unclear, *told.held.openings.perhaps)
    if open_:
        rest = f" and {len(open_) - 6} more" if len(open_) > 6 else ""
        yield from (EMPTY, line(Span("? hangs on conditions: ", "warn"), ", ".join(open_[:6]) + rest))


def _lacking(lacks: Sequence[Lack], shown: _Shown) -> Iterator[Line]:
    if not lacks:
        return
    yield from (EMPTY, heading("the job needs, and it does not give"))
    for lack in lacks[: shown.lacks]:
        style: Style = "warn" if lack.how == "unclear" else "bad"
        yield line(
            Span(_SIGN[lack.how], style),
            f"{lack.action}{_SAYS[lack.how]}: {lack.why}",
            indent=2,
            hang=4,
        )
        if lack.because:
            yield line(Span(lack.because, "dim"), indent=4, hang=6)
    yield from _rest(len(lacks) - shown.lacks)


def _reaching(steps: Iterable[Overstep], until: datetime, shown: _Shown) -> Iterator[Line]:
    words = {
        "others": "on what is not the guest's",
        "untagged": "on things made without the pass's tag",
        "sizes": "in any size",
        "elsewhere": "in other regions",
        "after": f"after {until.astimezone(UTC):%Y-%m-%d}",
    }
    said = [step for step in steps if step.given or step.unclear]
    if not said:
        return
    yield from (EMPTY, heading("how far the job's own writing actions reach with it"))
    for step in said:
        named = f": {_few(_known_first(step.given), shown.named)}" if step.given else ""
        open_ = f" ({len(step.unclear)} unclear)" if step.unclear else ""
        yield line(
            Span("! ", "warn"),
            f"{len(step.given)} of {len(step.tried)} {words[step.kind]}{open_}{named}",
            indent=2,
            hang=4,
        )


def _doors(opened: Openings, own: Held | None, shown: _Shown) -> Iterator[Line]:
    plantable = sum(1 for door in doors() if door.planting)
    yield from (EMPTY, heading("the doors it opens: ways back in when the loan is over"))
    beside = "" if own is None else _beside(len(own.openings.doors), ", by the job's own calls")
    yield line(f"{len(opened.doors)} of the {plantable} that an action opens{beside}", indent=2)
    if not opened.doors:
        return
    counts = Counter(each.door.category for each in opened.doors)
    titles = categories()
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    listed = "; ".join(f"{number} {titles[letter]}" for letter, number in most[: shown.doors])
    rest = f"; {sum(number for _, number in most[shown.doors :])} others" if len(most) > shown.doors else ""
    yield line(Span(f"{listed}{rest}", "dim"), indent=2)
    for each in _varied(opened.doors, shown.doors):
        by = Span(f"  {_and(each.by)}", "dim")
        yield line(Span("! ", "warn"), f"{each.door.code} {each.door.title}", by, indent=2, hang=4)
    yield line(Span(f"guestpass explain {opened.doors[0].door.code}", "hint"), " tells more of one", indent=2)


def _varied(opened: Sequence[Opened], number: int) -> list[Opened]:
    """The worst of each category, and of those the worst few: one kind of door would fill the list."""
    first: dict[str, Opened] = {}
    for each in opened:
        first.setdefault(each.door.category, each)
    return list(first.values())[:number]


def _escalations(opened: Openings, own: Held | None, shown: _Shown) -> Iterator[Line]:
    yield from (EMPTY, heading("the escalations it holds: known ways to more rights"))
    beside = "" if own is None else _beside(len(own.openings.escalations))
    yield line(f"{len(opened.escalations)} of {len(escalations())} known{beside}", indent=2)
    for way in opened.escalations[: shown.escalations]:
        yield line(Span("! ", "warn"), way.name, Span(f"  {_and(way.actions)}", "dim"), indent=2, hang=4)
    yield from _rest(len(opened.escalations) - shown.escalations)
    handed = {what: actions for what, actions in opened.exposures.items() if actions}
    if handed:
        said = _and([f"{what} by {_many(len(each), 'action', 'actions')}" for what, each in handed.items()])
        yield line(f"it hands out {said}", indent=2)


# ---- words


def _beside(number: int, how: str = "") -> str:
    return f" (the pass itself: {number}{how if number else ''})"


def _known_first(actions: Iterable[str]) -> list[str]:
    every = list(actions)
    return [each for each in _ORDER if each in every] + [each for each in every if each not in _ORDER]


def _few(values: Sequence[str], number: int) -> str:
    rest = f" and {len(values) - number} more" if len(values) > number else ""
    return ", ".join(values[:number]) + rest


def _and(values: Sequence[str]) -> str:
    return " and ".join((", ".join(values[:-1]), values[-1])) if len(values) > 1 else "".join(values)


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _rest(number: int) -> Iterator[Line]:
    if number > 0:
        yield line(f"and {number} more: `--json` lists them", indent=2)


# ---- JSON


def compare_json(told: Sequence[Template], *, own: Held | None) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.compare/2`), the template that opens least first."""
    of = {id(each.comparison): each for each in told}
    ordered = by_openness(tuple(each.comparison for each in told))
    return {
        "schema": "guestpass.compare/2",
        "pass": ordered[0].pass_name,
        "needed": list(ordered[0].needed),
        "catalogue": ordered[0].data_version,
        "templates": [_template_json(of[id(each)]) for each in ordered],
        "own": None if own is None else _held_json(own),
    }


def _template_json(template: Template) -> dict[str, Any]:
    told = template.comparison
    return {
        "template": told.template,
        "source": template.source,
        "version": template.version,
        "date": template.date,
        "good": told.good,
        "enough": told.enough,
        "says": "".join((_answer(told)[0].text, told.template, " ", _answer(told)[1])),
        "lacks": [
            {
                "action": lack.action,
                "how": lack.how,
                "on": list(lack.on),
                "why": lack.why,
                "because": lack.because,
            }
            for lack in told.lacks
        ],
        "given": told.given,
        "beyond": told.beyond,
        "by_level": dict(told.by_level),
        "known": told.known,
        "worst": [
            {"action": power.action, "words": power.words, "rank": power.rank, "source": power.source}
            for power in told.worst
        ],
        "unclear": list(told.unclear),
        **_held_json(told.held),
    }


def _held_json(held: Held) -> dict[str, Any]:
    opened = held.openings
    return {
        "reach": [
            {
                "kind": step.kind,
                "tried": len(step.tried),
                "given": dict(step.given),
                "unclear": list(step.unclear),
            }
            for step in held.steps
        ],
        "doors": [
            {
                "code": each.door.code,
                "category": each.door.category,
                "title": each.door.title,
                "by": list(each.by),
                "rank": each.rank,
            }
            for each in opened.doors
        ],
        "doors_by_category": dict(sorted(Counter(each.door.category for each in opened.doors).items())),
        "escalations": [
            {"name": way.name, "actions": list(way.actions), "page": way.page} for way in opened.escalations
        ],
        "exposures": {what: list(actions) for what, actions in opened.exposures.items()},
        "perhaps": list(opened.perhaps),
    }
