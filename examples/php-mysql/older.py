"""What the owner had before the guest came: an instance with its disk's copy, a database with its copy, a
role.

    older.py SUBNET

Run with the owner's credentials; prints one JSON object with the names, which `attempts.py` takes as options.
"""

from __future__ import annotations

import json
import sys

import boto3

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def instance(subnet: str) -> tuple[str, str]:
    """An instance, and a snapshot of its disk."""
    ec2 = boto3.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet)
    identity = made["Instances"][0]["InstanceId"]
    disks = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [identity]}])[
        "Volumes"
    ]
    snapshot = ec2.create_snapshot(VolumeId=disks[0]["VolumeId"], Description="the owner's")["SnapshotId"]
    return identity, snapshot


def database() -> tuple[str, str]:
    """A database, and a snapshot of it."""
    rds = boto3.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="ledger",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="owner",
        ManageMasterUserPassword=True,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier="ledger-2026")
    return "ledger", "ledger-2026"


def role() -> str:
    """A role with its profile that may do everything: what a guest would love to pass to an instance."""
    iam = boto3.client("iam")
    iam.create_role(RoleName="backoffice", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="backoffice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_instance_profile(InstanceProfileName="backoffice")
    iam.add_role_to_instance_profile(InstanceProfileName="backoffice", RoleName="backoffice")
    return "backoffice"


def main() -> None:
    """Make them all."""
    identity, snapshot = instance(sys.argv[1])
    name, copy = database()
    print(
        json.dumps(
            {
                "instance": identity,
                "snapshot": snapshot,
                "database": name,
                "db-snapshot": copy,
                "profile": role(),
            }
        )
    )


if __name__ == "__main__":
    main()
