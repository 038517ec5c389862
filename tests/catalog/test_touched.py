"""From a call's parameters to the ARNs of what it touches, by AWS's own ARN formats."""

from __future__ import annotations

import re

import pytest

from guestpass.catalog import Unmapped, Where, operations_of, touched
from guestpass.catalog.actions import arn_format
from guestpass.catalog.operations import clients

WHERE = Where(account="111122223333", region="eu-west-1")
HERE = "eu-west-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/job"

# AWS: Service Authorization Reference, "Resource types defined by …" of each service
EXACTLY = [
    ("sqs", "SendMessageBatch", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/mail", "Entries": []},
     "sqs:SendMessage", [f"arn:aws:sqs:{HERE}:mail"]),
    ("sns", "PublishBatch", {"TopicArn": f"arn:aws:sns:{HERE}:news"}, "sns:Publish", [f"arn:aws:sns:{HERE}:news"]),
    ("sns", "CreateTopic", {"Name": "news"}, "sns:CreateTopic", [f"arn:aws:sns:{HERE}:news"]),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE}, "lambda:CreateFunction",
     [f"arn:aws:lambda:{HERE}:function:f"]),
    ("lambda", "Invoke", {"FunctionName": f"arn:aws:lambda:{HERE}:function:f"}, "lambda:InvokeFunction",
     [f"arn:aws:lambda:{HERE}:function:f"]),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {"a": [], "b": []}}, "dynamodb:BatchWriteItem",
     [f"arn:aws:dynamodb:{HERE}:table/a", f"arn:aws:dynamodb:{HERE}:table/b"]),
    ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t"}}, {"Delete": {"TableName": "u"}}]},
     "dynamodb:PutItem", [f"arn:aws:dynamodb:{HERE}:table/t"]),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": {}}, "dynamodb:GetItem", [f"arn:aws:dynamodb:{HERE}:table/t"]),
    ("ecs", "RunTask", {"taskDefinition": "web:3"}, "ecs:RunTask", [f"arn:aws:ecs:{HERE}:task-definition/web:3"]),
    ("apigateway", "PutMethod", {"restApiId": "abc", "resourceId": "r", "httpMethod": "GET"}, "apigateway:PUT",
     ["arn:aws:apigateway:eu-west-1::/restapis/abc/resources/r/methods/GET"]),
    ("apigatewayv2", "DeleteApi", {"ApiId": "abc"}, "apigateway:DELETE", ["arn:aws:apigateway:eu-west-1::/apis/abc"]),
    ("events", "PutTargets", {"Rule": "nightly", "Targets": []}, "events:PutTargets", [f"arn:aws:events:{HERE}:rule/nightly"]),
    ("kinesis", "PutRecord", {"StreamName": "s"}, "kinesis:PutRecord", [f"arn:aws:kinesis:{HERE}:stream/s"]),
    ("firehose", "PutRecord", {"DeliveryStreamName": "d"}, "firehose:PutRecord", [f"arn:aws:firehose:{HERE}:deliverystream/d"]),
    ("stepfunctions", "StartExecution", {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"}, "states:StartExecution",
     [f"arn:aws:states:{HERE}:stateMachine:m"]),
    ("cloudfront", "CreateInvalidation", {"DistributionId": "E1"}, "cloudfront:CreateInvalidation",
     ["arn:aws:cloudfront::111122223333:distribution/E1"]),
    ("route53", "ChangeResourceRecordSets", {"HostedZoneId": "/hostedzone/Z1", "ChangeBatch": {"Changes": []}},
     "route53:ChangeResourceRecordSets", ["arn:aws:route53:::hostedzone/Z1"]),
    ("kms", "ReEncrypt", {"SourceKeyId": "k1", "DestinationKeyId": "k2"}, "kms:ReEncryptTo", [f"arn:aws:kms:{HERE}:key/k2"]),
    ("kms", "ReEncrypt", {"SourceKeyId": "k1", "DestinationKeyId": "k2"}, "kms:ReEncryptFrom", [f"arn:aws:kms:{HERE}:key/k1"]),
    ("glue", "CreateJob", {"Name": "j", "Role": ROLE}, "glue:CreateJob", [f"arn:aws:glue:{HERE}:job/j"]),
    ("ecr", "PutImage", {"repositoryName": "app/web"}, "ecr:PutImage", [f"arn:aws:ecr:{HERE}:repository/app/web"]),
    ("codebuild", "StartBuild", {"projectName": "p"}, "codebuild:StartBuild", [f"arn:aws:codebuild:{HERE}:project/p"]),
    ("cognito-idp", "AdminCreateUser", {"UserPoolId": "eu-west-1_abc"}, "cognito-idp:AdminCreateUser",
     [f"arn:aws:cognito-idp:{HERE}:userpool/eu-west-1_abc"]),
    ("elbv2", "RegisterTargets", {"TargetGroupArn": f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/t/1"},
     "elasticloadbalancing:RegisterTargets", [f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/t/1"]),
    ("opensearch", "DeleteDomain", {"DomainName": "d"}, "es:DeleteDomain", [f"arn:aws:es:{HERE}:domain/d"]),
    ("efs", "DeleteFileSystem", {"FileSystemId": "fs-1"}, "elasticfilesystem:DeleteFileSystem",
     [f"arn:aws:elasticfilesystem:{HERE}:file-system/fs-1"]),
    ("iot-data", "Publish", {"topic": "t"}, "iot:Publish", [f"arn:aws:iot:{HERE}:topic/t"]),
    ("bedrock-runtime", "Converse", {"modelId": "a.b-v1:0"}, "bedrock:InvokeModel",
     ["arn:aws:bedrock:eu-west-1::foundation-model/a.b-v1:0"]),
    ("rds", "DeleteDBInstance", {"DBInstanceIdentifier": "Shop"}, "rds:DeleteDBInstance", [f"arn:aws:rds:{HERE}:db:shop"]),
    ("s3", "GetObject", {"Bucket": "b", "Key": "k/1"}, "s3:GetObject", ["arn:aws:s3:::b/k/1"]),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "from/x"}, "s3:GetObject", ["arn:aws:s3:::from/x"]),
    ("backup", "DeleteBackupVault", {"BackupVaultName": "v"}, "backup:DeleteBackupVault",
     [f"arn:aws:backup:{HERE}:backup-vault:v"]),
    ("athena", "StartQueryExecution", {"QueryString": "", "WorkGroup": "w"}, "athena:StartQueryExecution",
     [f"arn:aws:athena:{HERE}:workgroup/w"]),
    ("eks", "DeleteCluster", {"name": "c"}, "eks:DeleteCluster", [f"arn:aws:eks:{HERE}:cluster/c"]),
    ("redshift", "DeleteCluster", {"ClusterIdentifier": "c"}, "redshift:DeleteCluster", [f"arn:aws:redshift:{HERE}:cluster:c"]),
    ("ssm", "GetParameter", {"Name": "/a/b"}, "ssm:GetParameter", [f"arn:aws:ssm:{HERE}:parameter/a/b"]),
]  # fmt: skip


@pytest.mark.parametrize("row", EXACTLY, ids=[f"{row[0]}:{row[1]}-{row[3]}" for row in EXACTLY])
def test_what_the_call_names_is_found_exactly(row) -> None:
    service, name, parameters, action, arns = row
    found = touched(service, name, parameters, WHERE)
    assert not isinstance(found, Unmapped)
    assert [each.arn for each in found if each.action == action and each.exact] == arns


def test_a_role_that_is_handed_over_is_the_very_role_of_the_call() -> None:
    for service, name, parameters in (
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE}),
        ("eks", "CreateCluster", {"name": "c", "roleArn": ROLE}),
        ("cloudformation", "CreateStack", {"StackName": "s", "RoleARN": ROLE}),
        ("events", "PutTargets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": "x", "RoleArn": ROLE}]}),
    ):
        found = touched(service, name, parameters, WHERE)
        assert not isinstance(found, Unmapped)
        assert [each.arn for each in found if each.action == "iam:PassRole"] == [ROLE], name


def test_what_the_call_does_not_say_is_a_pattern_and_says_so() -> None:
    found = touched(
        "ec2",
        "RunInstances",
        {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "SubnetId": "subnet-1"},
        WHERE,
    )
    assert not isinstance(found, Unmapped)
    by_type = {each.type: each for each in found if each.action == "ec2:RunInstances"}
    assert by_type["ec2:image"].exact
    assert by_type["ec2:subnet"].exact
    assert not by_type["ec2:instance"].exact
    assert by_type["ec2:instance"].arn == f"arn:aws:ec2:{HERE}:instance/*"
    job = touched("glue", "CreateJob", {"Name": "j", "Role": "worker"}, WHERE)
    assert not isinstance(job, Unmapped)
    assert [(each.arn, each.exact) for each in job if each.action == "iam:PassRole"] == [
        ("arn:aws:iam::111122223333:role/*worker", False)
    ]


def test_an_arn_of_another_type_is_not_taken_for_the_thing() -> None:
    found = touched("lambda", "Invoke", {"FunctionName": f"arn:aws:sns:{HERE}:news"}, WHERE)
    assert not isinstance(found, Unmapped)
    assert not [each for each in found if each.exact]


def test_an_unknown_operation_is_a_gap() -> None:
    assert isinstance(touched("ec2", "CreateTimeMachine", {}, WHERE), Unmapped)


def test_every_operation_answers_without_parameters_and_invents_no_account() -> None:
    account = re.compile(r"(?<!\d)\d{12}(?!\d)")
    counted = 0
    for client in clients():
        for name in operations_of(client):
            found = touched(client, name, {}, WHERE)
            if isinstance(found, Unmapped):
                continue
            counted += 1
            for each in found:
                assert "${" not in each.arn, (client, name)
                assert each.exact is False or "*" not in each.arn or each.arn == "*", (client, name, each)
                assert set(account.findall(each.arn)) <= {"111122223333"}, (client, name, each)
                if each.type and each.arn != "*":
                    prefix, _, kind = each.type.partition(":")
                    pattern = (arn_format(prefix, kind) or "").split(", ")[0]
                    assert pattern.split(":")[2] in ("${Vendor}", each.arn.split(":")[2]), (
                        client,
                        name,
                        each,
                    )
    assert counted > 19_000
