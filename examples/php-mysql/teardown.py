"""Takes down what was built under a pass, by name and tag, in the order in which AWS lets go of it.

`python teardown.py STAGE` takes one stage down (`staging`), without a word everything of the pass. Reads what
`guestpass unseal` wrote. Prints one JSON line for each thing deleted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError

PATIENCE = 900
GONE = ("NotFound", "DBInstanceNotFound", "DBSubnetGroupNotFoundFault", "DBInstanceNotFoundFault")


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
            if (
                code not in ("DependencyViolation", "InvalidDBSubnetGroupStateFault")
                or time.monotonic() > until
            ):
                raise
            time.sleep(5)


def label_of(thing: dict) -> str:
    """What the thing is called."""
    return next((tag["Value"] for tag in thing.get("Tags", []) if tag["Key"] == "Name"), "")


def databases(rds, prefix: str) -> None:
    """Databases first: they take longest. Their last backup is not kept here."""
    names = [
        each["DBInstanceIdentifier"]
        for page in rds.get_paginator("describe_db_instances").paginate()
        for each in page["DBInstances"]
        if each["DBInstanceIdentifier"].startswith(prefix)
    ]
    for name in names:
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    for name in names:
        rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 2})
        deleted("rds:db", name)
    for each in rds.describe_db_subnet_groups()["DBSubnetGroups"]:
        if each["DBSubnetGroupName"].startswith(prefix):
            gently(rds.delete_db_subnet_group, DBSubnetGroupName=each["DBSubnetGroupName"])
            deleted("rds:subgrp", each["DBSubnetGroupName"])


def servers(ec2, mine: list[dict], prefix: str) -> None:
    """Addresses, then instances, then what they stood behind."""
    for address in ec2.describe_addresses(Filters=mine)["Addresses"]:
        if label_of(address).startswith(prefix):
            if "AssociationId" in address:
                ec2.disassociate_address(AssociationId=address["AssociationId"])
            ec2.release_address(AllocationId=address["AllocationId"])
            deleted("ec2:elastic-ip", address["AllocationId"])
    alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    instances = [
        each["InstanceId"]
        for page in ec2.get_paginator("describe_instances").paginate(Filters=[*mine, alive])
        for reservation in page["Reservations"]
        for each in reservation["Instances"]
        if label_of(each).startswith(prefix)
    ]
    if instances:
        ec2.terminate_instances(InstanceIds=instances)
        ec2.get_waiter("instance_terminated").wait(InstanceIds=instances, WaiterConfig={"Delay": 2})
        for name in instances:
            deleted("ec2:instance", name)
    for volume in ec2.describe_volumes(Filters=[*mine, {"Name": "status", "Values": ["available"]}])[
        "Volumes"
    ]:
        if label_of(volume).startswith(prefix):
            gently(ec2.delete_volume, VolumeId=volume["VolumeId"])
            deleted("ec2:volume", volume["VolumeId"])
    groups = [
        each
        for each in ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
        if each["GroupName"].startswith(prefix)
    ]
    # a group that another one's rule names cannot go before the rule does
    for group in groups:
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    for group in groups:
        gently(ec2.delete_security_group, GroupId=group["GroupId"])
        deleted("ec2:security-group", group["GroupId"])


def main() -> None:
    """Take down one stage, or everything."""
    name = os.environ["GUESTPASS_NAME"]
    prefix = f"{name}-{sys.argv[1]}" if len(sys.argv) > 1 else f"{name}-"
    databases(boto3.client("rds"), prefix)
    servers(boto3.client("ec2"), [{"Name": "tag:guestpass", "Values": [name]}], prefix)


if __name__ == "__main__":
    main()
