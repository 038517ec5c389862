"""STS: sessions that remember who asked for them, with which policies, tags and second factor."""

from __future__ import annotations

import base64
import hmac
import json
import re
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from guestpass.access import read_policy
from guestpass.catalog.quotas import quotas
from guestpass.errors import InputError
from guestpass.local.backend import iam
from guestpass.local.backend.iam import StoredRole
from guestpass.local.callers import Caller
from guestpass.local.clock import Clock
from guestpass.local.exchange import Refusal
from guestpass.local.native.call import Call, invalid
from guestpass.local.sessions import Session, Sessions, fresh_key_id, fresh_secret, fresh_token

_SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}$", re.ASCII)
_CHAIN_SECONDS = 3600
_POLICY_CHARACTERS = quotas()["session-policy-characters"].limit


def get_caller_identity(call: Call) -> Mapping[str, Any]:
    """GetCallerIdentity."""
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def assume_role(call: Call) -> Mapping[str, Any]:
    """AssumeRole. That the trust policy and the caller's policies allow it has been decided."""
    arn, name = call.need("RoleArn"), call.need("RoleSessionName")
    if not _SESSION_NAME.match(name):
        raise invalid("The session name must be 2 to 64 letters, digits or any of _+=,.@-")
    account, role_name = arn.split(":")[4], arn.rpartition("/")[2]
    role = iam.role(account, role_name)
    if role is None or role.arn != arn:
        raise Refusal(
            "AccessDenied",
            f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            status=403,
        )
    before = call.caller.session if call.caller.kind == "AssumedRole" else None
    seconds = _duration(call, default=3600, most=role.max_session)
    if before is not None and seconds > _CHAIN_SECONDS:
        # AWS: Roles terms and concepts, role chaining: at most one hour
        raise invalid("DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
    session = _issue(
        call,
        seconds=seconds,
        kind="role",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}",
        user_id=f"{role.id}:{name}",
        issuer_arn=role.arn,
        issuer_id=role.id,
        issuer_name=role.name,
        policies=_inline_policy(call),
        managed=_managed_policies(call, account),
        tags={**_inherited(before), **_tags(call)},
        transitive=(*(before.transitive if before else ()), *map(str, call.get("TransitiveTagKeys") or ())),
        mfa_at=_mfa_at(call),
        source_identity=_source_identity(call, before),
    )
    answer: dict[str, Any] = {
        "Credentials": _credentials(session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    if session.scoped or session.tags:
        answer["PackedPolicySize"] = 6
    if session.source_identity is not None:
        answer["SourceIdentity"] = session.source_identity
    return answer


def get_session_token(call: Call) -> Mapping[str, Any]:
    """GetSessionToken, for users and root."""
    caller = call.caller
    if caller.session is not None:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
    root = caller.kind == "Root"
    session = _issue(
        call,
        seconds=_duration(call, default=3600 if root else 43200, most=3600 if root else 129600),
        kind="root" if root else "user",
        account=caller.account,
        arn=caller.arn,
        user_id=caller.user_id,
        issuer_arn=caller.arn,
        issuer_id=caller.user_id,
        issuer_name=caller.username or "root",
        mfa_at=_mfa_at(call),
    )
    return {"Credentials": _credentials(session)}


def get_federation_token(call: Call) -> Mapping[str, Any]:
    """GetFederationToken, for users and root."""
    caller, name = call.caller, call.need("Name")
    if caller.session is not None:
        raise Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", status=403)
    if caller.kind == "Root":
        raise Refusal("NotImplemented", "The box makes no federated sessions of the root user.", status=501)
    if not _SESSION_NAME.match(name) or len(name) > 32:
        raise invalid("The name must be 2 to 32 letters, digits or any of _+=,.@-")
    session = _issue(
        call,
        seconds=_duration(call, default=43200, most=129600),
        kind="federated",
        account=caller.account,
        arn=f"arn:aws:sts::{caller.account}:federated-user/{name}",
        user_id=f"{caller.account}:{name}",
        issuer_arn=caller.arn,
        issuer_id=caller.user_id,
        issuer_name=caller.username or "",
        policies=_inline_policy(call),
        managed=_managed_policies(call, caller.account),
        tags={**caller.tags, **_tags(call)},
    )
    return {
        "Credentials": _credentials(session),
        "FederatedUser": {"FederatedUserId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def _issue(call: Call, *, seconds: int, **said: Any) -> Session:
    now = call.clock.now()
    session = Session(
        access_key_id=fresh_key_id("ASIA"),
        secret=fresh_secret(),
        token=fresh_token(),
        issued_at=now,
        expires=now + timedelta(seconds=seconds),
        **said,
    )
    call.sessions.keep(session)
    return session


def instance_session(
    role: StoredRole, account: str, instance: str, sessions: Sessions, clock: Clock
) -> dict[str, str]:
    """The credentials of an instance's role, as environment variables, for six hours."""
    now = clock.now()
    session = Session(
        access_key_id=fresh_key_id("ASIA"),
        secret=fresh_secret(),
        token=fresh_token(),
        kind="role",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{instance}",
        user_id=f"{role.id}:{instance}",
        issuer_arn=role.arn,
        issuer_id=role.id,
        issuer_name=role.name,
        issued_at=now,
        expires=now + timedelta(hours=6),
    )
    sessions.keep(session)
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret,
        "AWS_SESSION_TOKEN": session.token,
    }


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires.replace(microsecond=0),
    }


def _duration(call: Call, *, default: int, most: int) -> int:
    given = call.get("DurationSeconds")
    if given is None:
        return min(default, most)
    if not isinstance(given, int) or given < 900:
        raise invalid("DurationSeconds must be at least 900 seconds.")
    if given > most:
        raise invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return given


def _inline_policy(call: Call) -> tuple[str, ...]:
    text = call.get("Policy")
    if not text:
        return ()
    if len(text) > _POLICY_CHARACTERS:
        raise invalid(f"The session policy is longer than {_POLICY_CHARACTERS} characters.")
    try:
        json.loads(text)
        read_policy(text, kind="session", name="session policy")
    except (ValueError, InputError):
        raise Refusal(
            "MalformedPolicyDocument", "The session policy is not a policy.", literal=True
        ) from None
    return (text,)


def _managed_policies(call: Call, account: str) -> tuple[str, ...]:
    arns = tuple(str(entry.get("arn", "")) for entry in call.get("PolicyArns") or ())
    if len(arns) > 10:
        raise invalid("At most 10 managed session policies may be given.")
    for arn in arns:
        if iam.document(arn, account) is None:
            raise Refusal("MalformedPolicyDocument", f"Policy {arn} does not exist.", literal=True)
    return arns


def _tags(call: Call) -> dict[str, str]:
    return {str(entry["Key"]): str(entry.get("Value", "")) for entry in call.get("Tags") or ()}


def _inherited(before: Session | None) -> dict[str, str]:
    """The tags that a chained session takes along."""
    return (
        {} if before is None else {key: before.tags[key] for key in before.transitive if key in before.tags}
    )


def _source_identity(call: Call, before: Session | None) -> str | None:
    held = None if before is None else before.source_identity
    given = call.get("SourceIdentity")
    if held is not None and given is not None and given != held:
        # AWS: Monitor and control actions taken with assumed roles: it cannot be changed once it is set
        raise Refusal("AccessDenied", "The source identity of a session cannot be changed.", status=403)
    return held or (str(given) if given is not None else None)


def second_factor(caller: Caller, parameters: Mapping[str, Any], now: datetime) -> bool:
    """Whether a call carries a second factor. Raises Refusal when it carries a wrong one."""
    serial, code = parameters.get("SerialNumber"), parameters.get("TokenCode")
    if serial is None and code is None:
        return False
    user = None if caller.username is None else iam.user(caller.account, caller.username)
    seed = (
        None if user is None or serial not in user.mfa_devices else iam.mfa_seed(caller.account, str(serial))
    )
    if seed is None or not _is_code(seed, str(code), now):
        raise Refusal(
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            status=403,
        )
    return True


def _mfa_at(call: Call) -> datetime | None:
    """When the caller showed a second factor: now, or when the session they call with was made."""
    if second_factor(call.caller, call.asked.parameters, call.clock.now()):
        return call.clock.now()
    earlier = call.caller.session
    return earlier.mfa_at if earlier is not None and earlier.kind == "user" else None


def _is_code(seed: str, code: str, now: datetime) -> bool:
    return any(
        hmac.compare_digest(totp(seed, now + timedelta(seconds=30 * step)), code) for step in (-1, 0, 1)
    )


def totp(seed: str, at: datetime) -> str:
    """The six digits that a virtual device with this base32 seed shows (RFC 6238)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8), casefold=True)
    digest = hmac.new(key, struct.pack(">Q", int(at.timestamp()) // 30), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
    "GetSessionToken": get_session_token,
    "GetFederationToken": get_federation_token,
}
