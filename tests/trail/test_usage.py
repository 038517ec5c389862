"""What was used: actions, resources, counts; what was refused, and by what; and what is not known, which is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.catalog.operations.rows import rows, table_names
from guestpass.trail import Deed, Event, Usage, Used, deeds_of, read_event, usage_of
from guestpass.trail.refusals import NOT_SAID, OTHER, told_by
from trail.test_deeds import ACCOUNT, GUEST, OWNER, SEEDS, SHARED, START, assume, session, user
from trail.test_deeds import event as plain_event

REGION = "eu-west-1"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance"
NO_IDENTITY = "no identity-based policy allows it"


def event(minute: float, name: str, /, parameters: Any = None, response: Any = None, **more: Any) -> Event:
    """A call of the guest's own; `message` goes with the error."""
    message = more.pop("message", None)
    made = plain_event(minute, more.pop("who", user(GUEST)), name, parameters, response, **more)
    if message is None:
        return made
    return read_event(
        {
            "eventID": made.id,
            "eventTime": made.time.isoformat(),
            "eventSource": made.source,
            "eventName": made.name,
            "awsRegion": made.region,
            "userIdentity": {"type": "IAMUser", "arn": GUEST},
            "requestParameters": dict(made.parameters),
            "errorCode": made.error_code,
            "errorMessage": message,
        }
    )


def used(*events: Event, **more: Any) -> Usage:
    """The usage of these events."""
    return usage_of(deeds_of(events, seeds=SEEDS), account=ACCOUNT, **more)


def by_action(told: Usage, *, dependent: bool = False) -> dict[tuple[str, str], Used]:
    """Rows by action and resource."""
    return {(row.action, row.resource): row for row in told.rows if row.dependent is dependent}


LAUNCH = {
    "instancesSet": {"items": [{"imageId": "ami-0a", "minCount": 1, "maxCount": 1, "keyName": "acme"}]},
    "groupSet": {"items": [{"groupId": "sg-0a"}]},
    "instanceType": "t3.micro",
    "subnetId": "subnet-0a",
    "iamInstanceProfile": {"name": "acme-shop-instance"},
    "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]},
}
LAUNCHED = {"instancesSet": {"items": [{"instanceId": "i-0a"}]}}


def test_a_call_is_a_row_for_each_thing_it_touched_and_is_counted_once() -> None:
    """RunInstances touches seven kinds of things; it is one call all the same."""
    told = used(
        event(1, "ec2:RunInstances", LAUNCH, LAUNCHED), event(2, "ec2:RunInstances", LAUNCH, LAUNCHED)
    )
    own = by_action(told)
    assert (f"ec2:{'RunInstances'}", f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-0a") in own
    assert ("ec2:RunInstances", f"{INSTANCE}/*") in own
    assert {row.count for row in own.values()} == {2}
    assert sum(row.calls for row in told.rows) == told.events == 2
    assert not any(row.refused or row.gap for row in own.values())


def test_what_a_call_needs_beside_its_own_action_is_marked() -> None:
    """Tagging while creating, and the role that it hands over, whose name the record does not say."""
    told = used(event(1, "ec2:RunInstances", LAUNCH, LAUNCHED))
    beside = by_action(told, dependent=True)
    assert set(beside) == {
        ("ec2:CreateTags", f"{INSTANCE}/*"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*"),
    }
    passing = beside["iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*"]
    assert "acme-shop-instance" in passing.gap
    assert passing.cause == "RunInstances"


def test_who_knows_the_profiles_role_has_it_in_the_row() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/guestpass/acme-shop/acme-shop-instance"
    told = used(event(1, "ec2:RunInstances", LAUNCH, LAUNCHED), profiles={"acme-shop-instance": role})
    assert by_action(told, dependent=True)["iam:PassRole", role].gap == ""


def test_first_last_and_the_events_that_show_it() -> None:
    """A call that failed for another reason was authorised: it counts as used."""
    stop = {"instancesSet": {"items": [{"instanceId": "i-0a"}]}}
    first = event(1, "ec2:StopInstances", stop, error="Client.IncorrectInstanceState")
    last = event(9, "ec2:StopInstances", stop)
    (row,) = used(last, first, event(5, "ec2:StopInstances", stop)).rows
    assert (row.count, row.refused, row.first, row.last) == (3, 0, first.time, last.time)
    assert row.events == (first.id, last.id)
    assert (row.resource, row.region) == (f"{INSTANCE}/i-0a", REGION)


def test_an_identity_and_a_region_have_rows_of_their_own() -> None:
    taken = assume(1, user(GUEST), SHARED, "work", "ASIA1")
    told = used(
        taken,
        event(2, "s3:ListBuckets", who=session(SHARED, "work", "ASIA1")),
        event(3, "s3:ListBuckets"),
    )
    assert told.identities == tuple(sorted((GUEST, SHARED)))
    assert [(row.by, row.action) for row in told.rows if row.action == "s3:ListAllMyBuckets"] == [
        (SHARED, "s3:ListAllMyBuckets"),
        (GUEST, "s3:ListAllMyBuckets"),
    ]
    assert ("sts:AssumeRole", SHARED) in by_action(told)


@pytest.mark.parametrize(
    ("name", "parameters", "response", "resource"),
    [
        ("iam:GetUser", {}, None, GUEST),
        ("iam:GetUser", {"userName": "acme-shop-guest"}, None, GUEST),
        ("iam:DeleteUser", {"userName": "stranger"}, None, f"arn:aws:iam::{ACCOUNT}:user/*stranger"),
        (
            "secretsmanager:GetSecretValue",
            {"secretId": "acme"},
            None,
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:acme-??????",
        ),
        (
            "rds:DeleteDBInstance",
            {"dBInstanceIdentifier": "Acme-Live"},
            None,
            f"arn:aws:rds:{REGION}:{ACCOUNT}:db:acme-live",
        ),
        ("s3:GetObject", {"bucketName": "acme", "key": "a b/ç"}, None, "arn:aws:s3:::acme/a b/ç"),
        (
            "lambda:UpdateFunctionCode20150331v2",
            {"functionName": "mail"},
            None,
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mail",
        ),
        ("sqs:CreateQueue", {"queueName": "jobs"}, None, f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"),
        ("sqs:SendMessage", {"queueUrl": {"odd": 1}}, None, "*"),
        ("sts:GetCallerIdentity", None, None, "*"),
    ],
)
def test_a_name_becomes_an_arn_where_the_record_tells_it(
    name: str, parameters: Any, response: Any, resource: str
) -> None:
    (row,) = used(event(1, name, parameters, response)).rows
    assert row.resource == resource


def test_other_events_tell_what_a_name_stands_for() -> None:
    """An association by its id, a secret by its answer, a group by its name."""
    address = {"allocationId": "eipalloc-0a", "instanceId": "i-0a"}
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:acme-AbCdEf"
    told = used(
        event(1, "ec2:AssociateAddress", address, {"associationId": "eipassoc-0a"}),
        event(2, "ec2:DisassociateAddress", {"associationId": "eipassoc-0a"}),
        event(3, "secretsmanager:CreateSecret", {"name": "acme"}, {"arn": secret, "name": "acme"}),
        event(4, "secretsmanager:GetSecretValue", {"secretId": "acme"}),
        event(5, "ec2:CreateSecurityGroup", {"groupName": "web", "vpcId": "vpc-0a"}, {"groupId": "sg-0web"}),
        event(6, "ec2:DeleteSecurityGroup", {"groupName": "web"}),
    )
    found = by_action(told)
    assert ("ec2:DisassociateAddress", f"arn:aws:ec2:{REGION}:{ACCOUNT}:elastic-ip/eipalloc-0a") in found
    assert ("secretsmanager:GetSecretValue", secret) in found
    assert ("ec2:DeleteSecurityGroup", f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0web") in found


def test_a_tag_that_the_guest_chose_tells_nothing_of_names() -> None:
    """Neither an ARN nor an id in a tag's value counts as AWS's word."""
    evil = {"key": "Arn", "value": f"arn:aws:iam::{ACCOUNT}:user/evil/ann"}
    answer = {
        "instancesSet": {
            "items": [{"subnetId": "subnet-0a", "tagSet": {"items": [evil, {"value": "subnet-0e"}]}}]
        }
    }
    told = used(
        event(1, "ec2:RunInstances", {"imageId": "ami-0a"}, answer),
        event(2, "iam:DeleteUser", {"userName": "ann"}),
    )
    found = by_action(told)
    assert ("iam:DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/*ann") in found
    subnets = [resource for _, resource in found if ":subnet/" in resource]
    assert subnets == [f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-0a"]


@pytest.mark.parametrize("name", ["dynamodb:PutItem", "ec2:RunInstances", "s3:PutObject", "iam:CreateRole"])
def test_a_record_nested_past_all_sense_is_listed_and_stops_nothing(name: str) -> None:
    deep: Any = "x"
    for _ in range(800):
        deep = {"a": deep}
    told = used(event(1, name, deep, deep), event(2, "s3:ListBuckets"))
    assert [row.action for row in told.rows] == ["s3:ListAllMyBuckets"]
    assert "nested deeper" in told.not_mapped[0].why


def test_a_databases_default_groups_are_told_by_awss_answer() -> None:
    answer = {
        "dBParameterGroups": [{"dBParameterGroupName": "default.mysql8.0"}],
        "optionGroupMemberships": [{"optionGroupName": "default:mysql-8-0"}],
    }
    asked = {"dBInstanceIdentifier": "acme", "engine": "mysql", "dBInstanceClass": "db.t3.micro"}
    told = by_action(used(event(1, "rds:CreateDBInstance", asked, answer)))
    start = f"arn:aws:rds:{REGION}:{ACCOUNT}"
    assert ("rds:CreateDBInstance", f"{start}:pg:default.mysql8.0") in told
    assert ("rds:CreateDBInstance", f"{start}:og:default:mysql-8-0") in told


def test_an_event_without_an_action_is_listed_with_the_reason_and_a_sign_in_asks_for_none() -> None:
    told = used(
        event(1, "signin:ConsoleLogin"),
        event(2, "nowhere:CreateThing"),
        event(3, "nowhere:CreateThing"),
        event(4, "nowhere:Anything"),
    )
    assert told.rows == ()
    assert {(row.name, row.count, row.asks) for row in told.not_mapped} == {
        ("ConsoleLogin", 1, False),
        ("CreateThing", 2, True),
        ("Anything", 1, True),
    }
    assert all(row.why for row in told.not_mapped)


def test_an_operation_without_a_row_is_told_by_the_wider_catalogue_and_says_what_is_not_known() -> None:
    (row,) = used(event(1, "apigateway:CreateRestApi", {"name": "api"})).rows
    assert row.action == "apigateway:POST"
    (row,) = used(event(1, "lambda:DeleteFunction20150331", {})).rows
    assert (row.action, row.resource) == ("lambda:DeleteFunction", "*")
    assert row.gap


def test_of_many_objects_deleted_at_once_the_bucket_is_known() -> None:
    """CloudTrail keeps no keys of DeleteObjects."""
    (row,) = used(event(1, "s3:DeleteObjects", {"bucketName": "acme", "delete": ""})).rows
    assert (row.action, row.resource) == ("s3:DeleteObject", "arn:aws:s3:::acme/*")
    assert "which objects" in row.gap


# ---- refusals

WHO = f"User: {GUEST} is not authorized to perform: "
BOUNDARY = "with an explicit deny in a permissions boundary"
ALLOWS = "because no identity-based policy allows the {} action"


@pytest.mark.parametrize(
    ("message", "action", "resource", "by"),
    [
        (
            f"{WHO}s3:CreateBucket on resource: arn:aws:s3:::x {ALLOWS.format('s3:CreateBucket')}",
            "s3:CreateBucket",
            "arn:aws:s3:::x",
            NO_IDENTITY,
        ),
        (
            f'{WHO}s3:GetObject on resource: "arn:aws:s3:::x/a b" {BOUNDARY}',
            "s3:GetObject",
            "arn:aws:s3:::x/a b",
            "an explicit deny in a permissions boundary",
        ),
        (
            f"{WHO}iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/x with an explicit deny in an "
            f"identity-based policy: arn:aws:iam::{ACCOUNT}:policy/p",
            "iam:PassRole",
            f"arn:aws:iam::{ACCOUNT}:role/x",
            "an explicit deny in an identity-based policy",
        ),
        (
            f"You are not authorized to perform this operation. {WHO}ec2:RunInstances on resource: {INSTANCE}/* "
            f"{ALLOWS.format('ec2:RunInstances')}. Encoded authorization failure message: abcDEF_-123",
            "ec2:RunInstances",
            f"{INSTANCE}/*",
            NO_IDENTITY,
        ),
        (
            f"{WHO}sts:AssumeRole on resource: {SHARED} because no role trust policy allows the sts:AssumeRole action",
            "sts:AssumeRole",
            SHARED,
            "no role trust policy allows it",
        ),
        (
            f"{WHO}ec2:RunInstances {ALLOWS.format('ec2:RunInstances')}",
            "ec2:RunInstances",
            None,
            NO_IDENTITY,
        ),
        (
            f"{WHO}organizations:ListAccounts with an explicit deny in a service control policy",
            "organizations:ListAccounts",
            None,
            "an explicit deny in a service control policy",
        ),
        (f"{WHO}iam:GetUser on resource: user ann", "iam:GetUser", None, NOT_SAID),
        (f"{WHO}iam:PassRole on resource: {SHARED}", "iam:PassRole", SHARED, NOT_SAID),
        (
            f"{WHO}kms:Decrypt on resource: arn:aws:kms:{REGION}:{ACCOUNT}:key/1 because the resource does not exist "
            "in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies it",
            "kms:Decrypt",
            f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
            OTHER,
        ),
    ],
)
def test_a_refusal_is_read_by_awss_documented_wordings(
    message: str, action: str, resource: str | None, by: str
) -> None:
    told = told_by(message)
    assert told is not None
    assert (told.action, told.resource, told.by) == (action, resource, by)


@pytest.mark.parametrize(
    "message",
    [
        None,
        "",
        "Access Denied",
        "You are not authorized to perform this operation. Encoded authorization failure message: a:b",
        "User: x is not authorized to perform: anything at all",
        "is not authorized to perform: s3:Get*Object on resource: x",
    ],
)
def test_a_message_that_names_no_action_tells_nothing(message: str | None) -> None:
    assert told_by(message) is None


def test_a_name_that_speaks_like_aws_changes_nothing_of_aws_own_words() -> None:
    """The key of an S3 object is the caller's to choose."""
    key = (
        'x" with an explicit deny in a service control policy because no session policy allows the a:B action'
    )
    told = told_by(f'{WHO}s3:GetObject on resource: "arn:aws:s3:::b/{key}" {BOUNDARY}')
    assert told is not None
    assert told.by == "an explicit deny in a permissions boundary"
    assert told.resource == f"arn:aws:s3:::b/{key}"


def test_a_refused_call_is_a_row_for_what_was_refused_and_shows_no_use_of_the_rest() -> None:
    subnet = f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-0a"
    told = used(
        event(
            1,
            "ec2:RunInstances",
            LAUNCH,
            error="Client.UnauthorizedOperation",
            message=f"{WHO}ec2:RunInstances on resource: {subnet} {BOUNDARY}",
        )
    )
    (row,) = told.rows
    assert (row.action, row.resource, row.count, row.refused) == ("ec2:RunInstances", subnet, 1, 1)
    assert row.refused_by == ("an explicit deny in a permissions boundary",)


def test_a_call_refused_for_what_it_needs_beside_names_both() -> None:
    told = used(
        event(
            1,
            "ec2:RunInstances",
            LAUNCH,
            error="Client.UnauthorizedOperation",
            message=f"{WHO}iam:PassRole on resource: {SHARED} {ALLOWS.format('iam:PassRole')}",
        )
    )
    passing = by_action(told, dependent=True)["iam:PassRole", SHARED]
    assert (passing.refused, passing.refused_by, passing.calls) == (1, (NO_IDENTITY,), 0)
    (own,) = by_action(told).values()
    assert (own.action, own.resource, own.refused, own.calls) == ("ec2:RunInstances", "*", 1, 1)
    assert own.refused_by == ("iam:PassRole that it needs was refused",)


@pytest.mark.parametrize(
    "message",
    [
        "Access Denied",
        None,
        "You are not authorized to perform this operation. Encoded authorization failure message: abc",
    ],
)
def test_a_bare_refusal_has_its_resource_from_the_map_where_that_is_sure(message: str | None) -> None:
    told = used(
        event(1, "s3:DeleteBucket", {"bucketName": "acme"}, error="AccessDenied", message=message),
        event(2, "ec2:RunInstances", LAUNCH, error="Client.UnauthorizedOperation", message=message),
    )
    found = by_action(told)
    bucket, launch = found["s3:DeleteBucket", "arn:aws:s3:::acme"], found["ec2:RunInstances", "*"]
    assert bucket.refused_by == launch.refused_by == (NOT_SAID,)
    assert launch.gap == "AWS does not say which resource it is"


def test_a_service_that_refuses_with_a_code_of_its_own_refuses_by_its_words() -> None:
    message = f"{WHO}SNS:Publish on resource: arn:aws:sns:{REGION}:{ACCOUNT}:x {ALLOWS.format('SNS:Publish')}"
    (row,) = used(
        event(1, "sns:Publish", {"topicArn": "x"}, error="AuthorizationErrorException", message=message)
    ).rows
    assert (row.action, row.refused, row.refused_by) == ("sns:Publish", 1, (NO_IDENTITY,))


# ---- properties

MESSAGES = st.sampled_from(
    [
        None,
        "Access Denied",
        f"{WHO}iam:PassRole on resource: {SHARED} {BOUNDARY}",
        f"{WHO}s3:GetObject on resource: arn:aws:s3:::x/y {ALLOWS.format('s3:GetObject')}",
        f"{WHO}nothing:Nothing {BOUNDARY}",
    ]
)
CALLS = st.sampled_from(
    [f"{service}:{name}" for service in table_names() for name in rows(service)]
    + ["signin:ConsoleLogin", "lambda:Invoke", "nowhere:X", "nowhere:CreateThing", "ec2:Nothing"]
)
PARAMETERS = st.sampled_from(
    [
        {},
        LAUNCH,
        {"userName": "ann"},
        {"bucketName": "b", "key": "k"},
        {"roleArn": SHARED},
        {"instancesSet": {"items": [{"instanceId": "i-0a"}, {"instanceId": "i-0b"}]}},
        {"resourcesSet": "odd", "tagSet": 3},
    ]
)


@st.composite
def deeds(draw: st.DrawFn) -> list[Deed]:
    """Deeds of two identities, some refused, some failed, some odd."""
    made = []
    for minute in range(draw(st.integers(0, 12))):
        error = draw(st.sampled_from([None, "AccessDenied", "NotFound"]))
        call = event(
            minute, draw(CALLS), draw(PARAMETERS), error=error, message=draw(MESSAGES) if error else None
        )
        made.append(Deed(event=call, by=draw(st.sampled_from([GUEST, OWNER]))))
    return made


@given(deeds(), st.randoms())
def test_every_deed_is_counted_exactly_once_whatever_it_is(told: list[Deed], chance: Any) -> None:
    """In one row's calls or among what is not mapped; and the order they come in changes nothing."""
    usage = usage_of(told, account=ACCOUNT)
    assert sum(row.calls for row in usage.rows) + sum(row.count for row in usage.not_mapped) == len(told)
    assert usage.events == len(told)
    assert all(0 <= row.calls <= row.count and row.refused <= row.count for row in usage.rows)
    assert all(bool(row.refused) == bool(row.refused_by) for row in usage.rows)
    assert all(START <= row.first <= row.last for row in usage.rows)
    mixed = list(told)
    chance.shuffle(mixed)
    assert usage_of(mixed, account=ACCOUNT) == usage


@given(deeds())
def test_a_refused_call_is_in_no_row_as_used(told: list[Deed]) -> None:
    """By itself each: all that a refused call shows is refused, all that another shows is not."""
    for deed in told:
        rows_ = usage_of([deed], account=ACCOUNT).rows
        denied = deed.event.error_code == "AccessDenied" or "is not authorized" in (
            deed.event.error_message or ""
        )
        assert all(row.refused == (row.count if denied else 0) for row in rows_)
