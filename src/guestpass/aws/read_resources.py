"""What stands in the account's regions, as far as the jobs of today need it: EC2 and RDS.

Anything else is not read and nothing is claimed of it: `READ_TYPES` says what is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jmespath

from guestpass.account.snapshot import Resource
from guestpass.aws.reading import Reader, tags_of


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """How one resource type is listed: `id` and `created` are JMESPaths; an `id` that is no ARN goes into one."""

    type: str
    operation: str
    items: str
    id: str
    created: str | None = None
    parameters: Mapping[str, Any] | None = None
    tags: str | None = "Tags"
    mine: bool = False

    @property
    def service(self) -> str:
        return self.type.split(":")[0]


_KINDS = (
    _Kind(type="ec2:instance", operation="DescribeInstances", items="Reservations[].Instances[]", id="InstanceId",
          created="LaunchTime"),
    _Kind(type="ec2:volume", operation="DescribeVolumes", items="Volumes[]", id="VolumeId", created="CreateTime"),
    _Kind(type="ec2:security-group", operation="DescribeSecurityGroups", items="SecurityGroups[]", id="GroupId"),
    _Kind(type="ec2:elastic-ip", operation="DescribeAddresses", items="Addresses[]", id="AllocationId"),
    _Kind(type="ec2:snapshot", operation="DescribeSnapshots", items="Snapshots[]", id="SnapshotId",
          created="StartTime", mine=True),
    _Kind(type="ec2:key-pair", operation="DescribeKeyPairs", items="KeyPairs[]", id="KeyPairId", created="CreateTime"),
    _Kind(type="rds:db", operation="DescribeDBInstances", items="DBInstances[]", id="DBInstanceArn",
          created="InstanceCreateTime", tags="TagList"),
    _Kind(type="rds:snapshot", operation="DescribeDBSnapshots", items="DBSnapshots[]", id="DBSnapshotArn",
          created="SnapshotCreateTime", tags="TagList", parameters={"SnapshotType": "manual"}),
    _Kind(type="rds:subgrp", operation="DescribeDBSubnetGroups", items="DBSubnetGroups[]", id="DBSubnetGroupArn",
          tags=None),
)  # fmt: skip

READ_TYPES = tuple(kind.type for kind in _KINDS)
"""The resource types that a snapshot looks for."""


def resources(reader: Reader, regions: tuple[str, ...]) -> tuple[Resource, ...]:
    """Everything of these types in the regions; a list that cannot be read is a gap."""
    found: list[Resource] = []
    for region in regions:
        for kind in _KINDS:
            found += reader.try_list(
                f"{kind.service}:{kind.operation} {region}", _Listing(reader, kind, region)
            )
    return tuple(sorted(found, key=lambda resource: resource.arn))


@dataclass(frozen=True)
class _Listing:
    reader: Reader
    kind: _Kind
    region: str

    def __call__(self) -> list[Resource]:
        top, _, _rest = self.kind.items.partition("[")
        parameters = dict(self.kind.parameters or {})
        if self.kind.mine:
            # said twice: some endpoints do not heed OwnerIds, and list everybody's public snapshots
            owner = {"Name": "owner-id", "Values": [self.reader.hands.caller.account]}
            parameters |= {"OwnerIds": ["self"], "Filters": [owner]}
        pages = self.reader.every(top, self.kind.service, self.kind.operation, self.region, **parameters)
        items = jmespath.search(self.kind.items, {top: list(pages)}) or []
        # AWS: a terminated instance stays in DescribeInstances for about an hour
        return [self._resource(item) for item in items if not _gone(item)]

    def _resource(self, item: Mapping[str, Any]) -> Resource:
        name = str(jmespath.search(self.kind.id, item))
        caller = self.reader.hands.caller
        arn = (
            name
            if name.startswith("arn:")
            else f"arn:{caller.partition}:ec2:{self.region}:{caller.account}:{self.kind.type.split(':')[1]}/{name}"
        )
        tags = (
            item.get(self.kind.tags)
            if self.kind.tags
            else self.reader.ask("rds", "ListTagsForResource", self.region, ResourceName=arn).get("TagList")
        )
        return Resource(
            arn=arn,
            type=self.kind.type,
            region=self.region,
            tags=tags_of(tags),
            created=item.get(self.kind.created) if self.kind.created else None,
        )


def _gone(item: Mapping[str, Any]) -> bool:
    state = item.get("State")
    return isinstance(state, Mapping) and state.get("Name") == "terminated"
