"""The guide to needs and policies shows what the commands say, word for word, but for what it leaves out with `…`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from guestpass.cli import main

TOP = Path(__file__).parents[2]
GUIDE = TOP / "docs" / "guides" / "what-a-job-needs.md"
SHOWN = re.compile(r"^\$ guestpass (.+)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
COMMANDS = SHOWN.findall(GUIDE.read_text("utf-8"))


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_the_guide_shows_what_the_command_says(
    command: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(TOP)
    main(shlex.split(command))
    said = capsys.readouterr().out
    at = 0
    for piece in shown.split("…\n"):
        assert piece in said[at:]
        at = said.index(piece, at) + len(piece)


def test_the_guide_shows_each_of_the_three_verbs() -> None:
    assert {command.split()[0] for command, _ in COMMANDS} == {"needs", "policy", "wall"}
