"""What a guest must not do, as data: each attempt differs from an allowed call in one point, and says what
refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from guestpass.loan import Names
from loan.story import DATABASE, LAUNCH, OTHER_SUBNET, OWNER, RDS_TAGS, REGION, Call, a_pass, tagged

NAMES = Names.of_pass(a_pass())
IAM: Mapping[str, Any] = {"region": "us-east-1"}


def attempt(
    says: str, name: str, refused_by: str, parameters: Mapping[str, Any] | None = None, **more: Any
) -> Any:
    """`refused_by` is the Deny's Sid; or `near X`: the wall is silent, and X is the Allow that comes
    closest."""
    service, operation = name.split(":")
    call = Call(says=says, service=service, operation=operation, parameters=parameters or {}, **more)
    return pytest.param(call, refused_by, id=call.id)


def launch(**changes: Any) -> dict[str, Any]:
    return {**LAUNCH, **changes}


def database(**changes: Any) -> dict[str, Any]:
    return {**DATABASE, **changes}


def but(parameters: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key not in names}


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TRAIL = {"Name": f"arn:aws:cloudtrail:{REGION}:{OWNER}:trail/guestpass"}
BUCKET = f"guestpass-trail-{OWNER}-{REGION}"
ME = {"UserName": "acme-shop-guest"}
OWNERS_DB = f"arn:aws:rds:{REGION}:{OWNER}:db:production"
BEYOND, ELSEWHERE, THE_END = "DenyBeyondTheJob", "DenyOtherRegions", "DenyAfterTheEnd"

IDENTITY = [
    attempt("make an IAM user", "iam:CreateUser", BEYOND, {"UserName": "helper"}, **IAM),
    attempt("attach a policy", "iam:AttachUserPolicy", BEYOND, {**ME, "PolicyArn": ADMIN}, **IAM),
    attempt(
        "write itself a policy",
        "iam:PutUserPolicy",
        BEYOND,
        {**ME, "PolicyName": "more", "PolicyDocument": "{}"},
        **IAM,
    ),
    attempt("remove its own boundary", "iam:DeleteUserPermissionsBoundary", BEYOND, ME, **IAM),
    attempt(
        "change its own boundary",
        "iam:PutUserPermissionsBoundary",
        BEYOND,
        {**ME, "PermissionsBoundary": ADMIN},
        **IAM,
    ),
    attempt("make itself a second key", "iam:CreateAccessKey", BEYOND, ME, **IAM),
    attempt("mint a federated session", "sts:GetFederationToken", BEYOND, {"Name": "later"}),
    attempt(
        "assume the instance's role",
        "sts:AssumeRole",
        BEYOND,
        {"RoleArn": NAMES.instance_role_arn, "RoleSessionName": "x"},
    ),
]
RECORD = [
    attempt("stop the trail", "cloudtrail:StopLogging", BEYOND, TRAIL),
    attempt("delete the trail", "cloudtrail:DeleteTrail", BEYOND, TRAIL),
    attempt("list the trail's bucket", "s3:ListObjectsV2", BEYOND, {"Bucket": BUCKET}),
    attempt("read the trail's bucket", "s3:GetObject", BEYOND, {"Bucket": BUCKET, "Key": "AWSLogs/x"}),
]
LAUNCHES = [
    attempt("launch in another region", "ec2:RunInstances", ELSEWHERE, LAUNCH, region="us-west-2"),
    attempt("look around elsewhere", "ec2:DescribeInstances", ELSEWHERE, region="us-east-1"),
    attempt("launch untagged", "ec2:RunInstances", "near CreateInstance", but(LAUNCH, "TagSpecifications")),
    attempt(
        "launch with a disk untagged",
        "ec2:RunInstances",
        "near CreateInterfaceAndVolume",
        launch(TagSpecifications=tagged("instance", "network-interface")),
    ),
    attempt(
        "launch under another pass's tag",
        "ec2:RunInstances",
        "near CreateInstance",
        launch(TagSpecifications=tagged("instance", "volume", "network-interface", value="other-shop")),
    ),
    attempt(
        "launch oversized", "ec2:RunInstances", "near CreateInstance", launch(InstanceType="m5.24xlarge")
    ),
    attempt(
        "launch with the default size", "ec2:RunInstances", "near CreateInstance", but(LAUNCH, "InstanceType")
    ),
    attempt(
        "launch with the old metadata",
        "ec2:RunInstances",
        "near CreateInstance",
        launch(MetadataOptions={"HttpTokens": "optional"}),
    ),
    attempt(
        "launch with metadata unsaid",
        "ec2:RunInstances",
        "near CreateInstance",
        but(LAUNCH, "MetadataOptions"),
    ),
    attempt("launch a stranger's image", "ec2:RunInstances", "near UseImage", launch(ImageId="ami-0ddddddd")),
    attempt("launch in another subnet", "ec2:RunInstances", "near UseEc2", launch(SubnetId=OTHER_SUBNET)),
    attempt(
        "launch into the owner's group",
        "ec2:RunInstances",
        "near UseKeyPairAndGroup",
        launch(SecurityGroupIds=["sg-0ddddddd"]),
    ),
    attempt(
        "launch with the owner's key pair",
        "ec2:RunInstances",
        "near UseKeyPairAndGroup",
        launch(KeyName="owner"),
    ),
    attempt(
        "launch with the owner's interface",
        "ec2:RunInstances",
        "near CreateInterfaceAndVolume",
        {
            **but(LAUNCH, "SubnetId", "SecurityGroupIds"),
            "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-0ddddddd"}],
        },
    ),
    attempt(
        "launch with the owner's snapshot",
        "ec2:RunInstances",
        "near",
        launch(BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": "snap-0ddddddd"}}]),
    ),
    attempt(
        "pass another role",
        "ec2:RunInstances",
        "near PassInstanceRole",
        launch(IamInstanceProfile={"Name": "owners-admin"}),
    ),
    attempt(
        "put its profile on the owner's instance",
        "ec2:AssociateIamInstanceProfile",
        "near",
        {"InstanceId": "i-0ddddddd", "IamInstanceProfile": {"Name": "acme-shop-instance"}},
    ),
]
DATABASES = [
    attempt(
        "make an oversized database",
        "rds:CreateDBInstance",
        "near CreateDatabase",
        database(DBInstanceClass="db.r5.24xlarge"),
    ),
    attempt(
        "make a database of another engine",
        "rds:CreateDBInstance",
        "near CreateDatabase",
        database(Engine="postgres"),
    ),
    attempt("make a database untagged", "rds:CreateDBInstance", "near CreateDatabase", but(DATABASE, "Tags")),
    attempt(
        "make a database under another name",
        "rds:CreateDBInstance",
        "near CreateDatabase",
        database(DBInstanceIdentifier="somebody-elses"),
    ),
    attempt(
        "make a database in the owner's subnet group",
        "rds:CreateDBInstance",
        "near UseRds",
        database(DBSubnetGroupName="owners"),
    ),
    attempt(
        "resize the own database",
        "rds:ModifyDBInstance",
        "near",
        {"DBInstanceIdentifier": "acme-shop-live", "DBInstanceClass": "db.r5.24xlarge"},
    ),
    attempt(
        "restore the own snapshot larger",
        "rds:RestoreDBInstanceFromDBSnapshot",
        "near",
        {
            "DBInstanceIdentifier": "acme-shop-big",
            "DBSnapshotIdentifier": "acme-shop-first",
            "DBInstanceClass": "db.r5.24xlarge",
            "Tags": RDS_TAGS,
        },
    ),
    attempt(
        "share the own snapshot",
        "rds:ModifyDBSnapshotAttribute",
        "near",
        {"DBSnapshotIdentifier": "acme-shop-first", "AttributeName": "restore", "ValuesToAdd": ["all"]},
    ),
]
OWNERS_THINGS = [
    attempt(
        "terminate the owner's instance",
        "ec2:TerminateInstances",
        "near ChangeOwnEc2",
        {"InstanceIds": ["i-0ddddddd"]},
    ),
    attempt(
        "stop the owner's instance", "ec2:StopInstances", "near ChangeOwnEc2", {"InstanceIds": ["i-0ddddddd"]}
    ),
    attempt(
        "stop another guest's instance",
        "ec2:StopInstances",
        "near ChangeOwnEc2",
        {"InstanceIds": ["i-0ccccccc"]},
    ),
    attempt(
        "stop the owner's among the own",
        "ec2:StopInstances",
        "near ChangeOwnEc2",
        {"InstanceIds": ["i-0aaaaaaa", "i-0ddddddd"]},
    ),
    attempt(
        "read the owner's user data",
        "ec2:DescribeInstanceAttribute",
        "near",
        {"InstanceId": "i-0ddddddd", "Attribute": "userData"},
    ),
    attempt(
        "read the owner's console", "ec2:GetConsoleOutput", "near ChangeOwnEc2", {"InstanceId": "i-0ddddddd"}
    ),
    attempt(
        "open the owner's group",
        "ec2:AuthorizeSecurityGroupIngress",
        "near ChangeOwnEc2",
        {"GroupId": "sg-0ddddddd", "IpPermissions": []},
    ),
    attempt(
        "give its address to the owner's instance",
        "ec2:AssociateAddress",
        "near ChangeOwnEc2",
        {"AllocationId": "eipalloc-0aaaaaaa", "InstanceId": "i-0ddddddd"},
    ),
    attempt(
        "attach the owner's disk",
        "ec2:AttachVolume",
        "near ChangeOwnEc2",
        {"InstanceId": "i-0aaaaaaa", "VolumeId": "vol-0ddddddd", "Device": "/dev/sdf"},
    ),
    attempt(
        "resize the own instance",
        "ec2:ModifyInstanceAttribute",
        "near",
        {"InstanceId": "i-0aaaaaaa", "InstanceType": {"Value": "m5.24xlarge"}},
    ),
    attempt(
        "take the metadata guard off",
        "ec2:ModifyInstanceMetadataOptions",
        "near",
        {"InstanceId": "i-0aaaaaaa", "HttpTokens": "optional"},
    ),
    attempt(
        "change the subnet",
        "ec2:ModifySubnetAttribute",
        "near",
        {"SubnetId": "subnet-0a1b2c3d", "MapPublicIpOnLaunch": {"Value": True}},
    ),
    attempt(
        "make a group in another VPC",
        "ec2:CreateSecurityGroup",
        "near UseEc2",
        {
            "GroupName": "g",
            "Description": "g",
            "VpcId": "vpc-0ddddddd",
            "TagSpecifications": tagged("security-group"),
        },
    ),
    attempt(
        "delete the owner's database",
        "rds:DeleteDBInstance",
        "near ChangeOwnRds",
        {"DBInstanceIdentifier": "production", "SkipFinalSnapshot": True},
    ),
    attempt(
        "change the owner's database's password",
        "rds:ModifyDBInstance",
        "near",
        {"DBInstanceIdentifier": "production", "MasterUserPassword": "not-a-secret"},
    ),
]
COPIES = [
    attempt(
        "copy the owner's snapshot",
        "ec2:CopySnapshot",
        "near",
        {
            "SourceRegion": REGION,
            "SourceSnapshotId": "snap-0ddddddd",
            "TagSpecifications": tagged("snapshot"),
        },
    ),
    attempt(
        "make a disk of the owner's snapshot",
        "ec2:CreateVolume",
        "near",
        {
            "AvailabilityZone": "eu-west-1a",
            "SnapshotId": "snap-0ddddddd",
            "TagSpecifications": tagged("volume"),
        },
    ),
    attempt(
        "snapshot the owner's disk",
        "ec2:CreateSnapshot",
        "near ChangeOwnEc2",
        {"VolumeId": "vol-0ddddddd", "TagSpecifications": tagged("snapshot")},
    ),
    attempt(
        "make an image of the owner's instance",
        "ec2:CreateImage",
        "near",
        {"InstanceId": "i-0ddddddd", "Name": "copy", "TagSpecifications": tagged("image", "snapshot")},
    ),
    attempt(
        "share the own snapshot",
        "ec2:ModifySnapshotAttribute",
        "near",
        {"SnapshotId": "snap-0aaaaaaa", "CreateVolumePermission": {"Add": [{"UserId": "999999999999"}]}},
    ),
    attempt(
        "copy the owner's database snapshot",
        "rds:CopyDBSnapshot",
        "near",
        {
            "SourceDBSnapshotIdentifier": "production-1",
            "TargetDBSnapshotIdentifier": "acme-shop-copy",
            "Tags": RDS_TAGS,
        },
    ),
    attempt(
        "snapshot the owner's database",
        "rds:CreateDBSnapshot",
        "near CreateRds",
        {"DBInstanceIdentifier": "production", "DBSnapshotIdentifier": "acme-shop-copy", "Tags": RDS_TAGS},
    ),
]
ADOPTIONS = [
    attempt(
        "adopt the owner's instance by tagging it",
        "ec2:CreateTags",
        "near TagEc2WhileCreating",
        {"Resources": ["i-0ddddddd"], "Tags": [{"Key": "guestpass", "Value": "acme-shop"}]},
    ),
    attempt(
        "adopt the owner's snapshot by tagging it",
        "ec2:CreateTags",
        "near TagEc2WhileCreating",
        {"Resources": ["snap-0ddddddd"], "Tags": [{"Key": "guestpass", "Value": "acme-shop"}]},
    ),
    attempt(
        "take the tag off the own instance",
        "ec2:DeleteTags",
        "near",
        {"Resources": ["i-0aaaaaaa"], "Tags": [{"Key": "guestpass"}]},
    ),
    attempt(
        "adopt the owner's database by tagging it",
        "rds:AddTagsToResource",
        "near ChangeOwnRds",
        {"ResourceName": OWNERS_DB, "Tags": RDS_TAGS},
    ),
    attempt(
        "give the own database another pass's tag",
        "rds:AddTagsToResource",
        "near ChangeOwnRds",
        {
            "ResourceName": f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-live",
            "Tags": [{"Key": "guestpass", "Value": "other-shop"}],
        },
    ),
    attempt(
        "take the tag off the own database",
        "rds:RemoveTagsFromResource",
        "near",
        {"ResourceName": f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-live", "TagKeys": ["guestpass"]},
    ),
]
ATTEMPTS = [*IDENTITY, *RECORD, *LAUNCHES, *DATABASES, *OWNERS_THINGS, *COPIES, *ADOPTIONS]
