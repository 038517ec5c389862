"""The verbs against a live account: what is wrong changes nothing, what is interrupted can be run again."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from guestpass.aws import Hands
from guestpass.cli import main
from guestpass.cli.sealing import opened
from guestpass.cli.talk import Talk
from guestpass.ledger import read_ledger
from guestpass.loan.step import Call
from guestpass.local import Box, Credentials, start

REGION = "eu-west-1"
Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture(scope="module")
def own_box() -> Iterator[Box]:
    with start() as box:
        yield box


def signed_in(monkeypatch: pytest.MonkeyPatch, who: Credentials) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", who.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", who.secret_access_key)


@pytest.fixture
def run(own_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a verb as the owner, in a folder and with a home of its own."""
    signed_in(monkeypatch, own_box.owner)
    monkeypatch.setenv("GUESTPASS_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> int:
        return main([*words, "--endpoint-url", own_box.endpoint_url, "--region", REGION])

    yield call
    own_box.reset_clock()


def written(run: Run, box: Box, folder: Path, name: str) -> tuple[Path, Path]:
    """A pass of the box's account, and the guest's identity."""
    identity = pyrage.x25519.Identity.generate()
    key = folder / "identity.txt"
    key.write_text(str(identity))
    until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
    words = ["--name", name, "--guest", "Jo", "--login", "access-key", "--key", str(identity.to_public())]
    words += ["--blueprint", "php-mysql", "--regions", REGION, "--instance-types", "t3.micro"]
    words += ["--database-classes", "db.t3.micro", "--until", until]
    words += ["--monthly-usd", "50", "--notify", "o@example.org"]
    assert run("init", "pass.yaml", *words) == 0
    return folder / "pass.yaml", key


def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes every call that guestpass makes which is not a read."""
    seen: list[str] = []
    real = Hands.call

    def call(self: Hands, call: Call) -> Any:
        if not call.operation.startswith(("Get", "List", "Describe", "Head")):
            seen.append(call.operation)
        return real(self, call)

    monkeypatch.setattr(Hands, "call", call)
    return seen


@pytest.mark.parametrize("verb", ["plan", "grant", "guard", "doctor"])
@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text.replace("123456789012", "999999999999"), "these credentials belong to"),
        (lambda text: text.replace("until: 20", "until: 19"), "is past"),
    ],
    ids=["another account", "past date"],
)
def test_a_pass_that_is_not_for_this_account_or_time_changes_nothing(
    edit: Callable[[str], str], says: str, verb: str, run: Run, own_box: Box, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: Capture,
) -> None:  # fmt: skip
    path, _ = written(run, own_box, tmp_path, "wrong-pass")
    path.write_text(edit(path.read_text()))
    seen = changes(monkeypatch)
    capsys.readouterr()
    assert run(verb, "pass.yaml", "--json") == 2
    told = capsys.readouterr().out
    assert says in told
    assert seen == []


def test_root_is_refused_with_the_reason_and_the_way_out(
    run: Run, own_box: Box, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    signed_in(monkeypatch, own_box.root)
    assert run("status", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "root"
    assert "no policy can hold them" in told["says"]
    assert told["hint"]


def test_a_box_that_is_not_there_is_said_with_the_call(run: Run, own_box: Box, capsys: Capture) -> None:
    assert main(["status", "--endpoint-url", "http://127.0.0.1:9", "--region", REGION, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["call"], told["code"]) == ("account", "sts:GetCallerIdentity", "Unreachable")


def test_a_pass_that_nobody_knows_is_said(run: Run, capsys: Capture) -> None:
    assert run("status", "never-was") == 2
    assert run("freeze", "never-was") == 2
    assert run("revoke", "never-was") == 2
    assert run("certify", "never-was") == 2
    assert "hint: " in capsys.readouterr().err


def test_nothing_is_granted_where_nobody_confirms(
    run: Run, own_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(run, own_box, tmp_path, "not-asked")
    seen = changes(monkeypatch)
    assert run("guard", "pass.yaml") == 2
    assert run("guard", "pass.yaml", "--confirm", "another") == 2
    assert seen == []
    assert run("guard", "pass.yaml", "--confirm", "not-asked") == 0
    seen.clear()
    assert run("grant", "pass.yaml") == 2
    assert run("grant", "pass.yaml", "--confirm", "another") == 2
    assert seen == []


def test_ctrl_c_leaves_a_true_ledger_and_the_same_command_finishes(
    run: Run, own_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    _, key = written(run, own_box, tmp_path, "stopped")
    assert run("guard", "pass.yaml", "--yes") == 0
    real = Hands.call

    def stop_at_the_user(self: Hands, call: Call) -> Any:
        if call.operation == "CreateUser":
            raise KeyboardInterrupt
        return real(self, call)

    with monkeypatch.context() as patched:
        patched.setattr(Hands, "call", stop_at_the_user)
        assert run("grant", "pass.yaml", "--yes") == 130
    told = " ".join(capsys.readouterr().err.split())
    assert "interrupted: " in told
    assert "steps done (grant/" in told
    ledger = next((tmp_path / "state").rglob("ledger.jsonl"))
    assert read_ledger(ledger)[-1].kind == "intent"
    assert run("grant", "pass.yaml", "--yes") == 0
    facts, secrets = opened(tmp_path / "stopped-handover" / "credentials.age", key)
    assert facts["name"] == "stopped"
    assert set(secrets) == {"access-key-id", "secret-access-key"}
    assert secrets["secret-access-key"] not in ledger.read_text()
    assert run("plan", "pass.yaml") == 0


def test_what_changed_since_the_plan_was_shown_is_not_carried_out(
    run: Run, own_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    written(run, own_box, tmp_path, "overtaken")
    assert run("guard", "pass.yaml", "--yes") == 0
    real = Talk.confirm
    nested: list[int] = []

    def meanwhile(self: Talk, *words: Any, **given: Any) -> bool:
        if not nested:
            nested.append(0)
            nested[0] = run("grant", "pass.yaml", "--yes")
        return real(self, *words, **given)

    monkeypatch.setattr(Talk, "confirm", meanwhile)
    assert run("grant", "pass.yaml", "--confirm", "overtaken") == 1
    assert nested == [0]
    assert "error[stale]" in capsys.readouterr().err
