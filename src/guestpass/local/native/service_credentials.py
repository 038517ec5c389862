"""Service-specific credentials of IAM users, which moto lacks: passwords for CodeCommit or Keyspaces."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from guestpass.local.backend import iam
from guestpass.local.exchange import Refusal
from guestpass.local.native.call import Call
from guestpass.local.sessions import fresh_secret

# AWS: IAM API: CreateServiceSpecificCredential: at most two sets a service and user
_MOST = 2
_SECRETS = {"ServicePassword", "ServiceCredentialSecret"}


def create(call: Call) -> Mapping[str, Any]:
    """CreateServiceSpecificCredential: the one answer that shows the password."""
    user, service = call.need("UserName"), call.need("ServiceName")
    held = _held(call, user)
    if sum(one["ServiceName"] == service for one in held) >= _MOST:
        says = "Cannot exceed quota for service specific credentials."
        raise Refusal("LimitExceeded", says, status=409, literal=True)
    made = {
        "UserName": user,
        "ServiceName": service,
        "ServiceUserName": f"{user}-at-{call.caller.account}",
        "ServicePassword": fresh_secret(),
        "ServiceSpecificCredentialId": f"ACCA{secrets.token_hex(8).upper()}",
        "CreateDate": call.clock.now().replace(microsecond=0),
        "Status": "Active",
    }
    held.append(made)
    return {"ServiceSpecificCredential": made}


def list_them(call: Call) -> Mapping[str, Any]:
    """ListServiceSpecificCredentials."""
    service = call.get("ServiceName")
    shown = [
        {name: value for name, value in one.items() if name not in _SECRETS}
        for one in _held(call, call.need("UserName"))
        if service in {None, one["ServiceName"]}
    ]
    return {"ServiceSpecificCredentials": shown}


def update(call: Call) -> Mapping[str, Any]:
    """UpdateServiceSpecificCredential."""
    _one(call)["Status"] = call.need("Status")
    return {}


def reset(call: Call) -> Mapping[str, Any]:
    """ResetServiceSpecificCredential."""
    one = _one(call)
    one["ServicePassword"] = fresh_secret()
    return {"ServiceSpecificCredential": one}


def delete(call: Call) -> Mapping[str, Any]:
    """DeleteServiceSpecificCredential."""
    one = _one(call)
    _held(call, one["UserName"]).remove(one)
    return {}


def _held(call: Call, user: str) -> list[dict[str, Any]]:
    held = iam.service_credentials(call.caller.account, user)
    if held is None:
        raise _missing(f"The user with name {user} cannot be found.")
    return held


def _one(call: Call) -> dict[str, Any]:
    user = call.get("UserName") or call.caller.username or ""
    name = call.need("ServiceSpecificCredentialId")
    for one in _held(call, user):
        if one["ServiceSpecificCredentialId"] == name:
            return one
    raise _missing(f"The service specific credential {name} cannot be found.")


def _missing(says: str) -> Refusal:
    return Refusal("NoSuchEntity", says, status=404, literal=True)


ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "CreateServiceSpecificCredential": create,
    "ListServiceSpecificCredentials": list_them,
    "UpdateServiceSpecificCredential": update,
    "ResetServiceSpecificCredential": reset,
    "DeleteServiceSpecificCredential": delete,
}
