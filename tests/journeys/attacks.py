"""Ways in which a guest could try to step over the wall of a PHP site, each a call that a real client makes.

`refused_by` is what refuses the call where the guest's own policies allow everything, so that the wall stands alone: the Sid
of its Deny; `near X` where no Deny is needed and X is the Allow that comes closest; `silent` where no statement of the wall
speaks of the action at all. What no policy can hold stands in `NOT_HELD`, with the words in which the wall's own page says so;
`NOT_JUDGED` are the ways of which the AWS in the box does not know what AWS would ask, which it refuses without judging.
"""

# ruff: noqa: E501 -- a line an attack, to be read down the columns

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace as World
from typing import Any

from guestpass.local import Box
from journeys.full_job import FullJob, tagged, tags
from local.speaking import REGION, client_of

Words = Callable[[World], dict[str, Any]]
ELSEWHERE, GLOBAL = "us-west-2", "us-east-1"
UNKNOWN = "nothing of the wall"
BEYOND, OTHERS, REGIONS = "DenyBeyondTheJob", "DenyOtherThings", "DenyOtherRegions"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Attack:
    """One call. `call` is boto3's, `rds.modify_db_instance`; `words` its parameters in the world that was made."""

    says: str
    call: str
    words: Words
    refused_by: str = ""
    region: str = REGION
    reach: str = ""


def over(says: str, call: str, refused_by: str, words: Words, region: str = REGION) -> Attack:
    return Attack(says=says, call=call, refused_by=refused_by, words=words, region=region)


def through(says: str, call: str, reach: str, words: Words) -> Attack:
    return Attack(says=says, call=call, reach=reach, words=words)


# ---- the world


def make_world(box: Box, job: FullJob) -> World:
    """What the guest has built by now (`job`), and what the owner had before: some of it with policies that name the guest."""
    guest_arn = f"arn:aws:iam::{box.owner.account}:user/guestpass/{job.name}/{job.name}-guest"
    w = World(
        job=job, name=job.name, guest=guest_arn, account=box.owner.account, stranger=box.guest_account.account
    )
    _of_ec2(box, w)
    _of_rds(box, w)
    _named_in_policies(box, w)
    return w


def _of_ec2(box: Box, w: World) -> None:
    ec2 = client_of(box, box.owner, "ec2")
    subnets = ec2.describe_subnets()["Subnets"]
    lent = set(w.job.pass_.land.subnets)
    w.subnet = next(each["SubnetId"] for each in subnets if each["SubnetId"] not in lent)
    w.vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    w.group = ec2.create_security_group(
        GroupName="office", Description="the owner's", VpcId=w.job.pass_.land.vpc
    )["GroupId"]
    ec2.create_key_pair(KeyName="owner")
    launch = {
        "ImageId": w.job.image,
        "InstanceType": "t3.micro",
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": w.subnet,
    }
    made = ec2.run_instances(**launch)["Instances"][0]
    w.instance, w.zone = made["InstanceId"], made["Placement"]["AvailabilityZone"]
    of_it = [{"Name": "attachment.instance-id", "Values": [w.instance]}]
    w.volume = ec2.describe_volumes(Filters=of_it)["Volumes"][0]["VolumeId"]
    w.snapshot = ec2.create_snapshot(VolumeId=w.volume, Description="the owner's")["SnapshotId"]
    w.image = ec2.create_image(InstanceId=w.instance, Name="golden")["ImageId"]
    w.interface = ec2.create_network_interface(SubnetId=w.job.pass_.land.subnets[0])["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    w.address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    other = [{"ResourceType": "instance", "Tags": tags("other-shop")}]
    w.neighbour = ec2.run_instances(**launch, TagSpecifications=other)["Instances"][0]["InstanceId"]
    w.template = ec2.create_launch_template(
        LaunchTemplateName="large", LaunchTemplateData={"InstanceType": "m5.24xlarge", "ImageId": w.job.image}
    )["LaunchTemplate"]["LaunchTemplateId"]


def _of_rds(box: Box, w: World) -> None:
    rds = client_of(box, box.owner, "rds")
    rds.create_db_instance(
        DBInstanceIdentifier="ledger",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="owner",
        ManageMasterUserPassword=True,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier="ledger-2026")
    rds.create_db_subnet_group(
        DBSubnetGroupName="owners", DBSubnetGroupDescription="-", SubnetIds=list(w.job.pass_.land.subnets)
    )
    w.ledger = f"arn:aws:rds:{REGION}:{w.account}:db:ledger"
    w.database = f"arn:aws:rds:{REGION}:{w.account}:db:{w.name}-live"


def _named_in_policies(box: Box, w: World) -> None:
    """Things whose own policies let the guest in by ARN: an implicit deny of a boundary does not hold these."""
    iam, s3 = client_of(box, box.owner, "iam"), client_of(box, box.owner, "s3")
    trust = {"Effect": "Allow", "Principal": {"AWS": w.guest}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="for-ada", AssumeRolePolicyDocument=_document(trust))
    ec2_trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="backoffice", AssumeRolePolicyDocument=_document(ec2_trust))
    iam.attach_role_policy(RoleName="backoffice", PolicyArn=ADMIN)
    iam.create_instance_profile(InstanceProfileName="backoffice")
    iam.add_role_to_instance_profile(InstanceProfileName="backoffice", RoleName="backoffice")
    w.for_ada = f"arn:aws:iam::{w.account}:role/for-ada"
    s3.create_bucket(Bucket="owner-files", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="owner-files", Key="payroll.csv", Body=b"-")
    s3.put_bucket_policy(Bucket="owner-files", Policy=_document(_lets_in(w, "s3:*", "owner-files")))
    theirs = client_of(box, box.guest_account, "s3")
    w.foreign = f"{w.name}-elsewhere"
    theirs.create_bucket(Bucket=w.foreign, CreateBucketConfiguration={"LocationConstraint": REGION})
    theirs.put_bucket_policy(Bucket=w.foreign, Policy=_document(_lets_in(w, "s3:*", w.foreign)))
    grant = {"Effect": "Allow", "Principal": {"AWS": w.guest}, "Action": "*", "Resource": "*"}
    root = {**grant, "Principal": {"AWS": f"arn:aws:iam::{w.account}:root"}}
    w.key = client_of(box, box.owner, "kms").create_key(Policy=_document(grant, root))["KeyMetadata"]["KeyId"]
    secrets = client_of(box, box.owner, "secretsmanager")
    w.secret = secrets.create_secret(Name="payroll", SecretString="-")["ARN"]
    secrets.put_resource_policy(SecretId=w.secret, ResourcePolicy=_document(grant))
    w.trail = f"guestpass-trail-{w.account}-{REGION}"


def _lets_in(w: World, action: str, bucket: str) -> dict[str, Any]:
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Effect": "Allow", "Principal": {"AWS": w.guest}, "Action": action, "Resource": arns}


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# ---- words that several share


def launch(w: World, **changes: Any) -> dict[str, Any]:
    """The launch that the job makes, but for `changes`; None takes a word out."""
    words = {
        "ImageId": w.job.image,
        "InstanceType": "t3.small",
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": w.job.pass_.land.subnets[0],
        "SecurityGroupIds": [w.job.web],
        "MetadataOptions": {"HttpTokens": "required"},
        "TagSpecifications": tagged(w.name, "instance", "volume", "network-interface"),
        **changes,
    }
    return {key: value for key, value in words.items() if value is not None}


def database(w: World, **changes: Any) -> dict[str, Any]:
    """The database that the job makes, but for `changes`; None takes a word out."""
    words = {
        "DBInstanceIdentifier": f"{w.name}-second",
        "DBInstanceClass": "db.t3.micro",
        "Engine": "mysql",
        "AllocatedStorage": 20,
        "MasterUsername": "site",
        "MasterUserPassword": "correct-horse-battery",
        "DBSubnetGroupName": f"{w.name}-live",
        "Tags": tags(w.name),
        **changes,
    }
    return {key: value for key, value in words.items() if value is not None}


def me(w: World, **more: Any) -> dict[str, Any]:
    return {"UserName": f"{w.name}-guest", **more}


def tag(w: World, *things: str, key: str = "guestpass", value: str | None = None) -> dict[str, Any]:
    return {"Resources": list(things), "Tags": [{"Key": key, "Value": value or w.name}]}


def port(group: str, number: int) -> dict[str, Any]:
    rule = {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return {"GroupId": group, "IpPermissions": [rule]}


# ---- the attacks

ATTACKS: tuple[Attack, ...] = (
    # more rights for oneself
    over("make an IAM user", "iam.create_user", BEYOND, lambda w: {"UserName": "helper"}, GLOBAL),
    over("attach AdministratorAccess to oneself", "iam.attach_user_policy", BEYOND, lambda w: me(w, PolicyArn=ADMIN), GLOBAL),
    over("write oneself a policy", "iam.put_user_policy", BEYOND, lambda w: me(w, PolicyName="more", PolicyDocument=json.dumps(OPEN)), GLOBAL),
    over("take the boundary off", "iam.delete_user_permissions_boundary", BEYOND, lambda w: me(w), GLOBAL),
    over("put another boundary on", "iam.put_user_permissions_boundary", BEYOND, lambda w: me(w, PermissionsBoundary=ADMIN), GLOBAL),
    over("write the wall anew", "iam.create_policy_version", BEYOND, lambda w: {"PolicyArn": f"arn:aws:iam::{w.account}:policy/guestpass/{w.name}/{w.name}-wall", "PolicyDocument": json.dumps(OPEN), "SetAsDefault": True}, GLOBAL),
    over("make oneself a second key", "iam.create_access_key", BEYOND, lambda w: me(w), GLOBAL),
    over("make oneself a password", "iam.create_login_profile", BEYOND, lambda w: me(w, Password="correct-horse-battery"), GLOBAL),
    over("join another group", "iam.add_user_to_group", BEYOND, lambda w: me(w, GroupName="admins"), GLOBAL),
    over("open a role's trust to oneself", "iam.update_assume_role_policy", BEYOND, lambda w: {"RoleName": "backoffice", "PolicyDocument": "{}"}, GLOBAL),
    over("give the site's role more", "iam.attach_role_policy", BEYOND, lambda w: {"RoleName": f"{w.name}-instance", "PolicyArn": ADMIN}, GLOBAL),
    over("put another role into the site's profile", "iam.add_role_to_instance_profile", BEYOND, lambda w: {"InstanceProfileName": f"{w.name}-instance", "RoleName": "backoffice"}, GLOBAL),
    over("make a service-linked role", "iam.create_service_linked_role", BEYOND, lambda w: {"AWSServiceName": "autoscaling.amazonaws.com"}, GLOBAL),
    over("mint a federated session", "sts.get_federation_token", BEYOND, lambda w: {"Name": "later", "Policy": json.dumps(OPEN)}),
    over("assume a role whose trust names the guest", "sts.assume_role", BEYOND, lambda w: {"RoleArn": w.for_ada, "RoleSessionName": "later"}),
    over("assume it through the global endpoint", "sts.assume_role", BEYOND, lambda w: {"RoleArn": w.for_ada, "RoleSessionName": "later"}, GLOBAL),
    over("list the owner's roles", "iam.list_roles", BEYOND, lambda w: {}, GLOBAL),
    over("assume the site's role", "sts.assume_role", BEYOND, lambda w: {"RoleArn": f"arn:aws:iam::{w.account}:role/guestpass/{w.name}/{w.name}-instance", "RoleSessionName": "later"}),
    # the owner's record and alarm
    over("stop the trail", "cloudtrail.stop_logging", BEYOND, lambda w: {"Name": "guestpass"}),
    over("delete the trail", "cloudtrail.delete_trail", BEYOND, lambda w: {"Name": "guestpass"}),
    over("record less", "cloudtrail.put_event_selectors", BEYOND, lambda w: {"TrailName": "guestpass", "EventSelectors": [{"ReadWriteType": "ReadOnly"}]}),
    over("read the record", "s3.get_object", OTHERS, lambda w: {"Bucket": w.trail, "Key": "AWSLogs/x"}),
    over("delete the record", "s3.delete_object", OTHERS, lambda w: {"Bucket": w.trail, "Key": "AWSLogs/x"}),
    over("let the record expire", "s3.put_bucket_lifecycle_configuration", OTHERS, lambda w: {"Bucket": w.trail, "LifecycleConfiguration": {"Rules": [{"ID": "x", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}}]}}),
    over("delete the budget", "budgets.delete_budget", f"{BEYOND} and {REGIONS}", lambda w: {"AccountId": w.account, "BudgetName": f"guestpass-{w.name}"}, GLOBAL),
    # other regions, and global endpoints
    over("launch in another region", "ec2.run_instances", REGIONS, lambda w: launch(w), ELSEWHERE),
    over("look around in another region", "ec2.describe_instances", REGIONS, lambda w: {}, GLOBAL),
    over("make a database in another region", "rds.create_db_instance", REGIONS, lambda w: database(w), ELSEWHERE),
    over("make a bucket through the global endpoint", "s3.create_bucket", REGIONS, lambda w: {"Bucket": f"{w.name}-far"}, GLOBAL),
    over("write to the own bucket through another region", "s3.put_object", REGIONS, lambda w: {"Bucket": f"{w.name}-uploads", "Key": "x", "Body": b"x"}, ELSEWHERE),
    over("copy the own disk's snapshot to another region", "ec2.copy_snapshot", REGIONS, lambda w: {"SourceRegion": REGION, "SourceSnapshotId": w.job.backup, "TagSpecifications": tagged(w.name, "snapshot")}, ELSEWHERE),
    # launches that are not the agreed ones
    over("launch untagged", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, TagSpecifications=None)),
    over("launch with the disk untagged", "ec2.run_instances", "near CreateInterfaceAndVolume", lambda w: launch(w, TagSpecifications=tagged(w.name, "instance", "network-interface"))),
    over("launch under another pass's tag", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, TagSpecifications=tagged("other-shop", "instance", "volume", "network-interface"))),
    over("launch under the tag with another case", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, TagSpecifications=[{"ResourceType": kind, "Tags": [{"Key": "guestpass", "Value": w.name.upper()}]} for kind in ("instance", "volume", "network-interface")])),
    over("launch a large one", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, InstanceType="m5.24xlarge")),
    over("launch with the size unsaid", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, InstanceType=None)),
    over("launch with the old metadata", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, MetadataOptions={"HttpTokens": "optional"})),
    over("launch with metadata unsaid", "ec2.run_instances", "near CreateInstance", lambda w: launch(w, MetadataOptions=None)),
    over("launch the owner's own image", "ec2.run_instances", "near UseImage", lambda w: launch(w, ImageId=w.image)),
    over("launch in another subnet", "ec2.run_instances", "near UseEc2", lambda w: launch(w, SubnetId=w.subnet)),
    over("launch into the owner's group", "ec2.run_instances", "near UseKeyPairAndGroup", lambda w: launch(w, SecurityGroupIds=[w.group])),
    over("launch with the owner's key pair", "ec2.run_instances", "near UseKeyPairAndGroup", lambda w: launch(w, KeyName="owner")),
    over("launch with the owner's interface", "ec2.run_instances", "near CreateInterfaceAndVolume", lambda w: launch(w, SubnetId=None, SecurityGroupIds=None, NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": w.interface}])),
    over("launch with a disk of the owner's snapshot", "ec2.run_instances", "near UseImage", lambda w: launch(w, BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": w.snapshot}}])),
    over("launch with another role", "ec2.run_instances", "near PassInstanceRole", lambda w: launch(w, IamInstanceProfile={"Name": "backoffice"})),
    over("put another role onto the own instance", "ec2.associate_iam_instance_profile", "silent", lambda w: {"InstanceId": w.job.instance, "IamInstanceProfile": {"Name": "backoffice"}}),
    # larger afterwards
    over("resize the own instance", "ec2.modify_instance_attribute", "silent", lambda w: {"InstanceId": w.job.instance, "InstanceType": {"Value": "m5.24xlarge"}}),
    over("take the metadata guard off the own instance", "ec2.modify_instance_metadata_options", "silent", lambda w: {"InstanceId": w.job.instance, "HttpTokens": "optional"}),
    over("grow the own disk", "ec2.modify_volume", "silent", lambda w: {"VolumeId": w.job.volume, "Size": 16000}),
    over("resize the own database", "rds.modify_db_instance", "silent", lambda w: {"DBInstanceIdentifier": f"{w.name}-live", "DBInstanceClass": "db.r5.24xlarge"}),
    over("restore the own database larger", "rds.restore_db_instance_from_db_snapshot", "silent", lambda w: {"DBInstanceIdentifier": f"{w.name}-big", "DBSnapshotIdentifier": f"{w.name}-live-first", "DBInstanceClass": "db.r5.24xlarge", "Tags": tags(w.name)}),
    over("make a large database", "rds.create_db_instance", "near CreateDatabase", lambda w: database(w, DBInstanceClass="db.r5.24xlarge")),
    over("make a database of another engine", "rds.create_db_instance", "near CreateDatabase", lambda w: database(w, Engine="postgres")),
    over("make a database untagged", "rds.create_db_instance", "near CreateDatabase", lambda w: database(w, Tags=None)),
    over("make a database under another name", "rds.create_db_instance", "near CreateDatabase", lambda w: database(w, DBInstanceIdentifier="payroll")),
    over("make a database in the owner's subnet group", "rds.create_db_instance", "near UseRds", lambda w: database(w, DBSubnetGroupName="owners")),
    # the owner's things
    over("terminate the owner's instance", "ec2.terminate_instances", "near ChangeOwnEc2", lambda w: {"InstanceIds": [w.instance]}),
    over("stop another guest's instance", "ec2.stop_instances", "near ChangeOwnEc2", lambda w: {"InstanceIds": [w.neighbour]}),
    over("stop the owner's instance among the own", "ec2.stop_instances", "near ChangeOwnEc2", lambda w: {"InstanceIds": [w.job.instance, w.instance]}),
    over("read the user data of the owner's instance", "ec2.describe_instance_attribute", "silent", lambda w: {"InstanceId": w.instance, "Attribute": "userData"}),
    over("read the console of the owner's instance", "ec2.get_console_output", "near ChangeOwnEc2", lambda w: {"InstanceId": w.instance}),
    over("open the owner's group", "ec2.authorize_security_group_ingress", "near ChangeOwnEc2", lambda w: port(w.group, 22)),
    over("take the owner's address", "ec2.associate_address", "near ChangeOwnEc2", lambda w: {"AllocationId": w.address, "InstanceId": w.job.instance}),
    over("give the own address to the owner's instance", "ec2.associate_address", "near ChangeOwnEc2", lambda w: {"AllocationId": w.job.address, "InstanceId": w.instance}),
    over("attach the owner's disk", "ec2.attach_volume", "near ChangeOwnEc2", lambda w: {"Device": "/dev/sdg", "InstanceId": w.job.instance, "VolumeId": w.volume}),
    over("make a group in another VPC", "ec2.create_security_group", "near UseEc2", lambda w: {"GroupName": "g", "Description": "g", "VpcId": w.vpc, "TagSpecifications": tagged(w.name, "security-group")}),
    over("replace the owner's key pair", "ec2.delete_key_pair", "near ChangeOwnEc2", lambda w: {"KeyName": "owner"}),
    over("delete the owner's database", "rds.delete_db_instance", "near ChangeOwnRds", lambda w: {"DBInstanceIdentifier": "ledger", "SkipFinalSnapshot": True}),
    over("set the password of the owner's database", "rds.modify_db_instance", "silent", lambda w: {"DBInstanceIdentifier": "ledger", "MasterUserPassword": "correct-horse-battery"}),
    over("enter an instance by Systems Manager", "ssm.send_command", BEYOND, lambda w: {"InstanceIds": [w.instance], "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["id"]}}),
    # copies
    over("copy the owner's snapshot", "ec2.copy_snapshot", "silent", lambda w: {"SourceRegion": REGION, "SourceSnapshotId": w.snapshot, "TagSpecifications": tagged(w.name, "snapshot")}),
    over("make a disk of the owner's snapshot", "ec2.create_volume", "near CreateInterfaceAndVolume", lambda w: {"AvailabilityZone": w.job.zone, "SnapshotId": w.snapshot, "TagSpecifications": tagged(w.name, "volume")}),
    over("snapshot the owner's disk", "ec2.create_snapshot", "near ChangeOwnEc2", lambda w: {"VolumeId": w.volume, "TagSpecifications": tagged(w.name, "snapshot")}),
    over("make an image of the owner's instance", "ec2.create_image", "silent", lambda w: {"InstanceId": w.instance, "Name": "copy"}),
    over("share the own snapshot with a stranger", "ec2.modify_snapshot_attribute", "silent", lambda w: {"SnapshotId": w.job.backup, "CreateVolumePermission": {"Add": [{"UserId": w.stranger}]}}),
    over("copy the owner's database snapshot", "rds.copy_db_snapshot", "silent", lambda w: {"SourceDBSnapshotIdentifier": "ledger-2026", "TargetDBSnapshotIdentifier": f"{w.name}-copy", "Tags": tags(w.name)}),
    over("snapshot the owner's database", "rds.create_db_snapshot", "near CreateRds", lambda w: {"DBInstanceIdentifier": "ledger", "DBSnapshotIdentifier": f"{w.name}-copy", "Tags": tags(w.name)}),
    over("restore the owner's database as an own one", "rds.restore_db_instance_from_db_snapshot", "silent", lambda w: {"DBInstanceIdentifier": f"{w.name}-theirs", "DBSnapshotIdentifier": "ledger-2026", "DBInstanceClass": "db.t3.micro", "Tags": tags(w.name)}),
    over("restore the owner's database to a point in time", "rds.restore_db_instance_to_point_in_time", "silent", lambda w: {"SourceDBInstanceIdentifier": "ledger", "TargetDBInstanceIdentifier": f"{w.name}-theirs", "UseLatestRestorableTime": True}),
    over("replicate the owner's database", "rds.create_db_instance_read_replica", "silent", lambda w: {"SourceDBInstanceIdentifier": "ledger", "DBInstanceIdentifier": f"{w.name}-replica", "Tags": tags(w.name)}),
    over("share the own database snapshot with everyone", "rds.modify_db_snapshot_attribute", "silent", lambda w: {"DBSnapshotIdentifier": f"{w.name}-live-first", "AttributeName": "restore", "ValuesToAdd": ["all"]}),
    # adopting by tag, and forging tags
    over("adopt the owner's instance by a tag", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.instance)),
    over("adopt the owner's group by a tag", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.group)),
    over("adopt the owner's disk by a tag", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.volume)),
    over("adopt the owner's snapshot among the own", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.job.backup, w.snapshot)),
    over("adopt another guest's instance by a tag", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.neighbour)),
    over("hand the own instance to another pass", "ec2.create_tags", "near TagEc2WhileCreating", lambda w: tag(w, w.job.instance, value="other-shop")),
    over("take the tag off the own instance", "ec2.delete_tags", "silent", lambda w: {"Resources": [w.job.instance], "Tags": [{"Key": "guestpass"}]}),
    over("adopt the owner's database by a tag", "rds.add_tags_to_resource", "near ChangeOwnRds", lambda w: {"ResourceName": w.ledger, "Tags": tags(w.name)}),
    over("hand the own database to another pass", "rds.add_tags_to_resource", "near ChangeOwnRds", lambda w: {"ResourceName": w.database, "Tags": tags("other-shop")}),
    over("take the tag off the own database", "rds.remove_tags_from_resource", "silent", lambda w: {"ResourceName": w.database, "TagKeys": ["guestpass"]}),
    over("adopt the owner's bucket by a tag", "s3.put_bucket_tagging", OTHERS, lambda w: {"Bucket": "owner-files", "Tagging": {"TagSet": tags(w.name)}}),
    # things whose own policies name the guest
    over("read a bucket whose policy names the guest", "s3.get_object", OTHERS, lambda w: {"Bucket": "owner-files", "Key": "payroll.csv"}),
    over("write to a bucket whose policy names the guest", "s3.put_object", OTHERS, lambda w: {"Bucket": "owner-files", "Key": "x", "Body": b"x"}),
    over("copy from it into the own bucket", "s3.copy_object", OTHERS, lambda w: {"Bucket": f"{w.name}-uploads", "Key": "x", "CopySource": "owner-files/payroll.csv"}),
    over("carry files to a stranger's bucket that is named as own ones are", "s3.put_object", "near ChangeOwnS3", lambda w: {"Bucket": w.foreign, "Key": "x", "Body": b"x"}),
    over("open the own bucket by a policy", "s3.put_bucket_policy", "silent", lambda w: {"Bucket": f"{w.name}-uploads", "Policy": json.dumps(OPEN)}),
    over("decrypt by a key whose policy names the guest", "kms.decrypt", BEYOND, lambda w: {"CiphertextBlob": b"x", "KeyId": w.key}),
    over("read a secret whose policy names the guest", "secretsmanager.get_secret_value", BEYOND, lambda w: {"SecretId": w.secret}),
)  # fmt: skip

NOT_HELD: tuple[Attack, ...] = (
    through("launch three where one would do", "ec2.run_instances", "how many are launched", lambda w: launch(w, MinCount=3, MaxCount=3)),
    through("start with any user data", "ec2.run_instances", "what user data they start with", lambda w: launch(w, UserData="#!/bin/sh\nid")),
    through("take a huge disk", "ec2.create_volume", "how large and how fast the disks are", lambda w: {"AvailabilityZone": w.job.zone, "Size": 16000, "TagSpecifications": tagged(w.name, "volume")}),
    through("open SSH to the whole internet", "ec2.authorize_security_group_ingress", "the ports and addresses that a rule opens", lambda w: port(w.job.web, 22)),
    through("keep address after address", "ec2.allocate_address", "how many are allocated", lambda w: {"Domain": "vpc", "TagSpecifications": tagged(w.name, "elastic-ip")}),
    through("make snapshot after snapshot", "ec2.create_snapshot", "how many are kept", lambda w: {"VolumeId": w.job.volume, "TagSpecifications": tagged(w.name, "snapshot")}),
    through("make a second database", "rds.create_db_instance", "how many are made", lambda w: database(w)),
    through("let the internet reach a database", "rds.create_db_instance", "whether the internet reaches them", lambda w: database(w, DBInstanceIdentifier=f"{w.name}-open", PubliclyAccessible=True)),
    through("stand a database behind the owner's group", "rds.create_db_instance", "which security groups they stand behind", lambda w: database(w, DBInstanceIdentifier=f"{w.name}-behind", VpcSecurityGroupIds=[w.group])),
    through("name the owner's subnets in a subnet group", "rds.create_db_subnet_group", "which subnets of the account it names", lambda w: {"DBSubnetGroupName": f"{w.name}-wide", "DBSubnetGroupDescription": "-", "SubnetIds": [w.subnet, *w.job.pass_.land.subnets], "Tags": tags(w.name)}),
)  # fmt: skip

NOT_JUDGED: tuple[Attack, ...] = (
    over("make a distribution, which is nowhere", "cloudfront.create_invalidation", UNKNOWN, lambda w: {"DistributionId": "E1", "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "x"}}, GLOBAL),
    over("launch a large one by the owner's template", "ec2.run_instances", UNKNOWN, lambda w: launch(w, InstanceType=None, LaunchTemplate={"LaunchTemplateId": w.template})),
    over("ask for spot instances instead", "ec2.request_spot_instances", UNKNOWN, lambda w: {"LaunchSpecification": {"ImageId": w.job.image, "InstanceType": "m5.24xlarge"}}),
    over("launch by a fleet instead", "ec2.create_fleet", UNKNOWN, lambda w: {"LaunchTemplateConfigs": [{"LaunchTemplateSpecification": {"LaunchTemplateId": w.template, "Version": "1"}}], "TargetCapacitySpecification": {"TotalTargetCapacity": 1}}),
    over("launch by a scaling group instead", "autoscaling.create_auto_scaling_group", UNKNOWN, lambda w: {"AutoScalingGroupName": "x", "MinSize": 1, "MaxSize": 1}),
)  # fmt: skip
