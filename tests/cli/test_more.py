"""`guestpass more`: a refusal as it was pasted, the lines for the pass, and, on a live box, the call that then goes through."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from botocore.exceptions import ClientError

from guestpass.cli import main
from guestpass.cli.sealing import opened
from guestpass.loan import read_pass
from guestpass.loan.writing import pass_text
from guestpass.local import Box, Credentials, start
from loan.story import OWNER, REGION, a_pass
from loan.test_more import CREATE, CREATED, QUEUE, USER, silent
from local.speaking import client_of

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pass in it that the owner has written a word into."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pass.yaml").write_text(
        pass_text(a_pass()).replace("job:\n", "job:  # ours, signed by both\n")
    )
    return tmp_path


def shown(capsys: Capture) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out.strip().splitlines()[-1]))


def test_a_pasted_message_is_answered_with_the_lines_to_add(folder: Path, capsys: Capture) -> None:
    """Nothing is written; the answer says what else is allowed, and the exit code that something is pending."""
    before = (folder / "pass.yaml").read_text()
    assert (
        main(
            [
                "more",
                "pass.yaml",
                f"An error occurred (AccessDenied) when calling the CreateQueue operation: {CREATE}",
            ]
        )
        == 3
    )
    out, err = capsys.readouterr()
    assert "+ more: " in out
    assert "    - actions: [sqs:CreateQueue]\n" in out
    assert f'      on: ["{QUEUE[:-4]}*"]\n' in out
    assert "which doors it would open" in out
    assert "characters, then" in out
    assert "next: guestpass more pass.yaml MESSAGE --write" in err
    assert (folder / "pass.yaml").read_text() == before


def test_the_same_is_read_from_standard_input_and_from_a_file(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "event.json").write_text(json.dumps(CREATED), encoding="utf-8-sig")

    class Standard:
        buffer = io.BytesIO(CREATE.encode())

    assert main(["more", "pass.yaml", "event.json", "--json"]) == 3
    of_file = shown(capsys)
    monkeypatch.setattr("sys.stdin", Standard)
    assert main(["more", "pass.yaml", "-", "--json"]) == 3
    of_input = shown(capsys)
    assert of_file["schema"] == of_input["schema"] == "guestpass.more/1"
    for told in (of_file, of_input):
        (also,) = told["also"]
        assert (also["actions"], also["on"]) == (["sqs:CreateQueue"], [f"{QUEUE[:-4]}*"])
        assert told["written"] is False
        assert told["effects"]["wall"]["size"] > told["effects"]["wall"]["was"]
    assert of_file["answers"][0]["at"] == "2026-11-30T10:00:00+00:00"


def test_the_lines_are_put_into_the_pass_and_every_other_line_stays(folder: Path, capsys: Capture) -> None:
    path = folder / "pass.yaml"
    path.chmod(0o640)
    before = path.read_text()
    assert main(["more", "pass.yaml", CREATE, "--write", "--why", "the site's mail"]) == 0
    after = path.read_text()
    assert "next: guestpass plan pass.yaml" in capsys.readouterr().err
    assert read_pass(path).job.also[0].why == "the site's mail"
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    assert len(new) == 4
    assert [line for line in after.splitlines() if line not in new] == before.splitlines()
    assert path.stat().st_mode & 0o777 == 0o640
    assert main(["more", "pass.yaml", CREATE, "--write"]) == 0, (
        "it is in the pass already, where the request has the tag"
    )
    assert path.read_text() == after


def test_the_exit_code_tells_what_stands_in_the_way(folder: Path, capsys: Capture) -> None:
    """0 the pass allows it, 2 wrong words or never lent, 3 a limit, 4 not told."""
    far = silent("sqs:CreateQueue", f"arn:aws:sqs:us-east-1:{OWNER}:acme-shop-mail")
    for text, code, says in (
        (silent("ec2:DescribeInstances"), 0, "the pass allows it already"),
        (silent("iam:CreateUser", f"arn:aws:iam::{OWNER}:user/x"), 2, "no policy of a pass can hold it"),
        (silent("ec2:DescribeFoos"), 2, "AWS lists no action `ec2:DescribeFoos`"),
        ("missing.json", 2, "there is no file `missing.json`"),
        ('{"eventName": ', 2, "the message:1:15"),
        (far, 3, "DenyOtherRegions"),
        ("Access Denied", 4, "the message names no action"),
    ):
        assert main(["more", "pass.yaml", text]) == code, text
        out, err = capsys.readouterr()
        assert says in " ".join((out + err).split()), text
    assert main(["more", "pass.yaml"]) == 2
    assert "nothing is said of the call" in capsys.readouterr().err


def test_a_pass_that_cannot_be_edited_safely_is_left_as_it_was(folder: Path, capsys: Capture) -> None:
    path = folder / "pass.yaml"
    text = path.read_text()
    flat = text.split("job:", maxsplit=1)[0] + (
        "job: {blueprint: php-mysql, instance-types: [t3.micro], database-classes: [db.t3.micro]}\n"
        "network:" + text.split("network:")[1]
    )
    path.write_text(flat)
    assert main(["more", "pass.yaml", CREATE, "--write"]) == 2
    assert "nothing was written" in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == flat


def test_what_the_guest_wrote_cannot_command_the_owner_s_terminal(folder: Path, capsys: Capture) -> None:
    """A key with escapes, a direction sign and a forged line: spelled out, in the page and in the pass."""
    key = "a\x1b]0;owned\x07\u202e\nnext: rm -rf"
    text = f'{USER}s3:GetObject on resource: "arn:aws:s3:::files/{key}" because no identity-based policy allows it'
    assert main(["more", "pass.yaml", text, "--write"]) in (0, 3, 4)
    out, err = capsys.readouterr()
    for shown_ in (out, err, (folder / "pass.yaml").read_text()):
        assert "\x1b" not in shown_
        assert "\u202e" not in shown_
        assert not any(line.startswith("next: rm") for line in shown_.splitlines())


# ---- a whole loan on the box

NAME = "more-shop"


@pytest.fixture(scope="module")
def lent(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Box, Path, Callable[..., int], Callable[[str], Any]]]:
    """A loan in which the guest was refused: an attribute of the VPC, a topic, a user."""
    folder = tmp_path_factory.mktemp("more")
    with start() as box, pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
        patched.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
        patched.setenv("GUESTPASS_HOME", str(folder / "state"))
        patched.chdir(folder)

        def run(*words: str) -> int:
            return main([*words, "--endpoint-url", box.endpoint_url, "--region", REGION])

        key = pyrage.x25519.Identity.generate()
        (folder / "identity.txt").write_text(str(key))
        until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
        words = ["--name", NAME, "--guest", "Jo", "--login", "access-key", "--key", str(key.to_public())]
        words += ["--blueprint", "php-mysql", "--regions", REGION, "--instance-types", "t3.micro"]
        words += [
            "--database-classes",
            "db.t3.micro",
            "--until",
            until,
            "--monthly-usd",
            "50",
            "--notify",
            "o@example.org",
        ]
        assert run("init", "pass.yaml", *words) == 0
        assert run("guard", "pass.yaml", "--yes") == 0
        assert run("grant", "pass.yaml", "--yes") == 0
        _, secrets = opened(folder / f"{NAME}-handover" / "credentials.age", folder / "identity.txt")
        guest = Credentials(
            access_key_id=secrets["access-key-id"],
            secret_access_key=secrets["secret-access-key"],
            account=box.owner.account,
        )
        yield box, folder, run, lambda service: client_of(box, guest, service)


def test_a_refused_call_goes_through_after_more_plan_and_grant(
    lent: tuple[Box, Path, Callable[..., int], Callable[[str], Any]], capsys: Capture
) -> None:
    """The message as boto3 prints it, the trail, the owner's `--write`; the neighbour stays refused."""
    box, folder, run, guest = lent
    ec2 = guest("ec2")
    vpc = read_pass(folder / "pass.yaml").land.vpc
    with pytest.raises(ClientError) as refused:
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
    with pytest.raises(ClientError):
        guest("iam").create_user(UserName="backdoor")
    box.deliver()
    capsys.readouterr()

    message = f"botocore.exceptions.ClientError: {refused.value}"
    assert main(["more", "pass.yaml", message, "--json"]) in (3, 4)
    by_message = shown(capsys)
    assert by_message["answers"][0]["action"] == "ec2:DescribeVpcAttribute"

    assert run("more", "pass.yaml", "--from-trail", "--json") == 3
    by_trail = shown(capsys)
    kinds = {each["action"]: each["kind"] for each in by_trail["answers"]}
    assert kinds == {"ec2:DescribeVpcAttribute": "add", "iam:CreateUser": "never"}
    arn = f"arn:aws:ec2:{REGION}:{box.owner.account}:vpc/{vpc}"
    assert [(each["actions"], each["on"]) for each in by_trail["also"]] == [
        (["ec2:DescribeVpcAttribute"], [arn])
    ]

    assert run("more", "pass.yaml", "--from-trail", "--write") == 3, "what is never lent is still refused"
    assert run("plan", "pass.yaml") == 3
    assert "vpc" in capsys.readouterr().out.lower()
    assert run("grant", "pass.yaml", "--yes") == 0
    assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["VpcId"] == vpc
    capsys.readouterr()
    assert run("more", "pass.yaml", "--from-trail", "--json") == 3
    assert {each["kind"] for each in shown(capsys)["answers"]} == {"allowed", "never"}
    other = client_of(box, box.owner, "ec2").create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    with pytest.raises(ClientError):
        ec2.describe_vpc_attribute(VpcId=other, Attribute="enableDnsSupport")


def test_a_trail_without_files_is_named(
    lent: tuple[Box, Path, Callable[..., int], Callable[[str], Any]], tmp_path: Path, capsys: Capture
) -> None:
    _, _, run, _ = lent
    assert run("more", "pass.yaml", str(tmp_path), "--from-trail") == 2
    assert "no log file" in capsys.readouterr().err
    assert run("more", "pass.yaml", "--from-trail", str(tmp_path / "nowhere")) == 2
    assert "there is no folder" in capsys.readouterr().err
