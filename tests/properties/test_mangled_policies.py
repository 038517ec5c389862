"""Whatever stands where a policy should: it is refused with a reason, or read so that nothing hidden ever allows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Layers, Request, User, evaluate, read_policy
from guestpass.access.policy.globs import glob_matches
from guestpass.access.policy.values import Statement
from guestpass.access.question import Questions
from guestpass.errors import InputError

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))
USER = User(arn="arn:aws:iam::111122223333:user/jo", account="111122223333")
REQUEST = Request(principal=USER, action="s3:GetObject", resource="arn:aws:s3:::shop/a")

WORDS = (
    "Version", "Id", "Statement", "Sid", "Effect", "Allow", "Deny", "Action", "NotAction", "Resource", "NotResource",
    "Principal", "NotPrincipal", "Condition", "StringEquals", "StringLike", "ForAllValues:StringLike", "Bool", "Null",
    "DateLessThan", "IpAddress", "NumericEqualsIfExists", "ArnLike", "BinaryEquals", "aws:username", "aws:SourceIp",
    "aws:TagKeys", "2012-10-17", "2008-10-17", "*", "s3:*", "s3:Get?bject", "arn:aws:s3:::shop/*",
    "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:*", "${aws:", "${*}", "10.0.0.0/8", "AWS", "Service",
    "true", "\x00", "\ud800", " ", "",
)  # fmt: skip
leaves = (
    st.sampled_from(WORDS)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=6)
)
junk = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
actions = st.sampled_from(["s3:GetObject", "s3:Get*", "*", "S3:getobject", ["s3:*", "ec2:*"]])
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": actions, "Resource": st.just("*")},
    optional={"Sid": st.just("One"), "Condition": st.just({"StringEquals": {"aws:username": "jo"}})},
)


@st.composite
def mangled(draw: st.DrawFn) -> Any:
    """A policy with one or two of its parts replaced, taken away, doubled or renamed."""
    document: Any = {"Version": "2012-10-17", "Statement": draw(st.lists(statements, min_size=1, max_size=2))}
    for _ in range(draw(st.integers(1, 2))):
        holder = document if draw(st.booleans()) else draw(st.sampled_from(document["Statement"] or [{}]))
        if not isinstance(holder, dict) or not holder:
            break
        key = draw(st.sampled_from(sorted(holder)))
        match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
            case "replace":
                holder[key] = draw(junk)
            case "remove":
                del holder[key]
            case "rename":
                holder[draw(st.sampled_from(WORDS))] = holder.pop(key)
            case "add":
                holder[draw(st.sampled_from(WORDS))] = draw(junk)
        if not isinstance(document.get("Statement"), list):
            break
    return document


documents = junk | mangled() | mangled() | mangled()


def _concerns(statement: Statement) -> bool:
    """Whether it is a Deny that surely names the request."""
    actions, resources = statement.actions, statement.resources
    named = (
        any(glob_matches(value.lower(), "s3:getobject") for value in actions.values) is not actions.negated
    )
    everywhere = resources is not None and "*" in resources.values and not resources.negated
    return statement.effect == "Deny" and named and everywhere and not statement.conditions


def held(document: Any) -> None:
    """Refused by InputError alone; and who hides something decides nothing."""
    for kind in ("identity", "resource", "scp"):
        try:
            policy = read_policy(document, kind=kind, name="p")  # type: ignore[arg-type]
        except InputError:
            continue
        answer = evaluate(REQUEST, Layers(identity=(policy,)))
        if isinstance(answer, Allowed):
            named = {ref.index for ref in answer.by}
            puzzled = {each.index for each in policy.statements if each.puzzles}
            assert named - puzzled, (document, "allowed by a statement that was not understood")
            assert not [each for each in policy.statements if each.puzzles and _concerns(each)], document
    line = json.dumps(
        {
            "principal": USER.arn,
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::shop/a",
            "policies": {"identity": [document]},
        }
    ).encode("utf-8", "surrogatepass")
    try:
        question = Questions().read(line)
    except InputError:
        return
    evaluate(question.request, question.layers)


@settings(RELAXED, max_examples=300)
@given(documents)
def test_a_mangled_policy_is_refused_or_hides_nothing(document: Any) -> None:
    """A few hundred of them, at every run."""
    held(document)


@pytest.mark.long
@settings(RELAXED, max_examples=100_000)
@given(documents)
def test_a_hundred_thousand_mangled_policies(document: Any) -> None:
    """A hundred thousand of them."""
    held(document)
