"""`guestpass compare`: the exit code is the answer, for one template and for several, by name or from a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guestpass.cli import main
from guestpass.loan import read_pass
from guestpass.loan.wall import wall_document

TOP = Path(__file__).parents[2]
PASS = TOP / "examples" / "php-mysql" / "pass.yaml"
GUIDE = TOP / "docs" / "guides" / "is-power-user-good.md"
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(autouse=True)
def no_account(monkeypatch):
    """No credentials are here: the dated copies answer."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def ask(capsys):
    """`ask(template, …)` gives the exit code and the JSON answer."""

    def run(*templates):
        code = main(["compare", str(PASS), *map(str, templates), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def wall(tmp_path):
    """A template that gives what the job needs and no more: the pass's own wall."""
    file = tmp_path / "wall.json"
    file.write_text(json.dumps(wall_document(read_pass(PASS))), "utf-8")
    return file


@pytest.fixture
def open_wall(tmp_path):
    """The same, from one office alone: whether the guest sits there nobody told."""
    document = wall_document(read_pass(PASS))
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            statement.setdefault("Condition", {})["IpAddress"] = {"aws:SourceIp": "192.0.2.0/24"}
    file = tmp_path / "office.json"
    file.write_text(json.dumps(document), "utf-8")
    return file


def test_without_a_template_power_user_is_asked_about_and_told_with_version_and_date(ask):
    code, told = ask()
    assert code == 3
    assert told["schema"] == "guestpass.compare/2"
    (only,) = told["templates"]
    assert (only["template"], only["good"], only["enough"]) == ("PowerUserAccess", False, False)
    assert re.fullmatch(r"v\d+", only["version"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", only["date"])
    assert only["says"].startswith("no: PowerUserAccess is not enough (it lacks iam:PassRole) and too much (")
    assert sum(only["doors_by_category"].values()) == len(only["doors"]) > len(told["own"]["doors"]) > 0
    assert told["own"]["escalations"] == []


def test_a_template_that_gives_what_is_needed_and_no_more_exits_0(ask, wall):
    code, told = ask(wall)
    assert code == 0
    (only,) = told["templates"]
    assert (only["good"], only["lacks"], only["beyond"], only["version"]) == (True, [], 0, None)


def test_a_template_whose_conditions_nobody_can_weigh_exits_4(ask, open_wall):
    code, told = ask(open_wall)
    assert code == 4
    (only,) = told["templates"]
    assert only["good"] is None
    assert {each["how"] for each in only["lacks"]} == {"unclear"}
    assert "aws:SourceIp" in only["lacks"][0]["because"]


def test_of_several_templates_the_worst_is_the_answer_and_the_best_comes_first(ask, wall, open_wall):
    for templates, code, first in (
        ((wall, open_wall), 4, "wall"),
        ((open_wall, "AdministratorAccess"), 3, "office"),
        (("AdministratorAccess", "PowerUserAccess", "AdministratorAccess", wall), 3, "wall"),
    ):
        answer, told = ask(*templates)
        assert answer == code
        assert told["templates"][0]["template"] == first
        assert len(told["templates"]) == len(set(templates))


def test_a_template_nobody_knows_and_a_file_that_is_no_policy_exit_2(ask, tmp_path):
    code, told = ask("PowerUserAccess", "PowerfulUserAccess")
    assert (code, told["kind"]) == (2, "input")
    assert "PowerfulUserAccess" in told["says"]
    empty = tmp_path / "empty.json"
    empty.write_text("[]", "utf-8")
    assert ask(empty)[0] == 2
    assert ask(tmp_path / "none.json")[0] == 2


def test_the_page_fits_eighty_columns_and_says_who_is_the_least_bad(capsys):
    named = ("PowerUserAccess", "AdministratorAccess", "AmazonEC2FullAccess")
    assert main(["compare", str(PASS), *named]) == 3
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "least bad: AmazonEC2FullAccess" in shown
    assert "PowerUserAccess is safer than AdministratorAccess because" in " ".join(shown.split())


def test_a_pass_whose_wall_does_not_fit_is_compared_all_the_same(capsys, tmp_path):
    subnets = ", ".join(f"subnet-{number:017x}" for number in range(120))
    large = tmp_path / "pass.yaml"
    large.write_text(re.sub(r"subnets: \[[^]]*\]", f"subnets: [{subnets}]", PASS.read_text("utf-8")), "utf-8")
    assert main(["compare", str(large)]) == 3
    said = capsys.readouterr()
    assert "the pass itself is not beside them: the wall has" in said.err
    assert "the pass itself" not in said.out


def test_the_guide_shows_what_the_command_says(capsys, monkeypatch, tmp_path):
    """Word for word, but for what the guide leaves out with `…`."""
    monkeypatch.chdir(tmp_path)
    Path("pass.yaml").write_text(PASS.read_text("utf-8"), "utf-8")
    blocks = re.findall(
        r"```console\n\$ guestpass (compare .+)\n((?:(?!```).*\n)*)```", GUIDE.read_text("utf-8")
    )
    assert len(blocks) >= 2
    for command, shown in blocks:
        assert main(command.split()) == 3
        said = capsys.readouterr().out
        place = 0
        for piece in shown.split("…\n"):
            found = said.find(piece, place)
            assert found >= 0, piece
            place = found + len(piece)
