"""What the owner keeps: the instance role with its profile and policies loses the pass's tag and gets another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guestpass.account.snapshot import Snapshot
from guestpass.loan.names import TAG_KEY, Names
from guestpass.loan.plan.calls import HANDED_OVER_TAG, iam, tag_list, tagged, untagged
from guestpass.loan.step import Call, Step

_WHY = "the site keeps running on it: it is yours now, and no longer the pass's"


def stays(policy: str, names: Names) -> bool:
    """Whether a policy of this name belongs to the instance role, and so stays with it."""
    return policy in (names.instance_job, names.instance_wall)


def handing_over(names: Names, snapshot: Snapshot) -> Iterator[Step]:
    """Tag first, untag then: in between the thing is known under both."""
    role = snapshot.role(names.instance_role)
    if role is not None and role.path == names.path:
        yield from _retag("role", role.tags, names, "Role", {"RoleName": role.name}, "ListRoleTags", "Tags")
    profile = snapshot.profile(names.instance_profile)
    if profile is not None and profile.path == names.path:
        yield from _retag(
            "profile",
            profile.tags,
            names,
            "InstanceProfile",
            {"InstanceProfileName": profile.name},
            "GetInstanceProfile",
            "InstanceProfile.Tags",
        )
    for policy in snapshot.policies:
        if policy.path == names.path and stays(policy.name, names):
            yield from _retag(
                policy.name, policy.tags, names, "Policy", {"PolicyArn": policy.arn}, "ListPolicyTags", "Tags"
            )


def _retag(
    what: str,
    tags: Mapping[str, str],
    names: Names,
    kind: str,
    which: Mapping[str, str],
    read: str,
    path: str,
) -> Iterator[Step]:
    seen: Call = iam(read, **which)
    if tags.get(HANDED_OVER_TAG) != names.pass_name:
        yield Step(
            id=f"revoke/hand-over/{what}",
            call=iam(f"Tag{kind}", **which, Tags=tag_list({HANDED_OVER_TAG: names.pass_name})),
            why=_WHY,
            effect=tagged(seen, HANDED_OVER_TAG, names.pass_name, path=path),
        )
    if TAG_KEY in tags:
        yield Step(
            id=f"revoke/hand-over/{what}/tag",
            call=iam(f"Untag{kind}", **which, TagKeys=[TAG_KEY]),
            why=_WHY,
            effect=untagged(seen, TAG_KEY, path=path),
        )
