"""A guest's usage with everything that can stand in one: used, refused, not mapped, hostile, and by a role."""

from __future__ import annotations

from typing import Any

from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.trail import Event, Reading, Usage, deeds_of, read_event, usage_of
from trail.test_deeds import ACCOUNT, GUEST, SEEDS, SHARED, assume, event, session, user

DENIED = f"User: {GUEST} is not authorized to perform: "


def refused(minute: float, name: str, parameters: dict[str, Any], says: str) -> Event:
    """A call that AWS refused in these words."""
    made = event(minute, user(GUEST), name, parameters)
    record = {
        "eventID": made.id,
        "eventTime": made.time.isoformat(),
        "eventSource": made.source,
        "eventName": made.name,
        "awsRegion": made.region,
        "userIdentity": {"type": "IAMUser", "arn": GUEST},
        "requestParameters": parameters,
        "errorCode": "AccessDenied",
        "errorMessage": says,
    }
    return read_event(record)


LAUNCH = {
    "instancesSet": {"items": [{"imageId": "ami-0a1b2c3d", "keyName": "acme-shop-key"}]},
    "groupSet": {"items": [{"groupId": "sg-0a1b2c3d"}]},
    "subnetId": "subnet-0a1b2c3d",
    "iamInstanceProfile": {"name": "acme-shop-instance"},
    "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]},
}
EVENTS = (
    event(0, user(GUEST), "signin:ConsoleLogin"),
    *(event(minute, user(GUEST), "ec2:DescribeInstances", {"instancesSet": {}}) for minute in range(1, 1300, 7)),
    event(3, user(GUEST), "ec2:RunInstances", LAUNCH, {"instancesSet": {"items": [{"instanceId": "i-0a1b2c3d"}]}}),
    event(5, user(GUEST), "s3:PutBucketPolicy", {"bucketName": "acme-shop-\x1b[2Juploads\u202e"}),
    event(6, user(GUEST), "lambda:DeleteFunction20150331", {"functionName": "mail"}),
    event(7, user(GUEST), "nowhere:CreateThing", {"name": "api"}),
    refused(
        8,
        "iam:CreateUser",
        {"userName": "backdoor"},
        f"{DENIED}iam:CreateUser on resource: arn:aws:iam::{ACCOUNT}:user/backdoor "
        "with an explicit deny in a permissions boundary",
    ),
    refused(
        9,
        "ec2:RunInstances",
        LAUNCH,
        f"{DENIED}iam:PassRole on resource: {SHARED} because no identity-based policy allows the iam:PassRole action",
    ),
    refused(10, "s3:DeleteBucket", {"bucketName": "acme-invoices"}, "Access Denied"),
    assume(11, user(GUEST), SHARED, "deploy", "ASIAEXAMPLE"),
    event(12, session(SHARED, "deploy", "ASIAEXAMPLE"), "secretsmanager:GetSecretValue", {"secretId": "acme"}),
)  # fmt: skip


def told() -> Usage:
    """The usage of the story."""
    return usage_of(deeds_of(EVENTS, seeds=SEEDS), account=ACCOUNT)


def reading() -> Reading:
    """The reading it is from, in which one file could not be read."""
    torn = Finding(
        code="TRL001",
        severity="warning",
        says="the file ends early or is broken: its JSON cannot be read",
        because="what stands in it is not known",
        fix="fetch it again",
        place=Place(file="logs/111122223333_CloudTrail_eu-west-1_20270110T0910Z_aB3dE5fG7hJ9kL1m.json.gz"),
    )
    return Reading(
        events=EVENTS,
        files=412,
        source="s3://guestpass-trail-111122223333-eu-west-1",
        regions=("eu-west-1", "us-east-1"),
        since=EVENTS[0].time,
        until=EVENTS[-1].time,
        findings=(torn,),
    )
