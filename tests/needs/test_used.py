"""Observed use becomes needs: as narrow as the evidence, never wider than what was declared, with the event that says so."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guestpass import catalog
from guestpass.access.prove import resource_within
from guestpass.loan.job import guest_needs, setting_of
from guestpass.needs import Need, of_teardown, of_usage, teardown_known, unseen
from guestpass.needs.exact import exact_statements
from guestpass.needs.teardown import teardowns
from guestpass.trail import Usage, Used
from loan.story import OWNER, REGION, VPC, a_pass, ec2

ME = f"arn:aws:iam::{OWNER}:user/guestpass/acme-shop/acme-shop-guest"
AT = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
PASS = a_pass()
DECLARED = guest_needs(PASS)
SETTING = setting_of(PASS)
LIVE = f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-live"


def used(action: str, resource: str = "*", **more: Any) -> Used:
    return Used(
        **{
            "by": ME, "action": action, "resource": resource, "region": REGION, "first": AT, "last": AT, "count": 1,
            "events": ("event-1",), **more,
        }
    )  # fmt: skip


def needs(*rows: Used, declared: tuple[Need, ...] = DECLARED) -> tuple[Need, ...]:
    return of_usage(
        Usage(rows=rows, identities=(ME,)), declared=declared, by=frozenset({ME}), setting=SETTING
    )


def test_an_observed_need_says_from_when_to_when_and_by_which_event():
    (need,) = needs(used("ec2:DescribeVpcs", first=AT - timedelta(days=1), events=("e-first", "e-last")))
    assert (need.kind, need.source, need.why) == (
        "observed",
        "e-first",
        "used from 2026-12-01 09:30 to 2026-12-02 09:30 UTC",
    )
    assert (need.action, need.resources) == ("ec2:DescribeVpcs", ("*",))


def test_what_aws_refused_every_time_is_no_use():
    assert needs(used("ec2:StopInstances", ec2("instance", "i-1"), count=2, refused=2)) == ()


def test_a_call_that_was_refused_once_and_then_allowed_is_use():
    (need,) = needs(used("ec2:StopInstances", ec2("instance", "i-1"), count=3, refused=1))
    assert need.why == "used on 2026-12-02 09:30 UTC"


def test_what_the_instances_role_does_is_not_the_guests_use():
    role = f"arn:aws:iam::{OWNER}:role/guestpass/acme-shop/acme-shop-instance"
    assert needs(used("ec2:DescribeVpcs", by=role)) == ()


def test_instances_come_and_go_so_one_that_was_stopped_stands_for_all_own_ones():
    (need,) = needs(used("ec2:StopInstances", ec2("instance", "i-1")))
    assert need.resources == (ec2("instance", "*"),)


def test_an_image_that_was_used_alone_stays_alone_and_two_are_the_blueprints_pattern():
    one = needs(used("ec2:RunInstances", ec2("image", "ami-1")))
    two = needs(
        used("ec2:RunInstances", ec2("image", "ami-1")), used("ec2:RunInstances", ec2("image", "ami-2"))
    )
    assert [need.resources for need in one if need.type == "ec2:image"] == [(ec2("image", "ami-1"),)]
    assert [need.resources for need in two if need.type == "ec2:image"] == [(ec2("image", "*"),)]


def test_of_two_subnets_only_the_one_that_was_used_stays():
    found = needs(used("ec2:RunInstances", ec2("subnet", "subnet-0a1b2c3d")))
    assert [need.resources for need in found if need.type == "ec2:subnet"] == [
        (ec2("subnet", "subnet-0a1b2c3d"),)
    ]


def test_what_a_call_always_asks_for_stays_though_the_record_does_not_name_it_and_the_rest_goes():
    types = {need.type for need in needs(used("ec2:RunInstances", ec2("image", "ami-1")))}
    assert types >= {"ec2:instance", "ec2:network-interface", "ec2:security-group", "ec2:subnet"}
    assert "ec2:key-pair" not in types


def test_a_call_that_names_nothing_keeps_its_action_as_it_was():
    found = needs(used("rds:CreateDBInstance", "*"))
    assert {need.type: need.resources for need in found} == {
        need.type: need.resources for need in DECLARED if need.action == "rds:CreateDBInstance"
    }


def test_a_resource_that_cannot_be_placed_keeps_the_action_as_it_was():
    found = needs(used("ec2:StopInstances", "arn:aws:ec2:eu-west-1:999999999999:instance/i-1"))
    assert [need.resources for need in found] == [(ec2("instance", "*"),)]


def test_looking_at_own_databases_alone_leaves_the_own_names():
    (need, *_) = needs(used("rds:DescribeDBInstances", LIVE))
    assert need.resources == (f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-*",)
    (wide, *_) = needs(
        used("rds:DescribeDBInstances", LIVE),
        used("rds:DescribeDBInstances", f"arn:aws:rds:{REGION}:{OWNER}:db:*"),
    )
    assert wide.resources == (f"arn:aws:rds:{REGION}:{OWNER}:db:*",)


def test_tags_that_are_put_on_while_creating_keep_the_types_pattern():
    found = needs(used("ec2:CreateTags", ec2("key-pair", "acme-shop-jo"), dependent=True))
    assert [need.resources for need in found if need.type == "ec2:key-pair"] == [(ec2("key-pair", "*"),)]


def test_a_role_that_was_handed_on_keeps_the_service_it_may_be_handed_to():
    role = f"arn:aws:iam::{OWNER}:role/guestpass/acme-shop/acme-shop-instance"
    (need,) = needs(used("iam:PassRole", role, dependent=True))
    assert need.conditions == (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)),)


def test_what_was_not_declared_is_not_given():
    assert needs(used("iam:CreateUser")) == ()
    declared = tuple(need for need in DECLARED if need.action != "ec2:DescribeVpcs")
    assert needs(used("ec2:DescribeVpcs"), declared=declared) == ()


def test_nothing_that_comes_out_is_wider_than_what_was_declared():
    rows = [used(need.action, need.resources[0].replace("*", "x")) for need in DECLARED]
    for need in needs(*rows):
        patterns = [arn for each in DECLARED if each.action == need.action for arn in each.resources]
        assert all(any(resource_within(arn, pattern) for pattern in patterns) for arn in need.resources)


# ---- what taking down needs


def test_deleting_a_database_needs_the_delete_its_last_snapshot_and_what_the_waiter_asks():
    found = of_teardown({"rds:db": "`acme-shop-live`"}, declared=DECLARED)
    actions = {need.action for need in found}
    assert {"rds:DeleteDBInstance", "rds:CreateDBSnapshot", "rds:DescribeDBInstances"} <= actions
    assert {need.kind for need in found} == {"teardown"}
    assert "deletes `acme-shop-live`" in {need.why for need in found}


def test_an_address_is_let_go_before_it_is_released():
    actions = {need.action for need in of_teardown({"ec2:elastic-ip": "x"}, declared=DECLARED)}
    assert actions == {"ec2:DisassociateAddress", "ec2:ReleaseAddress", "ec2:DescribeAddresses"}


def test_every_type_that_the_blueprint_makes_can_be_taken_down():
    made = {need.type for need in DECLARED if need.stance == "creates"}
    assert all(type_ and teardown_known(type_, DECLARED) for type_ in made)
    assert not teardown_known("lightsail:instance", DECLARED)


def test_every_action_of_the_table_is_one_that_aws_lists():
    rows = teardowns().values()
    unknown = [
        action
        for row in rows
        for action in (*row.deletes, *row.first, *row.looks)
        if not catalog.action_exists(action)
    ]
    assert unknown == []


# ---- what no trail shows


@pytest.mark.parametrize("action", ["s3:GetObject", "sns:Publish", "iam:PassRole", "rds-db:connect"])
def test_what_a_trail_does_not_hold_is_known(action):
    assert unseen(action)


@pytest.mark.parametrize("action", ["ec2:RunInstances", "s3:CreateBucket", "rds:CreateDBInstance"])
def test_what_a_trail_holds_is_not_called_unseen(action):
    assert unseen(action) is None


# ---- statements


def test_actions_that_differ_in_their_resources_part():
    image, instance = ec2("image", "ami-1"), ec2("instance", "*")
    first, *_ = (need for need in DECLARED if need.action == "ec2:RunInstances")
    told = exact_statements(
        [
            dataclasses.replace(first, purpose="Used", resources=(image,)),
            dataclasses.replace(first, purpose="Used", action="ec2:StopInstances", resources=(instance,)),
            dataclasses.replace(first, purpose="Again", action="ec2:StopInstances", resources=(instance,)),
        ]
    )
    assert [(each["Sid"], each["Action"], each["Resource"]) for each in told] == [
        ("Used", "ec2:RunInstances", image),
        ("Used2", "ec2:StopInstances", instance),
    ]


def test_the_vpc_is_among_what_a_group_is_made_in():
    found = needs(used("ec2:CreateSecurityGroup", ec2("vpc", VPC)))
    assert {need.type for need in found} == {"ec2:security-group", "ec2:vpc"}
