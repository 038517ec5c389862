"""The policies that apply to a caller and a resource, by layer, read once each."""

from __future__ import annotations

from functools import lru_cache

from guestpass.access import Layers, Policy, read_policy
from guestpass.access.policy import PolicyKind
from guestpass.local.backend import iam
from guestpass.local.backend.guards import guard_of
from guestpass.local.callers import Caller
from guestpass.local.sessions import Session


def layers_of(caller: Caller, action: str, resource: str) -> Layers:
    """Raises InputError where a stored document is not a policy at all (whoever enforces refuses then)."""
    identity: tuple[Policy, ...] | None = None
    boundary: tuple[Policy, ...] | None = None
    holder = _holder(caller)
    if holder is not None:
        identity = tuple(_read(one.document, "identity", one.name, one.arn) for one in holder.policies)
        boundary = _boundary(holder)
    session = None if caller.session is None else _session(caller.session)
    return Layers(
        identity=identity, boundary=boundary, session=session, resource=_of_resource(action, resource)
    )


def _holder(caller: Caller) -> iam.StoredUser | iam.StoredRole | None:
    if caller.kind == "Root":
        return None
    if caller.kind == "AssumedRole":
        assert caller.session is not None  # noqa: S101 - a role's caller always has one
        return iam.role_by_id(caller.account, caller.session.issuer_id)
    if caller.session is not None:
        return iam.user_by_id(caller.account, caller.session.issuer_id)
    return iam.user(caller.account, caller.username or "")


def _boundary(holder: iam.StoredUser | iam.StoredRole) -> tuple[Policy, ...] | None:
    if holder.boundary is None:
        return None
    text = iam.document(holder.boundary, holder.account)
    # A boundary whose policy is gone is in force and allows nothing.
    return (
        ()
        if text is None
        else (_read(text, "boundary", holder.boundary.rpartition("/")[2], holder.boundary),)
    )


def _session(session: Session) -> tuple[Policy, ...] | None:
    if not session.scoped:
        # AWS: STS API: GetFederationToken: without a session policy the session has no permissions
        return () if session.kind == "federated" else None
    inline = (_read(text, "session", "session policy", None) for text in session.policies)
    managed = (
        _read(iam.document(arn, session.account) or "", "session", arn.rpartition("/")[2], arn)
        for arn in session.managed
    )
    return (*inline, *managed)


def _of_resource(action: str, resource: str) -> Policy | None:
    guard = guard_of(action, resource)
    return None if guard is None else _read(guard.document, guard.kind, guard.name, None)


@lru_cache(maxsize=4096)
def _read(document: str, kind: PolicyKind, name: str, arn: str | None) -> Policy:
    return read_policy(document, kind=kind, name=name, arn=arn)
