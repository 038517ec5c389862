"""Whose doing an event is: theirs by login, by a role they took or made, by a key, by what they started; never
others'.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guestpass.trail import Event, deeds_of, read_event

ACCOUNT = "111122223333"
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guestpass/acme-shop/acme-shop-guest"
OWNER = f"arn:aws:iam::{ACCOUNT}:user/owner"
SHARED = f"arn:aws:iam::{ACCOUNT}:role/shared"
START = datetime(2027, 1, 10, 9, 0, tzinfo=UTC)
SEEDS = frozenset({GUEST})


def event(
    minute: float,
    who: dict[str, Any],
    name: str,
    parameters: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    error: str | None = None,
) -> Event:
    """One event; `name` is `service:Operation`."""
    service, operation = name.split(":")
    record = {
        "eventID": f"{minute:07.2f}-{operation}-{who.get('arn')}-{who.get('accessKeyId')}",
        "eventTime": f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "eu-west-1",
        "userIdentity": who,
        "requestParameters": parameters,
        "responseElements": response,
    }
    return read_event(record | ({"errorCode": error} if error else {}))


def user(arn: str, key: str = "AKIAEXAMPLE", **more: Any) -> dict[str, Any]:
    """A user calling with a key."""
    return {"type": "IAMUser", "arn": arn, "accountId": ACCOUNT, "accessKeyId": key, **more}


def session(role: str, name: str, key: str | None, **more: Any) -> dict[str, Any]:
    """A role's session calling."""
    said = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{name}",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}},
        **more,
    }
    return said | ({"accessKeyId": key} if key else {})


def assume(minute: float, who: dict[str, Any], role: str, name: str, key: str | None, **more: Any) -> Event:
    """AssumeRole; without `key` AWS's answer is not in the record."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{name}"
    response = {"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": arn}} if key else None
    parameters = {"roleArn": role, "roleSessionName": name}
    return event(minute, who, "sts:AssumeRole", parameters, response, **more)


def ids(*events: Event) -> list[str]:
    """The ids of those of the events that are the guest's."""
    return [deed.event.id for deed in deeds_of(events, seeds=SEEDS)]


def test_the_users_own_calls_are_theirs_refused_ones_too_and_nobody_elses() -> None:
    """Order and repeats of the events do not matter."""
    mine = event(2, user(GUEST), "ec2:DescribeVpcs", error="Client.UnauthorizedOperation")
    first = event(1, user(GUEST), "ec2:DescribeSubnets")
    other = event(1, user(OWNER), "ec2:DescribeSubnets")
    found = deeds_of([mine, other, first, mine], seeds=SEEDS)
    assert [(deed.event.id, deed.by, deed.via) for deed in found] == [
        (first.id, GUEST, ()),
        (mine.id, GUEST, ()),
    ]


def test_a_federated_session_and_a_session_token_of_the_user_are_the_users() -> None:
    federated = {
        "type": "FederatedUser",
        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/jo",
        "accessKeyId": "ASIAFED",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": GUEST}},
    }
    calls = (
        event(1, user(GUEST), "sts:GetFederationToken", {"name": "jo"}),
        event(2, federated, "s3:ListBuckets"),
        event(3, user(GUEST, "ASIASESSION"), "s3:ListBuckets"),
    )
    assert [deed.by for deed in deeds_of(calls, seeds=SEEDS)] == [GUEST] * 3


def test_a_role_they_took_is_theirs_in_that_session_alone() -> None:
    """The owner takes the same role under the same session's name at the same time, with another key."""
    taken = assume(1, user(GUEST), SHARED, "work", "ASIAGUEST")
    mine = event(2, session(SHARED, "work", "ASIAGUEST"), "s3:ListBuckets")
    owners_taking = assume(2, user(OWNER), SHARED, "work", "ASIAOWNER")
    owners = event(3, session(SHARED, "work", "ASIAOWNER"), "s3:DeleteBucket")
    unknown = event(4, session(SHARED, "work", "ASIAOTHER"), "s3:DeleteBucket")
    earlier = event(0, session(SHARED, "work", "ASIAGUEST"), "s3:DeleteBucket")
    found = deeds_of([taken, mine, owners_taking, owners, unknown, earlier], seeds=SEEDS)
    assert [(deed.event.id, deed.by, deed.via) for deed in found] == [
        (taken.id, GUEST, ()),
        (mine.id, SHARED, (taken.id,)),
    ]


def test_a_session_without_a_key_in_the_record_is_told_by_its_name_and_for_twelve_hours() -> None:
    taken = assume(1, user(GUEST), SHARED, "work", None)
    mine = event(2, session(SHARED, "work", "ASIAWHO"), "s3:ListBuckets")
    others = event(2, session(SHARED, "other", "ASIAWHO"), "s3:ListBuckets")
    later = event(13 * 60, session(SHARED, "work", "ASIAWHO"), "s3:ListBuckets")
    assert ids(taken, mine, others, later) == [taken.id, mine.id]


def test_a_role_of_the_same_name_in_another_account_is_another_role() -> None:
    other = SHARED.replace(ACCOUNT, "999999999999")
    taken = assume(1, user(GUEST), SHARED, "work", None)
    arn = "arn:aws:sts::999999999999:assumed-role/shared/work"
    theirs = event(2, session(other, "work", "ASIAWHO", arn=arn), "s3:ListBuckets")
    assert ids(taken, theirs) == [taken.id]


def test_a_call_that_was_refused_or_failed_hands_nothing_on() -> None:
    made = f"arn:aws:iam::{ACCOUNT}:role/made"
    calls = (
        assume(1, user(GUEST), SHARED, "work", "ASIAGUEST", error="AccessDenied"),
        event(2, session(SHARED, "work", "ASIAGUEST"), "s3:ListBuckets"),
        event(3, user(GUEST), "iam:CreateRole", {"roleName": "made"}, error="EntityAlreadyExistsException"),
        event(4, session(made, "x", "ASIAMADE"), "s3:ListBuckets"),
    )
    assert ids(*calls) == [calls[0].id, calls[2].id]


def test_a_role_they_made_is_theirs_altogether_and_so_is_what_it_takes() -> None:
    """From the answer or, where it was left out, from the request; from then on, not before."""
    made = f"arn:aws:iam::{ACCOUNT}:role/team/made"
    before = event(0, session(made, "x", "ASIA0"), "s3:ListBuckets")
    making = event(1, user(GUEST), "iam:CreateRole", {"roleName": "made", "path": "/team/"})
    outside = event(2, session(made, "from-afar", "ASIA1"), "s3:ListBuckets")
    taken = assume(3, session(made, "from-afar", "ASIA1"), SHARED, "chain", "ASIA2")
    deep = event(4, session(SHARED, "chain", "ASIA2"), "s3:ListBuckets")
    found = {deed.event.id: deed for deed in deeds_of([deep, taken, outside, making, before], seeds=SEEDS)}
    assert set(found) == {making.id, outside.id, taken.id, deep.id}
    assert found[deep.id].via == (making.id, taken.id)
    assert found[deep.id].by == SHARED
    assert found[outside.id].by == made


def test_the_owner_in_a_role_that_the_guest_made_is_still_the_owner() -> None:
    made = f"arn:aws:iam::{ACCOUNT}:role/made"
    making = event(1, user(GUEST), "iam:CreateRole", {"roleName": "made"}, {"role": {"arn": made}})
    owners_taking = assume(2, user(OWNER), made, "look", "ASIAOWNER")
    owners = event(3, session(made, "look", "ASIAOWNER"), "s3:ListBuckets")
    by_service = assume(4, {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, made, "i-1", "ASIAEC2")
    running = event(5, session(made, "i-1", "ASIAEC2"), "s3:ListBuckets")
    assert ids(making, owners_taking, owners, by_service, running) == [making.id, running.id]


def test_a_key_they_made_for_anothers_user_is_theirs_and_the_users_other_calls_are_not() -> None:
    making = event(
        1,
        user(GUEST),
        "iam:CreateAccessKey",
        {"userName": "owner"},
        {"accessKey": {"accessKeyId": "AKIASTOLEN", "userName": "owner"}},
    )
    mine = event(2, user(OWNER, "AKIASTOLEN"), "s3:ListBuckets")
    owners = event(2, user(OWNER, "AKIAOWNERS"), "s3:DeleteBucket")
    found = deeds_of([making, mine, owners], seeds=SEEDS)
    assert [(deed.event.id, deed.by) for deed in found] == [(making.id, GUEST), (mine.id, OWNER)]


def test_a_role_passed_to_an_instance_is_theirs_on_that_instance_alone() -> None:
    """The owner's instances run with the same role; an instance without a role brings none along."""
    items = [
        {"instanceId": "i-0mine", "iamInstanceProfile": {"arn": "arn:aws:iam::1:instance-profile/shared"}},
        {"instanceId": "i-0bare"},
    ]
    launch = event(1, user(GUEST), "ec2:RunInstances", {}, {"instancesSet": {"items": items}})
    mine = event(2, session(SHARED, "i-0mine", "ASIA1"), "ssm:GetParameter")
    owners = event(2, session(SHARED, "i-0owner", "ASIA2"), "ssm:GetParameter")
    bare = event(2, session(SHARED, "i-0bare", "ASIA3"), "ssm:GetParameter")
    forged = assume(3, user(OWNER), SHARED, "i-0mine", "ASIA4")
    owner_again = event(4, session(SHARED, "i-0mine", "ASIA4"), "ssm:GetParameter")
    found = deeds_of([launch, mine, owners, bare, forged, owner_again], seeds=SEEDS)
    assert [(deed.event.id, deed.by) for deed in found] == [(launch.id, GUEST), (mine.id, SHARED)]


def test_a_profile_put_on_a_running_instance_is_followed_in_ec2s_wrapped_spelling() -> None:
    wrapped = {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-0owner", "IamInstanceProfile": {}}}
    passing = event(1, user(GUEST), "ec2:AssociateIamInstanceProfile", wrapped)
    mine = event(2, session(SHARED, "i-0owner", "ASIA1"), "ssm:GetParameter")
    assert ids(passing, mine) == [passing.id, mine.id]


def test_a_role_passed_to_a_function_is_theirs_in_that_function_alone() -> None:
    making = event(1, user(GUEST), "lambda:CreateFunction20150331", {"functionName": "mail", "role": SHARED})
    taken = assume(
        2, {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}, SHARED, "mail", "ASIALAMBDA"
    )
    mine = event(3, session(SHARED, "mail", "ASIALAMBDA"), "logs:PutLogEvents")
    owners = event(3, session(SHARED, "invoice", "ASIAX"), "logs:PutLogEvents")
    assert ids(making, taken, mine, owners) == [making.id, mine.id]


def test_what_a_service_does_for_them_is_theirs_and_marked() -> None:
    """A service calls on with another key under the same session."""
    taken = assume(1, user(GUEST), SHARED, "work", "ASIAGUEST")
    stack = {"invokedBy": "cloudformation.amazonaws.com"}
    calls = (
        taken,
        event(2, user(GUEST, "ASIAX", **stack), "ec2:RunInstances"),
        event(3, session(SHARED, "work", "ASIAFAS", **stack), "ec2:CreateVpc"),
    )
    found = deeds_of(calls, seeds=SEEDS)
    assert [deed.event.actor.invoked_by for deed in found] == [None, *[stack["invokedBy"]] * 2]


def test_nothing_is_theirs_where_nothing_is_known_of_them() -> None:
    calls = (event(1, user(GUEST), "s3:ListBuckets"), event(2, {}, "s3:ListBuckets"))
    assert deeds_of(calls, seeds=frozenset()) == ()
    assert deeds_of((), seeds=SEEDS) == ()


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Users and roles that take each other's roles and call, some of it refused."""
    roles = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(3)]
    who: list[dict[str, Any]] = [user(GUEST), user(OWNER)]
    told: list[Event] = []
    for minute in range(draw(st.integers(1, 12))):
        caller = draw(st.sampled_from(who))
        if draw(st.booleans()):
            role = draw(st.sampled_from(roles))
            refused = draw(st.booleans())
            name, key = draw(st.sampled_from(["a", "b"])), f"ASIA{minute}"
            told.append(assume(minute, caller, role, name, key, error="AccessDenied" if refused else None))
            if not refused:
                who.append(session(role, name, key))
        else:
            told.append(event(minute, caller, "s3:ListBuckets"))
    return told


@given(stories(), st.randoms())
def test_where_every_key_is_on_record_exactly_the_guests_chain_is_followed(
    told: list[Event], chance: Any
) -> None:
    """Held against following each key back to who first asked for it."""
    taken_in = {
        each.response["credentials"]["accessKeyId"]: each
        for each in told
        if each.name == "AssumeRole" and each.error_code is None
    }

    def first(each: Event) -> str | None:
        taking = taken_in.get(each.actor.access_key_id or "")
        return each.actor.arn if taking is None else first(taking)

    mixed = list(told)
    chance.shuffle(mixed)
    assert ids(*mixed) == [each.id for each in told if first(each) == GUEST]
