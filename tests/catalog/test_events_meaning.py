"""What an event meant: the operation, the actions of this very call, the resources. Truth from AWS's pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.catalog import EventMeaning, Unmapped, Where, event_meaning
from guestpass.catalog.events.facts import facts
from guestpass.catalog.events.names import event_names, event_sources

WHERE = Where(account="111122223333", region="eu-west-1")
ROLE = "arn:aws:iam::111122223333:role/app"


def meaning(source: str, name: str, parameters: dict[str, Any] | None = None) -> EventMeaning:
    found = event_meaning(f"{source}.amazonaws.com", name, parameters or {}, WHERE)
    assert not isinstance(found, Unmapped), found.why
    return found


# AWS: Service Authorization Reference and each operation's page: what the call is, and what else it needs for sure.
NEEDED = [
    ("s3", "ListObjects", {"bucketName": "shop", "list-type": "2"}, {"s3:ListBucket"}),
    ("s3", "HeadObject", {"bucketName": "shop", "key": "a"}, {"s3:GetObject"}),
    ("s3", "HeadBucket", {"bucketName": "shop"}, {"s3:ListBucket"}),
    ("s3", "GetBucketPublicAccessBlock", {"bucketName": "shop"}, {"s3:GetBucketPublicAccessBlock"}),
    ("s3", "PutAccountPublicAccessBlock", {}, {"s3:PutAccountPublicAccessBlock"}),
    ("s3", "GetBucketReplication", {"bucketName": "shop"}, {"s3:GetReplicationConfiguration"}),
    ("s3", "PutBucketLifecycle", {"bucketName": "shop"}, {"s3:PutLifecycleConfiguration"}),
    (
        "s3",
        "PutBucketReplication",
        {"bucketName": "shop", "ReplicationConfiguration": {"Role": ROLE}},
        {"s3:PutReplicationConfiguration", "iam:PassRole"},
    ),
    ("lambda", "Invoke", {"functionName": "mail"}, {"lambda:InvokeFunction"}),
    (
        "lambda",
        "CreateFunction20150331",
        {"functionName": "mail", "role": ROLE},
        {"lambda:CreateFunction", "iam:PassRole"},
    ),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "mail"}, {"lambda:UpdateFunctionCode"}),
    ("cloudfront", "CreateDistribution2020_05_31", {}, {"cloudfront:CreateDistribution"}),
    (
        "cloudfront",
        "CreateDistributionWithTags2020_05_31",
        {"distributionConfigWithTags": {"tags": {"items": [{"key": "a", "value": "b"}]}}},
        {"cloudfront:CreateDistribution", "cloudfront:TagResource"},
    ),
    ("rdsdata", "ExecuteStatement", {"resourceArn": "a", "secretArn": "b"}, {"rds-data:ExecuteStatement"}),
    ("bedrock", "Converse", {"modelId": "m"}, {"bedrock:InvokeModel"}),
    ("monitoring", "PutMetricAlarm", {"alarmName": "busy"}, {"cloudwatch:PutMetricAlarm"}),
    ("tagging", "GetResources", {}, {"tag:GetResources"}),
    ("states", "StartExecution", {"stateMachineArn": "a"}, {"states:StartExecution"}),
    ("kafka", "CreateClusterV2", {"clusterName": "a"}, {"kafka:CreateClusterV2"}),
    (
        "autoscaling",
        "RegisterScalableTarget",
        {"serviceNamespace": "ecs"},
        {"application-autoscaling:RegisterScalableTarget"},
    ),
    ("amazonmq", "DescribeBroker", {"broker-id": "b"}, {"mq:DescribeBroker"}),
    ("pricelist", "GetProducts", {}, {"pricing:GetProducts"}),
    ("migrationhub", "ListMigrationTasks", {}, {"mgh:ListMigrationTasks"}),
    ("mturk-requester", "GetAccountBalance", {}, {"mechanicalturk:GetAccountBalance"}),
    ("es", "DescribeDomain", {"domainName": "logs"}, {"es:DescribeDomain"}),
    ("dynamodb", "GetRecords", {}, {"dynamodb:GetRecords"}),
    (
        "elasticloadbalancing",
        "DeleteLoadBalancer",
        {"loadBalancerName": "a"},
        {"elasticloadbalancing:DeleteLoadBalancer"},
    ),
    ("transcribestreaming", "StartStreamTranscription", {}, {"transcribe:StartStreamTranscription"}),
    (
        "ec2",
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "i-0a"}]}},
        {"ec2:TerminateInstances"},
    ),
    ("iot", "GetThingShadow", {"thingName": "t"}, {"iot:GetThingShadow"}),
    ("sso", "CreatePermissionSet", {"instanceArn": "a", "name": "p"}, {"sso:CreatePermissionSet"}),
    ("s3express", "CreateBucket", {"bucketName": "shop--use1-az4--x-s3"}, {"s3express:CreateBucket"}),
    (
        "s3express",
        "PutObject",
        {"bucketName": "shop--use1-az4--x-s3", "key": "a"},
        {"s3express:CreateSession"},
    ),
    ("s3express", "ListDirectoryBuckets", {}, {"s3express:ListAllMyDirectoryBuckets"}),
]


@pytest.mark.parametrize(
    ("source", "name", "parameters", "needed"), NEEDED, ids=[f"{row[0]}-{row[1]}" for row in NEEDED]
)
def test_an_event_needed_what_awss_pages_say(
    source: str, name: str, parameters: dict[str, Any], needed: set[str]
) -> None:
    """Its own actions exactly; besides them at least what the pages say the call needs."""
    found = meaning(source, name, parameters)
    assert needed <= {each.action for each in found.actions}
    own = {each.action for each in found.actions if each.kind == "primary"}
    assert own <= needed
    assert own


def test_a_call_that_hands_over_no_role_and_sets_no_tags_needs_neither_right() -> None:
    found = meaning(
        "ec2",
        "RunInstances",
        {"instancesSet": {"items": [{"imageId": "ami-0a"}]}, "instanceType": "t3.micro"},
    )
    sure = {each.action for each in found.actions if not each.perhaps}
    assert "ec2:RunInstances" in sure
    assert not sure & {"iam:PassRole", "ec2:CreateTags"}


def test_tags_and_roles_in_the_record_are_rights_that_the_call_needed() -> None:
    parameters = {
        "instancesSet": {"items": [{"imageId": "ami-0a"}]},
        "iamInstanceProfile": {"name": "web"},
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]
        },
    }
    kinds = {each.action: each.kind for each in meaning("ec2", "RunInstances", parameters).actions}
    assert kinds["ec2:RunInstances"] == "primary"
    assert kinds["iam:PassRole"] == "pass-role"
    assert kinds["ec2:CreateTags"] == "tag-on-create"


@pytest.mark.parametrize(
    ("source", "name", "parameters", "action", "arn"),
    [
        ("s3", "PutObject", {"bucketName": "shop", "key": "a/b"}, "s3:PutObject", "arn:aws:s3:::shop/a/b"),
        (
            "ec2",
            "TerminateInstances",
            {"instancesSet": {"items": [{"instanceId": "i-0a"}]}},
            "ec2:TerminateInstances",
            "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a",
        ),
        (
            "rds",
            "DeleteDBInstance",
            {"dBInstanceIdentifier": "shop", "skipFinalSnapshot": True},
            "rds:DeleteDBInstance",
            "arn:aws:rds:eu-west-1:111122223333:db:shop",
        ),
        (
            "dynamodb",
            "DeleteTable",
            {"tableName": "carts"},
            "dynamodb:DeleteTable",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/carts",
        ),
        (
            "lambda",
            "DeleteFunction20150331",
            {"functionName": "mail"},
            "lambda:DeleteFunction",
            "arn:aws:lambda:eu-west-1:111122223333:function:mail",
        ),
        (
            "s3express",
            "DeleteBucket",
            {"bucketName": "shop--use1-az4--x-s3"},
            "s3express:DeleteBucket",
            "arn:aws:s3express:eu-west-1:111122223333:bucket/shop--use1-az4--x-s3",
        ),
    ],
)
def test_an_event_says_which_resource_it_touched(
    source: str, name: str, parameters: dict[str, Any], action: str, arn: str
) -> None:
    found = meaning(source, name, parameters)
    assert (action, arn) in {(each.action, each.arn) for each in found.resources if each.exact}


def test_a_call_of_cloud_control_needs_what_the_types_handler_needs() -> None:
    """AWS: Cloud Control API runs the handler in the caller's name; which of its rights it comes to use, it decides."""
    found = meaning(
        "cloudcontrolapi", "DeleteResource", {"typeName": "AWS::S3::Bucket", "identifier": "shop"}
    )
    told = {each.action: each for each in found.actions}
    assert (found.service, found.operation) == ("cloudcontrol", "DeleteResource")
    assert told["cloudformation:DeleteResource"].kind == "primary"
    assert told["s3:DeleteBucket"].kind == "dependent"
    assert told["s3:DeleteBucket"].perhaps
    assert "s3:CreateBucket" not in told
    database = meaning("cloudcontrolapi", "CreateResource", {"typeName": "AWS::RDS::DBInstance"})
    kinds = {each.action: each.kind for each in database.actions}
    assert kinds["iam:PassRole"] == "pass-role"
    assert kinds["iam:CreateServiceLinkedRole"] == "linked-role"
    assert kinds["rds:CreateDBInstance"] == "dependent"


@pytest.mark.parametrize(
    "parameters", [{}, {"typeName": "AWS::S3::Bukket"}, {"typeName": ["AWS::S3::Bucket"]}]
)
def test_a_call_of_cloud_control_for_a_type_that_nobody_knows_is_unmapped(parameters: dict[str, Any]) -> None:
    found = event_meaning("cloudcontrolapi.amazonaws.com", "CreateResource", parameters, WHERE)
    assert isinstance(found, Unmapped)
    assert "type" in found.why


def test_with_a_role_of_its_own_cloud_control_uses_that_roles_rights() -> None:
    found = meaning("cloudcontrolapi", "CreateResource", {"typeName": "AWS::S3::Bucket", "roleArn": ROLE})
    assert "s3:CreateBucket" not in {each.action for each in found.actions}


def test_a_call_that_asks_no_permission_needs_nothing() -> None:
    found = meaning("sts", "GetCallerIdentity")
    assert (found.service, found.operation, found.actions, found.resources) == (
        "sts",
        "GetCallerIdentity",
        (),
        (),
    )


@pytest.mark.parametrize("type_", sorted(facts().types))
def test_what_is_no_call_by_its_type_means_nothing_whatever_its_name(type_: str) -> None:
    found = event_meaning("ec2.amazonaws.com", "RunInstances", {}, WHERE, type=type_)
    assert isinstance(found, Unmapped)
    assert facts().types[type_] in found.why
    assert isinstance(
        event_meaning("ec2.amazonaws.com", "RunInstances", {}, WHERE, type="AwsApiCall"), EventMeaning
    )


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("signin.amazonaws.com", "ConsoleLogin"),
        ("signin.amazonaws.com", "UserAuthentication"),
        ("kms.amazonaws.com", "RotateKey"),
        ("identitystore-scim.amazonaws.com", "CreateUser"),
        ("ec2.amazonaws.com", "RunInstanzes"),
        ("nobody.amazonaws.com", "CreateThing"),
        ("", ""),
    ],
)
def test_what_is_no_call_or_not_known_is_unmapped_and_never_guessed(source: str, name: str) -> None:
    found = event_meaning(source, name, {}, WHERE)
    assert isinstance(found, Unmapped)
    assert found.why


def test_a_call_that_no_api_has_says_that_more_than_its_own_action_is_not_known() -> None:
    found = meaning("transcribestreaming", "StartStreamTranscription")
    assert [each.sources for each in found.actions] == [("name",)]
    assert "not known" in found.gap


def test_parameters_without_an_end_are_unmapped_and_no_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert isinstance(event_meaning("ec2.amazonaws.com", "RunInstances", deep, WHERE), Unmapped)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.sampled_from(event_sources()).flatmap(
    lambda source: st.tuples(st.just(source), st.sampled_from([*event_names(source), "x"]))
)


@given(
    EVENTS, st.dictionaries(st.sampled_from(["name", "bucketName", "tags", "roleArn", ""]), JSON, max_size=4)
)
def test_no_event_however_odd_stops_the_reading(event: tuple[str, str], parameters: dict[str, Any]) -> None:
    found = event_meaning(*event, parameters, WHERE)
    assert isinstance(found, EventMeaning | Unmapped)
