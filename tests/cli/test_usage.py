"""`guestpass usage` on a live box: what the guest did, read back from the files that the trail delivered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from guestpass.cli import main
from guestpass.cli.sealing import opened
from guestpass.local import Box, Credentials, start
from local.speaking import Client, client_of, code_of, document

REGION = "eu-west-1"
NAME = "used-shop"
GUEST = f"{NAME}-guest"
Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Path]]:
    """A loan in which the guest worked, was refused, and took a role that the owner takes too."""
    folder = tmp_path_factory.mktemp("lent")
    with start() as box, pytest.MonkeyPatch.context() as patched:
        run = runner(box, folder, patched)
        key = pyrage.x25519.Identity.generate()
        (folder / "identity.txt").write_text(str(key))
        until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
        words = ["--name", NAME, "--guest", "Jo", "--login", "access-key"]
        words += ["--key", str(key.to_public()), "--blueprint", "php-mysql", "--regions", REGION]
        words += ["--instance-types", "t3.micro", "--database-classes", "db.t3.micro", "--until", until]
        assert run("init", "pass.yaml", *words, "--monthly-usd", "50", "--notify", "o@example.org") == 0
        assert run("guard", "pass.yaml", "--yes") == 0
        assert run("grant", "pass.yaml", "--yes") == 0
        _, secrets = opened(folder / f"{NAME}-handover" / "credentials.age", folder / "identity.txt")
        guest = Credentials(
            access_key_id=secrets["access-key-id"],
            secret_access_key=secrets["secret-access-key"],
            account=box.owner.account,
        )
        works(box, lambda service: client_of(box, guest, service))
        box.deliver()
        yield box, folder


def works(box: Box, guest: Client) -> None:
    """Look, make a group and a key pair, ask for what is not there, and for what is refused."""
    ec2 = guest("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.describe_vpcs()
    tags = [{"Key": "guestpass", "Value": NAME}]
    ec2.create_security_group(
        GroupName="web", Description="the site", VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )  # fmt: skip
    ec2.create_key_pair(KeyName=f"{NAME}-key", TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}])
    assert code_of(guest("rds").describe_db_instances, DBInstanceIdentifier=f"{NAME}-none")
    assert code_of(guest("iam").create_user, UserName="backdoor") == "AccessDenied"
    assert code_of(guest("s3").create_bucket, Bucket=f"{NAME}-bucket") == "AccessDenied"
    owner = client_of(box, box.owner, "iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": box.owner.account}, "Action": "sts:AssumeRole"}
    owner.create_role(RoleName="owners-own", AssumeRolePolicyDocument=document(trust))


def runner(box: Box, folder: Path, patched: pytest.MonkeyPatch, home: str = "state") -> Run:
    patched.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
    patched.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
    patched.setenv("GUESTPASS_HOME", str(folder / home))
    patched.chdir(folder)
    return lambda *words: main([*words, "--endpoint-url", box.endpoint_url, "--region", REGION])


@pytest.fixture
def run(lent: tuple[Box, Path], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line as the owner uses it."""
    return runner(*lent, monkeypatch)


def answer(capsys: Capture) -> dict[str, Any]:
    """The last line of stdout, as JSON."""
    return dict(json.loads(capsys.readouterr().out.strip().splitlines()[-1]))


def rows_of(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of the guest by action and event."""
    return {
        (row["action"], row["resource"].rpartition(":")[2]): row
        for row in told["rows"]
        if not row["dependent"]
    }


def test_the_files_tell_what_the_guest_did_and_nothing_of_the_owners(run: Run, capsys: Capture) -> None:
    """Every call once, by the guest's ARN; the owner's calls in the same files are not in it."""
    assert run("usage", NAME, "--json") == 0
    told = answer(capsys)
    assert told["schema"] == "guestpass.usage/1"
    assert [each.rpartition("/")[2] for each in told["identities"]] == [GUEST]
    rows = rows_of(told)
    assert rows["ec2:DescribeVpcs", "*"]["count"] == 2
    assert ("ec2:CreateKeyPair", f"key-pair/{NAME}-key") in rows
    assert not any(action == "iam:CreateRole" for action, _ in rows)
    calls = sum(row["calls"] for row in told["rows"]) + sum(row["count"] for row in told["not_mapped"])
    assert calls == told["events"] == 7
    tagging = [row for row in told["rows"] if row["dependent"]]
    assert {row["action"] for row in tagging} == {"ec2:CreateTags"}


def test_what_was_refused_is_told_with_what_refused_it_and_what_was_not_found_is_not(
    run: Run, capsys: Capture
) -> None:
    assert run("usage", NAME, "--refused", "--json") == 0
    refused = rows_of(answer(capsys))
    assert set(refused) == {
        ("iam:CreateUser", "user/backdoor"),
        ("s3:CreateBucket", f"{NAME}-bucket"),
    }
    assert all(row["refused"] == row["count"] == 1 for row in refused.values())
    for row in refused.values():
        assert row["refused"] == row["count"] == 1
        assert all(
            "identity-based policy" in why or "permissions boundary" in why for why in row["refused_by"]
        )
    assert run("usage", NAME, "--json") == 0
    looked = rows_of(answer(capsys))["rds:DescribeDBInstances", f"{NAME}-none"]
    assert (looked["count"], looked["refused"]) == (1, 0)


def test_the_page_names_each_action_and_how_far_the_reading_reaches(run: Run, capsys: Capture) -> None:
    assert run("usage", "pass.yaml") == 0
    shown = capsys.readouterr()
    assert f"{GUEST}: 7 calls, 2 refused" in shown.out
    assert "✗ iam:CreateUser" in shown.out
    assert f"key-pair/{NAME}-key" in shown.out
    assert "read: " in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert "\x1b" not in shown.out


def test_one_identity_alone_can_be_asked_for_and_a_stranger_is_refused_by_name(
    run: Run, capsys: Capture
) -> None:
    assert run("usage", NAME, "--by", GUEST, "--json") == 0
    assert answer(capsys)["events"] == 7
    assert run("usage", NAME, "--by", "stranger") == 2
    shown = capsys.readouterr()
    assert "`stranger`" in shown.err
    assert GUEST in shown.err


@pytest.fixture
def copied(lent: tuple[Box, Path], tmp_path: Path) -> Path:
    """The trail's files as `aws s3 sync` writes them into a folder."""
    box, _ = lent
    s3 = client_of(box, box.owner, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "trail" in each["Name"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="AWSLogs/"):
        for each in page.get("Contents", ()):
            if "/CloudTrail/" in each["Key"] and not each["Key"].endswith("/"):
                path = tmp_path / "logs" / each["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
    return tmp_path / "logs"


def test_a_folder_of_the_files_tells_the_same_as_the_bucket(run: Run, copied: Path, capsys: Capture) -> None:
    """With each record twice, too: AWS may deliver one again."""
    assert run("usage", NAME, "--json") == 0
    kept = answer(capsys)
    first = next(path for path in sorted(copied.rglob("*.json.gz")))
    again = first.with_name(first.name.replace("Z_", "Z_again0"))
    again.write_bytes(first.read_bytes())
    assert run("usage", NAME, "--trail", str(copied), "--json") in (0, 4)
    told = answer(capsys)
    mine = [row for row in kept["rows"] if row["by"].endswith(GUEST)]
    assert [row for row in told["rows"] if row["by"].endswith(GUEST)] == mine
    assert told["reading"]["repeats"] >= 1


def test_a_broken_file_is_named_the_rest_is_told_and_the_answer_is_undecided(
    run: Run, copied: Path, capsys: Capture
) -> None:
    broken = max(copied.rglob("*.json.gz"), key=lambda path: path.stat().st_size)
    torn = broken.with_name(broken.name.replace("Z_", "Z_torn00"))
    torn.write_bytes(gzip.compress(b'{"Records": [{"eventID"')[:-6])
    assert run("usage", NAME, "--trail", str(copied), "--json") == 4
    told = answer(capsys)
    assert any(torn.name in (each["place"] or "") for each in told["reading"]["findings"])
    assert told["events"] == 7


def test_files_that_end_before_the_loan_began_leave_the_answer_undecided(
    run: Run, lent: tuple[Box, Path], tmp_path: Path, capsys: Capture
) -> None:
    """Silence there says nothing of the guest."""
    account = lent[0].owner.account
    folder = tmp_path / "AWSLogs" / account / "CloudTrail" / REGION / "2020" / "01" / "01"
    folder.mkdir(parents=True)
    record = {
        "eventVersion": "1.11",
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventTime": "2020-01-01T00:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeVpcs",
        "awsRegion": REGION,
        "recipientAccountId": account,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{account}:user/guestpass/{NAME}/{GUEST}"},
    }
    name = f"{account}_CloudTrail_{REGION}_20200101T0005Z_aB3dE5fG7hJ9kL1m.json.gz"
    (folder / name).write_bytes(gzip.compress(json.dumps({"Records": [record]}).encode()))
    assert run("usage", NAME, "--trail", str(tmp_path), "--json") == 4
    told = answer(capsys)
    assert (told["rows"], told["reading"]["files"], told["reading"]["events"]) == ([], 1, 0)


def test_a_folder_without_files_and_a_pass_that_nobody_knows_are_refused(
    run: Run, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "empty").mkdir()
    assert run("usage", NAME, "--trail", str(tmp_path / "empty")) == 2
    assert "no log file" in capsys.readouterr().err
    assert run("usage", "stranger-shop") == 2
    assert "`stranger-shop`" in capsys.readouterr().err
