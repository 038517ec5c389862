"""`guestpass init`: what it writes is a pass, what is missing is named by its option, nothing is overwritten."""

import json
from pathlib import Path

import pytest

from guestpass.cli import main
from guestpass.loan import read_pass

WORDS = {
    "--name": "acme-shop",
    "--owner-account": "123456789012",
    "--guest": 'Jo "the guest" Example',
    "--login": "access-key",
    "--key": "age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v",
    "--blueprint": "php-mysql",
    "--instance-types": "t3.micro,t3.small",
    "--database-classes": "db.t3.micro",
    "--regions": "eu-west-1",
    "--vpc": "vpc-0a1b2c3d4e5f60718",
    "--subnets": "subnet-0a1b2c3d4e5f60718,subnet-0a1b2c3d4e5f60719",
    "--until": "2099-12-31",
    "--monthly-usd": "50",
    "--notify": "owner@example.org",
}
Capture = pytest.CaptureFixture[str]


def words(**changed: str | None) -> list[str]:
    given = {**WORDS, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    return [word for name, value in given.items() if value is not None for word in (name, value)]


def test_the_options_make_a_pass_that_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "pass.yaml"
    assert main(["init", str(path), *words()]) == 0
    written = read_pass(path)
    assert written.name == "acme-shop"
    assert written.guest.name == 'Jo "the guest" Example'
    assert written.job.instance_types == ("t3.micro", "t3.small")
    assert len(written.network.subnets) == 2


def test_a_public_key_can_be_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(WORDS["--key"] + "\n")
    path = tmp_path / "pass.yaml"
    assert main(["init", str(path), *words(key=str(tmp_path / "key.pub"))]) == 0
    assert read_pass(path).guest.key == WORDS["--key"]


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "pass.yaml"
    path.write_text("mine")
    assert main(["init", str(path), *words()]) == 2
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == "mine"


@pytest.mark.parametrize("option", [name for name in WORDS if name != "--owner-account"])
def test_what_is_missing_is_named_by_its_option_where_nobody_can_be_asked(
    option: str, tmp_path: Path, capsys: Capture
) -> None:
    given = words(**{option.removeprefix("--"): None})
    assert main(["init", str(tmp_path / "pass.yaml"), *given, "--json"]) == 2
    assert option in json.loads(capsys.readouterr().out)["says"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "option"),
    [
        ({"name": "A"}, "--name"),
        ({"regions": "mars-1"}, "--regions"),
        ({"until": "soon"}, "--until"),
        ({"key": "ssh-dss AAAA"}, "--key"),
        ({"blueprint": "java"}, "--blueprint"),
        ({"monthly_usd": "-1"}, "--monthly-usd"),
    ],
)
def test_a_wrong_answer_is_named_by_its_option(
    changed: dict, option: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["init", str(tmp_path / "pass.yaml"), *words(**changed), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["says"].startswith(f"`{option}`: ")
    assert list(tmp_path.iterdir()) == []


def test_a_role_needs_the_guests_account_and_no_key(tmp_path: Path) -> None:
    path = tmp_path / "pass.yaml"
    assert main(["init", str(path), *words(login="role", key=None, guest_account="210987654321")]) == 0
    assert read_pass(path).guest.account == "210987654321"
