"""CloudTrail's LookupEvents over the box's own record, and how a trail's deliveries went."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from guestpass.local.delivery import status_of
from guestpass.local.exchange import Refusal
from guestpass.local.native.call import Call
from guestpass.local.record import Kept

_PAGE = 50
# AWS: CloudTrail API: LookupEvents: events of the last 90 days
_DAYS = timedelta(days=90)

_ATTRIBUTES: Mapping[str, Callable[[Kept, str], bool]] = {
    "EventId": lambda kept, value: kept.event["eventID"] == value,
    "EventName": lambda kept, value: kept.event["eventName"] == value,
    "ReadOnly": lambda kept, value: str(kept.event["readOnly"]).lower() == value,
    "Username": lambda kept, value: kept.username == value,
    "ResourceType": lambda kept, value: any(kind == value for kind, _ in kept.resources),
    "ResourceName": lambda kept, value: any(name == value for _, name in kept.resources),
    "EventSource": lambda kept, value: kept.event["eventSource"] == value,
    "AccessKeyId": lambda kept, value: kept.event["userIdentity"].get("accessKeyId") == value,
}


def lookup_events(call: Call) -> Mapping[str, Any]:
    """LookupEvents: management events of one region, newest first, fifty a page."""
    matches = _wanted(call)
    size = call.get("MaxResults") or _PAGE
    if not 1 <= size <= _PAGE:
        raise Refusal("InvalidMaxResultsException", "MaxResults must be from 1 to 50.", literal=True)
    kept = [
        one
        for one in call.record.newest_first()
        if one.account == call.caller.account
        and one.region == call.region
        and one.event["managementEvent"]
        and matches(one)
    ]
    token = call.get("NextToken")
    start = 0 if token is None else _after(kept, token)
    page = kept[start : start + size]
    answer: dict[str, Any] = {"Events": [_event(one) for one in page]}
    if start + size < len(kept):
        answer["NextToken"] = base64.urlsafe_b64encode(page[-1].event["eventID"].encode()).decode()
    return answer


def _wanted(call: Call) -> Callable[[Kept], bool]:
    attributes = call.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise Refusal(
            "InvalidLookupAttributesException", "Only one lookup attribute may be given.", literal=True
        )
    start, end = _moment(call.get("StartTime")), _moment(call.get("EndTime"))
    if start is not None and end is not None and start > end:
        raise Refusal("InvalidTimeRangeException", "The start time is after the end time.", literal=True)
    oldest = call.clock.now() - _DAYS
    pairs = [(entry.get("AttributeKey"), str(entry.get("AttributeValue", ""))) for entry in attributes]
    if any(key not in _ATTRIBUTES for key, _ in pairs):
        raise Refusal("InvalidLookupAttributesException", "The lookup attribute is not valid.", literal=True)

    def matches(one: Kept) -> bool:
        if one.at < oldest or (start and one.at < start) or (end and one.at > end):
            return False
        return all(_ATTRIBUTES[key](one, value) for key, value in pairs)

    return matches


def _moment(value: Any) -> datetime | None:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


def _after(kept: list[Kept], token: str) -> int:
    """Where the next page starts: behind the event the token names, however many new ones came since."""
    try:
        name = base64.urlsafe_b64decode(token).decode()
        return next(index for index, one in enumerate(kept) if one.event["eventID"] == name) + 1
    except (binascii.Error, ValueError, StopIteration):
        raise Refusal("InvalidNextTokenException", "The NextToken is not valid.", literal=True) from None


def _event(one: Kept) -> dict[str, Any]:
    event = one.event
    shown: dict[str, Any] = {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        "EventTime": one.at.replace(microsecond=0),
        "EventSource": event["eventSource"],
        "Username": one.username,
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in one.resources],
        "CloudTrailEvent": json.dumps(event, separators=(",", ":")),
    }
    key = event["userIdentity"].get("accessKeyId")
    if key:
        shown["AccessKeyId"] = key
    return shown


def trail_status(call: Call, told: dict[str, Any]) -> Mapping[str, Any]:
    """GetTrailStatus: moto knows whether it logs; when, and how deliveries went, the deliverer does."""
    post = call.deliverer.post_of(call.caller.account, call.region, str(call.get("Name")))
    return {"IsLogging": told.get("IsLogging", False), **({} if post is None else status_of(post))}


AFTER: Mapping[str, Callable[[Call, dict[str, Any]], Mapping[str, Any]]] = {"GetTrailStatus": trail_status}
ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {"LookupEvents": lookup_events}
