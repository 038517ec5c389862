"""Policy documents as people write them: what is read, what puzzles, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guestpass.access import Allowed, Layers, Policy, Request, Undecided, User, evaluate, read_policy
from guestpass.access.policy import PolicyKind, document_of, findings_of, size_of
from guestpass.errors import InputError

ANN = User(arn="arn:aws:iam::111122223333:user/ann", account="111122223333")
PLAIN: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::box/a"}


def read(statement: Any, *, kind: PolicyKind = "identity", **head: Any) -> Policy:
    return read_policy({"Version": "2012-10-17", "Statement": statement, **head}, kind=kind, name="p.json")


def codes(policy: Policy) -> list[str]:
    return [finding.code for finding in findings_of(policy)]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("", "$"),
        ("{", "$"),
        ("[]", "$"),
        ("null", "$"),
        ('"text"', "$"),
        ("{}", "$.Statement"),
        ('{"Statement": "x"}', "$.Statement"),
        ('{"Statement": null}', "$.Statement"),
        ("[" * 100_000, "$"),
        ('{"Statement": ' + "9" * 5000 + "}", "$"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_path(document: str, path: str) -> None:
    """Not JSON, or JSON without statements."""
    with pytest.raises(InputError) as refused:
        read_policy(document, kind="identity", name="p.json")
    assert refused.value.place is not None
    assert refused.value.place.path == path
    assert refused.value.place.file == "p.json"


def test_broken_json_is_refused_with_line_and_column() -> None:
    """The place is where the parser stopped."""
    with pytest.raises(InputError) as refused:
        read_policy('{\n  "Version": nope\n}', kind="identity", name="p.json")
    assert str(refused.value.place) == "p.json:2:14 ($)"


def test_a_document_that_nests_without_end_is_refused() -> None:
    """Data that no JSON parser made can nest deeper than the reader goes."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InputError):
        read({**PLAIN, "Condition": {"StringEquals": {"a:b": deep}}, "Fun": deep})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Effect": "allow"}, "POL005"),
        ({"Effect": None}, "POL005"),
        ({"Action": []}, "POL006"),
        ({"Action": [5]}, "POL006"),
        ({"Action": "s3:GetObject "}, "POL007"),
        ({"Action": "s3"}, "POL007"),
        ({"Action": "s3:Get:Object"}, "POL007"),
        ({"Action": "s3:Get\u0000"}, "POL007"),
        ({"NotAction": "iam:*"}, "POL004"),
        ({"Resource": "box"}, "POL008"),
        ({"Resource": " arn:aws:s3:::box"}, "POL008"),
        ({"Resource": ""}, "POL008"),
        ({"Resource": "arn:aws:s3:::${aws:username"}, "POL014"),
        ({"Resource": "arn:aws:s3:::${}"}, "POL014"),
        ({"Resource": "arn:aws:s3:::${username}"}, "POL014"),
        ({"Principal": "*"}, "POL010"),
        ({"Sid": 5}, "POL006"),
        ({"Actions": "s3:*"}, "POL003"),
        ({"action": "s3:*"}, "POL003"),
        ({"Condition": []}, "POL006"),
        ({"Condition": {"StringEquals": "x"}}, "POL006"),
        ({"Condition": {"StringEquals": {"a:b": {"c": 1}}}}, "POL006"),
        ({"Condition": {"StringEquals": {"a:b": []}}}, "POL006"),
        ({"Condition": {"StringEquals": {"nocolon": "x"}}}, "POL015"),
        ({"Condition": {"StringEquals": {"a:b": "${x"}}}, "POL014"),
        ({"Condition": {"stringEquals": {"a:b": "x"}}}, "POL011"),
        ({"Condition": {"ForSomeValues:StringEquals": {"a:b": "x"}}}, "POL011"),
        ({"Condition": {"ForAllValues:Null": {"a:b": "true"}}}, "POL012"),
        ({"Condition": {"NumericEquals": {"a:b": "1e5"}}}, "POL013"),
        ({"Condition": {"DateLessThan": {"a:b": "2026"}}}, "POL013"),
        ({"Condition": {"DateLessThan": {"a:b": "2026-02-30"}}}, "POL013"),
        ({"Condition": {"IpAddress": {"a:b": "10.0.0"}}}, "POL013"),
        ({"Condition": {"Null": {"a:b": "maybe"}}}, "POL013"),
        ({"Condition": {"BinaryEquals": {"a:b": "%%"}}}, "POL013"),
        ({"Condition": {"StringEquals": {"aws:x": "1", "AWS:X": "2"}}}, "POL001"),
    ],
)
def test_what_is_not_understood_puzzles_and_never_allows(change: dict[str, Any], code: str) -> None:
    """The statement keeps a puzzle with its finding; the request that it might concern is undecided."""
    policy = read({**PLAIN, **change})
    assert code in codes(policy)
    request = Request(principal=ANN, action="s3:GetObject", resource="arn:aws:s3:::box/a")
    decision = evaluate(request, Layers(identity=(policy,)))
    assert isinstance(decision, Undecided)
    assert any(code in reason for reason in decision.reasons)
    with pytest.raises(InputError):
        document_of(policy)


def test_a_statement_without_a_usable_effect_could_be_either() -> None:
    """It neither allows nor lets another Allow stand unquestioned."""
    policy = read([PLAIN, {**PLAIN, "Effect": "Maybe"}])
    assert [statement.effect for statement in policy.statements] == ["Allow", "Allow", "Deny"]
    request = Request(principal=ANN, action="s3:GetObject", resource="arn:aws:s3:::box/a")
    assert isinstance(evaluate(request, Layers(identity=(policy,))), Undecided)


def test_what_is_not_an_object_among_statements_puzzles() -> None:
    """A stray value concerns every request."""
    policy = read([PLAIN, "stray"])
    assert codes(policy) == ["POL006", "POL005"]


OPEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", '


@pytest.mark.parametrize(
    "text",
    [
        OPEN + '"Action": "s3:*", "Action": "ec2:*"}]}',
        OPEN + '"Action": "ec2:*", "Effect": "Allow"}]}',
        OPEN + '"Action": "*", "Condition": {"Bool": {"a:b": true, "a:b": false}}}]}',
        OPEN + '"Action": "s3:*"}], "Statement": []}',
        OPEN + '"Action": "s3:*"}], "Version": "2008-10-17"}',
        '{"Version": "2012-10-17", "Statement": [], "statement": [{"Effect": "Deny"}]}',
    ],
)
def test_names_that_stand_twice_hide_nothing(text: str) -> None:
    """Which of the two counts nobody says: a Deny that may stand there leaves every answer open."""
    policy = read_policy(text, kind="identity", name="p")
    assert {"POL001", "POL003"} & set(codes(policy))
    everything = read({"Effect": "Allow", "Action": "*", "Resource": "*"})
    request = Request(principal=ANN, action="s3:GetObject", resource="arn:aws:s3:::box/a")
    assert isinstance(evaluate(request, Layers(identity=(policy, everything))), Undecided)


def test_the_words_of_a_finding_are_fit_to_print() -> None:
    """Control characters and halves of characters are written out, long words are cut."""
    policy = read({**PLAIN, "Action": "s3:\x1b[31m\ud800" + "x" * 500})
    says = findings_of(policy)[0].says
    says.encode("utf-8")
    assert "\\u001b" in says
    assert len(says) < 150


@pytest.mark.parametrize(
    ("statement", "version", "code"),
    [
        ({**PLAIN, "Resource": "arn:aws:s3:::${aws:username}"}, "2008-10-17", "POL020"),
        ({**PLAIN, "Condition": {"StringEquals": {"aws:TagKeys": "a"}}}, "2012-10-17", "POL021"),
        ({**PLAIN, "Resource": "arn:aws:rds:*:111122223333:db:a"}, "2012-10-17", "POL022"),
        ({**PLAIN, "Resource": "arn:aws:s3"}, "2012-10-17", "POL023"),
        ([{**PLAIN, "Sid": "A"}, {**PLAIN, "Sid": "A"}], "2012-10-17", "POL024"),
    ],
)
def test_what_is_easily_misread_is_noted_and_still_decided(statement: Any, version: str, code: str) -> None:
    """A note is no puzzle."""
    policy = read(statement, Version=version)
    assert codes(policy) == [code]
    assert not any(each.puzzles for each in policy.statements)


def test_everything_that_a_clean_policy_says_is_read() -> None:
    """Elements, operators, qualifiers and suffixes arrive as values."""
    policy = read(
        {
            "Sid": "All",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "NotResource": "arn:aws:s3:::box/*",
            "Condition": {
                "ForAnyValue:StringNotLikeIfExists": {"aws:TagKeys": ["a", "b"]},
                "Bool": {"x:y": False},
            },
        },
        Id="anything",
    )
    (statement,) = policy.statements
    assert (statement.label, statement.effect, statement.actions.negated) == ("All", "Deny", True)
    assert statement.resources is not None
    assert statement.resources.values == ("arn:aws:s3:::box/*",)
    first, second = statement.conditions
    assert (first.qualifier, first.operator, first.if_exists) == ("ForAnyValue", "StringNotLike", True)
    assert second.values == ("false",)
    assert codes(policy) == []


def test_principals_are_read_by_kind() -> None:
    """Each kind keeps its entries; `*` is AWS's everyone."""
    principal = {
        "AWS": [
            "111122223333",
            "arn:aws:iam::111122223333:role/a/b",
            "arn:aws:sts::111122223333:assumed-role/b/s",
        ],
        "Service": "ec2.amazonaws.com",
        "Federated": ["accounts.google.com", "arn:aws:iam::111122223333:saml-provider/corp"],
        "CanonicalUser": "79a59df900b949e55d96a1e698fbaced",
    }
    policy = read({**PLAIN, "Principal": principal}, kind="resource")
    assert codes(policy) == []
    (statement,) = policy.statements
    assert statement.principals is not None
    kinds = [entry.kind for entry in statement.principals.values]
    assert kinds == ["AWS"] * 3 + ["Service"] + ["Federated"] * 2 + ["CanonicalUser"]
    everyone = read({**PLAIN, "Principal": "*"}, kind="resource")
    assert (
        everyone.statements[0].principals
        == read({**PLAIN, "Principal": {"AWS": "*"}}, kind="resource").statements[0].principals
    )


def test_a_large_policy_is_read_and_asked_quickly() -> None:
    """Ten megabytes of statements: a few seconds and no more."""
    statement = {**PLAIN, "Resource": [f"arn:aws:s3:::box-{number}/*" for number in range(100)]}
    policy = read_policy(
        json.dumps({"Version": "2012-10-17", "Statement": [statement] * 500}), kind="identity", name="big"
    )
    request = Request(principal=ANN, action="s3:GetObject", resource="arn:aws:s3:::box-99/a")
    assert isinstance(evaluate(request, Layers(identity=(policy,))), Allowed)


def test_size_is_the_same_for_text_and_data() -> None:
    """White space outside of strings is free, inside it counts."""
    data = {"Version": "2012-10-17", "Statement": [{**PLAIN, "Sid": "with  spaces"}]}
    assert (
        size_of(json.dumps(data, indent=8)) == size_of(data) == len(json.dumps(data, separators=(",", ":")))
    )
