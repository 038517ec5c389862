"""Hold a box from outside: start its process, reach its endpoint, move its clock, ask what it decided."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, Any, Self

from guestpass.errors import AccountError, InputError

_READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Access keys of the box. The secret never shows in a repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    account: str
    session_token: str | None = field(default=None, repr=False)


class Box:
    """A running AWS in a box, in a process that dies with its parent; a context manager that stops it."""

    def __init__(self, process: subprocess.Popen[bytes], hello: Mapping[str, Any]) -> None:
        self._process = process
        self.port = int(hello["port"])
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self.control_token: str = hello["control_token"]
        self.owner = Credentials(**hello["owner"])
        self.root = Credentials(**hello["root"])
        self.guest_account = Credentials(**hello["guest_account"])

    def __repr__(self) -> str:
        return f"Box({self.endpoint_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def move_clock(self, *, seconds: float) -> datetime:
        """Put the box's clock this many seconds ahead of where it stands now; returns its new time."""
        offset = float(self._asked("GET", "clock")["offset_seconds"]) + seconds
        return _moment(self._asked("POST", "clock", {"offset_seconds": offset}))

    def set_clock(self, moment: datetime) -> datetime:
        """Put the box's clock to a moment (with a time zone); it runs on from there."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        return _moment(self._asked("POST", "clock", {"offset_seconds": offset}))

    def reset_clock(self) -> datetime:
        """Put the box's clock back to real time."""
        return _moment(self._asked("POST", "clock", {"offset_seconds": 0}))

    def now(self) -> datetime:
        """The box's time, UTC."""
        return _moment(self._asked("GET", "clock"))

    def deliver(self) -> int:
        """Write every log file that trails still wait for, now; returns how many files that made."""
        return int(self._asked("POST", "deliver")["files"])

    def set_delivery(self, seconds: float) -> None:
        """Let events wait this long (on the box's clock) for their file. Raises InputError below zero."""
        self._asked("POST", "delivery", {"seconds": seconds})

    def write_bill(self) -> tuple[str, ...]:
        """Write every data export up to now; gives the keys of the files that were delivered."""
        return tuple(self._asked("POST", "bill")["written"])

    def machine(self, instance_id: str) -> dict[str, Any]:
        """How an instance's real machine is reached: `address`, `port`, `user`, `host_key`; or its `error` and `hint`.

        Raises InputError for an instance that has none.
        """
        return self._asked("GET", f"machines/{instance_id}")

    def decision(self, request_id: str) -> dict[str, Any]:
        """What the box decided about a request, check by check. Raises InputError for a strange id."""
        return self._asked("GET", f"decisions/{request_id}")

    def close(self) -> None:
        """Stop the process. Does nothing the second time."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _asked(self, method: str, name: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(
                method, f"/_guestpass/{name}", body, {"X-Guestpass-Control": self.control_token}
            )
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AccountError(
                f"the AWS in the box at {self.endpoint_url} does not answer",
                call="local:Control",
                code="Unreachable",
            ) from error
        finally:
            connection.close()
        if response.status != 200:
            raise InputError(f"the AWS in the box refused `{name}`: {answer.get('error')}")
        return dict(answer)


def start(port: int = 0, *, delivery: float | None = None, machines: bool = False) -> Box:
    """Start a box in its own process on 127.0.0.1 and wait until it answers; port 0 takes any free one.

    `delivery` is how many seconds events wait for their trail's file; None: the box's own five. With `machines` an
    instance that guestpass sets up is a real sshd, and a managed MariaDB a real server, both on 127.0.0.1.
    Raises InputError where the port is taken, AccountError where the process does not come up.
    """
    with tempfile.TemporaryFile() as trouble:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [
                sys.executable,
                "-m",
                "guestpass.local",
                "--port",
                str(port),
                *_waiting(delivery),
                *(["--machines"] if machines else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=trouble,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            hello = _hello(process, trouble, port)
        except BaseException:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            raise
    return Box(process, hello)


def _hello(process: subprocess.Popen[bytes], trouble: IO[bytes], port: int) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    line = process.stdout.readline()
    process.stdout.close()
    if not line:
        process.wait(timeout=_READY_SECONDS)
        trouble.seek(0)
        last = trouble.read().decode(errors="replace").strip().splitlines()[-1:]
        raise AccountError(
            f"the AWS in the box did not start{': ' + last[0] if last else ''}",
            call="local:Start",
            code="Unreachable",
            hint="pip install 'guestpass[local]'",
        )
    hello = dict(json.loads(line))
    if "error" in hello:
        raise InputError(f"the AWS in the box cannot listen on {hello['error']}", hint=free_port_hint(port))
    return hello


def _waiting(delivery: float | None) -> list[str]:
    if delivery is None:
        return []
    if not 0 <= delivery < float("inf"):
        raise InputError(
            f"files cannot be delivered after {delivery} seconds", hint="guestpass local --delivery 5"
        )
    return ["--delivery", str(delivery)]


def free_port_hint(port: int) -> str:
    """What to type when a port is taken."""
    return f"guestpass local --port {port + 1 if port else 4700}"


def _moment(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(told["now"]))
