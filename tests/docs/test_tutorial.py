"""The tutorial is run as it is printed, command by command, against the box that it starts itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
# 0: yes or done; 3: no, or changes pending (a plan with steps, an account that is not guarded yet)
FINE = {0, 3}


def commands() -> list[str]:
    """Every line after `$ ` in the tutorial's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command as the reader's shell would, which has sourced `box.env` by then."""
    sourced = "[ ! -f box.env ] || source box.env; "
    return subprocess.run(
        ["bash", "-c", sourced + command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.journey
def test_every_command_of_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    tools = Path(sys.executable).parent
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GUESTPASS_HOME": str(tmp_path / "home"),
    }
    first, *rest = commands()
    assert first.endswith(" &")
    box = subprocess.Popen(
        first.removesuffix(" &").split(), cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "box.env").exists():
            assert box.poll() is None, "the box did not start"
            assert time.monotonic() < deadline, "the box wrote no file to source"
            time.sleep(0.1)
        for command in rest:
            done = run(command, tmp_path, environment)
            refused = command.endswith("# refused")
            assert (done.returncode not in FINE) is refused, f"{command}\n{done.stdout}\n{done.stderr}"
            if refused:
                assert re.search(r"AccessDenied|UnauthorizedOperation|AuthFailure", done.stderr), done.stderr
    finally:
        box.send_signal(signal.SIGINT)
        box.wait(timeout=10)
    assert not (tmp_path / "box.env").exists()
    assert (tmp_path / "pass.yaml").exists()


def test_every_verb_of_a_loan_is_in_the_tutorial_or_the_readme() -> None:
    from guestpass.cli.verbs import VERBS

    told = TUTORIAL.read_text(encoding="utf-8") + (TUTORIAL.parents[1] / "README.md").read_text(
        encoding="utf-8"
    )
    assert not [verb.name for verb in VERBS if not re.search(rf"\b(guestpass|make) {verb.name}\b", told)]
