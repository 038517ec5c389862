"""The box meters what runs and writes the bill: whose, where, how long, at which price, to the last decimal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.local import Box, Credentials
from guestpass.local.backend.running_others import balancers, classic_balancers
from guestpass.local.prices import rate
from local.billed import COLUMNS, a_bucket, cost_of, definition, lines_of, policy, usage_of
from local.speaking import Client, allow, client_of, code_of, document, error_of

HOUR = 3600


@pytest.fixture
def bill(shared_box: Box) -> Iterator[Bill]:
    """The box at the second day of a month that no test has seen, with a bucket and an export of one's own."""
    made = Bill(shared_box)
    yield made
    with suppress(ClientError):
        made.exports.delete_export(ExportArn=made.arn)


class Bill:
    """The owner's bill. The box's clock only ever goes on: what earlier tests left running runs on too."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.owner: Client = lambda service, region="eu-west-1": client_of(box, box.owner, service, region)
        start = _month_after(box.now())
        box.set_clock(start + timedelta(days=1))
        self.month = f"{start:%Y-%m}"
        self.bucket = a_bucket(box, self.owner, f"bills-of-{self.month}")
        self.exports = self.owner("bcm-data-exports", "us-east-1")
        self.arn = self.exports.create_export(Export=self.definition())["ExportArn"]

    def definition(self, **changed: Any) -> dict[str, Any]:
        """This export's definition."""
        return definition(**{"name": "bill", "bucket": self.bucket, **changed})

    def run(self, kind: str = "t3.micro", region: str = "eu-west-1", **more: Any) -> tuple[str, str]:
        """An instance and its root volume."""
        ec2 = self.owner("ec2", region)
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1, **more)
        name = made["Instances"][0]["InstanceId"]
        told = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [name]}])
        return name, told["Volumes"][0]["VolumeId"]

    def user(self, name: str, statement: dict[str, Any]) -> Any:
        """A client of Data Exports for a user who may do this alone."""
        iam = self.owner("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="job", PolicyDocument=document(statement))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        credentials = Credentials(
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
            account=self.box.owner.account,
        )
        return client_of(self.box, credentials, "bcm-data-exports", "eu-west-1")

    def wait(self, hours: float) -> None:
        """Let the box's time go by."""
        self.box.move_clock(seconds=hours * HOUR)

    def lines(self) -> list[dict[str, str]]:
        """All lines up to now."""
        return lines_of(self.owner, self.box.write_bill(), self.bucket)


def hours(amount: Decimal) -> int:
    """Whole hours; the seconds that a test takes are never one more."""
    assert amount % 1 < Decimal("0.5"), amount
    return int(amount)


def test_a_running_instance_is_charged_by_the_hour_and_a_stopped_one_for_its_volume_alone(bill: Bill) -> None:
    name, volume = bill.run()
    bill.wait(5)
    bill.owner("ec2").stop_instances(InstanceIds=[name])
    bill.wait(20)
    lines = bill.lines()
    assert hours(usage_of(lines, name, "BoxUsage:t3.micro")) == 5
    stored = usage_of(lines, volume, "EBS:VolumeUsage.gp2")
    gigabytes = bill.owner("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]
    month = Decimal((_month_after(bill.box.now()) - _month(bill.box.now())).days * 24)
    assert hours(stored * month / gigabytes) == 25


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _month_after(moment: datetime) -> datetime:
    return _month(_month(moment) + timedelta(days=31))


def test_every_amount_is_quantity_times_rate_to_the_last_decimal(bill: Bill) -> None:
    bill.run()
    bill.run("m5.large")
    bill.wait(30)
    lines = [row for row in bill.lines() if row["line_item_line_item_type"] == "Usage"]
    assert lines
    for row in lines:
        exact = Decimal(row["line_item_usage_amount"]) * Decimal(row["line_item_unblended_rate"])
        assert Decimal(row["line_item_unblended_cost"]) == exact, row


def test_a_line_is_one_resource_usage_type_and_day(bill: Bill) -> None:
    name, _ = bill.run()
    bill.wait(60)
    days = [row for row in bill.lines() if row["line_item_resource_id"] == name]
    starts = [row["line_item_usage_start_date"] for row in days if "BoxUsage" in row["line_item_usage_type"]]
    assert len(starts) == len(set(starts)) == 3
    assert all(start.endswith("T00:00:00.000Z") for start in starts)


def test_what_is_terminated_is_charged_no_more_nor_is_the_volume_that_went_with_it(bill: Bill) -> None:
    name, volume = bill.run()
    bill.wait(2)
    bill.owner("ec2").terminate_instances(InstanceIds=[name])
    before = {one: usage_of(bill.lines(), one) for one in (name, volume)}
    bill.wait(24)
    lines = bill.lines()
    assert {one: usage_of(lines, one) for one in (name, volume)} == before
    assert hours(usage_of(lines, name, "BoxUsage:t3.micro")) == 2


def test_an_instance_in_another_region_appears_at_that_regions_price(bill: Bill) -> None:
    name, _ = bill.run(region="eu-central-1")
    bill.wait(3)
    row = next(row for row in bill.lines() if row["line_item_resource_id"] == name)
    assert row["product_region_code"] == "eu-central-1"
    assert row["line_item_usage_type"] == "EUC1-BoxUsage:t3.micro"
    assert Decimal(row["line_item_unblended_rate"]) == Decimal("0.0104") * Decimal("1.154")


def test_a_changed_size_is_charged_as_what_it_was_and_as_what_it_became(bill: Bill) -> None:
    name, _ = bill.run()
    ec2 = bill.owner("ec2")
    bill.wait(1)
    ec2.stop_instances(InstanceIds=[name])
    ec2.modify_instance_attribute(InstanceId=name, InstanceType={"Value": "t3.large"})
    ec2.start_instances(InstanceIds=[name])
    bill.wait(2)
    lines = bill.lines()
    assert hours(usage_of(lines, name, "BoxUsage:t3.micro")) == 1
    assert hours(usage_of(lines, name, "BoxUsage:t3.large")) == 2


def test_a_database_is_charged_for_its_hours_and_its_storage_under_its_arn(bill: Bill) -> None:
    made = bill.owner("rds").create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t4g.micro",
        Engine="mariadb",
        AllocatedStorage=20,
        StorageType="gp3",
        MultiAZ=True,
        MasterUsername="root1234",
        MasterUserPassword="a-fake-password",
        Tags=[{"Key": "guestpass", "Value": "acme"}],
    )["DBInstance"]
    bill.wait(10)
    rows = [row for row in bill.lines() if row["line_item_resource_id"] == made["DBInstanceArn"]]
    assert {row["line_item_usage_type"] for row in rows} == {
        "EU-Multi-AZUsage:db.t4g.micro",
        "EU-RDS:Multi-AZ-GP3-Storage",
    }
    hourly = next(row for row in rows if "Usage:db" in row["line_item_usage_type"])
    assert Decimal(hourly["line_item_unblended_rate"]) == Decimal("0.016") * 2 * Decimal("1.096")
    assert json.loads(hourly["resource_tags"]) == {"user_guestpass": "acme"}


def test_an_address_is_charged_in_use_and_idle_under_what_holds_it(bill: Bill) -> None:
    ec2 = bill.owner("ec2")
    name, _ = bill.run()
    held = ec2.allocate_address(Domain="vpc")["AllocationId"]
    bill.wait(4)
    ec2.associate_address(InstanceId=name, AllocationId=held)
    bill.wait(3)
    lines = bill.lines()
    account = bill.box.owner.account
    idle = f"arn:aws:ec2:eu-west-1:{account}:elastic-ip/{held}"
    assert hours(usage_of(lines, idle, "PublicIPv4:IdleAddress")) == 4
    eni = ec2.describe_addresses(AllocationIds=[held])["Addresses"][0]["NetworkInterfaceId"]
    used = f"arn:aws:ec2:eu-west-1:{account}:network-interface/{eni}"
    assert hours(usage_of(lines, used, "PublicIPv4:InUseAddress")) >= 3


def test_a_type_without_a_row_is_charged_at_a_stand_in_that_its_lines_name(bill: Bill) -> None:
    name, _ = bill.run("x1e.32xlarge")
    bill.wait(1)
    row = next(row for row in bill.lines() if row["line_item_resource_id"] == name)
    assert "stand-in price" in row["line_item_line_item_description"]
    assert Decimal(row["line_item_unblended_cost"]) > 0


def test_tax_is_a_line_a_service_without_a_resource(bill: Bill) -> None:
    bill.run()
    bill.wait(8)
    lines = bill.lines()
    for row in (row for row in lines if row["line_item_line_item_type"] == "Tax"):
        assert row["line_item_resource_id"] == ""
        usage = [
            each
            for each in lines
            if each["line_item_line_item_type"] == "Usage"
            and each["line_item_product_code"] == row["line_item_product_code"]
        ]
        assert Decimal(row["line_item_unblended_cost"]) == cost_of(usage) * Decimal("0.2")
    assert {"AmazonEC2", "AmazonVPC"} <= {
        row["line_item_product_code"] for row in lines if row["line_item_line_item_type"] == "Tax"
    }


def test_a_new_month_is_a_new_billing_period_and_each_hour_is_in_one(bill: Bill) -> None:
    name, _ = bill.run()
    bill.wait(40 * 24)
    written = bill.box.write_bill()
    assert len(written) == 2
    periods = [lines_of(bill.owner, [key], bill.bucket) for key in written]
    assert round(usage_of(periods[0], name, "BoxUsage:t3.micro")) == (_days(periods[0]) - 1) * 24
    total = sum((usage_of(lines, name, "BoxUsage:t3.micro") for lines in periods), Decimal(0))
    assert hours(total) == 40 * 24
    for key, lines in zip(written, periods, strict=True):
        month = key.partition("BILLING_PERIOD=")[2][:7]
        assert {row["bill_billing_period_start_date"][:7] for row in lines} == {month}


def _days(lines: list[dict[str, str]]) -> int:
    return max(int(row["line_item_usage_start_date"][8:10]) for row in lines)


def test_the_bill_is_written_by_itself_when_eight_hours_have_gone_by(bill: Bill) -> None:
    name, _ = bill.run()
    s3 = bill.owner("s3")
    assert "Contents" not in s3.list_objects_v2(Bucket=bill.bucket, Prefix="bill/")
    bill.wait(9)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bill.bucket, Prefix="bill/")["Contents"]]
    data = [key for key in keys if key.endswith(".csv.gz")]
    assert len(data) == 1
    assert hours(usage_of(lines_of(bill.owner, data, bill.bucket), name, "BoxUsage:t3.micro")) == 9


def test_the_files_lie_where_aws_puts_them_and_the_manifest_lists_them(bill: Bill) -> None:
    data = f"bill/bill/data/BILLING_PERIOD={bill.month}/bill-00001.csv.gz"
    assert bill.box.write_bill() == (data,)
    told = bill.owner("s3").get_object(
        Bucket=bill.bucket, Key=f"bill/bill/metadata/BILLING_PERIOD={bill.month}/bill-Manifest.json"
    )
    manifest = json.loads(told["Body"].read())
    assert manifest["dataFiles"] == [f"s3://{bill.bucket}/{data}"]
    assert [column["name"] for column in manifest["columns"]] == list(COLUMNS)


def test_writing_twice_replaces_the_file_and_changes_no_amount(bill: Bill) -> None:
    name, _ = bill.run()
    bill.wait(2)
    bill.owner("ec2").terminate_instances(InstanceIds=[name])
    first = [row for row in bill.lines() if row["line_item_resource_id"] == name]
    assert [row for row in bill.lines() if row["line_item_resource_id"] == name] == first


def test_another_accounts_things_are_not_on_the_bill(bill: Bill) -> None:
    ec2 = client_of(bill.box, bill.box.guest_account, "ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    theirs = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    bill.wait(3)
    assert usage_of(bill.lines(), theirs["Instances"][0]["InstanceId"]) == 0


# ---- the exports themselves


def test_an_export_is_shown_as_it_was_made_and_how_it_fares(bill: Bill) -> None:
    told = bill.exports.get_export(ExportArn=bill.arn)
    assert told["Export"] == {"ExportArn": bill.arn, **bill.definition()}
    assert told["ExportStatus"]["StatusCode"] == "HEALTHY"
    bill.box.write_bill()
    runs = bill.exports.list_executions(ExportArn=bill.arn)["Executions"]
    assert [run["ExecutionStatus"]["StatusCode"] for run in runs] == ["DELIVERY_SUCCESS"]
    one = bill.exports.get_execution(ExportArn=bill.arn, ExecutionId=runs[0]["ExecutionId"])
    assert one["Export"]["Name"] == "bill"


def test_an_export_is_changed_and_deleted_and_its_files_stay(bill: Bill) -> None:
    key = bill.box.write_bill()[0]
    bill.exports.update_export(ExportArn=bill.arn, Export=bill.definition(grain="HOURLY"))
    bill.run()
    bill.wait(2)
    starts = {row["line_item_usage_start_date"] for row in bill.lines() if row["line_item_resource_id"]}
    assert len(starts) >= 2
    bill.exports.delete_export(ExportArn=bill.arn)
    assert bill.exports.list_exports()["Exports"] == []
    assert bill.box.write_bill() == ()
    assert bill.owner("s3").head_object(Bucket=bill.bucket, Key=key)


def test_a_bucket_that_shuts_data_exports_out_gets_nothing_and_the_export_says_so(bill: Bill) -> None:
    bill.owner("s3").delete_bucket_policy(Bucket=bill.bucket)
    assert bill.box.write_bill() == ()
    told = bill.exports.get_export(ExportArn=bill.arn)["ExportStatus"]
    assert (told["StatusCode"], told["StatusReason"]) == ("UNHEALTHY", "INSUFFICIENT_PERMISSION")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"statement": "SELECT * FROM COST_AND_USAGE_REPORT"}, "columns must be listed"),
        ({"statement": "SELECT no_such FROM COST_AND_USAGE_REPORT"}, "no_such does not exist"),
        ({"statement": "DROP TABLE COST_AND_USAGE_REPORT"}, "SELECT column"),
        ({"resources": "FALSE"}, "INCLUDE_RESOURCES"),
        ({"grain": "WEEKLY"}, "TIME_GRANULARITY"),
        ({"bucket": "no-such-bucket-here"}, "does not exist"),
        ({"name": "bill"}, "already exists"),
    ],
)
def test_an_export_that_could_not_be_delivered_is_refused(
    bill: Bill, changed: dict[str, Any], says: str
) -> None:
    told = error_of(bill.exports.create_export, Export=bill.definition(**{"name": "other", **changed}))
    assert told["Error"]["Code"] == "ValidationException"
    assert says in told["Error"]["Message"]


def test_a_bucket_without_the_policy_is_refused_before_an_export_stands(bill: Bill) -> None:
    name = a_bucket(bill.box, bill.owner, "bills-elsewhere")
    s3 = bill.owner("s3")
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy("999999999999", name)))
    told = error_of(bill.exports.create_export, Export=definition("other", name))
    assert "permission validation failed" in told["Error"]["Message"]


def test_making_an_export_needs_both_actions(bill: Bill) -> None:
    half = bill.user("half", allow("bcm-data-exports:*"))
    told = bill.definition(name="two")
    assert code_of(half.create_export, Export=told) == "AccessDeniedException"
    whole = bill.user("whole", allow(["bcm-data-exports:CreateExport", "cur:PutReportDefinition"]))
    arn = whole.create_export(Export=told)["ExportArn"]
    assert code_of(whole.list_exports) == "AccessDeniedException"
    bill.exports.delete_export(ExportArn=arn)


def test_the_aws_command_line_lists_exports(bill: Bill) -> None:
    box = bill.box
    aws = Path(sys.executable).parent / "aws"
    keys = {
        "AWS_ACCESS_KEY_ID": box.owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": box.owner.secret_access_key,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [aws, "--endpoint-url", box.endpoint_url, "bcm-data-exports", "list-exports"],
        capture_output=True,
        text=True,
        env={**os.environ, **keys},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [one["ExportArn"] for one in json.loads(done.stdout)["Exports"]] == [bill.arn]


# ---- what else costs money


def test_a_gateway_a_key_and_a_secret_are_charged_under_their_arns(bill: Bill) -> None:
    ec2, account = bill.owner("ec2"), bill.box.owner.account
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    held = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=held)["NatGateway"]["NatGatewayId"]
    key = bill.owner("kms").create_key()["KeyMetadata"]["Arn"]
    secret = bill.owner("secretsmanager").create_secret(Name="shop/db", SecretString="not-one")["ARN"]
    bill.wait(6)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    bill.owner("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)
    bill.owner("secretsmanager").delete_secret(SecretId=secret)
    bill.wait(24)
    lines = bill.lines()
    nat = f"arn:aws:ec2:eu-west-1:{account}:natgateway/{gateway}"
    assert hours(usage_of(lines, nat, "EU-NatGateway-Hours")) == 6
    month = Decimal((_month_after(bill.box.now()) - _month(bill.box.now())).days * 24)
    assert hours(usage_of(lines, key, "eu-west-1-KMS-Keys") * month) == 6
    assert hours(usage_of(lines, secret, "EU-AWSSecretsManager-Secrets") * month) == 6


def test_load_balancers_are_charged_by_kind_under_their_arns() -> None:
    # the catalogue does not map their calls yet, so that nobody can make one in the box
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1"
    newer = SimpleNamespace(load_balancers={arn: SimpleNamespace(arn=arn, loadbalancer_type="application")})
    older = SimpleNamespace(
        load_balancers={"old": object()}, region_name="eu-west-1", account_id="123456789012"
    )
    told = [*balancers(newer), *classic_balancers(older)]
    assert [(one.resource, one.operation) for one in told] == [
        (arn, "LoadBalancing:Application"),
        ("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/old", "LoadBalancing"),
    ]
    assert [rate(*one.rate, "us-east-1").usd for one in told] == [Decimal("0.0225"), Decimal("0.025")]


def test_a_bucket_is_charged_for_what_it_held_and_for_its_requests_under_its_name(bill: Bill) -> None:
    s3, name = bill.owner("s3"), f"uploads-of-{bill.month}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    size = 3 * 2**20
    for key in ("a", "b"):
        s3.put_object(Bucket=name, Key=key, Body=bytes(size))
    s3.get_object(Bucket=name, Key="a")["Body"].read()
    bill.wait(48)
    s3.delete_object(Bucket=name, Key="a")
    bill.wait(48)
    lines = bill.lines()
    month = Decimal((_month_after(bill.box.now()) - _month(bill.box.now())).days * 24)
    kept = usage_of(lines, name, "TimedStorage-ByteHrs") * month * 2**30 / size
    assert round(kept) == 2 * 48 + 48
    assert usage_of(lines, name, "Requests-Tier1") == 3
    assert usage_of(lines, name, "Requests-Tier2") == 1


def test_requests_to_keys_are_charged_without_naming_any(bill: Bill) -> None:
    kms = bill.owner("kms")
    for _ in range(3):
        kms.list_keys()
    rows = [row for row in bill.lines() if row["line_item_usage_type"] == "eu-west-1-KMS-Requests"]
    assert [row["line_item_resource_id"] for row in rows] == [""]
    assert Decimal(rows[0]["line_item_usage_amount"]) == 3


def test_transfer_lines_name_the_instance_or_nothing_at_all(bill: Bill) -> None:
    name, _ = bill.run()
    bill.wait(4)
    lines = bill.lines()
    assert hours(usage_of(lines, name, "EU-DataTransfer-Out-Bytes") / Decimal("0.002")) == 4
    between = [row for row in lines if row["line_item_usage_type"] == "EU-DataTransfer-Regional-Bytes"]
    assert between
    assert {row["line_item_resource_id"] for row in between} == {""}


def test_a_snapshot_goes_on_costing_after_its_volume_and_after_its_database_are_gone(bill: Bill) -> None:
    ec2, rds, account = bill.owner("ec2"), bill.owner("rds"), bill.box.owner.account
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10, VolumeType="gp3")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)
    rds.create_db_instance(
        DBInstanceIdentifier="gone",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=500,
        MasterUsername="root1234",
        MasterUserPassword="a-fake-password",
    )
    made = rds.create_db_snapshot(DBInstanceIdentifier="gone", DBSnapshotIdentifier="last")["DBSnapshot"]
    bill.wait(24)
    assert usage_of(bill.lines(), made["DBSnapshotArn"]) == 0
    rds.delete_db_instance(DBInstanceIdentifier="gone", SkipFinalSnapshot=True)
    bill.wait(24)
    lines = bill.lines()
    assert usage_of(lines, made["DBSnapshotArn"], "RDS:ChargedBackupUsage") > 0
    month = Decimal((_month_after(bill.box.now()) - _month(bill.box.now())).days * 24)
    arn = f"arn:aws:ec2:eu-west-1:{account}:snapshot/{snapshot}"
    assert hours(usage_of(lines, arn, "EBS:SnapshotUsage") * month / 10) == 48
