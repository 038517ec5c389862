"""Records of the trail become events, however oddly they are filled."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.errors import InputError
from guestpass.trail import last_success, read_event

RECORD = {
    "eventVersion": "1.11",
    "eventID": "e-1",
    "eventTime": "2026-11-23T12:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "awsRegion": "us-east-1",
    "readOnly": False,
    "requestParameters": {"userName": "bob"},
    "responseElements": None,
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::1:assumed-role/ada/s",
        "accessKeyId": "ASIAFAKE",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/ada"}},
    },
}


def test_a_record_is_read_with_who_made_the_call_and_from_what():
    event = read_event(RECORD)
    assert event.time == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert event.actor.issuer_arn == "arn:aws:iam::1:role/ada"
    assert event.parameters == {"userName": "bob"}
    assert event.response == {}
    assert event.read_only is False


@pytest.mark.parametrize("missing", ["eventID", "eventTime", "eventSource", "eventName"])
def test_a_record_without_its_heart_is_no_event(missing):
    with pytest.raises(InputError, match="not an event"):
        read_event({key: value for key, value in RECORD.items() if key != missing})


odd = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
)


@given(extra=st.dictionaries(st.sampled_from(sorted(RECORD)), odd))
def test_odd_fields_give_an_event_or_an_input_error_and_nothing_else(extra):
    try:
        event = read_event({**RECORD, **extra})
    except InputError:
        return
    assert event.id
    assert isinstance(event.parameters, dict)


def test_the_last_success_counts_sessions_and_not_refusals():
    def at(minute: int, **more: object) -> dict[str, object]:
        return {**RECORD, "eventID": f"e-{minute}", "eventTime": f"2026-11-23T12:0{minute}:00Z", **more}

    user = {"type": "IAMUser", "arn": "arn:aws:iam::1:user/other"}
    events = [
        read_event(record)
        for record in (at(1), at(3), at(5, errorCode="AccessDenied"), at(7, userIdentity=user))
    ]
    found = last_success(events, frozenset({"arn:aws:iam::1:role/ada"}))
    assert found is not None
    assert found.id == "e-3"
    assert last_success(events, frozenset({"arn:nobody"})) is None
