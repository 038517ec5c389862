"""What a source needs, a purpose at a time: each action with its resources, its reason, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guestpass.catalog import data_version
from guestpass.needs import Need
from guestpass.needs.declared import Found, Missing
from guestpass.needs.need import Test
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line

_WORDS = {
    "observed": "seen in the record",
    "declared": "declared",
    "blueprint": "of the blueprint",
    "dependent": "asked for by another call",
    "teardown": "to take it down",
    "self-service": "the own login",
    "agreed": "agreed besides",
}


def needs_page(found: Found, *, source: str, kind: str) -> Page:
    """Return the needs by purpose; what is missing first, for it makes the answer incomplete."""
    actions = {need.action for need in found.needs}
    counts = ", ".join(
        f"{number} {_WORDS[kind_]}"
        for kind_ in _WORDS
        if (number := len({need.action for need in found.needs if need.kind == kind_}))
    )
    out: list[Line] = [
        line(Span(f"{source} ", "bold"), f"({kind}) needs {len(actions)} actions"),
        line(Span(counts, "dim"), indent=2),
    ]
    out += _missing(found.missing)
    for purpose, members in _by_purpose(found.needs).items():
        out += [EMPTY, heading(purpose)]
        for why, group in _by_why(members).items():
            out.append(line(Span(why, "dim"), Span(f"  {_sources(group)}", "dim"), indent=2))
            out += _rows(group)
    if found.notes:
        out += [EMPTY, heading("to know")]
        out += [line("- ", note, indent=2, hang=4) for note in found.notes]
    return tuple(out)


def needs_json(found: Found, *, source: str, kind: str) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.needs/1`): every need with its provenance."""
    return {
        "schema": "guestpass.needs/1",
        "source": source,
        "kind": kind,
        "complete": not found.missing,
        "needs": [need_json(need) for need in found.needs],
        "missing": [missing_json(each) for each in found.missing],
        "notes": list(found.notes),
        "catalogue": data_version(),
    }


def need_json(need: Need) -> dict[str, Any]:
    """Return one need with where it comes from."""
    return {
        "action": need.action,
        "type": need.type,
        "resources": list(need.resources),
        "conditions": [
            {"operator": operator, "key": key, "values": list(values)}
            for operator, key, values in need.conditions
        ],
        "kind": need.kind,
        "stance": need.stance,
        "purpose": need.purpose,
        "why": need.why,
        "source": need.source,
    }


def missing_json(each: Missing) -> dict[str, Any]:
    """Return what is missing, with its place."""
    return {
        "says": each.says,
        "file": each.place.file,
        "line": each.place.line,
        "column": each.place.column,
        "path": each.place.path,
        "hint": each.hint,
    }


def _missing(missing: Sequence[Missing]) -> list[Line]:
    if not missing:
        return []
    out = [EMPTY, heading(f"missing: {len(missing)}; without them the answer is not complete")]
    for each in missing:
        out.append(line(Span("? ", "warn"), f"{each.place}: {each.says}", indent=2, hang=4))
        if each.hint:
            out.append(line("hint: ", Span(each.hint, "hint"), indent=4))
    return out


def _rows(members: Iterable[Need]) -> list[Line]:
    """Actions that are needed on the same things under the same conditions stand together."""
    on: dict[tuple[str, tuple[Test, ...]], dict[str, None]] = {}
    for need in members:
        on.setdefault((need.action, need.conditions), {}).update(dict.fromkeys(need.resources))
    alike: dict[tuple[tuple[str, ...], tuple[Test, ...]], list[str]] = {}
    for (action, conditions), resources in on.items():
        alike.setdefault((tuple(sorted(resources)), conditions), []).append(action)
    out: list[Line] = []
    for (arns, conditions), actions in alike.items():
        out.append(line(", ".join(actions), indent=4, hang=6))
        out += [line(Span("on ", "dim"), arn, indent=6, wrap=False) for arn in arns]
        out += [
            line(Span("if ", "dim"), f"{key} {operator} {', '.join(values)}", indent=6, hang=9)
            for operator, key, values in conditions
        ]
    return out


def _by_purpose(needs: Iterable[Need]) -> dict[str, list[Need]]:
    out: dict[str, list[Need]] = {}
    for need in needs:
        out.setdefault(need.purpose, []).append(need)
    return out


def _by_why(needs: Iterable[Need]) -> dict[str, list[Need]]:
    out: dict[str, list[Need]] = {}
    for need in needs:
        out.setdefault(need.why, []).append(need)
    return out


def _sources(needs: Iterable[Need]) -> str:
    """Where they come from: the lines of one file as a span, else the first few."""
    sources = list(dict.fromkeys(need.source for need in needs if need.source))
    files = {source.rpartition(":")[0] for source in sources}
    lines = sorted(
        int(source.rpartition(":")[2]) for source in sources if source.rpartition(":")[2].isdigit()
    )
    if len(files) == 1 and len(lines) == len(sources) > 1 and "" not in files:
        return f"[{files.pop()}:{lines[0]}-{lines[-1]}]"
    more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
    return f"[{', '.join(sources[:2])}{more}]" if sources else ""
