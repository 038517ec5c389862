"""From an event back to its call: names, spellings, wrappers, and what was masked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model
from ruamel.yaml import YAML

from guestpass.catalog import (
    Check,
    Named,
    Unmapped,
    Where,
    action_exists,
    authorizations,
    event_source,
    operation_of_event,
    primary_action,
    request_of_event,
    widest,
)
from guestpass.catalog.operations.rows import rows, table_names
from guestpass.catalog.services import client_name
from guestpass.local.backend.wire import Asked, Dialect
from guestpass.local.hidden import HIDDEN, shown_parameters
from loan.story import DEPLOY, FIRST_LOGIN, LATER, TEAR_DOWN, Call

WHERE = Where(account="111122223333", region="eu-west-1")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("source", "name", "operation"),
    [
        ("ec2", "RunInstances", ("ec2", "RunInstances")),
        ("monitoring", "PutMetricAlarm", ("cloudwatch", "PutMetricAlarm")),
        ("tagging", "GetResources", ("resourcegroupstaggingapi", "GetResources")),
        ("states", "StartExecution", ("stepfunctions", "StartExecution")),
        ("lambda", "CreateFunction20150331", ("lambda", "CreateFunction")),
        ("lambda", "UpdateFunctionCode20150331v2", ("lambda", "UpdateFunctionCode")),
        ("cloudfront", "CreateDistribution2020_05_31", ("cloudfront", "CreateDistribution")),
        ("s3", "PutBucketPublicAccessBlock", ("s3", "PutPublicAccessBlock")),
        ("s3", "PutAccountPublicAccessBlock", ("s3control", "PutPublicAccessBlock")),
        ("s3", "GetBucketLifecycle", ("s3", "GetBucketLifecycle")),
        ("rds", "CreateDBInstance", ("rds", "CreateDBInstance")),
        ("elasticloadbalancing", "CreateLoadBalancer", ("elbv2", "CreateLoadBalancer")),
        ("signin", "CreateOAuth2Token", ("signin", "CreateOAuth2Token")),
    ],
)
def test_an_event_names_its_operation(source: str, name: str, operation: tuple[str, str]) -> None:
    """With the service's own spelling, without the API's version."""
    assert operation_of_event(f"{source}.amazonaws.com", name) == operation


@pytest.mark.parametrize(
    ("source", "name", "why"),
    [
        ("signin.amazonaws.com", "ConsoleLogin", "a sign-in to the console"),
        ("signin.amazonaws.com", "SwitchRole", "a sign-in to the console"),
        ("secretsmanager.amazonaws.com", "RotationStarted", "did by itself"),
        ("kms.amazonaws.com", "RotateKey", "did by itself"),
        ("nowhere.amazonaws.com", "Anything", "knows no service"),
        ("ec2.example.org", "RunInstances", "no service's event source"),
        ("", "", "no service's event source"),
    ],
)
def test_what_is_no_call_is_unmapped_with_the_reason(source: str, name: str, why: str) -> None:
    found = operation_of_event(source, name)
    assert isinstance(found, Unmapped)
    assert why in found.why


def shown(call: Call) -> dict[str, Any]:
    """A call's parameters as the box writes them into its record."""
    model = get_service_model(call.service).operation_model(call.operation)
    asked = Asked(
        service=call.service,
        operation=call.operation,
        dialect=Dialect.EC2 if call.service == "ec2" else Dialect.QUERY,
        parameters=call.parameters,
        model=model,
    )
    return shown_parameters(asked).values


def asked_of(found: Any) -> list[tuple[str, Any]]:
    """What is authorised, without the condition keys: values that were masked are not among them."""
    assert not isinstance(found, Unmapped), found.why
    return [
        (each.action, each.resource) if isinstance(each, Check) else ("iam:PassRole", each.profile)
        for each in found
    ]


STORY = (*FIRST_LOGIN, *DEPLOY, *LATER, *TEAR_DOWN)


@pytest.mark.parametrize("call", STORY, ids=[call.id for call in STORY])
def test_every_call_of_the_job_comes_back_from_the_boxs_record_as_what_it_was_authorised_as(
    call: Call,
) -> None:
    """Forward by the box, back by the catalogue, held against the call itself."""
    operation = operation_of_event(f"{call.service}.amazonaws.com", call.operation)
    assert operation == (call.service, call.operation)
    where = Where(account=WHERE.account, region=call.region)
    assert there_and_back(call, where) == asked_of(
        authorizations(call.service, call.operation, call.parameters, where)
    )


ROWS: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("calls.yaml"))
# AWS: S3 User Guide, "Amazon S3 CloudTrail events": the keys of DeleteObjects are not logged. A password that AWS keeps is a
# switch, which the box hides for its name (AWS's own record is held to below).
NOT_IN_THE_RECORD = {
    "deleting many is authorised one by one",
    "a password kept by AWS needs a secret and its key",
}
MAPPED = [row for row in ROWS if "unmapped" not in row and row["name"] not in NOT_IN_THE_RECORD]


@pytest.mark.parametrize("row", MAPPED, ids=[row["name"] for row in MAPPED])
def test_every_call_that_the_catalogue_is_held_to_comes_back_too(row: dict[str, Any]) -> None:
    """The calls of `calls.yaml`: all services with a table, and the odd ones of each."""
    service, operation, parameters = row["call"]
    call = Call(says=row["name"], service=client_name(service), operation=operation, parameters=parameters)
    assert there_and_back(call, WHERE) == asked_of(authorizations(service, operation, parameters, WHERE))


def there_and_back(call: Call, where: Where) -> list[tuple[str, Any]]:
    """What the call's record is authorised as."""
    request = request_of_event(call.service, call.operation, shown(call))
    return asked_of(authorizations(call.service, call.operation, request, where))


TAGS = [{"key": "guestpass", "value": "acme-shop"}]
API_TAGS = [{"Key": "guestpass", "Value": "acme-shop"}]

# Written after the examples on AWS's pages "Logging … with AWS CloudTrail" of each service.
RECORDS: list[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]] = [
    (
        "ec2",
        "RunInstances",
        {
            "instancesSet": {
                "items": [{"imageId": "ami-0a", "minCount": 1, "maxCount": 1, "keyName": "acme"}]
            },
            "groupSet": {"items": [{"groupId": "sg-0a"}]},
            "userData": "<sensitiveDataRemoved>",
            "instanceType": "t3.micro",
            "blockDeviceMapping": {},
            "subnetId": "subnet-0a",
            "iamInstanceProfile": {"name": "acme-instance"},
            "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": TAGS}]},
        },
        {
            "ImageId": "ami-0a",
            "MinCount": 1,
            "MaxCount": 1,
            "KeyName": "acme",
            "SecurityGroupIds": ["sg-0a"],
            "InstanceType": "t3.micro",
            "BlockDeviceMappings": [],
            "SubnetId": "subnet-0a",
            "IamInstanceProfile": {"Name": "acme-instance"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": API_TAGS}],
        },
    ),
    (
        "ec2",
        "RunInstances",
        {
            "instancesSet": {"items": [{"imageId": "ami-0a"}]},
            "networkInterfaceSet": {
                "items": [
                    {
                        "deviceIndex": 0,
                        "subnetId": "subnet-0a",
                        "groupSet": {"items": [{"groupId": "sg-0a"}]},
                    }
                ]
            },
        },
        {
            "ImageId": "ami-0a",
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-0a", "Groups": ["sg-0a"]}],
        },
    ),
    (
        "ec2",
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "i-0a"}, {"instanceId": "i-0b"}]}},
        {"InstanceIds": ["i-0a", "i-0b"]},
    ),
    (
        "ec2",
        "CreateTags",
        {"resourcesSet": {"items": [{"resourceId": "i-0a"}]}, "tagSet": {"items": TAGS}},
        {"Resources": ["i-0a"], "Tags": API_TAGS},
    ),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {
            "groupId": "sg-0a",
            "ipPermissions": {
                "items": [
                    {
                        "ipProtocol": "tcp",
                        "fromPort": 443,
                        "toPort": 443,
                        "groups": {},
                        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                        "ipv6Ranges": {},
                        "prefixListIds": {},
                    }
                ]
            },
        },
        {
            "GroupId": "sg-0a",
            "IpPermissions": [
                {
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "UserIdGroupPairs": [],
                    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                    "Ipv6Ranges": [],
                    "PrefixListIds": [],
                }
            ],
        },
    ),
    (
        "ec2",
        "CreateSecurityGroup",
        {"groupName": "web", "groupDescription": "web", "vpcId": "vpc-0a"},
        {"GroupName": "web", "Description": "web", "VpcId": "vpc-0a"},
    ),
    (
        "ec2",
        "DescribeInstances",
        {
            "filterSet": {"items": [{"name": "tag:a", "valueSet": {"items": [{"value": "b"}]}}]},
            "instancesSet": {},
        },
        {"Filters": [{"Name": "tag:a", "Values": ["b"]}], "InstanceIds": []},
    ),
    (
        "ec2",
        "CreateNatGateway",
        {
            "CreateNatGatewayRequest": {
                "SubnetId": "subnet-0a",
                "AllocationId": "eipalloc-0a",
                "TagSpecification": {
                    "ResourceType": "natgateway",
                    "tag": 1,
                    "Tag": {"Key": "guestpass", "tag": 1, "Value": "acme-shop"},
                },
            }
        },
        {
            "SubnetId": "subnet-0a",
            "AllocationId": "eipalloc-0a",
            "TagSpecifications": [{"ResourceType": "natgateway", "Tags": API_TAGS}],
        },
    ),
    (
        "ec2",
        "DeleteVpcEndpoints",
        {
            "DeleteVpcEndpointsRequest": {
                "VpcEndpointId": [{"tag": 1, "content": "vpce-0a"}, {"tag": 2, "content": "vpce-0b"}]
            }
        },
        {"VpcEndpointIds": ["vpce-0a", "vpce-0b"]},
    ),
    (
        "rds",
        "CreateDBInstance",
        {"dBInstanceIdentifier": "acme", "masterUserPassword": "****", "iops": 1000, "tags": TAGS},
        {"DBInstanceIdentifier": "acme", "Iops": 1000, "Tags": API_TAGS},
    ),
    (
        "s3",
        "CreateBucket",
        {
            "CreateBucketConfiguration": {
                "LocationConstraint": "eu-west-1",
                "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            },
            "bucketName": "acme",
            "Host": "s3.amazonaws.com",
            "x-amz-acl": "private",
        },
        {
            "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
            "Bucket": "acme",
            "Host": "s3.amazonaws.com",
            "ACL": "private",
        },
    ),
    (
        "s3",
        "PutBucketTagging",
        {
            "tagging": [""],
            "bucketName": "acme",
            "Tagging": {"xmlns": "x", "TagSet": {"Tag": {"Key": "a", "Value": "b"}}},
        },
        {"Bucket": "acme", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    ),
    (
        "rds",
        "ModifyDBInstance",
        {"dBInstanceIdentifier": "acme", "manageMasterUserPassword": True},
        {"DBInstanceIdentifier": "acme", "ManageMasterUserPassword": True},
    ),
    ("s3", "GetObject", {"bucketName": "acme", "key": "a/b.txt"}, {"Bucket": "acme", "Key": "a/b.txt"}),
    (
        "kms",
        "Encrypt",
        {"keyId": "alias/acme", "encryptionContext": HIDDEN},
        {"KeyId": "alias/acme"},
    ),
    (
        "logs",
        "CreateLogGroup",
        {"logGroupName": "/acme", "tags": {"guestpass": "acme-shop"}},
        {"logGroupName": "/acme", "tags": {"guestpass": "acme-shop"}},
    ),
    (
        "cloudtrail",
        "DescribeTrails",
        {"trailNameList": ["guestpass"], "includeShadowTrails": False},
        {"trailNameList": ["guestpass"], "includeShadowTrails": False},
    ),
    (
        "lambda",
        "CreateFunction",
        {"functionName": "mail", "tags": {"team": "x"}, "environment": {}},
        {"FunctionName": "mail", "Tags": {"team": "x"}, "Environment": {}},
    ),
    ("iam", "AttachRolePolicy", {"roleName": "r", "policyArn": "a"}, {"RoleName": "r", "PolicyArn": "a"}),
]


@pytest.mark.parametrize(
    ("service", "operation", "recorded", "asked"),
    RECORDS,
    ids=[f"{number}-{record[1]}" for number, record in enumerate(RECORDS)],
)
def test_a_record_in_awss_spelling_comes_back_in_the_apis(
    service: str, operation: str, recorded: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    """As AWS's own pages show their records, which is not always as the box writes them."""
    assert request_of_event(service, operation, recorded) == asked


def test_a_masked_value_is_as_if_it_had_not_been_given() -> None:
    """Deep inside too, whatever the service's word for it is."""
    recorded = {"a": "***", "b": {"c": HIDDEN, "d": ["<sensitiveDataRemoved>", "e"]}}
    assert request_of_event("ssm", "PutParameter", recorded) == {"B": {"D": ["e"]}}


def test_every_operation_of_the_tables_that_an_action_stands_for_can_be_found_from_its_event() -> None:
    """No event of a service with a table is taken for another service's."""
    missed = [
        (client, operation)
        for client in table_names()
        for operation in rows(client)
        if client != "s3control"  # told by the names of its events, see above
        and operation_of_event(str(event_source(client)), operation) != (client, operation)
    ]
    assert missed == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["arn:aws:iam::1:role/x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["items", "tag", "content", "key", "tagSet", "a", ""]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "instancesSet",
        "groupSet",
        "tagSpecificationSet",
        "bucketName",
        "key",
        "tagging",
        "Tagging",
        "tags",
        "RunInstancesRequest",
        "userName",
        "x-amz-tagging",
        "x-amz-copy-source",
        "resourcesSet",
        "policyArn",
        "",
    ]
)
OPERATIONS = [(client, name) for client in table_names() for name in rows(client)]


@given(st.sampled_from(OPERATIONS), st.dictionaries(NAMES, JSON, max_size=5))
def test_no_record_however_odd_stops_the_reading(
    operation: tuple[str, str], recorded: dict[str, Any]
) -> None:
    """Events come from whoever called: what cannot be understood is `Unmapped`, never an exception."""
    request = request_of_event(*operation, recorded)
    found = authorizations(*operation, request, WHERE)
    assert isinstance(found, tuple | Unmapped)


@pytest.mark.parametrize(
    ("named", "pattern"),
    [
        (Named(type="iam:user", name="ann"), "arn:aws:iam::111122223333:user/*ann"),
        (Named(type="iam:role", name=""), "arn:aws:iam::111122223333:role/*"),
        (
            Named(type="secretsmanager:Secret", name="acme"),
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme-??????",
        ),
        (Named(type="secretsmanager:Secret", name="arn:aws:secretsmanager:x"), "arn:aws:secretsmanager:x"),
        (Named(type="ec2:subnet", name=""), "arn:aws:ec2:eu-west-1:111122223333:subnet/*"),
        (Named(type="rds:pg", name=""), "arn:aws:rds:eu-west-1:111122223333:pg:*"),
        (Named(type="nothing:nothing", name="x"), "*"),
    ],
)
def test_what_is_known_by_name_alone_becomes_the_narrowest_pattern_that_surely_holds_it(
    named: Named, pattern: str
) -> None:
    assert widest(named, WHERE) == pattern


def test_the_rule_finds_an_action_only_where_aws_lists_one() -> None:
    """An event without a row still has its action by name; one of no action's name has none."""
    assert primary_action("lambda", "UpdateFunctionCode") == "lambda:UpdateFunctionCode"
    assert action_exists("lambda:UpdateFunctionCode")
    assert isinstance(primary_action("apigateway", "CreateRestApi"), Unmapped)


def test_the_spellings_are_what_the_tool_makes_of_botocore() -> None:
    tool = ROOT / "tools" / "distill_members.py"
    result = subprocess.run([sys.executable, tool, "--check"], check=False)
    assert result.returncode == 0, "run `python tools/distill_members.py`"
