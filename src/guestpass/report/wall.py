"""The wall as a table: each limit, how it is held, what it does not reach, and what it costs in characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestpass.access.policy import size_of
from guestpass.loan.explain import WallLine
from guestpass.needs import MAX_POLICY
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line, text_of, width_of

_COLUMNS = (("limit", 23), ("how it is held", 28), ("what it does not reach", 23))
_GAP = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class WallTold:
    """One wall: whose it is, its statements in words, and the policy itself."""

    name: str
    around: str
    lines: tuple[WallLine, ...]
    document: Mapping[str, Any]


def wall_page(
    walls: Sequence[WallTold], *, warned: Sequence[WallLine], watched: Sequence[str], verbose: bool
) -> Page:
    """Return the walls as tables of three columns; with `verbose` each row is followed by its statement's id and size."""
    out: list[Line] = []
    for wall in walls:
        size = size_of(wall.document)
        out += [
            heading(f"{wall.name}: the wall around {wall.around}"),
            line(f"{len(wall.lines)} statements, {size:,} of {MAX_POLICY:,} characters", indent=2),
            EMPTY,
            *_table(wall.lines, verbose=verbose),
            EMPTY,
        ]
    if warned:
        out.append(heading("what no policy holds closely"))
        for each in warned:
            style = Span("! ", "warn")
            out.append(line(style, f"{each.sid}: {each.limit}", indent=2, hang=4))
            out.append(line(f"{each.how_held}; {each.not_reached}", indent=4, hang=4))
        out.append(EMPTY)
    out.append(heading("what no policy holds at all: it is watched"))
    out += [line("- ", each, indent=2, hang=4) for each in watched]
    return tuple(out)


def wall_json(
    walls: Sequence[WallTold], *, pass_name: str, warned: Sequence[WallLine], watched: Sequence[str]
) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.wall/1`), each row with its statement."""
    return {
        "schema": "guestpass.wall/1",
        "pass": pass_name,
        "walls": [
            {
                "policy": wall.name,
                "around": wall.around,
                "characters": size_of(wall.document),
                "limit": MAX_POLICY,
                "statements": [
                    {
                        "sid": each.sid,
                        "limit": each.limit,
                        "held": each.how_held,
                        "not_reached": each.not_reached,
                        "characters": each.characters,
                        "statement": _statement(wall.document, each.sid),
                    }
                    for each in wall.lines
                ],
                "document": wall.document,
            }
            for wall in walls
        ],
        "warned": [
            {"sid": each.sid, "what": each.limit, "held": each.how_held, "warning": each.not_reached}
            for each in warned
        ],
        "watched": list(watched),
    }


def _statement(document: Mapping[str, Any], sid: str) -> Any:
    return next((each for each in document["Statement"] if each["Sid"] == sid), None)


def _table(rows: Sequence[WallLine], *, verbose: bool) -> list[Line]:
    out = [_row([name for name, _ in _COLUMNS], Span("", "bold"))]
    out.append(_row(["─" * width for _, width in _COLUMNS], Span("", "dim")))
    for each in rows:
        cells = [
            _folded(text, width)
            for text, (_, width) in zip(
                (each.limit, each.how_held or "by the action alone", each.not_reached or "-"),
                _COLUMNS,
                strict=True,
            )
        ]
        out += [
            _row([cell[at] if at < len(cell) else "" for cell in cells], Span(""))
            for at in range(max(map(len, cells)))
        ]
        if verbose:
            out.append(line(Span(f"{each.sid}, {each.characters:,} characters", "dim"), indent=2))
    return out


def _row(cells: Sequence[str], style: Span) -> Line:
    padded = (
        cell + " " * (width - width_of(cell) + _GAP) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
    )
    return line(Span("".join(padded).rstrip(), style.style), indent=2, wrap=False)


def _folded(text: str, width: int) -> list[str]:
    return text_of((line(text, hang=0),), width=width).splitlines() or [""]
