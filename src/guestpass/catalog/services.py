"""One service, many spellings: botocore's client name, the signing name, the IAM prefix, CloudTrail's event
source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from guestpass.catalog import actions
from guestpass.catalog.values import Unmapped


@cache
def _services() -> Mapping[str, Mapping[str, str]]:
    """The facts by client name, and by signing name and IAM prefix where no client has that name."""
    text = resources.files("guestpass.catalog").joinpath("services.json").read_text(encoding="utf-8")
    by_client = {name: entry | {"client": name} for name, entry in json.loads(text)["services"].items()}
    spellings: dict[str, Mapping[str, str]] = dict(by_client)
    for entry in by_client.values():
        for name in (entry.get("signing", ""), entry["prefix"]):
            if name:
                spellings.setdefault(name, entry)
    return spellings


def _unknown(service: str) -> Unmapped:
    return Unmapped(why=f"the catalogue knows no service `{service}`")


def service_names() -> tuple[str, ...]:
    """Every spelling of a service that is understood, sorted."""
    return tuple(sorted(_services()))


def client_name(service: str) -> str:
    """Botocore's client name of a service in any spelling (`resourcegroupstaggingapi` for `tagging`)."""
    entry = _services().get(service)
    return service if entry is None else entry["client"]


def iam_prefix(service: str) -> str | Unmapped:
    """The IAM prefix of a service (`cloudwatch` for `cloudwatch` and for `monitoring`, `tag` for
    `tagging`).
    """
    entry = _services().get(service)
    if entry is not None:
        return entry["prefix"]
    return service if service in actions.service_prefixes() else _unknown(service)


def event_source(service: str) -> str | Unmapped:
    """The `eventSource` of a service's CloudTrail events (`monitoring.amazonaws.com` for `cloudwatch`)."""
    entry = _services().get(service)
    return _unknown(service) if entry is None else entry["source"]


def home_region(service: str) -> str | None:
    """The one region in which a service without regions runs and logs (`us-east-1` for `iam`); None for a
    regional one.
    """
    entry = _services().get(service)
    return None if entry is None else entry.get("region")


def is_global(service: str) -> bool:
    """Whether a service has one endpoint for all regions; its calls count as made in `home_region`.

    STS is not among them: it has regional endpoints, and a call to its old global one is signed for
    us-east-1.
    """
    return home_region(service) is not None
