"""Is not: the account was read, and nothing of the kind stands there that did not stand before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.catalog.values import Door
from guestpass.loan.names import Names
from guestpass.loan.plan.calls import HANDED_OVER_TAG
from guestpass.loan.plan.freeze import everyone_of, guests_of, is_denied, written
from guestpass.loan.plan.freeze import frozen_at as frozen_at_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When the loan began and when the Deny was seen to stand; None where nobody knows."""

    granted_at: datetime | None = None
    frozen_at: datetime | None = None

    @classmethod
    def of(
        cls, names: Names, snapshot: Snapshot, *, granted_at: datetime | None, frozen_at: datetime | None
    ) -> Times:
        """What the ledger says, and the account's own tags where it is silent."""
        guests = everyone_of(names, snapshot)
        tags = [at for at in map(frozen_at_of, guests) if at is not None]
        begun = [guest.created for guest in guests]
        return cls(
            granted_at=granted_at or min(begun, default=None), frozen_at=frozen_at or max(tags, default=None)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a sweep saw: `there` True, False, or None when it could not see.

    `certain` when what is there is the guest's own, whatever the proofs say; `closed` when nothing is there because
    the loan's acts took it away.
    """

    there: bool | None
    says: str
    evidence: tuple[str, ...] = ()
    certain: bool = False
    closed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sight:
    names: Names
    now: Snapshot
    before: Snapshot | None
    times: Times


_Sweep = Callable[[_Sight], Found]


def sweep(
    door: Door, names: Names, snapshot: Snapshot, baseline: Snapshot | None, times: Times
) -> Found | None:
    """What the account shows of this door, or None for a door that no sweep of today looks for."""
    look = _SWEEPS.get(door.number)
    if look is None:
        return None
    missing = [gap for gap in _NEEDS.get(door.number, ()) if gap in snapshot.gaps]
    unread = [gap for gap in _NEEDS.get(door.number, ()) if baseline is not None and gap in baseline.gaps]
    if missing or unread:
        what = "; ".join(
            [f"{g}: {snapshot.gaps[g]}" for g in missing] + [f"{g} in the baseline" for g in unread]
        )
        return Found(there=None, says=f"not read: {what}")
    return look(_Sight(names=names, now=snapshot, before=baseline, times=times))


_NO_BASELINE = Found(there=None, says="there is no baseline to compare with")


def _since_baseline(sight: _Sight, what: str, there: Iterable[str], before: Iterable[str]) -> Found:
    new = sorted(set(there) - set(before))
    if new:
        return Found(there=True, says=f"{what} that the baseline does not have", evidence=tuple(new))
    taken = written(sight.before.taken_at) if sight.before is not None else "?"
    return Found(
        there=False,
        says=f"no {what} that the baseline does not have",
        evidence=(f"baseline of {taken}, account read at {written(sight.now.taken_at)}",),
    )


# ---- B: credentials of users


def _handed_over(sight: _Sight) -> Found:
    users, _ = guests_of(sight.names, sight.now)
    active = [key.id for user in users for key in user.children.access_keys if key.status == "Active"]
    passwords = [user.name for user in users if user.children.login_profile]
    if active or passwords:
        return Found(
            there=True,
            says="what was handed over still works as a credential",
            evidence=(
                *(f"key {key} is active" for key in active),
                *(f"`{name}` has a password" for name in passwords),
            ),
            certain=True,
        )
    if any(user.children.access_keys for user in users):
        return Found(there=False, says="the guest's keys are inactive", closed=True)
    return Found(
        there=False,
        says="no key and no password of the guest's is left",
        evidence=(f"account read at {written(sight.now.taken_at)}",),
        closed=True,
    )


def _of_guest(kind: str, read: Callable[[IamUser], Iterable[str]]) -> _Sweep:
    """A kind of credential on any user: on the guest's it is there for certain, on others it is new or not."""

    def look(sight: _Sight) -> Found:
        guests = {user.id for user in guests_of(sight.names, sight.now)[0]}
        own = [one for user in sight.now.users if user.id in guests for one in read(user)]
        if own:
            return Found(
                there=True, says=f"{kind} on the guest's own user", evidence=tuple(own), certain=True
            )
        if sight.before is None:
            return _NO_BASELINE
        return _since_baseline(
            sight,
            kind,
            (one for user in sight.now.users for one in read(user)),
            (one for user in sight.before.users for one in read(user)),
        )

    return look


def _second_key(sight: _Sight) -> Found:
    users, _ = guests_of(sight.names, sight.now)
    several = [u.name for u in users if len(u.children.access_keys) > 1]
    active = [k.id for u in users for k in u.children.access_keys if k.status == "Active"]
    if several and active:
        return Found(
            there=True, says="the guest's user has a second key", evidence=tuple(active), certain=True
        )
    return Found(there=False, says="the guest's user has no second key that works")


def _others_keys(sight: _Sight) -> Found:
    guests = {user.id for user in guests_of(sight.names, sight.now)[0]}
    if sight.before is None:
        return _NO_BASELINE
    return _since_baseline(
        sight,
        "access key of another user",
        (key.id for user in sight.now.users if user.id not in guests for key in user.children.access_keys),
        (key.id for user in sight.before.users for key in user.children.access_keys),
    )


def _new_users(sight: _Sight) -> Found:
    guests = {user.id for user in guests_of(sight.names, sight.now)[0]}
    if sight.before is None:
        return _NO_BASELINE
    known = {user.id for user in sight.before.users}
    return _since_baseline(sight, "user", (u.arn for u in sight.now.users if u.id not in known | guests), ())


def _renamed_users(sight: _Sight) -> Found:
    if sight.before is None:
        return _NO_BASELINE
    old = {user.id: user.arn for user in sight.before.users}
    return _since_baseline(
        sight, "name of a known user", (u.arn for u in sight.now.users if old.get(u.id, u.arn) != u.arn), ()
    )


def _application_keys(sight: _Sight) -> Found:
    guests = {user.id for user in guests_of(sight.names, sight.now)[0]}
    others = [u.name for u in sight.now.users if u.id not in guests and u.children.access_keys]
    if not others:
        return Found(there=False, says="no user but the guest's has an access key")
    return Found(
        there=None,
        says="these users have keys; whether the guest has seen one cannot be read: " + ", ".join(others),
    )


# ---- C: sessions


def _deny_stands(sight: _Sight) -> Found:
    guests = everyone_of(sight.names, sight.now)
    frozen = sight.times.frozen_at
    if not guests or frozen is None:
        return Found(there=None, says="no identity with a Deny is left to look at")
    if not all(is_denied(guest) for guest in guests):
        return Found(
            there=True,
            says="the Deny is gone from an identity that was frozen",
            evidence=tuple(guest.arn for guest in guests if not is_denied(guest)),
            certain=True,
        )
    waited = sight.now.taken_at - frozen
    # AWS: IAM User Guide, troubleshooting: changes are eventually visible; a loop can act in the first seconds
    if waited < timedelta(seconds=60):
        return Found(there=None, says="the Deny has stood for less than a minute: read the account again")
    return Found(
        there=False, says=f"the Deny still stood {int(waited.total_seconds())} seconds after the freeze"
    )


def _juggling(sight: _Sight) -> Found:
    mutual = []
    for role in sight.now.roles:
        trusted = set(_accounts_and_roles(role.trust))
        own = f":{sight.names.account}:root"
        if any(value == "*" or value.endswith(own) or ":role/" in value for value in trusted):
            mutual.append(role.name)
    if mutual:
        return Found(there=None, says="roles that trust roles of this account: " + ", ".join(mutual))
    return Found(
        there=False, says="no role trusts a role of this account, so none can renew another's sessions"
    )


# ---- D: roles, trust, federation


def _new_roles(sight: _Sight) -> Found:
    if sight.before is None:
        return _NO_BASELINE
    known = {role.id for role in sight.before.roles}
    new = (r.arn for r in sight.now.roles if r.id not in known and not _expected(r, sight.names))
    return _since_baseline(sight, "role", new, ())


def _changed_trust(sight: _Sight) -> Found:
    if sight.before is None:
        return _NO_BASELINE
    old = {role.id: role.trust for role in sight.before.roles}
    changed = (r.arn for r in sight.now.roles if r.id in old and r.trust != old[r.id])
    return _since_baseline(sight, "trust policy", changed, ())


def _new_or_changed_roles(sight: _Sight) -> Found:
    new, changed = _new_roles(sight), _changed_trust(sight)
    if new.there or new.there is None:
        return new
    return changed if changed.there else Found(
        there=False, says="no role and no trust policy that the baseline does not have", evidence=new.evidence
    )  # fmt: skip


def _expected(role: IamRole, names: Names) -> bool:
    """Roles that the loan itself brought: its own, and those that AWS makes for a service and lets nobody change."""
    ours = role.path == names.path and role.name in (names.login_role, names.instance_role)
    return ours or role.path.startswith("/aws-service-role/") or HANDED_OVER_TAG in role.tags


def _providers(kind: str, *, changed: bool) -> _Sweep:
    def look(sight: _Sight) -> Found:
        if sight.before is None:
            return _NO_BASELINE
        now = {p.arn: p.digest for p in sight.now.providers if p.kind == kind}
        old = {p.arn: p.digest for p in sight.before.providers if p.kind == kind}
        if changed:
            different = (arn for arn, digest in now.items() if arn in old and old[arn] != digest)
            return _since_baseline(sight, f"configuration of a {kind.upper()} provider", different, ())
        return _since_baseline(sight, f"{kind.upper()} provider", now, old)

    return look


def _accounts_and_roles(trust: Mapping[str, Any]) -> Iterable[str]:
    statements = trust.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        if isinstance(principal, str):
            yield principal
        else:
            named = principal.get("AWS", [])
            yield from [named] if isinstance(named, str) else named


_SWEEPS: Mapping[int, _Sweep] = {
    11: _handed_over,
    12: _second_key,
    13: _others_keys,
    14: _of_guest("console password", lambda u: [f"password of {u.arn}"] if u.children.login_profile else []),
    15: _new_users,
    16: _renamed_users,
    17: _of_guest("MFA device", lambda u: u.children.mfa_devices),
    18: _of_guest("SSH key", lambda u: u.children.ssh_keys),
    19: _of_guest("service credential", lambda u: u.children.service_credentials),
    20: _of_guest("service credential", lambda u: u.children.service_credentials),
    21: _of_guest("signing certificate", lambda u: u.children.signing_certificates),
    22: _others_keys,
    23: _application_keys,
    28: _juggling,
    41: _deny_stands,
    45: _new_roles,
    46: _changed_trust,
    47: _new_or_changed_roles,
    48: _changed_trust,
    49: _new_or_changed_roles,
    50: _providers("saml", changed=False),
    51: _providers("saml", changed=True),
    52: _providers("oidc", changed=False),
    53: _providers("oidc", changed=True),
    54: _new_or_changed_roles,
    59: _new_roles,
    60: _new_roles,
}  # fmt: skip

_KEYS = ("iam:ListAccessKeys",)
_NEEDS: Mapping[int, tuple[str, ...]] = {
    11: (*_KEYS, "iam:GetLoginProfile"),
    12: _KEYS,
    13: _KEYS,
    14: ("iam:GetLoginProfile",),
    17: ("iam:ListMFADevices",),
    18: ("iam:ListSSHPublicKeys",),
    19: ("iam:ListServiceSpecificCredentials",),
    20: ("iam:ListServiceSpecificCredentials",),
    21: ("iam:ListSigningCertificates",),
    22: _KEYS,
    23: _KEYS,
    50: ("iam:ListSAMLProviders",),
    51: ("iam:ListSAMLProviders",),
    52: ("iam:ListOpenIDConnectProviders",),
    53: ("iam:ListOpenIDConnectProviders",),
}
"""Reads without which a sweep has seen nothing; IAM's own details are in every whole snapshot."""
