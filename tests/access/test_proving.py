"""By action alone: what no policy admits, and what is left open."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Layers, Policy, Request, evaluate, read_policy
from guestpass.access.prove import Proved, Undecided, admits, never
from strategies import ACTIONS, ANN, contexts, policies

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


def policy(*statements: dict[str, Any], name: str = "p") -> Policy:
    return read_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind="identity", name=name)


ALL_OF_S3 = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, name="s3")
ALL = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, name="all")
NO_IAM = policy({"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Sid": "NoIam"}, name="no-iam")


def test_what_no_allow_names_is_never_allowed() -> None:
    """In one of the groups that must all allow."""
    answer = never(["iam:CreateUser", "iam:*"], granted=((ALL,), (ALL_OF_S3,)))
    assert isinstance(answer, Proved)
    assert [ground.action for ground in answer.checked] == ["iam:CreateUser", "iam:*"]
    assert all(ground.says == "no Allow of `s3` names it" for ground in answer.checked)


def test_what_a_deny_of_everything_covers_is_never_allowed() -> None:
    """Whatever else allows."""
    answer = never(["iam:CreateUser"], granted=((ALL, NO_IAM),))
    assert isinstance(answer, Proved)
    assert answer.checked[0].says == "denied everywhere by NoIam of `no-iam`"


def test_an_empty_group_allows_nothing() -> None:
    """A layer in force without policies."""
    assert isinstance(never(["s3:GetObject"], granted=((ALL,), ())), Proved)


@pytest.mark.parametrize(
    "deny",
    [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::box/*"},
        {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Fun": 1},
        {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"},
    ],
)
def test_a_deny_that_does_not_cover_everything_proves_nothing(deny: dict[str, Any]) -> None:
    """By resource, by condition, by a puzzle: the Allow stands, and the answer says which."""
    answer = never(["s3:GetObject"], granted=((ALL_OF_S3, policy(deny)),))
    assert isinstance(answer, Undecided)
    assert "admitted by statement 1 of `s3`" in answer.why
    assert "not yet weighed" in answer.why


def test_without_a_group_nothing_is_proved() -> None:
    """Nobody said who must allow."""
    assert isinstance(never(["s3:GetObject"], granted=()), Undecided)


def test_a_pattern_is_proved_only_if_all_of_it_is() -> None:
    """`s3:*` meets an Allow of one of its actions; `iam:*` under NotAction meets none."""
    one = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    rest = policy({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})
    assert isinstance(never(["s3:*"], granted=((one,),)), Undecided)
    assert isinstance(never(["iam:*", "sts:Assume*"], granted=((rest,),)), Proved)
    assert isinstance(never(["i*"], granted=((rest,),)), Undecided)


def test_admits_says_yes_no_or_not_known() -> None:
    """At action level: named, not named, wholly denied, named by a puzzle alone."""
    riddle = policy({"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Fun": 1})
    assert admits((ALL_OF_S3,), "s3:GetObject") is True
    assert admits((ALL_OF_S3,), "ec2:RunInstances") is False
    assert admits((ALL, NO_IAM), "iam:CreateUser") is False
    assert admits((riddle,), "ec2:RunInstances") is None
    assert admits((riddle, ALL), "ec2:RunInstances") is True


@RELAXED
@given(policies(puzzles=True), policies("boundary"), st.sampled_from(ACTIONS), contexts())
def test_what_is_proved_never_no_request_escapes(
    job: Policy, wall: Policy, action: str, context: Context
) -> None:
    """Attack what was proved with requests: none is allowed."""
    if action != "sts:GetCallerIdentity" and isinstance(never([action], granted=((job,), (wall,))), Proved):
        for resource in ("*", "arn:aws:s3:::box/ann/a", "arn:aws:iam::111122223333:role/apps/shop"):
            request = Request(principal=ANN, action=action, resource=resource, context=context)
            assert not isinstance(evaluate(request, Layers(identity=(job,), boundary=(wall,))), Allowed)
