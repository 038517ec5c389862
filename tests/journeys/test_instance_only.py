"""A loan in which the guest only logs in to an instance: a real sshd, a real MariaDB, a real ssh client.

These tests need openssh-server and mariadb-server; where they are missing they fail and name what to install, for a
loan that was never walked must not look walked.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from guestpass.cli import main
from guestpass.local import Box, start
from guestpass.local.machines import missing_programs
from local.speaking import client_of

pytestmark = pytest.mark.journey

REGION = "eu-west-1"
Run = Callable[..., int]


@pytest.fixture(scope="module")
def machines() -> Iterator[Box]:
    lacking = missing_programs()
    assert not lacking, "; ".join((*lacking, "tools/test-packages installs what only tests need"))
    with start(machines=True) as box:
        yield box


@pytest.fixture
def run(machines: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a verb as the owner, in a folder and with a home of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machines.owner.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machines.owner.secret_access_key)
    monkeypatch.setenv("GUESTPASS_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: main([*words, "--endpoint-url", machines.endpoint_url, "--region", REGION])


@dataclass(frozen=True, kw_only=True)
class Guest:
    """The guest's side: a key, the hand-over folder, and nothing of AWS."""

    name: str
    folder: Path
    box: Box

    @property
    def instance(self) -> dict[str, Any]:
        ec2 = client_of(self.box, self.box.owner, "ec2", REGION)
        filters = [{"Name": "tag:guestpass", "Values": [self.name]},
                   {"Name": "instance-state-name", "Values": ["running"]}]  # fmt: skip
        (reservation,) = ec2.describe_instances(Filters=filters)["Reservations"]
        return dict(reservation["Instances"][0])

    @property
    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.instance["Tags"]}

    def words(self, *options: str) -> list[str]:
        instance, tags = self.instance, self.tags
        return [
            "ssh", "-i", str(self.folder / "id"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", f"UserKnownHostsFile={self.folder / f'{self.name}-handover' / 'known_hosts'}",
            "-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=ERROR", "-F", "/dev/null", *options,
            "-p", tags["guestpass-local-port"],
            f"{tags['guestpass-local-user']}@{instance['PublicIpAddress']}",
        ]  # fmt: skip

    def ssh(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        bare = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run([*self.words(*options), command], capture_output=True, text=True, timeout=30, env=bare,
                              stdin=subprocess.DEVNULL)  # fmt: skip

    def opened(self, command: str, *options: str) -> subprocess.Popen[str]:
        """A log-in that stays open."""
        return subprocess.Popen([*self.words(*options), command] if command else self.words(*options),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip


def lent(run: Run, box: Box, folder: Path, name: str, source: str | None = "203.0.113.7/32") -> Guest:
    """A pass that is written, guarded and granted by the command line."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id")], check=True)
    until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
    words = ["--name", name, "--guest", "Jo", "--login", "instance-only", "--key", str(folder / "id.pub")]
    words += ["--blueprint", "php-mysql", "--regions", REGION, "--instance-types", "t3.micro"]
    words += [
        "--database-classes",
        "db.t3.micro",
        "--until",
        until,
        "--monthly-usd",
        "50",
        "--notify",
        "o@example.org",
    ]
    words += ["--guest-from", source] if source else []
    assert run("init", "pass.yaml", *words) == 0
    assert run("guard", "pass.yaml", "--yes") == 0
    assert run("grant", "pass.yaml", "--yes") == 0
    return Guest(name=name, folder=folder, box=box)


def gone_within(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    return True


def test_the_guest_logs_in_and_works_and_a_freeze_ends_the_open_shell_and_the_database_connection(
    run: Run, machines: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    guest = lent(run, machines, tmp_path, "inst-walk")
    letter = (tmp_path / "inst-walk-handover" / "letter.md").read_text()
    assert "You hold nothing of AWS" in letter
    assert guest.tags["guestpass-local-user"] in letter
    assert not (tmp_path / "inst-walk-handover" / "credentials.age").exists()

    # work: a file, and the database both from the instance and by a tunnel that leads nowhere else
    assert guest.ssh("echo '<?php echo 1;' > site.php && cat site.php").stdout == "<?php echo 1;\n"
    told = guest.ssh("mariadb site -N -e 'CREATE TABLE t (n INT); INSERT INTO t VALUES (7); SELECT n FROM t'")
    assert (told.returncode, told.stdout.strip()) == (0, "7"), told.stderr
    assert (
        guest.ssh("mariadb site -e 'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t'").returncode != 0
    )
    assert guest.ssh("cat ../../etc/guestpass/database.cnf").returncode != 0
    assert guest.ssh("sed -n 2,4p ../../etc/guestpass/site/database.cnf").stdout.count("=") == 3

    shell = guest.opened("while true; do echo alive; sleep 0.2; done")
    assert shell.stdout is not None
    assert shell.stdout.readline() == "alive\n"
    busy = guest.opened("mariadb site -e 'SELECT SLEEP(600)'")
    database = f"{_database(machines, guest)['Endpoint']['Port']}"
    tunnel = guest.opened("", "-N", "-L", f"{_free_port()}:127.0.0.1:{database}")
    _until(lambda: "SLEEP(600)" in guest.ssh("mariadb site -N -e 'SHOW PROCESSLIST'").stdout)
    forbidden = guest.ssh("true", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22")
    assert forbidden.returncode != 0

    capsys.readouterr()
    assert run("freeze", "inst-walk", "--json") == 0
    refused = guest.ssh("true")
    assert (refused.returncode, "Permission denied" in refused.stderr) == (255, True)
    assert gone_within(shell, 5)
    assert gone_within(busy, 5)
    assert gone_within(tunnel, 5)
    assert _names(guest.tags["guestpass-local-user"]) == []
    assert _open_rules(machines, guest) == {80, 443}

    assert run("status", "inst-walk", "--json") == 0
    out = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(out)["passes"][0]["state"] == "frozen"
    assert run("grant", "pass.yaml", "--yes") == 2

    assert run("revoke", "inst-walk") == 0
    with pytest.raises(KeyError):
        pwd.getpwnam(guest.tags["guestpass-local-user"]) if os.geteuid() == 0 else {}["no account of its own"]
    assert run("freeze", "inst-walk") == 0
    capsys.readouterr()
    assert run("status", "inst-walk", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["passes"][0]["state"] == "revoked"


def test_the_instances_role_never_reads_the_master_password_once_the_guest_is_in(
    run: Run, machines: Box, tmp_path: Path
):
    guest = lent(run, machines, tmp_path, "inst-role")
    iam = client_of(machines, machines.owner, "iam", REGION)
    assert iam.list_role_policies(RoleName="inst-role-instance")["PolicyNames"] == []
    users = [user["UserName"] for user in iam.list_users()["Users"]]
    assert not [name for name in users if name.startswith("inst-role")]
    instance = guest.instance
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert "KeyName" not in instance


def test_a_sweep_finds_what_the_guest_has_planted_and_a_freeze_stops_what_runs_by_itself(
    run: Run, machines: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    guest = lent(run, machines, tmp_path, "inst-sweep", None)
    capsys.readouterr()
    assert run("sweep", "inst-sweep", "--json") == 0, capsys.readouterr().out
    capsys.readouterr()
    user = guest.tags["guestpass-local-user"]
    planted = guest.ssh(
        "mkdir -p .ssh && cp /dev/null .ssh/authorized_keys && echo 'ssh-ed25519 AAAA second' >> .ssh/authorized_keys"
        f" && echo '* * * * * id' > ../../var/spool/cron/crontabs/{user}"
        " && mkdir -p .config/systemd/user && echo '[Service]' > .config/systemd/user/back.service"
        " && cp /bin/true helper && chmod 4755 helper"
    )
    assert planted.returncode == 0, planted.stderr
    still = guest.opened("sleep 600")
    _until(lambda: any("sleep" in name for name in _names(user)))
    assert run("sweep", "inst-sweep", "--json") == 3
    found = json.loads(capsys.readouterr().out)["findings"]
    codes = {each["code"] for each in found}
    assert {"HST001", "HST002", "HST003", "HST010", "HST012"} <= codes
    says = " ".join(each["says"] for each in found)
    assert "/home/guest/.ssh/authorized_keys is new" in says
    assert f"/var/spool/cron/crontabs/{user} is new" in says

    # a key in the guest's own home opens nothing: sshd reads root's folder alone
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "second")], check=True
    )
    second = (tmp_path / "second.pub").read_text().strip()
    assert guest.ssh(f"echo '{second}' > .ssh/authorized_keys").returncode == 0
    other = [word if word != str(tmp_path / "id") else str(tmp_path / "second") for word in guest.words()]
    assert subprocess.run([*other, "true"], capture_output=True, timeout=30).returncode == 255

    assert run("freeze", "inst-sweep") == 0
    assert gone_within(still, 5)
    capsys.readouterr()
    assert run("sweep", "inst-sweep", "--json") == 3
    after = json.loads(capsys.readouterr().out)["findings"]
    assert "HST012" not in {each["code"] for each in after}
    assert "HST002" not in {each["code"] for each in after}, "the timed job was set aside"
    assert run("sweep", "inst-sweep") == 3
    page = capsys.readouterr().out
    assert "a rebuild from a trusted image is proof" in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 80


def test_a_silent_instance_is_said_aloud_and_ssh_is_closed_all_the_same(
    run: Run, machines: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    guest = lent(run, machines, tmp_path, "inst-mute")
    ec2 = client_of(machines, machines.owner, "ec2", REGION)
    # its script is gone: the guest may have been root
    folder = Path(machines.machine(guest.instance["InstanceId"])["folder"])
    (folder / "usr/local/sbin/guestpass-host").rename(tmp_path / "kept")
    capsys.readouterr()
    assert run("freeze", "inst-mute", "--json") == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "THE GUEST MAY STILL BE INSIDE" in told["says"]
    assert "stop-instances" in told["hint"]
    assert _open_rules(machines, guest) == {80, 443}
    # the hint is true: a stopped instance has nobody in it
    shell = guest.opened("sleep 600")
    _until(lambda: _names(guest.tags["guestpass-local-user"]) != [])
    ec2.stop_instances(InstanceIds=[guest.instance["InstanceId"]])
    assert gone_within(shell, 5)


def test_a_box_without_machines_says_so_and_what_to_type(
    fresh_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", fresh_box.owner.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", fresh_box.owner.secret_access_key)
    monkeypatch.setenv("GUESTPASS_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> int:
        return main([*words, "--endpoint-url", fresh_box.endpoint_url, "--region", REGION])

    with pytest.raises(AssertionError):
        lent(run, fresh_box, tmp_path, "inst-none")
    assert "--machines" in " ".join(capsys.readouterr().err.split())


def test_whatever_a_caller_of_the_box_sends_runs_nowhere(machines: Box, tmp_path: Path):
    ec2 = client_of(machines, machines.owner, "ec2", REGION)
    ssm = client_of(machines, machines.owner, "ssm", REGION)
    flag = tmp_path / "was-run"
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                                 UserData=f"#!/bin/sh\ntouch {flag}\n")["Instances"][0]["InstanceId"]  # fmt: skip
    with pytest.raises(ssm.exceptions.ClientError, match="not in a valid state"):
        ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[launched],
                         Parameters={"commands": [f"touch {flag}"]})  # fmt: skip
    held = [told["InstanceId"] for told in ssm.describe_instance_information()["InstanceInformationList"]
            if told["PingStatus"] == "Online"]  # fmt: skip
    assert held
    sent = ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=held[:1],
                            Parameters={"commands": [f"touch {flag}"]})["Command"]["CommandId"]  # fmt: skip
    _until(lambda: ssm.get_command_invocation(CommandId=sent, InstanceId=held[0])["Status"] == "Failed")
    assert not flag.exists()


def test_nothing_is_left_when_the_box_ends():
    with start(machines=True) as box:
        before = {account.pw_name for account in pwd.getpwall()}
        told = _bare_machine(box)
        assert Path(told["folder"]).exists()
    _until(lambda: not Path(told["folder"]).exists())
    left = {account.pw_name for account in pwd.getpwall()}
    assert told["user"] not in left - before or os.geteuid() != 0
    assert not _answers(told["port"])


def _bare_machine(box: Box) -> dict[str, Any]:
    from guestpass.host import HostSetup, user_data

    ec2 = client_of(box, box.owner, "ec2", REGION)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                                 UserData=user_data(HostSetup(pass_name="inst-bare")))["Instances"][0]["InstanceId"]  # fmt: skip
    _until(lambda: box.machine(launched)["online"])
    return box.machine(launched)


def _answers(port: int) -> bool:
    import socket

    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database(box: Box, guest: Guest) -> dict[str, Any]:
    rds = client_of(box, box.owner, "rds", REGION)
    return dict(rds.describe_db_instances(DBInstanceIdentifier=f"{guest.name}-db")["DBInstances"][0])


def _open_rules(box: Box, guest: Guest) -> set[int]:
    ec2 = client_of(box, box.owner, "ec2", REGION)
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{guest.name}-site"]}])
    return {rule["FromPort"] for rule in groups["SecurityGroups"][0]["IpPermissions"]}


def _names(user: str) -> list[str]:
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or entry.stat().st_uid != uid:
                continue
            # what has ended and whose parent has not looked yet runs no more
            if "State:\tZ" not in (entry / "status").read_text():
                found.append((entry / "comm").read_text().strip())
        except OSError:
            continue
    return found


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)
