"""A record becomes needs: exact things stay, what it made gets its kind, and nothing else of the account is reached."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guestpass.errors import InputError
from guestpass.needs.declared import Scene
from guestpass.needs.observed import of_record
from guestpass.trail import NotMapped, Usage, Used

OWNER, REGION = "111122223333", "eu-west-1"
AT = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
ME = f"arn:aws:iam::{OWNER}:user/jo"
SCENE = Scene(account=OWNER, region=REGION)
MADE = f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-0a1b2c3d4e5f60718"
OLDER = f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-0aaaaaaaaaaaaaaaa"
QUEUE = f"arn:aws:sqs:{REGION}:{OWNER}:acme-shop-jobs"
ROLE = f"arn:aws:iam::{OWNER}:role/acme-shop-instance"


def used(action: str, resource: str = "*", event: str = "e-1", **more: Any) -> Used:
    told = {"by": ME, "action": action, "resource": resource, "region": REGION, "first": AT, "last": AT}
    return Used(**{**told, "count": 1, "cause": action.partition(":")[2], "events": (event,), **more})


def found(*rows: Used, scene: Scene = SCENE, existing: tuple[str, ...] = (), **more: Any):
    usage = Usage(rows=rows, identities=(ME,), **more)
    return of_record(usage, scene=scene, source="logs", existing=existing)


def of(told, action: str):
    (need,) = [need for need in told.needs if need.action == action]
    return need


def test_a_need_says_which_event_shows_it():
    need = of(found(used("ec2:DescribeVpcs", event="e-7")), "ec2:DescribeVpcs")
    assert (need.kind, need.source, need.resources, need.stance) == ("observed", "e-7", ("*",), "asks")
    assert need.why == "called as DescribeVpcs"


def test_a_thing_that_was_there_before_stays_alone():
    assert of(found(used("ec2:StopInstances", OLDER)), "ec2:StopInstances").resources == (OLDER,)


def test_what_the_record_made_gets_the_pattern_of_its_kind_in_this_account_and_region():
    told = found(used("ec2:RunInstances", MADE), used("ec2:StopInstances", MADE))
    pattern = f"arn:aws:ec2:{REGION}:{OWNER}:instance/*"
    assert of(told, "ec2:RunInstances").resources == (pattern,)
    assert of(told, "ec2:StopInstances").resources == (pattern,)


def test_a_pattern_that_would_reach_another_thing_of_the_account_is_not_written():
    told = found(used("ec2:RunInstances", MADE), used("ec2:StopInstances", MADE), existing=(OLDER, MADE))
    assert of(told, "ec2:StopInstances").resources == (MADE,)
    assert any(OLDER in note for note in told.notes)


def test_an_agreed_name_prefix_is_the_narrowest_pattern():
    scene = Scene(account=OWNER, region=REGION, prefix="acme-shop-")
    told = found(
        used("sqs:SendMessage", QUEUE),
        used("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{OWNER}:old"),
        scene=scene,
    )
    assert of(told, "sqs:SendMessage").resources == (
        f"arn:aws:sqs:{REGION}:{OWNER}:acme-shop-*",
        f"arn:aws:sqs:{REGION}:{OWNER}:old",
    )


def test_what_was_made_can_be_taken_down_though_no_record_shows_it():
    told = found(used("ec2:RunInstances", MADE), used("sqs:CreateQueue", QUEUE))
    ends = {need.action: need for need in told.needs if need.kind == "teardown"}
    assert {"ec2:TerminateInstances", "sqs:DeleteQueue"} <= ends.keys()
    assert ends["ec2:TerminateInstances"].purpose == "TearDownInstance"
    assert ends["sqs:DeleteQueue"].resources == (QUEUE,)


def test_a_role_is_handed_on_to_the_service_of_the_call_alone():
    told = found(
        used("ec2:RunInstances", MADE, event="e-3"),
        used("iam:PassRole", ROLE, event="e-3", dependent=True, cause="RunInstances"),
    )
    need = of(told, "iam:PassRole")
    assert need.resources == (ROLE,)
    assert need.conditions == (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)),)
    assert need.kind == "dependent"


def test_a_role_handed_on_to_nobody_knows_which_service_is_missing_and_not_guessed():
    told = found(
        used("iam:PassRole", ROLE, dependent=True, cause="CreateThing"), used("ec2:DescribeVpcs", event="e-2")
    )
    assert not [need for need in told.needs if need.action == "iam:PassRole"]
    assert any("iam:PassRole" in each.says for each in told.missing)


def test_what_was_refused_is_no_need_and_is_told():
    told = found(used("ec2:DescribeVpcs"), used("rds:DeleteDBInstance", count=2, refused=2))
    assert {need.action for need in told.needs} == {"ec2:DescribeVpcs"}
    assert any("rds:DeleteDBInstance" in note for note in told.notes)


def test_a_call_that_no_action_is_known_for_makes_the_answer_incomplete():
    silent = NotMapped(
        by=ME, source="new.amazonaws.com", name="DoThing", region=REGION, count=1, first=AT, last=AT, why="unknown", event="e-9"
    )  # fmt: skip
    told = found(used("ec2:DescribeVpcs"), not_mapped=(silent,))
    assert [each.place.path for each in told.missing] == ["e-9"]


def test_the_calls_that_no_trail_of_management_events_shows_are_named():
    told = found(used("s3:CreateBucket", "arn:aws:s3:::acme-shop-uploads"))
    assert any("s3" in note and "objects" in note for note in told.notes)


def test_a_record_without_an_allowed_call_is_refused_by_name():
    with pytest.raises(InputError, match="no call that AWS allowed") as caught:
        found(used("ec2:DescribeVpcs", count=1, refused=1))
    assert str(caught.value.place) == "logs"
