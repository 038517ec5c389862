"""One request as frozen values: who asks, for which action, on which resource, under which context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """The root user of an account: `arn:aws:iam::111122223333:root`."""

    account: str
    partition: str = "aws"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """An IAM user, by its own keys or by a GetSessionToken session (that shows in the context alone)."""

    arn: str
    account: str
    user_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleSession:
    """A session of a role. `role_arn` keeps the role's path, `arn` (`…:assumed-role/NAME/SESSION`) lacks it
    (rule 48).
    """

    arn: str
    role_arn: str
    account: str
    role_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FederatedSession:
    """A GetFederationToken session (`…:federated-user/NAME`) of the user `user_arn`; None where nobody says whose."""

    arn: str
    user_arn: str | None
    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """An AWS service principal: `ec2.amazonaws.com`."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Federated:
    """A caller known by an identity provider: a SAML provider's ARN, or the host of an OIDC provider."""

    provider: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CanonicalUser:
    """A caller known by S3's canonical user id."""

    canonical_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Anonymous:
    """Nobody in particular: an unsigned request."""


Principal = Root | User | RoleSession | FederatedSession | Service | Federated | CanonicalUser | Anonymous


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The request context.

    `values` maps a key's lower-case name to its values as text (`{"aws:requestedregion": ("eu-west-1",)}`). A
    key that is not there is absent (rule 68), unless its name, or a prefix ending in `/`
    (`aws:resourcetag/`), stands in `unknown`: then nobody knows whether it is there, and a condition on it is
    undecided.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unknown: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, values: Mapping[str, str | tuple[str, ...] | list[str]], unknown: frozenset[str] = frozenset()
    ) -> Context:
        """Make a context from keys in any spelling and values that may be single.

        A key that comes in two spellings with different values is unknown: nobody says which AWS would see.
        """
        lowered: dict[str, tuple[str, ...]] = {}
        unclear: set[str] = set()
        for key, value in values.items():
            told = (value,) if isinstance(value, str) else tuple(value)
            if lowered.setdefault(key.lower(), told) != told:
                unclear.add(key.lower())
        clear = {key: told for key, told in lowered.items() if key not in unclear}
        unclear |= {name.lower() for name in unknown}
        return cls(values=MappingProxyType(clear), unknown=frozenset(unclear))


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One authorisation question. `resource` is an ARN or `*`.

    `resource_account` is the 12 digits of the resource's owner. None says that the account in the ARN is, or,
    where the ARN has none (S3), that the resource is the caller's own: whoever knows better must tell.
    """

    principal: Principal
    action: str
    resource: str
    context: Context = Context()
    resource_account: str | None = None
