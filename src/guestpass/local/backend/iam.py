"""The IAM state that authorisation reads, as plain values out of moto's memory; and what moto forgets.

A user's permissions boundary is kept on moto's user object: every read shows it, it dies with the user.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import (
    SERVICE_NAME_CONVERSION,
    AccessKeyLastUsed,
    AWSManagedPolicy,
    IAMBackend,
    Role,
    User,
    iam_backends,
)

# AWS: Using service-linked roles, in each service's guide: the names that moto would write in lower case
SERVICE_NAME_CONVERSION |= {
    "rds": "RDS",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "ecs": "ECS",
    "elasticache": "ElastiCache",
    "cloudtrail": "CloudTrail",
    "organizations": "Organizations",
    "spot": "EC2Spot",
    "ssm": "AmazonSSM",
    "support": "Support",
    "trustedadvisor": "TrustedAdvisor",
}

AWS_POLICY = "arn:aws:iam::aws:policy/"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPolicy:
    """A policy's document as text; `arn` is None when it is inline."""

    name: str
    document: str
    arn: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredUser:
    """An IAM user with every policy that speaks for it (its own and its groups')."""

    account: str
    name: str
    arn: str
    id: str
    policies: tuple[StoredPolicy, ...]
    boundary: str | None
    tags: Mapping[str, str] = field(default_factory=dict)
    mfa_devices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRole:
    """An IAM role. `max_session` is in seconds."""

    account: str
    name: str
    arn: str
    id: str
    trust: str
    policies: tuple[StoredPolicy, ...]
    boundary: str | None
    max_session: int = 3600
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredKey:
    """A long-term access key of a user."""

    account: str
    user: str
    secret: str = field(repr=False)
    active: bool


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


def key(access_key_id: str, accounts: Iterable[str]) -> StoredKey | None:
    """The user's key of this id in one of the accounts, or None. A deleted user's key is no key."""
    for account in accounts:
        for held in _iam(account).users.values():
            for one in held.access_keys:
                if one.access_key_id == access_key_id:
                    return StoredKey(
                        account=account,
                        user=held.name,
                        secret=one.secret_access_key,
                        active=one.status == "Active",
                    )
    return None


def rename_keys(account: str, name: str) -> None:
    """Let the keys of a user who was renamed say the new name."""
    for one in _iam(account).users[name].access_keys:
        one.user_name = name


def move_tags(account: str, user: str, *, name: str | None, path: str | None) -> None:
    """Let the tags of a user who is about to be renamed go with them."""
    held = _iam(account).users[user]
    new = f"{held.arn.partition(':user')[0]}:user{path or held.path}{name or held.name}"
    if new != held.arn:
        _iam(account).tagger.copy_tags(held.arn, new)
        _iam(account).tagger.delete_all_tags_for_resource(held.arn)


def mark_used(account: str, access_key_id: str, *, at: datetime, service: str, region: str) -> None:
    """Note the key's last use."""
    held = _iam(account).access_keys.get(access_key_id)
    if held is not None:
        held.last_used = AccessKeyLastUsed(timestamp=at.replace(tzinfo=None), service=service, region=region)


def user(account: str, name: str) -> StoredUser | None:
    """The user of this name, or None."""
    held = _iam(account).users.get(name)
    return None if held is None else _user(account, held)


def user_by_id(account: str, unique_id: str) -> StoredUser | None:
    """The user of this unique id (whatever it is called by now), or None."""
    held = next((one for one in _iam(account).users.values() if one.id == unique_id), None)
    return None if held is None else _user(account, held)


def _user(account: str, held: User) -> StoredUser:
    policies = [*_inline(held), *_attached(held)]
    for group in _iam(account).groups.values():
        if any(member is held for member in group.users):
            policies += [*_inline(group), *_attached(group)]
    return StoredUser(
        account=account,
        name=held.name,
        arn=held.arn,
        id=held.id,
        policies=tuple(policies),
        boundary=_boundary_of(held),
        tags=_tags(held.tags),
        mfa_devices=tuple(held.mfa_devices),
    )


def role(account: str, name: str) -> StoredRole | None:
    """The role of this name, or None."""
    held = next((one for one in _iam(account).roles.values() if one.name == name), None)
    return None if held is None else _role(account, held)


def role_by_id(account: str, unique_id: str) -> StoredRole | None:
    """The role of this unique id, or None."""
    held = _iam(account).roles.get(unique_id)
    return None if held is None else _role(account, held)


def _role(account: str, held: Role) -> StoredRole:
    return StoredRole(
        account=account,
        name=held.name,
        arn=held.arn,
        id=held.id,
        trust=held.assume_role_policy_document,
        policies=(*_inline(held), *_attached(held)),
        boundary=held.permissions_boundary_arn,
        max_session=int(held.max_session_duration or 3600),
        tags=_tags(held.tags),
    )


def role_of_profile(account: str, profile: str) -> str | None:
    """The ARN of the role inside an instance profile (by name or ARN), or None when there is none."""
    for held in _iam(account).instance_profiles.values():
        if profile in {held.name, held.arn}:
            return held.roles[0].arn if held.roles else None
    return None


def document(arn: str, account: str) -> str | None:
    """The default version's document of a managed policy, or None."""
    load_managed(account, (arn,))
    held = _iam(account).managed_policies.get(arn)
    return None if held is None else _default_document(held)


def arn_of(account: str, kind: str, name: str) -> str | None:
    """The ARN with its path of a `user`, `group`, `role`, `instance-profile` or `policy`, or None."""
    iam = _iam(account)
    things: Iterable[Any]
    match kind:
        case "user":
            things = iam.users.values()
        case "group":
            things = iam.groups.values()
        case "role":
            things = iam.roles.values()
        case "instance-profile":
            things = iam.instance_profiles.values()
        case "policy":
            things = iam.managed_policies.values()
        case _:
            return None
    return next((str(held.arn) for held in things if held.name == name), None)


def tags_of(arn: str, account: str) -> Mapping[str, str] | None:
    """The tags of a user, role, policy or instance profile by its ARN; None when the thing does not exist."""
    iam = _iam(account)
    tagged: tuple[Any, ...] = (*iam.users.values(), *iam.roles.values(), *iam.instance_profiles.values())
    for held in tagged:
        if held.arn == arn:
            return _tags(held.tags)
    policy = iam.managed_policies.get(arn)
    return None if policy is None else _tags(policy.get_tags())


# --- what moto forgets ----------------------------------------------------------------------


def set_boundary(account: str, name: str, arn: str | None) -> None:
    """Put a permissions boundary on a user, or take it away. The user must exist."""
    held: Any = _iam(account).users[name]
    held.permissions_boundary = (
        {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn is not None else None
    )


def set_password_reset(account: str, name: str, *, required: bool) -> None:
    """Say whether a user must choose a password of their own at the next log-in. The user must exist."""
    held: Any = _iam(account).users[name]
    held.password_reset_required = required


def _boundary_of(held: Any) -> str | None:
    boundary = getattr(held, "permissions_boundary", None)
    return boundary["PermissionsBoundaryArn"] if boundary else None


@cache
def _aws_policies() -> dict[str, tuple[str, dict[str, Any]]]:
    data = json.loads(aws_managed_policies_data)
    return {f"{AWS_POLICY[:-1]}{entry['Path']}{name}": (name, entry) for name, entry in data.items()}


def load_managed(account: str, arns: Iterable[str] | None) -> None:
    """Make AWS's managed policies known to moto: these, or all of them (None), which takes seconds."""
    iam = _iam(account)
    wanted = _aws_policies() if arns is None else [arn for arn in arns if arn.startswith(AWS_POLICY)]
    for arn in wanted:
        if arn in iam.managed_policies or arn not in _aws_policies():
            continue
        name, entry = _aws_policies()[arn]
        policy = AWSManagedPolicy.from_data(name, account, "us-east-1", entry)
        iam.managed_policies[arn] = policy
        iam.aws_managed_policies.append(policy)


def children(account: str, name: str) -> str | None:
    """What keeps a user from being deleted, in AWS's words; None when nothing does."""
    held = _iam(account).users.get(name)
    if held is None:
        return None
    if held.access_keys:
        return "must delete access keys first"
    if held.password is not None:
        return "must delete login profile first"
    if held.mfa_devices:
        return "must delete MFA device first"
    if held.ssh_public_keys:
        return "must delete SSH public keys first"
    if held.signing_certificates:
        return "must delete signing certificates first"
    if service_credentials(account, name):
        return "must delete service specific credentials first"
    if held.managed_policies:
        return "must detach all policies first"
    if held.policies:
        return "must delete policies first"
    if any(member is held for group in _iam(account).groups.values() for member in group.users):
        return "must remove users from group first"
    return None


def group_content(account: str, name: str) -> str | None:
    """What keeps a group from being deleted; None when nothing does."""
    held = _iam(account).groups.get(name)
    if held is None:
        return None
    if held.users:
        return "must remove users from group first"
    if held.managed_policies:
        return "must detach all policies first"
    return "must delete policies first" if held.policies else None


def service_credentials(account: str, name: str) -> list[dict[str, Any]] | None:
    """The service-specific credentials of a user, to read and to change; None without the user."""
    held: Any = _iam(account).users.get(name)
    if held is None:
        return None
    if not hasattr(held, "service_specific_credentials"):
        held.service_specific_credentials = []
    credentials: list[dict[str, Any]] = held.service_specific_credentials
    return credentials


def bounded_by(account: str, arn: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """The users and the roles (name, id) whose permissions boundary this policy is."""
    iam = _iam(account)
    users = tuple((held.name, held.id) for held in iam.users.values() if _boundary_of(held) == arn)
    roles = tuple((held.name, held.id) for held in iam.roles.values() if held.permissions_boundary_arn == arn)
    return users, roles


def policy_in_use(account: str, arn: str) -> str | None:
    """What keeps a managed policy from being deleted; None when nothing does."""
    iam = _iam(account)
    policy = iam.managed_policies.get(arn)
    if policy is None:
        return None
    holders: tuple[Any, ...] = (*iam.users.values(), *iam.groups.values(), *iam.roles.values())
    if any(arn in held.managed_policies for held in holders):
        return "Cannot delete a policy attached to entities."
    bounded = (
        *map(_boundary_of, iam.users.values()),
        *(r.permissions_boundary_arn for r in iam.roles.values()),
    )
    if arn in bounded:
        return "Cannot delete a policy attached to entities."
    if len(policy.versions) > 1:
        return "This policy has more than one version. You must delete the other versions first."
    return None


def _inline(held: Any) -> list[StoredPolicy]:
    return [StoredPolicy(name=name, document=text) for name, text in held.policies.items()]


def _attached(held: Any) -> list[StoredPolicy]:
    return [
        StoredPolicy(name=policy.name, document=_default_document(policy), arn=arn)
        for arn, policy in held.managed_policies.items()
    ]


def _default_document(policy: Any) -> str:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return ""


def _tags(entries: Any) -> dict[str, str]:
    return {entry["Key"]: entry.get("Value", "") for entry in entries or ()}


def mfa_seed(account: str, serial: str) -> str | None:
    """The base32 seed of a virtual device, or None."""
    held = _iam(account).virtual_mfa_devices.get(serial)
    if held is None:
        return None
    return held.base32_string_seed


def make_administrator(account: str, name: str) -> tuple[str, str]:
    """Make a user with AdministratorAccess; its access key id and secret."""
    arn = f"{AWS_POLICY}AdministratorAccess"
    load_managed(account, (arn,))
    iam = _iam(account)
    iam.create_user("us-east-1", name, "/")
    iam.attach_user_policy(arn, name)
    made = iam.create_access_key(name)
    return made.access_key_id, made.secret_access_key
