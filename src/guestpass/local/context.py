"""The request context of a check: what the caller, the request, the clock and the stored resource tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guestpass.access import Context
from guestpass.catalog import Check, condition_keys
from guestpass.local.backend.stored import Stored
from guestpass.local.callers import Caller

# Keys of organisations, networks and services calling on someone's behalf: none of them exists in the box.
# AWS: AWS global condition context keys
_ABSENT_HERE = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:referer",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What surrounds a call: the region it counts as made in, the box's time, where from, a second factor."""

    region: str
    now: datetime
    source_ip: str
    user_agent: str | None
    secure: bool = False
    mfa_shown: bool = False


def context_of(check: Check, held: Stored, caller: Caller, around: Surroundings) -> Context:
    """Every key the box knows for this check; what AWS lists for the action and it cannot tell is unknown."""
    values: dict[str, tuple[str, ...]] = {
        **_of_request(around),
        **_of_caller(caller, around),
        **held.values,
        **{key: tuple(found) for key, found in check.context.items()},
    }
    if held.owner is not None:
        values["aws:ResourceAccount"] = (held.owner,)
    elif "aws:ResourceAccount" not in values:
        owner = (
            check.resource.split(":")[4] if isinstance(check.resource, str) and check.resource != "*" else ""
        )
        values["aws:ResourceAccount"] = (owner if owner.isdigit() else caller.account,)
    names = frozenset(_plain(key) for key in condition_keys(check.action, check.type))
    lowered = {key.lower() for key in values}
    settled = {_plain(key) for key in (*held.known, *check.settled)} | _ABSENT_HERE
    supported = {key: value for key, value in values.items() if _supported(key, names)}
    unknown = {name for name in names if name not in settled and name not in lowered}
    return Context.of(supported, frozenset(unknown))


def _supported(key: str, names: frozenset[str]) -> bool:
    """Global keys stand for every action; a service's own and tags only where AWS lists them (rule 68)."""
    plain = _plain(key)
    if plain.startswith("aws:") and plain not in {"aws:resourcetag/", "aws:requesttag/", "aws:tagkeys"}:
        return True
    return not names or plain in names


def _plain(key: str) -> str:
    head, slash, _ = key.partition("/")
    return f"{head}{slash}".lower()


def _of_request(around: Surroundings) -> dict[str, tuple[str, ...]]:
    told: dict[str, tuple[str, ...]] = {
        "aws:CurrentTime": (f"{around.now:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:EpochTime": (str(int(around.now.timestamp())),),
        "aws:SourceIp": (around.source_ip,),
        "aws:SecureTransport": ("true" if around.secure else "false",),
        "aws:RequestedRegion": (around.region,),
        "aws:ViaAWSService": ("false",),
    }
    if around.user_agent is not None:
        told["aws:UserAgent"] = (around.user_agent,)
    return told


def _of_caller(caller: Caller, around: Surroundings) -> dict[str, tuple[str, ...]]:
    told: dict[str, tuple[str, ...]] = {
        f"aws:PrincipalTag/{key}": (value,) for key, value in caller.tags.items()
    }
    session = caller.session
    if around.mfa_shown:
        # AWS: Configuring MFA-protected API access: a code given with AssumeRole counts for the trust policy
        told |= {"aws:MultiFactorAuthPresent": ("true",), "aws:MultiFactorAuthAge": ("0",)}
    if session is None:
        return told
    # AWS: AWS global condition context keys: TokenIssueTime and the MFA keys need temporary credentials
    told["aws:TokenIssueTime"] = (f"{session.issued_at:%Y-%m-%dT%H:%M:%SZ}",)
    told.setdefault("aws:MultiFactorAuthPresent", ("true" if session.mfa_at else "false",))
    if session.mfa_at is not None and not around.mfa_shown:
        told["aws:MultiFactorAuthAge"] = (str(int((around.now - session.mfa_at).total_seconds())),)
    if session.source_identity is not None:
        told["aws:SourceIdentity"] = (session.source_identity,)
    if session.kind == "federated":
        told["aws:FederatedProvider"] = (session.account,)
    return told
