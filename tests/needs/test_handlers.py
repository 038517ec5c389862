"""From declared resources to needs: what is asked for, on which resources, and what is left out."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Mapping
from importlib import resources

import pytest

from guestpass import catalog
from guestpass.catalog.types import cloudformation_types
from guestpass.errors import Place
from guestpass.needs.arns import namings, own_arns
from guestpass.needs.asked_for import own_prefixes
from guestpass.needs.declared import Declared, Found, Reference, Scene, Unknown, Value, Verb
from guestpass.needs.evidence import listed
from guestpass.needs.exact import without_repeats
from guestpass.needs.handed_on import handed_on, service_linked_roles
from guestpass.needs.handlers import needs_of_declared
from guestpass.needs.need import Need

STACK = Scene(account="111122223333", region="eu-central-1", stack="shop")
PASS = Scene(account="111122223333", region="eu-central-1", prefix="acme-shop-")
DEPLOY: frozenset[Verb] = frozenset({"create", "read", "update", "delete"})


def declared(
    address: str,
    type_: str,
    properties: Mapping[str, Value] | None = None,
    *,
    verbs: frozenset[Verb] = DEPLOY,
) -> Declared:
    return Declared(
        address=address,
        type=f"AWS::{type_}",
        properties=properties or {},
        place=Place(file="site.yaml", line=7),
        verbs=verbs,
    )


def found(*resources_: Declared, scene: Scene = STACK) -> Found:
    return needs_of_declared(resources_, scene=scene)


def on(found_: Found, action: str) -> set[str]:
    return {arn for need in found_.needs if need.action == action for arn in need.resources}


def actions(found_: Found) -> set[str]:
    return {need.action for need in found_.needs}


def one(found_: Found, action: str) -> Need:
    (need,) = (need for need in found_.needs if need.action == action)
    return need


def notes(found_: Found, action: str) -> list[str]:
    return [note for note in found_.notes if f"`{action}`" in note]


def ec2(rest: str) -> str:
    return f"arn:aws:ec2:eu-central-1:111122223333:{rest}"


def rds(rest: str) -> str:
    return f"arn:aws:rds:eu-central-1:111122223333:{rest}"


# -- realistic sets


def test_a_database_is_made_on_its_own_arn_in_its_own_subnet_group_and_nothing_else() -> None:
    told = found(
        declared("Nets", "RDS::DBSubnetGroup", {"DBSubnetGroupName": "acme-nets"}),
        declared(
            "Database",
            "RDS::DBInstance",
            {"DBInstanceIdentifier": "acme-db", "DBSubnetGroupName": Reference(address="Nets")},
        ),
    )
    assert on(told, "rds:CreateDBInstance") == {rds("db:acme-db"), rds("subgrp:acme-nets")}
    assert on(told, "rds:DeleteDBInstance") == {rds("db:acme-db")}
    assert one(told, "rds:DeleteDBInstance").kind == "teardown"
    assert one(told, "rds:DeleteDBInstance").purpose == "TearDownDBInstance"
    assert one(told, "rds:RebootDBInstance").purpose == "DeployDBInstance"
    assert {need.source for need in told.needs} == {"site.yaml:7"}
    assert "creates the DB instance `Database`" in {need.why for need in told.needs}
    for action in ("rds:CreateDBInstanceReadReplica", "rds:RestoreDBInstanceFromDBSnapshot"):
        assert action not in actions(told)
        assert notes(told, action)


def test_a_database_from_a_snapshot_may_restore_that_snapshot() -> None:
    told = found(declared("Database", "RDS::DBInstance", {"DBSnapshotIdentifier": "before-the-move"}))
    assert rds("snapshot:before-the-move") in on(told, "rds:RestoreDBInstanceFromDBSnapshot")
    assert not any(arn.endswith("snapshot:*") for arn in on(told, "rds:RestoreDBInstanceFromDBSnapshot"))


def test_an_instance_is_launched_from_the_named_image_subnet_groups_and_key_pair() -> None:
    told = found(
        declared(
            "Web",
            "EC2::Instance",
            {
                "ImageId": "ami-0123456789abcdef0",
                "SubnetId": "subnet-0123456789abcdef0",
                "SecurityGroupIds": [Reference(address="Group", attribute="GroupId")],
                "KeyName": "acme",
            },
        ),
        declared("Group", "EC2::SecurityGroup", {"VpcId": "vpc-0123456789abcdef0"}),
    )
    assert on(told, "ec2:RunInstances") == {
        "arn:aws:ec2:eu-central-1::image/ami-0123456789abcdef0",
        ec2("instance/*"),
        ec2("key-pair/acme"),
        ec2("network-interface/*"),
        ec2("security-group/*"),
        ec2("subnet/subnet-0123456789abcdef0"),
        ec2("volume/*"),
    }
    assert on(told, "ec2:CreateSecurityGroup") == {ec2("security-group/*"), ec2("vpc/vpc-0123456789abcdef0")}
    assert on(told, "ec2:CreateTags") == {ec2("instance/*"), ec2("security-group/*")}
    assert on(told, "ec2:TerminateInstances") == {ec2("instance/*")}


def test_a_bucket_without_a_name_is_known_by_its_stack_in_small_letters_and_needs_what_it_sets() -> None:
    told = found(
        declared("Uploads", "S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}),
        declared("Policy", "S3::BucketPolicy", {"Bucket": Reference(address="Uploads")}),
    )
    bucket = {"arn:aws:s3:::shop-uploads-*"}
    for action in (
        "s3:CreateBucket",
        "s3:PutBucketVersioning",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ):
        assert on(told, action) == bucket
    for action in ("s3:PutBucketCORS", "s3:PutBucketAcl", "s3:DeleteObject", "s3tables:CreateTable"):
        assert action not in actions(told)


def test_a_function_hands_its_role_to_lambda_alone_and_reads_only_its_own_code() -> None:
    told = found(
        declared("Runs", "IAM::Role", {"RoleName": "acme-runs", "Path": "/site/"}),
        declared(
            "Function",
            "Lambda::Function",
            {
                "FunctionName": "acme-api",
                "Role": Reference(address="Runs", attribute="Arn"),
                "Code": {"S3Bucket": "acme-code", "S3Key": "api.zip"},
                "Environment": {"Variables": {"OTHER": "arn:aws:iam::111122223333:role/admin"}},
            },
        ),
    )
    passed = one(told, "iam:PassRole")
    assert passed.resources == ("arn:aws:iam::111122223333:role/site/acme-runs",)
    assert passed.conditions == (("StringEquals", "iam:PassedToService", ("lambda.amazonaws.com",)),)
    assert (passed.kind, passed.purpose) == ("dependent", "HandRoleToLambda")
    assert on(told, "lambda:CreateFunction") == {"arn:aws:lambda:eu-central-1:111122223333:function:acme-api"}
    assert on(told, "s3:GetObject") == {"arn:aws:s3:::acme-code/api.zip"}
    assert not any(action.startswith("kms:") for action in actions(told))


def test_queue_topic_and_table_are_held_by_their_names() -> None:
    told = found(
        declared("Jobs", "SQS::Queue", {"QueueName": "acme-jobs"}),
        declared("News", "SNS::Topic"),
        declared("Carts", "DynamoDB::Table", {"TableName": "carts"}),
    )
    place = "eu-central-1:111122223333"
    assert on(told, "sqs:CreateQueue") == {f"arn:aws:sqs:{place}:acme-jobs"}
    assert on(told, "sns:CreateTopic") == {f"arn:aws:sns:{place}:shop-News-*"}
    assert on(told, "dynamodb:CreateTable") == {f"arn:aws:dynamodb:{place}:table/carts"}
    assert not actions(told) & {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Scan",
        "logs:CreateLogGroup",
    }


def test_containers_behind_a_balancer_are_named_through_their_references() -> None:
    told = found(
        declared("Cluster", "ECS::Cluster", {"ClusterName": "acme"}),
        declared("Task", "ECS::TaskDefinition", {"Family": "web", "TaskRoleArn": Reference(address="Runs")}),
        declared("Runs", "IAM::Role"),
        declared("Service", "ECS::Service", {"Cluster": Reference(address="Cluster"), "ServiceName": "web"}),
        declared("Balancer", "ElasticLoadBalancingV2::LoadBalancer", {"Name": "acme"}),
        declared(
            "Listener",
            "ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": Reference(address="Balancer")},
        ),
    )
    place = "eu-central-1:111122223333"
    balancing = f"arn:aws:elasticloadbalancing:{place}"
    assert on(told, "ecs:CreateService") == {f"arn:aws:ecs:{place}:service/acme/web"}
    assert on(told, "ecs:RegisterTaskDefinition") == {f"arn:aws:ecs:{place}:task-definition/web:*"}
    assert on(told, "elasticloadbalancing:CreateLoadBalancer") == {f"{balancing}:loadbalancer/app/acme/*"}
    assert on(told, "elasticloadbalancing:CreateListener") == {f"{balancing}:loadbalancer/app/acme/*"}
    assert on(told, "elasticloadbalancing:DeleteListener") == {f"{balancing}:listener/app/acme/*/*"}
    assert on(told, "iam:PassRole") == {"arn:aws:iam::111122223333:role/shop-Runs-*"}
    assert one(told, "iam:PassRole").conditions[0][2] == ("ecs-tasks.amazonaws.com",)


# -- names


def test_without_a_stack_what_people_name_begins_with_the_prefix_of_the_pass() -> None:
    told = found(
        declared("db", "RDS::DBInstance", {"DBInstanceIdentifier": Unknown(why="known after apply")}),
        declared("bucket", "S3::Bucket"),
        declared("web", "EC2::Instance"),
        scene=PASS,
    )
    assert on(told, "rds:DeleteDBInstance") == {rds("db:acme-shop-*")}
    assert on(told, "s3:CreateBucket") == {"arn:aws:s3:::acme-shop-*"}
    assert on(told, "ec2:TerminateInstances") == {ec2("instance/*")}


def test_where_nothing_is_known_of_the_place_its_parts_are_open() -> None:
    told = found(declared("Jobs", "SQS::Queue", {"QueueName": "jobs"}), scene=Scene())
    assert on(told, "sqs:DeleteQueue") == {"arn:aws:sqs:*:*:jobs"}


def test_properties_are_read_in_the_spelling_of_a_plan_too() -> None:
    plan = declared("aws_db_instance.main", "RDS::DBInstance", {"db_instance_identifier": "acme-db"})
    assert on(found(plan), "rds:DeleteDBInstance") == {rds("db:acme-db")}


def test_an_identifier_with_capitals_is_held_as_written_and_as_kept() -> None:
    told = found(declared("Database", "RDS::DBInstance", {"DBInstanceIdentifier": "AcmeDB"}))
    assert on(told, "rds:DeleteDBInstance") == {rds("db:AcmeDB"), rds("db:acmedb")}


def test_a_made_up_name_that_is_cut_is_held_by_what_is_sure_of_it() -> None:
    long = declared("PublicLoadBalancer", "ElasticLoadBalancingV2::LoadBalancer")
    scene = Scene(account="1", region="r", stack="production")
    assert own_arns([long], scene) == {
        "PublicLoadBalancer": ("arn:aws:elasticloadbalancing:r:1:loadbalancer/app/produ*/*",)
    }


def test_references_that_go_in_a_circle_end() -> None:
    told = own_arns(
        [
            declared("A", "ECS::Service", {"Cluster": Reference(address="B"), "ServiceName": "a"}),
            declared("B", "ECS::Service", {"Cluster": Reference(address="A"), "ServiceName": "b"}),
            declared("L", "ElasticLoadBalancingV2::Listener", {"LoadBalancerArn": Reference(address="L")}),
        ],
        STACK,
    )
    assert all(told.values())


def test_an_arn_that_the_source_knows_is_taken() -> None:
    arn = "arn:aws:sqs:eu-central-1:111122223333:old-name"
    each = Declared(
        address="q", type="AWS::SQS::Queue", properties={}, place=Place(file="plan.json"), arn=arn
    )
    assert on(found(each), "sqs:DeleteQueue") == {arn}
    assert own_arns([each], STACK) == {"q": (arn,)}


# -- roles and keys


def test_the_role_in_a_profile_is_handed_to_the_instances_service() -> None:
    told = found(
        declared("Runs", "IAM::Role", {"RoleName": "acme-web"}),
        declared("Profile", "IAM::InstanceProfile", {"Roles": [Reference(address="Runs")]}),
        declared("Web", "EC2::Instance", {"IamInstanceProfile": Reference(address="Profile")}),
    )
    needs = [need for need in told.needs if need.action == "iam:PassRole"]
    assert {need.resources for need in needs} == {("arn:aws:iam::111122223333:role/acme-web",)}
    assert {need.conditions[0][2] for need in needs} == {("ec2.amazonaws.com",)}


def test_each_property_of_a_database_hands_its_role_to_its_own_service() -> None:
    role = "arn:aws:iam::111122223333:role/"
    told = found(
        declared(
            "Database",
            "RDS::DBInstance",
            {
                "MonitoringRoleArn": f"{role}watches",
                "AssociatedRoles": [{"FeatureName": "s3Import", "RoleArn": f"{role}imports"}],
            },
        )
    )
    assert {
        (need.resources[0], need.conditions[0][2]) for need in told.needs if need.action == "iam:PassRole"
    } == {
        (f"{role}watches", ("monitoring.rds.amazonaws.com",)),
        (f"{role}imports", ("rds.amazonaws.com",)),
    }


def test_a_role_that_nobody_names_is_missing_and_never_any_role() -> None:
    open_role = {"Role": Unknown(why="a parameter")}
    told = found(declared("Function", "Lambda::Function", open_role))
    assert "iam:PassRole" not in actions(told)
    assert [gap.place.line for gap in told.missing] == [7]
    assert "`Function` hands on" in told.missing[0].says
    ready = "arn:aws:iam::111122223333:role/ready"
    given = found(declared("Function", "Lambda::Function", open_role), scene=Scene(role=ready))
    assert on(given, "iam:PassRole") == {ready}
    assert not given.missing


def test_a_declared_role_whose_name_is_open_is_missing_too() -> None:
    told = found(
        declared("Runs", "IAM::Role"),
        declared("Function", "Lambda::Function", {"Role": Reference(address="Runs")}),
        scene=Scene(),
    )
    assert "iam:PassRole" not in actions(told)
    assert told.missing


def test_a_role_for_a_service_that_no_table_knows_is_missing() -> None:
    role = {"RoleArn": "arn:aws:iam::111122223333:role/r"}
    told = found(declared("Fleet", "Deadline::Fleet", role))
    assert "iam:PassRole" not in actions(told)
    assert any("which service takes the role" in gap.says for gap in told.missing)


def test_service_linked_roles_are_made_for_their_service_alone() -> None:
    need = one(found(declared("Cluster", "ECS::Cluster")), "iam:CreateServiceLinkedRole")
    assert need.resources == ("arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/*",)
    assert need.conditions == (("StringEquals", "iam:AWSServiceName", ("ecs.amazonaws.com",)),)
    assert "once the owner has made it" in need.why
    unknown = found(declared("Lake", "GameLift::GameServerGroup"))
    assert "iam:CreateServiceLinkedRole" not in actions(unknown)
    assert any("service-linked role" in gap.says for gap in unknown.missing)


def test_a_key_is_used_where_one_is_named_and_through_the_service_alone() -> None:
    key = "arn:aws:kms:eu-central-1:111122223333:key/0b1c"
    told = found(declared("Database", "RDS::DBInstance", {"KmsKeyId": key}))
    assert one(told, "kms:CreateGrant").resources == (key,)
    assert one(told, "kms:CreateGrant").conditions == (
        ("StringEquals", "kms:ViaService", ("rds.eu-central-1.amazonaws.com",)),
    )
    by_alias = found(declared("Database", "RDS::DBInstance", {"KmsKeyId": "alias/acme"}))
    assert ("ForAnyValue:StringEquals", "kms:ResourceAliases", ("alias/acme",)) in one(
        by_alias, "kms:CreateGrant"
    ).conditions
    for properties in ({}, {"KmsKeyId": "alias/aws/rds"}):
        assert "kms:CreateGrant" not in actions(found(declared("Database", "RDS::DBInstance", properties)))


def test_secrets_are_made_only_where_the_service_manages_the_password() -> None:
    for managed, expected in ((True, True), ("true", True), (False, False), ("false", False)):
        told = found(declared("Database", "RDS::DBInstance", {"ManageMasterUserPassword": managed}))
        assert ("secretsmanager:CreateSecret" in actions(told)) is expected


# -- the answer


def test_a_type_that_nobody_knows_or_that_has_no_handlers_is_missing_with_its_place() -> None:
    told = found(
        declared("A", "RDS::DBInstanze"), declared("B", "DocDB::DBCluster"), declared("C", "S3::Bucket")
    )
    assert [gap.place for gap in told.missing] == [Place(file="site.yaml", line=7)] * 2
    assert "does not know" in told.missing[0].says
    assert told.missing[0].hint == "did you mean `AWS::RDS::DBInstance`?"
    assert "AWS does not say" in told.missing[1].says
    assert "s3:CreateBucket" in actions(told)


def test_only_the_verbs_that_are_asked_for_are_answered() -> None:
    going = declared("Old", "SQS::Queue", {"QueueName": "old"}, verbs=frozenset({"delete"}))
    assert {need.kind for need in found(going).needs} == {"teardown"}
    coming = declared("New", "SQS::Queue", {"QueueName": "new"}, verbs=frozenset({"create"}))
    assert "sqs:DeleteQueue" not in actions(found(coming))
    listing = declared("Every", "RDS::DBInstance", {"DBInstanceIdentifier": "x"}, verbs=frozenset({"list"}))
    assert on(found(listing), "rds:DescribeDBInstances") == {rds("db:*")}


def test_the_needs_of_a_delete_suffice_to_take_the_thing_down() -> None:
    each = declared("Jobs", "SQS::Queue", {"QueueName": "jobs"})
    known = catalog.cloudformation_type(each.type)
    assert isinstance(known, catalog.CloudFormationType)
    kept = {need.action for need in found(each).needs if need.kind == "teardown"}
    assert kept == set(known.handlers["delete"])


def test_the_same_source_gives_the_same_answer_and_says_nothing_twice() -> None:
    source = [
        declared(f"Q{number}", kind, {"QueueName": f"q{number}", "BucketName": f"b{number}"})
        for number, kind in enumerate(
            ["SQS::Queue", "S3::Bucket", "SQS::Queue", "EC2::Instance", "EC2::Instance"]
        )
    ]
    first = found(*source)
    assert first == found(*source)
    said = [(need.action, need.conditions, arn) for need in first.needs for arn in need.resources]
    assert len(said) == len(set(said))
    assert without_repeats(first.needs) == first.needs


def test_fifty_resources_take_less_than_a_second() -> None:
    kinds = ["RDS::DBInstance", "EC2::Instance", "S3::Bucket", "Lambda::Function", "ECS::Service"]
    source = [declared(f"R{number}", kinds[number % 5], {"KeyName": "k"}) for number in range(50)]
    found(*source[:5])
    start = time.perf_counter()
    told = found(*source)
    assert time.perf_counter() - start < 1
    assert len(told.needs) > 200


def test_every_type_gives_listed_actions_on_patterns_and_never_hands_on_any_role() -> None:
    """All CloudFormation types with handlers, one by one, each with a role and a key that nobody knows."""
    properties: dict[str, Value] = {
        "RoleArn": Unknown(why="a parameter"),
        "ExecutionRole": "arn:aws:iam::111122223333:role/acme-runs",
        "KmsKeyId": Unknown(why="a parameter"),
        "Name": "acme",
    }
    count = 0
    for name in cloudformation_types():
        known = catalog.cloudformation_type(name)
        assert isinstance(known, catalog.CloudFormationType)
        if not any(known.handlers.values()):
            continue
        count += 1
        told = (
            found(declared("X", name.removeprefix("AWS::"), properties))
            if name.startswith("AWS::")
            else Found(needs=())
        )
        deletes = set(known.handlers.get("delete", ()))
        for need in told.needs:
            assert catalog.action_exists(need.action), (name, need)
            # AWS does not list all that is tagged with its action, nor HTTP APIs with the methods
            tags = re.search("Tag|Untag|^apigateway:", need.action)
            assert need.type is None or tags or need.type in listed(need.action).types, (name, need)
            assert (need.type is None) == (need.stance == "asks") == (need.resources == ("*",)), (name, need)
            for arn in need.resources:
                assert arn == "*" or re.fullmatch(r"arn:aws:[a-z0-9-]+:[^:]*:[^:]*:.+", arn), (name, need)
                assert "${" not in arn, (name, need)
            assert re.fullmatch(r"[A-Za-z0-9]+", need.purpose), (name, need)
            if need.action == "iam:PassRole":
                assert need.resources == ("arn:aws:iam::111122223333:role/acme-runs",), (name, need)
                assert need.conditions[0][1] == "iam:PassedToService", (name, need)
            elif need.action != "iam:CreateServiceLinkedRole":
                assert (need.kind == "teardown") == (need.action in deletes), (name, need)
        for gap in told.missing:
            assert gap.place.line == 7, (name, gap)
    assert count > 1700


def test_most_types_keep_the_actions_of_their_own_service_that_no_rule_speaks_of() -> None:
    """What a rule leaves out is named in a note, so that nothing is lost in silence."""
    for name in ("RDS::DBInstance", "EC2::Instance", "S3::Bucket", "Lambda::Function", "DynamoDB::Table"):
        known = catalog.cloudformation_type(f"AWS::{name}")
        assert isinstance(known, catalog.CloudFormationType)
        told = found(declared("X", name))
        for verb in DEPLOY:
            for action in known.handlers[verb]:
                if action not in ("iam:PassRole", "iam:CreateServiceLinkedRole"):
                    assert action in actions(told) or notes(told, action), (name, action)


# -- the tables


def _rules() -> Mapping[str, Mapping[str, list[str]]]:
    text = resources.files("guestpass.needs").joinpath("needed_only_with.toml").read_text("utf-8")
    return tomllib.loads(text)


def test_every_rule_speaks_of_an_action_that_the_types_handlers_list() -> None:
    for name, rules in _rules().items():
        if name == "any":
            continue
        known = catalog.cloudformation_type(name)
        assert isinstance(known, catalog.CloudFormationType)
        every = {action for listed_ in known.handlers.values() for action in listed_}
        for pattern in rules:
            expression = re.escape(pattern).replace(r"\*", ".*")
            assert any(re.fullmatch(expression, action) for action in every), (name, pattern)


def test_every_type_of_property_that_is_spoken_of_is_a_type_of_aws() -> None:
    text = resources.files("guestpass.needs").joinpath("speaks_of.toml").read_text("utf-8")
    for type_ in tomllib.loads(text):
        assert not isinstance(catalog.resource_type(type_), catalog.Unmapped), type_


def test_every_naming_is_of_a_type_of_cloudformation_and_of_a_part_of_its_arn() -> None:
    for name, naming in namings().items():
        known = catalog.cloudformation_type(name)
        assert isinstance(known, catalog.CloudFormationType), name
        if naming.variable:
            told = catalog.resource_type(name)
            assert isinstance(told, catalog.ResourceType)
            assert f"${{{naming.variable}}}" in told.arn, name


@pytest.mark.parametrize("table", [handed_on(), service_linked_roles()], ids=["handed-on", "linked"])
def test_who_takes_a_role_is_told_for_known_services_with_a_page(table: Mapping[str, object]) -> None:
    services = {name.rpartition("::")[0] for name in cloudformation_types()}
    for name, entry in table.items():
        assert name in services or not isinstance(catalog.cloudformation_type(name), catalog.Unmapped), name
        assert str(getattr(entry, "source", "")).startswith("https://docs.aws.amazon.com/"), name


def test_service_linked_roles_are_known_for_more_than_25_services_nearly_all_by_a_policy_of_awss() -> None:
    told: set[str] = set()
    for entry in service_linked_roles().values():
        name = entry.source.rpartition("/")[2].removesuffix(".html")
        if "/aws-managed-policy/" in entry.source:
            policy = catalog.managed_policy(name)
            assert isinstance(policy, catalog.ManagedPolicy), entry
            assert any(role.service in str(policy.document) for role in entry.roles), entry
            told |= {role.service for role in entry.roles}
    assert len(told) > 50


def test_the_own_service_of_a_type_without_an_iam_type_is_that_of_its_writes() -> None:
    assert own_prefixes("AWS::S3::BucketPolicy") == {"s3"}
    assert own_prefixes("AWS::EFS::MountTarget") == {"elasticfilesystem"}
    assert own_prefixes("AWS::Backup::BackupVault") == {"backup", "backup-storage"}


def test_an_http_api_is_made_by_its_paths() -> None:
    told = found(
        declared("Api", "ApiGatewayV2::Api", {"Name": "acme"}),
        declared("Stage", "ApiGatewayV2::Stage", {"ApiId": Reference(address="Api"), "StageName": "live"}),
        declared("Rest", "ApiGateway::RestApi", {"Name": "old"}),
    )
    root = "arn:aws:apigateway:eu-central-1::"
    assert on(told, "apigateway:POST") >= {f"{root}/apis", f"{root}/apis/*", f"{root}/restapis"}
    assert on(told, "apigateway:PATCH") == {f"{root}/apis/*", f"{root}/restapis/*"}
    assert all(arn == "*" or arn.startswith(root) for arn in on(told, "apigateway:GET"))


def test_the_role_of_a_scaled_thing_is_that_of_its_kind() -> None:
    kind: dict[str, Value] = {"ServiceNamespace": "ecs", "RoleARN": "arn:aws:iam::111122223333:role/scales"}
    told = found(declared("Scale", "ApplicationAutoScaling::ScalableTarget", kind))
    assert one(told, "iam:CreateServiceLinkedRole").conditions[0][2] == (
        "ecs.application-autoscaling.amazonaws.com",
    )
    open_kind: dict[str, Value] = {**kind, "ServiceNamespace": Unknown(why="a parameter")}
    assert found(declared("Scale", "ApplicationAutoScaling::ScalableTarget", open_kind)).missing


def test_a_file_system_hands_on_a_role_only_to_be_replicated() -> None:
    told = found(declared("Files", "EFS::FileSystem"))
    assert "iam:PassRole" not in actions(told)
    assert notes(told, "iam:PassRole")


def test_a_secret_that_is_named_is_asked_for_and_one_that_the_service_keeps_is_held_by_its_name() -> None:
    secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:"
    kept = found(declared("Database", "RDS::DBInstance", {"ManageMasterUserPassword": True}))
    assert on(kept, "secretsmanager:CreateSecret") == {f"{secret}rds!*"}
    source = {"EndpointType": "source", "EngineName": "mysql"}
    settings: dict[str, Value] = {"SecretsManagerSecretId": f"{secret}acme-AbCdEf"}
    named = found(declared("From", "DMS::Endpoint", {**source, "MySqlSettings": settings}))
    bare = found(declared("From", "DMS::Endpoint", source))
    known = catalog.cloudformation_type("AWS::DMS::Endpoint")
    assert isinstance(known, catalog.CloudFormationType)
    reads = [action for action in known.handlers["create"] if action.startswith("secretsmanager:")]
    assert reads
    for action in reads:
        assert on(named, action) <= {f"{secret}acme-AbCdEf", "*"}
        assert action not in actions(bare)


def test_only_the_declared_policies_may_be_attached_to_an_own_role() -> None:
    listed_: list[Value] = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", Reference(address="Own")]
    role = declared("Runs", "IAM::Role", {"RoleName": "acme", "ManagedPolicyArns": listed_})
    own = declared("Own", "IAM::ManagedPolicy", {"ManagedPolicyName": "acme-reads"})
    assert one(found(role, own), "iam:AttachRolePolicy").conditions == (
        (
            "ArnLike",
            "iam:PolicyARN",
            (
                "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                "arn:aws:iam::111122223333:policy/acme-reads",
            ),
        ),
    )
    open_list: list[Value] = [Unknown(why="a parameter")]
    open_role = declared("Runs", "IAM::Role", {"RoleName": "acme", "ManagedPolicyArns": open_list})
    assert one(found(open_role), "iam:AttachRolePolicy").conditions == ()
    held = declared("Runs", "IAM::Role", {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/wall"})
    assert one(found(held), "iam:CreateRole").conditions[0][1] == "iam:PermissionsBoundary"


def test_a_wildcard_in_the_source_is_no_name_of_a_role() -> None:
    for role in ("arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/ad*", "*"):
        told = found(declared("Function", "Lambda::Function", {"Role": role}))
        assert "iam:PassRole" not in actions(told)


def test_a_group_of_instances_starts_from_what_its_launch_template_names() -> None:
    data: dict[str, Value] = {
        "ImageId": "ami-0123456789abcdef0",
        "IamInstanceProfile": {"Arn": Reference(address="Profile", attribute="Arn")},
    }
    told = found(
        declared("Runs", "IAM::Role", {"RoleName": "acme-web"}),
        declared("Profile", "IAM::InstanceProfile", {"Roles": [Reference(address="Runs")]}),
        declared("Start", "EC2::LaunchTemplate", {"LaunchTemplateData": data}),
        declared(
            "Group",
            "AutoScaling::AutoScalingGroup",
            {"LaunchTemplate": {"LaunchTemplateId": Reference(address="Start")}},
        ),
    )
    assert "arn:aws:ec2:eu-central-1::image/ami-0123456789abcdef0" in on(told, "ec2:RunInstances")
    assert not any(arn.endswith("image/*") for arn in on(told, "ec2:RunInstances"))
    assert on(told, "iam:PassRole") == {"arn:aws:iam::111122223333:role/acme-web"}
    assert on(told, "ec2:DescribeImages") == {"*"}
    assert "ec2:GetIpamPoolCidrs" not in actions(told)


def test_tags_are_set_and_taken_on_the_own_thing_alone() -> None:
    function = {"arn:aws:lambda:eu-central-1:111122223333:function:acme"}
    told = found(declared("Function", "Lambda::Function", {"FunctionName": "acme"}))
    assert on(told, "lambda:TagResource") == on(told, "lambda:UntagResource") == function
    assert one(told, "lambda:TagResource").purpose == "TagFunction"
