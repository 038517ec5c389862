"""Revoke: everything that was granted, and what the guest may have added to it, goes; the site stays.

An identity that is deleted cannot carry the Deny that holds its sessions: users and login roles stay, frozen and
empty, until the longest session could have ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.errors import InputError
from guestpass.loan.names import FREEZE_POLICY, TAG_KEY, Names
from guestpass.loan.plan.calls import GONE, HANDED_OVER_TAG, gone, iam, lists_not, of_pass, require_read
from guestpass.loan.plan.freeze import freezing, frozen_at, guests_of, written
from guestpass.loan.plan.grant_policies import delete_policy
from guestpass.loan.plan.handing_over import handing_over, stays
from guestpass.loan.plan.hosts import closing_ssh, ending_hosts, host_notes, machines_of
from guestpass.loan.plan.revoke_user import emptying
from guestpass.loan.step import Plan, Step

# AWS: STS API Reference, GetFederationToken and GetSessionToken: at most 129,600 seconds
LONGEST_USER_SESSION = timedelta(hours=36)


def revoke(name: str, snapshot: Snapshot, now: datetime) -> Plan:
    """What revoking the pass `name` would do now; `now` is AWS's clock.

    Needs a whole snapshot. Raises InputError when the account knows no such pass, or when parts that matter could
    not be read.
    """
    require_read(
        snapshot,
        ("groups", "policies", "profiles", "children", "iam:ListInstanceProfiles", "iam:ListAccessKeys"),
        "what is to be revoked is not known whole",
    )
    names = Names.of(name, snapshot.caller.account, snapshot.caller.partition)
    users, roles = guests_of(names, snapshot)
    machines = machines_of(names, snapshot)
    if not users and not roles and not machines and not _anything_else(names, snapshot):
        raise InputError(
            f"account {names.account} knows no pass `{name}`", hint="`guestpass status` shows the passes"
        )
    ripe_users = tuple(user for user in users if now >= _free_from(user, now))
    ripe_roles = tuple(role for role in roles if now >= _free_from(role, now))
    waiting: tuple[IamUser | IamRole, ...] = (
        *(user for user in users if user not in ripe_users),
        *(role for role in roles if role not in ripe_roles),
    )
    steps = (
        *freezing(
            tuple(u for u in users if u not in ripe_users), tuple(r for r in roles if r not in ripe_roles), now,
            verb="revoke",
        ),
        *closing_ssh(names, snapshot, "revoke"),
        *ending_hosts(names, snapshot, now),
        *(step for user in users for step in emptying(user)),
        *(step for role in roles for step in _emptying_role(role)),
        *_groups(names, snapshot),
        *(step for user in ripe_users for step in _deleting_user(user)),
        *(step for role in ripe_roles for step in _deleting_role(role)),
        *_policies(names, snapshot, waiting),
        *handing_over(names, snapshot),
    )  # fmt: skip
    return Plan(
        verb="revoke", pass_name=name, account=names.account, steps=steps,
        notes=(*host_notes(names, snapshot), *_notes(names, snapshot, waiting, now)),
    )  # fmt: skip


def free_from(guest: IamUser | IamRole) -> datetime | None:
    """When no session of it can be alive any more: None while it is not frozen."""
    at = frozen_at(guest)
    if at is None:
        return None
    longest = LONGEST_USER_SESSION if isinstance(guest, IamUser) else timedelta(seconds=guest.max_session)
    return at + longest


def _free_from(guest: IamUser | IamRole, now: datetime) -> datetime:
    # not frozen yet: this plan freezes it now, so its time begins now
    return free_from(guest) or now + LONGEST_USER_SESSION


def _anything_else(names: Names, snapshot: Snapshot) -> bool:
    paths = {group.path for group in snapshot.groups}
    paths |= {policy.path for policy in snapshot.policies} | {role.path for role in snapshot.roles}
    paths |= {profile.path for profile in snapshot.profiles}
    return names.path in paths


def _emptying_role(role: IamRole) -> Iterator[Step]:
    for arn in role.attached:
        yield Step(
            id=f"revoke/{role.name}-role/policy/{arn}",
            call=iam("DetachRolePolicy", RoleName=role.name, PolicyArn=arn),
            why="the role keeps its Deny and loses everything else",
            effect=lists_not(
                iam("ListAttachedRolePolicies", RoleName=role.name), "AttachedPolicies[].PolicyArn", arn
            ),
            accepts=GONE,
        )
    for name in role.inline:
        if name != FREEZE_POLICY:
            yield _role_policy_off(role, name, "the role keeps its Deny and loses everything else")


def _role_policy_off(role: IamRole, name: str, why: str) -> Step:
    return Step(
        id=f"revoke/{role.name}-role/inline/{name}",
        call=iam("DeleteRolePolicy", RoleName=role.name, PolicyName=name),
        why=why,
        effect=gone(iam("GetRolePolicy", RoleName=role.name, PolicyName=name)),
        accepts=GONE,
    )


def _groups(names: Names, snapshot: Snapshot) -> Iterator[Step]:
    for group in snapshot.groups:
        if group.path != names.path:
            continue
        for user in snapshot.users:
            if group.name in user.groups and not _is_guest(user, names):
                yield Step(
                    id=f"revoke/{group.name}/member/{user.name}",
                    call=iam("RemoveUserFromGroup", GroupName=group.name, UserName=user.name),
                    why="a user who is not of the pass was put into its group",
                    effect=lists_not(
                        iam("ListGroupsForUser", UserName=user.name), "Groups[].GroupName", group.name
                    ),
                    loses=(f"`{user.name}` loses what the pass's group allows",),
                    accepts=GONE,
                )
        for arn in group.attached:
            yield Step(
                id=f"revoke/{group.name}/policy/{arn}",
                call=iam("DetachGroupPolicy", GroupName=group.name, PolicyArn=arn),
                why="the group goes",
                effect=lists_not(
                    iam("ListAttachedGroupPolicies", GroupName=group.name),
                    "AttachedPolicies[].PolicyArn",
                    arn,
                ),
                accepts=GONE,
            )
        for name in group.inline:
            yield Step(
                id=f"revoke/{group.name}/inline/{name}",
                call=iam("DeleteGroupPolicy", GroupName=group.name, PolicyName=name),
                why="the group goes",
                effect=gone(iam("GetGroupPolicy", GroupName=group.name, PolicyName=name)),
                accepts=GONE,
            )
        yield Step(
            id=f"revoke/{group.name}",
            call=iam("DeleteGroup", GroupName=group.name),
            why="nobody is left who needs it",
            effect=gone(iam("GetGroup", GroupName=group.name)),
            accepts=GONE,
        )


def _is_guest(user: IamUser, names: Names) -> bool:
    return user.path == names.path or of_pass(user.tags, names.pass_name)


def _deleting_user(user: IamUser) -> Iterator[Step]:
    if FREEZE_POLICY in user.inline:
        yield Step(
            id=f"revoke/{user.name}/inline/{FREEZE_POLICY}",
            call=iam("DeleteUserPolicy", UserName=user.name, PolicyName=FREEZE_POLICY),
            why="no session of the user can be alive any more",
            effect=gone(iam("GetUserPolicy", UserName=user.name, PolicyName=FREEZE_POLICY)),
            accepts=GONE,
        )
    yield Step(
        id=f"revoke/{user.name}",
        call=iam("DeleteUser", UserName=user.name),
        why="no session of the user can be alive any more",
        effect=gone(iam("GetUser", UserName=user.name)),
        loses=(f"the user `{user.name}` is gone",),
        accepts=GONE,
    )


def _deleting_role(role: IamRole) -> Iterator[Step]:
    why = "no session of the role can be alive any more"
    for profile in role.profiles:
        yield Step(
            id=f"revoke/{role.name}-role/profile/{profile}",
            call=iam("RemoveRoleFromInstanceProfile", InstanceProfileName=profile, RoleName=role.name),
            why=why,
            effect=lists_not(
                iam("GetInstanceProfile", InstanceProfileName=profile),
                "InstanceProfile.Roles[].RoleName",
                role.name,
            ),
            accepts=GONE,
        )
    if FREEZE_POLICY in role.inline:
        yield _role_policy_off(role, FREEZE_POLICY, why)
    yield Step(
        id=f"revoke/{role.name}-role",
        call=iam("DeleteRole", RoleName=role.name),
        why=why,
        effect=gone(iam("GetRole", RoleName=role.name)),
        loses=(f"the role `{role.name}` is gone",),
        accepts=GONE,
    )


def _policies(names: Names, snapshot: Snapshot, waiting: tuple[IamUser | IamRole, ...]) -> Iterator[Step]:
    if waiting:
        # the wall stays around whoever waits; and what was granted can still be read for the certificate
        return
    for policy in snapshot.policies:
        ours = policy.path == names.path or of_pass(policy.tags, names.pass_name)
        if not ours or stays(policy.name, names) or HANDED_OVER_TAG in policy.tags:
            continue
        yield from _detaching(policy.arn, names, snapshot)
        yield from delete_policy("revoke", policy, "nobody carries it any more")


def _detaching(arn: str, names: Names, snapshot: Snapshot) -> Iterator[Step]:
    """Take the policy off others that carry it; those of the pass have lost theirs already."""
    for user in snapshot.users:
        if arn in user.attached and not _is_guest(user, names):
            yield Step(
                id=f"revoke/{user.name}/policy/{arn}",
                call=iam("DetachUserPolicy", UserName=user.name, PolicyArn=arn),
                why="a policy of the pass was attached to someone else",
                effect=lists_not(
                    iam("ListAttachedUserPolicies", UserName=user.name), "AttachedPolicies[].PolicyArn", arn
                ),
                accepts=GONE,
            )
    guests = {role.name for role in guests_of(names, snapshot)[1]}
    for role in snapshot.roles:
        if arn in role.attached and role.name not in guests:
            yield Step(
                id=f"revoke/{role.name}-role/policy/{arn}",
                call=iam("DetachRolePolicy", RoleName=role.name, PolicyArn=arn),
                why="a policy of the pass was attached to another role",
                effect=lists_not(
                    iam("ListAttachedRolePolicies", RoleName=role.name), "AttachedPolicies[].PolicyArn", arn
                ),
                accepts=GONE,
            )
    for group in snapshot.groups:
        if arn in group.attached and group.path != names.path:
            yield Step(
                id=f"revoke/{group.name}/policy/{arn}",
                call=iam("DetachGroupPolicy", GroupName=group.name, PolicyArn=arn),
                why="a policy of the pass was attached to another group",
                effect=lists_not(
                    iam("ListAttachedGroupPolicies", GroupName=group.name),
                    "AttachedPolicies[].PolicyArn",
                    arn,
                ),
                accepts=GONE,
            )


def _notes(
    names: Names, snapshot: Snapshot, waiting: tuple[IamUser | IamRole, ...], now: datetime
) -> tuple[str, ...]:
    notes = []
    for guest in waiting:
        kind = "user" if isinstance(guest, IamUser) else "role"
        until = _free_from(guest, now)
        notes.append(
            f"the {kind} `{guest.name}` stays, frozen and empty, until {written(until)}: it carries the Deny for sessions "
            f"that could live until then; after that `guestpass revoke {names.pass_name} --resume` deletes it"
        )
    if snapshot.role(names.instance_role) is not None:
        notes.append(
            f"the instance role `{names.instance_role}` is yours now, wall and all: the site keeps running on it; its "
            "path stays, IAM cannot change a role's path"
        )
    if any(resource.tags.get(TAG_KEY) == names.pass_name for resource in snapshot.resources):
        notes.append("what the guest built keeps running, with its tags")
    if any(budget.name == names.budget for budget in snapshot.budgets):
        notes.append(
            f"the budget `{names.budget}` keeps watching the bill; delete it when you no longer want it"
        )
    unread = [gap for gap in snapshot.gaps if gap.startswith("iam:List")]
    if unread:
        notes.append(f"not read, so AWS may refuse to delete a user who has some: {', '.join(unread)}")
    return tuple(notes)
