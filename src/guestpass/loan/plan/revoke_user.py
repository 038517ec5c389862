"""What hangs on a user, taken off: AWS deletes a user only when all of it is gone."""

from __future__ import annotations

from collections.abc import Iterator

from guestpass.account.snapshot import IamUser
from guestpass.loan.names import FREEZE_POLICY
from guestpass.loan.plan.calls import GONE, gone, iam, lists_not, shows
from guestpass.loan.step import Call, Effect, Step


# AWS: IAM API Reference, DeleteUser: what must go first
def emptying(user: IamUser) -> Iterator[Step]:
    """Everything but the user itself and its freeze: credentials first, then memberships and policies."""
    name, things = user.name, user.children
    if things.login_profile:
        yield _step(
            user,
            "password",
            iam("DeleteLoginProfile", UserName=name),
            gone(iam("GetLoginProfile", UserName=name)),
            "no one signs in to the console with it; the freeze holds who is in already",
        )
    for key in things.access_keys:
        yield _listed(
            user,
            f"key/{key.id}/delete",
            "DeleteAccessKey",
            "AccessKeyId",
            key.id,
            "ListAccessKeys",
            "AccessKeyMetadata",
        )
    for one in things.ssh_keys:
        yield _listed(
            user,
            f"ssh-key/{one}",
            "DeleteSSHPublicKey",
            "SSHPublicKeyId",
            one,
            "ListSSHPublicKeys",
            "SSHPublicKeys",
        )
    for one in things.service_credentials:
        yield _listed(
            user,
            f"service-credential/{one}",
            "DeleteServiceSpecificCredential",
            "ServiceSpecificCredentialId",
            one,
            "ListServiceSpecificCredentials",
            "ServiceSpecificCredentials",
        )
    for one in things.signing_certificates:
        yield _listed(
            user,
            f"certificate/{one}",
            "DeleteSigningCertificate",
            "CertificateId",
            one,
            "ListSigningCertificates",
            "Certificates",
        )
    for serial in things.mfa_devices:
        yield from _mfa(user, serial)
    yield from _rights(user)


def _mfa(user: IamUser, serial: str) -> Iterator[Step]:
    yield _listed(
        user, f"mfa/{serial}", "DeactivateMFADevice", "SerialNumber", serial, "ListMFADevices", "MFADevices"
    )
    # AWS: a virtual device's serial number is an ARN; a hardware device has nothing to delete
    if ":mfa/" in serial:
        yield Step(
            id=f"revoke/{user.name}/mfa/{serial}/delete",
            call=iam("DeleteVirtualMFADevice", SerialNumber=serial),
            why="a virtual device stays behind otherwise, ready for another user",
            effect=shows(
                iam("ListVirtualMFADevices", AssignmentStatus="Unassigned"),
                f"length(VirtualMFADevices[?SerialNumber=='{serial}'])",
                0,
            ),
            accepts=GONE,
        )


def _rights(user: IamUser) -> Iterator[Step]:
    for group in user.groups:
        yield _step(
            user,
            f"group/{group}",
            iam("RemoveUserFromGroup", UserName=user.name, GroupName=group),
            lists_not(iam("ListGroupsForUser", UserName=user.name), "Groups[].GroupName", group),
            "takes the group's policies away",
        )
    for arn in user.attached:
        yield _step(
            user,
            f"policy/{arn}",
            iam("DetachUserPolicy", UserName=user.name, PolicyArn=arn),
            lists_not(
                iam("ListAttachedUserPolicies", UserName=user.name), "AttachedPolicies[].PolicyArn", arn
            ),
            "the user keeps its Deny and loses everything else",
        )
    for policy in user.inline:
        if policy != FREEZE_POLICY:
            yield _step(
                user,
                f"inline/{policy}",
                iam("DeleteUserPolicy", UserName=user.name, PolicyName=policy),
                gone(iam("GetUserPolicy", UserName=user.name, PolicyName=policy)),
                "the user keeps its Deny and loses everything else",
            )


def _listed(user: IamUser, part: str, delete: str, key: str, value: str, read: str, items: str) -> Step:
    call = iam(delete, **{"UserName": user.name, key: value})
    listing = iam(read, UserName=user.name)
    return _step(user, part, call, lists_not(listing, f"{items}[].{key}", value), "a way in of its own")


def _step(user: IamUser, part: str, call: Call, effect: Effect, why: str) -> Step:
    return Step(id=f"revoke/{user.name}/{part}", call=call, why=why, effect=effect, accepts=GONE)
