"""What each API operation is authorised as, from every package that says something of it.

A member `operations/LETTER.json` has the clients whose names begin so (together they are half as large as alone), each with
its `prefix`, and `facts`: `[action, kind, sources, when, perhaps, operations]`, where
`=` stands for the action with the operation's own name, kinds and sources for their letters (`KINDS`, `SOURCES` in
`guestpass.catalog.operations.known`), and the operations for their names with blanks between. `others` are the same,
`free` the operations without permission, `open` the reasons with theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from guestpass.catalog.operations.known import KINDS, SOURCES
from tools.catalogue.operations_facts import Fact, Reader
from tools.catalogue.operations_models import Model, models
from tools.catalogue.operations_sources import Sources, read
from tools.catalogue.services import spellings
from tools.catalogue.wheels import Wheels

_KIND = {kind: letter for letter, kind in KINDS.items()}
_SOURCE = {source: letter for letter, source in SOURCES.items()}


def members(wheels: Wheels) -> dict[str, object]:
    """`operations/LETTER.json` for every client of botocore, and `operations.json`, which lists them."""
    known, sources, found = spellings(wheels), read(wheels), models(wheels["botocore"])
    shards: dict[str, dict[str, object]] = defaultdict(dict)
    for client, model in found.items():
        prefix = known.get(client, {}).get("prefix")
        shards[f"operations/{client[0]}.json"][client] = _member(model, prefix, sources)
    return {"operations.json": {"botocore": wheels["botocore"].version, "clients": " ".join(found)}, **shards}


def _member(model: Model, prefix: str | None, sources: Sources) -> dict[str, object]:
    reader = Reader(model, prefix, sources)
    found = {call.name: reader.found(call) for call in model.calls.values()}
    open_ones: dict[str, list[str]] = defaultdict(list)
    for name, each in found.items():
        if each.why:
            open_ones[each.why].append(name)
    member = {
        "prefix": prefix,
        "facts": _grouped(prefix, ((name, each.facts) for name, each in found.items())),
        "others": _grouped(prefix, ((name, each.others) for name, each in found.items())),
        "free": " ".join(name for name, each in found.items() if each.free),
        "open": [[why, " ".join(names)] for why, names in sorted(open_ones.items())],
    }
    return {key: value for key, value in member.items() if value}


def _grouped(prefix: str | None, facts: Iterable[tuple[str, list[Fact]]]) -> list[list[object]]:
    """Each fact once, with the operations it is true of."""
    groups: dict[tuple[str, str, str, str, int], list[str]] = defaultdict(list)
    for name, each in facts:
        for fact in each:
            action = "=" if fact.action == f"{prefix}:{name}" else fact.action
            who = "".join(sorted(_SOURCE[source] for source in fact.sources))
            groups[action, _KIND[fact.kind], who, fact.when, int(fact.perhaps)].append(name)
    return [[*key, " ".join(names)] for key, names in sorted(groups.items())]
