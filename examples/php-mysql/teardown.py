"""Takes down what was built under a pass, by name and tag, in the order in which AWS lets go of it.

`python teardown.py STAGE` takes one stage down (`staging`); without a word, everything that carries the pass's tag or
name. Reads what `guestpass unseal` wrote. Prints one JSON line for each thing deleted, as soon as it is gone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator

import boto3
from botocore.exceptions import ClientError

PATIENCE = 900
PAUSE = 2
GONE = ("NotFound", "NotFoundFault", "NotFoundException", "NoSuchEntity")
REFUSED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
HELD = ("DependencyViolation", "InvalidDBSubnetGroupStateFault", "VolumeInUse", "IncorrectState")


def deleted(kind: str, thing: str) -> None:
    """Say what was deleted."""
    print(json.dumps({"deleted": kind, "id": thing}), flush=True)


def gently(call: Callable[..., object], **parameters: object) -> None:
    """Delete, and wait while something else still holds on to the thing; what is gone already is gone."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            call(**parameters)
            return
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code.endswith(GONE):
                return
            if code not in HELD or time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def pages(client, operation: str, key: str, **parameters: object) -> Iterator[dict]:
    """Everything that a Describe call lists, page by page.

    A tightened pass still lists each kind of thing that stands: of what may not be listed, there is nothing to delete.
    """
    try:
        for page in client.get_paginator(operation).paginate(**parameters):
            yield from page[key]
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        print(f"{operation} is refused: the pass knows of no such thing", file=sys.stderr)


class Mine:
    """What to take down: the things of the pass, or those of one of its stages, which their names begin with."""

    def __init__(self, name: str, stage: str | None) -> None:
        self.name, self.stage = name, stage
        self.prefix = f"{name}-{stage}" if stage else f"{name}-"
        self.tagged = [{"Name": "tag:guestpass", "Values": [name]}]

    def label(self, thing: dict) -> bool:
        """Whether a thing with the pass's tag is meant: each one, or those called after the stage."""
        label = next((tag["Value"] for tag in thing.get("Tags", []) if tag["Key"] == "Name"), "")
        return self.stage is None or self.called(label)

    def called(self, name: str) -> bool:
        """Whether a name says so: `acme-shop-live` and `acme-shop-live-web` are of the stage `live`."""
        return (
            name.startswith(self.prefix) if self.stage is None else f"{name}-".startswith(f"{self.prefix}-")
        )


def databases(rds, mine: Mine) -> None:
    """Databases and their backups; no last backup is kept. They take longest, so all are asked to go at once."""
    names = [each["DBInstanceIdentifier"] for each in pages(rds, "describe_db_instances", "DBInstances")]
    names = [name for name in names if mine.called(name)]
    for name in names:
        gently(rds.delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    for name in names:
        rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": PAUSE})
        deleted("rds:db", name)
    for each in pages(rds, "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"):
        if mine.called(each["DBSnapshotIdentifier"]):
            gently(rds.delete_db_snapshot, DBSnapshotIdentifier=each["DBSnapshotIdentifier"])
            deleted("rds:snapshot", each["DBSnapshotIdentifier"])
    for each in pages(rds, "describe_db_subnet_groups", "DBSubnetGroups"):
        if mine.called(each["DBSubnetGroupName"]):
            gently(rds.delete_db_subnet_group, DBSubnetGroupName=each["DBSubnetGroupName"])
            deleted("rds:subgrp", each["DBSubnetGroupName"])


def servers(ec2, mine: Mine) -> None:
    """Addresses first, then instances, which take their own disks and interfaces along."""
    for address in ec2.describe_addresses(Filters=mine.tagged)["Addresses"]:
        if mine.label(address):
            if "AssociationId" in address:
                gently(ec2.disassociate_address, AssociationId=address["AssociationId"])
            gently(ec2.release_address, AllocationId=address["AllocationId"])
            deleted("ec2:elastic-ip", address["AllocationId"])
    alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    instances = [
        instance["InstanceId"]
        for each in pages(ec2, "describe_instances", "Reservations", Filters=[*mine.tagged, alive])
        for instance in each["Instances"]
        if mine.label(instance)
    ]
    if instances:
        ec2.terminate_instances(InstanceIds=instances)
        waiter = ec2.get_waiter("instance_terminated")
        waiter.wait(InstanceIds=instances, WaiterConfig={"Delay": PAUSE})
        for name in instances:
            deleted("ec2:instance", name)


def disks(ec2, mine: Mine) -> None:
    """Disks that no instance has taken along, and their backups."""
    free = {"Name": "status", "Values": ["available"]}
    for volume in list(pages(ec2, "describe_volumes", "Volumes", Filters=[*mine.tagged, free])):
        if mine.label(volume):
            gently(ec2.delete_volume, VolumeId=volume["VolumeId"])
            deleted("ec2:volume", volume["VolumeId"])
    for each in list(pages(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=mine.tagged)):
        if mine.label(each):
            gently(ec2.delete_snapshot, SnapshotId=each["SnapshotId"])
            deleted("ec2:snapshot", each["SnapshotId"])


def key_pairs(ec2, mine: Mine) -> list[dict]:
    """The pass's key pairs, which AWS does not list by the page."""
    try:
        return list(ec2.describe_key_pairs(Filters=mine.tagged)["KeyPairs"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        return []


def doors(ec2, mine: Mine) -> None:
    """Security groups and key pairs. A group that another one's rule names cannot go before the rule does."""
    groups = ec2.describe_security_groups(Filters=mine.tagged)["SecurityGroups"]
    groups = [group for group in groups if mine.called(group["GroupName"]) or mine.stage is None]
    for group in groups:
        named = [rule for rule in group["IpPermissions"] if rule.get("UserIdGroupPairs")]
        if named:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=named)
    for group in groups:
        gently(ec2.delete_security_group, GroupId=group["GroupId"])
        deleted("ec2:security-group", group["GroupId"])
    for pair in key_pairs(ec2, mine):
        if mine.called(pair["KeyName"]):
            ec2.delete_key_pair(KeyName=pair["KeyName"])
            deleted("ec2:key-pair", pair["KeyName"])


def main() -> None:
    """Take down one stage, or everything."""
    try:
        name = os.environ["GUESTPASS_NAME"]
    except KeyError:
        sys.exit(
            "GUESTPASS_NAME is not set; run `guestpass unseal FILE --identity KEYFILE`, source what it writes"
        )
    mine = Mine(name, sys.argv[1] if len(sys.argv) > 1 else None)
    ec2 = boto3.client("ec2")
    databases(boto3.client("rds"), mine)
    servers(ec2, mine)
    disks(ec2, mine)
    doors(ec2, mine)


if __name__ == "__main__":
    main()
