"""From an event's source and name to the operation: irregular sources, names of their own, APIs that share a source."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.catalog import (
    Unmapped,
    action_exists,
    event_source,
    iam_prefix,
    operation_of_event,
    request_of_event,
)
from guestpass.catalog.events.facts import facts
from guestpass.catalog.events.names import clients_of, event_names, event_sources, nearest_events
from guestpass.catalog.operations.known import operations_of
from guestpass.catalog.services import client_name, service_names

ROOT = Path(__file__).parents[2]
CLIENTS = tuple(sorted({client_name(name) for name in service_names()}))


@pytest.mark.parametrize(
    ("source", "name", "operation"),
    [
        ("agreement-marketplace", "AcceptAgreementRequest", "marketplace-agreement"),
        ("amazonmq", "CreateBroker", "mq"),
        ("application-autoscaling", "RegisterScalableTarget", "application-autoscaling"),
        ("autoscaling", "CreateAutoScalingGroup", "autoscaling"),
        ("autoscaling", "CreateScalingPlan", "autoscaling-plans"),
        ("autoscaling", "RegisterScalableTarget", "application-autoscaling"),
        ("bedrock", "Converse", "bedrock-runtime"),
        ("bedrock", "CreateAgent", "bedrock-agent"),
        ("catalog.marketplace", "StartChangeSet", "marketplace-catalog"),
        ("cloudcontrolapi", "CreateResource", "cloudcontrol"),
        ("cognito-identity", "CreateIdentityPool", "cognito-identity"),
        ("cognito-idp", "AdminCreateUser", "cognito-idp"),
        ("cognito-sync", "ListDatasets", "cognito-sync"),
        ("dynamodb", "GetShardIterator", "dynamodbstreams"),
        ("elasticfilesystem", "CreateMountTarget", "efs"),
        ("elasticmapreduce", "RunJobFlow", "emr"),
        ("es", "CreateDomain", "opensearch"),
        ("es", "CreateElasticsearchDomain", "es"),
        ("identitystore", "CreateUser", "identitystore"),
        ("iot", "CreateThing", "iot"),
        ("iot", "GetThingShadow", "iot-data"),
        ("iotdata", "GetThingShadow", "iot-data"),
        ("iotsecuredtunneling", "OpenTunnel", "iotsecuretunneling"),
        ("kafka", "CreateClusterV2", "kafka"),
        ("marketplacecatalog", "ListEntities", "marketplace-catalog"),
        ("metering-marketplace", "BatchMeterUsage", "meteringmarketplace"),
        ("mgh", "CreateHomeRegionControl", "migrationhub-config"),
        ("mgh", "ImportMigrationTask", "mgh"),
        ("migrationhub", "NotifyMigrationTaskState", "mgh"),
        ("monitoring", "PutMetricAlarm", "cloudwatch"),
        ("mturk-requester", "CreateHIT", "mturk"),
        ("opensearchservice", "CreateDomain", "opensearch"),
        ("participant-connect", "SendMessage", "connectparticipant"),
        ("pricelist", "GetProducts", "pricing"),
        ("rdsdata", "ExecuteStatement", "rds-data"),
        ("s3", "CreateJob", "s3control"),
        ("s3-outposts", "CreateEndpoint", "s3outposts"),
        ("s3-outposts", "GetAccessPoint", "s3control"),
        ("s3express", "CreateBucket", "s3"),
        ("ses", "SendBulkEmail", "sesv2"),
        ("ses", "VerifyEmailIdentity", "ses"),
        ("sso", "CreatePermissionSet", "sso-admin"),
        ("sso", "GetRoleCredentials", "sso"),
        ("sso", "StartDeviceAuthorization", "sso-oidc"),
        ("sso-directory", "DescribeGroup", "identitystore"),
        ("states", "StartExecution", "stepfunctions"),
        ("tagging", "TagResources", "resourcegroupstaggingapi"),
        ("taxconsole", "PutTaxRegistration", "taxsettings"),
        ("timestream", "Query", "timestream-query"),
        ("waf-regional", "CreateWebACL", "waf-regional"),
    ],
)
def test_an_irregular_source_leads_to_the_client_whose_call_it_is(
    source: str, name: str, operation: str
) -> None:
    assert operation_of_event(f"{source}.amazonaws.com", name) == (operation, name)


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("transcribestreaming", "StartStreamTranscription", ("transcribe", "StartStreamTranscription")),
        ("sso", "AssociateDirectory", ("sso-admin", "AssociateDirectory")),
        ("sso-directory", "AddMemberToGroup", ("sso-directory", "AddMemberToGroup")),
        ("ssmmessages", "OpenDataChannel", ("ssmmessages", "OpenDataChannel")),
        ("billingconsole", "GetBillingDetails", ("billing", "GetBillingDetails")),
        (
            "management-marketplace",
            "viewReports",
            ("aws-marketplace-management", "viewReports"),
        ),
    ],
)
def test_a_call_of_no_api_is_known_by_the_action_of_its_name(
    source: str, name: str, found: tuple[str, str]
) -> None:
    """The console's and the agents' own calls, which no SDK has."""
    assert operation_of_event(f"{source}.amazonaws.com", name) == found
    assert any(action_exists(f"{prefix}:{name}") for prefix in (found[0], iam_prefix(found[0])))


# AWS: S3 User Guide, "Amazon S3 CloudTrail events": every bucket-level and object-level name of its lists that the API
# spells otherwise, or that has two spellings.
S3 = {
    "DeleteBucketLifecycle": "DeleteBucketLifecycle",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "DeleteBucketReplication": "DeleteBucketReplication",
    "GetBucketLifecycle": "GetBucketLifecycle",
    "GetBucketNotification": "GetBucketNotification",
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "GetBucketReplication": "GetBucketReplication",
    "GetObjectLockConfiguration": "GetObjectLockConfiguration",
    "HeadBucket": "HeadBucket",
    "HeadObject": "HeadObject",
    "ListObjects": "ListObjects",
    "ListObjectVersions": "ListObjectVersions",
    "PostObject": "PutObject",
    "PutBucketLifecycle": "PutBucketLifecycle",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotification",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "UploadPartCopy": "UploadPartCopy",
}


def test_s3s_names_are_those_of_its_page() -> None:
    assert {name: operation_of_event("s3.amazonaws.com", name) for name in S3} == {
        name: ("s3", operation) for name, operation in S3.items()
    }


def test_both_versions_of_a_list_of_objects_have_one_name_in_the_trail() -> None:
    """S3 logs ListObjects for both; the query says which it was."""
    source = "s3.amazonaws.com"
    assert operation_of_event(source, "ListObjects", {"list-type": "2"}) == ("s3", "ListObjectsV2")
    assert operation_of_event(source, "ListObjects", {"list-type": ["2"]}) == ("s3", "ListObjectsV2")
    assert operation_of_event(source, "ListObjects", {"prefix": "a"}) == ("s3", "ListObjects")


@pytest.mark.parametrize(
    ("source", "name", "parameters", "client"),
    [
        ("elasticloadbalancing", "CreateLoadBalancer", {"name": "web", "subnets": []}, "elbv2"),
        (
            "elasticloadbalancing",
            "CreateLoadBalancer",
            {"loadBalancerName": "web", "listeners": [], "subnets": []},
            "elb",
        ),
        ("elasticloadbalancing", "DeleteLoadBalancer", {"loadBalancerArn": "a"}, "elbv2"),
        ("elasticloadbalancing", "DeleteLoadBalancer", {"loadBalancerName": "a"}, "elb"),
        ("autoscaling", "PutScalingPolicy", {"autoScalingGroupName": "a", "policyName": "b"}, "autoscaling"),
        (
            "autoscaling",
            "PutScalingPolicy",
            {"serviceNamespace": "ecs", "resourceId": "a", "policyName": "b"},
            "application-autoscaling",
        ),
        ("apigateway", "CreateDeployment", {"restApiId": "a"}, "apigateway"),
        ("apigateway", "CreateDeployment", {"apiId": "a"}, "apigatewayv2"),
        ("kinesisanalytics", "CreateApplication", {"applicationCode": "a"}, "kinesisanalytics"),
        ("kinesisanalytics", "CreateApplication", {"runtimeEnvironment": "a"}, "kinesisanalyticsv2"),
        ("ses", "SendEmail", {"source": "a", "message": {}}, "ses"),
        ("ses", "SendEmail", {"fromEmailAddress": "a", "content": {}}, "sesv2"),
        ("rds", "CreateDBInstance", {"dBInstanceIdentifier": "a"}, "rds"),
    ],
)
def test_the_parameters_tell_apart_what_two_apis_call_alike(
    source: str, name: str, parameters: dict[str, Any], client: str
) -> None:
    assert operation_of_event(f"{source}.amazonaws.com", name, parameters) == (client, name)


@cache
def model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


def asked(client: str, operation: str) -> frozenset[str]:
    """Every member of an operation's request, as a record spells it."""
    shape = model(client).operation_model(operation).input_shape
    return frozenset(f"{name[:1].lower()}{name[1:]}" for name in (shape.members if shape else ()))


def sharing(client: str, operation: str) -> list[str]:
    """The other clients of the source that have an operation of the name."""
    return [
        each
        for each in clients_of(str(event_source(client)))
        if each != client and operation in operations_of(each)
    ]


def test_every_operation_of_every_client_comes_back_from_its_event_but_those_that_no_record_tells_apart() -> (
    None
):
    """19,735 operations; the 350-odd exceptions ask for nothing that their twin in another generation does not."""
    twins, wrong, count = 0, [], 0
    for client in CLIENTS:
        for operation in operations_of(client):
            count += 1
            others = sharing(client, operation)
            parameters = dict.fromkeys(asked(client, operation)) if others else {}
            found = operation_of_event(str(event_source(client)), operation, parameters)
            if found == (client, operation):
                continue
            twin, word = found if isinstance(found, tuple) else ("", "")
            if twin in others and word == operation and asked(client, operation) <= asked(twin, operation):
                assert iam_prefix(twin) == iam_prefix(client)
                twins += 1
            else:
                wrong.append((client, operation, found))
    assert wrong == []
    assert count > 19_000
    assert twins < 0.02 * count


def test_every_name_that_an_event_has_of_its_own_leads_to_an_operation_of_aws() -> None:
    known = facts()
    for source, renamed in known.renamed.items():
        names = {name for client in clients_of(source) for name in operations_of(client)}
        assert set(renamed.values()) <= names
        assert not set(renamed) & names, "a name that needs no word here"
    for renamed_to in known.renamed_to.values():
        assert all(operation in operations_of(client) for client, operation in renamed_to.values())
    for source, clients in known.sources.items():
        assert all(operations_of(client) for client in clients), source
    for source, first in known.preferred.items():
        assert clients_of(source)[0] == first
        assert len(clients_of(source)) > 1, source


@pytest.mark.parametrize(
    ("source", "name", "near"),
    [
        ("ec2", "RunInstance", ("ec2", "RunInstances")),
        ("ec2", "runinstances", ("ec2", "RunInstances")),
        ("monitorin", "PutMetricAlarm", ("monitoring", "PutMetricAlarm")),
        ("lambda", "CreateFunktion20150331", ("lambda", "CreateFunction")),
        ("s3", "GetBucketPublicAccessBloc", ("s3", "GetBucketPublicAccessBlock")),
    ],
)
def test_the_nearest_known_event_is_offered_for_one_that_nobody_knows(
    source: str, name: str, near: tuple[str, str]
) -> None:
    found = operation_of_event(f"{source}.amazonaws.com", name)
    assert isinstance(found, Unmapped)
    assert nearest_events(f"{source}.amazonaws.com", name)[0] == (f"{near[0]}.amazonaws.com", near[1])


def test_nothing_is_offered_where_nothing_is_near() -> None:
    assert nearest_events("", "") == ()
    assert nearest_events("example.org", "Xyzzyxyzzyxyzzy") == ()


@pytest.mark.parametrize(
    ("source", "name"), [("kms", "RotateKey"), ("signin", "ConsoleLogin"), ("ec2", "RunInstances")]
)
def test_nothing_is_offered_for_what_is_known(source: str, name: str) -> None:
    """A key that turned by itself is no slip of the pen for RotateKeyOnDemand."""
    assert nearest_events(f"{source}.amazonaws.com", name) == ()


def test_what_is_offered_is_always_known() -> None:
    for source in event_sources():
        for near, name in nearest_events(source, "CreateUsr"):
            assert name in event_names(near)
            assert isinstance(operation_of_event(near, name), tuple)


@given(st.sampled_from(event_sources()) | st.text(max_size=20), st.text(max_size=20))
def test_no_name_however_odd_is_guessed_at(source: str, name: str) -> None:
    """What no API has and IAM does not list has no operation."""
    found = operation_of_event(source, name)
    if isinstance(found, tuple):
        client, operation = found
        assert operation in operations_of(client) or any(
            action_exists(f"{prefix}:{operation}") for prefix in (client, iam_prefix(client))
        )


def test_the_members_that_tell_are_what_the_tool_makes_of_botocore() -> None:
    result = subprocess.run([sys.executable, ROOT / "tools" / "distill_shared.py", "--check"], check=False)
    assert result.returncode == 0, "run `python tools/distill_shared.py`"


@pytest.mark.parametrize(
    ("service", "operation", "recorded", "asked_for"),
    [
        (
            "eks",
            "CreateNodegroup",
            {"name": "shop", "nodegroupName": "w"},
            {"clusterName": "shop", "nodegroupName": "w"},
        ),
        ("eks", "CreateCluster", {"name": "shop"}, {"name": "shop"}),
        ("mq", "DescribeBroker", {"broker-id": "b"}, {"BrokerId": "b"}),
        ("mq", "DescribeBroker", {"brokerId": "b"}, {"BrokerId": "b"}),
        (
            "lambda",
            "Invoke",
            {"functionName": "f", "x-Amz-Log-Type": "Tail"},
            {"FunctionName": "f", "LogType": "Tail"},
        ),
        ("cloudfront", "DeleteDistribution", {"id": "E0A", "ifMatch": "e"}, {"Id": "E0A", "IfMatch": "e"}),
    ],
)
def test_a_member_recorded_by_its_name_in_the_path_or_a_header_comes_back_as_the_member(
    service: str, operation: str, recorded: dict[str, Any], asked_for: dict[str, Any]
) -> None:
    """EKS calls a cluster `clusterName` in its API and `name` in its paths; records have either."""
    assert request_of_event(service, operation, recorded) == asked_for


def test_the_body_that_api_gateway_keeps_apart_is_part_of_the_request() -> None:
    recorded = {"restApiId": "0a1b", "createStageInput": {"stageName": "live", "tags": {"a": "b"}}}
    assert request_of_event("apigateway", "CreateStage", recorded) == {
        "restApiId": "0a1b",
        "stageName": "live",
        "tags": {"a": "b"},
    }


def test_the_lists_of_ec2s_newer_calls_come_back_under_the_names_that_the_api_has() -> None:
    """Those calls are recorded as XML: each element numbered, under the name that the wire has for it."""
    missed, count = set(), 0
    for operation in operations_of("ec2"):
        shape = model("ec2").operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            if member.type_name != "list":
                continue
            wire = member.serialization.get("queryName") or member.serialization.get("name", name)
            recorded = {f"{operation}Request": {f"{wire[:1].upper()}{wire[1:]}": {"tag": 1, "content": "a"}}}
            count += 1
            if request_of_event("ec2", operation, recorded) != {name: ["a"]}:
                missed.add(operation)
    assert count > 700
    assert len(missed) < 0.02 * count, sorted(missed)
