"""Freeze: the guest can do nothing from the first step on, in sessions that are open too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.errors import InputError
from guestpass.loan.names import FREEZE_POLICY, FROZEN_AT_TAG, Names
from guestpass.loan.plan.calls import HANDED_OVER_TAG, iam, of_pass, shows, tag_list, tagged
from guestpass.loan.plan.calls import written as written
from guestpass.loan.plan.documents import same_document, text_of
from guestpass.loan.plan.hosts import freezing_hosts, host_notes, machines_of
from guestpass.loan.step import Plan, Step

# INVARIANT: no condition. A Deny on older sessions alone would let a new session in.
DENY_ALL: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "GuestpassFreeze", "Effect": "Deny", "Action": "*", "Resource": "*"}],
}


def freeze(name: str, snapshot: Snapshot, now: datetime) -> Plan:
    """What freezing the pass `name` would do. `now` is AWS's clock; a fast snapshot is enough.

    Raises InputError when the account knows no such pass.
    """
    names = Names.of(name, snapshot.caller.account, snapshot.caller.partition)
    users, roles = guests_of(names, snapshot)
    machines = machines_of(names, snapshot)
    if not users and not roles and not machines:
        raise InputError(
            f"no one can come in with a pass `{name}` in account {names.account}",
            hint="`guestpass status` shows the passes",
        )
    return Plan(
        verb="freeze",
        pass_name=name,
        account=names.account,
        steps=(
            *freezing(users, roles, now, verb="freeze"),
            *freezing_hosts(names, snapshot, now, verb="freeze"),
        ),
        notes=(
            *host_notes(names, snapshot),
            "the site keeps running, on its instance role and its own database user",
        )
        if machines
        else (
            "what the guest built keeps running, and its instance role keeps its rights: whoever can enter an "
            "instance still holds them",
            "open shells on instances and open database sessions need no further permission from AWS and stay open",
        ),
    )


def guests_of(names: Names, snapshot: Snapshot) -> tuple[tuple[IamUser, ...], tuple[IamRole, ...]]:
    """Every user and role through which someone could act under the pass; the instance role is not one of them."""
    users = tuple(u for u in snapshot.users if u.path == names.path or of_pass(u.tags, names.pass_name))
    roles = tuple(
        r
        for r in snapshot.roles
        if (r.path == names.path or of_pass(r.tags, names.pass_name))
        and r.name != names.instance_role
        and HANDED_OVER_TAG not in r.tags
    )
    return users, roles


def everyone_of(names: Names, snapshot: Snapshot) -> tuple[IamUser | IamRole, ...]:
    """The users and roles of `guests_of` in one row."""
    users, roles = guests_of(names, snapshot)
    return (*users, *roles)


def freezing(
    users: tuple[IamUser, ...], roles: tuple[IamRole, ...], now: datetime, *, verb: str
) -> Iterator[Step]:
    """Denies first, on everyone; then the time; then the keys: seconds count in this order."""
    for user in users:
        if not is_denied(user):
            yield _deny_user(user, verb)
    for role in roles:
        if not is_denied(role):
            yield _deny_role(role, verb)
    at = written(now)
    for user in users:
        if FROZEN_AT_TAG not in user.tags:
            yield Step(
                id=f"{verb}/{user.name}/time",
                call=iam("TagUser", UserName=user.name, Tags=tag_list({FROZEN_AT_TAG: at})),
                why="the account itself remembers since when: sessions made before end within 36 hours of it",
                effect=tagged(iam("ListUserTags", UserName=user.name), FROZEN_AT_TAG, at),
                inverse=iam("UntagUser", UserName=user.name, TagKeys=[FROZEN_AT_TAG]),
            )
    for role in roles:
        if FROZEN_AT_TAG not in role.tags:
            yield Step(
                id=f"{verb}/{role.name}-role/time",
                call=iam("TagRole", RoleName=role.name, Tags=tag_list({FROZEN_AT_TAG: at})),
                why="the account itself remembers since when: the role's sessions end within its longest session of it",
                effect=tagged(iam("ListRoleTags", RoleName=role.name), FROZEN_AT_TAG, at),
                inverse=iam("UntagRole", RoleName=role.name, TagKeys=[FROZEN_AT_TAG]),
            )
    for user in users:
        yield from _keys_off(user, verb)


def is_denied(guest: IamUser | IamRole) -> bool:
    """Whether the freeze's Deny stands on this user or role, as guestpass writes it."""
    return same_document(guest.inline.get(FREEZE_POLICY), DENY_ALL)


def frozen_at(guest: IamUser | IamRole) -> datetime | None:
    """When it was frozen, by its tag; None when there is no readable tag."""
    try:
        at = datetime.fromisoformat(guest.tags[FROZEN_AT_TAG])
    except (KeyError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _deny_user(user: IamUser, verb: str) -> Step:
    return Step(
        id=f"{verb}/{user.name}/deny",
        call=iam(
            "PutUserPolicy", UserName=user.name, PolicyName=FREEZE_POLICY, PolicyDocument=text_of(DENY_ALL)
        ),
        why="denies everything to the user and to every session made from it, open ones too",
        effect=shows(
            iam("GetUserPolicy", UserName=user.name, PolicyName=FREEZE_POLICY),
            "PolicyDocument.Statement[0].Sid",
            "GuestpassFreeze",
        ),
        inverse=iam("DeleteUserPolicy", UserName=user.name, PolicyName=FREEZE_POLICY),
        loses=(f"`{user.name}` can do nothing any more, nor can sessions made from it",),
    )


def _deny_role(role: IamRole, verb: str) -> Step:
    return Step(
        id=f"{verb}/{role.name}-role/deny",
        call=iam(
            "PutRolePolicy", RoleName=role.name, PolicyName=FREEZE_POLICY, PolicyDocument=text_of(DENY_ALL)
        ),
        why="denies everything to every session of the role, open ones and new ones",
        effect=shows(
            iam("GetRolePolicy", RoleName=role.name, PolicyName=FREEZE_POLICY),
            "PolicyDocument.Statement[0].Sid",
            "GuestpassFreeze",
        ),
        inverse=iam("DeleteRolePolicy", RoleName=role.name, PolicyName=FREEZE_POLICY),
        loses=(f"sessions of the role `{role.name}` can do nothing any more",),
    )


def _keys_off(user: IamUser, verb: str) -> Iterator[Step]:
    for key in user.children.access_keys:
        if key.status == "Active":
            yield Step(
                id=f"{verb}/{user.name}/key/{key.id}",
                call=iam("UpdateAccessKey", UserName=user.name, AccessKeyId=key.id, Status="Inactive"),
                why="the key no longer signs anything, so no new session is made with it",
                effect=shows(
                    iam("ListAccessKeys", UserName=user.name),
                    f"AccessKeyMetadata[?AccessKeyId=='{key.id}'].Status | [0]",
                    "Inactive",
                ),
                inverse=iam("UpdateAccessKey", UserName=user.name, AccessKeyId=key.id, Status="Active"),
                loses=(f"the access key {key.id} is switched off",),
                accepts=("NoSuchEntity",),
            )
