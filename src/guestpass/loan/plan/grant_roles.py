"""The roles of a pass: the instances' role with its profile, and the role that a guest with an account assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestpass.account.snapshot import Snapshot
from guestpass.errors import Bug
from guestpass.loan.names import LOGIN_TAG, UNTIL_TAG, Names
from guestpass.loan.plan.calls import iam, lists, shows, tag_list, tagged
from guestpass.loan.plan.documents import same_document, text_of
from guestpass.loan.plan.papers import Papers
from guestpass.loan.step import Step
from guestpass.needs.blueprint import RunsAs

LONGEST_SESSION = 4 * 3600
"""Seconds that a session of the login role lasts at most; revoking waits as long before the role goes."""


_SERVICES: Mapping[RunsAs, str] = {"ec2": "EC2", "lambda": "Lambda", "ecs-tasks": "ECS's tasks"}


def instance_role(
    names: Names, snapshot: Snapshot, papers: Papers, *, tags: Mapping[str, str]
) -> Iterator[Step]:
    """The role of the guest's instances, behind a wall of its own that does not expire, and its profile."""
    site = papers.site
    if site is None:
        return
    name = names.instance_role
    yield from _role(
        "instance-role",
        name,
        names.instance_wall_arn,
        site.trust,
        snapshot,
        names.path,
        tags,
        why="what the site's instances may do; "
        + (
            "whoever is in the instance can act by it"
            if tags.get(LOGIN_TAG) == "instance-only"
            else f"the guest can only pass it to {_SERVICES[site.runs_as]}"
        ),
    )
    arn = names.instance_job_arn
    yield from _attached("instance-role", name, ((arn, papers.gains(site.job, "instances: ")),), snapshot)
    if site.runs_as == "ec2":
        yield from _profile(names, snapshot, tags)


def _profile(names: Names, snapshot: Snapshot, tags: Mapping[str, str]) -> Iterator[Step]:
    name = names.instance_role
    profile = snapshot.profile(names.instance_profile)
    seen = iam("GetInstanceProfile", InstanceProfileName=names.instance_profile)
    if profile is None:
        yield Step(
            id="grant/instance-profile",
            call=iam(
                "CreateInstanceProfile",
                InstanceProfileName=names.instance_profile,
                Path=names.path,
                Tags=tag_list(tags),
            ),
            why="how EC2 hands the role to an instance",
            effect=shows(seen, "InstanceProfile.InstanceProfileName", names.instance_profile),
            inverse=iam("DeleteInstanceProfile", InstanceProfileName=names.instance_profile),
        )
    if profile is None or name not in profile.roles:
        yield Step(
            id="grant/instance-profile/role",
            call=iam("AddRoleToInstanceProfile", InstanceProfileName=names.instance_profile, RoleName=name),
            why="how EC2 hands the role to an instance",
            effect=lists(seen, "InstanceProfile.Roles[].RoleName", name),
            inverse=iam(
                "RemoveRoleFromInstanceProfile", InstanceProfileName=names.instance_profile, RoleName=name
            ),
        )


def login_role(
    names: Names, snapshot: Snapshot, papers: Papers, *, tags: Mapping[str, str]
) -> Iterator[Step]:
    """The role that the guest assumes from their own account; nothing long-lived is handed over."""
    if papers.login_trust is None:
        raise Bug("a pass with a login role has no trust policy for it")
    yield from _role(
        "role",
        names.login_role,
        names.wall_arn,
        papers.login_trust,
        snapshot,
        names.path,
        tags,
        why="the guest comes in through it from an account of their own; the wall is around it from its first moment",
        longest=LONGEST_SESSION,
        gains=(
            "assuming the role from the guest's own account, with the external id that the hand-over letter names",
        ),
    )
    jobs = tuple((names.policy_arn(name), papers.gains(document)) for name, document in papers.job)
    yield from _attached("role", names.login_role, jobs, snapshot)


def _role(
    step: str,
    name: str,
    wall: str,
    trust: Mapping[str, Any],
    snapshot: Snapshot,
    path: str,
    tags: Mapping[str, str],
    *,
    why: str,
    longest: int = 3600,
    gains: tuple[str, ...] = (),
) -> Iterator[Step]:
    stored = snapshot.role(name)
    seen = iam("GetRole", RoleName=name)
    bounded = shows(seen, "Role.PermissionsBoundary.PermissionsBoundaryArn", wall)
    if stored is None:
        yield Step(
            id=f"grant/{step}",
            # INVARIANT: the role never exists without its wall
            call=iam(
                "CreateRole",
                RoleName=name,
                Path=path,
                AssumeRolePolicyDocument=text_of(trust),
                PermissionsBoundary=wall,
                MaxSessionDuration=longest,
                Tags=tag_list(tags),
            ),
            why=why,
            effect=bounded,
            inverse=iam("DeleteRole", RoleName=name),
            gains=gains,
        )
        return
    if stored.boundary != wall:
        yield Step(
            id=f"grant/{step}/wall",
            call=iam("PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=wall),
            why="the role stands outside its wall",
            effect=bounded,
            loses=("everything that the wall does not hold",),
        )
    if not same_document(stored.trust, trust):
        yield Step(
            id=f"grant/{step}/trust",
            call=iam("UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=text_of(trust)),
            why="the pass trusts someone else than the role does",
            effect=shows(seen, "Role.AssumeRolePolicyDocument", trust),
            gains=gains,
        )
    if UNTIL_TAG in tags and stored.tags.get(UNTIL_TAG) != tags[UNTIL_TAG]:
        yield Step(
            id=f"grant/{step}/until",
            call=iam("TagRole", RoleName=name, Tags=tag_list({UNTIL_TAG: tags[UNTIL_TAG]})),
            why="the account itself remembers until when",
            effect=tagged(iam("ListRoleTags", RoleName=name), UNTIL_TAG, tags[UNTIL_TAG]),
        )


def _attached(
    step: str, name: str, policies: tuple[tuple[str, tuple[str, ...]], ...], snapshot: Snapshot
) -> Iterator[Step]:
    stored = snapshot.role(name)
    for arn, gains in policies:
        if stored is None or arn not in stored.attached:
            yield Step(
                id=f"grant/{step}/{arn.rsplit('/', 1)[-1]}",
                call=iam("AttachRolePolicy", RoleName=name, PolicyArn=arn),
                why="what the role is for, within its wall",
                effect=lists(
                    iam("ListAttachedRolePolicies", RoleName=name), "AttachedPolicies[].PolicyArn", arn
                ),
                inverse=iam("DetachRolePolicy", RoleName=name, PolicyArn=arn),
                gains=gains,
            )
