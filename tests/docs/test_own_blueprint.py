"""The guide to a blueprint of one's own shows what the commands say, and names what is refused in the words that are said."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from guestpass.cli import main
from guestpass.errors import InputError
from guestpass.loan.job import setting_of
from guestpass.loan.reading import read_pass
from guestpass.needs import blueprint, read_blueprint
from guestpass.needs.entry import STANCES

TOP = Path(__file__).parents[2]
GUIDE = (TOP / "docs" / "guides" / "own-blueprint.md").read_text("utf-8")
FOLDER = TOP / "examples" / "own-blueprint"
OWN = (FOLDER / "queue-worker.yaml").read_text("utf-8")
COMMANDS = re.findall(r"^\$ guestpass (.+)\n((?:(?!\$ |```).*\n)*)", GUIDE, re.MULTILINE)
REFUSED = re.findall(
    r"^\| `(.+?)` \| `(.+?)` \| (.+) \|$", GUIDE.partition("## What is refused")[2], re.MULTILINE
)


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[command.split()[0] for command, _ in COMMANDS])
def test_the_guide_shows_what_the_command_says(
    command: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(TOP)
    main(shlex.split(command))
    said, at = capsys.readouterr().out, 0
    for piece in shown.split("…\n"):
        assert piece in said[at:]
        at = said.index(piece, at) + len(piece)


def test_the_guide_shows_policy_and_wall_and_quotes_the_example() -> None:
    assert [command.split()[0] for command, _ in COMMANDS] == ["policy", "wall"]
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL):
        assert block in OWN or block in (FOLDER / "pass.yaml").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \|", GUIDE.partition("## What is refused")[0], re.MULTILINE)
    assert sorted(told) == sorted(STANCES)


@pytest.mark.parametrize(("written", "meant", "says"), REFUSED, ids=[written for written, _, _ in REFUSED])
def test_a_mistake_is_refused_in_the_words_of_the_guide_with_its_line(
    written: str, meant: str, says: str
) -> None:
    assert meant in OWN
    wrong = OWN.replace(meant, written, 1)
    with pytest.raises(InputError) as caught:
        read(wrong)
    assert caught.value.says == says
    assert caught.value.place is not None
    lines = [number for number, line in enumerate(wrong.split("\n"), start=1) if written in line]
    # an action that takes no such type is named where the type stands, which is below it
    assert caught.value.place.line in (*lines, lines[0] + 1)
    assert len(REFUSED) >= 9


def test_the_template_is_read_as_it_stands_and_uses_each_word_that_an_entry_has() -> None:
    needs = read(OWN)
    assert {need.stance for need in needs} == {"asks", "creates", "changes", "uses", "lists", "tags"}
    assert {need.kind for need in needs} == {"blueprint", "dependent", "teardown"}
    told = blueprint("queue-worker.yaml", text=OWN)
    assert (told.runs_as, [warned.sid for warned in told.warned]) == ("lambda", ["ReserveCapacity"])
    assert dict(told.options["mail"].asks) == {"domain": "domain"}


def test_what_is_agreed_word_for_word_says_what_it_does_not_hold() -> None:
    bare = OWN.replace("    kind: dependent\n", "    kind: agreed\n", 1)
    with pytest.raises(InputError, match="held by its own words alone"):
        read(bare)


def test_a_type_that_needs_what_the_blueprint_does_not_ask_for_is_refused() -> None:
    asks = OWN.replace("actions: [sqs:CreateQueue]", "actions: [ec2:RunInstances]")
    with pytest.raises(InputError, match=r"nothing in the pass fills `\{instance-types\}`"):
        read(asks.replace("    creates: [queue]\n", "    creates: [instance]\n", 1))


def read(text: str):
    setting = setting_of(read_pass(FOLDER / "pass.yaml"))
    return read_blueprint(text, file="queue-worker.yaml", setting=setting, login="access-key")
