"""Makes two things that the guest forgets to tell: an address that nobody uses, and a disk beside it. Both cost money."""

from __future__ import annotations

import json
import os

import boto3


def tagged(name: str, kind: str) -> list[dict[str, object]]:
    """The pass's tag, without which nothing can be made."""
    return [{"ResourceType": kind, "Tags": [{"Key": "guestpass", "Value": name}]}]


def made(kind: str, thing: str) -> None:
    """Say what was made."""
    print(json.dumps({"made": kind, "id": thing}), flush=True)


def main() -> None:
    """Make both."""
    name, ec2 = os.environ["GUESTPASS_NAME"], boto3.client("ec2")
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged(name, "elastic-ip"))
    made("ec2:elastic-ip", address["AllocationId"])
    zone = ec2.describe_subnets(SubnetIds=os.environ["GUESTPASS_SUBNETS"].split(",")[:1])["Subnets"][0]
    disk = ec2.create_volume(
        AvailabilityZone=zone["AvailabilityZone"],
        Size=100,
        VolumeType="gp3",
        TagSpecifications=tagged(name, "volume"),
    )
    made("ec2:volume", disk["VolumeId"])


if __name__ == "__main__":
    main()
