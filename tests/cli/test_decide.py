"""The batch door: one question a line in, one answer a line out, and no line stops the others."""

from __future__ import annotations

import io
import json

import pytest

from guestpass.cli import main

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/jo"
OTHER = "arn:aws:iam::444455556666:user/eve"
ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def _policy(**statement):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", **statement}],
    }


def _question(**more):
    return {
        "id": "q",
        "principal": USER,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::shop/a",
        "policies": {"identity": [ALL]},
        **more,
    }


@pytest.fixture
def decide(tmp_path, capsys):
    """`decide(question, …)` gives the exit code and the answers; text is taken as it is."""

    def run(*questions):
        file = tmp_path / "q.jsonl"
        lines = (each if isinstance(each, str) else json.dumps(each) for each in questions)
        file.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
        code = main(["decide", "--batch", str(file)])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def decision(decide):
    """`decision(question)` is the one answer's word."""
    return lambda **more: decide(_question(**more))[1][0].get("decision")


def test_the_four_words_and_what_stands_behind_them(decide):
    deny = _policy(Effect="Deny", Sid="No")
    unsure = _policy(Condition={"StringSortOf": {"aws:username": "jo"}})
    code, told = decide(
        _question(id=1),
        _question(id=2, policies={"identity": [ALL, deny]}),
        _question(id=3, policies={"identity": []}),
        _question(id=4, policies={"identity": [unsure]}),
    )
    assert code == 0
    assert [each["id"] for each in told] == [1, 2, 3, 4]
    assert [each["decision"] for each in told] == ["allowed", "explicit_deny", "implicit_deny", "undecided"]
    assert told[0]["by"] == ["identity policy 1: All"]
    assert told[1]["by"] == ["identity policy 2: No"]
    assert told[1]["blocked_by"] == ["identity"]
    assert told[2]["blocked_by"] == []
    assert all(each["why"] for each in told)


def test_a_layer_that_is_absent_is_not_in_force_and_an_empty_one_allows_nothing(decision):
    for layer in ("boundary", "session", "endpoint"):
        assert decision(policies={"identity": [ALL]}) == "allowed"
        assert decision(policies={"identity": [ALL], layer: []}) == "implicit_deny", layer
        assert decision(policies={"identity": [ALL], layer: [ALL]}) == "allowed", layer
    for layer in ("scp",):
        assert decision(policies={"identity": [ALL], layer: [[ALL], [ALL]]}) == "allowed"
        assert decision(policies={"identity": [ALL], layer: [[ALL], []]}) == "implicit_deny"
    assert decision(policies={}) == "implicit_deny"
    assert decision(policies={"resource": None}) == "implicit_deny"


def test_the_layers_that_block_are_named(decide):
    nothing = _policy(Action="ec2:*")
    _, (told,) = decide(
        _question(policies={"identity": [ALL], "boundary": [nothing], "scp": [[ALL], [nothing]]})
    )
    assert told["decision"] == "implicit_deny"
    assert set(told["blocked_by"]) == {"scp", "boundary"}


@pytest.mark.parametrize(
    ("principal", "named", "expected"),
    [
        (USER, {"AWS": USER}, "allowed"),
        (USER, {"AWS": ACCOUNT}, "implicit_deny"),  # it only delegates (rule 13)
        (
            f"arn:aws:iam::{ACCOUNT}:role/team/job",
            {"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/job"},
            "allowed",
        ),
        ({"service": "ec2.amazonaws.com"}, {"Service": "ec2.amazonaws.com"}, "allowed"),
        ({"service": "ec2.amazonaws.com"}, {"Service": "rds.amazonaws.com"}, "implicit_deny"),
        ({"anonymous": True}, "*", "allowed"),
        ({"anonymous": True}, {"AWS": USER}, "implicit_deny"),
        ({"canonical_user": "ab12"}, {"CanonicalUser": "ab12"}, "allowed"),
        (OTHER, {"AWS": OTHER}, "implicit_deny"),  # the caller's own side is silent (rule 18)
    ],
)
def test_every_kind_of_principal_is_understood(decision, principal, named, expected):
    resource = _policy(Principal=named)
    asked = {"resource_account": ACCOUNT, "principal": principal, "policies": {"resource": resource}}
    assert decision(**asked) == expected


def test_a_provider_asks_by_its_trust_policy_alone(decision):
    host = "token.actions.githubusercontent.com"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": host}}
        ],
    }
    asked = {
        "principal": {"federated": host},
        "action": "sts:AssumeRoleWithWebIdentity",
        "resource": f"arn:aws:iam::{ACCOUNT}:role/ci",
        "policies": {"resource": trust},
    }
    assert decision(**asked) == "allowed"
    assert decision(**asked | {"principal": {"federated": "accounts.google.com"}}) == "implicit_deny"


def test_a_session_is_of_the_role_or_user_that_its_issuer_names(decision):
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/job/jo"
    by_role = _policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/job"})
    asked = {"principal": session, "policies": {"resource": by_role}}
    assert decision(**asked, session_issuer=f"arn:aws:iam::{ACCOUNT}:role/team/job") == "allowed"
    assert decision(**asked) == "implicit_deny"  # without a word on it the role is taken to have no path
    federated = {
        "principal": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        "policies": {"session": [ALL], "resource": _policy(Principal={"AWS": USER})},
    }
    assert decision(**federated, session_issuer=USER) == "allowed"
    assert decision(**federated) == "undecided"  # nobody says whose session it is


def test_context_values_are_texts_lists_numbers_and_booleans_and_keys_have_no_case(decision):
    def asks(operator, key, wanted, **context):
        policy = _policy(Condition={operator: {key: wanted}})
        return decision(policies={"identity": [policy]}, context=context["context"])

    assert asks("Bool", "aws:SecureTransport", "true", context={"AWS:securetransport": True}) == "allowed"
    assert asks("NumericLessThan", "s3:max-keys", "10", context={"s3:max-keys": 5}) == "allowed"
    assert asks("NumericLessThan", "s3:max-keys", "10", context={"s3:max-keys": 12.5}) == "implicit_deny"
    assert (
        asks("ForAnyValue:StringEquals", "aws:TagKeys", "team", context={"aws:TagKeys": ["team", "cost"]})
        == "allowed"
    )
    assert asks("StringEquals", "aws:username", "jo", context={}) == "allowed"  # the principal tells it


def test_the_owner_of_a_resource_without_account_in_its_arn_is_told(decision):
    assert decision(resource_account=ACCOUNT) == "allowed"
    assert decision(resource_account="444455556666") == "implicit_deny"


def test_a_document_may_be_text_and_one_that_hides_something_decides_nothing(decision):
    assert decision(policies={"identity": [json.dumps(ALL)]}) == "allowed"
    twice = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}'
    assert decision(policies={"identity": [twice]}) == "undecided"


BAD = {
    "no JSON": "nonsense",
    "half a JSON": '{"id": "x", "principal": ',
    "no object": "[1, 2]",
    "an unknown key": json.dumps(_question(polices={})),
    "a layer of another shape": json.dumps(_question(policies={"identity": ALL})),
    "an unknown layer": json.dumps(_question(policies={"identities": []})),
    "a document that is none": json.dumps(_question(policies={"identity": [7]})),
    "a document without statements": json.dumps(
        _question(policies={"identity": [{"Version": "2012-10-17"}]})
    ),
    "an action with a wildcard": json.dumps(_question(action="s3:Get*")),
    "no action": json.dumps(_question(action="GetObject")),
    "no ARN": json.dumps(_question(resource="shop/a")),
    "a principal that is none": json.dumps(_question(principal="jo")),
    "a group": json.dumps(_question(principal=f"arn:aws:iam::{ACCOUNT}:group/team")),
    "an unknown kind of principal": json.dumps(_question(principal={"robot": "x"})),
    "two kinds of principal": json.dumps(
        _question(principal={"service": "a.amazonaws.com", "anonymous": True})
    ),
    "an account of 11 digits": json.dumps(_question(resource_account="11112222333")),
    "a context value that is none": json.dumps(_question(context={"aws:username": {"a": 1}})),
    "a context value of nothing": json.dumps(_question(context={"aws:username": None})),
    "an issuer of another account": json.dumps(
        _question(
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b",
            session_issuer="arn:aws:iam::444455556666:role/a",
        )
    ),
    "a NUL": '{"id": "q", "principal": "\x00"}',
    "half a surrogate pair": '{"id": "q", "principal": "\\ud800"}',
    "two thousand levels": '{"id": "q", "context": ' + "[" * 2000 + "]" * 2000 + "}",
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_line_that_cannot_be_read_is_answered_and_the_rest_go_on(decide, line):
    code, told = decide(_question(id="before"), line, _question(id="after"))
    assert code == 0
    assert [each["id"] for each in (told[0], told[2])] == ["before", "after"]
    assert told[0]["decision"] == told[2]["decision"] == "allowed"
    assert "decision" not in told[1]
    assert told[1]["error"]["line"] == 2
    assert told[1]["error"]["says"]
    assert told[1]["error"]["exit_code"] == 2


def test_a_bad_line_keeps_its_id_where_it_can_be_told(decide):
    _, (told,) = decide(_question(id={"mine": 1}, action="x"))
    assert told["id"] == {"mine": 1}


def test_a_document_of_ten_megabytes_is_decided(decision):
    big = {
        "Version": "2012-10-17",
        "Statement": [{**ALL["Statement"][0], "Resource": ["arn:aws:s3:::" + "x" * 1000] * 10_000}],
    }
    assert decision(policies={"identity": [big]}) == "implicit_deny"


def test_when_no_line_can_be_read_it_could_not(decide):
    assert decide("nonsense", "more")[0] == 1
    assert decide("", "  ")[0] == 0


def test_ten_thousand_lines_stream_from_standard_input(monkeypatch, capsys):
    lines = "".join(json.dumps(_question(id=number)) + "\n" for number in range(10_000))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert main(["decide", "--batch", "-"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["id"] for each in told] == list(range(10_000))
    assert {each["decision"] for each in told} == {"allowed"}


def test_a_file_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["decide", "--batch", str(tmp_path / "none.jsonl")]) == 2
    assert "cannot be read" in capsys.readouterr().err
