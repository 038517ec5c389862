"""The whole loan as `make demo` plays it, once, and every value of it held against what it should be."""

import html
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guestpass.catalog import doors

pytestmark = pytest.mark.journey

WALL = "acme-shop-wall"
EXPLICIT, IMPLICIT = "explicit", "implicit"
BOTH = ("identity", "boundary")

# attempt -> the action that was refused, how, by which layers, by which statements (of a silent layer: the closest)
REFUSED: Mapping[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "make an IAM user": ("iam:CreateUser", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "attach AdministratorAccess to itself": (
        "iam:AttachUserPolicy", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "write itself a policy": ("iam:PutUserPolicy", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "remove its own boundary": (
        "iam:DeleteUserPermissionsBoundary", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "make itself a second key": ("iam:CreateAccessKey", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "mint a federated session": ("sts:GetFederationToken", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "assume the instance's role itself": ("sts:AssumeRole", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "stop the trail": ("cloudtrail:StopLogging", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "delete the trail": ("cloudtrail:DeleteTrail", EXPLICIT, ("boundary",), ("DenyBeyondTheJob",)),
    "list the trail's bucket": (
        "s3:ListBucket", EXPLICIT, ("resource", "boundary"), ("GuestsStayOut", "DenyBeyondTheJob")),
    "read a log out of the trail's bucket": (
        "s3:GetObject", EXPLICIT, ("resource", "boundary"), ("GuestsStayOut", "DenyBeyondTheJob")),
    "launch in another region": ("ec2:RunInstances", EXPLICIT, ("boundary",), ("DenyOtherRegions",)),
    "look around in another region": ("ec2:DescribeInstances", EXPLICIT, ("boundary",), ("DenyOtherRegions",)),
    "launch without tags": ("ec2:RunInstances", IMPLICIT, ("boundary",), ("CreateInstance",)),
    "launch with a volume untagged": ("ec2:RunInstances", IMPLICIT, ("boundary",), ("CreateInterfaceAndVolume",)),
    "launch an oversized instance": ("ec2:RunInstances", IMPLICIT, ("boundary",), ("CreateInstance",)),
    "launch with the owner's other role": (
        "iam:PassRole", IMPLICIT, BOTH, ("PassInstanceRole", "PassInstanceRole")),
    "launch with the old metadata service": ("ec2:RunInstances", IMPLICIT, ("boundary",), ("CreateInstance",)),
    "make an oversized database": ("rds:CreateDBInstance", IMPLICIT, ("boundary",), ("CreateDatabase",)),
    "make a database under another name": (
        "rds:CreateDBInstance", IMPLICIT, BOTH, ("MakeDatabase", "CreateDatabase")),
    "terminate the owner's instance": ("ec2:TerminateInstances", IMPLICIT, ("boundary",), ("ChangeOwnEc2",)),
    "stop the owner's instance": ("ec2:StopInstances", IMPLICIT, ("boundary",), ("ChangeOwnEc2",)),
    "delete the owner's database": (
        "rds:DeleteDBInstance", IMPLICIT, BOTH, ("TearDownDatabase", "ChangeOwnRds")),
    "change the owner's database's password": ("rds:ModifyDBInstance", IMPLICIT, BOTH, ()),
    "copy the owner's snapshot": ("ec2:CopySnapshot", IMPLICIT, BOTH, ()),
    "make a volume of the owner's snapshot": (
        "ec2:CreateVolume", IMPLICIT, BOTH, ("MakeVolumes", "CreateInterfaceAndVolume")),
    "copy the owner's database snapshot": ("rds:CopyDBSnapshot", IMPLICIT, BOTH, ()),
    "adopt the owner's instance by tagging it": (
        "ec2:CreateTags", IMPLICIT, ("boundary",), ("TagEc2WhileCreating",)),
    "adopt the owner's database by tagging it": (
        "rds:AddTagsToResource", IMPLICIT, BOTH, ("TagDatabases", "ChangeOwnRds")),
}  # fmt: skip

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Rows, Path]:
    """The demo, run once as a user runs it: its exit code, its events, its folder."""
    folder = tmp_path_factory.mktemp("loan") / "kept"
    ran = subprocess.run(
        [sys.executable, "-m", "guestpass", "demo", "--json", "--keep", str(folder)],
        capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ),
    )  # fmt: skip
    rows = [json.loads(row) for row in ran.stdout.splitlines()]
    assert rows, ran.stderr[-2000:]
    return ran.returncode, rows, folder


def of_kind(rows: Rows, kind: str) -> Rows:
    return [row for row in rows if row.get("event") == kind]


def test_the_demo_ends_well_and_has_no_problem_to_tell(played: tuple[int, Rows, Path]) -> None:
    code, rows, _ = played
    assert of_kind(rows, "problem") == []
    assert code == 0


def test_the_last_line_says_what_was_measured(played: tuple[int, Rows, Path]) -> None:
    last = played[1][-1]
    assert last["schema"] == "guestpass.demo/1"
    assert (last["granted"], last["expired"], last["revoked"]) == (True, True, True)
    assert last["refused"] == len(REFUSED)
    assert last["built"] == 12
    assert 0 <= last["seconds_to_lockout"] < 30
    assert last["doors"]["open"] == 0
    assert sum(last["doors"].values()) > 40


def test_the_strays_are_found_the_bill_adds_up_and_what_was_not_used_is_gone(
    played: tuple[int, Rows, Path],
) -> None:
    rows, folder = played[1], played[2]
    last = rows[-1]
    assert last["tightened"] is True
    assert Decimal(last["bill"]["explained"]) > 0
    assert Decimal(last["bill"]["undocumented"]) >= 0
    strays = [each.split(" ")[1] for each in of_kind(rows, "strays")[0]["made"]]
    assert len(strays) == 2
    compared = next((folder / "transcript").glob("*-inventory.txt")).read_text()
    for stray in strays:
        assert f"not on the list: {stray}" in compared
        assert stray in (folder / "owner" / "acme-shop-deployed.md").read_text()
    for each in [made for row in of_kind(rows, "built") for made in row["made"]]:
        assert f"not on the list: {each.split(' ')[1]} " not in compared
    gone = of_kind(rows, "torn-down")[0]["deleted"]
    assert {each.split(" ")[0] for each in gone} >= {"rds:db", "rds:subgrp", "ec2:instance", "ec2:elastic-ip"}


def test_the_report_tells_the_loan_on_one_page_that_loads_nothing(played: tuple[int, Rows, Path]) -> None:
    path = Path(played[1][-1]["report"])
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "default-src 'none'" in html.unescape(text)
    assert "<script" not in text
    for told in ("acme-shop-live", "cloudtrail:StopLogging", "an explicit deny in a permissions boundary"):
        assert told in text


def test_nothing_but_what_is_expected_was_attempted(played: tuple[int, Rows, Path]) -> None:
    assert [row["name"] for row in of_kind(played[1], "attempt")] == list(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_each_attempt_is_refused_by_the_statement_or_layer_that_should(
    name: str, played: tuple[int, Rows, Path]
) -> None:
    row = next(row for row in of_kind(played[1], "attempt") if row["name"] == name)
    by = row["by"]
    told = (
        by["action"],
        by["kind"],
        tuple(by["layers"]),
        tuple(each.split(": ")[1] for each in by["statements"]),
    )
    assert row["refused"] is True
    assert row["error"] in {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
    assert told == REFUSED[name]


def test_both_scripts_build_the_same_six_kinds_of_things(played: tuple[int, Rows, Path]) -> None:
    built = {row["by"]: [each.split(" ")[0] for each in row["made"]] for row in of_kind(played[1], "built")}
    kinds = [
        "ec2:security-group",
        "ec2:security-group",
        "ec2:instance",
        "ec2:elastic-ip",
        "rds:subgrp",
        "rds:db",
    ]
    assert built == {"deploy.py": kinds, "deploy.sh": kinds}


def test_past_its_date_the_wall_alone_refuses_key_and_session(played: tuple[int, Rows, Path]) -> None:
    after = [row for row in of_kind(played[1], "knock") if row["when"] == "after the end"]
    assert [row["by"] for row in after] == ["key", "session"]
    for row in after:
        assert row["refused_by"]["statements"] == [f"{WALL}: DenyAfterTheEnd"]


def test_after_the_revocation_the_session_meets_the_freeze_and_the_key_is_not_taken(
    played: tuple[int, Rows, Path],
) -> None:
    rows = [row for row in of_kind(played[1], "knock") if row["when"].startswith("by the old key")]
    by = {row["by"]: row["refused_by"] for row in rows}
    assert by["session"]["statements"] == ["guestpass-freeze: GuestpassFreeze"]
    assert by["key"]["kind"] == "credentials"


def test_the_guest_got_in_before_each_refusal(played: tuple[int, Rows, Path]) -> None:
    let_in = {row["when"] for row in of_kind(played[1], "knock") if row["error"] is None}
    assert let_in == {"before the end of the pass", "with the clock back"}
    assert of_kind(played[1], "lockout")[0]["succeeded"] >= 2


def test_the_certificate_and_every_transcript_are_kept(played: tuple[int, Rows, Path]) -> None:
    folder = played[2]
    told = json.loads((folder / "owner" / "acme-shop-certificate.json").read_text())
    assert told["schema"] == "guestpass.certificate/1"
    assert told["state"] == "revoked"
    assert told["not_judged"] == {}
    assert len(told["doors"]) == len(doors())
    assert "acme-shop" in (folder / "owner" / "acme-shop-certificate.md").read_text()
    assert len(list((folder / "transcript").iterdir())) >= 15


def test_no_secret_of_the_guest_is_anywhere_but_with_the_guest(played: tuple[int, Rows, Path]) -> None:
    code, rows, folder = played
    del code
    text = (folder / "guest" / "acme-shop.env").read_text()
    secret = next(row.split("=", 1)[1] for row in text.splitlines() if "SECRET" in row).strip("'")
    password = (folder / "guest" / "acme-shop-live.password").read_text()
    assert len(secret) > 20
    shown = json.dumps(rows)
    files = [path for path in folder.rglob("*") if path.is_file() and folder / "guest" not in path.parents]
    assert any(path.name == "ledger.jsonl" for path in files)
    for hidden in (secret, password):
        assert hidden not in shown
        assert [path for path in files if hidden.encode() in path.read_bytes()] == []
