"""An event's source and name as a service and an operation."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from guestpass.catalog import actions
from guestpass.catalog.events.facts import facts, telling_members
from guestpass.catalog.operations.known import operations_of
from guestpass.catalog.services import (
    client_name,
    event_source,
    iam_prefix,
    service_names,
    service_spellings,
)
from guestpass.catalog.values import Unmapped

# AWS: Lambda: "Logging AWS Lambda API calls", CloudFront: "Logging Amazon CloudFront API calls": the API's version
# ends the name (CreateFunction20150331, UpdateFunctionCode20150331v2, CreateDistribution2020_05_31).
_VERSION = re.compile(r"(?<=[A-Za-z])_?(?:\d{8}|\d{4}_\d{2}_\d{2})(?:v\d+)?$")


def operation_of_event(
    source: str, name: str, parameters: Mapping[str, Any] | None = None
) -> tuple[str, str] | Unmapped:
    """The service (botocore's client name) and operation behind an event, or why there is none.

    `source` is `eventSource`, `name` is `eventName`. `parameters` (`requestParameters`) tell apart operations of one name
    that two APIs of a service have (Elastic Load Balancing's CreateLoadBalancer); without them it is the newer API's.
    Where no API has the operation but IAM lists an action of its name (the console's own calls), the service is the client
    or, failing that, the IAM prefix. That AWS lists an action for the operation is not said: ask `primary_action`.
    """
    known = facts()
    source = source.lower()
    clients = clients_of(source)
    plain = _known_name(source, name, clients)
    if name in known.service_events.get(source, ()):
        return Unmapped(why=f"{name}: something that the service did by itself, no call")
    renamed_to = known.renamed_to.get(source, {}).get(plain)
    if renamed_to:
        return renamed_to
    plain = known.renamed.get(source, {}).get(plain, plain)
    having = tuple(client for client in clients if plain in _operations(client))
    if having:
        return _of(having, plain, parameters or {}), _variant(plain, parameters or {})
    listed = _with_an_action(source, plain, clients)
    if listed:
        return listed, plain
    return (
        Unmapped(why=f"{name}: {known.no_call[source]}")
        if source in known.no_call
        else _unknown(source, name, clients)
    )


def clients_of(source: str) -> tuple[str, ...]:
    """The clients whose calls an event source carries, the one that is likeliest first; none for an unknown source."""
    source = source.lower()
    label, _, domain = source.partition(".")
    found = {*_clients().get(source, ()), *facts().sources.get(source, ())}
    if not found and domain.startswith("amazonaws.com"):
        # no service's source by AWS's pages: what has the label for a prefix, an endpoint or a client's own name
        spelt = service_spellings(label)
        found = set() if isinstance(spelt, Unmapped) else {spelt.client}
    first = facts().preferred.get(source, label)
    return tuple(sorted(found, key=lambda client: (client != first, client != label, client)))


@cache
def event_sources() -> tuple[str, ...]:
    """Every event source that is known, sorted."""
    known = facts()
    return tuple(sorted({*_clients(), *known.sources, *known.prefixes, *known.no_call}))


def event_names(source: str) -> tuple[str, ...]:
    """Every event name of a source that stands for an operation, without the API's versions, sorted."""
    source, known = source.lower(), facts()
    found = {name for client in clients_of(source) for name in _operations(client)}
    return tuple(sorted({*found, *known.renamed.get(source, {}), *known.renamed_to.get(source, {})}))


def nearest_events(source: str, name: str) -> tuple[tuple[str, str], ...]:
    """Up to three known events (source and name) that are nearest to one that is not known, the nearest first.

    None for an event that is known, be it as a call or as no call.
    """
    if _is_known(source.lower(), name):
        return ()
    sources: Iterable[str] = [source.lower()] if clients_of(source) else ()
    sources = sources or difflib.get_close_matches(source.lower(), event_sources(), n=3, cutoff=0.6)
    near: list[tuple[float, str, str]] = []
    for each in sources:
        spelt = {known.lower(): known for known in event_names(each)}
        close = difflib.get_close_matches(_VERSION.sub("", name).lower(), spelt, n=3, cutoff=0.5)
        near += [
            (
                difflib.SequenceMatcher(None, f"{source}{name}".lower(), f"{each}{word}").ratio(),
                each,
                spelt[word],
            )
            for word in close
        ]
    return tuple((each, known) for _, each, known in sorted(near, key=lambda found: -found[0])[:3])


def _is_known(source: str, name: str) -> bool:
    known = facts()
    no_call = source in known.no_call or name in known.service_events.get(source, ())
    return no_call or isinstance(operation_of_event(source, name), tuple)


@cache
def _operations(client: str) -> frozenset[str]:
    return frozenset(operations_of(client))


def _known_name(source: str, name: str, clients: tuple[str, ...]) -> str:
    """The name without the API's version; Kafka's CreateClusterV2 is a name of its own."""
    if any(name in _operations(client) for client in clients) or name in facts().renamed.get(source, {}):
        return name
    return _VERSION.sub("", name)


def _of(having: tuple[str, ...], operation: str, parameters: Mapping[str, Any]) -> str:
    """The client of several with this operation whose members the parameters are."""
    if len(having) == 1 or not parameters:
        return having[0]
    given = {f"{str(name)[:1].lower()}{str(name)[1:]}" for name in parameters}
    telling = {client: telling_members(client, operation) for client in having}
    others = frozenset().union(*telling.values())

    def fits(client: str) -> int:
        return len(given & telling[client]) - len(given & (others - telling[client]))

    return max(having, key=lambda client: (fits(client), -having.index(client)))


def _variant(operation: str, parameters: Mapping[str, Any]) -> str:
    """S3 logs both versions of a list as ListObjects; the query tells them apart."""
    # AWS: S3 API reference, ListObjectsV2: `GET /?list-type=2`
    asked = parameters.get("list-type")
    asked = asked[0] if isinstance(asked, list) and asked else asked
    return "ListObjectsV2" if (operation, str(asked)) == ("ListObjects", "2") else operation


def _with_an_action(source: str, operation: str, clients: tuple[str, ...]) -> str | None:
    """Whose permission has the event's name, where no API has it as an operation: a client, or an IAM prefix."""
    for client in clients:
        prefix = iam_prefix(client)
        if isinstance(prefix, str) and _is_action(prefix, operation):
            return client
    label, _, domain = source.partition(".")
    plain = (label,) if domain.startswith("amazonaws.com") and label in actions.service_prefixes() else ()
    prefixes = facts().prefixes.get(source, plain)
    listed = [prefix for prefix in prefixes if _is_action(prefix, operation)]
    return listed[0] if len(listed) == 1 else None


def _is_action(prefix: str, name: str) -> bool:
    """Whether IAM lists an action of this very name; an event's name has AWS's spelling."""
    return actions.spelling(f"{prefix}:{name}") == f"{prefix}:{name}"


def _unknown(source: str, name: str, clients: tuple[str, ...]) -> Unmapped:
    label, _, domain = source.partition(".")
    aws = domain.startswith("amazonaws.com")
    if clients or source in facts().prefixes or (aws and label in actions.service_prefixes()):
        return Unmapped(why=f"{name}: the catalogue knows no such event of `{source}`")
    if not aws:
        return Unmapped(why=f"`{source}` is no service's event source")
    return Unmapped(why=f"the catalogue knows no service with the event source `{source}`")


@cache
def _clients() -> Mapping[str, tuple[str, ...]]:
    """The clients of each event source, sorted."""
    found: dict[str, set[str]] = {}
    for name in service_names():
        source = event_source(name)
        if isinstance(source, str):
            found.setdefault(source.lower(), set()).add(client_name(name))
    return {source: tuple(sorted(clients)) for source, clients in found.items()}
