"""Builds a PHP site's backend with boto3: a web server behind an elastic IP, and a MySQL database.

Reads the pass's facts from the environment (`guestpass unseal` writes them): GUESTPASS_NAME, GUESTPASS_VPC,
GUESTPASS_SUBNETS, GUESTPASS_INSTANCE_TYPE, GUESTPASS_DATABASE_CLASS, and AWS's own variables.
Prints one JSON line for each thing made, which is also the list of what was deployed that the owner asks for.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

import boto3

USER_DATA = """#!/bin/bash
dnf install -y nginx php-fpm php-mysqlnd
systemctl enable --now nginx php-fpm
"""


def facts() -> dict[str, str]:
    """The pass as the guest knows it."""
    try:
        return {
            "name": os.environ["GUESTPASS_NAME"],
            "vpc": os.environ["GUESTPASS_VPC"],
            "subnets": os.environ["GUESTPASS_SUBNETS"],
            "instance_type": os.environ["GUESTPASS_INSTANCE_TYPE"],
            "database_class": os.environ["GUESTPASS_DATABASE_CLASS"],
        }
    except KeyError as missing:
        sys.exit(
            f"{missing} is not set; run `guestpass unseal FILE --identity KEYFILE`, source what it writes"
        )


def tags(name: str, label: str) -> list[dict[str, str]]:
    """The tag that every thing of the pass must carry from its first moment, and a name for people."""
    return [{"Key": "guestpass", "Value": name}, {"Key": "Name", "Value": label}]


def tagged(name: str, label: str, *types: str) -> list[dict[str, object]]:
    """EC2's way to tag while creating."""
    return [{"ResourceType": kind, "Tags": tags(name, label)} for kind in types]


def newest_image(ec2) -> str:
    """The newest plain Amazon Linux for x86_64."""
    images = ec2.describe_images(
        Owners=["amazon"],
        Filters=[
            {"Name": "name", "Values": ["al2023-ami-2*", "amzn2-ami-hvm-2*", "amzn-ami-hvm-*"]},
            {"Name": "architecture", "Values": ["x86_64"]},
        ],
    )["Images"]
    if not images:
        sys.exit("no Amazon Linux image is to be seen in this region")
    return max(images, key=lambda image: (image["Name"].startswith("al2023"), image["CreationDate"]))[
        "ImageId"
    ]


def launch(fact: dict[str, str], *, image: str, group: str, label: str) -> dict:
    """What RunInstances is asked for: tags on all three things it makes, and the safe metadata service."""
    return {
        "ImageId": image,
        "InstanceType": fact["instance_type"],
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": fact["subnets"].split(",")[0],
        "SecurityGroupIds": [group],
        "IamInstanceProfile": {"Name": f"{fact['name']}-instance"},
        "MetadataOptions": {"HttpTokens": "required"},
        "UserData": USER_DATA,
        "TagSpecifications": tagged(fact["name"], label, "instance", "volume", "network-interface"),
    }


def made(kind: str, thing: str) -> None:
    """Say what was made."""
    print(json.dumps({"made": kind, "id": thing}), flush=True)


def security_groups(ec2, fact: dict[str, str], stage: str) -> tuple[str, str]:
    """One group for the web server, open on 80 and 443; one for the database, open to the first."""
    name, vpc = fact["name"], fact["vpc"]

    def group(role: str, about: str) -> str:
        label = f"{name}-{stage}-{role}"
        answer = ec2.create_security_group(
            GroupName=label,
            Description=about,
            VpcId=vpc,
            TagSpecifications=tagged(name, label, "security-group"),
        )
        made("ec2:security-group", answer["GroupId"])
        return answer["GroupId"]

    web, database = group("web", "the site"), group("db", "the site's database")
    for port in (80, 443):
        ec2.authorize_security_group_ingress(
            GroupId=web,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ],
        )
    ec2.authorize_security_group_ingress(
        GroupId=database,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "UserIdGroupPairs": [{"GroupId": web}]}
        ],
    )
    return web, database


def server(ec2, fact: dict[str, str], stage: str, group: str) -> None:
    """The web server with its elastic IP."""
    label = f"{fact['name']}-{stage}-web"
    asked = launch(fact, image=newest_image(ec2), group=group, label=label)
    instance = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
    made("ec2:instance", instance)
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 2})
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged(fact["name"], label, "elastic-ip"))[
        "AllocationId"
    ]
    made("ec2:elastic-ip", address)
    ec2.associate_address(AllocationId=address, InstanceId=instance)


def database(rds, fact: dict[str, str], stage: str, group: str) -> None:
    """The MySQL database; its password goes to a file that only its owner can read."""
    label = f"{fact['name']}-{stage}"
    rds.create_db_subnet_group(
        DBSubnetGroupName=label,
        DBSubnetGroupDescription="the site's database",
        SubnetIds=fact["subnets"].split(","),
        Tags=tags(fact["name"], label),
    )
    made("rds:subgrp", label)
    password = secrets.token_urlsafe(24)
    kept = Path(f"{label}.password")
    kept.touch(mode=0o600)
    kept.write_text(password)
    rds.create_db_instance(
        DBInstanceIdentifier=label,
        DBInstanceClass=fact["database_class"],
        Engine="mysql",
        AllocatedStorage=20,
        StorageEncrypted=True,
        MasterUsername="site",
        MasterUserPassword=password,
        DBSubnetGroupName=label,
        VpcSecurityGroupIds=[group],
        PubliclyAccessible=False,
        Tags=tags(fact["name"], label),
    )
    made("rds:db", label)


def main() -> None:
    """Build the live stage."""
    fact, stage = facts(), "live"
    ec2, rds = boto3.client("ec2"), boto3.client("rds")
    web, data = security_groups(ec2, fact, stage)
    server(ec2, fact, stage, web)
    database(rds, fact, stage, data)


if __name__ == "__main__":
    main()
