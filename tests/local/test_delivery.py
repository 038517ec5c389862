"""A trail that logs writes its files into its bucket, where any client reads them: AWS's layout, on the box's clock."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from guestpass.errors import InputError
from guestpass.local import Box, start
from guestpass.local.backend.trails import TrailNow
from guestpass.local.clock import Clock
from guestpass.local.delivery import Deliverer
from guestpass.local.record import KEPT, Kept
from guestpass.trail import LogKey, read_files
from local.speaking import Client, allow, client_of, code_of, document, trust

Record = dict[str, Any]
Made = Callable[..., Any]


def bucket_policy(bucket: str, arn: str, account: str, prefix: str = "") -> str:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{account}/*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": arn, "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        }
    )


@pytest.fixture
def trail(box: Box, owner: Client) -> Any:
    """`trail("name", region=..., IsMultiRegionTrail=...)` makes a bucket and a trail that logs; ended afterwards."""
    made: list[tuple[str, str]] = []
    # only what a test asks for is delivered, so that no test hangs on time
    box.set_delivery(10**6)

    def make(name: str, region: str = "eu-west-1", *, policy: str | None = None, **settings: Any) -> str:
        bucket = f"{name}-files"
        owner("s3", region).create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        arn = f"arn:aws:cloudtrail:{region}:{box.owner.account}:trail/{name}"
        prefix = f"{settings['S3KeyPrefix']}/" if "S3KeyPrefix" in settings else ""
        text = bucket_policy(bucket, arn, box.owner.account, prefix) if policy is None else policy
        if text:
            owner("s3").put_bucket_policy(Bucket=bucket, Policy=text)
        cloudtrail = owner("cloudtrail", region)
        cloudtrail.create_trail(Name=name, S3BucketName=bucket, **{"IsMultiRegionTrail": True, **settings})
        cloudtrail.start_logging(Name=name)
        made.append((name, region))
        return bucket

    yield make
    for name, region in made:
        owner("cloudtrail", region).delete_trail(Name=name)
    box.deliver()
    box.set_delivery(5)


def files_of(owner: Client, bucket: str) -> list[tuple[str, bytes]]:
    s3 = owner("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
    return [(key, s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


def records_of(owner: Client, bucket: str) -> list[Record]:
    return [
        one
        for _, content in files_of(owner, bucket)
        for one in json.loads(gzip.decompress(content))["Records"]
    ]


def names_of(owner: Client, bucket: str) -> list[str]:
    return [one["eventName"] for one in records_of(owner, bucket)]


# --- what is written ------------------------------------------------------------------------


def test_what_a_client_does_comes_out_of_the_buckets_files(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("layout", S3KeyPrefix="logs")
    made = owner("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    assert box.deliver() == 1
    ((key, content),) = files_of(owner, bucket)
    account = box.owner.account
    day = f"{box.now():%Y/%m/%d}"
    assert re.fullmatch(
        rf"logs/AWSLogs/{account}/CloudTrail/eu-west-1/{day}/"
        rf"{account}_CloudTrail_eu-west-1_\d{{8}}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz",
        key,
    )
    assert LogKey.of(key) is not None
    text = gzip.decompress(content).decode()
    assert "\n" not in text
    assert list(json.loads(text)) == ["Records"]
    (record,) = [one for one in json.loads(text)["Records"] if one["eventName"] == "CreateVpc"]
    assert record["requestID"] == made["ResponseMetadata"]["RequestId"]
    assert record["responseElements"]["vpc"]["vpcId"] == made["Vpc"]["VpcId"]
    told = owner("s3").head_object(Bucket=bucket, Key=key)
    assert (told["ContentType"], told["ContentEncoding"]) == ("application/json", "gzip")


def test_the_aws_command_line_fetches_the_files_that_the_reader_reads(
    box: Box, owner: Client, trail: Made, tmp_path: Path
) -> None:
    bucket = trail("by-hand")
    owner("iam").create_group(GroupName="by-hand")
    box.deliver()
    keys = owner("s3").list_objects_v2(Bucket=bucket)["Contents"]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": box.owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": box.owner.secret_access_key,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    for number, one in enumerate(keys):
        subprocess.run(
            [
                *(sys.executable, "-m", "awscli", "--endpoint-url", box.endpoint_url, "s3api", "get-object"),
                *("--bucket", bucket, "--key", one["Key"], str(tmp_path / f"{number}.json.gz")),
            ],
            env=environment,
            check=True,
            capture_output=True,
        )
    files = [(path.name, path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    reading = read_files(files, source="by hand", account=box.owner.account)
    assert "CreateGroup" in {event.name for event in reading.events}
    assert reading.findings == ()


def test_lookup_events_and_the_files_agree(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("agreeing")
    owner("ec2").create_vpc(CidrBlock="10.7.0.0/16")
    owner("iam").create_user(UserName="agreeing")
    assert code_of(owner("ec2").delete_vpc, VpcId="vpc-0123456789abcdef0")
    box.deliver()
    written = {one["eventID"]: one for one in records_of(owner, bucket)}
    looked: dict[str, Record] = {}
    for region in ("eu-west-1", "us-east-1"):
        for page in owner("cloudtrail", region).get_paginator("lookup_events").paginate():
            events = [json.loads(one["CloudTrailEvent"]) for one in page["Events"]]
            looked |= {one["eventID"]: one for one in events}
    assert {"StartLogging", "CreateVpc", "CreateUser", "DeleteVpc"} <= {
        one["eventName"] for one in written.values()
    }
    assert all(looked[name] == one for name, one in written.items())


def test_a_multi_region_trail_has_a_file_for_each_region(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("everywhere")
    for region in ("eu-west-1", "ap-south-1", "sa-east-1"):
        owner("ec2", region).describe_vpcs()
    owner("iam").list_roles()
    assert box.deliver() == 4
    regions = {key.split("/")[3]: content for key, content in files_of(owner, bucket)}
    assert set(regions) == {"eu-west-1", "ap-south-1", "sa-east-1", "us-east-1"}
    for region, content in regions.items():
        assert {one["awsRegion"] for one in json.loads(gzip.decompress(content))["Records"]} == {region}


def test_a_single_region_trail_has_its_own_alone(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("one-region", IsMultiRegionTrail=False)
    owner("ec2", "ap-south-1").describe_vpcs()
    owner("iam").list_roles()
    owner("ec2").describe_vpcs()
    box.deliver()
    assert {one["awsRegion"] for one in records_of(owner, bucket)} == {"eu-west-1"}


@pytest.mark.parametrize("included", [True, False])
def test_global_services_are_in_us_east_1_where_they_are_included(
    box: Box, owner: Client, trail: Made, included: bool
) -> None:
    name = f"global-{str(included).lower()}"
    bucket = trail(name, "eu-west-2", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=included)
    home = f"{name}-home"
    owner("s3", "us-east-1").create_bucket(Bucket=home)
    arn = f"arn:aws:cloudtrail:us-east-1:{box.owner.account}:trail/{home}"
    owner("s3").put_bucket_policy(Bucket=home, Policy=bucket_policy(home, arn, box.owner.account))
    cloudtrail = owner("cloudtrail", "us-east-1")
    cloudtrail.create_trail(Name=home, S3BucketName=home, IncludeGlobalServiceEvents=included)
    cloudtrail.start_logging(Name=home)
    owner("iam").list_users()
    owner("ec2", "us-east-1").describe_vpcs()
    box.deliver()
    assert "ListUsers" not in names_of(owner, bucket)
    assert ("ListUsers" in names_of(owner, home)) is included
    assert "DescribeVpcs" in names_of(owner, home)
    cloudtrail.delete_trail(Name=home)


# --- when -----------------------------------------------------------------------------------


def test_nothing_is_written_before_the_delay_and_moving_the_clock_delivers(
    box: Box, owner: Client, trail: Made
) -> None:
    bucket = trail("late")
    box.set_delivery(300)
    owner("ec2").describe_vpcs()
    box.move_clock(seconds=200)
    assert files_of(owner, bucket) == []
    box.move_clock(seconds=101)
    ((key, _),) = files_of(owner, bucket)
    named = LogKey.of(key)
    assert named is not None
    assert named.at <= box.now()
    assert (box.now() - named.at).total_seconds() < 120
    assert "DescribeVpcs" in names_of(owner, bucket)


def test_a_short_delay_delivers_by_itself(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("itself")
    box.set_delivery(0)
    owner("ec2").describe_vpcs()
    # the postman looks twice a second; each question is one more event, so files go on coming
    for _ in range(600):
        if "DescribeVpcs" in names_of(owner, bucket):
            return
    pytest.fail("no file came")


def test_the_delay_can_be_given_at_the_start() -> None:
    with start(delivery=10**7) as box:
        s3 = client_of(box, box.owner, "s3", "us-east-1")
        s3.create_bucket(Bucket="given-at-start")
        arn = f"arn:aws:cloudtrail:us-east-1:{box.owner.account}:trail/given"
        s3.put_bucket_policy(
            Bucket="given-at-start", Policy=bucket_policy("given-at-start", arn, box.owner.account)
        )
        cloudtrail = client_of(box, box.owner, "cloudtrail", "us-east-1")
        cloudtrail.create_trail(Name="given", S3BucketName="given-at-start")
        cloudtrail.start_logging(Name="given")
        box.move_clock(seconds=10**6)
        assert s3.list_objects_v2(Bucket="given-at-start").get("KeyCount") == 0
        box.move_clock(seconds=10**7)
        assert s3.list_objects_v2(Bucket="given-at-start").get("KeyCount") == 1


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_delay_that_is_no_time_is_refused(box: Box, seconds: float) -> None:
    with pytest.raises(InputError):
        box.set_delivery(seconds)
    with pytest.raises(InputError):
        start(delivery=seconds)


def test_events_count_from_start_logging_to_stop_logging(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("between")
    cloudtrail = owner("cloudtrail")
    owner("ec2").describe_vpcs()
    cloudtrail.stop_logging(Name="between")
    owner("ec2").describe_subnets()
    cloudtrail.start_logging(Name="between")
    owner("ec2").describe_volumes()
    box.deliver()
    names = names_of(owner, bucket)
    assert names == ["StartLogging", "DescribeVpcs", "StopLogging", "StartLogging", "DescribeVolumes"]


def test_what_waited_when_a_trail_was_deleted_is_still_written(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("deleted")
    trail("deleted-twin")
    owner("ec2").describe_vpcs()
    owner("cloudtrail").delete_trail(Name="deleted")
    owner("ec2").describe_subnets()
    box.deliver()
    names = names_of(owner, bucket)
    assert "DescribeVpcs" in names
    assert "DeleteTrail" in names
    assert "DescribeSubnets" not in names
    owner("cloudtrail").create_trail(Name="deleted", S3BucketName=bucket)
    owner("ec2").describe_volumes()
    box.deliver()
    assert "DescribeVolumes" not in names_of(owner, bucket), (
        "a trail made again does not log until it is started"
    )


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A deliverer of its own over a trail and a bucket that stand in for moto's: (deliverer, files written)."""
    trail = TrailNow(
        key="t", arn="arn:aws:cloudtrail:eu-west-1:1:trail/t", account="1", home="eu-west-1", bucket="b", prefix="",
        multi_region=True, global_events=True, selectors=(), advanced=(), logging=True,
    )  # fmt: skip
    written: list[bytes] = []
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}
    monkeypatch.setattr("guestpass.local.backend.trails.trails_of", lambda account: (trail,))
    monkeypatch.setattr(
        "guestpass.local.backend.trails.put_file", lambda *args, **more: written.append(args[3])
    )
    monkeypatch.setattr("guestpass.local.backend.stored.bucket_owner", lambda name: "1")
    monkeypatch.setattr("guestpass.local.backend.stored.bucket_policy", lambda name: document(anyone))
    return Deliverer(clock=Clock()), written


def kept(number: int, at: datetime | None = None) -> Kept:
    event = {
        "eventID": str(number),
        "managementEvent": True,
        "readOnly": True,
        "eventSource": "ec2.amazonaws.com",
    }
    when = at or datetime.now(UTC)
    return Kept(account="1", region="eu-west-1", at=when, username="u", resources=(), event=event)


def ids_in(written: list[bytes]) -> list[int]:
    return [int(one["eventID"]) for file in written for one in json.loads(gzip.decompress(file))["Records"]]


def test_no_event_is_lost_however_many_come_before_a_delivery(queue: Any) -> None:
    deliverer, written = queue
    for number in range(KEPT + 50):
        deliverer.take(kept(number))
    assert deliverer.deliver() == 1
    assert ids_in(written) == list(range(KEPT + 50))
    assert deliverer.pending == 0


def test_what_could_not_be_written_waits_and_is_written_once(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliverer, written = queue
    deliverer.take(kept(1))
    with monkeypatch.context() as broken:

        def fail(*args: Any, **more: Any) -> None:
            raise KeyError("moto broke")

        broken.setattr("guestpass.local.backend.trails.put_file", fail)
        assert deliverer.deliver() == 0
    deliverer.take(kept(2))
    assert deliverer.deliver() == 1
    assert deliverer.deliver() == 0
    assert ids_in(written) == [1, 2]


def test_after_thirty_days_of_refusals_the_oldest_are_given_up(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliverer, written = queue
    clock = deliverer._clock
    deliverer.take(kept(1))
    with monkeypatch.context() as gone:
        gone.setattr("guestpass.local.backend.stored.bucket_owner", lambda name: None)
        deliverer.deliver()
        clock.set_offset(timedelta(days=31).total_seconds())
        deliverer.take(kept(2, at=clock.now()))
        deliverer.deliver()
    deliverer.deliver()
    assert ids_in(written) == [2]


def test_a_leap_of_the_clock_loses_nothing(queue: Any) -> None:
    deliverer, written = queue
    deliverer.take(kept(1))
    deliverer._clock.set_offset(timedelta(days=400).total_seconds())
    deliverer.due()
    assert ids_in(written) == [1]


# --- whether it may -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text.replace("trail/", "trail/x"),
        lambda text: text.replace("bucket-owner-full-control", "private"),
        lambda text: text.replace("cloudtrail.amazonaws.com", "config.amazonaws.com"),
        lambda text: text.replace("AWSLogs", "Elsewhere"),
    ],
    ids=["none", "other-trail", "other-acl", "other-service", "other-path"],
)
def test_a_bucket_that_does_not_let_cloudtrail_in_is_told_and_nothing_is_lost(
    box: Box, owner: Client, trail: Made, spoil: Callable[[str], str], request: pytest.FixtureRequest
) -> None:
    name = f"shut-{request.node.callspec.id}"
    arn = f"arn:aws:cloudtrail:eu-west-1:{box.owner.account}:trail/{name}"
    right = bucket_policy(f"{name}-files", arn, box.owner.account)
    bucket = trail(name, policy=spoil(right))
    owner("ec2").describe_vpcs()
    assert box.deliver() == 0
    status = owner("cloudtrail").get_trail_status(Name=name)
    assert status["IsLogging"] is True
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryTime" not in status
    owner("s3").put_bucket_policy(Bucket=bucket, Policy=right)
    assert box.deliver() > 0
    status = owner("cloudtrail").get_trail_status(Name=name)
    assert "LatestDeliveryError" not in status
    assert abs((status["LatestDeliveryTime"] - box.now()).total_seconds()) < 120
    assert "DescribeVpcs" in names_of(owner, bucket)


def test_a_bucket_that_is_gone_is_told(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("gone")
    owner("s3").delete_bucket(Bucket=bucket)
    owner("ec2").describe_vpcs()
    assert box.deliver() == 0
    assert owner("cloudtrail").get_trail_status(Name="gone")["LatestDeliveryError"] == "NoSuchBucket"


def test_a_deny_that_reaches_services_keeps_the_files_out(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("denied")
    policy = json.loads(owner("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"].append(
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    )
    owner("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert box.deliver() == 0
    assert owner("cloudtrail").get_trail_status(Name="denied")["LatestDeliveryError"] == "AccessDenied"


def test_the_times_of_a_trail_are_the_boxs(box: Box, owner: Client, trail: Made) -> None:
    box.move_clock(seconds=10 * 86400)
    trail("timed")
    owner("cloudtrail").stop_logging(Name="timed")
    box.deliver()
    status = owner("cloudtrail").get_trail_status(Name="timed")
    for name in ("StartLoggingTime", "StopLoggingTime", "LatestDeliveryTime"):
        assert abs((status[name] - box.now()).total_seconds()) < 120
    assert status["IsLogging"] is False


def test_the_status_of_a_trail_that_never_logged_claims_nothing(owner: Client) -> None:
    owner("s3").create_bucket(
        Bucket="never-logged", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    owner("cloudtrail").create_trail(Name="never-logged", S3BucketName="never-logged")
    status = owner("cloudtrail").get_trail_status(Name="never-logged")
    assert status["IsLogging"] is False
    assert not {"LatestDeliveryTime", "LatestDeliveryError", "StartLoggingTime"} & set(status)


# --- which events ---------------------------------------------------------------------------


def test_the_deliverys_own_writes_are_not_the_owners_doing(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("quiet")
    owner("cloudtrail").put_event_selectors(
        TrailName="quiet",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            }
        ],
    )
    box.deliver()
    box.deliver()
    assert "PutObject" not in names_of(owner, bucket)


def test_data_events_are_left_out_unless_they_are_asked_for(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("no-data")
    owner("s3").put_object(Bucket=bucket, Key="mine", Body=b"x")
    owner("s3").delete_object(Bucket=bucket, Key="mine")
    box.deliver()
    assert not {"PutObject", "DeleteObject"} & set(names_of(owner, bucket))


@pytest.mark.parametrize(
    ("name", "selector", "wanted"),
    [
        ("sel-read", {"ReadWriteType": "ReadOnly"}, {"DescribeVpcs"}),
        ("sel-write", {"ReadWriteType": "WriteOnly"}, {"CreateVpc", "CreateKey"}),
        (
            "sel-object",
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": False,
                "DataResources": [
                    {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::sel-object-files/in/"]}
                ],
            },
            {"PutObject"},
        ),
        (
            "sel-source",
            {"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]},
            {"CreateVpc", "DescribeVpcs"},
        ),
    ],
)
def test_event_selectors_say_what_is_written(
    box: Box, owner: Client, trail: Made, name: str, selector: dict[str, Any], wanted: set[str]
) -> None:
    bucket = trail(name)
    owner("cloudtrail").put_event_selectors(TrailName=name, EventSelectors=[selector])
    owner("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    owner("ec2").describe_vpcs()
    owner("kms").create_key()
    for key in ("in/a", "out/a"):
        owner("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    box.deliver()
    s3 = owner("s3")
    for key in ("in/a", "out/a"):
        s3.delete_object(Bucket=bucket, Key=key)
    records = records_of(owner, bucket)
    asked = {"CreateVpc", "DescribeVpcs", "PutObject", "CreateKey"}
    assert {one["eventName"] for one in records} & asked == wanted
    keys = {one["requestParameters"]["key"] for one in records if one["eventName"] == "PutObject"}
    assert keys <= {"in/a"}


def test_advanced_selectors_say_what_is_written(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("advanced")
    owner("cloudtrail").put_event_selectors(
        TrailName="advanced",
        AdvancedEventSelectors=[
            {
                "Name": "writes",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Management"]},
                    {"Field": "readOnly", "Equals": ["false"]},
                    {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
                ],
            }
        ],
    )
    owner("ec2").create_vpc(CidrBlock="10.8.0.0/16")
    owner("ec2").describe_vpcs()
    owner("kms").create_key()
    box.deliver()
    names = names_of(owner, bucket)
    assert "CreateVpc" in names
    assert not {"DescribeVpcs", "CreateKey"} & set(names)


def test_what_the_box_cannot_deliver_is_told_and_left_out(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("not-here")
    owner("cloudtrail").put_event_selectors(
        TrailName="not-here",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
            }
        ],
    )
    owner("ec2").describe_vpcs()
    box.deliver()
    assert "DescribeVpcs" in names_of(owner, bucket)
    told = owner("cloudtrail").get_trail_status(Name="not-here")["LatestDeliveryError"]
    assert told == "the box does not deliver data events of AWS::Lambda::Function"


def test_denied_calls_and_calls_of_sessions_are_in_the_files(
    box: Box, owner: Client, client: Client, new_user: Any, trail: Made
) -> None:
    bucket = trail("everyone")
    nobody = new_user("delivered-nobody", allow("ec2:DescribeVpcs"))
    assert code_of(client(nobody, "ec2").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"
    box.deliver()
    reading = read_files(files_of(owner, bucket), source=bucket, account=box.owner.account)
    (event,) = [one for one in reading.events if one.name == "CreateVpc"]
    assert event.refused
    assert event.actor.arn == f"arn:aws:iam::{box.owner.account}:user/delivered-nobody"
    assert event.management is True


def test_each_account_has_its_own_record_of_a_call_between_two(
    box: Box, owner: Client, client: Client, trail: Made
) -> None:
    bucket = trail("between-two")
    outside = trust({"AWS": f"arn:aws:iam::{box.guest_account.account}:root"})
    role = owner("iam").create_role(RoleName="between-two", AssumeRolePolicyDocument=outside)["Role"]["Arn"]
    client(box.guest_account, "sts").assume_role(RoleArn=role, RoleSessionName="dev")
    client(box.guest_account, "ec2").describe_vpcs()
    box.deliver()
    records = records_of(owner, bucket)
    assert {one["recipientAccountId"] for one in records} == {box.owner.account}
    (assumed,) = [one for one in records if one["eventName"] == "AssumeRole"]
    assert assumed["sharedEventID"]
    assert assumed["userIdentity"]["accountId"] == box.guest_account.account


def test_no_secret_is_in_a_file(box: Box, owner: Client, trail: Made) -> None:
    bucket = trail("secretless")
    owner("secretsmanager").create_secret(Name="secretless", SecretString="hunter2-hunter2")
    box.deliver()
    text = json.dumps(records_of(owner, bucket))
    assert "CreateSecret" in text
    assert "hunter2" not in text
