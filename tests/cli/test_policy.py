"""`guestpass needs` and `guestpass policy`: whatever the source, each permission with its reason, in policies that fit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from guestpass import catalog
from guestpass.access.policy import read_policy, size_of
from guestpass.cli import main
from guestpass.loan import read_pass
from guestpass.loan.job import job_policies
from guestpass.loan.wall import wall_document

PASS = Path(__file__).parents[2] / "examples" / "php-mysql" / "pass.yaml"
OWNER = "111122223333"


@pytest.fixture
def ask(capsys):
    """`ask("needs", source, …)` gives the exit code and the JSON answer."""

    def run(*words):
        code = main([*map(str, words), "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out or told.err)

    return run


def record(name: str, source: str, event: str, parameters: dict, response: dict | None = None) -> dict:
    return {
        "eventVersion": "1.11",
        "eventTime": "2026-11-20T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "eventID": event,
        "eventType": "AwsApiCall",
        "recipientAccountId": OWNER,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{OWNER}:user/jo", "accountId": OWNER},
        "requestParameters": parameters,
        "responseElements": response,
    }


@pytest.fixture
def rehearsal(tmp_path):
    """A folder with one log file, as CloudTrail delivers it."""
    folder = tmp_path / "logs"
    folder.mkdir()
    records = [
        record("CreateQueue", "sqs", "e-1", {"queueName": "acme-shop-jobs"}),
        record("DescribeInstances", "ec2", "e-2", {}),
        record("CreateTopic", "sns", "e-3", {"name": "acme-shop-news"}),
    ]
    name = f"{OWNER}_CloudTrail_eu-west-1_20261120T1005Z_aB3dE5fG7hJ9kL1m.json.gz"
    (folder / name).write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return folder


def actions_of(document) -> set[str]:
    out: set[str] = set()
    for statement in read_policy(document, kind="identity", name="p").statements:
        if statement.effect == "Allow":
            for value in statement.actions.values:
                out |= set(catalog.actions_matching(value))
    return out


def test_a_pass_gives_what_grant_would_write(ask, tmp_path):
    code, told = ask("policy", PASS, "--out", tmp_path / "out")
    assert code == 0
    pass_ = read_pass(PASS)
    written = {Path(file).stem: json.loads(Path(file).read_text("utf-8")) for file in told["files"]}
    assert {name: written[name] for name, _ in job_policies(pass_)} == dict(job_policies(pass_))
    assert written["acme-shop-wall"] == wall_document(pass_)
    assert set(written["reasons"]["statements"]) == {
        each["Sid"] for policy in told["policies"] for each in policy["document"]["Statement"]
    }


@pytest.mark.parametrize("name", ["php-mysql", "wordpress"])
def test_every_action_of_the_policies_is_a_need_and_every_need_is_in_the_policies(ask, name):
    _, needs = ask("needs", name)
    code, told = ask("policy", name, "--name", "acme-shop")
    assert code == 0
    given = set().union(*(actions_of(policy["document"]) for policy in told["policies"]))
    assert given == {need["action"] for need in needs["needs"]}
    for policy in told["policies"]:
        assert policy["characters"] == size_of(policy["document"])
        assert policy["characters"] == len(json.dumps(policy["document"], separators=(",", ":")))


def test_every_need_says_where_it_comes_from(ask):
    _, told = ask("needs", PASS)
    assert told["complete"]
    for need in told["needs"]:
        assert need["why"]
        assert need["source"].startswith("php-mysql.yaml:")


def test_a_record_gives_what_was_called_and_what_takes_it_down(ask, rehearsal):
    code, told = ask("needs", rehearsal, "--name", "acme-shop")
    assert code == 0
    by_action = {need["action"]: need for need in told["needs"]}
    assert by_action["sqs:CreateQueue"]["resources"] == [f"arn:aws:sqs:eu-west-1:{OWNER}:acme-shop-*"]
    assert by_action["sqs:CreateQueue"]["source"] == "e-1"
    assert by_action["sqs:DeleteQueue"]["kind"] == "teardown"
    assert by_action["ec2:DescribeInstances"]["resources"] == ["*"]


def test_the_policies_of_a_record_keep_teardown_apart(ask, rehearsal):
    code, told = ask("policy", rehearsal, "--name", "acme-shop")
    assert code == 0
    (policy,) = told["policies"]
    down = [each for each in policy["document"]["Statement"] if each["Sid"].startswith("TearDown")]
    assert down
    for statement in down:
        assert {need["kind"] for need in told["reasons"][statement["Sid"]]} == {"teardown"}


def test_callers_can_be_chosen_and_an_unknown_one_is_refused(ask, rehearsal):
    assert ask("needs", rehearsal, "--by", "jo")[0] == 0
    code, told = ask("needs", rehearsal, "--by", "nobody")
    assert code == 2
    assert "nothing in the record is by `nobody`" in json.dumps(told)


def test_a_job_that_no_session_holds_says_what_costs_most_and_what_widening_would_let_in(ask):
    code, told = ask("policy", "php-mysql", "--holder", "session")
    assert code == 1
    assert told["policies"] == []
    assert told["too_large"]["room"] == 2048
    assert told["too_large"]["costliest"][0]["characters"] > 100
    (widest,) = [each for each in told["too_large"]["wildcards"]["ec2"] if each["pattern"] == "ec2:*"]
    assert widest["writes"] > 100
    assert "ec2:CreateVpc" in widest["extra"]


def test_nothing_is_written_over_a_file_that_is_there(ask, tmp_path):
    assert ask("policy", "wordpress", "--out", tmp_path)[0] == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code, told = ask("policy", "wordpress", "--name", "wordpress", "--shorten", "always", "--out", tmp_path)
    assert code == 2
    assert "is there already" in json.dumps(told)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert ask("policy", "wordpress", "--out", tmp_path, "--replace")[0] == 0


def test_what_is_no_source_is_refused_with_its_place(ask, tmp_path):
    odd = tmp_path / "odd.yaml"
    odd.write_text("shopping: [milk]\n", "utf-8")
    for source, says in (
        (odd, "it is not known what"),
        (tmp_path / "none.yaml", "cannot be read"),
    ):
        code, told = ask("needs", source)
        assert code == 2
        assert says in json.dumps(told)
    empty = tmp_path / "empty"
    empty.mkdir()
    code, told = ask("needs", empty)
    assert code == 2
    assert "no log file" in json.dumps(told)


def test_the_answer_fits_eighty_columns_but_for_arns(capsys):
    assert main(["needs", str(PASS)]) == 0
    shown = capsys.readouterr().out
    assert all(len(row) <= 80 or "arn:" in row for row in shown.splitlines())


def test_a_name_that_is_no_blueprint_is_answered_with_those_there_are(ask) -> None:
    code, told = ask("needs", "php-mysq")
    assert code == 2
    assert "neither a blueprint nor a file" in json.dumps(told)
    assert "did you mean `php-mysql`?" in json.dumps(told)
