"""Grant: the wall first, then what stands behind it, and the guest last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestpass.account.snapshot import IamUser, Snapshot
from guestpass.errors import InputError
from guestpass.loan.agreement import Pass
from guestpass.loan.job import blueprint_of
from guestpass.loan.names import ADOPTED_TAG, FROZEN_AT_TAG, LOGIN_TAG, REGION_TAG, TAG_KEY, UNTIL_TAG, Names
from guestpass.loan.plan.build import build, built_notes
from guestpass.loan.plan.calls import (
    HANDED_OVER_TAG,
    iam,
    lists,
    of_pass,
    require_account,
    require_read,
    shows,
    tag_list,
    tagged,
)
from guestpass.loan.plan.freeze import is_denied, written
from guestpass.loan.plan.grant_policies import as_tightened, pass_policies
from guestpass.loan.plan.grant_roles import instance_role, login_role
from guestpass.loan.plan.guard import is_guarded
from guestpass.loan.plan.hosts import machines_of
from guestpass.loan.plan.papers import Papers, papers_of
from guestpass.loan.reach import already_within
from guestpass.loan.step import Generated, Handover, Plan, Step
from guestpass.loan.tightened import tightened_at


def grant(
    pass_: Pass, snapshot: Snapshot, *, sealed: frozenset[str] | None = None, papers: Papers | None = None
) -> Plan:
    """What granting this pass would do.

    `sealed` is what has been sealed for the guest (`ledger.sealed`): an access key that is not among it was made and
    never handed over, and is made anew; None (no ledger here) leaves keys alone and says so. `papers` are the
    documents, `papers_of(pass_)` unless given. Raises InputError for another account, an account that is not guarded,
    a pass that is over or frozen, and for names that are taken by things of someone else.
    """
    require_account(snapshot, pass_.account)
    names = Names.of_pass(pass_)
    _require_guard(pass_, snapshot)
    _require_open(pass_, names, snapshot)
    _require_ours(names, snapshot)
    papers = as_tightened(papers or papers_of(pass_), names, snapshot)
    tags = {TAG_KEY: pass_.name}
    until = {UNTIL_TAG: written(pass_.until)}
    here = tags
    if pass_.guest.login == "instance-only":
        # IAM has no regions: the role says where the instance stands, so that a name alone is enough to freeze
        here = tags | {LOGIN_TAG: "instance-only", REGION_TAG: pass_.regions[0]} | until
        guest = tuple(build(pass_, names, snapshot))
    elif pass_.guest.login == "role":
        guest = tuple(login_role(names, snapshot, papers, tags=tags | until))
    else:
        guest = (
            *_group(names, snapshot, papers),
            *_user(pass_, names, snapshot, tags=tags | until, sealed=sealed),
        )
    steps = (
        *pass_policies(names, snapshot, papers, tags=tags),
        *instance_role(names, snapshot, papers, tags=here),
        *guest,
    )
    return Plan(
        verb="grant",
        pass_name=pass_.name,
        account=pass_.account,
        steps=steps,
        notes=(
            *_notes(pass_, names, snapshot, sealed),
            *(built_notes(pass_, steps) if pass_.guest.login == "instance-only" else ()),
        ),
    )


def _require_guard(pass_: Pass, snapshot: Snapshot) -> None:
    require_read(snapshot, ("cloudtrail:DescribeTrails",), "whether the account is guarded is not known")
    if not is_guarded(snapshot):
        raise InputError(
            "the account is not guarded: nothing would record what the guest does",
            hint=f"`guestpass guard {pass_.name}.yaml` first",
        )


def _require_open(pass_: Pass, names: Names, snapshot: Snapshot) -> None:
    if pass_.until <= snapshot.taken_at:
        raise InputError(
            f"the pass ended at {written(pass_.until)}, it is now {written(snapshot.taken_at)}",
            expected="`until` in the future",
            hint="set a later `until` in the pass",
        )
    guests = [guest for guest in (snapshot.user(names.user), snapshot.role(names.login_role)) if guest]
    held = any(FROZEN_AT_TAG in machine.tags for machine in machines_of(names, snapshot))
    if held or any(is_denied(guest) for guest in guests if guest.path == names.path):
        raise InputError(
            f"the pass `{pass_.name}` is frozen; a frozen pass is not granted again",
            hint=f"`guestpass revoke {pass_.name}`, then grant a pass with another name",
        )


def _require_ours(names: Names, snapshot: Snapshot) -> None:
    policies = (names.job_policy(), names.wall, names.instance_job, names.instance_wall)
    found: list[tuple[str, str, str, Mapping[str, str] | None]] = [
        ("group", g.name, g.path, None) for g in snapshot.groups if g.name == names.group
    ]
    found += [("user", u.name, u.path, u.tags) for u in snapshot.users if u.name == names.user]
    found += [
        ("role", r.name, r.path, r.tags)
        for r in snapshot.roles
        if r.name in (names.login_role, names.instance_role)
    ]
    found += [("policy", p.name, p.path, p.tags) for p in snapshot.policies if p.name in policies]
    found += [
        ("instance profile", p.name, p.path, p.tags)
        for p in snapshot.profiles
        if p.name == names.instance_profile
    ]
    for kind, name, path, tags in found:
        if tags is not None and HANDED_OVER_TAG in tags:
            raise InputError(
                f"the {kind} `{name}` was handed over to you by an earlier pass `{names.pass_name}`, and stays",
                hint="give the pass another name",
            )
        # groups cannot be tagged; everything else is tagged in the very call that makes it
        if path != names.path or (tags is not None and not of_pass(tags, names.pass_name)):
            raise InputError(
                f"there is a {kind} `{name}` already, and it is not guestpass's",
                expected=f"nothing of this name, or the path {names.path} and the tag {TAG_KEY}={names.pass_name}",
                hint="give the pass another name",
            )


def _group(names: Names, snapshot: Snapshot, papers: Papers) -> Iterator[Step]:
    group = snapshot.group(names.group)
    if group is None:
        yield Step(
            id="grant/group",
            call=iam("CreateGroup", GroupName=names.group, Path=names.path),
            why="carries the job policy, so that taking the guest out of it takes the job away",
            effect=shows(iam("GetGroup", GroupName=names.group), "Group.GroupName", names.group),
            inverse=iam("DeleteGroup", GroupName=names.group),
        )
    for name, document in papers.job:
        arn = names.policy_arn(name)
        if group is None or arn not in group.attached:
            yield Step(
                id=f"grant/group/{name}",
                call=iam("AttachGroupPolicy", GroupName=names.group, PolicyArn=arn),
                why="what the job needs, within the wall",
                effect=lists(
                    iam("ListAttachedGroupPolicies", GroupName=names.group),
                    "AttachedPolicies[].PolicyArn",
                    arn,
                ),
                inverse=iam("DetachGroupPolicy", GroupName=names.group, PolicyArn=arn),
                gains=papers.gains(document),
            )


def _user(
    pass_: Pass, names: Names, snapshot: Snapshot, *, tags: Mapping[str, str], sealed: frozenset[str] | None
) -> Iterator[Step]:
    user = snapshot.user(names.user)
    seen = iam("GetUser", UserName=names.user)
    bounded = "User.PermissionsBoundary.PermissionsBoundaryArn"
    if user is None:
        yield Step(
            id="grant/user",
            # INVARIANT: the user never exists without its wall
            call=iam(
                "CreateUser",
                UserName=names.user,
                Path=names.path,
                PermissionsBoundary=names.wall_arn,
                Tags=tag_list(tags),
            ),
            why="the guest; the wall is around it from its first moment",
            effect=shows(seen, bounded, names.wall_arn),
            inverse=iam("DeleteUser", UserName=names.user),
        )
    else:
        if user.boundary != names.wall_arn:
            yield Step(
                id="grant/user/wall",
                call=iam(
                    "PutUserPermissionsBoundary", UserName=names.user, PermissionsBoundary=names.wall_arn
                ),
                why="the guest stands outside its wall",
                effect=shows(seen, bounded, names.wall_arn),
                loses=("everything that the wall does not hold",),
            )
        if user.tags.get(UNTIL_TAG) != tags[UNTIL_TAG]:
            yield Step(
                id="grant/user/until",
                call=iam("TagUser", UserName=names.user, Tags=tag_list({UNTIL_TAG: tags[UNTIL_TAG]})),
                why="the account itself remembers until when",
                effect=tagged(iam("ListUserTags", UserName=names.user), UNTIL_TAG, tags[UNTIL_TAG]),
            )
    if user is None or names.group not in user.groups:
        yield Step(
            id="grant/user/group",
            call=iam("AddUserToGroup", UserName=names.user, GroupName=names.group),
            why="gives the guest the job",
            effect=lists(iam("ListGroupsForUser", UserName=names.user), "Groups[].GroupName", names.group),
            inverse=iam("RemoveUserFromGroup", UserName=names.user, GroupName=names.group),
        )
    if user is not None and ADOPTED_TAG in user.tags and _has_credentials(user):
        return  # theirs from before the pass: nobody here made them, and nobody has to hand them over
    login = _key if pass_.guest.login == "access-key" else _password
    yield from login(names, user, sealed)


def _has_credentials(user: IamUser) -> bool:
    return bool(user.children.access_keys or user.children.login_profile)


def _key(names: Names, user: IamUser | None, sealed: frozenset[str] | None) -> Iterator[Step]:
    keys = user.children.access_keys if user else ()
    known = {key.id for key in keys} if sealed is None else sealed
    for key in keys:
        if key.id not in known:
            yield Step(
                id=f"grant/key/{key.id}",
                call=iam("DeleteAccessKey", UserName=names.user, AccessKeyId=key.id),
                why="this key was made and never handed over: its secret is lost",
                effect=shows(
                    iam("ListAccessKeys", UserName=names.user),
                    f"length(AccessKeyMetadata[?AccessKeyId=='{key.id}'])",
                    0,
                ),
                accepts=("NoSuchEntity",),
            )
    if any(key.id in known for key in keys):
        return
    yield Step(
        id="grant/key",
        call=iam("CreateAccessKey", UserName=names.user),
        why="how the guest signs; the secret goes straight into the seal and is kept nowhere else",
        effect=shows(iam("ListAccessKeys", UserName=names.user), "length(AccessKeyMetadata)", 1),
        gains=("signing in with an access key",),
        handover=Handover(
            fields={
                "access-key-id": "AccessKey.AccessKeyId",
                "secret-access-key": "AccessKey.SecretAccessKey",
            },
            public={"access-key-id": "AccessKey.AccessKeyId"},
        ),
    )


def _password(names: Names, user: IamUser | None, sealed: frozenset[str] | None) -> Iterator[Step]:
    there = user is not None and user.children.login_profile
    if there and (sealed is None or "console-password" in sealed):
        return
    parameters: dict[str, Any] = {
        "UserName": names.user,
        "Password": Generated(name="console-password"),
        "PasswordResetRequired": True,
    }
    yield Step(
        id="grant/password",
        call=iam("UpdateLoginProfile" if there else "CreateLoginProfile", **parameters),
        why="how the guest comes into the console; the password is sealed, and must be changed at the first log-in"
        + ("; the one before was never handed over" if there else ""),
        effect=shows(iam("GetLoginProfile", UserName=names.user), "LoginProfile.UserName", names.user),
        inverse=iam("DeleteLoginProfile", UserName=names.user),
        gains=("signing in to the console; nothing can be done there before an MFA device is registered",),
    )


def _notes(pass_: Pass, names: Names, snapshot: Snapshot, sealed: frozenset[str] | None) -> tuple[str, ...]:
    notes = [
        "no policy holds the number of instances, the money, what a security group opens, or what runs on a host: "
        "these are watched",
    ]
    notes += [
        f"`{warned.sid}` ({warned.why}) is "
        + (
            f"granted, for the pass accepts it: {warned.warning}"
            if warned.sid in pass_.job.accept
            else f"left out, for nothing holds it: `accept: [{warned.sid}]` in the pass's job grants it; {warned.warning}"
        )
        for warned in blueprint_of(pass_).warned
    ]
    user = snapshot.user(names.user)
    if user is None and snapshot.role(names.login_role) is None:
        # once a guest exists, what it has built is among them, and rightly so
        notes += [
            f"`{older.arn}` is there already and would count as the guest's own, by its tag or its name: "
            "retag or rename it first, or use another pass name"
            for older in already_within(pass_, snapshot)
        ]
    if sealed is None and user is not None and (user.children.access_keys or user.children.login_profile):
        notes.append(
            f"`{names.user}` has credentials already, and no ledger here says whether they were handed over: "
            "they stay as they are"
        )
    tight = tightened_at(names, snapshot)
    if tight is not None:
        notes.append(
            f"the job was tightened at {written(tight)} and stays so: `guestpass tighten {pass_.name}.yaml --restore` "
            "gives back what it was before"
        )
    if user is not None and UNTIL_TAG in user.tags and user.tags[UNTIL_TAG] != written(pass_.until):
        notes.append(f"the end moves from {user.tags[UNTIL_TAG]} to {written(pass_.until)}")
    return tuple(notes)
