"""Each row of `calls.yaml` is a sentence of AWS's about one call, and the catalogue says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from guestpass.catalog import Check, Named, PassedRole, Unmapped, Where, authorizations

ROWS: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("calls.yaml"))
WHERE = Where(account="111122223333", region="eu-west-1")


def _spelled(found: Check | PassedRole) -> tuple[str, str] | str:
    if isinstance(found, PassedRole):
        return f"<profile {found.profile} to {found.service}>"
    if isinstance(found.resource, Named):
        within = f" in {found.resource.within}" if found.resource.within else ""
        return found.action, f"<{found.resource.type} {found.resource.name}{within}>"
    return found.action, found.resource


def _expected(entry: Any) -> tuple[str, str] | str:
    if isinstance(entry, str):
        return entry
    resource = entry[1]
    if resource.startswith("a:"):
        resource = "arn:aws:" + resource[2:].replace("@", ":eu-west-1:111122223333:", 1)
    return entry[0], resource


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_the_catalogue_says_what_aws_says(row: dict[str, Any]) -> None:
    service, operation, parameters = row["call"]
    found = authorizations(service, operation, parameters, WHERE)
    if "unmapped" in row:
        assert isinstance(found, Unmapped)
        assert row["unmapped"] in found.why
        return
    assert not isinstance(found, Unmapped), found
    assert [_spelled(each) for each in found] == [_expected(entry) for entry in row["expect"]]
    for each, entry in zip(found, row["expect"], strict=True):
        wanted = entry[2] if not isinstance(entry, str) and len(entry) > 2 else {}
        for key, values in wanted.items():
            assert isinstance(each, Check)
            assert each.context.get(key) == (None if values is None else tuple(values)), key


def test_the_table_is_large_enough_and_cites_aws() -> None:
    assert len(ROWS) >= 60
    assert len({row["name"] for row in ROWS}) == len(ROWS)
    assert all(row["source"].startswith("https://docs.aws.amazon.com/") for row in ROWS)


def test_request_tags_stand_only_on_what_the_call_tags() -> None:
    tags = [{"Key": "guestpass", "Value": "acme"}]
    parameters = {"ImageId": "ami-1", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"], "KeyName": "k"}
    parameters |= {"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]}
    found = authorizations("ec2", "RunInstances", parameters, WHERE)
    assert not isinstance(found, Unmapped)
    launches = [each for each in found if isinstance(each, Check) and each.action == "ec2:RunInstances"]
    tagged = {each.type for each in launches if "aws:RequestTag/guestpass" in each.context}
    assert tagged == {"instance"}
    assert all("aws:RequestTag/" in each.settled for each in launches if each.type == "image")


def test_a_profile_by_name_leaves_its_key_open_and_one_by_arn_settles_it() -> None:
    def instance(profile: dict[str, str]) -> Check:
        parameters = {"ImageId": "ami-1", "SubnetId": "subnet-1", "IamInstanceProfile": profile}
        found = authorizations("ec2", "RunInstances", parameters, WHERE)
        assert not isinstance(found, Unmapped)
        return next(each for each in found if isinstance(each, Check) and each.type == "instance")

    assert "ec2:InstanceProfile" not in instance({"Name": "p"}).settled
    by_arn = instance({"Arn": "arn:aws:iam::111122223333:instance-profile/p"})
    assert by_arn.context["ec2:InstanceProfile"] == ("arn:aws:iam::111122223333:instance-profile/p",)
    assert "ec2:InstanceProfile" in by_arn.settled


def test_another_partition_has_its_own_arns() -> None:
    where = Where(account="111122223333", region="cn-north-1", partition="aws-cn")
    found = authorizations("ec2", "StopInstances", {"InstanceIds": ["i-1"]}, where)
    assert not isinstance(found, Unmapped)
    assert isinstance(found[0], Check)
    assert found[0].resource == "arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-1"
