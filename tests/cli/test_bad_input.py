"""Each wrong pass ends with exit 2, the file and the line, what was expected; and nothing was asked of any account."""

import json
from pathlib import Path

import pytest

from guestpass.cli import main

GOOD = """\
pass: acme-shop
account: "123456789012"
guest:
  name: Jo Example
  login: access-key
  key: age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v
job:
  blueprint: php-mysql
  instance-types: [t3.micro]
  database-classes: [db.t3.micro]
network:
  vpc: vpc-0a1b2c3d4e5f60718
  subnets: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
regions: [eu-west-1]
until: 2099-12-31T18:00:00Z
spend: {monthly-usd: 50, notify: owner@example.org}
"""

# what is replaced, by what, the line that must be named, words of the message
WRONG = {
    "unknown field": ("pass: acme", "pas: acme", 1, "unknown field `pas`"),
    "wrong type": ("regions: [eu-west-1]", "regions: eu-west-1", 14, "is not a list"),
    "not YAML": ("guest:\n", "guest: [\n", None, "not YAML"),
    "bad name": ("acme-shop", "Acme Shop", 1, "cannot name a pass"),
    "bad account": ('"123456789012"', "1234", 2, "is not an AWS account"),
    "unknown login": ("access-key", "root", 5, "unknown login `root`"),
    "unreadable key": ("age1d3", "age1xx", 6, "the key cannot be read"),
    "private key": ("age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v",
                    "AGE-SECRET-KEY-1QQ", 6, "a private key"),
    "unknown blueprint": ("php-mysql", "php-mysq", 8, "unknown blueprint `php-mysq`"),
    "wildcard size": ("[t3.micro]", "[t3.*]", 9, "is not an instance type"),
    "bad VPC": ("vpc-0a1b2c3d4e5f60718", "my-vpc", 12, "is not a VPC"),
    "bad region": ("eu-west-1", "eu-west-9", 14, "unknown region `eu-west-9`"),
    "no zone": ("18:00:00Z", "18:00:00", 15, "says no zone"),
    "bad date": ("2099-12-31T18:00:00Z", "soon", 15, "is not a time"),
    "no money": ("monthly-usd: 50", "monthly-usd: lots", 16, "is not an amount"),
    "bad mail": ("owner@example.org", "owner", 16, "is not a mail address"),
}  # fmt: skip

VERBS = ("plan", "grant", "guard", "compare")


@pytest.fixture(autouse=True)
def nobody_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would connect would say so: no credentials are here, and the connection itself is forbidden."""

    def never(*_: object) -> None:
        raise AssertionError("the account was asked about a pass that is wrong")

    monkeypatch.setattr("guestpass.cli.account.connect", never)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pass_is_named_by_line_and_nothing_is_asked(
    case: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, where, says = WRONG[case]
    assert old in GOOD
    path = tmp_path / "pass.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    assert main([verb, str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "input"
    assert says in told["says"]
    assert told["place"]["file"] == str(path)
    assert told["place"]["line"] is not None
    if where is not None:
        assert told["place"]["line"] == where
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("case", WRONG)
def test_the_doctor_names_what_is_wrong_in_the_pass(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, _, says = WRONG[case]
    path = tmp_path / "pass.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    assert main(["doctor", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert says in told["checks"][0]["says"]
    assert f"{path}:" in told["checks"][0]["says"]


def test_the_message_names_file_and_line_as_an_editor_takes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pass.yaml"
    path.write_text(GOOD.replace("php-mysql", "php-mysq"))
    assert main(["plan", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"at {path}:8:14 ($.job.blueprint)" in told
    assert "expected one of `containers`, `php-mysql`, " in told
    assert "hint: did you mean `php-mysql`?" in told


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"\xff\xfe\xfa", b"- a\n- b\n", b"&a [*a]\n", b"x" * 100_000]
)
@pytest.mark.parametrize("verb", VERBS)
def test_what_is_no_pass_at_all_is_refused(content: bytes, verb: str, tmp_path: Path) -> None:
    path = tmp_path / "pass.yaml"
    path.write_bytes(content)
    assert main([verb, str(path)]) == 2


def test_a_hostile_word_of_the_pass_cannot_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pass.yaml"
    path.write_text(GOOD.replace("php-mysql", '"\\e[2J\\u202e"'))
    assert main(["plan", str(path)]) == 2
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\u202e" not in told
