"""A whole PHP or WordPress site built, run and taken down by real clients, with every statement that the pass has for it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from guestpass.loan.agreement import Network, Pass
from guestpass.local import Box, Credentials
from journeys.harness import Loan, pass_for
from local.speaking import REGION, client_of

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3kV7XzNCsA0Jb6VYfXkO0o7N0XvVnE2K1rF3mWb0aR jo"


@dataclass(kw_only=True, slots=True)
class Recorder:
    """Clients of one identity; `asked` gathers the request id of every call that they make."""

    box: Box
    who: Credentials
    asked: list[str] = field(default_factory=list)

    def __call__(self, service: str, region: str = REGION) -> Any:
        client = client_of(self.box, self.who, service, region)
        client.meta.events.register("after-call", self._after)
        return client

    def _after(self, parsed: dict[str, Any], **_: Any) -> None:
        metadata = parsed.get("ResponseMetadata", {})
        headers = metadata.get("HTTPHeaders", {})
        identity = (
            metadata.get("RequestId") or headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")
        )
        if identity:
            self.asked.append(str(identity))

    def checks(self) -> Iterator[dict[str, Any]]:
        """Everything that the box decided about these calls."""
        for identity in self.asked:
            yield from self.box.decision(identity)["checks"]


@contextlib.contextmanager
def authorised_only() -> Iterator[None]:
    """A call that the box authorises and records, and whose work it does not do."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise


def pass_of(box: Box, name: str, blueprint: str, **options: Any) -> Pass:
    """A pass for the box's own default network."""
    ec2 = client_of(box, box.owner, "ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"] if each["VpcId"] == vpc]
    made = pass_for(box, name)
    return dataclasses.replace(
        made,
        network=Network(vpc=vpc, subnets=tuple(subnets[:2])),
        job=dataclasses.replace(made.job, blueprint=blueprint, instance_types=("t3.small",), **options),
    )


def tags(name: str) -> list[dict[str, str]]:
    return [{"Key": "guestpass", "Value": name}]


def tagged(name: str, *types: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tags(name)} for kind in types]


class FullJob:
    """The guest's work from the first look to the last delete; each part is a real deployer's."""

    def __init__(self, loan: Loan, guest: Recorder) -> None:
        self.pass_, self.loan = loan.pass_, loan
        self.name = loan.pass_.name
        self.ec2, self.rds, self.s3 = guest("ec2"), guest("rds"), guest("s3")
        self.guest = guest
        self.options = {taken.option: dict(taken.says) for taken in self.pass_.job.options}

    def do(self) -> None:
        """All of it."""
        self.look()
        self.network()
        self.server()
        self.disks()
        self.database()
        if self.pass_.job.blueprint == "wordpress" or "uploads" in self.options:
            self.uploads()
        for option in ("certificate", "dns", "mail", "backups"):
            if option in self.options:
                getattr(self, option)()
        self.down()

    def look(self) -> None:
        ec2 = self.ec2
        for call in (
            ec2.describe_availability_zones, ec2.describe_instance_types, ec2.describe_key_pairs, ec2.describe_addresses,
            ec2.describe_network_interfaces, ec2.describe_instance_status, ec2.describe_subnets, ec2.describe_vpcs,
            ec2.describe_security_groups, ec2.describe_security_group_rules,
        ):  # fmt: skip
            call()
        ec2.describe_snapshots(OwnerIds=["self"])
        with authorised_only():
            self.rds.describe_db_engine_versions(Engine="mysql")
        images = ec2.describe_images(Owners=["amazon"])["Images"]
        self.image = images[0]["ImageId"]

    def network(self) -> None:
        def group(role: str) -> str:
            answer = self.ec2.create_security_group(
                GroupName=f"{self.name}-{role}",
                Description=role,
                VpcId=self.pass_.land.vpc,
                TagSpecifications=tagged(self.name, "security-group"),
            )
            return str(answer["GroupId"])

        self.web, self.data = group("web"), group("db")
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self.ec2.authorize_security_group_ingress(GroupId=self.web, IpPermissions=[rule])
        out = {"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
        self.ec2.authorize_security_group_egress(GroupId=self.web, IpPermissions=[out])
        self.ec2.revoke_security_group_egress(GroupId=self.web, IpPermissions=[out])
        self.ec2.create_key_pair(KeyName=f"{self.name}-made", TagSpecifications=tagged(self.name, "key-pair"))
        self.ec2.import_key_pair(
            KeyName=f"{self.name}-own",
            PublicKeyMaterial=PUBLIC_KEY.encode(),
            TagSpecifications=tagged(self.name, "key-pair"),
        )

    def server(self) -> None:
        made = self.ec2.run_instances(
            ImageId=self.image,
            InstanceType=self.pass_.job.instance_types[0],
            MinCount=1,
            MaxCount=1,
            KeyName=f"{self.name}-own",
            SubnetId=self.pass_.land.subnets[0],
            SecurityGroupIds=[self.web],
            IamInstanceProfile={"Name": f"{self.name}-instance"},
            MetadataOptions={"HttpTokens": "required"},
            TagSpecifications=tagged(self.name, "instance", "volume", "network-interface"),
        )["Instances"][0]
        self.instance, self.zone = made["InstanceId"], made["Placement"]["AvailabilityZone"]
        self.ec2.get_waiter("instance_running").wait(InstanceIds=[self.instance], WaiterConfig={"Delay": 1})
        self.ec2.get_console_output(InstanceId=self.instance)
        self.ec2.reboot_instances(InstanceIds=[self.instance])
        self.ec2.stop_instances(InstanceIds=[self.instance])
        self.ec2.start_instances(InstanceIds=[self.instance])
        self.address = self.ec2.allocate_address(
            Domain="vpc", TagSpecifications=tagged(self.name, "elastic-ip")
        )["AllocationId"]
        self.ec2.associate_address(AllocationId=self.address, InstanceId=self.instance)

    def disks(self) -> None:
        self.volume = self.ec2.create_volume(
            AvailabilityZone=self.zone, Size=8, TagSpecifications=tagged(self.name, "volume")
        )["VolumeId"]
        self.ec2.describe_volumes(VolumeIds=[self.volume])
        self.ec2.attach_volume(Device="/dev/sdf", InstanceId=self.instance, VolumeId=self.volume)
        self.backup = self.ec2.create_snapshot(
            VolumeId=self.volume, TagSpecifications=tagged(self.name, "snapshot")
        )["SnapshotId"]
        self.ec2.detach_volume(InstanceId=self.instance, VolumeId=self.volume)

    def database(self) -> None:
        label = f"{self.name}-live"
        self.rds.create_db_subnet_group(
            DBSubnetGroupName=label,
            DBSubnetGroupDescription="the site's",
            SubnetIds=list(self.pass_.land.subnets),
            Tags=tags(self.name),
        )
        made = self.rds.create_db_instance(
            DBInstanceIdentifier=label,
            DBInstanceClass=self.pass_.job.database_classes[0],
            Engine="mysql",
            AllocatedStorage=20,
            MasterUsername="site",
            MasterUserPassword="correct-horse-battery",
            DBSubnetGroupName=label,
            VpcSecurityGroupIds=[self.data],
            Tags=tags(self.name),
        )["DBInstance"]
        self.rds.describe_db_instances(DBInstanceIdentifier=label)
        self.rds.describe_db_subnet_groups(DBSubnetGroupName=label)
        self.rds.list_tags_for_resource(ResourceName=made["DBInstanceArn"])
        self.rds.add_tags_to_resource(
            ResourceName=made["DBInstanceArn"], Tags=[{"Key": "stage", "Value": "live"}]
        )
        self.rds.create_db_snapshot(
            DBInstanceIdentifier=label, DBSnapshotIdentifier=f"{label}-first", Tags=tags(self.name)
        )
        self.rds.describe_db_snapshots(DBSnapshotIdentifier=f"{label}-first")
        self.rds.reboot_db_instance(DBInstanceIdentifier=label)
        self.rds.stop_db_instance(DBInstanceIdentifier=label, DBSnapshotIdentifier=f"{label}-stopped")
        self.rds.start_db_instance(DBInstanceIdentifier=label)

    def uploads(self) -> None:
        bucket = f"{self.name}-uploads"
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.get_bucket_location(Bucket=bucket)
        self.s3.put_object(Bucket=bucket, Key="a.txt", Body=b"a")
        self.s3.get_object(Bucket=bucket, Key="a.txt")
        self.s3.list_objects_v2(Bucket=bucket)

    def certificate(self) -> None:
        acm = self.guest("acm")
        acm.describe_certificate(CertificateArn=self.options["certificate"]["arn"][0])

    def dns(self) -> None:
        says, dns = self.options["dns"], self.guest("route53", "us-east-1")
        record = {
            "Name": says["names"][0],
            "Type": "A",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        }
        dns.get_hosted_zone(Id=says["zone"][0])
        dns.list_resource_record_sets(HostedZoneId=says["zone"][0])
        for action in ("UPSERT", "DELETE"):
            answer = dns.change_resource_record_sets(
                HostedZoneId=says["zone"][0],
                ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
            )
            dns.get_change(Id=answer["ChangeInfo"]["Id"])

    def mail(self) -> None:
        self.guest("sesv2").get_email_identity(EmailIdentity=self.options["mail"]["domain"][0])

    def backups(self) -> None:
        self.restored = self.ec2.create_volume(
            AvailabilityZone=self.zone, SnapshotId=self.backup, TagSpecifications=tagged(self.name, "volume")
        )["VolumeId"]
        self.ec2.delete_volume(VolumeId=self.restored)
        label = f"{self.name}-again"
        self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=label,
            DBSnapshotIdentifier=f"{self.name}-live-first",
            DBInstanceClass=self.pass_.job.database_classes[0],
            DBSubnetGroupName=f"{self.name}-live",
            Engine="mysql",
            Tags=tags(self.name),
        )
        self.rds.delete_db_instance(DBInstanceIdentifier=label, SkipFinalSnapshot=True)

    def down(self) -> None:
        label = f"{self.name}-live"
        if self.pass_.job.blueprint == "wordpress" or "uploads" in self.options:
            self.s3.delete_object(Bucket=f"{self.name}-uploads", Key="a.txt")
            self.s3.delete_bucket(Bucket=f"{self.name}-uploads")
        self.rds.delete_db_instance(DBInstanceIdentifier=label, SkipFinalSnapshot=True)
        self.rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=label, WaiterConfig={"Delay": 1})
        for each in self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]:
            if each["DBSnapshotIdentifier"].startswith(f"{self.name}-"):
                self.rds.delete_db_snapshot(DBSnapshotIdentifier=each["DBSnapshotIdentifier"])
        self.rds.delete_db_subnet_group(DBSubnetGroupName=label)
        for address in self.ec2.describe_addresses(AllocationIds=[self.address])["Addresses"]:
            self.ec2.disassociate_address(AssociationId=address["AssociationId"])
        self.ec2.release_address(AllocationId=self.address)
        self.ec2.terminate_instances(InstanceIds=[self.instance])
        self.ec2.get_waiter("instance_terminated").wait(
            InstanceIds=[self.instance], WaiterConfig={"Delay": 1}
        )
        self.ec2.delete_volume(VolumeId=self.volume)
        self.ec2.delete_snapshot(SnapshotId=self.backup)
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self.ec2.revoke_security_group_ingress(GroupId=self.web, IpPermissions=[rule])
        for group in (self.web, self.data):
            self.ec2.delete_security_group(GroupId=group)
        for pair in ("made", "own"):
            self.ec2.delete_key_pair(KeyName=f"{self.name}-{pair}")


def site_work(site: Recorder, pass_: Pass) -> None:
    """What the site's own instances do with their role, by the role's own credentials."""
    logs, ssm, store = site("logs"), site("ssm"), f"/guestpass/{pass_.name}"
    group = f"{store}/web"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    logs.describe_log_streams(logGroupName=group)
    logs.put_log_events(
        logGroupName=group, logStreamName="one", logEvents=[{"timestamp": int(1.8e12), "message": "hello"}]
    )
    with contextlib.suppress(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=f"{store}/title")
    ssm.get_parameters(Names=[f"{store}/title"])
    ssm.get_parameters_by_path(Path=f"{store}/")
    options = {taken.option: dict(taken.says) for taken in pass_.job.options}
    if pass_.job.blueprint == "wordpress" or "uploads" in options:
        s3, bucket = site("s3"), f"{pass_.name}-uploads"
        s3.put_object(Bucket=bucket, Key="b.txt", Body=b"b")
        s3.get_object(Bucket=bucket, Key="b.txt")
        s3.list_objects_v2(Bucket=bucket)
        if pass_.job.blueprint == "wordpress":
            s3.get_bucket_location(Bucket=bucket)
        s3.delete_object(Bucket=bucket, Key="b.txt")
    if "mail" in options:
        text = {"Data": "hello"}
        site("sesv2").send_email(
            FromEmailAddress=f"shop@{options['mail']['domain'][0]}",
            Destination={"ToAddresses": ["jo@example.com"]},
            Content={"Simple": {"Subject": text, "Body": {"Text": text}}},
        )


def as_the_site(box: Box, loan: Loan) -> Credentials:
    """Credentials of the instance role. EC2 hands them out on AWS; here the owner lets themselves in beside EC2."""
    iam, name = client_of(box, box.owner, "iam"), f"{loan.pass_.name}-instance"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": box.owner.account}, "Action": "sts:AssumeRole"},
        ],
    }
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    held = client_of(box, box.owner, "sts").assume_role(RoleArn=arn, RoleSessionName="site")["Credentials"]
    return Credentials(
        access_key_id=held["AccessKeyId"],
        secret_access_key=held["SecretAccessKey"],
        session_token=held["SessionToken"],
        account=box.owner.account,
    )
