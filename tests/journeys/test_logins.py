"""The three ways in, each lent and taken back by the verbs themselves; and root, who is let into none of them."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from guestpass.access import Allowed, Context, Decision, Denied, Layers, Request, User, evaluate, read_policy
from guestpass.account.snapshot import Snapshot
from guestpass.aws import take_snapshot
from guestpass.cli import main
from guestpass.cli.play.guests import reading_env
from guestpass.cli.sealing import Envelope
from guestpass.errors import InputError
from guestpass.local import Box, Credentials
from guestpass.local.native.sts import totp
from journeys.harness import hands_of
from local.speaking import REGION, client_of, code_of, session_of

pytestmark = pytest.mark.journey


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a verb answered."""

    code: int
    out: str
    err: str


@dataclass(kw_only=True, slots=True)
class Shell:
    """The owner's shell in a folder of their own; `heard` is all that was ever printed in it."""

    box: Box
    folder: Path
    patch: pytest.MonkeyPatch
    capture: Any
    heard: str = ""

    def run(self, *words: str) -> Said:
        code = main(list(words))
        said = self.capture.readouterr()
        self.heard += said.out + said.err
        return Said(code=code, out=said.out, err=said.err)

    def verb(self, *words: str) -> Said:
        """A verb that touches the account."""
        return self.run(*words, "--endpoint-url", self.box.endpoint_url, "--region", REGION)

    def become(self, who: Credentials) -> None:
        self.patch.setenv("AWS_ACCESS_KEY_ID", who.access_key_id)
        self.patch.setenv("AWS_SECRET_ACCESS_KEY", who.secret_access_key)

    def init(self, name: str, *login: str) -> Path:
        """Write the pass `name` by the verb itself."""
        until = f"{self.box.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
        path = self.folder / f"{name}.yaml"
        said = self.verb(
            *("init", str(path), "--name", name, "--guest", "Ada", *login, "--blueprint", "php-mysql"),
            *("--regions", REGION),
            *("--until", until, "--monthly-usd", "50", "--notify", "owner@example.org"),
            *("--instance-types", "t3.small", "--database-classes", "db.t3.micro"),
        )
        assert said.code == 0, said.err
        return path

    def lend(self, name: str, *login: str) -> Path:
        """Write, guard and grant; returns the hand-over folder."""
        path = self.init(name, *login)
        for verb in ("guard", "grant"):
            said = self.verb(verb, str(path), "--confirm", name)
            assert said.code == 0, said.err
        return self.folder / f"{name}-handover"

    def takes_back(self, name: str, *, after: timedelta) -> None:
        """Revoke; what waits for the longest session goes when that has passed."""
        first = self.verb("revoke", name)
        assert (first.code, first.err.strip().splitlines()[-1]) == (
            3,
            f"next: guestpass revoke {name} --resume",
        )
        self.box.move_clock(seconds=(after + timedelta(minutes=5)).total_seconds())
        last = self.verb("revoke", name, "--resume")
        assert last.code == 0, last.out + last.err

    def state(self, name: str) -> dict[str, Any]:
        passes: list[dict[str, Any]] = json.loads(self.verb("status", name, "--json").out)["passes"]
        return passes[0]

    def snapshot(self) -> Snapshot:
        return take_snapshot(hands_of(self.box), regions=(REGION,))

    def secret_stands_in(self, secret: str) -> list[str]:
        """Where the secret can be read: what was printed, and every file in the owner's folder."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        assert any(path.name == "ledger.jsonl" for path in files)
        found = [str(path) for path in files if secret.encode() in path.read_bytes()]
        return found + (["the terminal"] if secret in self.heard else [])


@pytest.fixture
def shell(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    folder = tmp_path / "owner"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GUESTPASS_HOME", str(folder / "state"))
    made = Shell(box=box, folder=folder, patch=monkeypatch, capture=capsys)
    made.become(box.owner)
    return made


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    """The guest's own ed25519 key, as ssh-keygen makes it."""
    path = tmp_path / "guest" / "id_ed25519"
    path.parent.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", path], check=True)
    return path


def by_mfa(box: Box, credentials: Credentials, user: str) -> Credentials:
    """A session of the user that has shown a second factor, after it has got one."""
    iam = client_of(box, credentials, "iam")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
    iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    answer = client_of(box, credentials, "sts").get_session_token(
        SerialNumber=serial, TokenCode=totp(seed, box.now())
    )
    return session_of(answer, credentials.account)


def of_letter(letter: Path, row: str) -> str:
    """What the letter's table says in a row."""
    found = re.search(rf"^\| {row} \| `([^`]+)` \|$", letter.read_text("utf-8"), re.MULTILINE)
    assert found, f"the letter names no {row}"
    return found[1]


# ---- login: role


@pytest.fixture
def role_loan(shell: Shell) -> tuple[str, str, str]:
    """A pass for the guest's own account: its name, and the role and the external id that the letter names."""
    name = "by-role"
    folder = shell.lend(name, "--login", "role", "--guest-account", shell.box.guest_account.account)
    assert [path.name for path in folder.iterdir()] == ["letter.md"]
    return name, of_letter(folder / "letter.md", "role"), of_letter(folder / "letter.md", "external id")


def test_a_role_is_lent_to_the_guests_own_account_and_taken_back(
    shell: Shell, box: Box, role_loan: tuple[str, str, str]
) -> None:
    name, role, external_id = role_loan
    now = shell.snapshot()
    assert now.user(f"{name}-guest") is None
    assert now.group(f"guestpass-{name}") is None
    with_mfa = by_mfa(box, box.guest_account, "guest")
    bare = client_of(box, box.guest_account, "sts")
    sts = client_of(box, with_mfa, "sts")
    asked = {"RoleArn": role, "RoleSessionName": "ada"}

    assert code_of(sts.assume_role, **asked) == "AccessDenied"
    assert code_of(sts.assume_role, **asked, ExternalId="guestpass:someone:else") == "AccessDenied"
    assert code_of(bare.assume_role, **asked, ExternalId=external_id) == "AccessDenied"
    guest = session_of(sts.assume_role(**asked, ExternalId=external_id), box.owner.account)

    ec2, iam = client_of(box, guest, "ec2"), client_of(box, guest, "iam")
    assert "Reservations" in ec2.describe_instances()
    elsewhere = client_of(box, guest, "ec2", "us-west-2")
    assert code_of(elsewhere.describe_instances) == "UnauthorizedOperation"
    assert code_of(iam.create_user, UserName="mallory") == "AccessDenied"

    frozen = shell.verb("freeze", name)
    assert frozen.code == 0, frozen.err
    assert code_of(ec2.describe_instances) == "UnauthorizedOperation"
    fresh = session_of(sts.assume_role(**asked, ExternalId=external_id), box.owner.account)
    assert code_of(client_of(box, fresh, "ec2").describe_instances) == "UnauthorizedOperation"

    shell.takes_back(name, after=timedelta(hours=4))
    after = shell.snapshot()
    assert after.role(f"{name}-guest") is None
    assert [policy.name for policy in after.policies if policy.name in (f"{name}-wall", f"{name}-job")] == []
    kept = after.role(f"{name}-instance")
    assert kept is not None
    assert kept.tags["guestpass-handed-over"]
    assert kept.boundary is not None, "it keeps its own wall"
    assert shell.state(name)["state"] == "revoked"
    assert code_of(ec2.describe_instances) in ("AuthFailure", "RequestExpired")


# ---- login: console


def on_the_console(now: Snapshot, user: str, action: str, resource: str, *, mfa: bool) -> Decision:
    """What the stored documents say of a console session's call: its keys are temporary, so the MFA key is there."""
    stored = now.user(user)
    assert stored is not None
    documents = {policy.arn: policy.document for policy in now.policies}
    attached = [
        *stored.attached,
        *(arn for group in now.groups if group.name in stored.groups for arn in group.attached),
    ]
    assert stored.boundary is not None
    return evaluate(
        Request(
            principal=User(arn=stored.arn, account=now.caller.account),
            action=action,
            resource=resource,
            context=Context.of(
                {
                    "aws:MultiFactorAuthPresent": "true" if mfa else "false",
                    "aws:RequestedRegion": REGION if action.startswith("ec2:") else "us-east-1",
                    "aws:CurrentTime": f"{now.taken_at:%Y-%m-%dT%H:%M:%SZ}",
                    "aws:ViaAWSService": "false",
                    "aws:username": user,
                }
            ),
            resource_account=now.caller.account,
        ),
        Layers(
            identity=tuple(read_policy(documents[arn], kind="identity", name=arn) for arn in attached),
            boundary=(read_policy(documents[stored.boundary], kind="boundary", name="wall"),),
        ),
    )


def unsealed(shell: Shell, sealed: Path, key: Path) -> Path:
    """Open the seal as the guest does; returns the file that was written."""
    opened = key.parent / "opened"
    said = shell.run("unseal", str(sealed), "--identity", str(key), "--out", str(opened))
    assert said.code == 0, said.err
    assert stat.S_IMODE(opened.stat().st_mode) == 0o600
    return opened


def test_a_console_password_is_seen_by_the_guest_alone_and_worth_nothing_without_mfa(
    shell: Shell, box: Box, ssh_key: Path
) -> None:
    name, user = "by-console", "by-console-guest"
    folder = shell.lend(name, "--login", "console", "--key", str(ssh_key.with_suffix(".pub")))
    iam = client_of(box, box.owner, "iam")
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is True
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == []

    told = unsealed(shell, folder / "credentials.age", ssh_key).read_text("utf-8")
    rows = dict(row.split(": ", 1) for row in told.splitlines() if not row.startswith("#"))
    assert (rows["user"], rows["account"]) == (user, box.owner.account)
    password = rows["console-password"]
    assert len(password) == 24
    assert shell.secret_stands_in(password) == []
    assert shell.secret_stands_in(json.dumps(password)[1:-1]) == []
    record = client_of(box, box.owner, "cloudtrail", "us-east-1").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateLoginProfile"}]
    )["Events"]
    assert record
    assert password not in json.dumps(record, default=str)

    now, device = shell.snapshot(), f"arn:aws:iam::{box.owner.account}:mfa/{user}"
    without = on_the_console(now, user, "ec2:DescribeInstances", "*", mfa=False)
    assert isinstance(without, Denied)
    assert without.kind == "explicit"
    assert [ref.label for ref in without.by] == ["DenyWithoutMfa"]
    assert isinstance(on_the_console(now, user, "ec2:DescribeInstances", "*", mfa=True), Allowed)
    own = f"arn:aws:iam::{box.owner.account}:user/guestpass/{name}/{user}"
    for action, resource in {
        "iam:CreateVirtualMFADevice": device,
        "iam:EnableMFADevice": own,
        "iam:ListMFADevices": own,
        "iam:ChangePassword": own,
    }.items():
        assert isinstance(on_the_console(now, user, action, resource, mfa=False), Allowed), action
    others = f"arn:aws:iam::{box.owner.account}:user/owner"
    for action in ("iam:EnableMFADevice", "iam:ChangePassword", "iam:DeactivateMFADevice"):
        assert isinstance(on_the_console(now, user, action, others, mfa=False), Denied), action
    assert isinstance(on_the_console(now, user, "iam:DeactivateMFADevice", own, mfa=True), Denied)
    assert isinstance(on_the_console(now, user, "iam:CreateAccessKey", own, mfa=True), Denied)

    assert shell.verb("freeze", name).code == 0
    frozen = on_the_console_after_freeze(shell.snapshot(), user)
    assert frozen == {"guestpass-freeze"}
    shell.takes_back(name, after=timedelta(hours=36))
    assert code_of(iam.get_login_profile, UserName=user) == "NoSuchEntity"
    assert code_of(iam.get_user, UserName=user) == "NoSuchEntity"
    assert shell.state(name)["state"] == "revoked"
    assert shell.secret_stands_in(password) == []


def on_the_console_after_freeze(now: Snapshot, user: str) -> set[str]:
    """The inline policies that deny a console session everything."""
    stored = now.user(user)
    assert stored is not None
    request = Request(
        principal=User(arn=stored.arn, account=now.caller.account),
        action="iam:ChangePassword",
        resource=stored.arn,
        context=Context.of({"aws:MultiFactorAuthPresent": "true"}),
    )
    inline = tuple(
        read_policy(document, kind="identity", name=name) for name, document in stored.inline.items()
    )
    denied = evaluate(request, Layers(identity=inline))
    assert isinstance(denied, Denied)
    assert denied.kind == "explicit"
    return {ref.policy for ref in denied.by}


def test_a_password_that_was_never_sealed_is_made_anew_and_one_that_was_stays(
    shell: Shell, box: Box, ssh_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, lost = "twice-console", []
    path = shell.init(name, "--login", "console", "--key", str(ssh_key.with_suffix(".pub")))
    assert shell.verb("guard", str(path), "--confirm", name).code == 0
    with monkeypatch.context() as broken:

        def full(_envelope: Envelope, _label: str, value: str) -> None:
            lost.append(value)
            raise InputError("the disk is full")

        broken.setattr(Envelope, "__call__", full)
        assert shell.verb("grant", str(path), "--confirm", name).code == 2
    sealed = shell.folder / f"{name}-handover" / "credentials.age"
    assert not sealed.exists()

    assert shell.verb("grant", str(path), "--confirm", name).code == 0
    told = unsealed(shell, sealed, ssh_key).read_text("utf-8")
    assert len(lost) == 1
    assert lost[0] not in told
    assert shell.secret_stands_in(lost[0]) == []
    profile = client_of(box, box.owner, "iam").get_login_profile(UserName=f"{name}-guest")["LoginProfile"]
    assert profile["PasswordResetRequired"] is True

    before = sealed.read_bytes()
    again = shell.verb("grant", str(path), "--confirm", name, "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["steps"] == []
    assert sealed.read_bytes() == before


# ---- login: access-key


def test_an_access_key_is_sealed_to_an_ssh_key_and_its_secret_stands_nowhere_else(
    shell: Shell, box: Box, ssh_key: Path, tmp_path: Path
) -> None:
    name, user = "by-key", "by-key-guest"
    folder = shell.lend(name, "--login", "access-key", "--key", str(ssh_key.with_suffix(".pub")))
    sealed = folder / "credentials.age"
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    told = reading_env(unsealed(shell, sealed, ssh_key))
    assert shell.secret_stands_in(told["AWS_SECRET_ACCESS_KEY"]) == []
    assert shell.secret_stands_in(told["AWS_ACCESS_KEY_ID"]) == [
        str(path) for path in folder.parent.rglob("ledger.jsonl")
    ], "the key's id is no secret: the ledger keeps it, and the owner can find it by it"
    assert told["AWS_ENDPOINT_URL"] == box.endpoint_url

    guest = Credentials(
        access_key_id=told["AWS_ACCESS_KEY_ID"],
        secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        account=box.owner.account,
    )
    ec2, sts = client_of(box, guest, "ec2"), client_of(box, guest, "sts")
    assert sts.get_caller_identity()["Arn"].endswith(f":user/guestpass/{name}/{user}")
    assert "Reservations" in ec2.describe_instances()
    session = client_of(box, session_of(sts.get_session_token(), box.owner.account), "ec2")

    assert shell.verb("freeze", name).code == 0
    assert code_of(ec2.describe_instances) in ("AuthFailure", "UnauthorizedOperation")
    assert code_of(session.describe_instances) == "UnauthorizedOperation"

    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    never = tmp_path / "never"
    said = shell.run("unseal", str(sealed), "--identity", str(other), "--out", str(never))
    assert said.code == 2
    assert "not sealed to this key" in said.err
    assert not never.exists()


# ---- root


def test_every_verb_that_touches_the_account_refuses_root_and_changes_nothing(
    shell: Shell, box: Box, ssh_key: Path
) -> None:
    name = "never-root"
    path = shell.init(name, "--login", "access-key", "--key", str(ssh_key.with_suffix(".pub")))
    before = shell.snapshot()
    shell.become(box.root)
    looked = shell.verb("doctor", str(path))
    assert looked.code == 3, "the doctor tells it as what is wrong, and looks at nothing more"
    assert "root user's credentials" in looked.out
    for words in (
        ("guard", str(path), "--yes"),
        ("plan", str(path)),
        ("grant", str(path), "--yes"),
        ("freeze", name),
        ("revoke", name),
        ("certify", name),
        ("status",),
    ):
        said = shell.verb(*words)
        assert said.code == 1, f"{words[0]}: {said.code} {said.out}"
        assert "root user's credentials" in said.out + said.err, words[0]
        assert "--profile" in said.out + said.err, words[0]
    shell.become(box.owner)
    after = shell.snapshot()
    assert replace(after, taken_at=before.taken_at) == before
    assert sorted(each.name for each in shell.folder.iterdir()) == [path.name]
