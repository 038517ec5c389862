"""Which resources a call names, as LookupEvents lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestpass.local.backend.wire import Asked

_BY_SERVICE: Mapping[str, Mapping[str, str]] = {
    "iam": {
        "UserName": "AWS::IAM::User",
        "GroupName": "AWS::IAM::Group",
        "RoleName": "AWS::IAM::Role",
        "PolicyArn": "AWS::IAM::Policy",
        "PolicyName": "AWS::IAM::Policy",
        "InstanceProfileName": "AWS::IAM::InstanceProfile",
        "AccessKeyId": "AWS::IAM::AccessKey",
        "SerialNumber": "AWS::IAM::MfaDevice",
    },
    "sts": {"RoleArn": "AWS::IAM::Role"},
    "ec2": {
        "InstanceIds": "AWS::EC2::Instance",
        "InstanceId": "AWS::EC2::Instance",
        "GroupId": "AWS::EC2::SecurityGroup",
        "GroupIds": "AWS::EC2::SecurityGroup",
        "SecurityGroupIds": "AWS::EC2::SecurityGroup",
        "ImageId": "AWS::EC2::Ami",
        "SubnetId": "AWS::EC2::Subnet",
        "VpcId": "AWS::EC2::VPC",
        "VolumeId": "AWS::EC2::Volume",
        "SnapshotId": "AWS::EC2::Snapshot",
        "KeyName": "AWS::EC2::KeyPair",
        "AllocationId": "AWS::EC2::EIP",
        "NetworkInterfaceId": "AWS::EC2::NetworkInterface",
    },
    "rds": {
        "DBInstanceIdentifier": "AWS::RDS::DBInstance",
        "DBSnapshotIdentifier": "AWS::RDS::DBSnapshot",
        "DBSubnetGroupName": "AWS::RDS::DBSubnetGroup",
        "DBClusterIdentifier": "AWS::RDS::DBCluster",
    },
    "s3": {"Bucket": "AWS::S3::Bucket"},
    "cloudtrail": {"Name": "AWS::CloudTrail::Trail", "TrailName": "AWS::CloudTrail::Trail"},
    "kms": {"KeyId": "AWS::KMS::Key"},
    "secretsmanager": {"SecretId": "AWS::SecretsManager::Secret", "Name": "AWS::SecretsManager::Secret"},
}


def touched(asked: Asked, response: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """(type, name) of the things the parameters name, and of the instances an answer made."""
    types = _BY_SERVICE.get(asked.service, {})
    found: list[tuple[str, str]] = []
    for parameter, kind in types.items():
        value = asked.parameters.get(parameter)
        names = value if isinstance(value, list) else [value]
        found += [(kind, name) for name in names if isinstance(name, str) and name]
    made = (response or {}).get("instancesSet")
    if isinstance(made, Mapping):
        found += [
            ("AWS::EC2::Instance", item["instanceId"])
            for item in made.get("items", ())
            if isinstance(item, Mapping) and "instanceId" in item
        ]
    return tuple(dict.fromkeys(found))
