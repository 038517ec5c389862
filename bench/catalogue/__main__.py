"""Who knows which actions hard calls and trail events need: every source and generator, and guestpass beside them.

`--rows` names the rows that guestpass fails, `--ours` asks no peer (and so needs no package index), `--json` is for machines.
Exit 1 where guestpass has less than 95 % in any of its four figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from bench.catalogue import ours
from bench.catalogue.corpus import Call, TrailEvent, calls, events
from bench.catalogue.figures import Answer, Score, invented, missing, untouched
from bench.catalogue.peers import Corpus, Line, guestpass_line, peer_lines
from bench.catalogue.places import places

ENOUGH = 0.95
_BLANK = "     -     -     -"


def main() -> int:
    corpus = Corpus(calls=calls(), events=events())
    own = guestpass_line(corpus)
    print(_head(corpus), flush=True)
    lines = []
    if "--ours" not in sys.argv:
        with places() as where:
            for line in peer_lines(corpus, where):
                lines.append(line)
                print(_row(line), flush=True)
    print(_row(own))
    print(_LEGEND)
    if "--rows" in sys.argv:
        print(*failing(corpus), sep="\n")
    if "--json" in sys.argv:
        print(json.dumps([asdict(line) for line in (*lines, own)]))
    return int(_short(own))


def failing(corpus: Corpus) -> Iterator[str]:
    """The rows that guestpass fails, each with what it leaves out and what it adds."""
    for call in corpus.calls:
        yield from _told(call, ours.of_call(call))
    for event in corpus.events:
        yield from _told(event, ours.of_event(event))


def _told(row: Call | TrailEvent, answer: Answer) -> Iterator[str]:
    parts = {
        "without": missing(row.truth, answer),
        "invents": invented(row.truth, answer),
        "not touched": untouched(row.truth, answer) if isinstance(row, TrailEvent) else frozenset[str](),
    }
    if any(parts.values()):
        said = "; ".join(f"{word} {', '.join(sorted(names))}" for word, names in parts.items() if names)
        yield f"{row.name} {json.dumps(row.parameters, default=str)[:60]}\n    {said}\n    {row.truth.source}"


def _short(line: Line) -> bool:
    return any(part is None or part.worst < ENOUGH for part in (line.operations, line.events))


def _head(corpus: Corpus) -> str:
    services = len({call.service for call in corpus.calls})
    return (
        f"{len(corpus.calls)} operations of {services} services, {len(corpus.events)} trail events\n\n"
        f"{'':<22}{'-- operations, % --':>20}{'---- events, % ----':>23}\n"
        f"{'':<22}{'   all clean right':>20}{'   all clean right':>20}{'  ARNs':>7}"
    )


def _row(line: Line) -> str:
    if line.skipped:
        return f"{line.name:<22}  left out: {line.skipped}"
    return f"{line.name:<22}{_three(line.operations):>20}{_three(line.events):>20}{_arns(line.events):>7}"


def _three(part: Score | None) -> str:
    if part is None:
        return _BLANK
    return "".join(f"{100 * one / part.rows:6.1f}" for one in (part.present, part.clean, part.right))


def _arns(part: Score | None) -> str:
    return "-" if part is None or part.resources is None else f"{part.resources[0]}/{part.resources[1]}"


_LEGEND = """
all: rows with every needed action named. clean: rows with no action named that
the call has no need of. right: both. ARNs: events whose resources are all named.
A source that says nothing of a row is clean there. `perhaps` counts neither way."""

if __name__ == "__main__":
    raise SystemExit(main())
