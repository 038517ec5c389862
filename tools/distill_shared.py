"""Build `catalog/events/shared.json`: by which members of a request two operations of one name are told apart whose APIs
log under one event source, from botocore's models.

python tools/distill_shared.py          write the file
python tools/distill_shared.py --check  exit 1 if the file differs from what would be written
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.session

from guestpass.catalog.events.names import clients_of, event_sources

TARGET = Path(__file__).parents[1] / "src" / "guestpass" / "catalog" / "events" / "shared.json"


@cache
def _model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


def _members(client: str, operation: str) -> frozenset[str]:
    """The members of an operation's input as a record spells them: the first letter small."""
    shape = _model(client).operation_model(operation).input_shape
    return frozenset(f"{name[:1].lower()}{name[1:]}" for name in (shape.members if shape else ()))


def _telling(members: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, frozenset[str]]]:
    """For each client what not all of them have."""
    common = frozenset.intersection(*members.values())
    return ((client, own - common) for client, own in members.items() if own - common)


def _of_source(source: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Operation, client and telling members, for each operation that several clients of the source have."""
    having: dict[str, list[str]] = {}
    clients = clients_of(source)
    for client in clients if len(clients) > 1 else ():
        for operation in _model(client).operation_names:
            having.setdefault(operation, []).append(client)
    for operation, several in having.items():
        if len(several) > 1:
            members = {client: _members(client, operation) for client in several}
            yield from ((operation, client, told) for client, told in _telling(members))


def build() -> str:
    """The file's text: one operation a line."""
    found: dict[str, dict[str, set[str]]] = {}
    for source in event_sources():
        for operation, client, told in _of_source(source):
            found.setdefault(operation, {}).setdefault(client, set()).update(told)
    lines = [
        f"{json.dumps(operation)}: {json.dumps({client: sorted(told) for client, told in sorted(members.items())})}"
        for operation, members in sorted(found.items())
    ]
    about = "members of requests that tell operations of one name apart; made by tools/distill_shared.py"
    origin = {"botocore": botocore.__version__, "licence": "Apache-2.0"}
    return (
        f'{{\n"about": {json.dumps(about)},\n"from": {json.dumps(origin)},\n"operations": {{\n'
        + ",\n".join(lines)
        + "\n}\n}\n"
    )


def main() -> int:
    """Write the file, or say whether it stands as it should."""
    text = build()
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
