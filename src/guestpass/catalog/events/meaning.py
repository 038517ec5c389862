"""What a trail's event was: the operation, the actions that this very call needed, the resources that it touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from guestpass.catalog import actions
from guestpass.catalog.events.facts import facts
from guestpass.catalog.events.names import operation_of_event
from guestpass.catalog.events.request import request_of_event
from guestpass.catalog.operations.known import needed_by_call, operations_of
from guestpass.catalog.operations.touched import touched
from guestpass.catalog.services import iam_prefix
from guestpass.catalog.types import cloudformation_type
from guestpass.catalog.values import EventMeaning, Kind, NeededAction, Touched, Unmapped, Where


def event_meaning(
    source: str,
    name: str,
    parameters: Mapping[str, Any],
    where: Where,
    *,
    type: str | None = None,  # noqa: A002 -- CloudTrail's word
) -> EventMeaning | Unmapped:
    """What one event was, from its source, its name with any version behind it, and its parameters in CloudTrail's
    spelling.

    `where` is the account and the region that the event names, `type` its `eventType`. `Unmapped` where it was no call,
    and where the catalogue does not know the call or what it needs; `nearest_events` has the nearest names then.
    """
    no_call = facts().types.get(type or "")
    if no_call:
        return Unmapped(why=f"{name}: {no_call}")
    try:
        return _meaning(source.lower(), name, parameters, where)
    except RecursionError:
        return Unmapped(why=f"{name}: its parameters are nested deeper than any API's that is known")


def _meaning(source: str, name: str, parameters: Mapping[str, Any], where: Where) -> EventMeaning | Unmapped:
    found = operation_of_event(source, name, parameters)
    if isinstance(found, Unmapped):
        return found
    service, operation = found
    if operation not in operations_of(service):
        return _by_its_name(source, service, operation)
    asked = request_of_event(service, operation, parameters)
    needed = needed_by_call(service, operation, asked)
    prefix = facts().authorised_as.get(source)
    if prefix and service in ("s3", "s3control"):
        known = () if isinstance(needed, Unmapped) else needed
        return _elsewhere(prefix, (service, operation), known, asked, where)
    if isinstance(needed, Unmapped):
        return needed
    handled = _handled(_HANDLERS[found], asked) if found in _HANDLERS else ()
    if isinstance(handled, Unmapped):
        return Unmapped(why=f"{service}:{operation}: {handled.why}")
    spoken = {each.action for each in needed}
    needed = (*needed, *(each for each in handled if each.action not in spoken))
    resources = touched(service, operation, asked, where) if needed else ()
    gap = resources.why if isinstance(resources, Unmapped) else ""
    held = () if isinstance(resources, Unmapped) else resources
    return EventMeaning(service=service, operation=operation, actions=needed, resources=held, gap=gap)


def _by_its_name(source: str, service: str, operation: str) -> EventMeaning | Unmapped:
    """A call of no API that the catalogue knows: the action of its name, as IAM lists it."""
    prefixes = facts().prefixes.get(source, (iam_prefix(service),))
    named = [f"{prefix}:{operation}" for prefix in prefixes if isinstance(prefix, str)]
    listed = [action for action in named if actions.action_exists(action)]
    if not listed:
        return Unmapped(why=f"{service}:{operation}: AWS lists no action of this name")
    needed = NeededAction(action=listed[0], kind="primary", sources=("name",))
    gap = f"{service}:{operation}: no API of the catalogue has it, so that what else it needs or touches is not known"
    return EventMeaning(service=service, operation=operation, actions=(needed,), gap=gap)


# -- CloudFormation's handlers, which Cloud Control API runs in the caller's name

# AWS: Cloud Control API User Guide, "Prerequisites": the permissions of the type's handlers, beside those of the call
_HANDLERS = {
    ("cloudcontrol", "CreateResource"): "create",
    ("cloudcontrol", "DeleteResource"): "delete",
    ("cloudcontrol", "GetResource"): "read",
    ("cloudcontrol", "ListResources"): "list",
    ("cloudcontrol", "UpdateResource"): "update",
}
_KINDS: Mapping[str, Kind] = {"iam:PassRole": "pass-role", "iam:CreateServiceLinkedRole": "linked-role"}


def _handled(verb: str, asked: Mapping[str, Any]) -> tuple[NeededAction, ...] | Unmapped:
    """The actions of a type's handler. Which of them a call comes to is not in it: the handler decides."""
    named = asked.get("TypeName")
    if asked.get("RoleArn"):
        return ()  # the role's rights are used, not the caller's
    found = cloudformation_type(named) if isinstance(named, str) else Unmapped(why="it names no type")
    if isinstance(found, Unmapped):
        return found
    if verb not in found.handlers:
        return Unmapped(why=f"which permissions the {verb} handler of {found.name} needs, no source says")
    return tuple(
        NeededAction(action=action, kind=_KINDS.get(action, "dependent"), sources=("cfn-lint",), perhaps=True)
        for action in found.handlers[verb]
    )


# -- S3's calls that are authorised under another prefix


def _elsewhere(
    prefix: str,
    call: tuple[str, str],
    needed: tuple[NeededAction, ...],
    asked: Mapping[str, Any],
    where: Where,
) -> EventMeaning | Unmapped:
    """The same names under the prefix of directory buckets, of Outposts or of Object Lambda."""
    service, operation = call
    own = tuple(_under(prefix, operation, needed))
    if not own:
        return Unmapped(why=f"{operation}: AWS lists no action of `{prefix}` for it")
    bucket = asked.get("Bucket")
    if prefix != "s3express" or not isinstance(bucket, str):
        why = f"{operation}: which resource of `{prefix}` it touches is not known"
        return EventMeaning(service=service, operation=operation, actions=own, gap=why)
    # AWS: Service Authorization Reference, "Amazon S3 Express": the bucket's ARN
    arn = f"arn:{where.partition}:s3express:{where.region}:{where.account}:bucket/{bucket}"
    resources = tuple(
        Touched(action=each.action, type="s3express:bucket", arn=arn, exact=True, source="guestpass")
        for each in own
    )
    return EventMeaning(service=service, operation=operation, actions=own, resources=resources)


_SESSION = "s3express:CreateSession"


def _under(prefix: str, operation: str, needed: tuple[NeededAction, ...]) -> Iterator[NeededAction]:
    found = False
    for each in needed:
        own, word = each.action.partition(":")[::2]
        found = found or own == prefix
        if own != "s3":
            yield each
        elif actions.action_exists(f"{prefix}:{word}"):
            found = True
            yield replace(each, action=f"{prefix}:{word}")
    if found or prefix != "s3express":
        return
    # AWS: S3 User Guide, "Authorizing zonal endpoint API operations with CreateSession": calls on objects have no actions
    # of their own, the session stands for them all. "Service Authorization Reference": the list of directory buckets.
    listing = operation == "ListDirectoryBuckets"
    action = "s3express:ListAllMyDirectoryBuckets" if listing else _SESSION
    page = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html"
    yield NeededAction(action=action, kind="primary", sources=("guestpass",), page=page)
