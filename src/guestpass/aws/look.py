"""Fetching events by LookupEvents: handy and limited, and its limits travel with the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guestpass.aws.hands import Hands
from guestpass.errors import InputError
from guestpass.loan.step import Call
from guestpass.trail import Event, read_event

# AWS: CloudTrail API Reference, LookupEvents; User Guide, "Viewing events with event history"
LIMITS = (
    "LookupEvents shows management events of the last 90 days in one region; events arrive some minutes late; "
    "data events (objects in buckets, calls of functions) are never in it"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What LookupEvents gave: events in order of time, the span and regions asked for, and what it cannot show.

    `unread` counts records that were no events.
    """

    events: tuple[Event, ...]
    regions: tuple[str, ...]
    since: datetime
    until: datetime
    unread: int = 0
    limits: str = LIMITS


def look_up_events(
    hands: Hands,
    regions: Sequence[str],
    *,
    since: datetime,
    until: datetime | None = None,
    access_key_id: str | None = None,
    user_name: str | None = None,
) -> Looked:
    """Every management event of the span in these regions, optionally of one access key or user name.

    IAM, STS and other global services log to us-east-1: ask for it too. Raises AccountError.
    """
    # what happens while the pages are read may or may not be among them: it is not claimed
    end = until or hands.now()
    found: dict[str, Event] = {}
    unread = 0
    for region in dict.fromkeys(regions):
        parameters: dict[str, object] = {"StartTime": since}
        if until is not None:
            parameters["EndTime"] = until
        # AWS: one lookup attribute a call
        if access_key_id is not None:
            parameters["LookupAttributes"] = [
                {"AttributeKey": "AccessKeyId", "AttributeValue": access_key_id}
            ]
        elif user_name is not None:
            parameters["LookupAttributes"] = [{"AttributeKey": "Username", "AttributeValue": user_name}]
        call = Call(service="cloudtrail", operation="LookupEvents", parameters=parameters, region=region)
        for page in hands.pages(call):
            for told in page.get("Events") or ():
                try:
                    event = read_event(json.loads(told["CloudTrailEvent"]))
                except (InputError, ValueError, KeyError):
                    unread += 1
                    continue
                found[event.id] = event
    ordered = tuple(sorted(found.values(), key=lambda event: (event.time, event.id)))
    return Looked(
        events=ordered, regions=tuple(dict.fromkeys(regions)), since=since, until=end, unread=unread
    )
