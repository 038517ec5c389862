"""Whose a thing is: the baseline's, an older one, one that another made; and never one that AWS made by itself."""

from datetime import timedelta
from typing import Any

import pytest

from bill.making import ACCOUNT, AT, GUEST, REGION, arn
from guestpass.account.snapshot import Bucket, Caller, Resource, Snapshot
from guestpass.bill import made_by_others, older_than, owners_of
from guestpass.trail import Actor, Deed, Event

OLGA = f"arn:aws:iam::{ACCOUNT}:user/olga"
WEB = "i-0123456789abcdef0"


def launched(who: Actor, **changed: Any) -> Event:
    """The record of an instance's launch."""
    values: dict[str, Any] = {
        "id": "22222222-2222-4222-8222-222222222222",
        "time": AT,
        "source": "ec2.amazonaws.com",
        "name": "RunInstances",
        "region": REGION,
        "actor": who,
        "response": {"instancesSet": {"items": [{"instanceId": WEB}]}},
    }
    return Event(**(values | changed))


PERSON = Actor(type="IAMUser", arn=OLGA)


def test_what_another_made_is_said() -> None:
    assert arn("ec2:instance", WEB) in made_by_others([launched(PERSON)], [], account=ACCOUNT)


def test_what_the_guest_made_is_not_anothers() -> None:
    event = launched(Actor(type="IAMUser", arn=GUEST))
    assert made_by_others([event], [Deed(event=event, by=GUEST)], account=ACCOUNT) == frozenset()


def test_what_failed_made_nothing() -> None:
    event = launched(PERSON, error_code="Client.UnauthorizedOperation")
    assert made_by_others([event], [], account=ACCOUNT) == frozenset()


@pytest.mark.parametrize(
    "service",
    [
        Actor(type="AWSService", invoked_by="autoscaling.amazonaws.com"),
        Actor(
            type="AssumedRole",
            arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling",
            issuer_arn=f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        ),
        Actor(type="IAMUser", arn=OLGA, invoked_by="cloudformation.amazonaws.com"),
        Actor(type=""),
    ],
    ids=["service", "service-linked role", "on somebody's behalf", "nobody"],
)
def test_what_a_service_made_may_be_for_the_guest(service: Actor) -> None:
    assert made_by_others([launched(service)], [], account=ACCOUNT) == frozenset()


def test_the_baseline_and_what_is_older_are_the_owners() -> None:
    old = Resource(arn=arn("rds:db", "old"), type="rds:db", region=REGION, created=AT - timedelta(days=90))
    new = Resource(arn=arn("rds:db", "new"), type="rds:db", region=REGION, created=AT)
    dateless = Resource(arn=arn("rds:db", "dateless"), type="rds:db", region=REGION)
    account = Snapshot(
        taken_at=AT,
        caller=Caller(account=ACCOUNT, arn=OLGA, user_id="AIDAOLGA"),
        regions=(REGION,),
        resources=(old, new, dateless),
        buckets=(Bucket(name="the-trail"),),
    )
    assert older_than(account, AT) == {old.arn}
    assert owners_of(account) == {old.arn, new.arn, dateless.arn, "arn:aws:s3:::the-trail"}
