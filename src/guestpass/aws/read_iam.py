"""IAM as values: users with all that hangs on them, groups, roles, policies, profiles, providers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from guestpass.account.snapshot import (
    AccessKey,
    IamGroup,
    IamPolicy,
    IamRole,
    IamUser,
    IdentityProvider,
    InstanceProfile,
    UserChildren,
)
from guestpass.aws.reading import Reader, tags_of
from guestpass.loan.names import PATH_ROOT
from guestpass.loan.step import Call

_AT_ONCE = 4
"""Users whose children are read at the same time; IAM throttles at a few dozen calls a second."""

Details = Mapping[str, tuple[Mapping[str, Any], ...]]


def details(reader: Reader) -> Details:
    """Everything in GetAccountAuthorizationDetails, by list. Raises AccountError: without it nothing can be planned."""
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in lists}
    call = Call(
        service="iam",
        operation="GetAccountAuthorizationDetails",
        parameters={"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]},
    )
    for page in reader.hands.pages(call):
        for name in lists:
            found[name] += page.get(name) or []
    return {name: tuple(items) for name, items in found.items()}


def users(reader: Reader, found: Details) -> tuple[IamUser, ...]:
    """Every user with its children."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        made = pool.map(lambda user: _user(reader, user), found["UserDetailList"])
        return tuple(sorted(made, key=lambda user: user.arn))


def _user(reader: Reader, user: Mapping[str, Any]) -> IamUser:
    name = str(user["UserName"])
    boundary = user.get("PermissionsBoundary")
    if boundary is None and user["Path"].startswith(PATH_ROOT):
        # NOTE: some endpoints leave users' boundaries out of the details; GetUser has them
        boundary = reader.ask("iam", "GetUser", UserName=name)["User"].get("PermissionsBoundary")
    return IamUser(
        name=name,
        arn=user["Arn"],
        id=user["UserId"],
        path=user["Path"],
        created=user["CreateDate"],
        tags=tags_of(user.get("Tags")),
        groups=tuple(sorted(user.get("GroupList") or ())),
        inline=_inline(user.get("UserPolicyList")),
        attached=_attached(user),
        boundary=(boundary or {}).get("PermissionsBoundaryArn"),
        children=children(reader, name),
    )


def children(reader: Reader, user: str) -> UserChildren:
    """What hangs on a user. A kind that cannot be read is a gap."""

    def ids(items: str, operation: str, key: str) -> tuple[str, ...]:
        listed = reader.try_list(
            f"iam:{operation}", lambda: list(reader.every(items, "iam", operation, UserName=user))
        )
        return tuple(sorted(str(item[key]) for item in listed))

    profile: bool = reader.try_(
        "iam:GetLoginProfile",
        lambda: (
            reader.or_none(lambda: reader.ask("iam", "GetLoginProfile", UserName=user), "NoSuchEntity")
            is not None
        ),
        False,
    )
    return UserChildren(
        access_keys=keys_alone(reader, user).access_keys,
        login_profile=profile,
        mfa_devices=ids("MFADevices", "ListMFADevices", "SerialNumber"),
        ssh_keys=ids("SSHPublicKeys", "ListSSHPublicKeys", "SSHPublicKeyId"),
        service_credentials=ids(
            "ServiceSpecificCredentials", "ListServiceSpecificCredentials", "ServiceSpecificCredentialId"
        ),
        signing_certificates=ids("Certificates", "ListSigningCertificates", "CertificateId"),
    )


def keys_alone(reader: Reader, user: str) -> UserChildren:
    """The user's access keys and nothing else."""
    listed: list[Any] = reader.try_list(
        "iam:ListAccessKeys",
        lambda: list(reader.every("AccessKeyMetadata", "iam", "ListAccessKeys", UserName=user)),
    )
    keys = (AccessKey(id=k["AccessKeyId"], status=k["Status"], created=k["CreateDate"]) for k in listed)
    return UserChildren(access_keys=tuple(sorted(keys, key=lambda key: key.id)))


def groups(found: Details) -> tuple[IamGroup, ...]:
    """Every group."""
    made = (
        IamGroup(
            name=group["GroupName"],
            arn=group["Arn"],
            id=group["GroupId"],
            path=group["Path"],
            created=group["CreateDate"],
            inline=_inline(group.get("GroupPolicyList")),
            attached=_attached(group),
        )
        for group in found["GroupDetailList"]
    )
    return tuple(sorted(made, key=lambda group: group.arn))


def roles(reader: Reader, found: Details) -> tuple[IamRole, ...]:
    """Every role. AWS: GetAccountAuthorizationDetails has no MaxSessionDuration, ListRoles has."""
    longest: dict[str, int] = reader.try_(
        "iam:ListRoles",
        lambda: {
            role["RoleName"]: int(role.get("MaxSessionDuration") or 3600)
            for role in reader.every("Roles", "iam", "ListRoles")
        },
        {},
    )
    made = (
        role_of(role, max_session=longest.get(role["RoleName"], 43200)) for role in found["RoleDetailList"]
    )
    return tuple(sorted(made, key=lambda role: role.arn))


def role_of(role: Mapping[str, Any], *, max_session: int) -> IamRole:
    """One role of the details, or of GetRole's answer."""
    return IamRole(
        name=role["RoleName"],
        arn=role["Arn"],
        id=role["RoleId"],
        path=role["Path"],
        created=role["CreateDate"],
        trust=_document(role["AssumeRolePolicyDocument"]),
        max_session=max_session,
        tags=tags_of(role.get("Tags")),
        inline=_inline(role.get("RolePolicyList")),
        attached=_attached(role),
        boundary=(role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        profiles=tuple(sorted(p["InstanceProfileName"] for p in role.get("InstanceProfileList") or ())),
    )


def policies(reader: Reader, found: Details) -> tuple[IamPolicy, ...]:
    """Every customer managed policy with all versions; tags are read of those below guestpass's path."""
    made = []
    for policy in found["Policies"]:
        if ":aws:policy/" in policy["Arn"]:
            continue
        ours = policy["Path"].startswith(PATH_ROOT)
        made.append(
            IamPolicy(
                name=policy["Arn"].rsplit("/", 1)[-1],
                arn=policy["Arn"],
                # NOTE: some endpoints leave the id out; AWS never does
                id=policy.get("PolicyId") or policy["Arn"],
                path=policy["Path"],
                created=policy["CreateDate"],
                default_version=policy["DefaultVersionId"],
                versions={v["VersionId"]: _document(v["Document"]) for v in policy["PolicyVersionList"]},
                # AWS: ManagedPolicyDetail has no tags
                tags=_tags(reader, "ListPolicyTags", PolicyArn=policy["Arn"]) if ours else {},
                attachments=int(policy.get("AttachmentCount") or 0),
            )
        )
    return tuple(sorted(made, key=lambda policy: policy.arn))


def _tags(reader: Reader, operation: str, **parameters: Any) -> dict[str, str]:
    return reader.try_(
        f"iam:{operation}", lambda: tags_of(reader.every("Tags", "iam", operation, **parameters)), {}
    )


def profiles(reader: Reader) -> tuple[InstanceProfile, ...]:
    """Every instance profile; tags are read of those below guestpass's path (ListInstanceProfiles has none)."""
    listed: list[Any] = reader.try_list(
        "iam:ListInstanceProfiles",
        lambda: list(reader.every("InstanceProfiles", "iam", "ListInstanceProfiles")),
    )
    return tuple(sorted((_profile(reader, p) for p in listed), key=lambda profile: profile.arn))


def _profile(reader: Reader, listed: Mapping[str, Any]) -> InstanceProfile:
    name = listed["InstanceProfileName"]
    tags: dict[str, str] = {}
    if listed["Path"].startswith(PATH_ROOT):
        tags = tags_of(
            reader.ask("iam", "GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"].get("Tags")
        )
    return InstanceProfile(
        name=name,
        arn=listed["Arn"],
        path=listed["Path"],
        roles=tuple(role["RoleName"] for role in listed.get("Roles") or ()),
        tags=tags,
    )


def providers(reader: Reader) -> tuple[IdentityProvider, ...]:
    """Every SAML and OIDC provider with a digest of what it is configured with."""

    def saml() -> list[IdentityProvider]:
        listed = reader.ask("iam", "ListSAMLProviders").get("SAMLProviderList") or ()
        read: Callable[[str], Mapping[str, Any]] = lambda arn: reader.ask(  # noqa: E731
            "iam", "GetSAMLProvider", SAMLProviderArn=arn
        )
        return [
            IdentityProvider(
                arn=one["Arn"], kind="saml", digest=_digest(read(one["Arn"])["SAMLMetadataDocument"])
            )
            for one in listed
        ]

    def oidc() -> list[IdentityProvider]:
        made = []
        for one in reader.ask("iam", "ListOpenIDConnectProviders").get("OpenIDConnectProviderList") or ():
            told = reader.ask("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=one["Arn"])
            facts = {
                "url": told.get("Url"),
                "clients": sorted(told.get("ClientIDList") or ()),
                "thumbprints": sorted(told.get("ThumbprintList") or ()),
            }
            made.append(IdentityProvider(arn=one["Arn"], kind="oidc", digest=_digest(facts)))
        return made

    found = reader.try_list("iam:ListSAMLProviders", saml)
    found += reader.try_list("iam:ListOpenIDConnectProviders", oidc)
    return tuple(sorted(found, key=lambda provider: provider.arn))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _inline(listed: Any) -> dict[str, Any]:
    return {one["PolicyName"]: _document(one["PolicyDocument"]) for one in listed or ()}


def _attached(thing: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(one["PolicyArn"] for one in thing.get("AttachedManagedPolicies") or ()))


def _document(value: Any) -> Mapping[str, Any]:
    # botocore has undone IAM's URL encoding and parsed the JSON, except where an endpoint encodes oddly
    parsed: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed
