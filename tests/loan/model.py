"""IAM in a few lines, for planners: a plan's calls applied to a snapshot, with AWS's refusals to delete what is in use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from guestpass.account.snapshot import (
    AccessKey,
    Bucket,
    Caller,
    DataExport,
    IamGroup,
    IamPolicy,
    IamRole,
    IamUser,
    InstanceProfile,
    Snapshot,
    Trail,
    UserChildren,
)
from guestpass.loan.agreement import Guest, Job, Login, Network, Pass, Spend
from guestpass.loan.step import Call, Plan

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REGION = "eu-west-1"


class RefusedError(AssertionError):
    """AWS would refuse this call."""


def a_pass(login: Login = "access-key", **more: Any) -> Pass:
    """A pass that ends a week from NOW."""
    return Pass(
        **{
            "name": "acme-shop",
            "account": ACCOUNT,
            "guest": Guest(name="Ada", login=login, account="210987654321" if login == "role" else None),
            "job": Job(
                blueprint="php-mysql", instance_types=("t3.small",), database_classes=("db.t3.micro",)
            ),
            "network": Network(vpc="vpc-0a1b2c3d", subnets=("subnet-0a1b2c3d",)),
            "regions": (REGION,),
            "until": datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
            "spend": Spend(monthly_usd=Decimal(50), notify="owner@example.com"),
            **more,
        }
    )


TRAIL = Trail(
    name="guestpass",
    arn=f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/guestpass",
    home_region=REGION,
    bucket=f"guestpass-trail-{ACCOUNT}-{REGION}",
    multi_region=True,
    validated=True,
    global_events=True,
    logging=True,
)


def an_account(**more: Any) -> Snapshot:
    """A guarded account with nothing else in it."""
    return Snapshot(
        **{
            "taken_at": NOW,
            "caller": Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/owner", user_id="AIDAOWNER"),
            "regions": (REGION,),
            "trails": (TRAIL,),
            **more,
        }
    )


def an_empty_account() -> Snapshot:
    """An account that guestpass has never seen."""
    return an_account(trails=())


def carried_out(plan: Plan, account: Snapshot) -> Snapshot:
    """The account after the plan's steps."""
    for step in plan.steps:
        account = applied(step.call, account)
    return account


def applied(call: Call, account: Snapshot) -> Snapshot:
    """The account after one call; raises RefusedError where AWS would refuse it."""
    return _ACTS[call.operation](account, dict(call.parameters))


Act = Callable[[Snapshot, dict[str, Any]], Snapshot]


def _user(account: Snapshot, name: str, **changes: Any) -> Snapshot:
    return replace(account, users=_changed(account.users, name, changes))


def _children(account: Snapshot, name: str, **changes: Any) -> Snapshot:
    user = account.user(name)
    if user is None:
        raise RefusedError(f"no user {name}")
    return _user(account, name, children=replace(user.children, **changes))


def _changed(things: Iterable[Any], name: str, changes: Mapping[str, Any]) -> tuple[Any, ...]:
    every = tuple(things)
    if name not in [thing.name for thing in every]:
        raise RefusedError(f"no {name}")
    return tuple(replace(thing, **changes) if thing.name == name else thing for thing in every)


def _without(values: Iterable[Any], value: Any) -> tuple[Any, ...]:
    every = tuple(values)
    if value not in every:
        raise RefusedError(f"{value} is not there")
    return tuple(each for each in every if each != value)


def _tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}


def _arn(kind: str, p: Mapping[str, Any], name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}{p.get('Path', '/')}{name}"


def _create_user(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    if account.user(p["UserName"]):
        raise RefusedError("EntityAlreadyExists")
    _known(account, p.get("PermissionsBoundary"))
    made = IamUser(
        name=p["UserName"],
        arn=_arn("user", p, p["UserName"]),
        id=f"AIDA{p['UserName']}",
        path=p["Path"],
        created=NOW,
        tags=_tags(p["Tags"]),
        boundary=p.get("PermissionsBoundary"),
    )
    return replace(account, users=(*account.users, made))


def _create_role(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    if account.role(p["RoleName"]):
        raise RefusedError("EntityAlreadyExists")
    _known(account, p.get("PermissionsBoundary"))
    made = IamRole(
        name=p["RoleName"],
        arn=_arn("role", p, p["RoleName"]),
        id=f"AROA{p['RoleName']}",
        path=p["Path"],
        created=NOW,
        trust=json.loads(p["AssumeRolePolicyDocument"]),
        max_session=p["MaxSessionDuration"],
        tags=_tags(p["Tags"]),
        boundary=p.get("PermissionsBoundary"),
    )
    return replace(account, roles=(*account.roles, made))


def _known(account: Snapshot, arn: str | None) -> None:
    if arn is not None and arn not in [policy.arn for policy in account.policies]:
        raise RefusedError(f"NoSuchEntity {arn}")


def _create_policy(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    if account.policy(p["PolicyName"]):
        raise RefusedError("EntityAlreadyExists")
    made = IamPolicy(
        name=p["PolicyName"],
        arn=_arn("policy", p, p["PolicyName"]),
        id=f"ANPA{p['PolicyName']}",
        path=p["Path"],
        created=NOW,
        default_version="v1",
        versions={"v1": json.loads(p["PolicyDocument"])},
        tags=_tags(p["Tags"]),
    )
    return replace(account, policies=(*account.policies, made))


def _policy_of(account: Snapshot, arn: str) -> IamPolicy:
    found = next((policy for policy in account.policies if policy.arn == arn), None)
    if found is None:
        raise RefusedError(f"NoSuchEntity {arn}")
    return found


def _with_policy(account: Snapshot, arn: str, **changes: Any) -> Snapshot:
    return replace(account, policies=_changed(account.policies, _policy_of(account, arn).name, changes))


def _new_version(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    policy = _policy_of(account, p["PolicyArn"])
    if len(policy.versions) >= 5:
        raise RefusedError("LimitExceeded")
    name = f"v{1 + max(int(version[1:]) for version in policy.versions)}"
    versions = {**policy.versions, name: json.loads(p["PolicyDocument"])}
    return _with_policy(account, policy.arn, versions=versions, default_version=name)


def _delete_version(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    policy = _policy_of(account, p["PolicyArn"])
    if p["VersionId"] == policy.default_version:
        raise RefusedError("DeleteConflict")
    versions = {k: v for k, v in policy.versions.items() if k != p["VersionId"]}
    return _with_policy(account, policy.arn, versions=versions)


def _default_version(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    policy = _policy_of(account, p["PolicyArn"])
    if p["VersionId"] not in policy.versions:
        raise RefusedError("NoSuchEntity")
    return _with_policy(account, policy.arn, default_version=p["VersionId"])


def _delete_policy(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    policy = _policy_of(account, p["PolicyArn"])
    carriers = [*account.users, *account.roles, *account.groups]
    if len(policy.versions) > 1 or any(policy.arn in thing.attached for thing in carriers):
        raise RefusedError(f"DeleteConflict {policy.arn}")
    if any(policy.arn == thing.boundary for thing in (*account.users, *account.roles)):
        raise RefusedError(f"DeleteConflict {policy.arn}")
    return replace(account, policies=_without(account.policies, policy))


def _delete_user(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    user = account.user(p["UserName"])
    if user is None or user.inline or user.attached or user.groups or user.children != UserChildren():
        raise RefusedError(f"DeleteConflict {user}")
    return replace(account, users=_without(account.users, user))


def _delete_role(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    role = account.role(p["RoleName"])
    if role is None or role.inline or role.attached or role.profiles:
        raise RefusedError(f"DeleteConflict {role}")
    return replace(account, roles=_without(account.roles, role))


def _delete_group(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    group = account.group(p["GroupName"])
    members = [user.name for user in account.users if p["GroupName"] in user.groups]
    if group is None or group.inline or group.attached or members:
        raise RefusedError(f"DeleteConflict {group} {members}")
    return replace(account, groups=_without(account.groups, group))


def _inline(kind: str, *, put: bool) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        things = getattr(account, f"{kind}s")
        name = p[f"{kind.title()}Name"]
        thing = next((each for each in things if each.name == name), None)
        if thing is None or (not put and p["PolicyName"] not in thing.inline):
            raise RefusedError("NoSuchEntity")
        kept = {key: value for key, value in thing.inline.items() if key != p["PolicyName"]}
        if put:
            kept[p["PolicyName"]] = json.loads(p["PolicyDocument"])
        return replace(account, **{f"{kind}s": _changed(things, name, {"inline": kept})})

    return act


def _attach(kind: str, *, on: bool) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        things, name, arn = getattr(account, f"{kind}s"), p[f"{kind.title()}Name"], p["PolicyArn"]
        thing = next((each for each in things if each.name == name), None)
        if thing is None:
            raise RefusedError("NoSuchEntity")
        if on and ":aws:policy/" not in arn:
            _known(account, arn)
        attached = tuple(sorted({*thing.attached, arn})) if on else _without(thing.attached, arn)
        return replace(account, **{f"{kind}s": _changed(things, name, {"attached": attached})})

    return act


def _tag(kind: str, plural: str, *, on: bool) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        name = _policy_of(account, p["PolicyArn"]).name if kind == "Policy" else p[f"{kind}Name"]
        things = getattr(account, plural)
        tags = next(dict(each.tags) for each in things if each.name == name)
        if on:
            tags |= _tags(p["Tags"])
        else:
            tags = {key: value for key, value in tags.items() if key not in p["TagKeys"]}
        return replace(account, **{plural: _changed(things, name, {"tags": tags})})

    return act


def _child(field: str, parameter: str) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        user = account.user(p["UserName"])
        if user is None:
            raise RefusedError("NoSuchEntity")
        return _children(account, user.name, **{field: _without(getattr(user.children, field), p[parameter])})

    return act


def _key(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    user = account.user(p["UserName"])
    if user is None or len(user.children.access_keys) >= 2:
        raise RefusedError("LimitExceeded")
    made = AccessKey(id=f"AKIANEW{len(user.children.access_keys)}", status="Active", created=NOW)
    return _children(account, user.name, access_keys=(*user.children.access_keys, made))


def _key_changed(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    user = account.user(p["UserName"])
    keys = user.children.access_keys if user else ()
    if p["AccessKeyId"] not in [key.id for key in keys]:
        raise RefusedError("NoSuchEntity")
    kept = tuple(
        replace(key, status=p["Status"]) if key.id == p["AccessKeyId"] and "Status" in p else key
        for key in keys
        if "Status" in p or key.id != p["AccessKeyId"]
    )
    return _children(account, p["UserName"], access_keys=kept)


def _membership(*, on: bool) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        user = account.user(p["UserName"])
        if user is None or account.group(p["GroupName"]) is None:
            raise RefusedError("NoSuchEntity")
        groups = (*user.groups, p["GroupName"]) if on else _without(user.groups, p["GroupName"])
        return _user(account, user.name, groups=groups)

    return act


def _profile_role(*, on: bool) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        name, role = p["InstanceProfileName"], account.role(p["RoleName"])
        profile = account.profile(name)
        if role is None or profile is None:
            raise RefusedError("NoSuchEntity")
        if on:
            roles, profiles = (role.name,), (*role.profiles, name)
        else:
            roles, profiles = _without(profile.roles, role.name), _without(role.profiles, name)
        return replace(
            account,
            profiles=_changed(account.profiles, name, {"roles": roles}),
            roles=_changed(account.roles, role.name, {"profiles": profiles}),
        )

    return act


def _create_group(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    made = IamGroup(
        name=p["GroupName"], arn=_arn("group", p, p["GroupName"]), id="AGPA1", path=p["Path"], created=NOW
    )
    return replace(account, groups=(*account.groups, made))


def _create_profile(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    name = p["InstanceProfileName"]
    made = InstanceProfile(
        name=name, arn=_arn("instance-profile", p, name), path=p["Path"], tags=_tags(p["Tags"])
    )
    return replace(account, profiles=(*account.profiles, made))


def _bucket(**change: Any) -> Act:
    def act(account: Snapshot, p: dict[str, Any]) -> Snapshot:
        values = {
            key: value(p, _one(account.buckets, p["Bucket"])) if callable(value) else value
            for key, value in change.items()
        }
        return replace(account, buckets=_changed(account.buckets, p["Bucket"], values))

    return act


def _one(buckets: Iterable[Bucket], name: str) -> Bucket:
    return next(bucket for bucket in buckets if bucket.name == name)


def _trail(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    bucket = _one(account.buckets, p["S3BucketName"])
    if "CloudTrailWrites" not in json.dumps(bucket.policy):
        raise RefusedError("InsufficientS3BucketPolicyException")
    others = tuple(trail for trail in account.trails if trail.name != p["Name"])
    return replace(account, trails=(*others, replace(TRAIL, logging=False, bucket=bucket.name)))


def _budget(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    from guestpass.account.snapshot import Budget

    told = p.get("Budget") or p["NewBudget"]
    made = Budget(
        name=told["BudgetName"],
        limit=told["BudgetLimit"]["Amount"],
        unit="USD",
        notifications=len(p.get("NotificationsWithSubscribers", "....")),
    )
    return replace(account, budgets=(*(b for b in account.budgets if b.name != made.name), made))


def _export(account: Snapshot, p: dict[str, Any]) -> Snapshot:
    told = p["Export"]
    bucket = told["DestinationConfigurations"]["S3Destination"]["S3Bucket"]
    if "DataExportsWrites" not in json.dumps(_one(account.buckets, bucket).policy):
        raise RefusedError("ValidationException")
    arn = p.get("ExportArn", f"arn:aws:bcm-data-exports:us-east-1:{ACCOUNT}:export/{told['Name']}-1")
    others = tuple(export for export in account.exports if export.name != told["Name"])
    return replace(account, exports=(*others, DataExport(name=told["Name"], arn=arn, definition=told)))


_ACTS: dict[str, Act] = {
    "CreateUser": _create_user,
    "CreateRole": _create_role,
    "CreateGroup": _create_group,
    "CreatePolicy": _create_policy,
    "CreatePolicyVersion": _new_version,
    "DeletePolicyVersion": _delete_version,
    "SetDefaultPolicyVersion": _default_version,
    "CreateInstanceProfile": _create_profile,
    "CreateAccessKey": _key,
    "UpdateAccessKey": _key_changed,
    "DeleteAccessKey": _key_changed,
    "CreateLoginProfile": lambda a, p: _children(a, p["UserName"], login_profile=True),
    "UpdateLoginProfile": lambda a, p: _children(a, p["UserName"], login_profile=True),
    "DeleteLoginProfile": lambda a, p: _children(a, p["UserName"], login_profile=False),
    "DeleteSSHPublicKey": _child("ssh_keys", "SSHPublicKeyId"),
    "DeleteServiceSpecificCredential": _child("service_credentials", "ServiceSpecificCredentialId"),
    "DeleteSigningCertificate": _child("signing_certificates", "CertificateId"),
    "DeactivateMFADevice": _child("mfa_devices", "SerialNumber"),
    "DeleteVirtualMFADevice": lambda a, _: a,
    "PutUserPermissionsBoundary": lambda a, p: _user(a, p["UserName"], boundary=p["PermissionsBoundary"]),
    "PutRolePermissionsBoundary": lambda a, p: replace(
        a, roles=_changed(a.roles, p["RoleName"], {"boundary": p["PermissionsBoundary"]})
    ),
    "UpdateAssumeRolePolicy": lambda a, p: replace(
        a, roles=_changed(a.roles, p["RoleName"], {"trust": json.loads(p["PolicyDocument"])})
    ),
    "AddUserToGroup": _membership(on=True),
    "RemoveUserFromGroup": _membership(on=False),
    "AddRoleToInstanceProfile": _profile_role(on=True),
    "RemoveRoleFromInstanceProfile": _profile_role(on=False),
    "PutUserPolicy": _inline("user", put=True),
    "PutRolePolicy": _inline("role", put=True),
    "DeleteUserPolicy": _inline("user", put=False),
    "DeleteRolePolicy": _inline("role", put=False),
    "DeleteGroupPolicy": _inline("group", put=False),
    "AttachUserPolicy": _attach("user", on=True),
    "AttachRolePolicy": _attach("role", on=True),
    "AttachGroupPolicy": _attach("group", on=True),
    "DetachUserPolicy": _attach("user", on=False),
    "DetachRolePolicy": _attach("role", on=False),
    "DetachGroupPolicy": _attach("group", on=False),
    "TagUser": _tag("User", "users", on=True),
    "TagRole": _tag("Role", "roles", on=True),
    "TagPolicy": _tag("Policy", "policies", on=True),
    "TagInstanceProfile": _tag("InstanceProfile", "profiles", on=True),
    "UntagRole": _tag("Role", "roles", on=False),
    "UntagPolicy": _tag("Policy", "policies", on=False),
    "UntagInstanceProfile": _tag("InstanceProfile", "profiles", on=False),
    "DeletePolicy": _delete_policy,
    "DeleteUser": _delete_user,
    "DeleteRole": _delete_role,
    "DeleteGroup": _delete_group,
    "CreateServiceLinkedRole": lambda a, _: replace(
        a,
        roles=(
            *a.roles,
            IamRole(
                name="AWSServiceRoleForRDS",
                arn="arn:slr",
                id="AROASLR",
                path="/aws-service-role/rds.amazonaws.com/",
                created=NOW,
                trust={},
            ),
        ),
    ),
    "CreateBucket": lambda a, p: replace(a, buckets=(*a.buckets, Bucket(name=p["Bucket"]))),
    "PutPublicAccessBlock": _bucket(public_access_blocked=True),
    "PutBucketVersioning": _bucket(versioned=True),
    "PutBucketPolicy": _bucket(policy=lambda p, _: json.loads(p["Policy"])),
    "PutObject": _bucket(baselines=lambda _, bucket: (*bucket.baselines, "acme-shop")),
    "CreateTrail": _trail,
    "UpdateTrail": _trail,
    "StartLogging": lambda a, p: replace(a, trails=_changed(a.trails, p["Name"], {"logging": True})),
    "CreateBudget": _budget,
    "CreateExport": _export,
    "UpdateExport": _export,
    "UpdateBudget": _budget,
}
