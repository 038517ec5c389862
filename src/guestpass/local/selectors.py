"""Which events a trail asks for: its event selectors, basic and advanced, over a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guestpass.local.backend.trails import TrailNow

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda held, told: held == told,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def wants(trail: TrailNow, event: Mapping[str, Any]) -> bool:
    """Whether the trail's selectors ask for this record. What is not understood asks for nothing."""
    if trail.advanced:
        return any(_advanced(selector, event) for selector in trail.advanced)
    if not trail.selectors:
        # AWS: CloudTrail API: PutEventSelectors: a trail without selectors logs all management events, no data
        return bool(event["managementEvent"])
    return any(_basic(selector, event) for selector in trail.selectors)


def not_understood(trail: TrailNow) -> tuple[str, ...]:
    """What the selectors ask for that the box does not deliver, in words, once each."""
    said: list[str] = []
    for selector in trail.selectors:
        kinds = [asked.get("Type") for asked in selector.get("DataResources") or ()]
        said += [f"data events of {kind}" for kind in kinds if kind != "AWS::S3::Object"]
    for selector in trail.advanced:
        fields = _fields(selector)
        odd = [str(field.get("Field")) for field in fields if not _is_known(field)]
        kinds = [
            value for f in fields if f.get("Field") == "resources.type" for value in f.get("Equals") or ()
        ]
        other = [
            value for f in fields if f.get("Field") == "eventCategory" for value in f.get("Equals") or ()
        ]
        said += [f"a selector on {name}" for name in odd]
        said += [f"data events of {kind}" for kind in kinds if kind != "AWS::S3::Object"]
        said += [f"{kind} events" for kind in other if kind not in {"Management", "Data"}]
    return tuple(dict.fromkeys(said))


def _basic(selector: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    # AWS: CloudTrail API: EventSelector: ReadWriteType is All and IncludeManagementEvents true unless said
    match selector.get("ReadWriteType") or "All":
        case "ReadOnly" if not event["readOnly"]:
            return False
        case "WriteOnly" if event["readOnly"]:
            return False
    if event["managementEvent"]:
        left_out = selector.get("ExcludeManagementEventSources") or ()
        return (
            selector.get("IncludeManagementEvents", True) is not False
            and event["eventSource"] not in left_out
        )
    arn = _object(event)
    return arn is not None and any(
        _covers(value, arn)
        for asked in selector.get("DataResources") or ()
        if asked.get("Type") == "AWS::S3::Object"
        for value in asked.get("Values") or ()
    )


def _covers(value: str, arn: str) -> bool:
    # AWS: CloudTrail API: DataResource: `arn:aws:s3` is every bucket; `arn:aws:s3:::bucket/` all objects of one
    if value in {"arn:aws:s3", "arn:aws:s3:::"}:
        return True
    return "/" in value and arn.startswith(value)


def _advanced(selector: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    fields = _fields(selector)
    if not fields or not all(_is_known(field) for field in fields):
        return False
    if not event["managementEvent"] and _object(event) is None:
        return False
    return all(_holds(field, event) for field in fields)


_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "eventCategory": lambda event: event["eventCategory"],
    "readOnly": lambda event: str(event["readOnly"]).lower(),
    "eventName": lambda event: event["eventName"],
    "eventSource": lambda event: event["eventSource"],
    "eventType": lambda event: event["eventType"],
    "userIdentity.arn": lambda event: event["userIdentity"].get("arn", ""),
    "resources.type": lambda event: None if _object(event) is None else "AWS::S3::Object",
    "resources.ARN": lambda event: _object(event),
}


def _fields(selector: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [field for field in selector.get("FieldSelectors") or () if isinstance(field, Mapping)]


def _is_known(field: Mapping[str, Any]) -> bool:
    names = {f"{no}{name}" for name in _OPERATORS for no in ("", "Not")}
    return field.get("Field") in _FIELDS and {key for key in field if key != "Field"} <= names


def _holds(field: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    held = _FIELDS[field["Field"]](event)
    if held is None:
        return False
    for name, test in _OPERATORS.items():
        told = field.get(name)
        if told and not any(test(held, str(value)) for value in told):
            return False
        # AWS: CloudTrail User Guide, "Filtering data events": several values of a Not operator are joined by AND
        refused = field.get(f"Not{name}")
        if refused and any(test(held, str(value)) for value in refused):
            return False
    return True


def _object(event: Mapping[str, Any]) -> str | None:
    """The ARN of the S3 object a data event is about."""
    told = event.get("requestParameters") or {}
    if event["eventSource"] != "s3.amazonaws.com" or event["managementEvent"] or "bucketName" not in told:
        return None
    return f"arn:aws:s3:::{told['bucketName']}/{told.get('key', '')}"
