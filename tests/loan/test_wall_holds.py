"""The wall alone holds: whoever is inside it may have a job policy that says `*`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from functools import cache

import pytest

from guestpass.access import Allowed, Denied, Layers, Policy, Request, evaluate, read_policy
from guestpass.loan.agreement import Login
from guestpass.loan.wall import wall_document
from loan.attempts import ATTEMPTS, BEYOND, BUCKET, NAMES, THE_END
from loan.story import (
    DEPLOY,
    MFA_SHOWN,
    NO_MFA,
    OWNER,
    REGION,
    Call,
    a_pass,
    as_session,
    ec2,
    refusal,
    requests_of,
)

EVERYTHING = read_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    kind="identity",
    name="everything",
)


@cache
def within_the_wall(login: Login = "access-key") -> Layers:
    wall = read_policy(wall_document(a_pass(login)), kind="boundary", name="acme-shop-wall")
    return Layers(identity=(EVERYTHING,), boundary=(wall,))


@pytest.mark.parametrize(("call", "refused_by"), ATTEMPTS)
def test_what_a_guest_must_not_do_is_refused_by_the_wall_alone(call: Call, refused_by: str) -> None:
    found = refusal(call, within_the_wall(), NAMES)
    assert found is not None
    request, answer = found
    assert isinstance(answer, Denied), (request, answer)
    if refused_by.startswith("near"):
        assert (answer.kind, answer.blocked_by) == ("implicit", ("boundary",))
        nearest = next(layer.nearest for layer in answer.trace if layer.layer == "boundary")
        if refused_by != "near":
            assert nearest is not None
            assert f"near {nearest.statement.label}" == refused_by
    else:
        assert answer.kind == "explicit"
        assert [statement.label for statement in answer.by] == [refused_by]


def test_every_attempt_differs_from_what_is_allowed_in_one_point() -> None:
    """The same launch and the same database, unchanged, go through: the attempts fail for the reason they
    name."""
    for call in DEPLOY:
        if call.operation in ("RunInstances", "CreateDBInstance"):
            assert refusal(call, within_the_wall(), NAMES) is None, call.says


@pytest.mark.parametrize("session", [False, True], ids=["key", "session"])
def test_after_the_end_everything_is_refused(session: bool) -> None:
    pass_ = a_pass("role" if session else "access-key")
    layers = within_the_wall(pass_.guest.login)
    for call in DEPLOY:
        late = dataclasses.replace(call, at=pass_.until + timedelta(seconds=1))
        for request in requests_of(late, NAMES):
            answer = evaluate(as_session(request, NAMES) if session else request, layers)
            assert isinstance(answer, Denied)
            assert THE_END in [statement.label for statement in answer.by]


def test_until_the_last_second_the_job_goes_on() -> None:
    last = dataclasses.replace(DEPLOY[0], at=a_pass().until)
    assert refusal(last, within_the_wall(), NAMES) is None


@pytest.mark.parametrize("shown", [{}, NO_MFA], ids=["key", "session-without-mfa"])
def test_a_console_guest_without_mfa_can_do_nothing_of_the_job(shown: Mapping[str, str]) -> None:
    for call in DEPLOY:
        found = refusal(dataclasses.replace(call, context=shown), within_the_wall("console"), NAMES)
        assert found is not None
        assert isinstance(found[1], Denied)
        assert "DenyWithoutMfa" in [statement.label for statement in found[1].by]


@pytest.mark.parametrize(
    "call",
    [
        Call(
            says="a device of another name",
            service="iam",
            operation="CreateVirtualMFADevice",
            parameters={"VirtualMFADeviceName": "spare"},
        ),
        Call(says="an access key", service="iam", operation="CreateAccessKey"),
        Call(
            says="off with the device",
            service="iam",
            operation="DeactivateMFADevice",
            parameters={"UserName": "acme-shop-guest", "SerialNumber": "x"},
        ),
    ],
    ids=lambda call: call.id,
)
def test_a_console_guest_sets_up_the_own_device_and_nothing_else_of_iam(call: Call) -> None:
    with_mfa = dataclasses.replace(call, context=MFA_SHOWN, region="us-east-1")
    found = refusal(with_mfa, within_the_wall("console"), NAMES)
    assert found is not None
    assert isinstance(found[1], Denied)
    assert found[1].blocked_by == ("boundary",)


GRANTING: Policy = read_policy(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": NAMES.user_arn}, "Action": "*", "Resource": "*"}
        ],
    },
    kind="resource",
    name="a policy that names the guest",
)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/x"),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{OWNER}:key/1234"),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{OWNER}:queue"),
        ("sts:AssumeRole", f"arn:aws:iam::{OWNER}:role/admin"),
    ],
)
def test_a_resource_policy_that_names_the_guest_opens_nothing(action: str, resource: str) -> None:
    """Rule 8: such a grant passes over a boundary's silence, not over its Deny."""
    known = next(iter(requests_of(DEPLOY[0], NAMES)))
    request = Request(
        principal=known.principal,
        action=action,
        resource=resource,
        context=known.context,
        resource_account=OWNER,
    )
    layers = within_the_wall()
    answer = evaluate(request, dataclasses.replace(layers, resource=GRANTING))
    assert isinstance(answer, Denied)
    assert [statement.label for statement in answer.by] == [BEYOND]


def test_a_service_that_calls_on_the_guests_behalf_is_left_to_the_keys_own_policy() -> None:
    """EC2 asks KMS for a disk's key in the guest's name: an explicit Deny here would stop every encrypted
    launch."""
    known = next(iter(requests_of(DEPLOY[0], NAMES)))
    values = {**known.context.values, "aws:viaawsservice": ("true",)}
    request = dataclasses.replace(
        known,
        action="kms:CreateGrant",
        resource=f"arn:aws:kms:{REGION}:{OWNER}:key/1234",
        context=dataclasses.replace(known.context, values=values),
    )
    answer = evaluate(request, within_the_wall())
    assert isinstance(answer, Denied)
    assert (answer.kind, answer.by) == ("implicit", ())


def test_the_owners_region_is_not_opened_by_a_second_one() -> None:
    wall = read_policy(
        wall_document(a_pass(regions=("eu-west-1", "eu-central-1"))), kind="boundary", name="wall"
    )
    layers = Layers(identity=(EVERYTHING,), boundary=(wall,))
    look = Call(says="look", service="ec2", operation="DescribeVpcs")
    answers = {
        region: refusal(dataclasses.replace(look, region=region), layers, NAMES) is None
        for region in ("eu-west-1", "eu-central-1", "us-east-1", "eu-west-2")
    }
    assert answers == {"eu-west-1": True, "eu-central-1": True, "us-east-1": False, "eu-west-2": False}


def test_the_own_thing_is_own_by_its_tag_and_not_by_its_id() -> None:
    """Without the tag in the world the story's own instance is as closed as the owner's."""
    stop = Call(
        says="stop", service="ec2", operation="StopInstances", parameters={"InstanceIds": ["i-0aaaaaaa"]}
    )
    (request,) = requests_of(stop, NAMES)
    assert request.resource == ec2("instance", "i-0aaaaaaa")
    assert isinstance(evaluate(request, within_the_wall()), Allowed)
    bare = {key: value for key, value in request.context.values.items() if "guestpass" not in key}
    untagged = dataclasses.replace(request, context=dataclasses.replace(request.context, values=bare))
    assert isinstance(evaluate(untagged, within_the_wall()), Denied)
