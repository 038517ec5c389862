"""What a caller can do, asked once a class of actions, is what asking for every action finds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Layers, Request, Undecided, User, evaluate, read_policy
from guestpass.access.evaluate.classes import classes, reach
from guestpass.catalog import all_actions

USER = User(arn="arn:aws:iam::111122223333:user/jo", account="111122223333", user_id="AIDAEXAMPLE")
ACTIONS = (
    "s3:*",
    "s3:Get*",
    "ec2:Describe*",
    "sts:*",
    "kms:Decrypt",
    "*",
    "*:List*",
    "iam:PassRole",
    "SQS:Send*",
)
RESOURCES = (
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::shop/*",
    "arn:aws:ec2:*:111122223333:instance/*",
    "arn:aws:kms:*:*:key/*",
)

statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Resource": st.sampled_from(RESOURCES),
    }
).flatmap(
    lambda base: st.tuples(
        st.sampled_from(["Action", "NotAction"]), st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
    ).map(lambda named: base | {named[0]: named[1]})
)


def _policy(listed, kind):
    return read_policy({"Version": "2012-10-17", "Statement": listed}, kind=kind, name=kind)


@settings(max_examples=12, deadline=None)
@given(
    identity=st.lists(statements, min_size=1, max_size=3),
    boundary=st.none() | st.lists(statements, min_size=1, max_size=2),
    resource=st.sampled_from(["*", "arn:aws:s3:::shop/a", "arn:aws:kms:eu-west-1:111122223333:key/k"]),
)
def test_a_class_answers_for_each_of_its_actions(identity, boundary, resource):
    layers = Layers(
        identity=(_policy(identity, "identity"),),
        boundary=None if boundary is None else (_policy(boundary, "boundary"),),
    )
    request = Request(principal=USER, action="s3:GetObject", resource=resource, context=Context())
    found = reach(request, layers)
    answers = {
        action: evaluate(replace(request, action=action), layers, trace=False)
        for action in all_actions()[::7]
    }
    assert {a for a, d in answers.items() if isinstance(d, Allowed)} == set(found.allowed) & answers.keys()
    assert {a for a, d in answers.items() if isinstance(d, Undecided)} == set(
        found.undecided
    ) & answers.keys()


def test_the_classes_part_all_actions_among_them():
    layers = Layers(
        identity=(_policy([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}], "identity"),)
    )
    found = classes(layers, resource="*")
    assert sum(members.bit_count() for members in found) == len(all_actions())
    union = 0
    for members in found:
        assert not union & members
        union |= members
