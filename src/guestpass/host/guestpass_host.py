#!/usr/bin/env python3
"""What the owner does on an instance that a guest logs in to: lend, admit, freeze, revoke, sweep.

Runs as root through Systems Manager; Python's standard library alone, 3.9 and later. It prints one JSON object a
line and exits 0 when every one is `ok`. No secret is ever an argument or printed: passwords are made here and stand in
files that only their reader can open. Settings: /etc/guestpass/host.json, or the file that GUESTPASS_HOST names.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import hmac
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DEFAULT = "/etc/guestpass/host.json"
# AWS: RDS User Guide, "Master user account privileges": all of these can be handed on by the master user
OVERSEER = "SELECT, SHOW VIEW, EVENT, TRIGGER, EXECUTE, PROCESS, CREATE USER"
# No EVENT, no TRIGGER, no routine: what runs later, or by another's rights, cannot be left behind.
GUEST = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE VIEW, SHOW VIEW, "
    "CREATE TEMPORARY TABLES, LOCK TABLES"
)
MOST_ROWS = 120
METADATA = "http://169.254.169.254/latest"


class Trouble(Exception):  # noqa: N818 - what could not be done, in words for the owner
    """Something could not be done; its text holds no secret."""


class Host:
    """One instance with its settings."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.user = str(told["user"])
        self.root = Path(told.get("root", "/"))
        self.state = Path(told.get("state", "/etc/guestpass"))
        self.keys = self.state / "keys" / self.user
        self.database = str(told["database"])
        self.schema = str(told["schema"])
        # On a machine that is not the guest's alone (the AWS in the box, where nobody is root) only what runs
        # below this process may be ended, and no account may be touched.
        below = told.get("below")
        self.below = Path(below) if below else None
        self.own_account = bool(told.get("own_account", True))
        # Sockets are everybody's where the network is: then only the guest's own count.
        self.shared_network = bool(told.get("shared_network", False))

    def at(self, path: str) -> Path:
        """A path of the instance."""
        return self.root / path.lstrip("/")

    @property
    def account(self) -> pwd.struct_passwd | None:
        """The guest's account, or None when there is none."""
        try:
            return pwd.getpwnam(self.user)
        except KeyError:
            return None

    @property
    def home(self) -> Path:
        """The guest's home."""
        for line in _lines(self.at("/etc/passwd")):
            fields = line.split(":")
            if fields[0] == self.user and len(fields) > 5:
                return self.at(fields[5])
        return self.at(f"/home/{self.user}")

    @property
    def overseer_file(self) -> Path:
        """How root reaches the database after the lending."""
        return self.state / "database.cnf"

    @property
    def guest_file(self) -> Path:
        """How the guest reaches the database."""
        return self.home / ".my.cnf"

    @property
    def site_file(self) -> Path:
        """How the site reaches the database: it outlives the guest."""
        return self.state / "site" / "database.cnf"


# ---- the database


def _client() -> str:
    for name in ("mariadb", "mysql"):
        found = shutil.which(name)
        if found:
            return found
    raise Trouble("no database client on this instance: neither `mariadb` nor `mysql`")


def sql(file: Path, statements: str) -> list[list[str]]:
    """Run statements with the log-in of a file; they go in by stdin, for they may hold a new password."""
    done = subprocess.run(  # noqa: S603
        [_client(), f"--defaults-file={file}", "--batch", "--skip-column-names", "--connect-timeout=5"],
        input=statements, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        number = re.search(r"ERROR (\d+)", done.stderr)
        raise Trouble(f"the database refused (error {number[1] if number else 'unknown'})")
    return [line.split("\t") for line in done.stdout.splitlines()]


def _login(host: str, port: str, user: str, password: str) -> str:
    return f'[client]\nhost={host}\nport={port}\nuser={user}\npassword="{password}"\n'


def _password() -> str:
    """32 letters and digits: nothing that SQL or a settings file reads as a sign."""
    kinds = string.ascii_letters + string.digits
    return "Aa1" + "".join(secrets.choice(kinds) for _ in range(29))


def _quoted(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise Trouble("a name in the settings is not one")
    return f"'{name}'@'%'"


def _overseer(host: Host) -> str:
    return f"{host.database}-host"[-32:]


def _site(host: Host) -> str:
    return f"{host.database}-site"[-32:]


def _guest(host: Host) -> str:
    _quoted(host.database)  # a name, or nothing is done
    return f"{host.database}-guest"[-32:]


def make_database_users(host: Host, address: str, port: str, master: Path) -> Iterator[dict[str, Any]]:
    """Three users: one for this script, one for the site, one for the guest. Those that are there get new passwords."""
    passwords = {name: _password() for name in ("overseer", "site", "guest")}
    made = []
    for name, user, rights in (
        ("overseer", _overseer(host), f"{OVERSEER} ON *.*"),
        ("site", _site(host), f"{GUEST} ON `{host.schema}`.*"),
        ("guest", _guest(host), f"{GUEST} ON `{host.schema}`.*"),
    ):
        made.append(f"CREATE USER IF NOT EXISTS {_quoted(user)} IDENTIFIED BY '{passwords[name]}';")
        made.append(f"ALTER USER {_quoted(user)} IDENTIFIED BY '{passwords[name]}' ACCOUNT UNLOCK;")
        made.append(f"GRANT {rights} TO {_quoted(user)};")
    # kept before they hold: a crash in between must not leave a password that nobody knows
    _keep(host.overseer_file, _login(address, port, _overseer(host), passwords["overseer"]), 0o600)
    _keep_for_site(host, _login(address, port, _site(host), passwords["site"]))
    sql(master, "\n".join(made))
    with contextlib.suppress(Trouble):
        # MariaDB writes it so, MySQL with `_`, RDS gives neither everywhere: `mysql.rds_kill` is there then
        sql(master, f"GRANT CONNECTION ADMIN ON *.* TO {_quoted(_overseer(host))};")
    sql(host.overseer_file, "SELECT 1;")
    _give_to_guest(host, _login(address, port, _guest(host), passwords["guest"]))
    yield row("database", "users", f"`{_guest(host)}` for the guest, `{_site(host)}` for the site")


def _keep(path: Path, text: str, mode: int) -> None:
    """Write a file of root's whole or not at all."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    fresh.chmod(mode)
    fresh.replace(path)


def _keep_for_site(host: Host, text: str) -> None:
    """The folder's group is the site's: whoever serves the pages reads it, the guest among them."""
    _keep(host.site_file, text, 0o640)
    with contextlib.suppress(OSError):
        os.chown(host.site_file, -1, host.site_file.parent.stat().st_gid)


def _give_to_guest(host: Host, text: str) -> None:
    """Write into a home that is the guest's: no link of theirs is followed."""
    account = host.account
    home = os.open(host.home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fresh = f".my.cnf.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=home)
        with os.fdopen(handle, "w") as file:
            file.write(text)
            if account is not None and host.own_account:
                os.fchown(file.fileno(), account.pw_uid, account.pw_gid)
        os.rename(fresh, ".my.cnf", src_dir_fd=home, dst_dir_fd=home)
    finally:
        os.close(home)


def _hold_database(host: Host, *, drop: bool) -> Iterator[dict[str, Any]]:
    guest = _guest(host)
    if not host.overseer_file.exists():
        yield row("database", guest, "no database was lent on this instance")
        return
    there = sql(host.overseer_file, f"SELECT Host FROM mysql.user WHERE User='{guest}';")  # noqa: S608 - checked
    if not there:
        yield row("database", guest, "the guest's database user is not there")
    elif drop:
        sql(host.overseer_file, f"ALTER USER {_quoted(guest)} ACCOUNT LOCK;")
    else:
        sql(host.overseer_file, f"ALTER USER {_quoted(guest)} ACCOUNT LOCK;")
        yield row("database", guest, "the guest's database user is locked")
    yield from _end_connections(host, guest)
    if there and drop:
        sql(host.overseer_file, f"DROP USER {_quoted(guest)};")
        yield row("database", guest, "the guest's database user is dropped")


def _end_connections(host: Host, guest: str) -> Iterator[dict[str, Any]]:
    """A locked user keeps the connections it has: they are ended one by one, until none is left."""
    ended: set[str] = set()
    asked = f"SELECT ID FROM information_schema.PROCESSLIST WHERE USER='{guest}';"  # noqa: S608 - checked
    for _ in range(50):
        left = [told[0] for told in sql(host.overseer_file, asked)]
        if not left:
            yield row("database", "connections", f"ended {len(ended)} open connections of the guest's")
            return
        for number in left:
            ended.add(number)
            _kill_connection(host, int(number))
        time.sleep(0.1)
    raise Trouble("a database connection of the guest's does not end")


def _kill_connection(host: Host, number: int) -> None:
    for statement in (f"KILL {number};", f"CALL mysql.rds_kill({number});"):
        try:
            sql(host.overseer_file, statement)
        except Trouble:
            continue
        return


# ---- AWS: the master password, once, with the instance's own role


def _metadata(path: str, token: str) -> str:
    asked = urllib.request.Request(f"{METADATA}/{path}", headers={"X-aws-ec2-metadata-token": token})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
        return str(answer.read().decode())


def _credentials() -> dict[str, str]:
    """The instance role's session: as the environment has it, else from the metadata service (version 2)."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return {"AccessKeyId": os.environ["AWS_ACCESS_KEY_ID"], "SecretAccessKey": os.environ["AWS_SECRET_ACCESS_KEY"],
                "Token": os.environ.get("AWS_SESSION_TOKEN", "")}  # fmt: skip
    if os.environ.get("AWS_EC2_METADATA_DISABLED") == "true":
        raise Trouble("the instance has no role, or no metadata service that tells its credentials")
    asked = urllib.request.Request(  # noqa: S310
        f"{METADATA}/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
        token = answer.read().decode()
    role = _metadata("meta-data/iam/security-credentials/", token).splitlines()[0]
    return dict(json.loads(_metadata(f"meta-data/iam/security-credentials/{role}", token)))


def _signed(region: str, body: bytes) -> urllib.request.Request:
    """A call of GetSecretValue. AWS: "Create a signed AWS API request" (Signature Version 4)."""
    held = _credentials()
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://secretsmanager.{region}.{suffix}"
    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017 - Python 3.9
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": endpoint.split("://", 1)[1].rstrip("/"),
        "x-amz-date": at,
        "x-amz-target": "secretsmanager.GetSecretValue",
    }
    if held["Token"]:
        headers["x-amz-security-token"] = held["Token"]
    names = ";".join(sorted(headers))
    plain = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(["POST", "/", "", plain, names, hashlib.sha256(body).hexdigest()])
    scope = f"{at[:8]}/{region}/secretsmanager/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = b"AWS4" + held["SecretAccessKey"].encode()
    for part in (at[:8], region, "secretsmanager", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={held['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return urllib.request.Request(f"{endpoint.rstrip('/')}/", data=body, headers=headers, method="POST")  # noqa: S310


def master_login(secret: str, region: str, *, patience: float = 90) -> tuple[str, str]:
    """User name and password of the database's master. A right that was given just now takes a while to hold."""
    body = json.dumps({"SecretId": secret}).encode()
    deadline = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(_signed(region, body), timeout=10) as answer:  # noqa: S310
                told = json.loads(json.loads(answer.read())["SecretString"])
            return str(told["username"]), str(told["password"])
        except urllib.error.HTTPError as error:
            said = re.search(rb'"__type"[: ]+"([A-Za-z.#]+)"', error.read(2000))
            why = f"Secrets Manager answered {said[1].decode().rpartition('#')[2] if said else error.code}"
        except (OSError, ValueError, KeyError) as error:
            why = f"Secrets Manager did not answer ({type(error).__name__})"
        if time.monotonic() > deadline:
            raise Trouble(f"the database's master password cannot be read: {why}")
        time.sleep(2)


# ---- accounts, keys, processes


def row(part: str, item: str, says: str, *, ok: bool = True, **more: Any) -> dict[str, Any]:
    """One line of what is told."""
    return {"part": part, "item": item, "says": says, "ok": ok, **more}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    if done.returncode != 0:
        raise Trouble(f"`{words[0]}` failed with {done.returncode}")


def processes_of(host: Host) -> list[int]:
    """Every process that acts for the guest: of its user, or below the server of its log-ins where it has none."""
    parents: dict[int, int] = {}
    users: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        for line in _lines(entry / "status"):
            if line.startswith("PPid:"):
                parents[int(entry.name)] = int(line.split()[1])
            elif line.startswith("Uid:"):
                users[int(entry.name)] = {int(word) for word in line.split()[1:]}
            elif line.startswith("State:") and "Z" in line.split()[1]:
                break  # dead already
    own = {os.getpid(), os.getppid()}
    if host.below is not None:
        top = next(iter(_lines(host.below)), "")
        found = {int(top)} if top.isdigit() else set()
        grown = -1
        while grown != len(found):
            grown = len(found)
            found |= {pid for pid, parent in parents.items() if parent in found}
        return sorted(found - {int(top or 0)} - own)
    account = host.account
    if account is None or account.pw_uid == 0:
        return []
    return sorted(pid for pid, ids in users.items() if account.pw_uid in ids and pid not in own)


def end_processes(host: Host) -> dict[str, Any]:
    """End every process and open session of the guest's, again and again until none is left."""
    ended: set[int] = set()
    for _ in range(100):
        left = processes_of(host)
        if not left:
            return row(
                "sessions", host.user, f"ended {len(ended)} processes of the guest's, open shells among them"
            )
        for pid in left:
            ended.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    raise Trouble("a process of the guest's does not end")


def shut_account(host: Host) -> Iterator[dict[str, Any]]:
    """Take the key away and lock the account: no new log-in."""
    host.keys.unlink(missing_ok=True)
    yield row("key", host.user, "the guest's key opens nothing any more")
    if host.account is None:
        yield row("account", host.user, "the guest has no account here")
    elif host.own_account:
        # AWS's images ask PAM, which heeds the date; without PAM sshd heeds the `!`
        _run("usermod", "--lock", "--expiredate", "1", host.user)
        yield row("account", host.user, "the guest's account is locked")
    else:
        yield row(
            "account",
            host.user,
            "this machine has no account of the guest's own to lock: the key was the way in",
        )


def set_aside(host: Host) -> Iterator[dict[str, Any]]:
    """Take what would start the guest's programs again out of its place; it is kept for the owner to read."""
    aside = host.state / "aside"
    for path in _timed_of_guest(host):
        aside.mkdir(mode=0o700, exist_ok=True)
        name = f"{secrets.token_hex(4)}-{path.name}"
        shutil.move(str(path), str(aside / name))
        yield row("timed", str(path), f"set aside as {aside / name}")


def _timed_of_guest(host: Host) -> list[Path]:
    found = [host.at(f"/var/lib/systemd/linger/{host.user}")]
    for folder in ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/at", "/var/spool/cron/atjobs"):
        found += [
            path for path in _inside(host.at(folder)) if path.name == host.user or _is_guests(host, path)
        ]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _is_guests(host: Host, path: Path) -> bool:
    account = host.account
    try:
        return account is not None and host.own_account and path.lstat().st_uid == account.pw_uid
    except OSError:
        return False


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


# ---- the sweep: how the instance stood when it was lent, and how it stands now

_WATCHED = {
    "timed": ("/etc/crontab", "/etc/cron.d/*", "/etc/cron.hourly/*", "/etc/cron.daily/*", "/etc/cron.weekly/*",
              "/etc/cron.monthly/*", "/var/spool/cron/*", "/var/spool/cron/crontabs/*", "/var/spool/at/*",
              "/var/spool/cron/atjobs/*", "/etc/anacrontab", "/etc/rc.local", "/etc/rc.d/rc.local"),
    "units": ("/etc/systemd/system/**/*", "/etc/systemd/user/**/*", "/usr/local/lib/systemd/**/*",
              "/var/lib/systemd/linger/*", "/etc/init.d/*"),
    "rights": ("/etc/sudoers", "/etc/sudoers.d/*", "/etc/polkit-1/rules.d/*", "/etc/doas.conf"),
    "sshd": ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*", "/etc/ssh/ssh_known_hosts", "/etc/guestpass/**/*"),
    "start": ("/etc/profile", "/etc/profile.d/*", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment",
              "/etc/ld.so.preload", "/etc/ld.so.conf.d/*", "/etc/pam.d/*", "/etc/cloud/cloud.cfg.d/*",
              "/var/lib/cloud/scripts/per-boot/*", "/etc/modules-load.d/*", "/etc/udev/rules.d/*"),
    "agents": ("/var/lib/amazon/ssm/registration", "/etc/amazon/ssm/*.json"),
    "sources": ("/etc/yum.repos.d/*", "/etc/apt/sources.list", "/etc/apt/sources.list.d/*"),
}  # fmt: skip
_IN_HOMES = {
    "keys": (".ssh/*", ".rhosts", ".shosts"),
    "units": (".config/systemd/user/**/*", ".config/autostart/*"),
    "secrets": (".aws/*", ".git-credentials", ".netrc", ".docker/config.json", ".config/gh/hosts.yml"),
}


def picture(host: Host) -> dict[str, dict[str, str]]:
    """How the instance stands: by part, each thing and what tells whether it is still the same."""
    seen: dict[str, dict[str, str]] = {part: {} for part in (*_WATCHED, *_IN_HOMES)}
    for part, patterns in _WATCHED.items():
        for pattern in patterns:
            for path in host.root.glob(pattern.lstrip("/")):
                _note(seen[part], host, path)
    for home in _homes(host):
        for part, patterns in _IN_HOMES.items():
            for pattern in patterns:
                for path in home.glob(pattern):
                    _note(seen[part], host, path)
    seen["accounts"] = dict(_accounts(host))
    seen["setuid"] = dict(_setuid(host))
    seen["listening"] = dict(_listening(host))
    return seen


def _note(into: dict[str, str], host: Host, path: Path) -> None:
    try:
        about = path.lstat()
        if stat.S_ISDIR(about.st_mode):
            return
        if stat.S_ISLNK(about.st_mode):
            told = f"-> {path.readlink() if hasattr(path, 'readlink') else os.readlink(path)}"  # noqa: PTH115
        elif not stat.S_ISREG(about.st_mode):
            told = f"mode {about.st_mode:o}"
        else:
            told = hashlib.sha256(path.read_bytes()[:1_000_000]).hexdigest()[:16]
        into[_shown(host, path)] = f"{about.st_uid}:{stat.S_IMODE(about.st_mode):o}:{told}"
    except OSError as error:
        into[_shown(host, path)] = f"unread: {error.strerror}"


def _shown(host: Host, path: Path) -> str:
    """The path as the instance sees it."""
    with contextlib.suppress(ValueError):
        return "/" + str(path.relative_to(host.root))
    return str(path)


def _homes(host: Host) -> list[Path]:
    lines = (line.split(":") for line in _lines(host.at("/etc/passwd")))
    found = {fields[5] for fields in lines if len(fields) > 6 and fields[5] not in ("", "/")}
    return sorted(host.at(home) for home in found if host.at(home).is_dir())


def _accounts(host: Host) -> Iterator[tuple[str, str]]:
    for line in _lines(host.at("/etc/passwd")):
        name, _, uid, gid, _, home, shell = (line.split(":") + [""] * 7)[:7]
        yield f"account {name}", f"uid {uid} gid {gid} {home} {shell}"
    for line in _lines(host.at("/etc/group")):
        name, _, gid, members = (line.split(":") + [""] * 4)[:4]
        if members:
            yield f"group {name}", f"gid {gid}: {members}"
    for line in _lines(host.at("/etc/shadow")):
        name, password = [*line.split(":"), "", ""][:2]
        if password and password[0] not in "!*":
            # never the hash: that there is one, and whether it is still the same
            yield f"password of {name}", hashlib.sha256(password.encode()).hexdigest()[:8]


def _setuid(host: Host) -> Iterator[tuple[str, str]]:
    """Programs that run by another's rights, on the disk the system stands on."""
    disk = host.root.stat().st_dev
    pending = [str(host.root)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(about.st_mode) and about.st_dev == disk:
                pending.append(entry.path)
            elif stat.S_ISREG(about.st_mode) and about.st_mode & 0o6000 and about.st_mode & 0o111:
                yield (
                    _shown(host, Path(entry.path)),
                    f"{about.st_uid}:{stat.S_IMODE(about.st_mode):o}:{about.st_size}",
                )


def _listening(host: Host) -> Iterator[tuple[str, str]]:
    """Open ports, by who holds them. AWS's images keep one network; elsewhere only the guest's count."""
    guests = set(processes_of(host)) if host.shared_network else None
    holders: dict[str, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (guests is None or int(entry.name) in guests):
            for handle in _inside(entry / "fd"):
                with contextlib.suppress(OSError):
                    name = next(iter(_lines(entry / "comm")), "?")
                    holders[os.readlink(handle)] = (int(entry.name), name)  # noqa: PTH115
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in _lines(Path("/proc/net") / kind)[1:]:
            fields = line.split()
            if kind.startswith("tcp") and fields[3] != "0A":
                continue
            pid, name = holders.get(f"socket:[{fields[9]}]", (0, "?"))
            if guests is None or pid:
                yield f"{kind} port {int(fields[1].rsplit(':', 1)[1], 16)} ({name})", f"uid {fields[7]}"


def database_picture(host: Host) -> dict[str, str]:
    """Users, what they may do, and whatever runs by itself or by another's rights."""
    file, seen = host.overseer_file, {}
    for user, at in sql(file, "SELECT User, Host FROM mysql.user;"):
        seen[f"user '{user}'@'{at}'"] = "there"
    for grantee, right, option in sql(
        file, "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES;"
    ):
        if right != "USAGE":
            seen[f"right {right} of {grantee}"] = option
    for grantee, schema, right, option in sql(
        file,
        "SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES;",
    ):
        seen[f"right {right} on {schema} of {grantee}"] = option
    for kind, table, name in (
        ("event", "EVENTS", "EVENT_NAME"),
        ("trigger", "TRIGGERS", "TRIGGER_NAME"),
        ("routine", "ROUTINES", "ROUTINE_NAME"),
        ("view", "VIEWS", "TABLE_NAME"),
    ):
        schema = {"trigger": "TRIGGER_SCHEMA", "routine": "ROUTINE_SCHEMA", "event": "EVENT_SCHEMA"}.get(
            kind, "TABLE_SCHEMA"
        )
        found = sql(
            file,
            f"SELECT {schema}, {name}, DEFINER FROM information_schema.{table} "  # noqa: S608 - names of our own
            f"WHERE {schema} NOT IN ('sys', 'mysql', 'performance_schema', 'information_schema');",
        )
        for within, thing, definer in found:
            seen[f"{kind} {within}.{thing}"] = f"definer {definer}"
    return seen


def _whole_picture(host: Host) -> dict[str, dict[str, str]]:
    seen = picture(host)
    if host.overseer_file.exists():
        seen["database"] = database_picture(host)
    return seen


def sweep(host: Host, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What is new or changed since the lending, and what is still the guest's."""
    del given
    kept = host.state / "baseline.json"
    try:
        before = json.loads(kept.read_text("utf-8"))
    except (OSError, ValueError):
        says = "the picture from before the lending is not there: only what the guest owns can be told apart"
        yield row("baseline", _shown(host, kept), says, ok=False)
        before = None
    account = host.account
    mark = f"{account.pw_uid}:" if account is not None else "nobody"
    try:
        now = _whole_picture(host)
    except Trouble as trouble:
        now = picture(host)
        yield row("database", host.database, f"not looked at: {trouble}", ok=False)
    told = 0
    for part, things in now.items():
        for item, state in things.items():
            old = None if before is None else before.get(part, {}).get(item)
            same = not state.startswith(mark) if before is None else old == state
            if same or _ours(host, item):
                continue
            told += 1
            if told <= MOST_ROWS:
                yield row(part, item, "new" if old is None else "changed", ok=False, how=state)
    if told > MOST_ROWS:
        yield row("more", str(told - MOST_ROWS), "more rows than are told", ok=False)
    for pid in processes_of(host):
        name = next(iter(_lines(Path(f"/proc/{pid}/comm"))), "?")
        yield row("running", f"{pid} {name}", "a process of the guest's runs", ok=False)


def _ours(host: Host, item: str) -> bool:
    """What this script itself has made or changed."""
    if item.startswith("/etc/systemd/system/") and "guestpass-end." in item:
        return True
    inside = (
        host.keys,
        host.overseer_file,
        host.site_file,
        host.state / "baseline.json",
        host.state / "aside",
    )
    if any(item == _shown(host, path) or item.startswith(f"{_shown(host, path)}/") for path in inside):
        return True
    return item in (f"account {host.user}", f"user {_quoted(_guest(host))}")


# ---- the verbs


def lend(host: Host, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Make the database's users; nobody comes in by this yet."""
    address, _, port = given.database.rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", address) or not port.isdigit():
        raise Trouble("the database's address is not one")
    user, password = master_login(given.secret, given.region)
    master = host.state / f".master.{secrets.token_hex(4)}"
    _keep(master, _login(address, port, user, password.replace("\\", "\\\\").replace('"', '\\"')), 0o600)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                sql(master, "SELECT 1;")
                break
            except Trouble:
                if time.monotonic() > deadline:
                    raise
                time.sleep(2)
        yield from make_database_users(host, address, port, master)
    finally:
        master.unlink(missing_ok=True)


def admit(host: Host, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Draw the picture that the sweep compares with, then let the guest's key in."""
    account = host.account
    if account is None:
        raise Trouble(f"the account `{host.user}` is not there")
    if not re.fullmatch(r"(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]+={0,3}", given.key):
        raise Trouble("the guest's key is not an SSH public key")
    if not re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]+", given.database):
        raise Trouble("the database's address is not one")
    until = datetime.datetime.fromisoformat(given.until.replace("Z", "+00:00"))  # noqa: FURB162 - Python 3.9
    if not (host.state / "baseline.json").exists():
        _keep(host.state / "baseline.json", json.dumps(_whole_picture(host)), 0o600)
    if host.own_account:
        _run("usermod", "--expiredate", "", "--password", "*", host.user)
    # `restrict` switches everything off, what comes after it on again: a shell, and a tunnel to the database alone
    # sshd reads the time in the machine's own zone
    ends = until.astimezone().strftime("%Y%m%d%H%M%S")
    options = f'restrict,pty,port-forwarding,permitopen="{given.database}",expiry-time="{ends}"'
    yield from _end_by_itself(host, until)
    _keep(host.keys, f"{options} {given.key}\n", 0o644)
    for path in sorted(host.at("/etc/ssh").glob("*host*key.pub")):
        yield row("host-key", path.name, " ".join(_lines(path)[0].split()[:2]))
    yield row(
        "key",
        host.user,
        f"the guest's key opens the instance, and a tunnel to the database, until {given.until}",
    )


def _end_by_itself(host: Host, until: datetime.datetime) -> Iterator[dict[str, Any]]:
    """At the end the instance freezes by itself, with nobody looking: a timer of systemd's."""
    if not Path("/run/systemd/system").is_dir() or host.root != Path("/"):
        says = (
            "no systemd here: after the end the key opens nothing new, and open shells stay until the freeze"
        )
        yield row("timer", "guestpass-end", says)
        return
    at = until.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")  # noqa: UP017 - Python 3.9
    units = Path("/etc/systemd/system")
    service = f"[Service]\nType=oneshot\nExecStart={os.path.realpath(sys.argv[0])} freeze\n"
    timer = f"[Timer]\nOnCalendar={at}\nPersistent=true\n[Install]\nWantedBy=timers.target\n"
    _keep(units / "guestpass-end.service", service, 0o644)
    _keep(units / "guestpass-end.timer", timer, 0o644)
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", "--now", "guestpass-end.timer")
    yield row("timer", "guestpass-end", f"the instance freezes the guest by itself at {at}")


def freeze(host: Host, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """End all log-ins and connections and let no new one in. One part's failure never keeps another from being done."""
    del given
    yield from _each(host, drop=False)


def revoke(host: Host, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Freeze once more, then take the account and the database user away; the site keeps running."""
    del given
    yield from _each(host, drop=True)
    yield from _tried("site", lambda: _new_site_password(host))
    yield from _tried("account", lambda: _remove_account(host))


def _each(host: Host, *, drop: bool) -> Iterator[dict[str, Any]]:
    yield from _tried("account", lambda: shut_account(host))
    yield from _tried("sessions", lambda: iter([end_processes(host)]))
    yield from _tried("timed", lambda: set_aside(host))
    yield from _tried("database", lambda: _hold_database(host, drop=drop))
    yield from _tried("sessions", lambda: iter([end_processes(host)]))


def _tried(part: str, act: Any) -> Iterator[dict[str, Any]]:
    try:
        yield from act()
    except Trouble as trouble:
        yield row(part, "-", str(trouble), ok=False)
    except (OSError, subprocess.SubprocessError) as error:
        yield row(part, "-", f"failed: {type(error).__name__}", ok=False)


def _new_site_password(host: Host) -> Iterator[dict[str, Any]]:
    """The guest has read the site's password: it is changed, in the database and in the file the site reads."""
    if not host.overseer_file.exists():
        return
    fresh = _password()
    told = [re.sub(r"^password=.*$", f'password="{fresh}"', line) for line in _lines(host.site_file)]
    if not told:
        raise Trouble("the site's own log-in to the database is not there")
    sql(host.overseer_file, f"ALTER USER {_quoted(_site(host))} IDENTIFIED BY '{fresh}';")
    _keep_for_site(host, "\n".join(told) + "\n")
    yield row("site", _site(host), "the site has a new database password; the guest knew the old one")


def _remove_account(host: Host) -> Iterator[dict[str, Any]]:
    account = host.account
    if account is None or not host.own_account:
        yield row("account", host.user, "there is no account of the guest's own")
        return
    # a number that is free again must own nothing: what the guest wrote stays, as root's
    given = 0
    for path in _owned(host, account.pw_uid):
        with contextlib.suppress(OSError):
            os.lchown(path, 0, 0)
            given += 1
    _run("userdel", host.user)
    yield row("account", host.user, f"the account is gone; {given} files of it are root's now and stay")


def _owned(host: Host, uid: int) -> Iterator[str]:
    disk = host.root.stat().st_dev
    pending = [str(host.root)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            with contextlib.suppress(OSError):
                about = entry.stat(follow_symlinks=False)
                if about.st_uid == uid:
                    yield entry.path
                if stat.S_ISDIR(about.st_mode) and about.st_dev == disk:
                    pending.append(entry.path)


VERBS: dict[str, Callable[[Host, argparse.Namespace], Iterator[dict[str, Any]]]] = {
    "lend": lend,
    "admit": admit,
    "freeze": freeze,
    "revoke": revoke,
    "sweep": sweep,
}


def main(argv: list[str] | None = None) -> int:
    """Run one verb."""
    parser = argparse.ArgumentParser(prog="guestpass-host", description=__doc__)
    parser.add_argument("verb", choices=sorted(VERBS))
    parser.add_argument("--database", default="", help="address:port")
    parser.add_argument("--secret", default="", help="the ARN of the master user's secret")
    parser.add_argument("--region", default="")
    parser.add_argument("--key", default="", help="the guest's public key, without its comment")
    parser.add_argument("--until", default="", help="an ISO 8601 time with its zone")
    given = parser.parse_args(argv)
    os.umask(0o077)
    well = True
    try:
        host = Host(json.loads(Path(os.environ.get("GUESTPASS_HOST", DEFAULT)).read_text("utf-8")))
        for told in VERBS[given.verb](host, given):
            well = well and told["ok"]
            sys.stdout.write(json.dumps(told) + "\n")
    except Trouble as trouble:
        sys.stdout.write(json.dumps(row(given.verb, "-", str(trouble), ok=False)) + "\n")
        well = False
    except Exception as error:  # noqa: BLE001 - whatever it is: its text may hold a secret, its kind does not
        sys.stdout.write(json.dumps(row(given.verb, "-", f"failed: {type(error).__name__}", ok=False)) + "\n")
        well = False
    # a sweep that found something has done its work
    return 0 if well or given.verb == "sweep" else 1


if __name__ == "__main__":
    raise SystemExit(main())
