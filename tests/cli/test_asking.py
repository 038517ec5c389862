"""Asking about access: yes, no and not known, from a file alone, with the exit code that a script reads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guestpass.account import Snapshot, snapshot_to_json
from guestpass.account.snapshot import (
    Caller,
    IamGroup,
    IamRole,
    IamUser,
    NamedDocument,
    Organization,
    Resource,
)
from guestpass.cli import main

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _user(name, **more):
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return IamUser(name=name, arn=arn, id=f"AIDA{name.upper()}", path="/", created=NOW, **more)


def an_account(**more):
    jo = _user(
        "jo", inline={"job": _policy(_allow("s3:Get*", "arn:aws:s3:::shop/*", Sid="Own"))}, groups=("team",)
    )
    office = _allow("ec2:StopInstances", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    ann = _user(
        "ann", inline={"office": _policy(office)}, attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    )
    deployer = IamRole(
        name="deployer",
        arn=f"arn:aws:iam::{ACCOUNT}:role/ci/deployer",
        id="AROADEPLOYER",
        path="/ci/",
        created=NOW,
        trust=_policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": jo.arn}}),
        inline={"all": _policy(_allow("*"))},
        boundary=f"arn:aws:iam::{ACCOUNT}:policy/unread",
    )
    team = IamGroup(
        name="team",
        arn=f"arn:aws:iam::{ACCOUNT}:group/team",
        id="AGPATEAM",
        path="/",
        created=NOW,
        inline={"queue": _policy(_allow("sqs:SendMessage"))},
    )
    bucket = Resource(arn="arn:aws:s3:::shop", type="s3:bucket", region="eu-west-1")
    known = {
        "organization": Organization(),
        "resources": (bucket,),
        "resource_policies": {"arn:aws:s3:::shop": None},
    }
    return Snapshot(
        taken_at=NOW,
        caller=Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/owner", user_id="AIDAOWNER"),
        regions=("eu-west-1",),
        users=(ann, jo),
        groups=(team,),
        roles=(deployer,),
        **{**known, **more},
    )


@pytest.fixture
def ask(tmp_path, capsys):
    """`ask(account, "can", …)` gives the exit code, the answer and the talk."""

    def run(account, *words):
        file = tmp_path / "s.json"
        file.write_text(snapshot_to_json(account))
        code = main([*words, "--snapshot", str(file)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_yes_no_and_not_known_have_exit_codes_of_their_own(ask):
    account = an_account()
    assert ask(account, "can", "jo", "s3:GetObject", "arn:aws:s3:::shop/a")[0] == 0
    assert ask(account, "can", "jo", "s3:PutObject", "arn:aws:s3:::shop/a")[0] == 3
    instance = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"
    code, out, _ = ask(account, "can", "ann", "ec2:StopInstances", instance)
    assert code == 4
    assert "aws:SourceIp" in out
    assert (
        ask(account, "can", "ann", "ec2:StopInstances", instance, "--context", "aws:SourceIp=203.0.113.9")[0]
        == 0
    )
    assert (
        ask(account, "can", "ann", "ec2:StopInstances", instance, "--context", "aws:SourceIp=8.8.8.8")[0] == 3
    )
    assert ask(account, "can", "ann", "ec2:StopInstances", instance, "--context", "aws:SourceIp")[0] == 3


def test_ci_expects_an_answer_and_an_open_one_never_meets_it(ask):
    account = an_account()
    denied = ("can", "jo", "s3:PutObject", "arn:aws:s3:::shop/a", "--expect")
    assert ask(account, *denied, "denied")[0] == 0
    assert ask(account, *denied, "allowed")[0] == 3
    open_ = ("can", "ann", "ec2:StopInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1", "--expect")
    assert ask(account, *open_, "denied")[0] == 4
    assert ask(account, *open_, "allowed")[0] == 4


def test_a_group_and_an_aws_managed_policy_count(ask):
    account = an_account(resource_policies={f"arn:aws:sqs:eu-west-1:{ACCOUNT}:mail": None})
    assert ask(account, "can", "jo", "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:mail")[0] == 0
    assert ask(account, "can", "ann", "ec2:DescribeInstances", "*")[0] == 0


def test_what_was_not_read_is_not_taken_for_absent(ask):
    for gap in ({"organization": None}, {"organization": Organization(id="o-1")}, {"resource_policies": {}}):
        code, out, _ = ask(an_account(**gap), "can", "jo", "s3:GetObject", "arn:aws:s3:::shop/a")
        assert code == 4, gap
        assert "undecided" in out
    # a boundary whose document is not there limits nobody knows how
    assert ask(an_account(), "can", "deployer", "ec2:RunInstances", "*")[0] == 4


def test_an_scp_denies_and_is_named_and_does_not_bind_the_management_account(ask):
    full = NamedDocument(name="FullAWSAccess", document=_policy(_allow("*")))
    no_s3 = NamedDocument(
        name="no-s3", document=_policy({"Sid": "NoS3", "Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    )
    member = an_account(organization=Organization(id="o-1", scps=((full,), (full, no_s3))))
    words = ("why", "jo", "s3:GetObject", "arn:aws:s3:::shop/a")
    code, out, _ = ask(member, *words)
    assert code == 3
    assert "no-s3: NoS3" in out
    assert "without scp it would be allowed" in out
    managing = an_account(organization=Organization(id="o-1", management=True))
    assert ask(managing, *words)[0] == 0


def test_why_names_the_nearest_statement_and_where_it_parts(ask):
    account = an_account(resource_policies={"arn:aws:s3:::shop2": None})
    code, out, _ = ask(account, "why", "jo", "s3:GetObject", "arn:aws:s3:::shop2/a")
    assert code == 3
    flat = " ".join(out.split())
    assert "Own comes closest: resource `arn:aws:s3:::shop/*` parts ways at" in flat
    assert "shop2" in flat


def test_who_can_names_everybody_and_those_of_whom_it_is_not_known(ask):
    code, out, _ = ask(an_account(), "who-can", "iam:CreateUser", "*", "--json")
    told = json.loads(out)
    assert code == 0
    assert {each["arn"].rpartition(":")[2]: each["decision"] for each in told["principals"]} == {
        "root": "allowed",
        "user/ann": "implicit_deny",
        "user/jo": "implicit_deny",
        "role/ci/deployer": "undecided",
    }


def test_what_can_says_the_most_and_what_holds_on_one_resource(ask):
    account = an_account()
    _, out, _ = ask(account, "what-can", "jo", "--json")
    most = json.loads(out)["allowed"]
    assert "sqs:SendMessage" in most
    assert "s3:GetObject" in most
    assert "s3:PutObject" not in most
    _, out, _ = ask(account, "what-can", "jo", "--resource", "arn:aws:s3:::shop/a", "--json")
    there = json.loads(out)["allowed"]
    assert "s3:GetObject" in there
    assert set(there) <= set(most) | {"sts:GetCallerIdentity", "sts:GetSessionToken"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("can", "bob", "s3:GetObject", "*"), "no user or role"),
        (("can", "jo", "s3:GetObjekt", "*"), "`s3:GetObject`"),
        (("can", "jo", "s3:GetObject", "shop"), "is no ARN"),
        (("can", "jo", "s3:GetObject", "*", "--context", "x"), "no context key"),
        (("can", f"arn:aws:iam::{ACCOUNT}:user/bob", "s3:GetObject", "*"), "the account has no"),
    ],
)
def test_words_that_mean_nothing_are_told_with_what_would(ask, words, says):
    code, _, err = ask(an_account(), *words)
    assert code == 2
    assert says in " ".join(err.split())


def test_a_file_that_is_no_snapshot_is_told(tmp_path, capsys):
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"schema": "x"}))
    assert main(["can", "jo", "s3:GetObject", "*", "--snapshot", str(file)]) == 2
    assert "is not a snapshot" in " ".join(capsys.readouterr().err.split())


def test_the_caller_of_another_account_needs_what_is_not_in_this_one(ask):
    account = an_account(
        resource_policies={
            "arn:aws:s3:::shop": _policy(
                _allow(
                    "s3:GetObject", "arn:aws:s3:::shop/*", Principal={"AWS": "arn:aws:iam::444455556666:root"}
                )
            )
        }
    )
    other = replace(account)
    assert (
        ask(other, "can", "arn:aws:iam::444455556666:user/eve", "s3:GetObject", "arn:aws:s3:::shop/a")[0] == 4
    )
    assert (
        ask(other, "can", "arn:aws:iam::444455556666:user/eve", "s3:PutObject", "arn:aws:s3:::shop/a")[0] == 3
    )
