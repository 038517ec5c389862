"""From a claim to a caller: whose key it is, whether it still lives, and what session it belongs to."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guestpass.access.request import FederatedSession, Principal, RoleSession, Root, User
from guestpass.local.backend import iam
from guestpass.local.clock import Clock
from guestpass.local.exchange import Refusal
from guestpass.local.identify import Claim
from guestpass.local.sessions import Session, Sessions

Kind = Literal["Root", "IAMUser", "AssumedRole", "FederatedUser"]


def invalid_token() -> Refusal:
    """The refusal of a key or token that means nothing (any more)."""
    return Refusal(
        "InvalidClientTokenId", "The security token included in the request is invalid.", status=403
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RootKey:
    """The access key of an account's root user."""

    account: str
    access_key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who makes a verified call. `user_id` is `aws:userid`; `username` is None but for users."""

    kind: Kind
    principal: Principal
    arn: str
    account: str
    user_id: str
    access_key_id: str
    username: str | None = None
    session: Session | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def principal_arn(self) -> str:
        """`aws:PrincipalArn`: of a role session the role's own ARN (rule 76)."""
        return self.principal.role_arn if isinstance(self.principal, RoleSession) else self.arn


class Callers:
    """Finds the caller of a claim, and the secret it must have been signed with."""

    def __init__(
        self, *, accounts: tuple[str, ...], roots: tuple[RootKey, ...], sessions: Sessions, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._roots = {root.access_key_id: root for root in roots}
        self._sessions = sessions
        self._clock = clock

    def secret_of(self, claim: Claim) -> str:
        """The secret behind the claim's key. Raises Refusal for a strange key or token."""
        key_id = claim.scope.access_key_id
        session = self._sessions.find(key_id)
        if session is not None:
            given = (claim.token or "").encode()
            if not hmac.compare_digest(given, session.token.encode()):
                raise invalid_token()
            return session.secret
        if claim.token is not None:
            raise Refusal(
                "InvalidToken", "The security token included in the request is invalid.", status=403
            )
        root = self._roots.get(key_id)
        if root is not None:
            return root.secret
        key = iam.key(key_id, self._accounts)
        if key is None:
            raise invalid_token()
        return key.secret

    def caller_of(self, claim: Claim) -> Caller:
        """Who that is. Raises Refusal when the key is inactive, the session over, or its owner gone."""
        key_id = claim.scope.access_key_id
        session = self._sessions.find(key_id)
        if session is not None:
            if session.expires <= self._clock.now():
                raise Refusal(
                    "ExpiredToken", "The security token included in the request is expired", status=403
                )
            return self._of_session(session)
        root = self._roots.get(key_id)
        if root is not None:
            return _root(root.account, key_id)
        key = iam.key(key_id, self._accounts)
        user = None if key is None or not key.active else iam.user(key.account, key.user)
        if user is None:
            raise invalid_token()
        return _user(user, key_id)

    def _of_session(self, session: Session) -> Caller:
        if session.kind == "root":
            return _root(session.account, session.access_key_id, session)
        if session.kind == "role":
            return _role_session(session)
        user = iam.user_by_id(session.account, session.issuer_id)
        if user is None:
            raise invalid_token()
        if session.kind == "user":
            return _user(user, session.access_key_id, session)
        return Caller(
            kind="FederatedUser",
            principal=FederatedSession(arn=session.arn, user_arn=user.arn, account=session.account),
            arn=session.arn,
            account=session.account,
            user_id=session.user_id,
            access_key_id=session.access_key_id,
            session=session,
            tags=session.tags,
        )


def _root(account: str, key_id: str, session: Session | None = None) -> Caller:
    return Caller(
        kind="Root",
        principal=Root(account=account),
        arn=f"arn:aws:iam::{account}:root",
        account=account,
        user_id=account,
        access_key_id=key_id,
        session=session,
    )


def _user(user: iam.StoredUser, key_id: str, session: Session | None = None) -> Caller:
    return Caller(
        kind="IAMUser",
        principal=User(arn=user.arn, account=user.account, user_id=user.id),
        arn=user.arn,
        account=user.account,
        user_id=user.id,
        access_key_id=key_id,
        username=user.name,
        session=session,
        tags=user.tags,
    )


def _role_session(session: Session) -> Caller:
    role = iam.role_by_id(session.account, session.issuer_id)
    if role is None:
        raise invalid_token()
    return Caller(
        kind="AssumedRole",
        principal=RoleSession(
            arn=session.arn, role_arn=role.arn, account=session.account, role_id=session.issuer_id
        ),
        arn=session.arn,
        account=session.account,
        user_id=session.user_id,
        access_key_id=session.access_key_id,
        session=session,
        # AWS: Passing session tags: a session tag overrides the role's tag of the same key
        tags={**role.tags, **session.tags},
    )
