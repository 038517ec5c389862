"""The AWS managed policies, each as it stood in the package it was distilled from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

import msgspec

from guestpass.catalog import distilled
from guestpass.catalog.parts import package
from guestpass.catalog.values import ManagedPolicy, Unmapped


class _Policy(msgspec.Struct, frozen=True, array_like=True):
    path: str
    version: str
    day: date
    document: dict[str, Any]


_POLICY = msgspec.json.Decoder(_Policy)


@cache
def _shard_of() -> Mapping[str, int]:
    """The number of the member that holds a policy, by its name."""
    shards = distilled.needed("policies.json", list[str])
    return {name: number for number, names in enumerate(shards) for name in names.split()}


@lru_cache(maxsize=2)
def _shard(number: int) -> Mapping[str, msgspec.Raw]:
    return distilled.needed(f"policies/{number}.json", dict[str, msgspec.Raw])


def managed_policy_names() -> tuple[str, ...]:
    """The names that `managed_policy` knows, sorted."""
    return tuple(_shard_of())


@lru_cache(maxsize=512)
def managed_policy(name: str) -> ManagedPolicy | Unmapped:
    """An AWS managed policy by name or ARN, with the version and the date that this copy has."""
    wanted = name.rpartition("/")[2] if name.startswith("arn:") else name
    number = _shard_of().get(wanted)
    entry = None if number is None else _POLICY.decode(_shard(number)[wanted])
    arn = f"arn:aws:iam::aws:policy{entry.path}{wanted}" if entry else ""
    if entry is None or (name.startswith("arn:") and name != arn):
        return Unmapped(why=f"no copy of the AWS managed policy `{name}`")
    return ManagedPolicy(
        name=wanted,
        arn=arn,
        version=entry.version,
        date=entry.day,
        document=entry.document,
        source=f"moto {package('moto').version}",
    )
