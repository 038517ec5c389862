"""What the owner had before and would count as the guest's own is found before anything is lent."""

from __future__ import annotations

from guestpass.account.snapshot import Caller, Resource, Snapshot, Trail
from guestpass.loan.plan import grant
from guestpass.loan.reach import already_within
from loan.story import MINE, NOW, OWNER, REGION, a_pass, ec2


def rds(kind: str, name: str) -> str:
    return f"arn:aws:rds:{REGION}:{OWNER}:{kind}:{name}"


RECORD = Trail(
    name="guestpass",
    arn=f"arn:aws:cloudtrail:{REGION}:{OWNER}:trail/guestpass",
    home_region=REGION,
    bucket="record",
    multi_region=True,
    validated=True,
    global_events=True,
    logging=True,
)


def account(*resources: Resource) -> Snapshot:
    return Snapshot(
        taken_at=NOW,
        caller=Caller(arn=f"arn:aws:iam::{OWNER}:user/owner", account=OWNER, user_id="AIDAEXAMPLE"),
        regions=(REGION,),
        resources=resources,
        trails=(RECORD,),
    )


def found(*resources: Resource) -> list[str]:
    return [resource.arn for resource in already_within(a_pass(), account(*resources))]


def thing(arn: str, tags: dict[str, str] | None = None) -> Resource:
    service, rest = arn.split(":")[2], arn.split(":", 5)[5]
    return Resource(
        arn=arn, type=f"{service}:{rest.replace('/', ':').split(':')[0]}", region=REGION, tags=tags or {}
    )


def test_a_database_whose_name_begins_like_the_passs_is_shown() -> None:
    older = rds("db", "acme-shop-2019")
    assert found(thing(older), thing(rds("db", "production"))) == [older]


def test_a_thing_that_carries_the_tag_already_is_shown_and_another_passs_is_not() -> None:
    tagged, others = ec2("instance", "i-1"), ec2("instance", "i-2")
    assert found(thing(tagged, dict(MINE)), thing(others, {"guestpass": "other-shop"})) == [tagged]


def test_a_name_alone_makes_no_instance_the_guests_own() -> None:
    assert found(thing(ec2("instance", "acme-shop-1")), thing(ec2("volume", "vol-1"))) == []


def test_the_plan_of_a_grant_names_it_before_anything_is_lent() -> None:
    older = rds("db", "acme-shop-2019")
    notes = grant(a_pass(), account(thing(older), thing(rds("db", "production")))).notes
    assert [note for note in notes if older in note]
    assert not [note for note in notes if "production" in note]
