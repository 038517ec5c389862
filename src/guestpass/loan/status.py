"""Which passes an account knows, and how each stands: read from the account alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.loan.names import (
    ENDED_TAG,
    FREEZE_POLICY,
    FROZEN_AT_TAG,
    LENT_TAG,
    PATH_ROOT,
    TAG_KEY,
    UNTIL_TAG,
    Names,
)
from guestpass.loan.plan.calls import HANDED_OVER_TAG
from guestpass.loan.plan.freeze import frozen_at, guests_of, is_denied
from guestpass.loan.plan.hosts import SSH, groups_of, machines_of
from guestpass.loan.plan.revoke import free_from
from guestpass.loan.tightened import tightened_at

State = Literal["drafted", "granted", "expired", "frozen", "revoked", "certified"]
"""`certified` is said by the ledger alone: nothing is left in the account to carry it. `drafted` is a pass of which
the account holds nothing through which anyone could come in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How one pass stands. Times are UTC; None where the account does not say.

    `waits_until` is when what a revoked pass still holds for its sessions' sake may be deleted. `handed_over` are
    names of what the owner keeps. `left` names what a revocation has still to take away. `tightened_at` is when a granted
    pass was last tightened to what was used. `says` is one line.
    """

    name: str
    state: State
    says: str
    until: datetime | None = None
    frozen_at: datetime | None = None
    waits_until: datetime | None = None
    handed_over: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    tightened_at: datetime | None = None


def passes_of(snapshot: Snapshot, now: datetime) -> tuple[Standing, ...]:
    """Every pass that the account knows, by name; `now` is AWS's clock.

    A pass is known by its IAM path and by its tags: no file is needed.
    """
    return tuple(_standing(name, snapshot, now) for name in sorted(set(_names(snapshot))))


def _names(snapshot: Snapshot) -> Iterator[str]:
    paths = {user.path for user in snapshot.users} | {group.path for group in snapshot.groups}
    paths |= {role.path for role in snapshot.roles} | {policy.path for policy in snapshot.policies}
    paths |= {profile.path for profile in snapshot.profiles}
    for path in paths:
        if path.startswith(PATH_ROOT) and path != PATH_ROOT:
            yield path.removeprefix(PATH_ROOT).split("/")[0]
    for tags in _iam_tags(snapshot):
        if tags.get(TAG_KEY):
            yield tags[TAG_KEY]
        elif tags.get(HANDED_OVER_TAG):
            yield tags[HANDED_OVER_TAG]


def _iam_tags(snapshot: Snapshot) -> Iterator[Mapping[str, str]]:
    for tagged in (snapshot.users, snapshot.roles, snapshot.policies, snapshot.profiles):
        yield from (thing.tags for thing in tagged)


def _standing(name: str, snapshot: Snapshot, now: datetime) -> Standing:
    names = Names.of(name, snapshot.caller.account, snapshot.caller.partition)
    users, roles = guests_of(names, snapshot)
    guests: tuple[IamUser | IamRole, ...] = (*users, *roles)
    kept = tuple(sorted(set(_handed_over(names, snapshot))))
    until = _until(guests, names, snapshot)
    left = tuple(_left(names, snapshot, guests))
    machines = machines_of(names, snapshot)
    if not guests and machines and not all(ENDED_TAG in machine.tags for machine in machines):
        return _on_hosts(name, names, snapshot, until, now)
    if not guests:
        if kept:
            says = "everything is taken back" if not left else f"still to be taken back: {', '.join(left)}"
            return Standing(name=name, state="revoked", says=says, until=until, handed_over=kept, left=left)
        return Standing(name=name, state="drafted", says="begun; nobody can come in", until=until, left=left)
    frozen = [at for at in (frozen_at(guest) for guest in guests) if at is not None]
    if all(_is_frozen(guest) for guest in guests):
        at = max(frozen, default=None)
        if left:
            says = "the guest can do nothing; not taken back yet"
            return Standing(
                name=name, state="frozen", says=says, until=until, frozen_at=at, handed_over=kept, left=left
            )
        waits = max((free for free in map(free_from, guests) if free is not None), default=None)
        over = waits is not None and waits <= now
        says = (
            "nothing is left but identities that can be deleted now"
            if over
            else "nothing is left but identities that carry the Deny"
        )
        return Standing(
            name=name,
            state="revoked",
            says=says,
            until=until,
            frozen_at=at,
            waits_until=waits,
            handed_over=kept,
        )
    if until is not None and until <= now:
        says = "past its date: the wall denies everything"
        return Standing(name=name, state="expired", says=says, until=until, handed_over=kept)
    partly = " (a freeze was begun and is not whole)" if frozen or any(map(is_denied, guests)) else ""
    return Standing(
        name=name,
        state="granted",
        says=f"{_ways_in(users, roles)}{partly}",
        until=until,
        handed_over=kept,
        tightened_at=tightened_at(names, snapshot),
    )


def _on_hosts(name: str, names: Names, snapshot: Snapshot, until: datetime | None, now: datetime) -> Standing:
    """How a pass stands whose guest only logs in to an instance: the instances' tags say it."""
    machines = machines_of(names, snapshot)
    silent = [m.id for m in machines if not m.online]
    unsure = f"; NOT ANSWERING, so not sure: {', '.join(silent)}" if silent else ""
    open_ = [
        f"{group.name} {rule}"
        for group in groups_of(names, snapshot)
        for rule in group.open
        if rule.startswith(f"{SSH} ")
    ]
    if all(FROZEN_AT_TAG in machine.tags for machine in machines):
        at = max(
            (moment for moment in (_moment(m.tags[FROZEN_AT_TAG]) for m in machines) if moment), default=None
        )
        says = f"the guest's key opens nothing, on {', '.join(m.id for m in machines)}; not taken back yet{unsure}"
        return Standing(name=name, state="frozen", says=says, until=until, frozen_at=at, left=tuple(open_))
    if not any(LENT_TAG in machine.tags for machine in machines):
        return Standing(name=name, state="drafted", says="being built; nobody can come in", until=until)
    if until is not None and until <= now:
        says = (
            f"past its date: the key opens nothing new; open shells may be there until it is frozen{unsure}"
        )
        return Standing(name=name, state="expired", says=says, until=until)
    ways = ", ".join(f"{m.id} ({m.address})" for m in machines)
    says = f"the guest comes in by an SSH key to {ways}, and holds nothing of AWS{unsure}"
    return Standing(name=name, state="granted", says=says, until=until)


def _is_frozen(guest: IamUser | IamRole) -> bool:
    # a user whose Deny was taken off to delete it has its time, and nothing else, left
    held = guest.attached or guest.inline or (isinstance(guest, IamUser) and guest.groups)
    return is_denied(guest) or (frozen_at(guest) is not None and not held)


def _ways_in(users: tuple[IamUser, ...], roles: tuple[IamRole, ...]) -> str:
    ways = [
        f"{len(u.children.access_keys)} access key of `{u.name}`" for u in users if u.children.access_keys
    ]
    ways += [f"console password of `{user.name}`" for user in users if user.children.login_profile]
    ways += [f"role `{role.name}`" for role in roles]
    return "the guest comes in by " + ", ".join(ways) if ways else "the guest exists and has no credentials"


def _handed_over(names: Names, snapshot: Snapshot) -> Iterator[str]:
    for tagged in (snapshot.roles, snapshot.policies, snapshot.profiles):
        for thing in tagged:
            if thing.tags.get(HANDED_OVER_TAG) == names.pass_name:
                yield thing.name


def _left(names: Names, snapshot: Snapshot, guests: tuple[IamUser | IamRole, ...]) -> Iterator[str]:
    """What is still to be taken away, beside the frozen identities and the policies that wait with them."""
    yield from (f"group `{group.name}`" for group in snapshot.groups if group.path == names.path)
    for guest in guests:
        if guest.attached or set(guest.inline) - {FREEZE_POLICY}:
            yield f"policies of `{guest.name}`"
        if isinstance(guest, IamUser) and (guest.groups or _has_children(guest)):
            yield f"credentials of `{guest.name}`"
    for role in snapshot.roles:
        if role.name == names.instance_role and role.path == names.path and HANDED_OVER_TAG not in role.tags:
            yield f"hand-over of `{role.name}`"
    if not guests:
        for policy in snapshot.policies:
            if policy.path == names.path and HANDED_OVER_TAG not in policy.tags:
                yield f"policy `{policy.name}`"


def _has_children(user: IamUser) -> bool:
    things = user.children
    return bool(
        things.access_keys
        or things.login_profile
        or things.mfa_devices
        or things.ssh_keys
        or things.service_credentials
        or things.signing_certificates
    )


def _until(guests: Iterable[IamUser | IamRole], names: Names, snapshot: Snapshot) -> datetime | None:
    built = snapshot.role(names.instance_role)  # where there is no guest in IAM, it says until when
    for guest in (*guests, *((built,) if built else ())):
        read = _moment(guest.tags.get(UNTIL_TAG))
        if read is not None:
            return read
    wall = snapshot.policy(names.wall)
    return _wall_end(wall.document) if wall is not None else None


def _wall_end(wall: Mapping[str, Any]) -> datetime | None:
    """The date after which the wall denies everything."""
    statements = wall.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        test = (statement.get("Condition") or {}).get("DateGreaterThan") or {}
        if statement.get("Effect") == "Deny" and "aws:CurrentTime" in test:
            return _moment(test["aws:CurrentTime"])
    return None


def _moment(text: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
