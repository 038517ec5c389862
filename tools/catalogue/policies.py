"""The AWS managed policies that moto carries: `policies.json` says where each is, `policies/NUMBER.json` hold them."""

from __future__ import annotations

import json
from typing import Any

from tools.catalogue.wheels import Wheels

_A_SHARD = 200
"""So many policies a member: few members pack well, and one policy is still read in milliseconds."""


def members(wheels: Wheels) -> dict[str, object]:
    """The index (`PATH NAME`, in the order of the shards) and the shards."""
    everything = json.loads(
        wheels["moto"].literal("moto/iam/aws_managed_policies.py", "aws_managed_policies_data")
    )
    names = sorted(everything)
    shards = [names[start : start + _A_SHARD] for start in range(0, len(names), _A_SHARD)]
    found: dict[str, object] = {
        f"policies/{number}.json": {name: _policy(everything[name]) for name in shard}
        for number, shard in enumerate(shards)
    }
    return {**found, "policies.json": [" ".join(shard) for shard in shards]}


def _policy(entry: dict[str, Any]) -> list[object]:
    return [entry["Path"], entry["DefaultVersionId"], entry["UpdateDate"][:10], entry["Document"]]
