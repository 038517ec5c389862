"""A trail's files: each record once, in order of time, and a finding for whatever is not what it should be."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.report.explained import codes
from guestpass.trail import LogKey, kind_of, read_files

ACCOUNT = "123456789012"
OTHER = "210987654321"


def key(
    number: int = 0, *, account: str = ACCOUNT, region: str = "eu-west-1", at: str = "20261124T0020Z"
) -> str:
    day = f"{at[:4]}/{at[4:6]}/{at[6:8]}"
    return f"AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{at}_{number:016d}.json.gz"


def record(name: str, second: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventID": f"id-{name}",
        "eventTime": f"2026-11-24T00:00:{second:02d}Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        **more,
    }


def packed(*records: Any) -> bytes:
    return gzip.compress(json.dumps({"Records": records}, separators=(",", ":")).encode(), mtime=0)


def read(*files: tuple[str, bytes], **more: Any) -> Any:
    return read_files(files, source="here", **more)


def codes_of(reading: Any) -> list[str]:
    return [finding.code for finding in reading.findings]


# --- what is read ---------------------------------------------------------------------------


def test_records_of_all_files_come_in_order_of_time_and_those_of_one_second_as_they_were_read():
    reading = read(
        (key(1), packed(record("D", 9), record("B", 5), record("A", 5))),
        (key(2, region="us-east-1", at="20261124T0025Z"), packed(record("C", 5))),
    )
    assert [event.name for event in reading.events] == ["B", "A", "C", "D"]
    assert reading.files == 2
    assert reading.regions == ("eu-west-1", "us-east-1")
    assert reading.since == datetime(2026, 11, 24, 0, 20, tzinfo=UTC)
    assert reading.until == datetime(2026, 11, 24, 0, 25, tzinfo=UTC)
    assert reading.findings == ()


def test_plain_json_and_a_file_of_another_name_are_read_too():
    plain = json.dumps({"Records": [record("A")]}, indent=2).encode()
    reading = read((key()[:-3], plain), ("export.json", packed(record("B", 7, awsRegion="eu-north-1"))))
    assert [event.name for event in reading.events] == ["A", "B"]
    assert reading.regions == ("eu-north-1", "eu-west-1")
    assert reading.until == datetime(2026, 11, 24, 0, 20, tzinfo=UTC)


def test_gzip_of_several_members_is_read_whole():
    text = json.dumps({"Records": [record("A")]}).encode()
    reading = read((key(), gzip.compress(text[:20]) + gzip.compress(text[20:])))
    assert [event.name for event in reading.events] == ["A"]


def test_a_record_that_comes_again_counts_once():
    reading = read((key(1), packed(record("A"), record("A"))), (key(2), packed(record("A"))))
    assert len(reading.events) == 1
    assert reading.repeats == 2
    assert reading.findings == ()


def test_an_id_that_comes_again_with_other_content_is_said():
    reading = read((key(1), packed(record("A"))), (key(2), packed(record("A", errorCode="AccessDenied"))))
    assert [event.error_code for event in reading.events] == [None]
    assert codes_of(reading) == ["TRL003"]
    assert "other content" in reading.findings[0].says


@pytest.mark.parametrize("first", [0, 1])
def test_an_addendum_with_updated_data_stands_in_for_its_event_in_either_order(first):
    updated = record(
        "A", errorCode="AccessDenied", addendum={"reason": "UPDATED_DATA", "updatedFields": "errorCode"}
    )
    files = [(key(1), packed(record("A"))), (key(2), packed(updated))]
    reading = read(*(files if first == 0 else files[::-1]))
    assert [event.error_code for event in reading.events] == ["AccessDenied"]
    assert reading.findings == ()


def test_an_addendum_may_carry_a_new_id_and_name_the_old_one():
    updated = record("B", addendum={"reason": "UPDATED_DATA", "originalEventID": "id-A"})
    reading = read((key(1), packed(record("A"), updated)))
    assert [event.id for event in reading.events] == ["id-B"]


def test_an_addendum_for_a_delay_is_an_event_like_others():
    late = record("A", addendum={"reason": "DELIVERY_DELAY"})
    assert [event.id for event in read((key(), packed(late))).events] == ["id-A"]


def test_optional_parts_of_a_record_are_read():
    arn = "arn:aws:kms:eu-west-1:123456789012:key/k"
    full = record(
        "CreateKey",
        eventType="AwsApiCall",
        managementEvent=True,
        sharedEventID="s-1",
        resources=[{"ARN": arn, "type": "AWS::KMS::Key"}, {"odd": 1}, "odd"],
    )
    (event,) = read((key(), packed(full))).events
    assert event.account == ACCOUNT
    assert event.type == "AwsApiCall"
    assert event.management is True
    assert event.shared_id == "s-1"
    assert event.resources == ((arn, "AWS::KMS::Key"),)


# --- what is not ----------------------------------------------------------------------------


def test_a_truncated_gzip_is_named_and_the_rest_is_read():
    whole = packed(record("A"))
    reading = read((key(1), whole[:-9]), (key(2), packed(record("B"))))
    assert [event.name for event in reading.events] == ["B"]
    assert reading.files == 1
    (finding,) = reading.findings
    assert finding.code == "TRL001"
    assert "ends early" in finding.says
    assert finding.place is not None
    assert finding.place.file == key(1)


def test_gzip_with_a_wrong_check_sum_is_broken():
    whole = bytearray(packed(record("A")))
    whole[-6] ^= 0xFF
    assert codes_of(read((key(), bytes(whole)))) == ["TRL001"]


def test_json_that_ends_early_is_broken_and_not_foreign():
    assert codes_of(read((key(), gzip.compress(b'{"Records":[{"eventID":"x"')))) == ["TRL001"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"notes of a person",
        b'{"Events": []}',
        b'{"Records": {}}',
        b"[]",
        b"\x89PNG\r\n\x1a\n",
        gzip.compress(b"a log of something else", mtime=0),
        packed(record("A")) + b"more",
        json.dumps({"digestStartTime": "x", "logFiles": []}).encode(),
    ],
)
def test_a_foreign_file_is_named_with_what_to_do(content):
    reading = read(("folder/foreign", content), (key(), packed(record("B"))))
    (finding,) = reading.findings
    assert finding.code == "TRL002"
    assert finding.place is not None
    assert finding.place.file == "folder/foreign"
    assert "aws s3 sync" in finding.fix
    assert [event.name for event in reading.events] == ["B"]


@pytest.mark.parametrize(
    "name",
    [
        f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-west-1/2026/11/24/x.json.gz",
        f"flat/{ACCOUNT}_CloudTrail-Digest_eu-west-1_guestpass_eu-west-1_20261124T002000Z.json.gz",
        f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/eu-west-1/2026/11/24/x.json.gz",
    ],
)
def test_what_the_trail_writes_beside_its_logs_is_counted_and_not_read(name):
    reading = read((name, b"whatever it holds"))
    assert (reading.files, reading.skipped, reading.findings) == (0, 1, ())


def test_odd_records_are_counted_in_one_finding_a_file():
    odd = [{"eventName": "x"}, 3, record("V", eventVersion="2.0"), record("T", eventTime="yesterday")]
    reading = read((key(), packed(record("A"), *odd)))
    assert [event.name for event in reading.events] == ["A"]
    assert reading.odd == 4
    (finding,) = reading.findings
    assert finding.code == "TRL003"
    assert finding.says.startswith("4 of 5 records")


@pytest.mark.parametrize(
    "twice",
    [
        '"eventName":"A","eventName":"B"',
        '"eventName":"A","eventN\\u0061me":"B"',
        '"eventName":"A","requestParameters":{"roleArn":"a","roleArn":"b"}',
        '"eventName":"A","userAgent" : "x","errorCode":"x","errorCode":"y"',
    ],
)
def test_a_record_that_names_one_thing_twice_is_left_out_and_said(twice):
    rest = '"eventID":"e","eventTime":"2026-11-24T00:00:00Z","eventSource":"s"'
    reading = read((key(), f'{{"Records":[{{{rest},{twice}}}]}}'.encode()))
    assert reading.events == ()
    assert codes_of(reading) == ["TRL003"]
    assert "twice" in reading.findings[0].says


def test_a_file_that_names_its_records_twice_is_not_read():
    text = f'{{"Records":[{json.dumps(record("A"))}],"Records":[]}}'.encode()
    assert codes_of(read((key(), text))) == ["TRL001"]


def test_other_spellings_of_the_same_json_are_no_reason_to_leave_a_record_out():
    agent = 'a "quoted": agent, a back\\slash and a \N{SNOWMAN}'
    text = json.dumps({"Records": [record("A", userAgent=agent, number=1e30)]}, indent=1).encode()
    (event,) = read((key(), text)).events
    assert event.user_agent == agent


def test_files_and_records_of_another_account_are_left_out_and_counted():
    reading = read(
        (key(1, account=OTHER), packed(record("X"))),
        (key(2, account=OTHER), packed(record("Y"))),
        (key(3), packed(record("A"), record("Z", recipientAccountId=OTHER))),
        account=ACCOUNT,
    )
    assert [event.name for event in reading.events] == ["A"]
    (finding,) = reading.findings
    assert finding.code == "TRL004"
    assert finding.says.startswith(f"3 files or records are of account {OTHER}")


def test_a_file_that_unfolds_without_end_is_not_read():
    bomb = gzip.compress(b'{"Records":[' + b" " * 40_000_000)
    assert len(bomb) < 100_000
    reading = read((key(), bomb), largest=1_000_000)
    assert codes_of(reading) == ["TRL005"]
    assert codes_of(read((key(), b"{" + b" " * 2_000_000), largest=1_000_000)) == ["TRL005"]


def test_deeply_nested_json_is_a_finding_and_no_crash():
    deep = b'{"Records":' + b"[" * 200_000
    assert codes_of(read((key(), deep))) == ["TRL001"]
    inside = b'{"Records":[{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}]}"
    assert codes_of(read((key(), inside)))


@given(content=st.binary(max_size=300))
def test_any_bytes_give_findings_or_events_and_never_an_exception(content):
    for shape in (
        content,
        gzip.compress(content),
        gzip.compress(content)[:-3],
        b'{"Records":[' + content + b"]}",
    ):
        reading = read(("file", shape))
        assert reading.files + len(reading.findings) >= 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_records = st.lists(
    st.dictionaries(
        st.sampled_from([*record("x"), "userIdentity", "addendum", "resources"]), _json, max_size=6
    ),
    max_size=4,
)


@given(extras=_records)
def test_every_record_becomes_an_event_or_is_counted(extras):
    records = [{**record(f"N{number}"), **extra} for number, extra in enumerate(extras)]
    reading = read((key(), packed(*records)))
    superseding = sum(
        isinstance(each.get("addendum"), dict) and each["addendum"].get("reason") == "UPDATED_DATA"
        for each in records
    )
    assert len(reading.events) + reading.odd + reading.repeats >= len(records) - superseding
    assert len(reading.events) <= len(records)


@given(order=st.permutations(range(5)))
def test_the_order_of_files_does_not_matter(order):
    files = [(key(number), packed(record(f"N{number}", number + 1), record("same"))) for number in range(5)]
    straight, mixed = read(*files), read(*(files[number] for number in order))
    assert straight.events == mixed.events
    assert straight.repeats == mixed.repeats == 4


# --- names ----------------------------------------------------------------------------------


def test_a_log_files_name_tells_whose_it_is_and_when_it_was_delivered():
    named = LogKey.of(
        f"p/AWSLogs/o-abcdefghij/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/24/" + key().rpartition("/")[2]
    )
    assert named is not None
    assert (named.account, named.region, named.organisation) == (ACCOUNT, "eu-west-1", "o-abcdefghij")
    assert named.at == datetime(2026, 11, 24, 0, 20, tzinfo=UTC)
    assert kind_of(key()) == "log"


@pytest.mark.parametrize(
    "name",
    ["", "x.json", key(at="20269924T0020Z"), f"1x3456789012{key().rpartition('/')[2][12:]}", f"{key()}.tmp"],
)
def test_other_names_are_no_log_files(name):
    assert LogKey.of(name) is None
    assert kind_of(name) == "unknown"


@given(name=st.text())
def test_any_name_is_told_apart(name):
    assert kind_of(name) in {"log", "apart", "unknown"}


def test_every_code_of_the_reader_can_be_explained():
    assert {"TRL001", "TRL002", "TRL003", "TRL004", "TRL005"} <= set(codes())
