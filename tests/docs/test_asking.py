"""The guide to asking shows what the commands say, word for word, about an account that is written down here."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guestpass.account import Snapshot, snapshot_to_json
from guestpass.account.snapshot import Caller, IamPolicy, IamUser, NamedDocument, Organization, Resource
from guestpass.cli import main

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "asking.md"
ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHOWN = re.compile(r"^\$ (guestpass .+)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def an_account() -> Snapshot:
    wall = IamPolicy(
        name="wall",
        arn=f"arn:aws:iam::{ACCOUNT}:policy/wall",
        id="ANPAWALL",
        path="/",
        created=NOW,
        default_version="v1",
        versions={
            "v1": _document(
                {"Sid": "AgreedServices", "Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"},
                {
                    "Sid": "OnlyAgreedRegions",
                    "Effect": "Deny",
                    "Action": "ec2:*",
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
                },
            )
        },
    )
    job = _document(
        {"Sid": "Work", "Effect": "Allow", "Action": ["ec2:*", "rds:*"], "Resource": "*"},
        {
            "Sid": "Pictures",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::shop/pictures/*",
        },
        {
            "Sid": "Odd",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::shop/*",
            "Condition": {"StringSortsBefore": {"aws:username": "m"}},
        },
    )
    jo = IamUser(
        name="jo",
        arn=f"arn:aws:iam::{ACCOUNT}:user/jo",
        id="AIDAJO",
        path="/",
        created=NOW,
        boundary=wall.arn,
        inline={"job": job},
    )
    full = NamedDocument(
        name="FullAWSAccess", document=_document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    )
    no_metal = NamedDocument(
        name="no-large-machines",
        document=_document(
            {
                "Sid": "NoMetal",
                "Effect": "Deny",
                "Action": "ec2:RunInstances",
                "Resource": "arn:aws:ec2:*:*:instance/*",
                "Condition": {"StringLike": {"ec2:InstanceType": "*.metal"}},
            }
        ),
    )
    return Snapshot(
        taken_at=NOW,
        caller=Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/owner", user_id="AIDAOWNER"),
        regions=("eu-west-1",),
        users=(jo,),
        policies=(wall,),
        organization=Organization(id="o-1", scps=((full,), (full, no_metal))),
        resources=(Resource(arn="arn:aws:s3:::shop", type="s3:bucket", region="eu-west-1"),),
        resource_policies={"arn:aws:s3:::shop": None},
    )


SHOWN_HERE = [
    (command, output) for command, output in SHOWN.findall(GUIDE.read_text("utf-8")) if "s.json" in command
]


@pytest.mark.parametrize(("command", "output"), SHOWN_HERE, ids=[command for command, _ in SHOWN_HERE])
def test_a_command_of_the_guide_says_what_it_shows(command, output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text(snapshot_to_json(an_account()))
    code = main(shlex.split(command)[1:])
    said = capsys.readouterr().out
    assert said.rstrip() == output.rstrip().removesuffix(f"exit {code}").rstrip()


def test_the_guide_shows_the_four_ways_in_which_an_answer_is_no():
    shown = "\n".join(output for _, output in SHOWN_HERE)
    for words in (
        "✗ denies  wall: OnlyAgreedRegions",
        "✗ denies  no-large-machines",
        "parts ways at",
        "POL011",
    ):
        assert words in shown
