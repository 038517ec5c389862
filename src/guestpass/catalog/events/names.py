"""An event's source and name as a service and an operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from guestpass.catalog import actions
from guestpass.catalog.events.facts import facts
from guestpass.catalog.operations.rows import row_of
from guestpass.catalog.services import client_name, event_source, service_names
from guestpass.catalog.values import Unmapped

# AWS: Lambda: "Logging AWS Lambda API calls", CloudFront: "Logging Amazon CloudFront API calls": the API's version
# ends the name (CreateFunction20150331, UpdateFunctionCode20150331v2, CreateDistribution2020_05_31).
_VERSION = re.compile(r"(?:_?(?:\d{8}|\d{4}_\d{2}_\d{2})(?:v\d+)?)$")


def operation_of_event(source: str, name: str) -> tuple[str, str] | Unmapped:
    """The service (botocore's client name) and operation behind an event, or why there is none.

    `source` is `eventSource`, `name` is `eventName`. That AWS lists an action for the operation is not said: ask
    `primary_action`.
    """
    known = facts()
    plain = _VERSION.sub("", name)
    if name in known.service_events.get(source, ()):
        return Unmapped(why=f"{name}: something that the service did by itself, no call")
    renamed_to = known.renamed_to.get(source, {}).get(plain)
    if renamed_to:
        return renamed_to
    plain = known.renamed.get(source, {}).get(plain, plain)
    if source in known.no_call and not actions.action_exists(f"{source.partition('.')[0]}:{plain}"):
        return Unmapped(why=f"{name}: {known.no_call[source]}")
    client = _client(source, plain)
    return client if isinstance(client, Unmapped) else (client, plain)


def _client(source: str, operation: str) -> str | Unmapped:
    """The client whose API it is: one whose table has the operation, else the one the source is named after."""
    label, _, domain = source.partition(".")
    if not domain.startswith("amazonaws.com"):
        return Unmapped(why=f"`{source}` is no service's event source")
    clients = _clients().get(source, ())
    in_tables = [client for client in clients if row_of(client, operation)]
    if in_tables:
        return label if label in in_tables else in_tables[0]
    preferred = facts().preferred.get(source, label)
    if preferred in clients:
        return preferred
    if clients:
        return clients[0]
    if label in actions.service_prefixes():
        return label
    return Unmapped(why=f"the catalogue knows no service with the event source `{source}`")


@cache
def _clients() -> Mapping[str, tuple[str, ...]]:
    """The clients of each event source, sorted."""
    found: dict[str, set[str]] = {}
    for name in service_names():
        source = event_source(name)
        if isinstance(source, str):
            found.setdefault(source, set()).add(client_name(name))
    return {source: tuple(sorted(clients)) for source, clients in found.items()}
