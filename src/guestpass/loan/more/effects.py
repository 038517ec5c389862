"""What an addition lets happen beyond the call that was refused: other calls, other things, doors, known ways to more rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guestpass import catalog
from guestpass.access.policy import size_of
from guestpass.access.policy.arns import arn_matches
from guestpass.account.snapshot import IamRole, Resource, Snapshot
from guestpass.catalog import Door, Escalation, Power, Unmapped
from guestpass.catalog.operations import clients
from guestpass.loan.agreement import Also, Pass
from guestpass.loan.explain import WallLine, explain_wall
from guestpass.loan.more.addition import HAND_ROLE
from guestpass.loan.more.deciding import possible
from guestpass.loan.names import TAG_KEY, Names
from guestpass.loan.wall import wall_document
from guestpass.needs import MAX_POLICY, kind_of
from guestpass.needs.agreed import type_of

_LEVELS = {
    "List": "lists",
    "Read": "reads",
    "Write": "changes",
    "Tagging": "changes tags",
    "Permissions management": "manages permissions",
}
_EXPOSES = {
    "credentials": "its answer holds credentials that work elsewhere",
    "data": "its answer is stored data",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """One action of the addition: what it does in a word, on what, and every call that needs no more than it and what the
    pass allows already.
    """

    action: str
    level: str
    on: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """What a pattern of the addition reaches of the things that the account shows: the pass's own, and others'."""

    pattern: str
    own: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Effects:
    """What the pass with the addition lets happen that the pass without did not.

    `held` are the wall's new statements; `reached` is None where the account was not looked at; `doors` and `ways` are
    judged by action, as the wall with the addition has them; `powers` say what the worst actions are for; `warnings` are in
    words. `size` and `was` are the wall's characters, of `most`.
    """

    allowed: tuple[Allowed, ...]
    held: tuple[WallLine, ...]
    reached: tuple[Reached, ...] | None
    doors: tuple[Door, ...]
    ways: tuple[Escalation, ...]
    powers: tuple[Power, ...]
    warnings: tuple[str, ...]
    was: int
    size: int
    most: int = MAX_POLICY


def effects_of(added: Sequence[Also], before: Pass, after: Pass, snapshot: Snapshot | None) -> Effects:
    """Say what an addition brings. Raises `InputError` where the wall with it does not fit."""
    actions = tuple(dict.fromkeys(action for also in added for action in also.actions))
    held = {line.sid: line for line in explain_wall(before)}
    return Effects(
        allowed=tuple(_allowed(action, added, after) for action in actions),
        held=tuple(
            line for line in explain_wall(after) if line.sid not in held and not line.sid.startswith("Deny")
        ),
        reached=None if snapshot is None else tuple(_reached(added, before, snapshot)),
        doors=_doors(actions, before, after),
        ways=_ways(actions, before, after),
        powers=tuple(power for power in catalog.powers() if power.action in actions),
        warnings=tuple(dict.fromkeys(_warnings(added, before, snapshot))),
        was=size_of(wall_document(before)),
        size=size_of(wall_document(after)),
    )


def level_of(action: str) -> str:
    """What an action does, in a word: `reads`, `changes`, `manages permissions`."""
    found = catalog.access_level(action)
    return "does what nobody lists" if isinstance(found, Unmapped) else _LEVELS.get(found, found.lower())


def _allowed(action: str, added: Sequence[Also], after: Pass) -> Allowed:
    on = tuple(dict.fromkeys(arn for also in added if action in also.actions for arn in also.on))
    return Allowed(action=action, level=level_of(action), on=on, calls=tuple(_calls(action, after)))


def _calls(action: str, after: Pass) -> Iterator[str]:
    """Every call that the action is, if nothing else is lacking for it."""
    for client, name in _operations(action.partition(":")[0]):
        known = catalog.operation(client, name)
        if isinstance(known, Unmapped):
            continue
        needed = [each for each in known.actions if not each.when and not each.perhaps]
        if any(each.action == action and each.kind == "primary" for each in known.actions) and all(
            each.action == action or possible(each.action, after) for each in needed
        ):
            yield f"{client}:{name}"


@lru_cache(maxsize=64)
def _operations(prefix: str) -> tuple[tuple[str, str], ...]:
    """The operations of a service's clients."""
    mine = [client for client in clients() if catalog.iam_prefix(client) == prefix]
    return tuple((client, name) for client in mine for name in catalog.operations_of(client))


def _reached(added: Sequence[Also], pass_: Pass, snapshot: Snapshot) -> Iterator[Reached]:
    for pattern in dict.fromkeys(arn for also in added for arn in also.on):
        if pattern == "*" or not any(letter in pattern for letter in "*?"):
            continue
        found = [each for each in snapshot.resources if arn_matches(pattern, each.arn) is True]
        own = tuple(each.arn for each in found if _is_own(each, pass_))
        yield Reached(
            pattern=pattern, own=own, others=tuple(each.arn for each in found if each.arn not in own)
        )


def _is_own(thing: Resource, pass_: Pass) -> bool:
    return thing.tags.get(TAG_KEY) == pass_.name or Names.of_pass(pass_).prefix in thing.arn


def _doors(actions: Sequence[str], before: Pass, after: Pass) -> tuple[Door, ...]:
    """The doors that could not be planted before and could be now, as far as actions go."""
    return tuple(
        door
        for door in catalog.doors()
        if any(
            set(way) & set(actions) and _all_possible(way, after) and not _all_possible(way, before)
            for way in door.planting
        )
        and not any(_all_possible(way, before) for way in door.planting)
    )


def _ways(actions: Sequence[str], before: Pass, after: Pass) -> tuple[Escalation, ...]:
    return tuple(
        way
        for way in catalog.escalations()
        if set(way.actions) & set(actions)
        and _all_possible(way.actions, after)
        and not _all_possible(way.actions, before)
    )


def _all_possible(actions: Sequence[str], pass_: Pass) -> bool:
    return all(possible(action, pass_) for action in actions)


def _warnings(added: Sequence[Also], pass_: Pass, snapshot: Snapshot | None) -> Iterator[str]:
    """What a policy cannot hold of the addition."""
    exposes = {action: kind for kind, actions in catalog.exposures().items() for action in actions}
    for also in added:
        for action in also.actions:
            if action in exposes:
                yield f"`{action}`: {_EXPOSES[exposes[action]]}"
            if catalog.access_level(action) == "Tagging":
                yield from _adopting(action, also, pass_)
            if action == HAND_ROLE:
                yield from _through_roles(also, snapshot)


def _adopting(action: str, also: Also, pass_: Pass) -> Iterator[str]:
    """Where the tag tells own things, whoever tags a thing makes it their own."""
    for arn in also.on:
        type_ = type_of(action, arn)
        if type_ is not None and "*" not in arn and kind_of(type_).own == "tag":
            yield (
                f"with `{action}` the guest can put the tag `{TAG_KEY}={pass_.name}` on `{arn}`, and then change and "
                "delete it like a thing of its own"
            )


def _through_roles(also: Also, snapshot: Snapshot | None) -> Iterator[str]:
    for arn in also.on:
        yield f"whatever `{arn}` may do, the guest's own code can then do under it; its policies are not held by the wall"
        role = next((each for each in snapshot.roles if each.arn == arn), None) if snapshot else None
        if role is not None:
            yield f"`{role.name}` holds {_held_by(role)}"


def _held_by(role: IamRole) -> str:
    names = [*(arn.rpartition("/")[2] for arn in role.attached), *role.inline]
    return ", ".join(f"`{name}`" for name in names) or "no policy"
