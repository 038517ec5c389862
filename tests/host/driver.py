"""Walks one machine as whoever runs it, or as the account that is named: log in, freeze, see what has ended.

Prints what it saw as JSON.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from guestpass.host import PROGRAM, script
from guestpass.local.machines_keeper import Keeper

# the system's own: it needs nothing but the standard library, and whoever this becomes may start it
PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable


def main() -> None:
    if len(sys.argv) > 1:
        # read while it can be: sources and library may lie where that account cannot look
        script(), "localhost".encode("idna")
        account = pwd.getpwnam(sys.argv[1])
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    keys = Path(tempfile.mkdtemp(prefix="gp-driver-"))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / "id")], check=True)
    keeper = Keeper()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        sys.stdout.write(json.dumps(walked(keeper, keys, bystander)))
    finally:
        keeper.close()
        bystander.kill()
        bystander.wait()
        subprocess.run(["rm", "-r", str(keys)], check=True)


def walked(keeper: Keeper, keys: Path, bystander: subprocess.Popen[bytes]) -> dict[str, Any]:
    told = keeper.asked({"do": "machine", "name": "i-1", "database": "acme-shop", "schema": "site"})
    folder = Path(told["folder"])
    (keys / "known_hosts").write_text(
        f"[127.0.0.1]:{told['port']} {' '.join(told['host_key'].split()[:2])}\n"
    )
    ssh = ["ssh", "-F", "/dev/null", "-i", str(keys / "id"), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
           "-o", f"UserKnownHostsFile={keys / 'known_hosts'}", "-o", "StrictHostKeyChecking=yes",
           "-p", str(told["port"]), f"{told['user']}@127.0.0.1"]  # fmt: skip

    def host(*words: str) -> tuple[int, list[dict[str, Any]]]:
        settings = {"PATH": os.environ["PATH"], "GUESTPASS_HOST": str(folder / "etc/guestpass/host.json")}
        program = [PYTHON, "-I", str(folder / PROGRAM.lstrip("/")), *words]
        done = subprocess.run(program, capture_output=True, text=True, env=settings)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def logs_in() -> bool:
        return subprocess.run([*ssh, "true"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0

    def admit(until: float) -> int:
        key = " ".join((keys / "id.pub").read_text().split()[:2])
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + until))
        return host("admit", "--database", "127.0.0.1:1", "--until", ends, "--key", key)[0]

    seen: dict[str, Any] = {"own_account": told["own_account"], "before": logs_in()}
    seen["expired"] = [admit(-60), logs_in()]
    seen["admitted"] = [admit(3600), logs_in()]
    shell = subprocess.Popen([*ssh, "echo in; sleep 600"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert shell.stdout is not None
    seen["shell"] = shell.stdout.readline().decode().strip()
    seen["freeze"] = host("freeze")
    try:
        shell.wait(timeout=10)
        seen["shell_ended"] = True
    except subprocess.TimeoutExpired:
        shell.kill()
        shell.wait()
        seen["shell_ended"] = False
    shell.stdout.close()
    seen["after"] = logs_in()
    seen["bystander_lives"] = bystander.poll() is None
    seen["sshd_lives"] = keeper.machines["i-1"].sshd.poll() is None  # type: ignore[union-attr]
    seen["again"] = host("freeze")[0]
    seen["revoke"] = host("revoke")
    seen["wrong_key"] = host("admit", "--database", "127.0.0.1:1", "--until", "2030-01-01T00:00:00Z",
                             "--key", 'ssh-ed25519 AAAA",command="id')  # fmt: skip
    return seen


if __name__ == "__main__":
    main()
