"""`guestpass wall`: each statement of the wall as a row, with what it costs and what it does not reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestpass.access.policy import size_of
from guestpass.cli import main
from guestpass.needs import blueprints

PASS = Path(__file__).parents[2] / "examples" / "php-mysql" / "pass.yaml"


@pytest.fixture
def ask(capsys):
    """`ask(file)` gives the exit code and the JSON answer."""

    def run(file, *words):
        code = main(["wall", str(file), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def changed(tmp_path):
    """Write the example's pass with a text replaced."""

    def write(old, new):
        text = PASS.read_text("utf-8")
        assert old in text
        file = tmp_path / "pass.yaml"
        file.write_text(text.replace(old, new), "utf-8")
        return file

    return write


def test_every_statement_has_a_row_and_the_figures_are_those_of_the_document(ask):
    code, told = ask(PASS)
    assert code == 0
    assert [wall["policy"] for wall in told["walls"]] == ["acme-shop-wall", "acme-shop-instance-wall"]
    for wall in told["walls"]:
        sids = [each["Sid"] for each in wall["document"]["Statement"]]
        assert [row["sid"] for row in wall["statements"]] == sids
        assert wall["characters"] == size_of(wall["document"]) <= wall["limit"]
        for row in wall["statements"]:
            assert row["limit"]
            assert row["characters"] == size_of(row["statement"])


def test_the_table_fits_eighty_columns_with_and_without_ids(capsys):
    for words in ((), ("--verbose",)):
        assert main(["wall", str(PASS), *words]) == 0
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= 80
        assert ("DenyAfterTheEnd" in shown) == bool(words)


def test_a_wall_that_does_not_fit_names_the_statement_that_costs_most(changed, capsys):
    subnets = ", ".join(f"subnet-{number:017x}" for number in range(60))
    file = changed("[subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]", f"[{subnets}]")
    assert main(["wall", str(file)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "more than a policy holds" in said
    assert "`UseEc2` costs most" in said


def test_what_was_agreed_besides_is_a_row_of_its_own(ask, changed):
    file = changed(
        "  image-owners: [amazon]\n",
        "  image-owners: [amazon]\n  also:\n    - actions: [sqs:ListQueues]\n      why: the deploy tool looks first\n"
        '    - {actions: [sqs:SendMessage], on: ["arn:aws:sqs:eu-west-1:123456789012:acme-shop-*"], why: to try it}\n',
    )
    _, told = ask(file)
    rows = {row["sid"]: row for row in told["walls"][0]["statements"]}
    assert rows["AlsoListQueues"]["statement"]["Action"] == "sqs:ListQueues"
    # a queue of someone else's whose own policy names the guest stays out
    others = rows["DenyOtherThings"]["statement"]
    assert others["NotResource"] == "arn:aws:sqs:eu-west-1:123456789012:acme-shop-*"
    assert others["NotAction"] == ["ec2:*", "iam:*", "rds:*", "sqs:ListQueues", "sts:*"]


@pytest.mark.parametrize(
    ("also", "says"),
    [
        ("{actions: [sqs:SendMesage], on: ['*'], why: x}", "AWS lists no action `sqs:SendMesage`"),
        ("{actions: [iam:CreateUser], on: ['*'], why: x}", "decides who may do what"),
        ("{actions: [sqs:SendMessage], on: ['*'], why: x}", "can be limited to resources"),
        ("{actions: [sqs:SendMessage], why: x}", "nothing is said of the resources"),
        ("{actions: [sqs:SendMessage], on: ['arn:aws:s3:::x'], why: x}", "takes no resource of this kind"),
        (
            "{actions: [sqs:SendMessage], on: ['arn:aws:sqs:eu-west-1:999999999999:x'], why: x}",
            "is of account",
        ),
        (
            "{actions: [iam:PassRole], on: ['arn:aws:iam::123456789012:role/x'], why: x}",
            "passed to a named service",
        ),
        (
            "{actions: [iam:PassRole], on: ['arn:aws:iam::123456789012:role/*'], to: [lambda.amazonaws.com], why: x}",
            "by its whole ARN",
        ),
        (
            "{actions: [ec2:DescribeVpcs], on: ['*'], to: [lambda.amazonaws.com], why: x}",
            "only a role is passed",
        ),
    ],
)
def test_an_addition_that_cannot_be_held_is_refused_with_its_place(changed, capsys, also, says):
    file = changed("  image-owners: [amazon]\n", f"  image-owners: [amazon]\n  also:\n    - {also}\n")
    assert main(["wall", str(file)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert says in said
    assert "pass.yaml:1" in said


def test_a_blueprint_of_ones_own_lies_beside_the_pass(ask, tmp_path):
    (tmp_path / "queue.yaml").write_text(
        "blueprint: queue\ntitle: a worker's queue\nruns-as: lambda\nguest:\n"
        "  - {sid: FillQueue, why: to try the worker, actions: [logs:CreateLogGroup], uses: [log-group]}\n"
        "instance:\n  - {sid: WriteLogs, why: to see it work, actions: [logs:PutLogEvents], uses: [log-stream]}\n",
        "utf-8",
    )
    head, _, rest = PASS.read_text("utf-8").partition("job:\n")
    tail = rest[rest.index("regions:") :]
    file = tmp_path / "pass.yaml"
    file.write_text(f"{head}job:\n  blueprint: ./queue.yaml\n\n{tail}", "utf-8")
    code, told = ask(file)
    assert code == 0
    assert [row["sid"] for row in told["walls"][0]["statements"]][:2] == ["UseLogGroup", "DenyBeyondTheJob"]


def test_wordpress_is_php_mysql_with_its_bucket_in_the_core(ask, changed):
    assert "wordpress" in blueprints()
    _, plain = ask(PASS)
    _, told = ask(changed("blueprint: php-mysql", "blueprint: wordpress"))
    sids = {row["sid"] for row in told["walls"][0]["statements"]}
    assert {row["sid"] for row in plain["walls"][0]["statements"]} < sids
    assert "DenyOtherThings" in sids
