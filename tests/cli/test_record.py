"""Where verbs read the trail from: a folder, a bucket, or the account's own; and what is said of it on stderr."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guestpass.aws import Hands, Target, connect
from guestpass.cli.options import Output
from guestpass.cli.record import reading_of
from guestpass.cli.talk import Talk
from guestpass.errors import InputError
from guestpass.local import Box, start
from local.speaking import client_of, document

TALK = Talk(Output())
ACCOUNT = "123456789012"
Capture = pytest.CaptureFixture[str]


def record(name: str, minute: int) -> dict[str, Any]:
    return {
        "eventID": name,
        "eventTime": f"2026-11-24T00:{minute:02d}:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
    }


def packed(*records: Any) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    day = tmp_path / "trail" / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1" / "2026" / "11" / "24"
    day.mkdir(parents=True)
    name = f"{ACCOUNT}_CloudTrail_eu-west-1_20261124T0020Z_"
    (day / f"{name}{'a' * 16}.json.gz").write_bytes(packed(record("A", 1), record("B", 2)))
    (day / f"{name}{'b' * 16}.json.gz").write_bytes(packed(record("C", 3), record("B", 2)))
    return tmp_path / "trail"


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Box, Hands]]:
    with start() as box, pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
        patched.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
        yield box, connect(Target(endpoint_url=box.endpoint_url, region="us-east-1"))


def test_a_folder_is_read_with_all_that_is_in_it_and_told_in_few_lines(folder: Path, capsys: Capture) -> None:
    reading = reading_of(None, trail=str(folder), talk=TALK)
    assert [event.name for event in reading.events] == ["A", "B", "C"]
    told = capsys.readouterr()
    assert told.out == ""
    assert f"trail: {folder}\n" in told.err
    assert "read 2 files: 3 events of eu-west-1\n" in told.err
    assert "from 2026-11-24 00:01 to 2026-11-24 00:03 UTC" in told.err


def test_since_and_until_bound_the_events(folder: Path) -> None:
    reading = reading_of(
        None,
        trail=str(folder),
        since=datetime(2026, 11, 24, 0, 2, tzinfo=UTC),
        until=datetime(2026, 11, 24, 0, 2, tzinfo=UTC),
        talk=TALK,
    )
    assert [event.name for event in reading.events] == ["B"]


def test_one_file_is_a_trail_too(folder: Path) -> None:
    one = next(folder.rglob("*a.json.gz"))
    assert len(reading_of(None, trail=str(one), talk=TALK).events) == 2


def test_truncated_and_foreign_files_are_named_on_stderr_and_the_rest_is_read(
    folder: Path, capsys: Capture
) -> None:
    (folder / "notes\x1b[31m.txt").write_text("buy milk")
    (folder / "cut.json.gz").write_bytes(packed(record("D", 4))[:-8])
    (folder / ".hidden").write_text("nobody's")
    reading = reading_of(None, trail=str(folder), talk=TALK)
    assert len(reading.events) == 3
    assert sorted(finding.code for finding in reading.findings) == ["TRL001", "TRL002"]
    told = capsys.readouterr().err
    assert "TRL001" in told
    assert "cut.json.gz" in told
    assert "\x1b" not in told
    # a path is there to be copied: it is never broken, all else fits
    assert all(len(row) <= 80 for row in told.splitlines() if not row.lstrip().startswith(("in ", "trail: ")))


def test_many_findings_are_told_once_with_a_count(folder: Path, capsys: Capture) -> None:
    for number in range(30):
        (folder / f"n{number}.txt").write_text("x")
    reading = reading_of(None, trail=str(folder), talk=TALK)
    assert len(reading.findings) == 30
    assert "and 22 more" in capsys.readouterr().err


def test_json_keeps_stdout_for_data_and_findings_are_still_told(folder: Path, capsys: Capture) -> None:
    (folder / "notes.txt").write_text("x")
    reading_of(None, trail=str(folder), talk=Talk(Output(json=True)))
    told = capsys.readouterr()
    assert told.out == ""
    assert "TRL002" in told.err
    assert "read 2 files" not in told.err


@pytest.mark.parametrize("what", ["nothing", "empty", "foreign alone"])
def test_a_folder_without_log_files_is_the_users_to_mend(tmp_path: Path, what: str) -> None:
    where = tmp_path / "t"
    if what != "nothing":
        where.mkdir()
    if what == "foreign alone":
        (where / "x.txt").write_text("x")
    with pytest.raises(InputError) as refused:
        reading_of(None, trail=str(where), talk=TALK)
    assert refused.value.exit_code == 2
    assert refused.value.expected


def test_another_accounts_folder_is_told_apart(
    folder: Path, account: tuple[Box, Hands], capsys: Capture
) -> None:
    other = "210987654321"
    (folder / f"{other}_CloudTrail_eu-west-1_20261124T0020Z_{'c' * 16}.json.gz").write_bytes(
        packed(record("X", 5))
    )
    reading = reading_of(account[1], trail=str(folder), talk=TALK)
    assert [event.name for event in reading.events] == ["A", "B", "C"]
    assert other in capsys.readouterr().err


def test_an_account_without_the_trail_is_told_to_guard(account: tuple[Box, Hands]) -> None:
    with pytest.raises(InputError) as refused:
        reading_of(account[1], trail=None, talk=TALK)
    assert str(refused.value.hint).startswith("guestpass guard")


@pytest.mark.parametrize("trail", ["s3://", "s3:///x"])
def test_an_address_without_a_bucket_is_refused(account: tuple[Box, Hands], trail: str) -> None:
    with pytest.raises(InputError, match="names no bucket"):
        reading_of(account[1], trail=trail, talk=TALK)


def test_another_accounts_path_in_a_bucket_is_refused(account: tuple[Box, Hands]) -> None:
    with pytest.raises(InputError, match="210987654321"):
        reading_of(account[1], trail="s3://b/AWSLogs/210987654321/CloudTrail/", talk=TALK)


def test_the_accounts_own_trail_is_found_and_read_from_any_region(
    account: tuple[Box, Hands], capsys: Capture
) -> None:
    box, hands = account
    s3, trail = client_of(box, box.owner, "s3"), client_of(box, box.owner, "cloudtrail")
    s3.create_bucket(Bucket="own-trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    trail.create_trail(
        Name="guestpass", S3BucketName="own-trail", S3KeyPrefix="in/here", IsMultiRegionTrail=True
    )
    trail.start_logging(Name="guestpass")
    box.deliver()
    # nothing could be written: that is said, with the reason, before there is nothing to read
    with pytest.raises(InputError, match="no log file"):
        reading_of(hands, trail=None, talk=TALK)
    assert "AccessDenied" in capsys.readouterr().err
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::own-trail/*",
    }
    s3.put_bucket_policy(Bucket="own-trail", Policy=document(policy))
    box.deliver()
    reading = reading_of(hands, trail=None, talk=TALK)
    assert "StartLogging" in {event.name for event in reading.events}
    assert reading.source == "s3://own-trail/in/here"
    for spelled in ("s3://own-trail/in/here", "s3://own-trail/in/here/AWSLogs/"):
        assert reading_of(hands, trail=spelled, talk=TALK).events[0] == reading.events[0]
    trail.stop_logging(Name="guestpass")
    reading_of(hands, trail=None, talk=TALK)
    assert "the trail is stopped" in capsys.readouterr().err
