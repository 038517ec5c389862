"""Who a statement of a resource policy means, and how closely it names the caller."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from guestpass.access.evaluate.facts import Facts, account_of_caller
from guestpass.access.policy.truth import Truth
from guestpass.access.policy.values import PrincipalPattern, Principals
from guestpass.access.request import (
    Anonymous,
    CanonicalUser,
    Federated,
    FederatedSession,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)


class Named(IntEnum):
    """How closely a principal entry names the caller; the higher, the more its Allow gives by itself."""

    NOT = 0
    UNKNOWN = 1
    ACCOUNT = 2
    """The caller's account: it only delegates to identity policies (rule 13)."""
    ISSUER = 3
    """The role of a role session, the user of a federated session (rules 9, 11)."""
    ANYONE = 4
    """`*` (rules 12, 41)."""
    SELF = 5
    """The very caller: the user, the session, the service, the provider (rules 8, 10, 11)."""


def named_by(principals: Principals, facts: Facts) -> Named:
    """How closely a positive list names the caller: the closest of its entries."""
    return max(
        (_named_by_entry(entry, facts.request.principal) for entry in principals.values), default=Named.NOT
    )


def _named_by_entry(entry: PrincipalPattern, caller: Principal) -> Named:
    # AWS: IAM JSON policy elements: Principal
    match entry.kind:
        case "AWS":
            return _named_as_aws(entry.value, caller)
        case "Service":
            return _when(isinstance(caller, Service) and caller.name == entry.value)
        case "Federated":
            return _when(isinstance(caller, Federated) and caller.provider == entry.value)
        case "CanonicalUser":
            if isinstance(caller, CanonicalUser):
                return _when(caller.canonical_id == entry.value)
            # The canonical id of the caller's own account is not part of a request.
            return Named.NOT if account_of_caller(caller) is None else Named.UNKNOWN


def _named_as_aws(value: str, caller: Principal) -> Named:
    if value == "*":
        # Rule 41: in a trust policy `*` needs authentication; whether a provider's word will do is not said.
        return Named.UNKNOWN if isinstance(caller, Federated) else Named.ANYONE
    names = _names_of(caller)
    if names is None:
        return Named.NOT
    if value == names.own:
        return Named.SELF
    if value == names.issuer:
        return Named.ISSUER
    if value in account_names(names.account, value):
        return Named.SELF if isinstance(caller, Root) else Named.ACCOUNT
    if (
        isinstance(caller, FederatedSession)
        and caller.user_arn is None
        and f"::{caller.account}:user/" in value
    ):
        return Named.UNKNOWN
    if value.startswith(("arn:", *"0123456789")):
        return Named.NOT
    # Rule 44: AWS shows an id where a stored policy's principal is gone; only the same id is the same.
    if names.unique is None:
        return Named.UNKNOWN
    if names.unique != value:
        return Named.NOT
    return Named.SELF if names.issuer is None else Named.ISSUER


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """What a caller of an account goes by; `unique` is the stored id of the user or role."""

    account: str
    own: str
    issuer: str | None = None
    unique: str | None = None


def _names_of(caller: Principal) -> _Names | None:
    match caller:
        case Root():
            own = f"arn:{caller.partition}:iam::{caller.account}:root"
            return _Names(account=caller.account, own=own, unique="")
        case User():
            return _Names(account=caller.account, own=caller.arn, unique=caller.user_id)
        case RoleSession():
            return _Names(
                account=caller.account, own=caller.arn, issuer=caller.role_arn, unique=caller.role_id
            )
        case FederatedSession():
            return _Names(account=caller.account, own=caller.arn, issuer=caller.user_arn)
        case Service() | Federated() | CanonicalUser() | Anonymous():
            return None


def account_names(account: str, value: str) -> tuple[str, str]:
    """An account as a principal: its 12 digits, or its root's ARN in `value`'s partition (rule 42)."""
    partition = value.split(":")[1] if value.startswith("arn:") else "aws"
    return account, f"arn:{partition}:iam::{account}:root"


def _when(same: bool) -> Named:  # reads as a sentence where it is called
    return Named.SELF if same else Named.NOT


_STANDING_FOR: dict[type[Principal], set[Named]] = {
    RoleSession: {Named.SELF, Named.ISSUER, Named.ACCOUNT},
    User: {Named.SELF, Named.ACCOUNT},
    FederatedSession: {Named.SELF, Named.ACCOUNT},
}


def meant_by_not_principal(principals: Principals, facts: Facts) -> Truth:
    """Whether a Deny with NotPrincipal concerns the caller.

    It spares a caller only when everything that stands for it is listed: account, role and session together.
    When a part is missing AWS "may" deny: undecided. A caller with a permissions boundary is always denied
    (rule 17).
    """
    # AWS: IAM JSON policy elements: NotPrincipal (rule 46); Permissions boundaries for IAM entities (rule 17)
    if facts.bounded:
        return True
    caller = facts.request.principal
    listed = [_named_by_entry(entry, caller) for entry in principals.values]
    if Named.ANYONE in listed:
        return False
    if _STANDING_FOR.get(type(caller), {Named.SELF}) <= set(listed):
        return False
    return None if any(name is not Named.NOT for name in listed) else True
