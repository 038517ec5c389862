"""What is known about one request: its context keys, and those that the principal itself tells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from guestpass.access.policy.arns import account_of
from guestpass.access.request import (
    Anonymous,
    CanonicalUser,
    Federated,
    FederatedSession,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    User,
)

Values = tuple[str, ...]


class Facts:
    """One request, ready to be asked.

    `bounded`: a permissions boundary is in force for the caller. `caller_account` is None for callers without
    account; `owner` is the account that owns the resource, where the request or its ARN tells.
    """

    __slots__ = (
        "_told",
        "_unknown",
        "_values",
        "action",
        "bounded",
        "caller_account",
        "owner",
        "request",
        "resource",
    )

    def __init__(self, request: Request) -> None:
        self.request = request
        self.action = request.action.lower()
        self.resource = request.resource
        self.bounded = False
        self._values = request.context.values
        self._unknown = request.context.unknown
        self.caller_account = account_of_caller(request.principal)
        self.owner = request.resource_account or account_of(request.resource)
        self._told: tuple[Mapping[str, Values], frozenset[str]] | None = None

    def given(self, key: str) -> Values | None:
        """The values of a key in lower case: empty when it is absent, None when nobody knows."""
        values = self._values.get(key)
        if values is not None:
            return values
        if self._unknown and self._is_unknown(key):
            return None
        told = self._told
        if told is None:
            told = self._told = told_by(self.request.principal, self.owner)
        values = told[0].get(key)
        if values is not None:
            return values
        return None if key in told[1] else ()

    def _is_unknown(self, key: str) -> bool:
        if key in self._unknown:
            return True
        return any(name.endswith("/") and key.startswith(name) for name in self._unknown)


def account_of_caller(principal: Principal) -> str | None:
    """The caller's account, or None for callers without one."""
    match principal:
        case Root() | User() | RoleSession() | FederatedSession():
            return principal.account
        case Service() | Federated() | CanonicalUser() | Anonymous():
            return None


@lru_cache(maxsize=8192)
def told_by(principal: Principal, owner: str | None) -> tuple[Mapping[str, Values], frozenset[str]]:
    """The keys that follow from who asks and whose resource it is, and those that would but are not known."""
    told, unknown = _told_by_principal(principal)
    values = {key: (value,) for key, value in told.items()}
    if owner is not None:
        values["aws:resourceaccount"] = (owner,)
    else:
        unknown = unknown | {"aws:resourceaccount"}
    return values, unknown


def _told_by_principal(principal: Principal) -> tuple[dict[str, str], frozenset[str]]:
    # AWS: IAM policy elements: Variables and tags, "Principal key values" (rule 75)
    # AWS: AWS global condition context keys, aws:PrincipalArn (rules 76 and 82)
    nothing: frozenset[str] = frozenset()
    match principal:
        case Root():
            arn = f"arn:{principal.partition}:iam::{principal.account}:root"
            return {
                **_of_account(arn, "Account", principal.account),
                "aws:userid": principal.account,
            }, nothing
        case User():
            told = _of_account(principal.arn, "User", principal.account)
            told["aws:username"] = principal.arn.rpartition("/")[2]
            if principal.user_id is None:
                return told, frozenset({"aws:userid"})
            return {**told, "aws:userid": principal.user_id}, nothing
        case RoleSession():
            told = _of_account(principal.role_arn, "AssumedRole", principal.account)
            if principal.role_id is None:
                return told, frozenset({"aws:userid"})
            session = principal.arn.rpartition("/")[2]
            return {**told, "aws:userid": f"{principal.role_id}:{session}"}, nothing
        case FederatedSession():
            told = _of_account(principal.arn, "FederatedUser", principal.account)
            name = principal.arn.rpartition("/")[2]
            return {**told, "aws:userid": f"{principal.account}:{name}"}, nothing
        case Service():
            told = {"aws:principalisawsservice": "true", "aws:principalservicename": principal.name}
            return told, frozenset({"aws:principalservicenameslist"})
        case Anonymous():
            return {"aws:principaltype": "Anonymous", "aws:principalisawsservice": "false"}, nothing
        case Federated() | CanonicalUser():
            return {"aws:principalisawsservice": "false"}, nothing


def _of_account(arn: str, kind: str, account: str) -> dict[str, str]:
    return {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": kind,
        "aws:principalisawsservice": "false",
    }
