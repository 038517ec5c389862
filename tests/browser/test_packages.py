"""`tools/test-packages` on machines that lack what it installs: nothing here is installed, `sudo` only notes what it is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "test-packages"
TOOLS = ("sh", "cat", "rm", "mktemp", "tail", "tee", "chmod", "env")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stands for a machine without a browser, whose user is not root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOOLS:
        found = subprocess.run(
            ["/bin/sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=True
        )
        (programs / name).symlink_to(found.stdout.strip())
    program(programs, "id", "echo 1000")
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def run(machine: Path, **more: str) -> subprocess.CompletedProcess[str]:
    settings = {"PATH": str(machine / "bin"), "TMPDIR": str(machine), **more}
    return subprocess.run(
        [SCRIPT], env=settings, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def test_where_nothing_is_missing_it_says_and_does_nothing(machine: Path) -> None:
    for name in ("chromium", "sshd", "ssh-keygen", "mariadbd"):
        program(machine / "bin", name, "exit 9")
    ran = run(machine)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_without_apt_it_names_what_is_missing_and_how_to_get_it(machine: Path) -> None:
    ran = run(machine)
    assert ran.returncode == 1
    assert "the tests need chromium" in ran.stderr
    assert "no apt-get" in ran.stderr
    assert "hint: as an administrator: apt-get install --no-install-recommends chromium" in ran.stderr


def test_without_root_and_sudo_it_says_so(machine: Path) -> None:
    program(machine / "bin", "apt-get", "exit 0")
    ran = run(machine)
    assert ran.returncode == 1
    assert "you are not root and have no sudo" in ran.stderr


def test_a_sudo_that_would_ask_where_nobody_answers_is_not_waited_for(machine: Path) -> None:
    program(machine / "bin", "apt-get", "exit 0")
    program(machine / "bin", "sudo", "exit 1")
    ran = run(machine)
    assert ran.returncode == 1
    assert "nobody is there to give it" in ran.stderr


def test_it_installs_without_asking_and_without_starting_a_service(machine: Path) -> None:
    program(machine / "bin", "apt-get", "exit 0")
    program(machine / "bin", "sudo", f'printf "%s\\n" "$*" >> "{machine}/told"')
    ran = run(machine)
    assert ran.returncode == 0
    told = (machine / "told").read_text(encoding="utf-8").splitlines()
    install = next(line for line in told if "apt-get install" in line)
    assert install.startswith(
        "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
    )
    assert "chromium" in install
    policy = Path("/usr/sbin/policy-rc.d")
    if not policy.exists():
        assert told.index(f"tee {policy}") < told.index(install) < told.index(f"rm -f {policy}")


def test_when_apt_cannot_it_tries_with_new_lists_and_then_says_apts_last_words(machine: Path) -> None:
    program(machine / "bin", "apt-get", "exit 0")
    program(
        machine / "bin",
        "sudo",
        f'printf "%s\\n" "$*" >> "{machine}/told"\ncase "$*" in *apt-get*) echo "E: no space left"; exit 100 ;; esac',
    )
    ran = run(machine)
    assert ran.returncode == 1
    assert "E: no space left" in ran.stderr
    assert "they could not be installed" in ran.stderr
    told = (machine / "told").read_text(encoding="utf-8")
    assert "apt-get update" in told
