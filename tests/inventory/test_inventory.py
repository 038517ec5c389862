"""Who built what: the record joined with the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from guestpass.account.snapshot import AccessKey, IamUser, UserChildren
from guestpass.inventory import Inventory, Item, inventory_of
from guestpass.inventory.inventory import TAG_KEY
from guestpass.loan import names
from inventory.telling import EC2, GUEST, NOW, OWNER, REGION, account, deed, event, thing


def told(*deeds: Any, **more: Any) -> Inventory:
    snapshot = more.pop("snapshot", account())
    return inventory_of(deeds, snapshot, pass_name="acme-shop", **more)


def item(found: Inventory, arn: str) -> Item:
    (one,) = [each for each in found.items if each.arn == arn]
    return one


def volume(minute: int = 0, id_: str = "vol-1", **more: Any) -> Any:
    return deed("ec2:CreateVolume", minute, response={"volumeId": id_}, **more)


def test_the_tag_is_the_one_that_the_loan_puts_on_things() -> None:
    assert TAG_KEY == names.TAG_KEY


def test_what_the_guest_made_and_the_account_holds_is_there_with_who_when_and_by_which_event() -> None:
    act = volume()
    found = told(act, snapshot=account(thing(f"{EC2}:volume/vol-1", "ec2:volume", tags={"Name": "disk"})))
    one = item(found, f"{EC2}:volume/vol-1")
    assert one.still == "there"
    assert one.made is not None
    assert (one.made.by, one.made.event, one.made.call) == (GUEST, act.event.id, "ec2:CreateVolume")
    assert one.made.at == act.event.time
    assert one.name == "disk"


def test_what_the_account_no_longer_holds_is_gone_even_if_no_event_says_who_ended_it() -> None:
    one = item(told(volume()), f"{EC2}:volume/vol-1")
    assert (one.still, one.ended) == ("gone", None)


def test_of_a_type_or_region_that_was_not_read_nothing_is_claimed() -> None:
    found = told(
        volume(region="us-east-1"), deed("sns:CreateTopic", request={"name": "t"}, response={"topicArn": "x"})
    )
    assert {each.type: each.still for each in found.items} == {
        "ec2:volume": "not known",
        "sns:topic": "not known",
    }


def test_a_deletion_that_the_record_shows_is_an_end_even_where_the_type_was_not_read() -> None:
    bucket = deed("s3:CreateBucket", 1, request={"bucketName": "shop"})
    end = deed("s3:DeleteBucket", 2, request={"bucketName": "shop"})
    one = item(told(bucket, end), "arn:aws:s3:::shop")
    assert one.still == "gone"
    assert one.ended is not None
    assert (one.ended.by, one.ended.event) == (GUEST, end.event.id)


def test_a_deletion_by_the_owner_is_known_from_the_other_events() -> None:
    end = event("ec2:DeleteVolume", 5, request={"volumeId": "vol-1"}, by=OWNER)
    one = item(told(volume(), events=[end]), f"{EC2}:volume/vol-1")
    assert one.ended is not None
    assert one.ended.by == OWNER


def test_what_the_owner_made_is_not_the_guests() -> None:
    theirs = event("ec2:CreateVolume", response={"volumeId": "vol-9"}, by=OWNER)
    assert told(events=[theirs], snapshot=account(thing(f"{EC2}:volume/vol-9", "ec2:volume"))).items == ()


def test_a_call_that_failed_made_and_ended_nothing() -> None:
    failed = volume(id_="vol-2", error="Client.VolumeLimitExceeded")
    refused = deed("ec2:DeleteVolume", 3, request={"volumeId": "vol-1"}, error="Client.UnauthorizedOperation")
    found = told(volume(), failed, refused)
    assert [each.id for each in found.items] == ["vol-1"]
    assert found.items[0].ended is None


def test_a_name_made_twice_has_two_lives_and_only_the_latest_can_stand() -> None:
    name = {"dBInstanceIdentifier": "acme-shop-live"}
    arn = f"arn:aws:rds:{REGION}:123456789012:db:acme-shop-live"
    acts = [
        deed("rds:CreateDBInstance", 1, request=name),
        deed("rds:DeleteDBInstance", 2, request=name),
        deed("rds:CreateDBInstance", 3, request=name),
    ]
    first, second = told(*acts, snapshot=account(thing(arn, "rds:db"))).items
    assert (first.still, second.still) == ("gone", "there")
    assert first.ended is not None
    assert second.ended is None


@pytest.mark.parametrize("first", [True, False])
def test_what_is_made_and_ended_within_one_second_has_ended_whatever_order_the_ids_have(first: bool) -> None:
    act, end = volume(3), deed("ec2:DeleteVolume", 3, request={"volumeId": "vol-1"})
    early, late = (
        replace(act, event=replace(act.event, id="a")),
        replace(end, event=replace(end.event, id="b")),
    )
    if not first:
        early, late = (
            replace(act, event=replace(act.event, id="b")),
            replace(end, event=replace(end.event, id="a")),
        )
    one = item(told(early, late), f"{EC2}:volume/vol-1")
    assert one.ended is not None


def test_what_is_ended_and_made_anew_within_one_second_stands() -> None:
    name = {"dBInstanceIdentifier": "acme-shop-live"}
    acts = [
        deed("rds:CreateDBInstance", 1, request=name),
        deed("rds:CreateDBInstance", 2, request=name),
        deed("rds:DeleteDBInstance", 2, request=name),
    ]
    found = told(
        *acts, snapshot=account(thing(f"arn:aws:rds:{REGION}:123456789012:db:acme-shop-live", "rds:db"))
    )
    assert [(each.still, each.ended is None) for each in found.items] == [("gone", False), ("there", True)]


def test_a_second_making_with_no_end_between_means_that_the_first_is_gone() -> None:
    name = {"dBInstanceIdentifier": "acme-shop-live"}
    acts = [deed("rds:CreateDBInstance", minute, request=name) for minute in (1, 2)]
    arn = f"arn:aws:rds:{REGION}:123456789012:db:acme-shop-live"
    assert [each.still for each in told(*acts, snapshot=account(thing(arn, "rds:db"))).items] == [
        "gone",
        "there",
    ]


def test_a_call_that_answers_alike_when_the_thing_is_there_does_not_take_it_from_its_first_maker() -> None:
    request = {"bucketName": "shop"}
    owners = event("s3:CreateBucket", 1, request=request, by=OWNER)
    assert told(deed("s3:CreateBucket", 2, request=request), events=[owners]).items == ()
    old = thing("arn:aws:s3:::shop", "s3:bucket", created=NOW - timedelta(days=90))
    found = told(deed("s3:CreateBucket", 2, request=request), snapshot=account(old))
    assert found.items == ()
    assert [finding.code for finding in found.findings] == ["INV001"]


def test_whether_such_a_call_made_the_thing_is_a_finding_where_aws_gives_no_date() -> None:
    act = deed("monitoring:PutMetricAlarm", request={"alarmName": "busy"})
    found = told(act)
    assert [each.id for each in found.items] == ["busy"]
    assert [finding.code for finding in found.findings] == ["INV003"]


def test_an_arn_of_which_the_record_says_a_part_is_found_whole_in_the_account() -> None:
    act = deed("autoscaling:CreateAutoScalingGroup", request={"autoScalingGroupName": "web"})
    arn = f"arn:aws:autoscaling:{REGION}:123456789012:autoScalingGroup:0af-1:autoScalingGroupName/web"
    one = item(told(act, snapshot=account(thing(arn, "autoscaling:autoScalingGroup"))), arn)
    assert (one.still, one.id) == ("there", "web")


def test_an_end_that_is_called_off_is_no_end() -> None:
    key = f"arn:aws:kms:{REGION}:123456789012:key/k1"
    acts = [
        deed("kms:CreateKey", 1, response={"keyMetadata": {"arn": key, "keyId": "k1"}}),
        deed("kms:ScheduleKeyDeletion", 2, request={"keyId": "k1"}),
    ]
    assert (item(told(*acts), key).ended is None, item(told(*acts), key).still) == (False, "not known")
    off = event("kms:CancelKeyDeletion", 3, request={"keyId": key}, by=OWNER)
    assert item(told(*acts, events=[off]), key).ended is None


def test_a_database_deleted_with_a_last_snapshot_leaves_that_snapshot_behind() -> None:
    name = {"dBInstanceIdentifier": "acme-shop-live"}
    acts = [
        deed("rds:CreateDBInstance", 1, request=name),
        deed("rds:DeleteDBInstance", 2, request={**name, "finalDBSnapshotIdentifier": "acme-shop-last"}),
    ]
    assert {each.id: each.ended is None for each in told(*acts).items} == {
        "acme-shop-live": False,
        "acme-shop-last": True,
    }


def test_a_record_with_an_error_message_and_no_code_is_strange() -> None:
    odd = volume(message="quota")
    assert told(odd).items == ()
    assert [each.event for each in told(odd).strange] == [odd.event.id]


def test_thousands_of_events_of_one_type_are_joined_by_name() -> None:
    acts = [volume(minute, f"vol-{minute}") for minute in range(1500)]
    ends = [deed("ec2:DeleteVolume", 2000, request={"volumeId": f"vol-{n}"}) for n in range(0, 1500, 2)]
    found = told(*acts, *ends)
    assert sum(each.ended is not None for each in found.items) == 750


def test_what_an_instance_brought_along_is_its_child_by_the_record_or_by_the_account() -> None:
    response = {
        "instancesSet": {
            "items": [
                {
                    "instanceId": "i-1",
                    "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-1"}]},
                }
            ]
        }
    }
    launch = deed("ec2:RunInstances", response=response)
    at = launch.event.time + timedelta(seconds=2)
    snapshot = account(
        thing(f"{EC2}:instance/i-1", "ec2:instance"),
        thing(f"{EC2}:volume/vol-1", "ec2:volume", created=at, attached_to=f"{EC2}:instance/i-1"),
    )
    found = told(launch, snapshot=snapshot)
    assert {each.id: each.parent for each in found.items} == {
        "i-1": None,
        "eni-1": f"{EC2}:instance/i-1",
        "vol-1": f"{EC2}:instance/i-1",
    }
    assert item(found, f"{EC2}:volume/vol-1").made == item(found, f"{EC2}:instance/i-1").made


def test_what_only_the_tag_or_the_name_tells_has_no_maker() -> None:
    tagged = thing(f"{EC2}:volume/vol-5", "ec2:volume", tags={"guestpass": "acme-shop"})
    named = thing(f"arn:aws:rds:{REGION}:123456789012:db:acme-shop-x", "rds:db")
    others = thing(f"{EC2}:volume/vol-6", "ec2:volume", tags={"guestpass": "other"})
    found = told(snapshot=account(tagged, named, others))
    assert {each.id: each.made for each in found.items} == {"vol-5": None, "acme-shop-x": None}


def test_a_call_that_makes_what_nobody_knows_is_strange_and_not_dropped() -> None:
    odd = deed("quux:CreateThing", request={"name": "x"})
    assert [(each.event, each.call) for each in told(odd).strange] == [(odd.event.id, "quux:CreateThing")]


def test_a_list_that_was_refused_is_a_finding_and_its_type_is_not_known() -> None:
    snapshot = account(read={}, gaps={"ec2:DescribeVolumes eu-west-1": "refused"})
    found = told(volume(), snapshot=snapshot)
    assert [each.still for each in found.items] == ["not known"]
    assert [finding.code for finding in found.findings] == ["INV002"]


def test_an_access_key_has_no_arn_and_is_known_by_its_id() -> None:
    act = deed("iam:CreateAccessKey", response={"accessKey": {"accessKeyId": "AKIA1", "userName": "bo"}})
    key = AccessKey(id="AKIA1", status="Active", created=NOW)
    bo = IamUser(
        name="bo", arn="arn:aws:iam::123456789012:user/bo", id="AIDABO", path="/", created=NOW,
        children=UserChildren(access_keys=(key,)),
    )  # fmt: skip
    assert item(told(act, snapshot=account(users=(bo,))), "AKIA1").still == "there"
    assert item(told(act), "AKIA1").still == "gone"


def test_what_was_made_after_the_account_was_read_is_not_known() -> None:
    assert item(told(volume(60 * 24 * 2)), f"{EC2}:volume/vol-1").still == "not known"
