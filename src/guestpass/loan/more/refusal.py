"""A refused call as the guest's client, AWS's decoder or the trail tells it: which action, on what, by what.

A message quotes names that the caller chose. Nothing of it is taken over as it stands: an action must be one that AWS
lists, a resource must be an ARN, a reason is one of a closed list.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from guestpass import catalog
from guestpass.catalog.actions import spelling
from guestpass.catalog.operations import clients
from guestpass.errors import InputError
from guestpass.trail.refusals import NOT_SAID, told_by

Operation = tuple[str, str]
"""Botocore's client name and the operation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One action on one resource that AWS refused.

    `resource` is an ARN or a pattern of one, `*` where the action takes none, None where nobody says. `by` is AWS's reason
    in words. `context` are the keys that the source tells, `settled` those that are known to be absent otherwise (see
    `catalog.Check`). `sure` is False where the source names the call alone and this is one of the things it asked for.
    `source` says where this was read: `the message`, an event's id.
    """

    action: str
    resource: str | None
    by: str = NOT_SAID
    who: str | None = None
    region: str | None = None
    at: datetime | None = None
    operation: Operation | None = None
    parameters: Mapping[str, Any] | None = field(default=None, hash=False)
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    settled: frozenset[str] = frozenset()
    sure: bool = True
    source: str = "the message"
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsaid:
    """A refusal that does not tell enough: why, what brings it, and how often it came."""

    says: str
    hint: str
    source: str = "the message"
    count: int = 1


DECODE = (
    "aws sts decode-authorization-message --encoded-message TEXT --query DecodedMessage --output text"
    " | guestpass more pass.yaml -"
)

# what terminals and tools put around AWS's words: colours, the frame of Terraform's errors
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FRAME = re.compile(r"[\s│╷╵]+")
_USER = re.compile(r"User: (?P<who>\S+) is not authorized to perform: ")
_PERFORM = "is not authorized to perform: "
# what the SDKs add behind AWS's words
_TAIL = re.compile(
    r'\s*(\((Service|RequestToken|Request ID|RequestId)[:;]| ?</Message>|"\s*\(RequestToken).*$'
)
_LISTED = re.compile(r"is not authorized to perform: \[(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)\]")
# the console's own form of the same words
_CONSOLE = re.compile(
    r"User: (?P<who>arn:\S+)\s.*?Action: (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)"
    r"(?:\s.*?On resource(?:\(s\)|s)?: (?P<resource>\S+))?(?:\s.*?Context: (?P<context>.*))?"
)
_OPERATIONS = (
    re.compile(r"when calling the (?P<name>[A-Za-z0-9]+) operation"),  # boto3, the AWS CLI
    re.compile(r"operation error (?P<service>[A-Za-z0-9 ]+?): (?P<name>[A-Za-z0-9]+),"),  # Go, Terraform
    re.compile(r'Error executing "(?P<name>[A-Za-z0-9]+)" on '),  # PHP
)
_ENCODED = "Encoded authorization failure message"
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")


def of_message(text: str) -> tuple[Refusal | Unsaid, ...]:
    """Read what a client printed: every refusal in it. Raises `InputError` for an action that AWS does not list."""
    plain = _FRAME.sub(" ", html.unescape(_COLOUR.sub("", text))).strip()
    plain = _LISTED.sub(rf"{_PERFORM}\g<action>", plain)
    operation = _operation_said(plain)
    if _PERFORM in plain:
        return tuple(dict.fromkeys(_of_words(part, operation) for part in _parts(plain)))
    console = _CONSOLE.search(plain)
    if console is not None:
        context = console["context"] or ""
        said = f"{_PERFORM}{console['action']}"
        said += f" on resource: {console['resource']}" if console["resource"] else ""
        return (_of_words(f"User: {console['who']} {said} {_because(context)}", operation),)
    if _ENCODED.lower() in plain.lower():
        return (Unsaid(says="AWS's reason is encoded: decode it, with your own credentials", hint=DECODE),)
    return (_of_operation(operation, s3="Access Denied" in plain),)


def known_action(said: str) -> str:
    """AWS's own spelling of an action. Raises `InputError` with the nearest name for one it does not list."""
    found = spelling(said)
    if found is not None:
        return found
    near = catalog.nearest_actions(said) if _ACTION.fullmatch(said) else ()
    raise InputError(
        f"AWS lists no action `{said[:80]}`",
        expected="an action of AWS's, as in `ec2:DescribeInstances`",
        hint=f"did you mean `{near[0]}`?" if near else "guestpass catalog action s3:GetObject",
    )


def _parts(plain: str) -> Iterator[str]:
    """The text of each refusal: from its `User:` to the next one's."""
    starts = [found.start() for found in _USER.finditer(plain)]
    if not starts:
        starts = [plain.index(_PERFORM)]
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(plain)
        yield plain[start:end]


def _of_words(part: str, operation: str | None) -> Refusal | Unsaid:
    part = _TAIL.sub("", part)
    told = told_by(part)
    if told is None:
        return Unsaid(says="the message names no action", hint=_TELL)
    action = known_action(told.action)
    who = _USER.search(part)
    resource = _resource(part, told.resource)
    if not catalog.resource_types(action):
        resource = "*"  # whatever the message names: AWS asks about none
    return Refusal(
        action=action,
        resource=resource,
        by=told.by,
        who=who["who"] if who else None,
        region=_region_of(resource),
        operation=operation_of(action, operation),
    )


def _resource(part: str, told: str | None) -> str | None:
    """The ARN alone: an SDK may go on behind it, where AWS gave no reason; in quotation marks it may hold blanks."""
    if told is None:
        return "*" if re.search(r"on (?:the )?resource:? \"?\*\"?(?:\s|$)", part) else None
    if f'"{told}"' in part:
        return told
    return told.split(" ")[0].rstrip("\"'),.;\\")


def _because(context: str) -> str:
    """The console's reason in the words of the messages."""
    return context if context.startswith(("with ", "because ")) else f"because {context}" if context else ""


_TELL = "ask for the whole message, or read the trail: guestpass more pass.yaml --from-trail"


def _operation_said(plain: str) -> str | None:
    for pattern in _OPERATIONS:
        found = pattern.search(plain)
        if found is not None:
            return found["name"]
    return None


def _of_operation(name: str | None, *, s3: bool) -> Refusal | Unsaid:
    """A message that names the operation alone (`when calling the GetObject operation: Access Denied`).

    `s3` says that the words are those of S3, which has names of operations in common with younger services.
    """
    if name is None:
        return Unsaid(says="the message names no action", hint=_TELL)
    found = {
        action: client
        for client in having(name)
        if isinstance(action := catalog.primary_action(client, name), str)
    }
    listed = {action: client for action, client in found.items() if catalog.action_exists(action)}
    if s3 and "s3" in listed.values():
        listed = {action: client for action, client in listed.items() if client == "s3"}
    if len(listed) != 1:
        which = f"; `{name}` is one of {', '.join(sorted(listed))}" if listed else ""
        return Unsaid(says=f"the message names no action{which}", hint=_TELL)
    ((action, client),) = listed.items()
    resource = None if catalog.resource_types(action) else "*"
    return Refusal(action=action, resource=resource, operation=(client, name))


def operation_of(action: str, said: str | None) -> Operation | None:
    """The operation that was called: the one that the message names and that needs the action, else the action's own."""
    prefix, _, name = action.partition(":")
    fitting = [(client, said) for client in having(said) if _needs(client, said, action)] if said else []
    if len(fitting) == 1:
        return fitting[0]
    own = [(client, name) for client in having(name) if catalog.iam_prefix(client) == prefix]
    return own[0] if len(own) == 1 and said in (None, name) else None


@lru_cache(maxsize=256)
def having(name: str) -> tuple[str, ...]:
    """The clients that have an operation of this name."""
    return tuple(client for client in clients() if name in catalog.operations_of(client))


def _needs(client: str, name: str, action: str) -> bool:
    found = catalog.operation(client, name)
    return not isinstance(found, catalog.Unmapped) and any(each.action == action for each in found.actions)


def _region_of(resource: str | None) -> str | None:
    fields = (resource or "").split(":")
    return fields[3] or None if len(fields) > 5 and "*" not in fields[3] else None
