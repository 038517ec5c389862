"""The script on an instance, on a real sshd: as root with an account of the guest's own, and as anyone with none."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestpass.local.machines import missing_programs

TOP = Path(__file__).parents[2]


def driven(*account: str) -> dict[str, Any]:
    lacking = missing_programs()
    assert not lacking, "; ".join(lacking)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("driver.py")), *account], capture_output=True, text=True, timeout=120,
        env={"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "PYTHONPATH": str(TOP / "src"), "HOME": "/tmp",
             "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def somebody() -> Iterator[str]:
    """An account that is not root, made for the test; whoever runs the tests where they are not root."""
    if os.geteuid() != 0:
        yield pwd.getpwuid(os.geteuid()).pw_name
        return
    name = f"gp-{secrets.token_hex(4)}"
    words = [
        "useradd",
        "--no-create-home",
        "--home-dir",
        "/tmp",
        "--shell",
        "/bin/sh",
        "--password",
        "*",
        name,
    ]
    subprocess.run(words, check=True)
    try:
        yield name
    finally:
        subprocess.run(["userdel", "--force", name], check=True)


def held(seen: dict[str, Any]) -> None:
    assert seen["before"] is False, "nobody comes in before the key is let in"
    assert seen["expired"] == [0, False], "a key whose end is past opens nothing"
    assert seen["admitted"] == [0, True]
    assert seen["shell"] == "in"
    code, rows = seen["freeze"]
    assert (code, [row["ok"] for row in rows]) == (0, [True] * len(rows))
    assert (seen["shell_ended"], seen["after"], seen["sshd_lives"]) == (True, False, True)
    assert seen["bystander_lives"], "what is not the guest's goes on"
    assert seen["again"] == 0
    code, rows = seen["wrong_key"]
    assert code == 1
    assert "AAAA" not in json.dumps(rows)


def test_as_root_the_guest_has_an_account_of_their_own_which_is_locked_and_then_gone():
    if os.geteuid() != 0:
        pytest.skip("making an account needs root; the next test walks the way without it")
    seen = driven()
    held(seen)
    assert seen["own_account"] is True
    assert any("account is gone" in row["says"] for row in seen["revoke"][1])


def test_without_root_only_what_runs_below_the_servers_log_ins_is_ended(somebody: str):
    seen = driven(*((somebody,) if os.geteuid() == 0 else ()))
    held(seen)
    assert seen["own_account"] is False
    assert any("no account of the guest's own" in row["says"] for row in seen["revoke"][1])
