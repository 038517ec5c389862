"""`guestpass local` as a person uses it: started in a shell, sourced, asked by the aws CLI, stopped by Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from guestpass.cli.play.guests import reading_env

pytestmark = pytest.mark.journey

PATIENCE = 60


def settings(home: Path) -> dict[str, str]:
    """A shell without any AWS configuration of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    tools = str(Path(sys.executable).parent)
    return kept | {
        "PATH": os.pathsep.join([tools, kept["PATH"]]),
        "HOME": str(home),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "guestpass", "local", *words]


class Running:
    """A `guestpass local` that has said everything it says before it waits."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command(*words),
            cwd=folder,
            env=settings(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        self.said = ""
        assert self.process.stderr is not None
        for row in self.process.stderr:
            self.said += row
            if "Ctrl-C" in row:
                break
        timer.cancel()

    @property
    def file(self) -> Path:
        """The file to source, as the output names it."""
        found = re.search(r"^source (.+)$", self.said, re.MULTILINE)
        assert found, self.said
        return self.folder / shlex.split(found[1])[0]

    @property
    def asks(self) -> str:
        """The aws command that the output proposes."""
        found = re.search(r"^aws .+$", self.said, re.MULTILINE)
        assert found, self.said
        return found[0]

    def stop(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out + err


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
    started.process.communicate()


def listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def test_its_own_words_lead_the_aws_cli_to_it_and_ctrl_c_leaves_nothing_behind(running: Running) -> None:
    assert stat.S_IMODE(running.file.stat().st_mode) == 0o600
    told = reading_env(running.file)
    assert told["AWS_ENDPOINT_URL"] in running.asks
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", told["AWS_ENDPOINT_URL"])
    for secret in (told["AWS_SECRET_ACCESS_KEY"], told["GUESTPASS_CONTROL_TOKEN"]):
        assert secret not in running.said

    asked = subprocess.run(
        ["bash", "-c", f". {shlex.quote(str(running.file))} && {running.asks}"],
        env=settings(running.folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["Arn"].endswith(":user/owner")

    taken = subprocess.run(
        command("--port", told["AWS_ENDPOINT_URL"].rsplit(":", 1)[1], "--env", "second.env"),
        cwd=running.folder,
        env=settings(running.folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert taken.returncode == 2, taken.stderr
    assert re.search(r"hint: guestpass local --port \d+", taken.stderr)
    assert not (running.folder / "second.env").exists()
    assert listens(told["AWS_ENDPOINT_URL"]), "the one that was there first goes on"

    code, rest = running.stop(signal.SIGINT)
    assert (code, rest) == (0, "")
    assert list(running.folder.iterdir()) == []
    assert not listens(told["AWS_ENDPOINT_URL"])


def test_a_request_to_end_is_as_good_as_ctrl_c(running: Running) -> None:
    endpoint = reading_env(running.file)["AWS_ENDPOINT_URL"]
    assert running.stop(signal.SIGTERM) == (0, "")
    assert list(running.folder.iterdir()) == []
    assert not listens(endpoint)
