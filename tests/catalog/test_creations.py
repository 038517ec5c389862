"""The tables of creations hold against AWS's own models: every event, every path, every type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest

from guestpass.catalog import Creation, Ending, Unmapped, Where, event_source
from guestpass.catalog.actions import arn_format
from guestpass.catalog.creations import created, ended
from guestpass.catalog.creations.rows import Ended, Made, Table, ended_rows, made_rows, tables

HERE = Where(account="123456789012", region="eu-west-1")


@cache
def model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


def operations(table: Table, event: str) -> list[Any]:
    """The operations behind an event's name: two generations of a service may have one of the same name."""
    name = table.operations.get(event, event)
    found = [model(client) for client in table.clients if name in model(client).operation_names]
    assert found, f"{event}: no API of {table.clients} has it"
    return [each.operation_model(name) for each in found]


OWN_WORDS = {"Bucket": "bucketName", "InstanceIds": "instancesSet"}
"""Members that CloudTrail gives a word of its own."""


def spellings(name: str, member: Any) -> set[str]:
    """What a record may call a member: the API's name, the wire's, or CloudTrail's own word."""
    wire = member.serialization.get("name", name)
    return {spelt.lower() for spelt in (name, wire, OWN_WORDS.get(name, name))}


def shape_at(shape: Any, parts: list[str]) -> Any:
    """The shape at a path; fails when the model has no such member."""
    for part in parts:
        optional, plain = part.endswith("?"), re.sub(r"\[\]$|\?$", "", part)
        members = getattr(shape, "members", {})
        found = [member for name, member in members.items() if plain.lower() in spellings(name, member)]
        if not found and part.endswith("[]") and plain.endswith("Set"):
            # a list of a request that the API names in the singular or plural
            stem = plain.removesuffix("Set").lower()
            found = [member for name, member in members.items() if name.lower() in (stem, f"{stem}s")]
        assert found, f"no member {plain} among {sorted(members)}"
        assert not optional or found[0].type_name == "structure"
        shape = found[0]
        if part.endswith("[]"):
            assert shape.type_name == "list", f"{plain} is a {shape.type_name}"
            shape = shape.member
    return shape


def paths(text: str) -> list[str]:
    return [path.strip() for path in re.split(r"\|| \+ ", text) if path.strip()]


def check(models: list[Any], path: str, elements: list[Any]) -> Any:
    """The shape at a path in one of the generations' models."""
    failed = ""
    for each in models:
        try:
            return check_one(each, path, elements)
        except AssertionError as error:
            failed = str(error)
    pytest.fail(failed)


def check_one(model_: Any, path: str, elements: list[Any]) -> Any:
    if path == ".":
        return elements[0]
    root, *parts = path.split(".")
    if root == "":
        # what is written for the elements of several lists must hold for the first
        return shape_at(elements[0], parts)
    assert root in ("request", "response")
    shape = model_.input_shape if root == "request" else model_.output_shape
    assert shape is not None, f"{model_.name} has no {root}"
    return shape_at(shape, parts)


def elements_of(models: list[Any], row: Made | Ended, outer: list[Any]) -> list[Any]:
    return [check(models, path, outer) for path in paths(row.each)] or outer


def check_row(models: list[Any], row: Made | Ended, outer: list[Any]) -> None:
    elements = elements_of(models, row, outer)
    if isinstance(row, Ended):
        single = [row.said]
    else:
        single = [
            row.arn,
            row.id,
            row.name,
            row.region,
            row.parent,
            row.anew,
            *row.fill.values(),
            *row.within,
        ]
    limits = [row.where.split("=")[0], row.unless.split("=")[0]]
    for text in [*single, *limits]:
        for path in paths(text):
            leaf = check(models, path, elements)
            assert leaf.type_name in ("string", "list", "integer", "long", "boolean", "structure"), path
            if not path.endswith("[]") and text not in limits:
                assert leaf.type_name == "string", f"{path} is a {leaf.type_name}"
    if isinstance(row, Made):
        for child in row.brings:
            check_row(models, child, elements)


def _rows(kind: str) -> Iterator[Any]:
    for table in tables().values():
        for event in table.created if kind == "created" else (*table.ended, *table.kept):
            yield pytest.param(table, event, id=f"{table.source.split('.')[0]}:{event}")


@pytest.mark.parametrize(("table", "event"), list(_rows("created")))
def test_each_event_that_makes_something_and_its_paths_are_in_awss_model(table: Table, event: str) -> None:
    for row in made_rows(table, event):
        check_row(operations(table, event), row, [])


@pytest.mark.parametrize(("table", "event"), list(_rows("ended")))
def test_each_event_that_ends_something_and_its_paths_are_in_awss_model(table: Table, event: str) -> None:
    for row in ended_rows(table, event):
        check_row(operations(table, event), row, [])


@pytest.mark.parametrize("table", list(tables().values()), ids=lambda table: table.source)
def test_each_event_that_makes_nothing_is_one_of_awss_and_in_no_other_list(table: Table) -> None:
    for event in table.nothing:
        assert operations(table, event)
        assert event not in table.created
        assert event not in table.ended


def all_rows(table: Table) -> Iterator[Made]:
    for event in table.created:
        for row in made_rows(table, event):
            yield row
            yield from row.brings


@pytest.mark.parametrize("table", list(tables().values()), ids=lambda table: table.source)
def test_each_thing_has_an_arn_that_the_record_gives_or_a_format_that_aws_lists(table: Table) -> None:
    for row in all_rows(table):
        prefix, _, kind = row.type.partition(":")
        pattern = arn_format(prefix, kind)
        assert row.arn or row.bare or pattern, row.type
        if row.arn or row.bare or pattern is None:
            continue
        open_ = set(re.findall(r"\$\{(\w+)\}", pattern.split(", ")[0])) - {"Partition", "Region", "Account"}
        whole = set(re.findall(r"\$\{(\w+)\}", row.spells))
        assert row.spells in pattern
        assert len(whole or open_ - set(row.fill) - set(row.unsaid)) == (len(open_) if whole else 1), (
            row.type,
            pattern,
        )
        assert set(row.fill) <= open_, (row.type, pattern)


@pytest.mark.parametrize("table", list(tables().values()), ids=lambda table: table.source)
def test_each_table_is_of_a_source_that_one_of_its_clients_logs_under(table: Table) -> None:
    assert table.source in {event_source(client) for client in table.clients}


@pytest.mark.parametrize("table", list(tables().values()), ids=lambda table: table.source)
def test_what_can_be_ended_can_be_made(table: Table) -> None:
    """A type that no event makes would be a slip of the pen: nothing could ever be matched with its end."""
    made = {row.type for other in tables().values() for row in all_rows(other)}
    for event in (*table.ended, *table.kept):
        for row in ended_rows(table, event):
            assert row.type in made, event


def made(source: str, name: str, **record: Any) -> Any:
    return created(
        f"{source}.amazonaws.com",
        name,
        parameters=record.get("request") or {},
        response=record.get("response") or {},
        where=HERE,
    )


def over(source: str, name: str, **record: Any) -> Any:
    return ended(
        f"{source}.amazonaws.com",
        name,
        parameters=record.get("request") or {},
        response=record.get("response") or {},
        where=HERE,
    )


def test_a_launch_makes_its_instances_and_what_they_bring_along_and_never_the_profile_it_runs_with() -> None:
    item = {
        "instanceId": "i-0a",
        "vpcId": "vpc-1",
        "subnetId": "subnet-1",
        "iamInstanceProfile": {"arn": "arn:aws:iam::123456789012:instance-profile/p"},
        "groupSet": {"items": [{"groupId": "sg-1", "groupName": "web"}]},
        "blockDeviceMapping": {},
        "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-1", "subnetId": "subnet-1"}]},
    }
    found = made("ec2", "RunInstances", response={"instancesSet": {"items": [item, {"instanceId": "i-0b"}]}})
    arn = "arn:aws:ec2:eu-west-1:123456789012"
    assert [each.arn for each in found] == [
        f"{arn}:instance/i-0a",
        f"{arn}:network-interface/eni-1",
        f"{arn}:instance/i-0b",
    ]
    assert found[0].within == ("vpc-1", "subnet-1", "sg-1")
    assert found[1].parent == found[0].arn
    assert found[0].region == "eu-west-1"


def test_a_record_that_keeps_xmls_wrapper_and_single_item_is_read_like_any_other() -> None:
    gateway = {"natGatewayId": "nat-1", "subnetId": "subnet-1", "vpcId": "vpc-1"}
    found = made("ec2", "CreateNatGateway", response={"CreateNatGatewayResponse": {"natGateway": gateway}})
    assert [each.id for each in found] == ["nat-1"]
    logs = {"CreateFlowLogsResponse": {"flowLogIdSet": {"item": "fl-1"}}}
    assert [each.id for each in made("ec2", "CreateFlowLogs", response=logs)] == ["fl-1"]
    ids = {"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}}}
    assert [each.said for each in over("ec2", "DeleteFlowLogs", request=ids)] == ["fl-1"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_database_is_found_with_and_without_the_apis_wrapper(wrapped: bool) -> None:
    arn = "arn:aws:rds:eu-west-1:123456789012:db:shop"
    held = {"dBInstanceArn": arn, "dBSubnetGroup": {"vpcId": "vpc-1", "dBSubnetGroupName": "g"}}
    found = made(
        "rds",
        "CreateDBInstance",
        request={"dBInstanceIdentifier": "Shop"},
        response={"dBInstance": held} if wrapped else held,
    )
    assert found == (
        Creation(
            type="rds:db", arn=arn, id="shop", region="eu-west-1", within=("vpc-1", "g")
        ),
    )  # fmt: skip


def test_without_an_answer_the_request_names_the_thing_and_the_arn_is_built() -> None:
    (bucket,) = made(
        "s3",
        "CreateBucket",
        request={"bucketName": "shop", "createBucketConfiguration": {"locationConstraint": "eu-central-1"}},
    )
    assert (bucket.arn, bucket.region) == ("arn:aws:s3:::shop", "eu-central-1")
    (base,) = made("rds", "CreateDBInstance", request={"dBInstanceIdentifier": "Shop"})
    assert base.arn == "arn:aws:rds:eu-west-1:123456789012:db:shop"


def test_a_bucket_is_made_again_only_where_no_region_is_asked_for() -> None:
    (plain,) = made("s3", "CreateBucket", request={"bucketName": "shop"})
    place = {"locationConstraint": "eu-west-1"}
    (placed,) = made("s3", "CreateBucket", request={"bucketName": "shop", "createBucketConfiguration": place})
    assert (plain.again, placed.again) == (True, False)


def test_a_batch_of_records_makes_some_and_ends_others() -> None:
    changes = [
        {"action": "UPSERT", "resourceRecordSet": {"name": "WWW.example.org.", "type": "A"}},
        {"action": "DELETE", "resourceRecordSet": {"name": "old.example.org.", "type": "CNAME"}},
    ]
    request = {"hostedZoneId": "Z1", "changeBatch": {"changes": changes}}
    (new,) = made("route53", "ChangeResourceRecordSets", request=request)
    assert (new.id, new.arn, new.within) == ("a www.example.org.", "a www.example.org.", ("Z1",))
    (old,) = over("route53", "ChangeResourceRecordSets", request=request)
    assert old.said == "cname old.example.org."


def test_a_parameter_is_made_by_its_first_version_alone() -> None:
    request = {"name": "/guestpass/shop/key"}
    (new,) = made("ssm", "PutParameter", request=request, response={"version": 1})
    assert new.arn == "arn:aws:ssm:eu-west-1:123456789012:parameter/guestpass/shop/key"
    assert made("ssm", "PutParameter", request=request, response={"version": 2}) == ()


def test_versions_behind_an_events_name_do_not_matter() -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    response = {"functionArn": arn, "role": "arn:aws:iam::123456789012:role/r"}
    (new,) = made("lambda", "CreateFunction20150331", request={"functionName": "f"}, response=response)
    assert new.arn == arn
    assert [
        each.said for each in over("lambda", "DeleteFunction20150331", request={"functionName": "f"})
    ] == ["f"]


def test_an_event_that_only_changes_something_makes_nothing() -> None:
    assert made("ec2", "AuthorizeSecurityGroupIngress", request={"groupId": "sg-1"}) == ()
    assert made("ec2", "CreateTags", request={}) == ()
    assert made("s3", "PutBucketPolicy", request={}) == ()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("nobody", "CreateThing"),
        ("ec2", "CreateUnheardOf"),
        ("nobody", "PutThingPolicy"),
        ("ec2", "CreateVpc"),
    ],
)
def test_what_looks_like_a_create_and_says_nothing_is_unmapped_and_not_nothing(
    source: str, name: str
) -> None:
    assert isinstance(made(source, name), Unmapped)


def test_odd_records_are_unmapped_and_never_break_the_reading() -> None:
    odd: list[Any] = [
        {"vpc": None},
        {"vpc": []},
        {"vpc": {"vpcId": {"a": 1, "b": 2}}},
        {"vpc": {"vpcId": True}},
    ]
    for response in odd:
        assert isinstance(made("ec2", "CreateVpc", response=response), Unmapped)


def test_termination_and_deletion_say_what_they_end() -> None:
    items = [{"instanceId": "i-1", "currentState": {}}, {"instanceId": "i-2"}]
    gone = over("ec2", "TerminateInstances", response={"instancesSet": {"items": items}})
    assert [each.said for each in gone] == ["i-1", "i-2"]
    assert over("s3", "DeleteBucket", request={"bucketName": "shop"}) == (
        Ending(type="s3:bucket", said="shop", region="eu-west-1"),
    )
    assert isinstance(over("nobody", "DeleteThing"), Unmapped)
