"""The ledger is written before and after each act, chained, and mends only what a crash can tear."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.errors import InputError
from guestpass.ledger import (
    Ledger,
    began,
    call_as_written,
    certified_at,
    default_path,
    documents_of,
    frozen_at,
    read_ledger,
    sealed,
)
from guestpass.loan.step import Call, Generated, Shows, Step

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def step(name: str = "grant/user", **parameters: object) -> Step:
    call = Call(service="iam", operation="CreateUser", parameters=parameters)
    return Step(id=name, call=call, why="because", effect=Shows(call=call, path="User", value=1))


def written(path: Path, count: int = 3) -> Path:
    with Ledger.open(path) as ledger:
        for number in range(count):
            intent = ledger.intend(step(f"grant/{number}"), verb="grant", pass_name="acme", at=AT)
            ledger.outcome(intent, at=AT, data={"request_id": str(number)})
    return path


def test_a_ledger_is_readable_by_its_owner_alone_and_read_back_as_written(tmp_path):
    path = written(tmp_path / "a" / "ledger.jsonl")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    entries = read_ledger(path)
    assert [entry.kind for entry in entries] == ["intent", "outcome"] * 3
    assert [entry.of for entry in entries] == [None, 1, None, 3, None, 5]
    assert entries[0].time == AT


def test_an_opened_ledger_goes_on_where_it_ended(tmp_path):
    path = written(tmp_path / "ledger.jsonl")
    with Ledger.open(path) as ledger:
        head = ledger.head
        ledger.note("seen", verb="status", pass_name="acme", at=AT)
        assert ledger.verify() == ledger.head != head
    assert [entry.seq for entry in read_ledger(path)] == list(range(1, 8))


def test_a_missing_ledger_has_no_entries(tmp_path):
    assert read_ledger(tmp_path / "none.jsonl") == ()


@given(data=st.data())
def test_any_changed_byte_of_a_whole_ledger_is_found(data, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("ledger") / "ledger.jsonl", 2)
    text = bytearray(path.read_bytes())
    spot = data.draw(st.integers(0, len(text) - 2))
    text[spot] ^= data.draw(st.integers(1, 255))
    path.write_bytes(text)
    with pytest.raises(InputError, match="chain is broken"):
        read_ledger(path)


def test_a_line_taken_out_of_the_middle_is_named(tmp_path):
    path = written(tmp_path / "ledger.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(InputError, match="line 3 does not follow") as caught:
        Ledger.open(path)
    assert caught.value.place is not None
    assert caught.value.place.line == 3


@given(cut=st.integers(1, 200))
def test_a_torn_last_line_is_set_aside_and_noted_and_the_rest_stays(cut, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("ledger") / "ledger.jsonl", 2)
    whole = path.read_bytes()
    last = len(whole.splitlines()[-1])
    # at least one byte of the line is left, and at least one is lost beside its line end
    keep = max(1, last - 1 - cut % (last - 1))
    torn = whole[: len(whole) - last - 1 + keep]
    path.write_bytes(torn)
    with Ledger.open(path) as ledger:
        assert len(ledger.entries()) == 3
        ledger.note("on", verb="grant", pass_name="acme", at=AT)
        ledger.verify()
    entries = read_ledger(path)
    assert "set aside" in entries[3].data["says"]
    aside = path.with_name("ledger.jsonl.torn")
    assert aside.read_bytes().rstrip(b"\n") == torn.splitlines()[-1]


def test_an_entry_that_lost_its_line_end_alone_is_kept(tmp_path):
    path = written(tmp_path / "ledger.jsonl", 1)
    path.write_bytes(path.read_bytes()[:-1])
    with Ledger.open(path) as ledger:
        assert len(ledger.entries()) == 2
    assert len(read_ledger(path)) == 2
    assert not path.with_name("ledger.jsonl.torn").exists()


def test_two_guestpasses_do_not_write_at_once(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Ledger.open(path), pytest.raises(InputError, match="another guestpass"):
        Ledger.open(path)
    with Ledger.open(path) as again:
        assert again.entries() == ()


def test_a_folder_that_cannot_be_written_is_the_users_to_mend(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be opened") as caught:
        Ledger.open(tmp_path / "file" / "ledger.jsonl")
    assert "GUESTPASS_HOME" in (caught.value.hint or "")


def test_a_secret_that_is_to_be_made_stands_in_the_ledger_by_its_name():
    call = Call(
        service="iam", operation="CreateLoginProfile", parameters={"Password": Generated(name="password")}
    )
    assert call_as_written(call)["parameters"] == {"Password": "<generated: password>"}


def test_long_bodies_stand_in_the_ledger_by_their_digest_and_policies_whole():
    call = Call(service="s3", operation="PutObject", parameters={"Body": "x" * 9000, "Policy": "y" * 6144})
    parameters = call_as_written(call)["parameters"]
    assert parameters["Body"].startswith("<sha256: ")
    assert parameters["Policy"] == "y" * 6144


def test_what_was_sealed_is_known_only_where_a_grant_was_recorded(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Ledger.open(path) as ledger:
        assert sealed(ledger.entries()) is None
        intent = ledger.intend(step("grant/key"), verb="grant", pass_name="acme", at=AT)
        assert sealed(ledger.entries()) == frozenset()
        ledger.outcome(intent, at=AT, data={"sealed": {"access-key-id": "AKIAEXAMPLE"}})
        assert sealed(ledger.entries()) == {"AKIAEXAMPLE"}


def test_a_certificate_holds_until_something_is_changed_after_it(tmp_path):
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.note("certified", verb="certify", pass_name="acme", at=AT)
        assert certified_at(ledger.entries()) == AT
        ledger.intend(step(), verb="grant", pass_name="acme", at=AT)
        assert certified_at(ledger.entries()) is None


def test_policies_that_were_granted_are_read_back_from_the_ledger(tmp_path):
    document = {"Version": "2012-10-17", "Statement": []}
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.intend(
            step("grant/policy", PolicyName="acme-job", PolicyDocument=json.dumps(document)),
            verb="grant",
            pass_name="acme",
            at=AT,
        )
        ledger.intend(
            step("grant/new", PolicyArn="arn:aws:iam::1:policy/p/acme-wall", PolicyDocument="{}"),
            verb="grant",
            pass_name="acme",
            at=AT,
        )
        assert documents_of(ledger.entries()) == (("acme-job", document), ("acme-wall", {}))


def test_the_freeze_counts_from_when_its_deny_was_seen(tmp_path):
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        intent = ledger.intend(step("freeze/ada/deny"), verb="freeze", pass_name="acme", at=AT)
        assert frozen_at(ledger.entries()) is None
        ledger.outcome(intent, at=AT, data={})
        assert frozen_at(ledger.entries()) == AT


def test_the_default_place_follows_the_setting(tmp_path):
    chosen = default_path("1", "acme", environment={"GUESTPASS_HOME": "/x"}, home=tmp_path)
    assert chosen == Path("/x/1/acme/ledger.jsonl")
    usual = default_path("1", "acme", environment={}, home=tmp_path)
    assert usual == tmp_path / ".local/state/guestpass/1/acme/ledger.jsonl"


def test_an_existing_file_that_others_could_read_is_closed_to_them(tmp_path):
    path = written(tmp_path / "ledger.jsonl", 1)
    os.chmod(path, 0o644)  # noqa: PTH101
    with Ledger.open(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ledger_that_holds_a_tightening_alone_does_not_say_when_the_loan_began(tmp_path: Path) -> None:
    path = tmp_path / "second-machine.jsonl"
    with Ledger.open(path) as ledger:
        ledger.intend(step("tighten/policy"), verb="tighten", pass_name="acme", at=AT)
    assert began(read_ledger(path)) is None
    with Ledger.open(path) as ledger:
        ledger.intend(step("grant/user"), verb="grant", pass_name="acme", at=AT)
    assert began(read_ledger(path)) == AT
