"""The AWS managed policies that owners ask about, as they stood in the package they were distilled from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from guestpass.catalog.values import ManagedPolicy, Unmapped


@cache
def _file() -> Mapping[str, Any]:
    path = resources.files("guestpass.catalog").joinpath("managed_policies.json")
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def managed_policy_names() -> tuple[str, ...]:
    """The names that `managed_policy` knows, sorted."""
    return tuple(sorted(_file()["policies"]))


def managed_policy(name: str) -> ManagedPolicy | Unmapped:
    """An AWS managed policy by name or ARN, with the version and the date that this copy has."""
    wanted = name.rpartition("/")[2] if name.startswith("arn:") else name
    entry = _file()["policies"].get(wanted)
    if entry is None or (name.startswith("arn:") and name != entry["arn"]):
        return Unmapped(why=f"no copy of the AWS managed policy `{name}`")
    return ManagedPolicy(
        name=wanted,
        arn=entry["arn"],
        version=entry["version"],
        date=date.fromisoformat(entry["date"]),
        document=entry["document"],
        source=_file()["source"],
    )
