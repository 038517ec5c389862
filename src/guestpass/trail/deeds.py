"""Whose doing an event is: the guest's own calls, and those of every identity that they came to act through.

The guest begins as a few ARNs (`seeds`). From there each call of theirs that AWS carried out may hand them more:

- `sts:AssumeRole` gives a session of a role; `sts:GetFederationToken` and `GetSessionToken` give sessions of the caller;
- `iam:CreateUser` and `iam:CreateRole` make an identity that is theirs altogether;
- `iam:CreateAccessKey` gives a key of a user, theirs or not;
- a role passed to an instance or a function runs there under the instance's id or the function's name.

What they only took or passed, and did not make, is theirs in that one session and no further: the owner goes on
using the same role, and the owner's calls are never put down to the guest. Sessions are told apart by the access
key id that AWS's answer gave.

What is not told apart: two sessions of one role under one session name, where a record has no key (the session's
name then decides, for as long as a session can last); a password that the guest set for another's user; a role
whose trust the guest opened to another account; a role passed to a service other than EC2 and Lambda. Doors of
these kinds are judged by `loan.doors`.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from guestpass.trail.event import Actor, Event
from guestpass.trail.nested import texts_under
from guestpass.trail.values import Deed

# AWS: API_AssumeRole, DurationSeconds: "up to the maximum session duration set for the role", at most 12 hours.
LONGEST_SESSION = timedelta(hours=12)

# AWS: IAM User Guide, "Logging IAM and AWS STS API calls with CloudTrail": people and programs of an account
_PEOPLE = frozenset({"IAMUser", "AssumedRole", "FederatedUser", "Root", "IdentityCenterUser"})
_ROLE_SESSION = re.compile(
    r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)"
)

_Kind = Literal["identity", "key", "session"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hold:
    """Something that the guest acts through, from `since` on (None: always).

    `name` is the ARN of a user or role (`identity`), an access key id (`key`), or the end of a session's ARN
    (`session`: `account:role/name`, or `*/name` where the role is not known). `by` is None where the event itself must say
    which identity it is. `keyed` is a session of which AWS's answer gave the key: a call with another key is not its.
    """

    kind: _Kind
    name: str
    by: str | None
    since: datetime | None = None
    until: datetime | None = None
    via: tuple[str, ...] = ()
    keyed: bool = False

    def covers(self, event: Event) -> bool:
        return (self.since is None or self.since <= event.time) and (
            self.until is None or event.time <= self.until
        )


def deeds_of(events: Iterable[Event], *, seeds: frozenset[str]) -> tuple[Deed, ...]:
    """Everything the guest's identities did, in order of time; `seeds` are the ARNs of their users and roles.

    Follows what they took, made and passed on, and never past a call that was refused or failed. Calls that a service
    made for them (`actor.invoked_by`) are theirs. The events may be in any order and may repeat.
    """
    told = sorted({event.id: event for event in events}.values(), key=lambda event: (event.time, event.id))
    return _Following(told, seeds).deeds()


class _Following:
    """One run over a record: holds waiting to be followed, and the deeds found by them."""

    def __init__(self, events: Sequence[Event], seeds: frozenset[str]) -> None:
        self.seeds = seeds
        self.found: dict[str, Deed] = {}
        self.taken = _sessions_taken(events)
        self.by: dict[tuple[_Kind, str], list[Event]] = defaultdict(list)
        for event in events:
            for mark in _marks(event.actor):
                self.by[mark].append(event)
        self.waiting = deque(_Hold(kind="identity", name=arn, by=arn) for arn in sorted(seeds))
        self.known: set[_Hold] = set(self.waiting)

    def deeds(self) -> tuple[Deed, ...]:
        while self.waiting:
            hold = self.waiting.popleft()
            for event in self.by.get((hold.kind, hold.name), ()):
                if event.id not in self.found and self._theirs(hold, event):
                    self._take(hold, event)
        return tuple(sorted(self.found.values(), key=lambda deed: (deed.event.time, deed.event.id)))

    def _theirs(self, hold: _Hold, event: Event) -> bool:
        if not hold.covers(event):
            return False
        if hold.kind == "key" or hold.name in self.seeds:
            return True
        if hold.keyed and event.actor.access_key_id and event.actor.invoked_by is None:
            return False
        # A key that AssumeRole gave to someone else of the account is theirs, whatever the session is called and
        # whoever made the role.
        return not self._taken_by_others(event)

    def _taken_by_others(self, event: Event) -> bool:
        taker = self.taken.get(event.actor.access_key_id or "")
        return taker is not None and taker.actor.type in _PEOPLE and taker.id not in self.found

    def _take(self, hold: _Hold, event: Event) -> None:
        by = hold.by or _own_arn(event)
        if by is None:
            return
        deed = Deed(event=event, by=by, via=hold.via)
        self.found[event.id] = deed
        if event.error_code is None:
            for further in _handed(deed):
                if further not in self.known:
                    self.known.add(further)
                    self.waiting.append(further)


@lru_cache(maxsize=4096)
def _marks(actor: Actor) -> tuple[tuple[_Kind, str], ...]:
    """Everything by which a hold may find a caller's events."""
    marks: list[tuple[_Kind, str]] = [
        ("identity", arn) for arn in {actor.arn, actor.issuer_arn} if arn is not None
    ]
    if actor.access_key_id:
        marks.append(("key", actor.access_key_id))
    session = _ROLE_SESSION.fullmatch(actor.arn or "")
    if session:
        marks += [
            ("session", f"{session['account']}:{session['role']}/{session['session']}"),
            ("session", f"*/{session['session']}"),
        ]
    return tuple(marks)


def _own_arn(event: Event) -> str | None:
    """The user or role behind a call, as the event has it; a session without issuer does not tell its role's path."""
    actor = event.actor
    session = _ROLE_SESSION.fullmatch(actor.arn or "")
    if actor.issuer_arn or session is None:
        return actor.issuer_arn or actor.arn
    return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"


def _sessions_taken(events: Iterable[Event]) -> Mapping[str, Event]:
    """The AssumeRole that gave each temporary key, by key id."""
    return {
        str(key): event
        for event in events
        if event.source == "sts.amazonaws.com" and event.error_code is None
        if (key := _at(event.response, "credentials", "accessKeyId"))
    }


def _handed(deed: Deed) -> Iterator[_Hold]:
    """What a call that AWS carried out gave into the guest's hands."""
    event, via = deed.event, (*deed.via, deed.event.id)
    match event.source, event.name:
        case "sts.amazonaws.com", "AssumeRole":
            yield from _assumed(event, via)
        case "sts.amazonaws.com", "GetFederationToken" | "GetSessionToken":
            key = _at(event.response, "credentials", "accessKeyId")
            if key:
                yield _Hold(kind="key", name=str(key), by=deed.by, since=event.time, via=deed.via)
        case "iam.amazonaws.com", "CreateUser" | "CreateRole":
            made = _made(event)
            if made:
                yield _Hold(kind="identity", name=made, by=made, since=event.time, via=via)
        case "iam.amazonaws.com", "CreateAccessKey":
            key = _at(event.response, "accessKey", "accessKeyId")
            if key:
                yield _Hold(kind="key", name=str(key), by=None, since=event.time, via=via)
        case "ec2.amazonaws.com", (
            "RunInstances" | "AssociateIamInstanceProfile" | "ReplaceIamInstanceProfileAssociation"
        ):
            for instance in _instances_with_a_role(event):
                yield _Hold(kind="session", name=f"*/{instance}", by=None, since=event.time, via=via)
        case "lambda.amazonaws.com", name if name.startswith(
            ("CreateFunction", "UpdateFunctionConfiguration")
        ):
            yield from _function(event, via)


def _assumed(event: Event, via: tuple[str, ...]) -> Iterator[_Hold]:
    """The session that AssumeRole gave: by its key, and by its name for records that have no key of it."""
    role = _at(event.parameters, "roleArn")
    key = _at(event.response, "credentials", "accessKeyId")
    session = _ROLE_SESSION.fullmatch(str(_at(event.response, "assumedRoleUser", "arn") or ""))
    if not isinstance(role, str):
        return
    until = event.time + LONGEST_SESSION
    if key:
        yield _Hold(kind="key", name=str(key), by=role, since=event.time, until=until, via=via)
    name = session["session"] if session else _at(event.parameters, "roleSessionName")
    if name:
        end = _session_of(role, str(name))
        yield _Hold(
            kind="session", name=end, by=role, since=event.time, until=until, via=via, keyed=bool(key)
        )


def _session_of(role: str, name: str) -> str:
    """The end of a session's ARN as `_marks` has it, by the role's ARN, which has a path that the session's has not."""
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    return f"{account}:{role.rpartition('/')[2]}/{name}"


def _made(event: Event) -> str | None:
    """The ARN of the user or role that was made; from the request where the answer was left out."""
    kind = event.name.removeprefix("Create").lower()
    arn = _at(event.response, kind, "arn")
    if isinstance(arn, str):
        return arn
    name, account = _at(event.parameters, f"{kind}Name"), event.actor.account
    if not name or not account:
        return None
    partition = (event.actor.arn or "arn:aws").split(":")[1]
    return f"arn:{partition}:iam::{account}:{kind}{_at(event.parameters, 'path') or '/'}{name}"


# AWS: IAM User Guide, "AWS global condition context keys", aws:userid: a role's session on an instance is named
# after the instance (role-id:ec2-instance-id), and a function's after the function.
def _instances_with_a_role(event: Event) -> Iterator[str]:
    """The instances that a call started with a role, or gave one."""
    if event.name == "RunInstances":
        for item in _items(_at(event.response, "instancesSet")):
            given = item.get("iamInstanceProfile") or event.parameters.get("iamInstanceProfile")
            if given and isinstance(item.get("instanceId"), str):
                yield item["instanceId"]
        return
    found = next(texts_under(event.response, "instanceId"), None) or next(
        texts_under(event.parameters, "InstanceId"), None
    )
    if found:
        yield found


def _function(event: Event, via: tuple[str, ...]) -> Iterator[_Hold]:
    role = _at(event.response, "role") or _at(event.parameters, "role")
    name = _at(event.response, "functionName") or _at(event.parameters, "functionName")
    if isinstance(role, str) and isinstance(name, str):
        plain = name.rpartition(":")[2]
        end = _session_of(role, plain)
        yield _Hold(kind="session", name=end, by=role, since=event.time, via=via)


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _items(value: Any) -> Iterator[Mapping[str, Any]]:
    """The members of one of EC2's item sets; a single one may stand alone."""
    held = _at(value, "items")
    for item in held if isinstance(held, Sequence) and not isinstance(held, str) else [held]:
        if isinstance(item, Mapping):
            yield item
