"""Policies are shown to be within others, or it is said what is not seen; nothing wider ever passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Layers, Policy, Request, User, evaluate, read_policy
from guestpass.access.policy import arn_matches
from guestpass.access.prove import Proved, Undecided, contained, resource_within

ACCOUNT = "111122223333"
INSTANCES = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*"
ONE = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"


def policy(*statements: dict[str, Any]) -> Policy:
    return read_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind="identity", name="p")


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


OLD = policy(
    allow(["ec2:StopInstances", "ec2:StartInstances"], INSTANCES),
    allow(
        "s3:Get*", "arn:aws:s3:::shop-*/*", Condition={"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}}
    ),
)


@pytest.mark.parametrize(
    "statement",
    [
        allow("ec2:StopInstances", INSTANCES),
        allow("EC2:stopinstances", ONE),
        allow("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-*"),
        allow(
            "s3:GetObject",
            "arn:aws:s3:::shop-live/*",
            Condition={"StringEquals": {"aws:principaltag/team": "a"}},
        ),
        allow(
            "s3:GetObject*",
            "arn:aws:s3:::shop-live/a*b",
            Condition={
                "StringEquals": {"aws:PrincipalTag/team": ["b", "a"]},
                "Bool": {"aws:SecureTransport": "true"},
            },
        ),
    ],
)
def test_a_statement_that_says_less_is_within(statement):
    answer = contained([policy(statement)], within=[OLD])
    assert isinstance(answer, Proved)
    assert answer.checked


@pytest.mark.parametrize(
    "statement",
    [
        allow("ec2:TerminateInstances", ONE),
        allow("ec2:*", ONE),
        allow("ec2:StopInstances", "*"),
        allow("ec2:StopInstances", f"arn:aws:ec2:*:{ACCOUNT}:instance/i-1"),
        allow("ec2:StopInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:*/i-1"),
        allow("s3:GetObject", "arn:aws:s3:::shop-live/*"),
        allow("s3:GetObject", "arn:aws:s3:::shop-live/*", Condition={"StringLike": {"aws:PrincipalTag/team": "a"}}),
        allow("s3:GetObject", "arn:aws:s3:::shop-live/*", Condition={"StringEquals": {"aws:PrincipalTag/team": ["a", "c"]}}),
        allow(
            "s3:GetObject",
            "arn:aws:s3:::shop-live/*",
            Condition={"StringEqualsIfExists": {"aws:PrincipalTag/team": "a"}},
        ),
        allow("s3:GetObject", "arn:aws:s3:::shop/*", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}}),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": ONE},
        {"Effect": "Allow", "Action": "ec2:StopInstances", "NotResource": ONE},
        allow("ec2:StopInstances", ONE, Condition={"NoSuchOperator": {"aws:PrincipalTag/team": "a"}}),
    ],
)  # fmt: skip
def test_a_statement_that_says_more_or_is_not_understood_is_not_within(statement):
    assert isinstance(contained([policy(statement)], within=[OLD]), Undecided)


def test_a_deny_that_is_left_out_is_missed():
    deny = {"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": ONE}
    old = policy(allow("ec2:StopInstances", INSTANCES), deny)
    assert isinstance(contained([policy(allow("ec2:StopInstances", INSTANCES))], within=[old]), Undecided)
    assert isinstance(contained([policy(allow("ec2:StopInstances", ONE), deny)], within=[old]), Proved)


_PIECES = st.lists(st.sampled_from(["a", "b", "*", ":", "/"]), min_size=1, max_size=7).map("".join)
_ARNS = st.builds(
    lambda region, rest: f"arn:aws:x:{region}:1:{rest}", st.sampled_from(["a", "b", "*"]), _PIECES
)


@given(narrow=_ARNS, wide=_ARNS, texts=st.lists(st.text("ab:/", max_size=4), min_size=8, max_size=8))
def test_whatever_matches_a_pattern_matches_every_pattern_that_it_is_within(narrow, wide, texts):
    if not resource_within(narrow, wide):
        return
    parts = narrow.split("*")
    arn = "".join(part + text for part, text in zip(parts, [*texts, "", ""], strict=False))
    if arn_matches(narrow, arn) is True:
        assert arn_matches(wide, arn) is True


_ACTIONS = st.sampled_from(["ec2:StopInstances", "ec2:StartInstances", "ec2:St*", "s3:GetObject", "s3:*"])
_STATEMENTS = st.builds(
    allow,
    st.lists(_ACTIONS, min_size=1, max_size=2),
    st.lists(st.sampled_from([INSTANCES, ONE, "arn:aws:s3:::shop/*", "*"]), min_size=1, max_size=2),
)


@given(new=st.lists(_STATEMENTS, min_size=1, max_size=3), old=st.lists(_STATEMENTS, min_size=1, max_size=3))
def test_what_is_within_allows_no_request_that_the_other_does_not(new, old):
    one, other = policy(*new), policy(*old)
    if not isinstance(contained([one], within=[other]), Proved):
        return
    for action in ("ec2:StopInstances", "ec2:StartInstances", "s3:GetObject", "s3:DeleteObject"):
        for resource in (ONE, f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-2", "arn:aws:s3:::shop/x"):
            if _allowed(one, action, resource):
                assert _allowed(other, action, resource)


def _allowed(one: Policy, action: str, resource: str) -> bool:
    user = User(arn=f"arn:aws:iam::{ACCOUNT}:user/jo", account=ACCOUNT)
    request = Request(
        principal=user, action=action, resource=resource, context=Context.of({}), resource_account=ACCOUNT
    )
    return isinstance(evaluate(request, Layers(identity=(one,))), Allowed)
