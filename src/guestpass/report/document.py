"""The deployment document: what stands, where, who made it and by which event; Markdown with a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from guestpass.inventory import Inventory, Item, Made
from guestpass.report.flowchart import MANY, flowchart
from guestpass.report.inert import code_span, inert_markdown, prose
from guestpass.report.status import clock
from guestpass.trail import Reading


def document_markdown(told: Inventory, *, reading: Reading | None = None) -> str:
    """Return the document. `reading` says where the record comes from and how far it reaches.

    Names and tags come from the guest: they stand as text and nothing else. The table of what stands can be handed
    to `guestpass inventory --compare` again.
    """
    stands = [item for item in told.items if item.still != "gone"]
    gone = [item for item in told.items if item.still == "gone"]
    return "\n".join(
        part.rstrip("\n") + "\n"
        for part in (
            f"# What was deployed under {inert_markdown(told.pass_name)}\n",
            _summary(told, reading),
            "## How it stands\n",
            _drawing(told.account, stands),
            "## What stands\n",
            _standing(stands),
            "## What is gone\n",
            _gone(gone),
            "## Who made what, and when\n",
            *_makers(told.items),
            "## What the record cannot say\n",
            _unsaid(told, reading),
            "## How it was made\n",
            "The calls, in order of time. An event's id finds it again in CloudTrail.\n",
            _calls(told.items),
        )
    )


def _summary(told: Inventory, reading: Reading | None) -> str:
    counts = {
        still: sum(item.still == still for item in told.items) for still in ("there", "gone", "not known")
    }
    unsure = f"; of {counts['not known']} it is not known" if counts["not known"] else ""
    source = f", whose files lie in {code_span(reading.source)}" if reading else ""
    return (
        f"Account {code_span(told.account)}, read at {clock(told.at)}: {_things(counts['there'])} "
        f"{'stands' if counts['there'] == 1 else 'stand'}, {counts['gone']} gone{unsure}. "
        f"Everything here is from the account itself and from the record of calls{source}.\n"
    )


def _drawing(account: str, items: Sequence[Item]) -> str:
    if not items:
        return "Nothing stands.\n"
    arns = {item.arn for item in items}
    many = sum(item.parent not in arns for item in items) > MANY
    note = "Things of one type in one place are one box: there are too many to draw each.\n" if many else ""
    return f"```mermaid\n{flowchart(account, items)}```\n{note}"


# ---- tables


def _standing(items: Sequence[Item]) -> str:
    rows = (
        (
            inert_markdown(item.type),
            _code(item.arn),
            inert_markdown(item.region) or "in none",
            inert_markdown(item.name or ""),
            _who(item),
            _when(item.made),
            _event(item.made),
            _still(item),
        )
        for item in items
    )
    heads = ("resource", "id or ARN", "region", "name", "made by", "when", "event", "still there")
    return _table(heads, rows) if items else "Nothing.\n"


def _gone(items: Sequence[Item]) -> str:
    rows = (
        (
            inert_markdown(item.type),
            _code(item.arn),
            _who(item),
            _when(item.made),
            _short(item.ended.by) if item.ended else "no event says",
            _when(item.ended),
            _event(item.ended),
        )
        for item in items
    )
    heads = ("resource", "what", "made by", "when", "ended by", "ended", "event of the end")
    return _table(heads, rows) if items else "Nothing.\n"


def _makers(items: Sequence[Item]) -> Iterator[str]:
    makers = sorted({item.made.by for item in items if item.made})
    for maker in makers:
        mine = sorted(_made_by(items, maker), key=lambda pair: (pair[1].at, pair[0].arn))
        rows = (
            (
                clock(made.at),
                inert_markdown(item.type),
                _code(item.id),
                inert_markdown(item.name or ""),
                _fate(item),
            )
            for item, made in mine
        )
        yield f"### {_kind(maker)} {_short(maker)}\n"
        yield f"{code_span(maker)}: {_things(len(mine))}.\n"
        yield _table(("when", "type", "which", "called", "now"), rows)
    if not makers:
        yield "No event says that the guest made anything.\n"


def _made_by(items: Iterable[Item], maker: str) -> Iterator[tuple[Item, Made]]:
    return ((item, item.made) for item in items if item.made is not None and item.made.by == maker)


def _calls(items: Iterable[Item]) -> str:
    made: dict[str, tuple[Made, list[Item]]] = {}
    for item in items:
        if item.made is not None:
            made.setdefault(item.made.event, (item.made, []))[1].append(item)
    rows = (
        (
            clock(act.at),
            inert_markdown(act.call),
            _short(act.by),
            ", ".join(_code(each.id) for each in things),
            _event(act),
        )
        for act, things in sorted(made.values(), key=lambda pair: (pair[0].at, pair[0].event))
    )
    return _table(("when", "call", "by", "made", "event"), rows) if made else "No call.\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    out += [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join(out) + "\n"


# ---- words


def _unsaid(told: Inventory, reading: Reading | None) -> str:
    rows = [
        f"{code_span(each.call)} at {clock(each.at)} by {_short(each.by)}, event {code_span(each.event)}: "
        f"{inert_markdown(each.why)}"
        for each in told.strange
    ]
    unknown = sorted({item.type for item in told.items if item.still == "not known"})
    if unknown:
        rows.append(
            f"Whether these still stand, the account was not asked or did not say: {', '.join(map(inert_markdown, unknown))}."
        )
    unmade = [item for item in told.items if item.made is None]
    if unmade:
        rows.append(
            f"Who made {_things(len(unmade))} that the pass's tag or name marks: no event says it. "
            f"{', '.join(_code(item.id) for item in unmade)}"
        )
    findings = (*told.findings, *(reading.findings if reading else ()))
    rows += [f"{each.code}: {prose(each.says)}" for each in findings]
    rows.append(f"{_reach(reading)}")
    return "".join(f"- {row}\n" for row in rows)


def _reach(reading: Reading | None) -> str:
    after = "What was made on a host or in a database, and the objects in buckets, no management event shows."
    if reading is None or not reading.events:
        return after
    regions = ", ".join(map(inert_markdown, reading.regions)) or "no region"
    first, last = reading.events[0].time, reading.events[-1].time
    return (
        f"What was done before {clock(first)}, after {clock(last)}, or elsewhere than in {regions}. {after}"
    )


def _fate(item: Item) -> str:
    if item.still == "not known":
        return "not known"
    if item.still == "gone":
        return f"gone, ended {_when(item.ended)}" if item.ended else "gone"
    return "there"


def _still(item: Item) -> str:
    word = "yes" if item.still == "there" else "not known"
    return f"{word}; its end was asked for {_when(item.ended)}" if item.ended else word


def _who(item: Item) -> str:
    if item.made is not None:
        return _short(item.made.by) + (", with another thing" if item.parent else "")
    return "with another thing" if item.parent else "no event says; its tag or name marks it"


def _short(arn: str) -> str:
    return inert_markdown(arn.rsplit("/", 1)[-1])


def _kind(arn: str) -> str:
    """What an identity is: `user`, `role`."""
    return inert_markdown(arn.split(":")[-1].partition("/")[0]) if "/" in arn else ""


def _when(made: Made | None) -> str:
    return clock(made.at) if made else ""


def _event(made: Made | None) -> str:
    return _code(made.event) if made else ""


def _code(text: str) -> str:
    """Inline code in a table's cell, where a bar ends the cell even inside code."""
    return code_span(text).replace("|", "\\|")


def _things(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"
