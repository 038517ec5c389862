"""Templates become declared resources: every function as far as a template answers it, every gap with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestpass.errors import InputError
from guestpass.needs.declared import Reference, Scene, Unknown
from guestpass.needs.handlers import needs_of_declared
from guestpass.needs.template import of_template
from guestpass.needs.template.reading import read_template

SCENE = Scene(account="111122223333", region="eu-west-1", stack="shop")
SITE = Path(__file__).parents[2] / "examples" / "templates" / "site.yaml"

WHOLE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Env: {Type: String, Default: test}
  Zone: {Type: String}
  Nets: {Type: CommaDelimitedList, Default: "subnet-1, subnet-2"}
Mappings:
  Sizes: {test: {db: db.t3.micro}, live: {db: db.t3.small}}
Conditions:
  Live: !Equals [!Ref Env, live]
  Zoned: !Not [!Equals [!Ref Zone, ""]]
  Both: !And [!Condition Live, !Condition Zoned]
Resources:
  Uploads: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${AWS::StackName}-${Env}-uploads"}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Join ["/", ["", shop, !Ref Env]]}}
  Db:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Retain
    Properties:
      DBInstanceIdentifier: !If [Live, shop-live, shop-test]
      DBInstanceClass: !FindInMap [Sizes, !Ref Env, db]
      DBSubnetGroupName: !Ref Nets1
      DBSnapshotIdentifier: !Ref AWS::NoValue
  Nets1:
    Type: AWS::RDS::DBSubnetGroup
    Properties: {SubnetIds: !Ref Nets, DBSubnetGroupDescription: !Select [1, !Split [",", "a,b"]]}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Sub1: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Endpoint: !GetAtt Queue.Arn, Protocol: sqs}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub ["${x}-t", {x: !Ref Env}]}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: shop-fn}}
  Fn:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: shop-fn, Role: {"Fn::GetAtt": [Role, Arn]}, Code: {ZipFile: !Base64 x}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !ImportValue net-vpc}}
  Web: {Type: AWS::EC2::Instance, Properties: {SecurityGroupIds: [!Ref Group], UserData: !Base64 "x"}}
  Address: {Type: AWS::EC2::EIP, Properties: {InstanceId: !Ref Web}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Condition: Live, Properties: {}}
  Record: {Type: AWS::Route53::RecordSet, Condition: Both, Properties: {Name: !Ref Zone}}
  Key: {Type: AWS::KMS::Key, Condition: Zoned, Properties: {KeyPolicy: {}}}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: !Sub "${Zone}-secret"}}
"""


def declared(text: str, **more):
    found, missing = of_template(text, file="t.yaml", scene=SCENE, **more)
    return {each.address: each for each in found}, missing


def test_a_whole_template_is_read_with_every_function_answered_as_far_as_it_can_be():
    found, missing = declared(WHOLE)
    assert missing == ()
    assert found["Uploads"].properties["BucketName"] == "shop-test-uploads"
    assert found["Logs"].properties["LogGroupName"] == "/shop/test"
    assert found["Db"].properties == {
        "DBInstanceIdentifier": "shop-test",
        "DBInstanceClass": "db.t3.micro",
        "DBSubnetGroupName": Reference(address="Nets1"),
    }
    assert found["Nets1"].properties == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "DBSubnetGroupDescription": "b",
    }
    assert found["Sub1"].properties["Endpoint"] == Reference(address="Queue", attribute="Arn")
    assert found["Table"].properties["TableName"] == "test-t"
    assert found["Fn"].properties["Role"] == Reference(address="Role", attribute="Arn")
    assert isinstance(found["Group"].properties["VpcId"], Unknown)
    assert found["Secret"].properties["Name"] == "*-secret"


def test_a_resource_goes_only_where_its_condition_surely_does_not_hold():
    found, _ = declared(WHOLE)
    assert "Alarm" not in found  # Env is test
    assert "Record" not in found  # and so not both
    assert "Key" in found  # nobody said what Zone is
    assert "Key" not in declared(WHOLE, parameters={"Zone": ""})[0]
    live, _ = declared(WHOLE, parameters={"Env": "live", "Zone": "example.org"})
    assert {"Alarm", "Record", "Key"} <= live.keys()
    assert live["Db"].properties["DBInstanceClass"] == "db.t3.small"


def test_every_resource_knows_its_line_and_a_retained_one_keeps_its_delete():
    found, _ = declared(WHOLE)
    lines = WHOLE.splitlines()
    for name, each in found.items():
        line = each.place.line
        assert any(f"  {name}:" in text for text in lines[line - 2 : line])
    assert "delete" in found["Db"].verbs


def test_json_and_yaml_declare_the_same():
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return [plain(each) for each in value] if isinstance(value, list) else value

    text = json.dumps(plain(read_template(WHOLE, file="t.yaml")), indent=1)
    in_json, missing = declared(text)
    in_yaml, _ = declared(WHOLE)
    assert missing == ()
    assert {name: (each.type, each.properties) for name, each in in_json.items()} == {
        name: (each.type, each.properties) for name, each in in_yaml.items()
    }
    assert in_json["Db"].place.line > in_json["Uploads"].place.line


def test_the_example_needs_no_more_than_its_named_things():
    found, missing = of_template(SITE.read_text("utf-8"), file="site.yaml", scene=SCENE)
    told = needs_of_declared(found, scene=SCENE)
    assert (missing, told.missing) == ((), ())
    by = {(need.action, need.resources) for need in told.needs}
    assert ("s3:DeleteBucket", ("arn:aws:s3:::acme-shop-test-uploads",)) in by
    assert ("sqs:DeleteQueue", ("arn:aws:sqs:eu-west-1:111122223333:acme-shop-jobs",)) in by
    (passed,) = [need for need in told.needs if need.action == "iam:PassRole"]
    assert passed.resources == ("arn:aws:iam::123456789012:role/guestpass/acme-shop/acme-shop-instance",)
    assert passed.conditions == (("StringEquals", "iam:PassedToService", ("lambda.amazonaws.com",)),)


SAM = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12}}
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: shop}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: shop-worker
      Policies: [AmazonDynamoDBReadOnlyAccess]
      Events:
        Http: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /, Method: get}}
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Ready:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: shop-ready, Role: "arn:aws:iam::111122223333:role/made"}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: shop-jobs}}
"""


def test_sam_is_told_as_what_the_transform_writes():
    found, missing = declared(SAM)
    assert missing == ()
    types = {name: each.type for name, each in found.items()}
    assert types["Worker"] == "AWS::Lambda::Function"
    assert types["WorkerRole"] == "AWS::IAM::Role"
    assert "ReadyRole" not in types
    assert types["Worker/Jobs"] == "AWS::Lambda::EventSourceMapping"
    assert types["Worker/Daily"] == "AWS::Events::Rule"
    assert types["Worker/HttpPermission"] == "AWS::Lambda::Permission"
    assert types["Table"] == "AWS::DynamoDB::Table"
    assert types["Api"] == "AWS::ApiGatewayV2::Api"
    assert found["Worker"].properties["Role"] == Reference(address="WorkerRole", attribute="Arn")
    assert found["Worker"].properties["Runtime"] == "python3.12"
    assert needs_of_declared(tuple(found.values()), scene=SCENE).needs


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("Resources:\n  A: {Type: AWS::S3::Buket}", "nothing is known of the type `AWS::S3::Buket`", 2),
        ("Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nme}}", "neither a parameter nor", 2),
        ("Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !GetAtt B.Arn", "no resource of", 5),
        ("Resources:\n  A: {Type: AWS::SQS::Queue, Condition: No}", "there is no condition `No`", 2),
        (
            "Mappings: {M: {a: {b: c}}}\n"
            "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !FindInMap [M, z, b]}}",
            "the mapping has no `z`",
            3,
        ),
        ("Resources:\n  A: {Type: Custom::Thing}", "what it does is not in the template", 2),
        ("Resources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}", "its own template", 2),
        ("Transform: MyMacro\nResources:\n  A: {Type: AWS::SQS::Queue}", "the macro `MyMacro`", 1),
        ("Resources:\n  Fn::ForEach::X: [a, [b], {}]\n  A: {Type: AWS::SQS::Queue}", "writes resources", 2),
        ("Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Odd x}}", "the function `Fn::Odd`", 2),
    ],
)  # fmt: skip
def test_what_a_template_leaves_open_is_missing_with_its_place(text, says, line):
    _, missing = declared(text)
    assert [says in each.says for each in missing] == [True]
    assert (missing[0].place.file, missing[0].place.line) == ("t.yaml", line)


def test_a_name_that_is_nearly_right_gets_a_hint():
    _, missing = declared("Resources:\n  Uploads: {Type: AWS::S3::Bucket}\n  B: {Type: AWS::S3::Buckets}")
    assert missing[0].hint == "did you mean `AWS::S3::Bucket`?"
    _, missing = declared("Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Job}}")
    assert missing[0].hint == "did you mean `Jobs`?"


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("Resources: [", "cannot be read", 1),
        ("Resources:\n  A: {Type: AWS::S3::Bucket}\n  A: {Type: AWS::S3::Bucket}", "`A` stands twice", 3),
        ("A: &x {b: 1}\nResources: *x", "is an alias", 2),
        ("Resources: {}", "no resources", 1),
        ("- a", "this is no template", 1),
        ("Resources:\n  A: {Properties: {}}", "has no type", 2),
        ("Resources:\n  A: {Type: AWS::S3::Bucket, Properties: [a]}", "are not a mapping", 2),
        ("a: 1\n---\nb: 2", "a second document", 2),
        ("a: " + "[" * 200, "nested too deep", 1),
    ],
)
def test_what_is_no_template_is_refused_with_its_place(text, says, line):
    with pytest.raises(InputError, match=says) as caught:
        declared(text)
    assert caught.value.place.line == line


def test_a_parameter_that_the_template_does_not_have_is_refused():
    with pytest.raises(InputError, match="no parameter `Evn`"):
        declared(WHOLE, parameters={"Evn": "live"})


def test_a_condition_that_asks_for_itself_ends():
    _, missing = declared(
        "Conditions: {A: !Not [!Condition B], B: !Condition A}\nResources: {Q: {Type: AWS::SQS::Queue, Condition: A}}"
    )
    assert any("asks for itself" in each.says for each in missing)


def test_an_account_number_stays_a_text():
    found, _ = declared("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: 012345678901}}}")
    assert found["Q"].properties["QueueName"] == "012345678901"
