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


def resources_of(asked: Asked, response: Mapping[str, Any] | None, account: str) -> list[dict[str, str]]:
    """What the record itself lists in `resources`: few services' records do, these among them."""
    # AWS: CloudTrail record contents, resources; S3 User Guide, "Example log file entries"; KMS Developer Guide,
    # "Logging AWS KMS API calls"; IAM User Guide, "Logging IAM and AWS STS API calls"
    match asked.service:
        case "s3" if asked.parameters.get("Bucket") and asked.parameters.get("Key"):
            bucket = f"arn:aws:s3:::{asked.parameters['Bucket']}"
            return [
                {"type": "AWS::S3::Object", "ARN": f"{bucket}/{asked.parameters['Key']}"},
                {"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket},
            ]
        case "kms" if isinstance(told := (response or {}).get("keyMetadata"), Mapping) and "arn" in told:
            return [{"accountId": account, "type": "AWS::KMS::Key", "ARN": str(told["arn"])}]
        case "sts" if isinstance(role := asked.parameters.get("RoleArn"), str) and role.count(":") >= 5:
            return [{"accountId": role.split(":")[4], "type": "AWS::IAM::Role", "ARN": role}]
    return []
