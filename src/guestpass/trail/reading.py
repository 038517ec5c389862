"""One CloudTrail record as an `Event`. Records come from the trail's files and from LookupEvents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from guestpass.errors import InputError
from guestpass.trail.event import Actor, Event


def read_event(record: Mapping[str, Any]) -> Event:
    """The record (CloudTrail's JSON, any 1.x version) as an event.

    Raises InputError when it has no id, time, source or name, or another major version: such a record is no event.
    Anything else may be missing or of an odd kind and is then None or empty.
    """
    try:
        _version(record.get("eventVersion"))
        return Event(
            id=_text(record["eventID"]),
            time=_time(record["eventTime"]),
            source=_text(record["eventSource"]),
            name=_text(record["eventName"]),
            region=_maybe(record.get("awsRegion")) or "",
            actor=_actor(record.get("userIdentity")),
            read_only=record.get("readOnly") if isinstance(record.get("readOnly"), bool) else None,
            error_code=_maybe(record.get("errorCode")),
            error_message=_maybe(record.get("errorMessage")),
            request_id=_maybe(record.get("requestID")),
            source_ip=_maybe(record.get("sourceIPAddress")),
            user_agent=_maybe(record.get("userAgent")),
            parameters=_mapping(record.get("requestParameters")),
            response=_mapping(record.get("responseElements")),
            account=_maybe(record.get("recipientAccountId")),
            type=_maybe(record.get("eventType")),
            management=management if isinstance(management := record.get("managementEvent"), bool) else None,
            shared_id=_maybe(record.get("sharedEventID")),
            resources=_resources(record.get("resources")),
            supersedes=_supersedes(record),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            "a record of the trail is not an event", expected="eventID, eventTime, eventSource and eventName"
        ) from error


def last_success(events: Iterable[Event], arns: frozenset[str]) -> Event | None:
    """The latest event by one of these identities (their own ARN, or their session's issuer) that AWS did not refuse.

    Sessions are found by the ARN of the user or role they were made from.
    """
    theirs = (event for event in events if made_by(event, arns) and event.error_code is None)
    return max(theirs, key=lambda event: (event.time, event.id), default=None)


def made_by(event: Event, arns: frozenset[str]) -> bool:
    """Whether the call was made by one of these users or roles, or by a session of theirs."""
    return event.actor.arn in arns or event.actor.issuer_arn in arns


def _actor(identity: Any) -> Actor:
    told = _mapping(identity)
    issuer = _mapping(_mapping(told.get("sessionContext")).get("sessionIssuer"))
    return _same_actor(
        _maybe(told.get("type")) or "",
        _maybe(told.get("arn")),
        _maybe(issuer.get("arn")),
        _maybe(told.get("accessKeyId")),
        _maybe(told.get("accountId")),
        _maybe(told.get("invokedBy")),
    )


@lru_cache(maxsize=4096)
def _same_actor(
    type_: str, arn: str | None, issuer: str | None, key: str | None, account: str | None, by: str | None
) -> Actor:
    """One value for all calls of a session: a trail holds thousands of them."""
    return Actor(type=type_, arn=arn, issuer_arn=issuer, access_key_id=key, account=account, invoked_by=by)


def _version(value: Any) -> None:
    # AWS: CloudTrail record contents, eventVersion: test the major version for equality
    if isinstance(value, str) and value.partition(".")[0] not in ("", "1"):
        raise ValueError(value)


def _resources(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        return ()
    told = (
        (_maybe(each.get("ARN")), _maybe(each.get("type"))) for each in value if isinstance(each, Mapping)
    )
    return tuple((arn, kind or "") for arn, kind in told if arn)


def _supersedes(record: Mapping[str, Any]) -> str | None:
    # AWS: CloudTrail record contents, addendum: originalEventID is there only where the id itself was updated
    addendum = _mapping(record.get("addendum"))
    if addendum.get("reason") != "UPDATED_DATA":
        return None
    return _maybe(addendum.get("originalEventID")) or _text(record["eventID"])


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _maybe(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _time(value: Any) -> datetime:
    return _moment(_text(value))


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
