"""The owner's hands on the box: who they are, what they refuse, how AWS's refusals read, whose clock they tell."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guestpass.aws import Target, connect, look_up_events, take_fast_snapshot, take_snapshot
from guestpass.errors import AccountError, InputError, RootError
from guestpass.loan.step import Call
from journeys.harness import REGION, Loan, hands_of, pass_for


def whoami() -> Call:
    return Call(service="sts", operation="GetCallerIdentity")


def test_the_owner_is_recognised(box):
    hands = hands_of(box)
    assert hands.caller.account == box.owner.account
    assert hands.caller.arn.endswith(":user/owner")
    assert hands.caller.partition == "aws"


def test_root_is_refused_with_the_reason_and_the_way_out(box):
    with pytest.raises(RootError, match="no policy can hold them") as caught:
        hands_of(box, box.root)
    assert "--profile" in (caught.value.hint or "")


def test_the_clock_is_the_endpoints_and_never_this_machines(box):
    ahead = box.move_clock(seconds=40 * 86400)
    hands = hands_of(box)
    assert abs(hands.now() - ahead) < timedelta(seconds=10)
    assert hands.now() - datetime.now(UTC) > timedelta(days=39)


def test_a_refusal_says_which_call_which_code_and_which_thing(box):
    with pytest.raises(AccountError) as caught:
        hands_of(box).call(Call(service="iam", operation="GetUser", parameters={"UserName": "no-such"}))
    error = caught.value
    assert (error.call, error.code, error.resource) == ("iam:GetUser", "NoSuchEntity", "no-such")
    assert error.request_id


def test_a_denial_says_what_the_owner_needs(box, new_user):
    hands = hands_of(box, new_user("hands-nobody"))
    with pytest.raises(AccountError) as caught:
        hands.call(Call(service="iam", operation="ListUsers"))
    assert caught.value.code == "AccessDenied"
    assert "administrator" in (caught.value.hint or "")


def test_an_unknown_key_says_how_to_check_it(box):
    from guestpass.local import Credentials

    wrong = Credentials(access_key_id="AKIAFAKEFAKEFAKEFAKE", secret_access_key="x" * 40, account="1")
    with pytest.raises(AccountError) as caught:
        hands_of(box, wrong)
    assert "aws sts get-caller-identity" in (caught.value.hint or "")


def test_without_credentials_nothing_is_sent(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="no AWS credentials") as caught:
        connect(Target(endpoint_url="http://127.0.0.1:9", region=REGION))
    assert "--profile" in (caught.value.hint or "")


def test_an_unknown_profile_is_named():
    with pytest.raises(InputError, match="no profile `nobody`"):
        connect(Target(endpoint_url="http://127.0.0.1:9", profile="nobody", region=REGION))


def test_a_missing_region_is_asked_for(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="no region") as caught:
        connect(Target(endpoint_url="http://127.0.0.1:9"))
    assert "--region" in (caught.value.hint or "")


def test_an_endpoint_that_is_no_address_is_the_users_to_mend(fake_keys):
    with pytest.raises(InputError, match="endpoint"):
        connect(Target(endpoint_url="nonsense", region=REGION))


def test_an_endpoint_where_nobody_listens_is_unreachable(fake_keys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(AccountError, match="no answer from AWS") as caught:
        connect(Target(endpoint_url=f"http://127.0.0.1:{port}", region=REGION))
    assert caught.value.code == "Unreachable"
    assert "--endpoint-url" in (caught.value.hint or "")


def test_a_parameter_that_aws_does_not_know_is_not_sent(box):
    with pytest.raises(InputError, match="cannot be called so"):
        hands_of(box).call(Call(service="iam", operation="GetUser", parameters={"Nonsense": 1}))


def test_a_snapshot_names_what_it_could_not_read(box, new_user):
    rights = {"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}
    snapshot = take_snapshot(hands_of(box, new_user("hands-reader", rights)), regions=(REGION,))
    assert snapshot.user("owner") is not None
    assert "cloudtrail:DescribeTrails" in snapshot.gaps
    assert "AccessDenied" in snapshot.gaps["iam:ListAccessKeys"]
    assert f"ec2:DescribeInstances {REGION}" in snapshot.gaps


def test_without_iam_there_is_no_snapshot(box, new_user):
    with pytest.raises(AccountError, match="GetAccountAuthorizationDetails"):
        take_snapshot(hands_of(box, new_user("hands-blind")), regions=(REGION,))


def test_a_fast_snapshot_says_what_it_left_out(box):
    snapshot = take_fast_snapshot(hands_of(box), "nobody")
    assert snapshot.users == ()
    assert "seconds count" in snapshot.gaps["policies"]


def test_events_are_looked_up_with_their_limits(box, owner):
    hands = hands_of(box)
    owner("iam").create_group(GroupName="looked-at")
    looked = look_up_events(hands, ["us-east-1"], since=hands.now() - timedelta(hours=1))
    assert "looked-at" in [event.parameters.get("groupName") for event in looked.events]
    assert "90 days" in looked.limits
    assert looked.unread == 0


def test_the_trails_bucket_is_found_from_another_region_too(box, tmp_path):
    first = Loan(box, pass_for(box, "hands-one"), tmp_path)
    first.do("guard")
    away = replace(pass_for(box, "hands-two"), regions=("us-west-2",))
    second = Loan(box, away, tmp_path)
    assert {step.id for step in second.plan("guard").steps} == {"guard/budget", "guard/baseline"}
    second.do("guard")
    assert second.plan("guard").steps == ()


@pytest.fixture
def fake_keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
