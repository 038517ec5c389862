"""The process that holds the box's real machines: sshd and MariaDB on 127.0.0.1. They end with it, users and folders too.

It reads one request a line from stdin and answers a line each; when stdin closes it puts everything away. What it starts
dies with it even where it is killed: the system's own sshd and MariaDB are never touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import getpass
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guestpass.host import PROGRAM, script, sshd_settings

PREFIX = "gp-"
SCHEMA = "site"
# AWS: RDS User Guide, "Master user account privileges": no SUPER, which is why RDS brings `mysql.rds_kill`
_MASTER = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, "
    "CREATE USER, EVENT, TRIGGER"
)
_PATIENCE = 60.0
_PR_SET_PDEATHSIG = 1


class Missing(Exception):  # noqa: N818 - said to the user, not ours to mend
    """A machine cannot be started here; the hint is what to type."""

    def __init__(self, says: str, hint: str) -> None:
        super().__init__(says)
        self.says, self.hint = says, hint


@dataclass
class Machine:
    """A running sshd with the folder and the account that belong to it."""

    folder: Path
    user: str
    port: int
    own_account: bool
    sshd: subprocess.Popen[bytes] | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What the box is told of it."""
        return {
            "port": self.port,
            "user": self.user,
            "folder": str(self.folder),
            "own_account": self.own_account,
            "host_key": (self.folder / "etc/ssh/host_key.pub").read_text().strip(),
        }


@dataclass
class Database:
    """A running mariadbd with its folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]


def _program(name: str, package: str, *more: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"`{name}` is not on this machine", f"apt-get install {' '.join((package, *more))}")
    return found


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the port answers. Raises Missing with the last line of the log where the process ends."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    process.kill()
    last = (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
    raise Missing(f"`{Path(str(process.args[0])).name}` did not start: {last}", f"see {log}")  # type: ignore[index]


def _run(*words: str, **more: Any) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)  # noqa: S603
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Missing(f"`{Path(words[0]).name}` failed: {last}", "guestpass local without --machines")


# ---- instances


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    made.chmod(0o711)  # the account's own parts below must be reachable for it
    return made


def machine(setup: Mapping[str, str]) -> Machine:
    """An instance: an account of its own where this process is root's, else the current user's; and a real sshd."""
    sshd = _program("sshd", "openssh-server")
    keygen = _program("ssh-keygen", "openssh-client")
    folder, rooted = _folder(), os.geteuid() == 0
    user = f"{PREFIX}{secrets.token_hex(4)}" if rooted else getpass.getuser()
    made = Machine(folder=folder, user=user, port=_free_port(), own_account=rooted)
    try:
        home = folder / "home/guest"
        for inner, mode in (
            ("etc/ssh", 0o755), ("etc/guestpass/keys", 0o755), ("etc/guestpass/site", 0o750), ("run", 0o755),
            ("home/guest", 0o750), ("usr/local/sbin", 0o755), ("var/www/html", 0o755),
            # stands for `crontab`, which lets everyone keep a table of their own
            ("var/spool/cron/crontabs", 0o1777),
        ):  # fmt: skip
            (folder / inner).mkdir(mode=mode, parents=True)
            (folder / inner).chmod(mode)
        if rooted:
            _run(_program("useradd", "passwd"), "--no-create-home", "--home-dir", str(home), "--shell", "/bin/bash",
                 "--password", "!", "--comment", f"guestpass box {os.getpid()}", user)  # fmt: skip
            account = pwd.getpwnam(user)
            for inner in ("home/guest", "var/www/html"):
                os.chown(folder / inner, account.pw_uid, account.pw_gid)
            os.chown(folder / "etc/guestpass/site", 0, account.pw_gid)
        _furnish(made, setup, keygen)
        _start(made, sshd)
    except BaseException:
        end_machine(made)
        raise
    return made


def _furnish(made: Machine, setup: Mapping[str, str], keygen: str) -> None:
    folder = made.folder
    account = pwd.getpwnam(made.user)
    (folder / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\n"
        f"{made.user}:x:{account.pw_uid}:{account.pw_gid}::/home/guest:/bin/bash\n"
    )
    settings = {
        "user": made.user,
        "database": setup["database"],
        "schema": setup["schema"],
        "root": str(folder),
        "state": str(folder / "etc/guestpass"),
        "own_account": made.own_account,
        "below": None if made.own_account else str(folder / "run/sshd.pid"),
        "shared_network": True,
    }
    (folder / "etc/guestpass/host.json").write_text(json.dumps(settings))
    (folder / "etc/guestpass/host.json").chmod(0o600)
    program = folder / PROGRAM.lstrip("/")
    program.write_text(script())
    program.chmod(0o700)
    _run(keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "etc/ssh/host_key"))
    (folder / "etc/ssh/sshd_config").write_text(
        # what an instance's sshd is told, then what only the box must say: sshd takes the first of each
        sshd_settings(made.user, keys=str(folder / "etc/guestpass/keys/%u"))
        + "\n".join(
            (
                "ListenAddress 127.0.0.1",
                f"Port {made.port}",
                f"HostKey {folder}/etc/ssh/host_key",
                f"PidFile {folder}/run/sshd.pid",
                # a folder below /tmp is never strict enough for sshd, though nobody else can write into this one
                "StrictModes no",
                "UsePAM no",
                "PrintMotd no",
                "Subsystem sftp internal-sftp",
                *(() if made.own_account else (f"SetEnv HOME={folder}/home/guest",)),
                "",
            )
        )
    )


def _start(made: Machine, sshd: str) -> None:
    if made.own_account:
        # sshd's own, empty, and the same for all of them: Debian's package makes it at boot
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = made.folder / "run/sshd.log"
    with log.open("ab") as out:
        made.sshd = subprocess.Popen(  # noqa: S603
            [sshd, "-D", "-e", "-f", str(made.folder / "etc/ssh/sshd_config")],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=_die_with_parent, start_new_session=True,
        )  # fmt: skip
    _answers(made.port, made.sshd, log)


def stop_machine(made: Machine) -> None:
    """As when an instance is stopped: no process is left, the disk stays."""
    running = _below(made.sshd.pid) if made.sshd is not None else []
    if made.sshd is not None:
        made.sshd.kill()
        made.sshd.wait()
        made.sshd = None
    _kill(running)
    if made.own_account:
        for _ in range(100):
            left = _of_user(made.user)
            if not left:
                return
            _kill(left)
            time.sleep(0.05)


def end_machine(made: Machine) -> None:
    """Nothing of it is left: processes, account, folder."""
    stop_machine(made)
    if made.own_account and made.user.startswith(PREFIX):
        for _ in range(20):
            # the account's file may be locked by another box for a moment
            done = subprocess.run(  # noqa: S603
                [_program("userdel", "passwd"), "--force", made.user], capture_output=True, check=False
            )
            if done.returncode in (0, 6):
                break
            time.sleep(0.25)
    shutil.rmtree(made.folder, ignore_errors=True)


def _status(pid: int, field: str) -> list[str]:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return line.split()[1:]
    return []


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _of_user(user: str) -> list[int]:
    try:
        uid = str(pwd.getpwnam(user).pw_uid)
    except KeyError:
        return []
    return [pid for pid in _pids() if uid in _status(pid, "Uid") and "Z" not in _status(pid, "State")[:1]]


def _below(top: int) -> list[int]:
    parents = {pid: int((_status(pid, "PPid") or ["0"])[0]) for pid in _pids()}
    found, grown = {top}, 0
    while grown != len(found):
        grown = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return sorted(found - {top})


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


# ---- databases


def database(asked: Mapping[str, str]) -> Database:
    """A real MariaDB with a master user that may do what RDS's may, and RDS's way of ending a connection."""
    packages = ("mariadb-server",)
    server, install = (_program("mariadbd", *packages), _program("mariadb-install-db", *packages))
    client = _program("mariadb", "mariadb-client")
    folder, port = _folder(), _free_port()
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        as_user = ("--user=mysql",)
        shutil.chown(folder, "mysql", "mysql")
    folder.chmod(0o700)
    process: subprocess.Popen[bytes] | None = None
    try:
        _run(install, "--no-defaults", f"--datadir={folder}/data", "--skip-test-db",
             "--auth-root-authentication-method=normal", *as_user)  # fmt: skip
        log = folder / "log"
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603
                [server, "--no-defaults", f"--datadir={folder}/data", f"--port={port}", "--bind-address=127.0.0.1",
                 f"--socket={folder}/socket", f"--pid-file={folder}/pid", "--skip-name-resolve",
                 "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", *as_user],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=_die_with_parent, start_new_session=True,
            )  # fmt: skip
        _answers(port, process, log)
        _run(client, "--no-defaults", f"--socket={folder}/socket", "--user=root", input=_first_words(asked))
    except BaseException:
        if process is not None:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Database(folder=folder, port=port, process=process)


def _first_words(asked: Mapping[str, str]) -> str:
    user, password, schema = asked["user"], asked["password"], asked["schema"]
    if not all(word.replace("_", "").isalnum() for word in (user, password, schema)):
        raise Missing(
            "the master user's name, password or schema is not of letters and digits", "another name"
        )
    return f"""
CREATE DATABASE IF NOT EXISTS `{schema}`;
CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';
GRANT {_MASTER} ON *.* TO '{user}'@'%' WITH GRANT OPTION;
DELIMITER //
CREATE PROCEDURE mysql.rds_kill(IN thread BIGINT) SQL SECURITY DEFINER
BEGIN
  KILL thread;
END//
DELIMITER ;
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');
FLUSH PRIVILEGES;
ALTER USER 'root'@'localhost' ACCOUNT LOCK;
"""  # noqa: S608 - words of letters and digits


def end_database(made: Database) -> None:
    """Nothing of it is left."""
    made.process.kill()
    made.process.wait()
    shutil.rmtree(made.folder, ignore_errors=True)


# ---- the process


class Keeper:
    """What is held, by name."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self.databases: dict[str, Database] = {}

    def asked(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a request says."""
        name = str(told["name"])
        match told["do"]:
            case "machine":
                self.machines[name] = machine(told)
                return self.machines[name].told
            case "stop" if name in self.machines:
                stop_machine(self.machines[name])
            case "start" if name in self.machines:
                _start(self.machines[name], _program("sshd", "openssh-server"))
            case "database":
                self.databases[name] = database(told)
                return {"port": self.databases[name].port}
            case "end":
                if name in self.machines:
                    end_machine(self.machines.pop(name))
                if name in self.databases:
                    end_database(self.databases.pop(name))
        return {}

    def close(self) -> None:
        """Put everything away."""
        for held in list(self.machines.values()):
            end_machine(held)
        for kept in list(self.databases.values()):
            end_database(kept)


def clear_stale() -> None:
    """Take away accounts that a box left which was killed together with its keeper."""
    if os.geteuid() != 0:
        return
    for account in pwd.getpwall():
        words = account.pw_gecos.split()
        if not account.pw_name.startswith(PREFIX) or words[:2] != ["guestpass", "box"] or not words[2:]:
            continue
        if not words[2].isdigit() or Path(f"/proc/{words[2]}").exists():
            continue
        folder = Path(account.pw_dir).parent.parent
        stale = folder if folder.name.startswith(PREFIX) else Path("/nonexistent")
        end_machine(Machine(folder=stale, user=account.pw_name, port=0, own_account=True))


def main() -> int:
    """Serve until stdin closes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    clear_stale()
    keeper = Keeper()
    try:
        for line in sys.stdin:
            try:
                answer = keeper.asked(json.loads(line))
            except Missing as missing:
                answer = {"error": missing.says, "hint": missing.hint}
            except (OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
                answer = {"error": f"the machine failed ({type(error).__name__})", "hint": "guestpass local"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        keeper.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
