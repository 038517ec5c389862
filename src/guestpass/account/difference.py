"""What came, went or changed between two snapshots of the same account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from guestpass.account.snapshot import IamRole, IamUser, Snapshot

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that differs. `kind` is the collection's word (`user`, `role`, `key`); `id` its ARN or id.

    `fields` names what changed, empty for what came or went.
    """

    change: Change
    kind: str
    id: str
    fields: tuple[str, ...] = ()


def differences(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """What came, went or changed from `before` to `after`, sorted by kind and id.

    Users and roles are compared by AWS's unique id, so that a renamed user is a change and not a new one, and a
    user made again under an old name is a new one.
    """
    found: list[Difference] = []
    for kind, things, key in _COLLECTIONS:
        found += _compare(kind, things(before), things(after), key)
    found += _compare("key", _keys(before), _keys(after), lambda key: str(key["id"]))
    return tuple(sorted(found, key=lambda d: (d.kind, d.id, d.change)))


_Key = Callable[[Any], str]
_COLLECTIONS: tuple[tuple[str, Callable[[Snapshot], Iterable[Any]], _Key], ...] = (
    ("user", lambda s: s.users, lambda thing: thing.id),
    ("group", lambda s: s.groups, lambda thing: thing.id),
    ("role", lambda s: s.roles, lambda thing: thing.id),
    ("policy", lambda s: s.policies, lambda thing: thing.id),
    ("instance profile", lambda s: s.profiles, lambda thing: thing.arn),
    ("provider", lambda s: s.providers, lambda thing: thing.arn),
    ("trail", lambda s: s.trails, lambda thing: thing.arn),
    ("budget", lambda s: s.budgets, lambda thing: thing.name),
    ("data export", lambda s: s.exports, lambda thing: thing.name),
    ("resource", lambda s: s.resources, lambda thing: thing.arn),
)


def _keys(snapshot: Snapshot) -> list[Mapping[str, str]]:
    return [
        {"id": key.id, "status": key.status, "user": user.id}
        for user in snapshot.users
        for key in user.children.access_keys
    ]


def _compare(kind: str, before: Iterable[Any], after: Iterable[Any], key: _Key) -> Iterable[Difference]:
    old = {key(thing): thing for thing in before}
    new = {key(thing): thing for thing in after}
    yield from (
        Difference(change="removed", kind=kind, id=_named(old[one])) for one in old.keys() - new.keys()
    )
    yield from (Difference(change="added", kind=kind, id=_named(new[one])) for one in new.keys() - old.keys())
    for one in old.keys() & new.keys():
        fields = _changed(old[one], new[one])
        if fields:
            yield Difference(change="changed", kind=kind, id=_named(new[one]), fields=fields)


def _changed(before: Any, after: Any) -> tuple[str, ...]:
    if isinstance(before, Mapping):
        return tuple(sorted(name for name in before if before[name] != after[name]))
    names = (
        name
        for name in type(before).__dataclass_fields__
        # NOTE: whether a policy is attached is said by users, groups and roles; its count only repeats it
        if name != "attachments"
    )
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _named(thing: Any) -> str:
    if isinstance(thing, Mapping):
        return str(thing["id"])
    if isinstance(thing, IamUser | IamRole):
        return thing.arn
    return str(getattr(thing, "arn", None) or thing.name)
