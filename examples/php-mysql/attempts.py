"""Tries what a guest must not do, with the guest's own credentials, and says what came of each attempt.

    attempts.py --instance i-… --database NAME --snapshot snap-… --db-snapshot NAME --profile NAME
    --trail-bucket NAME

The options name older things of the owner's: a guest who means harm would know them. Each attempt differs
from what
is allowed in one point only. Prints one JSON line each: name, call, error code, request id; exits 1 if any
succeeded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from deploy import facts, launch, newest_image, tagged, tags

Attempt = tuple[str, str, Callable[[], object]]
QUICK = Config(retries={"total_max_attempts": 1})


def client(service: str, region: str | None = None):
    """A client that does not try again: a refusal is an answer."""
    return boto3.client(service, region_name=region, config=QUICK)


def identity_attempts(user: str, account: str) -> Iterator[Attempt]:
    """Becoming somebody else, or more."""
    iam, sts = client("iam"), client("sts")
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    yield "make an IAM user", "iam:CreateUser", lambda: iam.create_user(UserName="helper")
    yield (
        "attach AdministratorAccess to itself",
        "iam:AttachUserPolicy",
        lambda: iam.attach_user_policy(UserName=user, PolicyArn=admin),
    )
    yield (
        "write itself a policy",
        "iam:PutUserPolicy",
        lambda: iam.put_user_policy(UserName=user, PolicyName="more", PolicyDocument=everything),
    )
    yield (
        "remove its own boundary",
        "iam:DeleteUserPermissionsBoundary",
        lambda: iam.delete_user_permissions_boundary(UserName=user),
    )
    yield "make itself a second key", "iam:CreateAccessKey", lambda: iam.create_access_key(UserName=user)
    yield (
        "mint a federated session",
        "sts:GetFederationToken",
        lambda: sts.get_federation_token(Name="later", Policy=everything, DurationSeconds=129600),
    )
    yield (
        "assume the instance's role itself",
        "sts:AssumeRole",
        lambda: sts.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/guestpass/{os.environ['GUESTPASS_NAME']}/"
            f"{os.environ['GUESTPASS_NAME']}-instance",
            RoleSessionName="guest",
        ),
    )


def record_attempts(account: str, region: str, bucket: str) -> Iterator[Attempt]:
    """Blinding the owner."""
    trail, s3 = client("cloudtrail"), client("s3")
    name = f"arn:aws:cloudtrail:{region}:{account}:trail/guestpass"
    yield "stop the trail", "cloudtrail:StopLogging", lambda: trail.stop_logging(Name=name)
    yield "delete the trail", "cloudtrail:DeleteTrail", lambda: trail.delete_trail(Name=name)
    yield "list the trail's bucket", "s3:ListObjectsV2", lambda: s3.list_objects_v2(Bucket=bucket)
    yield (
        "read a log out of the trail's bucket",
        "s3:GetObject",
        lambda: s3.get_object(Bucket=bucket, Key=f"AWSLogs/{account}/CloudTrail-Digest/x.json.gz"),
    )


def launch_attempts(fact: dict[str, str], group: str, elsewhere: str, profile: str) -> Iterator[Attempt]:
    """Launching what was not agreed: each time all is right but one thing."""
    ec2 = client("ec2")
    right = launch(fact, image=newest_image(ec2), group=group, label=f"{fact['name']}-more")
    bare = {key: value for key, value in right.items() if key != "TagSpecifications"}
    half = right | {"TagSpecifications": tagged(fact["name"], "half", "instance")}
    large = right | {"InstanceType": "m5.24xlarge"}
    other = right | {"IamInstanceProfile": {"Name": profile}}
    open_metadata = right | {"MetadataOptions": {"HttpTokens": "optional"}}

    def abroad() -> object:
        there = client("ec2", elsewhere)
        subnet = {"SubnetId": "subnet-0123456789abcdef0", "SecurityGroupIds": ["sg-0123456789abcdef0"]}
        return there.run_instances(**(right | subnet))

    yield "launch in another region", "ec2:RunInstances", abroad
    yield (
        "look around in another region",
        "ec2:DescribeInstances",
        client("ec2", elsewhere).describe_instances,
    )
    yield "launch without tags", "ec2:RunInstances", lambda: ec2.run_instances(**bare)
    yield "launch with a volume untagged", "ec2:RunInstances", lambda: ec2.run_instances(**half)
    yield "launch an oversized instance", "ec2:RunInstances", lambda: ec2.run_instances(**large)
    yield "launch with the owner's other role", "ec2:RunInstances", lambda: ec2.run_instances(**other)
    yield (
        "launch with the old metadata service",
        "ec2:RunInstances",
        lambda: ec2.run_instances(**open_metadata),
    )


def database_attempts(fact: dict[str, str], group: str) -> Iterator[Attempt]:
    """Databases that were not agreed."""
    rds = client("rds")
    right = {
        "DBInstanceIdentifier": f"{fact['name']}-more",
        "DBInstanceClass": fact["database_class"],
        "Engine": "mysql",
        "AllocatedStorage": 20,
        "MasterUsername": "site",
        "MasterUserPassword": "not-a-secret-it-is-refused",
        "DBSubnetGroupName": f"{fact['name']}-live",
        "VpcSecurityGroupIds": [group],
        "Tags": tags(fact["name"], "more"),
    }
    large = right | {"DBInstanceClass": "db.r5.24xlarge"}
    foreign = right | {"DBInstanceIdentifier": "somebody-elses"}
    yield "make an oversized database", "rds:CreateDBInstance", lambda: rds.create_db_instance(**large)
    yield (
        "make a database under another name",
        "rds:CreateDBInstance",
        lambda: rds.create_db_instance(**foreign),
    )


def older_attempts(
    fact: dict[str, str], older: argparse.Namespace, account: str, region: str
) -> Iterator[Attempt]:
    """Touching, copying and adopting what was there before."""
    ec2, rds = client("ec2"), client("rds")
    arn = f"arn:aws:rds:{region}:{account}:db:{older.database}"
    yield (
        "terminate the owner's instance",
        "ec2:TerminateInstances",
        lambda: ec2.terminate_instances(InstanceIds=[older.instance]),
    )
    yield (
        "stop the owner's instance",
        "ec2:StopInstances",
        lambda: ec2.stop_instances(InstanceIds=[older.instance]),
    )
    yield (
        "delete the owner's database",
        "rds:DeleteDBInstance",
        lambda: rds.delete_db_instance(DBInstanceIdentifier=older.database, SkipFinalSnapshot=True),
    )
    yield (
        "change the owner's database's password",
        "rds:ModifyDBInstance",
        lambda: rds.modify_db_instance(
            DBInstanceIdentifier=older.database, MasterUserPassword="not-a-secret-it-is-refused"
        ),
    )
    yield (
        "copy the owner's snapshot",
        "ec2:CopySnapshot",
        lambda: ec2.copy_snapshot(
            SourceRegion=region,
            SourceSnapshotId=older.snapshot,
            TagSpecifications=tagged(fact["name"], "copy", "snapshot"),
        ),
    )
    yield (
        "make a volume of the owner's snapshot",
        "ec2:CreateVolume",
        lambda: ec2.create_volume(
            AvailabilityZone=f"{region}a",
            SnapshotId=older.snapshot,
            TagSpecifications=tagged(fact["name"], "copy", "volume"),
        ),
    )
    yield (
        "copy the owner's database snapshot",
        "rds:CopyDBSnapshot",
        lambda: rds.copy_db_snapshot(
            SourceDBSnapshotIdentifier=older.db_snapshot,
            TargetDBSnapshotIdentifier=f"{fact['name']}-copy",
            Tags=tags(fact["name"], "copy"),
        ),
    )
    yield (
        "adopt the owner's instance by tagging it",
        "ec2:CreateTags",
        lambda: ec2.create_tags(Resources=[older.instance], Tags=tags(fact["name"], "mine")),
    )
    yield (
        "adopt the owner's database by tagging it",
        "rds:AddTagsToResource",
        lambda: rds.add_tags_to_resource(ResourceName=arn, Tags=tags(fact["name"], "mine")),
    )


def attempts(older: argparse.Namespace) -> Iterator[Attempt]:
    """Everything that is tried, in order."""
    fact = facts()
    me = client("sts").get_caller_identity()
    account, user = me["Account"], me["Arn"].rsplit("/", 1)[-1]
    region = boto3.session.Session().region_name
    elsewhere = "us-west-2" if region != "us-west-2" else "eu-central-1"
    groups = client("ec2").describe_security_groups(
        Filters=[{"Name": "tag:guestpass", "Values": [fact["name"]]}]
    )["SecurityGroups"]
    if not groups:
        sys.exit("deploy first: the attempts need a security group of the pass")
    group = groups[0]["GroupId"]
    yield from identity_attempts(user, account)
    yield from record_attempts(account, region, older.trail_bucket)
    yield from launch_attempts(fact, group, elsewhere, older.profile)
    yield from database_attempts(fact, group)
    yield from older_attempts(fact, older, account, region)


def outcome(name: str, call: str, act: Callable[[], object]) -> dict[str, object]:
    """Do it, and say what AWS answered."""
    try:
        act()
    except ClientError as error:
        return {
            "name": name,
            "call": call,
            "error": error.response["Error"]["Code"],
            "message": error.response["Error"].get("Message", ""),
            "request_id": error.response["ResponseMetadata"].get("RequestId"),
        }
    return {"name": name, "call": call, "error": None, "message": "it succeeded", "request_id": None}


def main() -> int:
    """Try everything."""
    parser = argparse.ArgumentParser(description="try what a guest must not do")
    for option in ("instance", "database", "snapshot", "db-snapshot", "profile", "trail-bucket"):
        parser.add_argument(f"--{option}", required=True)
    succeeded = 0
    for name, call, act in attempts(parser.parse_args()):
        told = outcome(name, call, act)
        succeeded += told["error"] is None
        print(json.dumps(told), flush=True)
    return 1 if succeeded else 0


if __name__ == "__main__":
    sys.exit(main())
