"""Adopt: a user who is there already becomes the guest of a pass: the wall first, then the job, then wide rights off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guestpass.access.policy import size_of
from guestpass.account.snapshot import IamUser, Snapshot
from guestpass.errors import InputError
from guestpass.inventory import Inventory, Item
from guestpass.loan.agreement import Pass
from guestpass.loan.names import ADOPTED_TAG, TAG_KEY, UNTIL_TAG, Names
from guestpass.loan.plan.calls import gone, iam, lists_not, shows, tag_list, tagged
from guestpass.loan.plan.documents import text_of
from guestpass.loan.plan.freeze import written
from guestpass.loan.plan.grant import grant
from guestpass.loan.plan.papers import Papers
from guestpass.loan.step import Call, Plan, Shows, Step
from guestpass.needs import resource_types

_BATCH = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class _Older:
    """The user as they are, and as they will be called."""

    user: IamUser
    names: Names

    @property
    def renamed(self) -> bool:
        return self.user.name == self.names.user and self.user.path == self.names.path


def adopted_user(pass_: Pass, snapshot: Snapshot, name: str) -> IamUser:
    """The user to adopt, by the name they had or by the one they have as the pass's guest.

    Raises InputError where there is no such user, or where they cannot become a guest.
    """
    names = Names.of_pass(pass_)
    user = snapshot.user(name)
    ours = snapshot.user(names.user)
    if user is None and ours is not None and ours.tags.get(ADOPTED_TAG, "").rpartition("/")[2] == name:
        return ours
    if user is None:
        others = ", ".join(f"`{each.name}`" for each in snapshot.users[:8])
        raise InputError(
            f"account {snapshot.caller.account} has no user `{name}`",
            expected=f"one of {others}" if others else "a user of this account",
            hint="aws iam list-users --query Users[].UserName",
        )
    if user.arn == snapshot.caller.arn:
        raise InputError(
            f"`{name}` is who you are: adopting it would shut you out",
            hint="use an administrator's credentials",
        )
    if user.path.startswith("/guestpass/") and user is not ours:
        raise InputError(f"`{name}` is the guest of a pass already", hint="guestpass status")
    if ours is not None and ours is not user:
        raise InputError(
            f"there is a user `{names.user}` already", hint="give the pass another name: `--name`"
        )
    return user


def adopt(
    pass_: Pass, snapshot: Snapshot, user: IamUser, *, inventory: Inventory, papers: Papers | None = None
) -> Plan:
    """What adopting this user would do; what has taken effect is not planned again.

    The order leaves no moment with more access than before: the pass's policies, the wall around the user, their new
    name, the tag on what they built, the job, and only then the wide rights off. `inventory` is what the user made.
    Raises InputError as `grant` does.
    """
    names = Names.of_pass(pass_)
    older = _Older(user=user, names=names)
    # INVARIANT: `grant` plans around a user that stands within the wall; the steps before make it true
    settled = replace(
        user,
        name=names.user,
        path=names.path,
        arn=names.user_arn,
        boundary=names.wall_arn,
        tags={**user.tags, TAG_KEY: pass_.name, UNTIL_TAG: written(pass_.until), ADOPTED_TAG: user.arn},
    )
    others = tuple(each for each in snapshot.users if each.arn != user.arn)
    granted = grant(pass_, replace(snapshot, users=(*others, settled)), papers=papers, sealed=_there(user))
    joins = [
        step for step in granted.steps if step.id.startswith(("grant/user/", "grant/key", "grant/password"))
    ]
    steps = (
        *(step for step in granted.steps if step not in joins),
        *_enclosed(pass_, older),
        *_renamed(older),
        *_tagged(pass_, inventory, snapshot),
        *joins,
        *_wide_rights(replace(user, name=names.user), names),
    )
    return Plan(
        verb="adopt",
        pass_name=pass_.name,
        account=pass_.account,
        steps=tuple(replace(step, id=step.id.replace("grant/", "adopt/", 1)) for step in steps),
        notes=(*_notes(pass_, older, inventory), *granted.notes),
    )


def _there(user: IamUser) -> frozenset[str]:
    """Credentials that are there already were handed over long ago: they stay as they are."""
    return frozenset({"console-password", *(key.id for key in user.children.access_keys)})


def _enclosed(pass_: Pass, older: _Older) -> Iterator[Step]:
    user, names = older.user, older.names
    if user.boundary != names.wall_arn:
        yield Step(
            id="adopt/wall",
            call=iam("PutUserPermissionsBoundary", UserName=user.name, PermissionsBoundary=names.wall_arn),
            why="the wall is around them from here on, whatever policies they still carry",
            effect=shows(
                iam("GetUser", UserName=user.name),
                "User.PermissionsBoundary.PermissionsBoundaryArn",
                names.wall_arn,
            ),
            inverse=iam("PutUserPermissionsBoundary", UserName=user.name, PermissionsBoundary=user.boundary)
            if user.boundary
            else iam("DeleteUserPermissionsBoundary", UserName=user.name),
            loses=("everything that the wall does not hold",),
        )
    wanted = {TAG_KEY: pass_.name, UNTIL_TAG: written(pass_.until)}
    if not older.renamed:
        wanted[ADOPTED_TAG] = user.arn
    missing = {key: value for key, value in wanted.items() if user.tags.get(key) != value}
    if missing:
        key, value = next(reversed(missing.items()))
        yield Step(
            id="adopt/tags",
            call=iam("TagUser", UserName=user.name, Tags=tag_list(missing)),
            why="the account itself remembers whose guest they are, until when, and who they were",
            effect=tagged(iam("ListUserTags", UserName=user.name), key, value),
            inverse=iam("UntagUser", UserName=user.name, TagKeys=sorted(missing)),
        )


def _renamed(older: _Older) -> Iterator[Step]:
    user, names = older.user, older.names
    if older.renamed:
        return
    # AWS: IAM API Reference, UpdateUser; User Guide, "Rename an IAM user": keys, passwords, groups and policies stay
    yield Step(
        id="adopt/name",
        call=iam("UpdateUser", UserName=user.name, NewUserName=names.user, NewPath=names.path),
        why="under the pass's name and path every machine finds the guest; keys and password go on working",
        effect=shows(iam("GetUser", UserName=names.user), "User.Arn", names.user_arn),
        inverse=iam("UpdateUser", UserName=names.user, NewUserName=user.name, NewPath=user.path),
    )


def _tagged(pass_: Pass, inventory: Inventory, snapshot: Snapshot) -> Iterator[Step]:
    """Put the pass's tag on what the user built, so that the wall lets them go on with it."""
    by_region: dict[str, list[str]] = {}
    tags = {resource.arn: resource.tags for resource in snapshot.resources}
    for item in _to_tag(inventory):
        if tags.get(item.arn, item.tags).get(TAG_KEY) != pass_.name and item.region in pass_.regions:
            by_region.setdefault(item.region, []).append(item.id)
    for region, ids in sorted(by_region.items()):
        for start in range(0, len(ids), _BATCH):
            some = sorted(ids)[start : start + _BATCH]
            yield Step(
                id=f"adopt/tag/{region}/{some[0]}",
                call=_ec2("CreateTags", region, Resources=some, Tags=tag_list({TAG_KEY: pass_.name})),
                why="they built these: with the pass's tag they may go on changing and deleting them",
                effect=Shows(
                    call=_ec2(
                        "DescribeTags",
                        region,
                        Filters=[
                            {"Name": "resource-id", "Values": some},
                            {"Name": f"tag:{TAG_KEY}", "Values": [pass_.name]},
                        ],
                    ),
                    path="length(Tags)",
                    value=len(some),
                ),
                inverse=_ec2(
                    "DeleteTags", region, Resources=some, Tags=[{"Key": TAG_KEY, "Value": pass_.name}]
                ),
                gains=tuple(f"changing and deleting `{name}`, which they made" for name in some),
            )


def _to_tag(inventory: Inventory) -> Iterable[Item]:
    held = {name for name, kind in resource_types().items() if name.startswith("ec2:") and kind.own == "tag"}
    return (item for item in inventory.items if item.still == "there" and item.type in held)


def _ec2(operation: str, region: str, **parameters: object) -> Call:
    return Call(service="ec2", operation=operation, parameters=parameters, region=region)


def _wide_rights(user: IamUser, names: Names) -> Iterator[Step]:
    """Everything that is not the pass's comes off; each step can be undone with what it says."""
    name = user.name
    for group in user.groups:
        if group != names.group:
            yield Step(
                id=f"adopt/off/group/{group}",
                call=iam("RemoveUserFromGroup", UserName=name, GroupName=group),
                why="the job's group is enough",
                effect=lists_not(iam("ListGroupsForUser", UserName=name), "Groups[].GroupName", group),
                inverse=iam("AddUserToGroup", UserName=name, GroupName=group),
                loses=(f"what the group `{group}` gives",),
                accepts=("NoSuchEntity",),
            )
    for arn in user.attached:
        yield Step(
            id=f"adopt/off/policy/{arn}",
            call=iam("DetachUserPolicy", UserName=name, PolicyArn=arn),
            why="the job's policies are enough",
            effect=lists_not(
                iam("ListAttachedUserPolicies", UserName=name), "AttachedPolicies[].PolicyArn", arn
            ),
            inverse=iam("AttachUserPolicy", UserName=name, PolicyArn=arn),
            loses=(f"what `{arn.rsplit('/', 1)[-1]}` allows",),
            accepts=("NoSuchEntity",),
        )
    for policy, document in user.inline.items():
        yield Step(
            id=f"adopt/off/inline/{policy}",
            call=iam("DeleteUserPolicy", UserName=name, PolicyName=policy),
            why="the job's policies are enough",
            effect=gone(iam("GetUserPolicy", UserName=name, PolicyName=policy)),
            inverse=iam("PutUserPolicy", UserName=name, PolicyName=policy, PolicyDocument=text_of(document)),
            loses=(f"what the inline policy `{policy}` allows ({size_of(document):,} characters)",),
            accepts=("NoSuchEntity",),
        )


def _notes(pass_: Pass, older: _Older, inventory: Inventory) -> Iterator[str]:
    user, names = older.user, older.names
    if not older.renamed:
        yield (
            f"`{user.name}` will be called `{names.user}`: access keys go on working; a console sign-in needs the new "
            "name, and so does every policy that names the user by ARN"
        )
    if len(user.children.access_keys) > 1:
        yield "there are two access keys: ask which is used, and delete the other"
    if pass_.guest.login == "access-key" and user.children.login_profile:
        yield "they have a console password as well: without MFA it is as strong as its letters"
    yield (
        "what was planted before today counts neither as could not nor as new: the certificate of an adopted pass "
        "does not judge it"
    )
    tagged = {item.arn for item in _to_tag(inventory)}
    for item in inventory.items:
        if item.still == "gone" or item.made is None:
            continue
        if item.type.startswith("iam:"):
            yield f"they made `{item.arn}`: look at it, because no wall stands around what it can do"
        elif item.region not in (*pass_.regions, "", "us-east-1"):
            yield f"they made `{item.arn}`, in a region that the pass does not lend"
        elif item.arn not in tagged and not item.id.startswith(names.prefix):
            yield (
                f"they made `{item.arn}`, which the wall cannot tell from yours by tag or name: "
                "after this they cannot change it"
            )
