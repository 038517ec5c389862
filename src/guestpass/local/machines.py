"""Real machines behind the box's instances and databases, and the commands that Systems Manager runs on them.

Only an instance whose user data is, to the last byte, what guestpass writes gets one: whatever else a caller of the box
sends as user data or as a command is run nowhere.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from guestpass.host import PROGRAM, HostSetup

_WAITS_FOR_FIRST_START = "cloud-init status"
_LONGEST_OUTPUT = 24_000
NOT_ON = "the AWS in the box was started without machines"


@dataclass
class Host:
    """One instance's machine.

    `role` is the ARN of its role. `trouble` says why there is no machine; `told` is what its keeper said of it.
    """

    instance: str
    account: str
    region: str
    role: str | None
    told: Mapping[str, Any] = field(default_factory=dict)
    trouble: str | None = None
    hint: str | None = None
    running: bool = False

    @property
    def ping(self) -> str:
        """What Systems Manager says of its agent."""
        if self.trouble is not None:
            return "Inactive"
        return "Online" if self.running and self.told else "ConnectionLost"


@dataclass
class Store:
    """One database instance's server."""

    name: str
    account: str
    region: str
    port: int | None = None
    trouble: str | None = None


@dataclass
class Invocation:
    """One command on one instance."""

    command: str
    instance: str
    account: str
    region: str
    document: str
    comment: str
    at: datetime
    lines: tuple[str, ...]
    status: str = "InProgress"
    code: int = -1
    output: str = ""


class Machines:
    """All of them. `endpoint` is where programs on a machine call AWS; `credentials` makes the session of a role."""

    def __init__(
        self, *, on: bool, endpoint: str, credentials: Callable[[Host], Mapping[str, str]] | None = None
    ) -> None:
        self.on = on
        self._endpoint = endpoint
        self.credentials = credentials
        self._keeper: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()
        self.hosts: dict[str, Host] = {}
        self.stores: dict[tuple[str, str, str], Store] = {}
        self.invocations: list[Invocation] = []

    # ---- instances and databases

    def launch(self, host: Host, setup: HostSetup) -> None:
        """Give an instance its machine; it is there a moment later."""
        self.hosts[host.instance] = host
        if not self.on:
            host.trouble, host.hint = NOT_ON, "guestpass local --machines"
            return
        host.running = True
        asked = {"do": "machine", "name": host.instance, "database": setup.pass_name, "schema": setup.schema}

        def begin() -> None:
            answer = self._ask(asked)
            host.trouble, host.hint = answer.get("error"), answer.get("hint")
            host.told = {} if host.trouble else answer

        threading.Thread(target=begin, daemon=True).start()

    def turn(self, instance: str, verb: str) -> None:
        """Stop, start or end an instance's machine."""
        host = self.hosts.get(instance)
        if host is None:
            return
        host.running = verb == "start"
        if verb == "end":
            del self.hosts[instance]
        if self.on and host.trouble is None:
            self._ask({"do": verb, "name": instance})

    def store(self, store: Store, *, user: str, password: str, schema: str) -> None:
        """Give a database instance its server; it is there some seconds later."""
        key = (store.account, store.region, store.name)
        self.stores[key] = store
        asked = {
            "do": "database",
            "name": ":".join(key),
            "user": user,
            "password": password,
            "schema": schema,
        }

        def begin() -> None:
            answer = self._ask(asked)
            store.trouble, store.port = answer.get("error"), answer.get("port")

        threading.Thread(target=begin, daemon=True).start()

    def drop(self, account: str, region: str, name: str) -> None:
        """End a database's server."""
        if self.stores.pop((account, region, name), None) is not None:
            self._ask({"do": "end", "name": f"{account}:{region}:{name}"})

    def told(self, instance: str) -> dict[str, Any] | None:
        """What a client must know to reach a machine: address, port, account's name, host key; or why it cannot."""
        host = self.hosts.get(instance)
        if host is None:
            return None
        return {
            "address": "127.0.0.1",
            **host.told,
            "error": host.trouble,
            "hint": host.hint,
            "online": host.ping == "Online",
        }

    # ---- commands

    def run(self, invocation: Invocation) -> None:
        """Run a command on its machine, in a thread: it may call the box."""
        self.invocations.append(invocation)
        threading.Thread(target=self._run, args=(invocation,), daemon=True).start()

    def _run(self, invocation: Invocation) -> None:
        host = self.hosts[invocation.instance]
        output: list[str] = []
        code = 0
        for line in invocation.lines:
            if line.startswith(_WAITS_FOR_FIRST_START):
                continue
            words = shlex.split(line)
            if words[:1] != [PROGRAM]:
                # INVARIANT: nothing but guestpass's own script is ever run on the user's computer
                code, told = 127, f"the AWS in the box runs {PROGRAM} alone\n"
            else:
                code, told = self._script(host, words[1:])
            output.append(told)
            if code != 0:
                break
        invocation.output = "".join(output)[:_LONGEST_OUTPUT]
        invocation.code = code
        invocation.status = "Success" if code == 0 else "Failed"

    def _script(self, host: Host, words: list[str]) -> tuple[int, str]:
        folder = Path(str(host.told["folder"]))
        held = {} if self.credentials is None else self.credentials(host)
        try:
            done = subprocess.run(  # noqa: S603 - our own script, no shell
                [sys.executable, "-I", str(folder / PROGRAM.lstrip("/")), *words],
                capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL,
                env={
                    "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
                    "GUESTPASS_HOST": str(folder / "etc/guestpass/host.json"),
                    "AWS_ENDPOINT_URL": self._endpoint,
                    # there is no metadata service here, and the user's own computer may have one
                    "AWS_EC2_METADATA_DISABLED": "true",
                    **held,
                },
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            return 1, f"the command failed ({type(error).__name__})\n"
        return done.returncode, done.stdout

    # ---- the keeper

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        with self._asking:
            try:
                keeper = self._kept()
                assert keeper.stdin is not None  # noqa: S101 - both were asked for
                assert keeper.stdout is not None  # noqa: S101
                keeper.stdin.write(json.dumps(asked) + "\n")
                keeper.stdin.flush()
                return dict(json.loads(keeper.stdout.readline()))
            except (OSError, ValueError) as error:
                return {
                    "error": f"the machines' keeper has ended ({type(error).__name__})",
                    "hint": "guestpass local",
                }

    def _kept(self) -> subprocess.Popen[str]:
        if self._keeper is None:
            # its stdin closes with this process, however that ends, and then it puts everything away
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "guestpass.local.machines_keeper"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
            )  # fmt: skip
        return self._keeper


def missing_programs() -> tuple[str, ...]:
    """What this computer lacks for machines, a line each with what to type; empty when nothing is missing."""
    where = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin"
    wanted = (("sshd", "openssh-server", "instances"), ("mariadbd", "mariadb-server", "databases"))
    return tuple(
        f"no `{name}` here, so {what} are not real: apt-get install {package}"
        for name, package, what in wanted
        if shutil.which(name, path=where) is None
    )


def fresh_command() -> str:
    """A new command id: a UUID in AWS's shape."""
    raw = secrets.token_hex(16)
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
