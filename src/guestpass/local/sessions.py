"""What the gateway holds because moto forgets it: temporary sessions and all that belongs to them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

_ID = string.ascii_uppercase + "234567"
_SECRET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Temporary credentials and everything about them that authorisation needs.

    `arn` is the caller's ARN, `issuer_arn` and `issuer_id` the role (or user) it was made from. `policies`
    are session policies as documents, `managed` as ARNs; `mfa_at` is when a second factor was shown.
    """

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    kind: Literal["role", "user", "root", "federated"]
    account: str
    arn: str
    user_id: str
    issuer_arn: str
    issuer_id: str
    issuer_name: str
    issued_at: datetime
    expires: datetime
    policies: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    mfa_at: datetime | None = None
    source_identity: str | None = None

    @property
    def scoped(self) -> bool:
        """Whether session policies limit it."""
        return bool(self.policies or self.managed)


class Sessions:
    """The sessions that were issued, by access key id; they stay until they are long over."""

    def __init__(self) -> None:
        self._held: dict[str, Session] = {}

    def keep(self, session: Session) -> None:
        """Hold a session that has been issued."""
        self._held[session.access_key_id] = session

    def find(self, access_key_id: str) -> Session | None:
        """The session of this key, or None."""
        return self._held.get(access_key_id)


def fresh_key_id(prefix: Literal["AKIA", "ASIA"]) -> str:
    """A new access key id of 20 characters."""
    return prefix + "".join(secrets.choice(_ID) for _ in range(16))


def fresh_secret() -> str:
    """A new secret of 40 characters."""
    return "".join(secrets.choice(_SECRET) for _ in range(40))


def fresh_token() -> str:
    """A new session token: opaque, of the length AWS's have."""
    return "FwoGZXIvYXdzE" + "".join(secrets.choice(_SECRET) for _ in range(280)) + "=="
