"""`guestpass report` on a live box: the page tells what the records tell, and says what it could not read."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from guestpass.catalog import doors
from guestpass.cli import main
from guestpass.cli.sealing import opened
from guestpass.cli.telling import moments_of_acts, moments_of_entries
from guestpass.ledger import Entry
from guestpass.loan import Names
from guestpass.local import Box, Credentials, start
from guestpass.trail import Actor, Event
from local.speaking import Client, client_of, code_of

REGION = "eu-west-1"
Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]
NAME = "told-shop"


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Path]]:
    """A loan in which the guest made a security group and a key pair, was refused a user, and whose files are there."""
    folder = tmp_path_factory.mktemp("lent")
    with start() as box, pytest.MonkeyPatch.context() as patched:
        run = runner(box, folder, patched)
        key = pyrage.x25519.Identity.generate()
        (folder / "identity.txt").write_text(str(key))
        until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
        words = ["--name", NAME, "--guest", "Jo <script>alert(1)</script>", "--login", "access-key"]
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
        works(lambda service: client_of(box, guest, service))
        box.deliver()
        yield box, folder


def works(guest: Client) -> None:
    ec2 = guest("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    tags = [{"Key": "guestpass", "Value": NAME}]
    ec2.create_security_group(
        GroupName="web<b>", Description="the site", VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )  # fmt: skip
    ec2.create_key_pair(KeyName=f"{NAME}-key", TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}])
    assert code_of(guest("iam").create_user, UserName="backdoor") == "AccessDenied"


def runner(box: Box, folder: Path, patched: pytest.MonkeyPatch, home: str = "state") -> Run:
    patched.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
    patched.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
    patched.setenv("GUESTPASS_HOME", str(folder / home))
    patched.chdir(folder)
    return lambda *words: main([*words, "--endpoint-url", box.endpoint_url, "--region", REGION])


@pytest.fixture
def run(lent: tuple[Box, Path], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(*lent, monkeypatch)


def told(capsys: Capture) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out.strip().splitlines()[-1]))


def test_the_page_tells_what_was_allowed_done_and_refused(
    run: Run, lent: tuple[Box, Path], capsys: Capture
) -> None:
    assert run("report", "pass.yaml", "--json") == 0
    answer = told(capsys)
    assert answer["schema"] == "guestpass.report/1"
    assert (answer["pass"], answer["state"], answer["built"]) == (NAME, "granted", 2)
    assert answer["refused"] >= 1
    assert {"access", "refusals", "timeline", "usage", "inventory"} <= set(answer["told"])
    assert {each["part"] for each in answer["missing"]} == {"bill", "certificate"}
    page = (lent[1] / answer["report"]).read_text(encoding="utf-8")
    for words in (
        "iam:CreateUser",
        f"{NAME}-key",
        "DenyAfterTheEnd",
        "lent the pass",
        "Jo &lt;script&gt;",
        "guestpass certify",
    ):
        assert words in page
    assert "<script" not in page
    assert "web<b>" not in page


def test_the_file_is_the_owners_alone_and_stands_where_it_was_asked_for(
    run: Run, lent: tuple[Box, Path], capsys: Capture
) -> None:
    path = lent[1] / "out" / "story.html"
    assert run("report", NAME, "--out", str(path)) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path) in capsys.readouterr().out
    assert [each.name for each in path.parent.iterdir()] == ["story.html"]


def test_a_machine_without_a_ledger_tells_the_owners_acts_by_the_trail(
    lent: tuple[Box, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    run = runner(*lent, monkeypatch, home="elsewhere")
    monkeypatch.chdir(tmp_path)
    assert run("report", NAME, "--json") == 0
    answer = told(capsys)
    assert "access" not in answer["told"]
    assert "timeline" in answer["told"]
    assert next(each for each in answer["missing"] if each["part"] == "timeline")["why"].startswith(
        "no ledger"
    )
    page = (tmp_path / answer["report"]).read_text(encoding="utf-8")
    assert "changed the pass&#x27;s own users, roles and policies" in page
    assert "iam:CreatePolicy" in page


def test_a_certificate_beside_it_is_on_the_page(run: Run, lent: tuple[Box, Path], capsys: Capture) -> None:
    assert run("certify", NAME, "--json") in (0, 3, 4)
    capsys.readouterr()
    assert run("report", NAME, "--json") == 0
    answer = told(capsys)
    assert "certificate" in answer["told"]
    assert sum(answer["doors"].values()) >= 50
    page = (lent[1] / answer["report"]).read_text(encoding="utf-8")
    assert "not judged" in page.lower()
    assert sum(answer["doors"].values()) == len(doors())


def test_a_certificate_that_is_none_is_said_and_one_that_was_named_stops(
    run: Run, lent: tuple[Box, Path], capsys: Capture
) -> None:
    kept = lent[1] / f"{NAME}-certificate.json"
    before = kept.read_bytes() if kept.exists() else None
    try:
        for text in ('{"schema": "other"}', "[", '{"schema": "guestpass.certificate/1", "doors": 3}'):
            kept.write_text(text, encoding="utf-8")
            assert run("report", NAME, "--json") == 0
            assert "certificate" in {each["part"] for each in told(capsys)["missing"]}
            assert run("report", NAME, "--certificate", str(kept), "--json") == 2
            assert "no certificate of" in told(capsys)["says"]
    finally:
        kept.unlink() if before is None else kept.write_bytes(before)


def test_a_certificate_of_another_loan_is_not_taken(
    run: Run, lent: tuple[Box, Path], capsys: Capture
) -> None:
    assert run("certify", NAME, "--out", "aside", "--json") in (0, 3, 4)
    capsys.readouterr()
    path = lent[1] / "aside" / f"{NAME}-certificate.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace(f'"pass": "{NAME}"', '"pass": "other"'), encoding="utf-8"
    )
    assert run("report", NAME, "--certificate", str(path), "--json") == 2
    assert "certifies `other`" in told(capsys)["says"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--trail", "nowhere"), "there is no folder `nowhere`"),
        (("--bill", "no-bill.csv"), "cannot be read"),
        (("--compare", "no-list.md"), "cannot be read"),
        (("--certificate", "no-certificate.json"), "cannot be read"),
    ],
)
def test_what_was_named_and_cannot_be_read_stops_and_writes_nothing(
    run: Run, lent: tuple[Box, Path], capsys: Capture, words: tuple[str, ...], says: str
) -> None:
    assert run("report", NAME, "--out", "unwritten.html", "--json", *words) == 2
    assert says in told(capsys)["says"]
    assert not (lent[1] / "unwritten.html").exists()


def test_a_pass_that_nobody_knows_is_said(run: Run, lent: tuple[Box, Path], capsys: Capture) -> None:
    assert run("report", "never-was", "--json") == 2
    assert "knows no pass `never-was`" in told(capsys)["says"]
    assert not (lent[1] / "never-was-report.html").exists()


# ---- the owner's acts

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
NAMES = Names.of(NAME, "111122223333")


def entry(seq: int, minutes: int, kind: Any, verb: str, **more: Any) -> Entry:
    at = AT + timedelta(minutes=minutes)
    return Entry(seq=seq, time=at, kind=kind, verb=verb, pass_name=NAME, prev="", hash="", **more)


def test_each_run_of_a_verb_is_one_act_with_its_steps_and_its_failures() -> None:
    acts = list(
        moments_of_entries(
            (
                entry(1, 0, "intent", "guard", step="guard/trail", data={"why": "the record"}),
                entry(2, 0, "outcome", "guard", step="guard/trail", of=1),
                entry(3, 5, "intent", "grant", step="grant/wall", data={"why": "the wall"}),
                entry(4, 5, "refused", "grant", step="grant/wall", of=3),
                entry(5, 90, "intent", "grant", step="grant/wall", data={"why": "the wall"}),
                entry(6, 90, "outcome", "grant", step="grant/wall", of=5),
                entry(7, 91, "note", "certify", data={"says": "certified"}),
            )
        )
    )
    assert [(act.act, act.details) for act in acts] == [
        ("guard", ("the record",)),
        ("grant", ("not done: the wall",)),
        ("grant", ("the wall",)),
        ("certify", ()),
    ]
    assert "did not go through" in acts[1].says
    assert all(act.whose == "owner" for act in acts)


def event(number: int, minutes: int, name: str, by: str = "owner", **more: Any) -> Event:
    given: dict[str, Any] = {"read_only": False, "parameters": {"userName": NAMES.user}} | more
    return Event(
        id=f"e-{number}",
        time=AT + timedelta(minutes=minutes),
        source="iam.amazonaws.com",
        name=name,
        region="us-east-1",
        actor=Actor(type="IAMUser", arn=f"arn:aws:iam::111122223333:user/{by}"),
        **given,
    )


def test_what_others_change_of_the_passs_own_things_is_told_by_spells_and_nothing_else_is() -> None:
    events = (
        event(1, 0, "CreateUser"),
        event(2, 1, "PutUserPolicy"),
        event(3, 2, "GetUser", read_only=True),
        event(4, 3, "CreateUser", error_code="AccessDenied"),
        event(5, 4, "CreateUser", parameters={"userName": "somebody-else"}),
        event(6, 300, "DeletePolicy", parameters={"policyArn": NAMES.wall_arn}),
        event(7, 301, "TagRole", by="other", parameters={"tags": [{"x": NAMES.instance_role}]}),
    )
    acts = list(moments_of_acts(events, (), NAMES))
    assert [act.details for act in acts] == [
        ("`iam:CreateUser`", "`iam:PutUserPolicy`"),
        ("`iam:DeletePolicy`",),
        ("`iam:TagRole`",),
    ]
    assert [act.event for act in acts] == ["e-1", "e-6", "e-7"]
